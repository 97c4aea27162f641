"""An error in a slot that comes back at every tick: told once, and nothing is blocked."""

import sys

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from nnstudio import app
from nnstudio.session import trouble
from nnstudio.ui import dialogs
from nnstudio.ui.trouble_bar import TroubleBar
from tests.gui.canvas_hands import LEFT


@pytest.fixture
def window(qtbot, monkeypatch):
    trouble.forget()
    monkeypatch.setattr(sys, "excepthook", app._tell)
    monkeypatch.setattr(sys, "__excepthook__", lambda *_: None)  # not onto the tests' terminal
    made = app.open_window()
    qtbot.addWidget(made)
    made.show()
    yield made
    monkeypatch.setattr(dialogs, "ask_unsaved", lambda *_: "discard")
    made.close()
    trouble.forget()


def tick(qtbot, fail, times=30):
    """Let a slot fail at every tick of a timer."""
    done = []

    def slot():
        done.append(1)
        try:
            fail(len(done))
        except Exception as error:
            app._tell(type(error), error, error.__traceback__)

    timer = QTimer()
    timer.timeout.connect(slot)
    timer.start(1)
    qtbot.waitUntil(lambda: len(done) >= times)
    timer.stop()


def bars(window):
    return [bar for bar in window.findChildren(TroubleBar) if bar.isVisible()]


def broken(n):
    raise IndexError(f"there is no row {n}")


def test_a_slot_that_fails_at_every_tick_is_told_once_without_a_dialog(window, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(QDialog, "exec", lambda dialog: asked.append(dialog))
    tick(qtbot, broken)
    assert asked == []
    (bar,) = bars(window)
    assert "Something went wrong" in bar.title.text()
    assert "no row 1" in bar.text.text()
    QTest.mouseClick(bar.close_button, LEFT)
    tick(qtbot, broken)
    assert bars(window) == []


def test_another_cause_is_told_again_and_the_details_hold_both(window, qtbot):
    tick(qtbot, broken)

    def otherwise(n):
        raise KeyError("dense-7")

    tick(qtbot, otherwise)
    (bar,) = bars(window)
    assert "1 more" in bar.title.text()
    QTest.mouseClick(bar.copy, LEFT)
    copied = QGuiApplication.clipboard().text()
    assert "IndexError: there is no row " in copied
    assert "KeyError: 'dense-7'" in copied
    assert " ×\n" in copied, "how often"
    assert "PySide6" in copied


def test_saving_works_while_the_bar_is_there_and_from_the_bar(window, qtbot, tmp_path, monkeypatch):
    window.documents.new("spiral")
    tick(qtbot, broken)
    target = tmp_path / "mine.nns"
    monkeypatch.setattr(dialogs, "choose_save", lambda *_, **__: str(target))
    (bar,) = bars(window)
    assert bar.geometry().intersected(window.menuBar().geometry()).isEmpty()
    assert bar.geometry().intersected(window.toolbar.geometry()).isEmpty()
    assert window.actions_by_name["save"].isEnabled()
    QTest.mouseClick(bar.save, LEFT)
    assert target.is_file()


def test_the_bar_stays_inside_the_window_at_any_size(window, qtbot):
    tick(qtbot, broken)
    for size in ((1440, 900), (1024, 680)):
        window.resize(*size)
        QTest.qWait(10)
        (bar,) = bars(window)
        assert window.rect().contains(bar.geometry())


def test_before_there_is_a_studio_the_bar_shows_at_the_welcome_page(qtbot):
    trouble.forget()
    welcome = app.open_welcome(furnish=False)
    qtbot.addWidget(welcome)
    tick(qtbot, broken, 3)
    (bar,) = bars(welcome)
    assert not bar.save.isVisible()
    welcome.close()
    trouble.forget()
