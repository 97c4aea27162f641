"""The welcome page is there before the studio, and nobody has to wait for it or can tell."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from nnstudio import app
from nnstudio.project import files, templates
from nnstudio.ui import dialogs


@pytest.fixture
def started(qtbot, monkeypatch):
    """The window as the app shows it first, nothing built behind the welcome page."""
    monkeypatch.setattr(dialogs, "ask_unsaved", lambda *args: "discard")
    window = app.open_welcome(furnish=False)
    yield window
    window.close()
    window.deleteLater()


def test_the_welcome_page_stands_alone(started):
    assert started.pages.currentWidget() is started.welcome
    assert started.welcome.cards[0].isVisible()
    assert not started.furnished
    assert started.windowTitle() == "NN Studio"
    assert started.menuBar().actions()[0].text() == "&File"


def test_a_click_before_the_studio_is_built_opens_the_project_all_the_same(started, qtbot):
    QTest.mouseClick(started.welcome.cards[1], Qt.MouseButton.LeftButton)
    assert started.furnished
    assert started.canvas.isVisible()
    assert started.toolbar.isVisible()
    assert started.bridge.project.graph.nodes
    qtbot.waitUntil(lambda: started.bridge.dataset is not None, timeout=30_000)


def test_the_studio_is_built_while_the_welcome_page_lives(started, qtbot):
    done = []
    started.furnish_when_idle(then=lambda: done.append(started.furnished))
    qtbot.waitUntil(lambda: bool(done), timeout=30_000)
    assert done == [True]
    assert started.pages.currentWidget() is started.welcome
    assert not started.toolbar.isVisible()
    assert not any(dock.isVisible() for dock in started.docks.values())
    assert started.actions_by_name["open"] in started.menuBar().actions()[0].menu().actions()


def test_it_does_not_show_that_the_studio_was_built_late(started, qtbot):
    started.resize(1440, 900)
    started.furnish_when_idle(then=lambda: None)
    qtbot.waitUntil(lambda: started.furnished, timeout=30_000)
    started.documents.new("spiral")
    at_once = app.open_window(templates.new("spiral"))
    at_once.resize(1440, 900)
    at_once.show()
    try:

        def place(window, part):
            return part.mapTo(window, QPoint(0, 0)), part.size()

        for name, dock in started.docks.items():
            twin = at_once.docks[name]
            assert dock.isVisible()
            assert dock.shown == twin.shown
            qtbot.waitUntil(lambda a=dock, b=twin: place(started, a) == place(at_once, b))
        assert place(started, started.canvas) == place(at_once, at_once.canvas)
    finally:
        at_once.close()
        at_once.deleteLater()


def test_the_window_can_be_closed_before_the_studio_is_built(started):
    started.furnish_when_idle(then=lambda: None)
    assert started.close()
    assert not started.isVisible()
    assert not started.furnished


def test_a_file_named_at_the_start_is_opened_at_once(started, qtbot, tmp_path):
    path = tmp_path / "mine.nns"
    files.save(templates.new("digits"), path)
    started.open(path)
    assert started.canvas.isVisible()
    assert started.windowTitle().startswith("mine")
