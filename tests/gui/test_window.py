"""The window: welcome, documents, closing, recovery, docks, shortcuts and accessible names."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAccessible, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QComboBox, QLineEdit, QWidget

from nnstudio.app import open_window
from nnstudio.project import commands as edit
from nnstudio.project import files, templates
from nnstudio.ui import dialogs, settings, theme

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def asked(monkeypatch):
    """What was asked; the answers can be set."""

    class Asked:
        def __init__(self):
            self.questions = []
            self.unsaved, self.recover = "discard", ("recover", 0)
            self.save_path = self.open_path = ""

    asked = Asked()

    def answer(name, value):
        def function(*args, **kwargs):
            asked.questions.append(name)
            return getattr(asked, value) if value else None

        monkeypatch.setattr(dialogs, name, function)

    for name, value in (
        ("ask_unsaved", "unsaved"),
        ("ask_recover", "recover"),
        ("choose_save", "save_path"),
        ("choose_project", "open_path"),
        ("show_problems", ""),
        ("show_about", ""),
        ("show_shortcuts", ""),
    ):
        answer(name, value)
    return asked


@pytest.fixture
def window(qtbot, asked):
    made = open_window()
    qtbot.addWidget(made)
    made.resize(1440, 900)
    made.show()
    yield made
    asked.unsaved = "discard"
    made.close()


def edit_something(window):
    window.bridge.do("Epochs", edit.configure_training, epochs=7)


def test_one_click_on_the_welcome_page_opens_a_network_with_its_data(window, qtbot):
    window.show_welcome()
    card = next(card for card in window.welcome.cards if card.beginning.template == "spiral")
    QTest.mouseClick(card, LEFT)
    assert len(window.bridge.project.graph.nodes) > 2
    qtbot.waitUntil(lambda: window.bridge.session.state == "ready", timeout=20_000)
    assert window.docks["left"].isVisible()
    assert not window.bridge.store.unsaved


def test_the_welcome_page_works_by_keyboard_and_leads_back(window):
    window.documents.new("spiral")
    window.show_welcome()
    assert window.welcome.back.isVisible()
    QTest.mouseClick(window.welcome.back, LEFT)
    assert window.pages.currentWidget() is window.canvas
    window.show_welcome()
    QTest.keyClick(window.welcome.cards[2], Qt.Key.Key_Return)
    assert window.bridge.project.data.name == "digits"


def test_every_beginning_has_a_template():
    from nnstudio.ui.welcome import BEGINNINGS

    for beginning in BEGINNINGS:
        assert templates.new(beginning.template) is not None


def test_saving_and_opening_again_gives_the_same_project(window, asked, tmp_path):
    window.documents.new("spiral")
    edit_something(window)
    assert window.isWindowModified()
    asked.save_path = str(tmp_path / "mine.nns")
    assert window.documents.save()
    assert not window.isWindowModified()
    assert window.windowTitle().startswith("mine")
    assert settings.recent_files() == [tmp_path / "mine.nns"]
    window.documents.new("digits")
    assert window.documents.open(tmp_path / "mine.nns")
    assert window.bridge.project.training.epochs == 7
    assert asked.questions == ["choose_save"]


def test_a_file_that_is_no_project_is_told_and_nothing_is_lost(window, asked, tmp_path):
    window.documents.new("spiral")
    before = window.bridge.project
    bad = tmp_path / "bad.nns"
    bad.write_bytes(b"PK not a zip at all")
    assert not window.documents.open(bad)
    assert asked.questions == ["show_problems"]
    assert window.bridge.project is before


@pytest.mark.parametrize(("answer", "closes"), [("cancel", False), ("discard", True)])
def test_closing_asks_about_unsaved_changes(window, asked, answer, closes):
    window.documents.new("spiral")
    edit_something(window)
    asked.unsaved = answer
    assert window.close() is closes
    assert asked.questions == ["ask_unsaved"]


def test_answering_save_saves_before_closing(window, asked, tmp_path):
    window.documents.new("spiral")
    edit_something(window)
    asked.unsaved, asked.save_path = "save", str(tmp_path / "kept.nns")
    assert window.close()
    assert files.load(tmp_path / "kept.nns").training.epochs == 7


def test_a_project_dropped_on_the_window_is_opened(window, tmp_path):
    path = tmp_path / "dropped.nns"
    files.save(templates.new("digits"), path)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    action, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), action, mime, buttons, none)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.dropEvent(QDropEvent(QPointF(9, 9), action, mime, buttons, none))
    assert window.documents.path == path


def test_undo_and_redo_say_what_they_do(window):
    window.documents.new("spiral")
    undo, redo = window.actions_by_name["undo"], window.actions_by_name["redo"]
    assert not undo.isEnabled()
    edit_something(window)
    assert "Epochs" in undo.text()
    undo.trigger()
    assert window.bridge.project.training.epochs != 7
    redo.trigger()
    assert window.bridge.project.training.epochs == 7


def test_training_that_cannot_begin_says_why_and_shows_the_place(window, qtbot):
    window.documents.new("spiral")
    qtbot.waitUntil(lambda: window.bridge.session.state == "ready", timeout=20_000)
    last = window.bridge.project.graph.nodes[-1]
    window.bridge.do("Units", edit.change_layer, last.id, last.layer.replace(units=3))
    assert "Cannot train yet" in window.actions_by_name["train"].toolTip()
    window.actions_by_name["train"].trigger()
    assert window.docks["bottom"].shown == "problems"
    assert window.bridge.session.state != "running"


def test_the_enlarged_panel_gives_everything_its_place_back(window, qtbot):
    window.documents.new("spiral")
    right, height = window.docks["right"], window.canvas.height()
    window.enlarge(True)
    assert not right.isVisible()
    assert window.pages.height() == 0
    qtbot.waitUntil(lambda: window.docks["bottom"].height() > 700)
    window.enlarge(False)
    assert right.isVisible()
    qtbot.waitUntil(lambda: abs(window.canvas.height() - height) <= 2)


def test_theme_text_size_and_docks_are_remembered(window, asked, qtbot):
    window.set_theme("dark")
    window.set_text_scale(1.3)
    window.docks["right"].hide()
    window.close()
    assert settings.get("theme", "") == "dark"
    assert settings.get("text_scale", 1.0, float) == pytest.approx(1.3)
    again = open_window()
    qtbot.addWidget(again)
    again.show()
    assert not again.docks["right"].isVisible()
    again.close()


def test_no_two_commands_share_a_shortcut(window):
    seen = {}
    for name, action in window.actions_by_name.items():
        for keys in action.shortcuts():
            text = keys.toString()
            assert seen.setdefault(text, name) == name, (text, name, seen[text])


def test_every_command_has_an_entry_in_a_menu(window):
    def entries(menu):
        for action in menu.actions():
            yield action
            if action.menu() is not None:
                yield from entries(action.menu())

    found = set()
    for top in window.menuBar().actions():
        found |= {id(action) for action in entries(top.menu())}
    missing = [
        name
        for name, action in window.actions_by_name.items()
        if id(action) not in found and not name.startswith("canvas:")
    ]
    assert missing == []


def test_everything_that_takes_the_focus_has_an_accessible_name(window, qtbot):
    window.documents.new("sentiment")
    qtbot.waitUntil(lambda: window.bridge.session.state == "ready", timeout=30_000)
    window.bridge.select(["dense-1"])
    nameless = []
    for dock in window.docks.values():
        for name in dock.pages():
            window.show_panel(name)
            window.enlarge(False)
            for widget in dock.page(name).findChildren(QWidget):
                if not isinstance(widget, QAbstractButton | QLineEdit | QComboBox):
                    continue
                if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or widget.isHidden():
                    continue
                if isinstance(widget.parent(), QAbstractScrollArea | QComboBox):
                    continue
                interface = QAccessible.queryAccessibleInterface(widget)
                if not interface.text(QAccessible.Text.Name):
                    nameless.append((name, type(widget).__name__, widget.toolTip()))
    assert nameless == []


@pytest.mark.parametrize("mode", ["light", "dark", "contrast"])
def test_the_window_can_be_drawn_at_its_smallest_in_every_theme(window, mode):
    window.documents.new("spiral")
    theme.set_mode(mode)
    window.resize(1024, 680)
    assert window.width() == 1024
    assert window.height() == 680
    assert not window.grab().isNull()


def test_a_dock_is_dragged_by_the_empty_part_of_its_tab_strip(window, qtbot):
    window.documents.new("spiral")
    strip = window.docks["bottom"].strip
    qtbot.waitUntil(lambda: strip.bar.width() >= strip.bar.sizeHint().width())
    beside = QPoint(strip.bar.geometry().right() + 30, strip.height() // 2)
    assert strip.childAt(beside) is None
    assert strip.bar.tabRect(strip.bar.count() - 1).right() <= strip.bar.width()
