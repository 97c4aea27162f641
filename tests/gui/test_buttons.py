"""What can be pressed looks as if it could be pressed: a button with words has an edge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QPushButton,
    QToolBar,
    QToolButton,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.docks import SHOWN_PAGES
from nnstudio.ui.theme.style import stylesheet


@pytest.fixture
def window(qtbot, whole_window):
    made = whole_window
    made.documents.new("spiral")
    bridge = made.bridge
    qtbot.waitUntil(lambda: bridge.session.state == "ready", timeout=30_000)
    bridge.session.epoch()
    qtbot.waitUntil(
        lambda: bridge.project.trained is not None and bridge.session.state != "running",
        timeout=30_000,
    )
    return made


def worded(top: QWidget) -> Iterator[QAbstractButton]:
    """Visible buttons of which only words say what they are; the toolbar is a row of its own."""
    for button in top.findChildren(QAbstractButton):
        plain = isinstance(button, QPushButton | QToolButton) and button.icon().isNull()
        row = button.parentWidget()
        in_toolbar = isinstance(row, QToolBar) or row.accessibleName() == "Zoom"
        folds = button.property("role") == "fold"  # has its own arrow
        custom = type(button).paintEvent not in (QPushButton.paintEvent, QToolButton.paintEvent)
        if button.isVisible() and plain and button.text() and not (in_toolbar or folds or custom):
            yield button


def has_edge(image: QImage, button: QAbstractButton, top: QWidget) -> bool:
    """Whether its left edge is seen against the ground beside it."""
    left = button.mapTo(top, QPoint(0, button.height() // 2))
    if not image.rect().adjusted(3, 0, -3, 0).contains(left):
        return True  # scrolled out of sight
    ground = image.pixelColor(left.x() - 2, left.y())
    return any(image.pixelColor(left.x() + step, left.y()) != ground for step in (0, 1, 2))


@pytest.mark.parametrize("mode", ["light", "dark", "contrast"])
def test_every_button_with_words_has_an_edge(window, qtbot, mode):
    theme.set_mode(mode)
    bare, seen = set(), set()
    for name in SHOWN_PAGES:
        window.show_panel(name)
        QApplication.processEvents()
        modes = ("Expression", "Network") if name == "backprop" else ("",)
        for each in modes:
            if each:
                window.panel("backprop").show_mode(each)
            if each == "Network":
                qtbot.waitUntil(
                    lambda: window.panel("backprop").network.walk is not None, timeout=30_000
                )
            QApplication.processEvents()
            image = window.grab().toImage()
            for button in worded(window):
                seen.add(button.text())
                if button.property("role") != "link" and not has_edge(image, button, window):
                    bare.add((name, button.text()))
    assert {"export", "evaluate", "Expression", "Check gradients"} <= seen
    assert bare == set()


def test_a_link_is_underlined():
    rule = stylesheet(theme.current(), 1.0).split('QPushButton[role="link"] {')[1].split("}")[0]
    assert "underline" in rule
