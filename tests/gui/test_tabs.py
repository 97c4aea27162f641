"""A tab clicked to the front has the keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from nnstudio import app
from nnstudio.ui.canvas.view import CanvasView


@pytest.fixture
def window(qtbot):
    shown = app.open_window()
    qtbot.addWidget(shown, before_close_func=lambda w: w.bridge.store.mark_saved())
    shown.resize(1440, 900)
    shown.show()
    shown.activateWindow()
    shown.documents.new("sentiment")
    qtbot.waitUntil(lambda: shown.bridge.session.dataset is not None, timeout=20_000)
    return shown


def test_arrow_keys_step_the_panel_in_front_and_move_no_card_behind_it(qtbot, window):
    window.findChild(CanvasView).setFocus()
    window.bridge.select(["input-1"])
    before = window.bridge.project.graph

    dock = window.docks["bottom"]
    bar = dock.strip.bar
    index = dock.pages().index("backprop")
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(index).center())
    mode = dock.page("backprop").expression
    qtbot.waitUntil(lambda: window.focusWidget() is mode.view)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Right)

    assert window.bridge.project.graph is before
    assert mode.walk.position == 1
