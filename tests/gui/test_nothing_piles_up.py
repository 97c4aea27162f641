"""Using the app for hours: what is shown anew takes the place of what was shown before."""

from PySide6.QtGui import QColor, QIntValidator

from nnstudio.ui import theme
from nnstudio.ui.backprop.network.number_field import NumberField


def test_a_number_field_whose_largest_number_changes_keeps_one_validator(qtbot):
    field = NumberField("Sample")
    qtbot.addWidget(field)
    for largest in (5, 50, 500):
        field.set_maximum(largest)
    assert len(field.findChildren(QIntValidator)) == 1
    assert field.validator().top() == 500


def test_the_same_picture_of_an_icon_is_made_once_so_that_qt_caches_it_once(qapp):
    """Labels that show it again at every change of theme filled Qt's cache otherwise."""
    red = QColor("#c03020")
    one, other = theme.pixmap("warning", 20, red), theme.pixmap("warning", 20, QColor(red))
    assert one.cacheKey() == other.cacheKey()
    assert theme.pixmap("warning", 20, QColor("#20c030")).cacheKey() != one.cacheKey()
