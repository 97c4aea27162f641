"""Every shortcut of the complete window carries out its command when its keys are pressed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolButton, QWidget

from nnstudio.ui.docks import SHOWN_PAGES

Context = Qt.ShortcutContext
THE_FIVE = ("step", "step_epoch", "step_back", "reset", "reinitialise")


@pytest.fixture
def window(qtbot, whole_window):
    """The whole window: a trained network, every page built, every menu opened once."""
    made = whole_window
    made.documents.new("spiral")
    qtbot.waitUntil(lambda: made.bridge.session.state == "ready", timeout=30_000)
    for name in SHOWN_PAGES:
        made.show_panel(name)
        QApplication.processEvents()
    for button in made.findChildren(QToolButton):
        if button.menu() is not None:
            button.menu().aboutToShow.emit()
    for menu in made.findChildren(QMenu):
        menu.aboutToShow.emit()
    made.show_panel("curves")
    made.activateWindow()
    made.canvas.setFocus()
    return made


def shortcuts(window: QWidget) -> Iterator[tuple[str, Context, QWidget | None, object]]:
    """(keys, reach, the widget it belongs to, what it triggers) of all that is bound anywhere."""
    for thing in (*window.findChildren(QAction), *window.findChildren(QShortcut)):
        owners = (
            thing.associatedObjects() if isinstance(thing, QAction) else (thing.parentWidget(),)
        )
        if not owners:
            continue
        bound = thing.shortcuts() if isinstance(thing, QAction) else thing.keys()
        context = thing.shortcutContext() if isinstance(thing, QAction) else thing.context()
        for keys in bound:
            for owner in owners:
                yield keys.toString(), context, owner, thing


def overlap(a: tuple, b: tuple) -> bool:
    """Whether there is a place for the focus at which both would answer to the same keys."""
    (_, reach_a, at_a, thing_a), (_, reach_b, at_b, thing_b) = a, b
    if thing_a is thing_b:
        return False
    wide = (Context.WindowShortcut, Context.ApplicationShortcut)
    if reach_a in wide or reach_b in wide:
        return True
    inside_a = reach_a == Context.WidgetWithChildrenShortcut and at_a.isAncestorOf(at_b)
    inside_b = reach_b == Context.WidgetWithChildrenShortcut and at_b.isAncestorOf(at_a)
    return at_a is at_b or inside_a or inside_b


def test_no_two_things_anywhere_in_the_window_answer_to_the_same_keys(window):
    by_keys: dict[str, list] = {}
    for found in shortcuts(window):
        by_keys.setdefault(found[0], []).append(found)
    clashes = {
        keys: [getattr(found[3], "text", str)() for found in all_found]
        for keys, all_found in by_keys.items()
        if any(overlap(a, b) for n, a in enumerate(all_found) for b in all_found[n + 1 :])
    }
    assert len(by_keys) > 30
    assert clashes == {}


def test_each_shortcut_pressed_on_the_keyboard_triggers_its_command(window):
    dead, pressed = [], []
    for name, action in window.actions_by_name.items():
        if name.startswith("canvas:") or not action.shortcuts():
            continue
        action.triggered.disconnect()
        action.triggered.connect(lambda _=False, name=name: pressed.append(name))
        for keys in action.shortcuts():
            if keys.toString() in ("New", "Open", "Save", "Undo"):
                continue  # keys of their own on some keyboards, which the test driver cannot press
            action.setEnabled(True)
            pressed.clear()
            press(window, keys)
            if pressed != [name]:
                dead.append((name, keys.toString()))
    assert dead == []


def test_the_keys_of_the_step_and_reset_menus_train_and_go_back(window, qtbot):
    session = window.bridge.session

    def wait(done):
        qtbot.waitUntil(lambda: session.state not in ("running", "busy") and done(), timeout=30_000)

    press(window, QKeySequence("Shift+F10"))
    wait(lambda: window.bridge.project.trained is not None)
    first = window.bridge.project.trained
    assert len(first.history) == 1
    press(window, QKeySequence("Shift+F10"))
    wait(lambda: len(window.bridge.project.trained.history) == 2)
    press(window, QKeySequence("Ctrl+F10"))
    wait(lambda: len(window.bridge.project.trained.history) == 1)
    press(window, QKeySequence("F10"))
    wait(lambda: session.state == "paused")
    press(window, QKeySequence("Ctrl+R"))
    wait(lambda: window.bridge.project.trained is None)
    seed = window.bridge.project.training.seed
    press(window, QKeySequence("Ctrl+Shift+R"))
    wait(lambda: window.bridge.project.training.seed != seed)


def test_the_menus_behind_the_buttons_show_the_keys_of_their_commands(window):
    shown = {
        action.text().partition("\t")[2]
        for menu in window.menus.of_buttons.values()
        for action in menu.actions()
    }
    named = {
        window.actions_by_name[name].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        for name in THE_FIVE
    }
    assert shown == named


def press(window: QWidget, keys: QKeySequence) -> None:
    QTest.keySequence(window, keys)
    QApplication.processEvents()
