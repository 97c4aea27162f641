"""Heat maps say what their colours stand for, and show arrays as wide and high as they are."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from nnstudio.analysis.network_pass.operations import Shown
from nnstudio.ui import theme
from nnstudio.ui.backprop.network.matrices import MatrixStrip
from nnstudio.ui.backprop.network.sheet import Sheet
from nnstudio.ui.charts.heat import ConfusionMatrix


def sheet(cells: np.ndarray) -> Sheet:
    indices = np.arange(cells.size).reshape(cells.shape)
    return Sheet(Shown("W", "dense-1", "w:kernel"), cells, indices, cells.shape, (), "ij")


def strip(qtbot, *arrays: np.ndarray) -> MatrixStrip:
    made = MatrixStrip()
    qtbot.addWidget(made)
    made.resize(900, 400)
    made.show()
    made.show_sheets([sheet(array) for array in arrays], [], None, 4)
    return made


def colours_below(made: MatrixStrip, number: int) -> list[QColor]:
    """The colours in the strip just below an array."""
    image, box = made.grab().toImage(), made._placed[number].box
    y = round(box.bottom()) + 6
    columns = range(round(box.left()), min(image.width(), round(box.right()) + 40))
    return [image.pixelColor(x, yy) for yy in (y - 1, y, y + 1) for x in columns]


def near(found: list[QColor], wanted: QColor) -> bool:
    def rgb(colour: QColor) -> np.ndarray:
        return np.array([colour.red(), colour.green(), colour.blue()])

    return any(np.abs(rgb(colour) - rgb(wanted)).sum() < 24 for colour in found)


@pytest.mark.parametrize(("rows", "columns"), [(256, 256), (200, 100), (60, 120)])
def test_a_matrix_is_as_wide_to_its_height_as_it_has_columns_to_its_rows(qtbot, rows, columns):
    made = strip(qtbot, np.random.default_rng(0).normal(size=(rows, columns)))
    box = made._placed[0].box
    assert box.width() / box.height() == pytest.approx(columns / rows, rel=0.02)


def test_a_scale_below_an_array_goes_from_its_negative_to_its_positive_colour(qtbot):
    signed = np.random.default_rng(0).normal(size=(40, 40))
    made = strip(qtbot, signed, np.abs(signed))
    colours = theme.current()
    both, one = colours_below(made, 0), colours_below(made, 1)
    assert near(both, colours.negative)
    assert near(both, colours.positive)
    assert near(one, colours.positive)
    assert not near(one, colours.negative)


def test_the_ends_of_the_scale_are_what_full_colour_stands_for():
    cells = np.concatenate([np.linspace(-2, 2, 999), [50.0]]).reshape(20, 50)
    found = sheet(cells)
    assert found.span == (-found.limit, found.limit)
    assert found.limit < 3
    assert found.clipped  # the outlier lies beyond, and the scale says so
    assert sheet(np.abs(cells)).span[0] == 0.0
    assert sheet(-np.abs(cells)).span[1] == 0.0
    assert not sheet(np.full((2, 2), 3.0)).clipped


@pytest.mark.parametrize("size", [(320, 240), (600, 180), (260, 500)])
@pytest.mark.parametrize("classes", [2, 5, 10])
def test_the_cells_of_a_confusion_matrix_are_squares_and_its_colours_have_a_scale(
    qtbot, size, classes
):
    made = ConfusionMatrix()
    qtbot.addWidget(made)
    made.resize(*size)
    made.show()
    names = tuple(f"class {n}" for n in range(classes))
    counts = np.eye(classes, dtype=np.int64) * 9 + 1
    made.show_counts(counts, names)
    cell = made.cell_rect(0, 1)
    assert cell.width() == pytest.approx(cell.height())
    last = made.cell_rect(classes - 1, classes - 1)
    assert last.right() < made.width() - 20
    image = made.grab().toImage()
    x = round(last.right()) + 11
    column = [
        image.pixelColor(x, y)
        for y in range(round(made.cell_rect(0, 0).top()), round(last.bottom()))
    ]
    assert near(column[:8], theme.current().positive)
    assert near(column[-8:], theme.current().field)
    assert "of the class" in made._describe((0, 1))


def test_a_wrong_prediction_is_no_negative_number(qtbot):
    """Counts are positive, on the diagonal and off it: one colour, by the share of the class."""
    made = ConfusionMatrix()
    qtbot.addWidget(made)
    made.resize(320, 240)
    made.show()
    made.show_counts(np.array([[0, 9], [9, 0]]), ("a", "b"))
    image = made.grab().toImage()
    at = made.cell_rect(0, 1).adjusted(4, 4, -4, -4)
    assert near([image.pixelColor(at.topLeft().toPoint())], theme.current().positive)


def test_the_tip_of_a_card_says_what_the_colours_of_its_picture_stand_for(qtbot, whole_window):
    from PySide6.QtCore import QPointF

    from nnstudio.ui.canvas import tips

    window = whole_window
    window.documents.new("spiral")
    card = window.canvas.canvas.cards["dense-1"]
    qtbot.waitUntil(lambda: card.picture is not None, timeout=30_000)
    limit = theme.number(card.picture.thumbnail.limit, 2)
    text = tips.tip(window.canvas.canvas, QPointF(card.rect.center()))
    assert f"Colours: −{limit} or less is orange, 0 is the ground, {limit} or more is blue." in text
