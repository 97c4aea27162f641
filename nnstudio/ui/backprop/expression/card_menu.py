"""What can be done with one card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from nnstudio.ui.text import ampersand

if TYPE_CHECKING:
    from nnstudio.ui.backprop.expression.mode import ExpressionMode


def card_menu(mode: ExpressionMode, id: str) -> QMenu:
    """The menu of a card, or of the view if there is no such card."""
    menu = QMenu(mode)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    graph = mode.sheet.graph
    if id and id in graph:
        if mode.sheet.leaf_value(id) is not None:
            menu.addAction("Type a value …").triggered.connect(lambda: mode.view.edit(id))
        if graph.node(id).is_variable:
            held = id in mode.sheet.fixed
            text = "Let a descent step change it" if held else "Keep it fixed in a descent step"
            menu.addAction(text).triggered.connect(lambda: mode.hold(id, not held))
        if graph.group(id) is not None:
            text = "Open" if id in mode.sheet.closed else "Close"
            menu.addAction(text).triggered.connect(lambda: mode.open_card(id))
        elif id in mode.walk.of.gates:
            menu.addAction("Expand into single operations").triggered.connect(
                lambda: mode.open_card(id)
            )
        for match in mode.walk.of.matches:
            if id == match.root or id in match.inside:
                action = menu.addAction(ampersand(f"Collapse to {match.symbol}"))
                action.triggered.connect(lambda _=False, match=match: mode.collapse(match))
        menu.addAction("Copy its numbers").triggered.connect(lambda: mode.exports.copy(id))
        menu.addSeparator()
    undo = menu.addAction(ampersand(f"Undo: {mode.history.undoText()}"))
    undo.setVisible(mode.history.canUndo())
    undo.triggered.connect(mode.history.undo)
    redo = menu.addAction(ampersand(f"Redo: {mode.history.redoText()}"))
    redo.setVisible(mode.history.canRedo())
    redo.triggered.connect(mode.history.redo)
    menu.addAction("Fit to the window").triggered.connect(lambda: mode.view.fit())
    return menu
