"""A screen reader finds a name on whatever in the window can be used, on every page and dialog."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QGraphicsView,
    QHeaderView,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QWidget,
)

from nnstudio.spec import Fix, Place, Problem, parts
from nnstudio.ui import dialogs
from nnstudio.ui.commands import shortcut_table
from nnstudio.ui.docks import SHOWN_PAGES
from nnstudio.ui.import_data import ImportData
from nnstudio.ui.recover_dialog import RecoverDialog

CONTROLS = (
    *(QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QMenuBar, QTabBar),
    *(QPlainTextEdit, QTextEdit, QAbstractItemView, QGraphicsView),
)
QT_OWN = (QScrollBar, QHeaderView, QMenu)  # Qt names or speaks for them itself


def controls(top: QWidget) -> Iterator[QWidget]:
    """What can be clicked, typed into or reached with Tab, apart from the inner parts of Qt's own.

    A spin box or combo box speaks for the line inside it, a scroll area for its bars and viewport.
    """
    for widget in (top, *top.findChildren(QWidget)):
        inner = widget.objectName().startswith("qt_") or any(
            isinstance(above, QComboBox | QAbstractSpinBox | QMenu) for above in _above(widget)
        )
        area = widget.parentWidget()
        inner |= isinstance(area, QAbstractScrollArea) and area.viewport() is widget
        unused = isinstance(widget, QAbstractButton) and widget.isHidden()  # until it has a text
        if inner or unused or isinstance(widget, QT_OWN):
            continue
        by_tab = widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
        if isinstance(widget, CONTROLS) or by_tab:
            yield widget


def _above(widget: QWidget) -> Iterator[QWidget]:
    while (parent := widget.parentWidget()) is not None:
        yield parent
        widget = parent


def name_of(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip() if interface is not None else ""


def nameless(top: QWidget) -> set[str]:
    """What has no name, and what it stands in."""
    return {
        " in ".join(type(each).__name__ for each in (widget, *islice(_above(widget), 3)))
        for widget in controls(top)
        if not name_of(widget)
    }


@pytest.fixture
def window(whole_window):
    return whole_window


def test_the_welcome_page(window):
    window.show_welcome()
    assert not nameless(window.welcome)
    assert name_of(window.welcome)


@pytest.mark.parametrize("template", ["empty", "sentiment", "spiral", "digits"])
def test_every_page_of_every_dock(window, qtbot, template):
    window.documents.new(template)
    if template != "empty":
        qtbot.waitUntil(lambda: window.bridge.dataset is not None, timeout=30_000)
    for name in SHOWN_PAGES:
        window.show_panel(name)
        qtbot.wait(30)
    assert not nameless(window)


def test_the_properties_of_every_layer_and_of_the_loss(window, qtbot):
    from nnstudio.project import commands

    window.documents.new("empty")
    for n, layer in enumerate(parts("layer").values()):
        window.bridge.store.do("Add", commands.add_node, layer(), 40.0 * n, 40.0)
    nodes = [node.id for node in window.bridge.project.graph.nodes]
    window.show_panel("properties")
    for chosen in (*([id] for id in nodes), ["loss"], nodes[:3], []):
        window.bridge.select(chosen)
        assert not nameless(window.docks["right"]), chosen


def test_the_set_up_of_every_data_set(window, qtbot):
    from nnstudio.project import commands

    window.documents.new("empty")
    window.show_panel("data")
    for name, source in parts("dataset").items():
        window.bridge.store.do("Data", commands.set_data, source())
        assert not nameless(window.docks["left"]), name


def test_what_is_trained_can_be_evaluated_and_tried(window, qtbot):
    window.documents.new("spiral")
    qtbot.waitUntil(lambda: window.bridge.dataset is not None, timeout=30_000)
    window.bridge.session.epoch()
    qtbot.waitUntil(lambda: window.bridge.project.trained is not None, timeout=30_000)
    window.actions_by_name["evaluate"].trigger()
    panel = window.panel("evaluate")
    qtbot.waitUntil(lambda: panel.evaluation is not None, timeout=30_000)
    for name in ("try_it", "curves", "backprop"):
        window.show_panel(name)
    assert not nameless(window)


def test_every_dialog(window, qtbot, tmp_path):
    table = tmp_path / "reviews.csv"
    rows = "".join(f'"review number {n}",{"bad" if n % 2 else "good"}\n' for n in range(40))
    table.write_text("text,label\n" + rows, encoding="utf-8")
    problem = Problem("It broke", "Because.", Place("run"), fix=Fix("Fix it", "tidy"))
    opened: list[QDialog] = [
        dialogs.unsaved_question(window, "Reviews"),
        dialogs.changed_question(window, "reviews.nns"),
        dialogs.replace_question(window, "reviews.nns"),
        RecoverDialog(window, [("Reviews", "today"), ("Spiral", "yesterday")]),
        dialogs.problem_message(window, [problem]),
        dialogs.Shortcuts(window, shortcut_table(window.actions_by_name)),
        dialogs.About(window),
        ImportData(window, str(table)),
    ]
    for dialog in opened:
        dialog.show()
        assert dialog.windowTitle()
        assert not nameless(dialog), type(dialog).__name__
        dialog.close()
