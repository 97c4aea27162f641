"""What a learner names is shown as it was typed: no name in the app is ever read as markup."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6 import QtGui
from PySide6.QtCore import QModelIndex, QPointF, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QGraphicsView,
    QLabel,
    QListView,
    QMenu,
    QToolTip,
    QWidget,
)

from nnstudio.data.text_files import TextFile
from nnstudio.project import commands as edit
from nnstudio.project import files
from nnstudio.spec import parts
from nnstudio.ui import dialogs, settings
from nnstudio.ui.docks import SHOWN_PAGES
from nnstudio.ui.import_data import ImportData
from nnstudio.ui.recover_dialog import RecoverDialog

MARK = "<b>x"
may_be_markup = QtGui.Qt.mightBeRichText  # type: ignore[attr-defined]
UI = Path(__file__).parents[2] / "nnstudio" / "ui"


@pytest.fixture
def table(tmp_path):
    """A file whose name, columns and classes all look like markup."""
    path = tmp_path / f"{MARK}<i>.csv"
    rows = "".join(
        f'"{MARK}</b> film number {n} was {word}","{MARK}</b> {word}"\n'
        for n in range(60)
        for word in ("good", "bad")
    )
    path.write_text(f"{MARK}</b> text,{MARK}</b> label\n{rows}", encoding="utf-8")
    return path


@pytest.fixture
def window(qtbot, whole_window, tmp_path, table):
    """The whole window on that file, in a project and with cards that are named like markup."""
    made = whole_window
    made.documents.new("sentiment")
    bridge = made.bridge
    columns = {"text_column": f"{MARK}</b> text", "label_column": f"{MARK}</b> label"}
    source = TextFile(path=str(table), **columns)
    bridge.do("Data", edit.set_data, source)
    last = bridge.project.graph.nodes[-1].id
    bridge.do("Units", edit.configure_layer, last, units=2)
    bridge.do("Name", edit.rename_project, f"{MARK}</b> project")
    for node in bridge.project.graph.nodes:
        bridge.do(f"Rename {MARK}</b>", edit.rename, node.id, f"{MARK}</b> {node.id}")
    path = tmp_path / f"{MARK}<i>.nns"
    files.save(bridge.project, path)
    settings.remember_file(path)
    return made


def everything(top: QWidget) -> Iterator[QWidget]:
    yield from (top, *top.findChildren(QWidget))


def rows_of(view: QAbstractItemView) -> Iterator[QModelIndex]:
    model = view.model()
    if model is None:
        return
    waiting = [QModelIndex()]
    while waiting:
        parent = waiting.pop()
        for row in range(min(model.rowCount(parent), 50)):
            columns = 1 if isinstance(view, QListView) else model.columnCount(parent)
            for column in range(min(columns, 10)):
                yield (index := model.index(row, column, parent))
                if column == 0:
                    waiting.append(index)


def texts(top: QWidget) -> Iterator[tuple[str, str]]:
    """(where, text) of all tooltips and the like that Qt would take for markup if they look so."""
    for widget in everything(top):
        where = f"{type(widget).__name__} {widget.objectName()} {widget.accessibleName()}"
        yield f"{where}: tooltip", widget.toolTip()
        yield f"{where}: what's this", widget.whatsThis()
        if isinstance(widget, QLabel) and widget.textFormat() != Qt.TextFormat.PlainText:
            yield f"{where}: label", widget.text()
        if isinstance(widget, QAbstractItemView):
            for index in rows_of(widget):
                yield f"{where}: item", index.data(Qt.ItemDataRole.ToolTipRole) or ""
        if isinstance(widget, QGraphicsView) and widget.scene() is not None:
            for item in widget.scene().items():
                yield f"{where}: item", item.toolTip()
    for action in top.findChildren(QAction):
        yield f"action {action.text()}: tooltip", action.toolTip()
        yield f"action {action.text()}: what's this", action.whatsThis()


def taken_for_markup(top: QWidget) -> list[tuple[str, str]]:
    return [(where, text) for where, text in texts(top) if MARK in text and may_be_markup(text)]


def shown_somewhere(top: QWidget) -> bool:
    """Whether a name is there at all, plain or escaped: else nothing was tested."""
    return any(MARK in text or "&lt;b&gt;x" in text for _, text in texts(top))


@pytest.mark.qt_log_ignore("raise")
def test_no_page_reads_a_name_as_markup(window, qtbot):
    qtbot.waitUntil(lambda: window.bridge.session.state == "ready", timeout=30_000)
    session = window.bridge.session
    session.epoch()
    qtbot.waitUntil(
        lambda: window.bridge.project.trained is not None and session.state != "running",
        timeout=30_000,
    )
    window.bridge.select([window.bridge.project.graph.nodes[1].id])
    for name in SHOWN_PAGES:
        window.show_panel(name)
        QApplication.processEvents()
        assert taken_for_markup(window) == [], name
    window.actions_by_name["evaluate"].trigger()
    panel = window.panel("evaluate")
    qtbot.waitUntil(lambda: panel.evaluation is not None, timeout=30_000)
    panel.matrix.chosen.emit(0, 1)
    QApplication.processEvents()
    assert taken_for_markup(window) == []
    panel.matrix.chosen.emit(1, 1)
    assert taken_for_markup(window) == []
    at = panel.matrix.cell_rect(0, 1).center().toPoint()
    QTest.mouseMove(panel.matrix, at)
    assert "&lt;b&gt;x" in QToolTip.text()
    assert shown_somewhere(window)


def test_the_train_button_says_which_card_is_in_the_way_in_plain_text(window, qtbot):
    qtbot.waitUntil(lambda: window.bridge.dataset is not None, timeout=30_000)
    window.bridge.do("Add", edit.add_node, parts("layer")["input"](), 900.0, 900.0)
    second = window.bridge.project.graph.nodes[-1].id
    window.bridge.do("Rename", edit.rename, second, f"{MARK}</b> second")
    tip = window.actions_by_name["train"].toolTip()
    assert "Cannot train yet" in tip
    assert taken_for_markup(window) == []
    assert "&lt;b&gt;x" in tip


def test_what_the_pointer_rests_on_in_the_canvas_is_told_in_plain_text(window):
    from nnstudio.ui.canvas import tips

    scene = window.canvas.view.canvas if hasattr(window.canvas, "view") else window.canvas.canvas
    found = []
    for card in scene.cards.values():
        centre = card.rect.center()
        found.append(tips.tip(scene, QPointF(centre)))
        for x in range(0, int(card.rect.width()) + 30, 6):
            found.append(tips.tip(scene, QPointF(card.rect.left() - 15 + x, centre.y())))
            found.append(tips.tip(scene, QPointF(card.rect.left() - 15 + x, card.rect.top())))
    assert [text for text in found if MARK in text and may_be_markup(text)] == []
    assert any("&lt;b&gt;x" in text for text in found)


def test_recent_files_and_the_welcome_page_show_their_names_as_they_are(window):
    for menu in window.findChildren(QMenu):
        menu.aboutToShow.emit()
    window.show_welcome()
    assert taken_for_markup(window) == []
    recent = [a for a in window.findChildren(QAction) if MARK in a.text() and ".nns" in a.text()]
    assert recent
    assert all("&lt;b&gt;x" in action.toolTip() for action in recent)


def test_dialogs_show_names_as_they_are(window, table):
    opened = [
        dialogs.unsaved_question(window, f"{MARK}</b> project"),
        RecoverDialog(window, [(f"{MARK}</b> project", f"{MARK}<i>.nns")]),
        ImportData(window, str(table)),
    ]
    for dialog in opened:
        dialog.show()
        assert taken_for_markup(dialog) == []
        dialog.close()
        dialog.deleteLater()


def unguarded(path: Path) -> Iterator[str]:
    """Calls that give a widget a tooltip which did not come through the helpers for plain text."""
    helpers = {"tooltip", "titled_tooltip", "field_help", "_tip", "tip", "toolTip"}

    def safe(node: ast.expr) -> bool:
        if isinstance(node, ast.Constant):
            return "<" not in str(node.value) and "&" not in str(node.value)
        if isinstance(node, ast.IfExp):
            return safe(node.body) and safe(node.orelse)
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            return name in helpers
        return False

    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = node.func.attr
        text: ast.expr | None = None
        if name in ("setToolTip", "setWhatsThis"):
            text = node.args[-1]
        elif name == "showText" or (
            name in ("setItemData", "setData") and "ToolTipRole" in ast.unparse(node)
        ):
            text = node.args[1]
        if text is not None and not safe(text):
            yield f"{path.relative_to(UI)}:{node.lineno}: {ast.unparse(text)}"


def test_every_tooltip_in_the_source_goes_through_the_helper_for_plain_text():
    assert [found for path in sorted(UI.rglob("*.py")) for found in unguarded(path)] == []
