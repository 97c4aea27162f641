"""What can be done on the canvas by key and menu, each as one QAction with its shortcut.

The window puts the same actions into its menus, so a shortcut is said once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu

from nnstudio.project import commands, fixes
from nnstudio.spec import Problem, ProblemError
from nnstudio.ui import theme
from nnstudio.ui.canvas import placing
from nnstudio.ui.canvas.chooser import Choice
from nnstudio.ui.canvas.geometry import LOSS
from nnstudio.ui.canvas.opening import number_at
from nnstudio.ui.text import ampersand, tooltip

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.ui.canvas.view import CanvasView

# name, text, icon, shortcuts, tooltip
_TABLE: tuple[tuple[str, str, str, tuple[str, ...], str], ...] = (
    ("quick_add", "Add Layer …", "plus", ("Ctrl+K",), "Add a layer by typing its name (Tab)"),
    ("cut", "Cut", "cut", ("Ctrl+X",), "Cut the selected cards"),
    ("copy", "Copy", "copy", ("Ctrl+C",), "Copy the selected cards"),
    ("paste", "Paste", "paste", ("Ctrl+V",), "Paste the copied cards"),
    ("duplicate", "Duplicate", "duplicate", ("Ctrl+D",), "A second copy beside the first"),
    ("delete", "Delete", "delete", ("Del", "Backspace"), "Delete; the wires join up again"),
    ("select_all", "Select All", "check", ("Ctrl+A",), "Select every card"),
    ("rename", "Rename", "rename", ("F2",), "Give the card a name of your own"),
    ("connect", "Connect to …", "link", ("C",), "Draw a wire to another card"),
    ("tidy", "Tidy Layout", "tidy", ("Ctrl+L",), "Tidy: put the cards in rows (Ctrl+L)"),
    ("zoom_in", "Zoom In", "zoom-in", ("+", "=", "Ctrl++", "Ctrl+="), "Zoom in (+)"),
    ("zoom_out", "Zoom Out", "zoom-out", ("-", "Ctrl+-"), "Zoom out (−)"),
    ("actual_size", "Actual Size", "zoom-reset", ("0",), "Draw at 100 % (0)"),
    ("fit", "Fit", "fit", ("F", "Home"), "Fit: show the whole network (F)"),
    ("align_left", "Align Left", "align-left", (), "Put the selected cards in one column"),
    ("align_top", "Align Top", "align-top", (), "Put the selected cards in one row"),
    ("spread_across", "Spread Across", "distribute", (), "Equal distances from left to right"),
    ("spread_down", "Spread Down", "distribute", (), "Equal distances from top to bottom"),
)


class CanvasActions:
    """Makes the actions, carries them out, and keeps them enabled as far as they make sense."""

    def __init__(self, view: CanvasView) -> None:
        self.view = view
        self.bridge = view.bridge
        self.by_name: dict[str, QAction] = {}
        run: dict[str, Callable[[], None]] = {
            "quick_add": lambda: view.quick_add(),
            "cut": self.cut,
            "copy": self.copy,
            "paste": self.paste,
            "duplicate": self.duplicate,
            "delete": self.delete,
            "select_all": lambda: self.bridge.select(view.canvas.cards),
            "rename": self.rename,
            "connect": self.choose_target,
            "tidy": self.tidy,
            "zoom_in": lambda: view.zoom_by(1.2),
            "zoom_out": lambda: view.zoom_by(1 / 1.2),
            "actual_size": lambda: view.zoom_to(1.0),
            "fit": view.fit,
            "align_left": lambda: self.align("left", "Align left"),
            "align_top": lambda: self.align("top", "Align top"),
            "spread_across": lambda: self.align("across", "Spread across"),
            "spread_down": lambda: self.align("down", "Spread down"),
        }
        for name, text, icon, shortcuts, tip in _TABLE:
            action = QAction(theme.icon(icon), text, view)
            action.setShortcuts([QKeySequence(key) for key in shortcuts])
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.setToolTip(tooltip(tip))
            action.triggered.connect(_without_argument(run[name]))
            view.addAction(action)
            self.by_name[name] = action
        self.bridge.selection_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _: object = None) -> None:
        """Enable what can be done with the present selection."""
        chosen = self.cards()
        wire = self.view.canvas.selected_wire is not None
        for name in ("cut", "copy", "duplicate"):
            self.by_name[name].setEnabled(bool(chosen))
        self.by_name["delete"].setEnabled(bool(chosen) or wire)
        self.by_name["rename"].setEnabled(len(chosen) == 1)
        self.by_name["connect"].setEnabled(len(chosen) == 1)
        for name in ("align_left", "align_top"):
            self.by_name[name].setEnabled(len(chosen) > 1)
        for name in ("spread_across", "spread_down"):
            self.by_name[name].setEnabled(len(chosen) > 2)

    def cards(self) -> list[str]:
        """The selected layers' ids in the graph's order; the Loss card is not one."""
        graph = self.bridge.store.project.graph
        return [node.id for node in graph.nodes if node.id in self.bridge.selection]

    # --- editing

    def copy(self) -> None:
        text = commands.copy(self.bridge.store.project, self.cards())
        QGuiApplication.clipboard().setText(text)
        self.view.pasted = 0

    def cut(self) -> None:
        chosen = self.cards()
        self.copy()
        self.bridge.do("Cut", commands.delete, chosen)

    def paste(self) -> None:
        """Paste a little further down and right each time."""
        text = QGuiApplication.clipboard().text()
        self.view.pasted += 1
        away = 24.0 * self.view.pasted
        self._do_and_select_new("Paste", commands.paste, text, away, away)

    def duplicate(self) -> None:
        self._do_and_select_new("Duplicate", commands.duplicate, self.cards())

    def _do_and_select_new(self, label: str, command: object, *args: object) -> None:
        before = set(self.bridge.store.project.graph.by_id)
        if self.bridge.do(label, command, *args):
            self.bridge.select(set(self.bridge.store.project.graph.by_id) - before)

    def delete(self) -> None:
        """Delete the selected wire or cards; where a card was, its wires join up."""
        wire, chosen = self.view.canvas.selected_wire, self.cards()
        if wire is not None and not wire.endswith(f">{LOSS}:0"):
            self.bridge.do("Disconnect", commands.disconnect, wire)
        elif chosen:
            graph = self.bridge.store.project.graph
            label = f"Delete {graph.node(chosen[0]).title}" if len(chosen) == 1 else "Delete cards"
            self.bridge.do(label, commands.delete, chosen)

    def rename(self) -> None:
        if chosen := self.cards():
            self.view.rename(chosen[0])

    def tidy(self) -> None:
        before, room = self._places(), self.view.viewport().size()
        columns = placing.columns_for(len(before), room.width(), room.height())
        self.bridge.do("Tidy layout", commands.tidy, columns)
        self.view.home()
        self.view.glide_from(before)

    def align(self, how: str, label: str) -> None:
        before = self._places()
        self.bridge.do(label, commands.align, self.cards(), how)
        self.view.glide_from(before)

    def _places(self) -> dict[str, QPointF]:
        return {id: card.pos() for id, card in self.view.canvas.cards.items()}

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selection by a step; steps in a row are one step of the history."""
        canvas = self.view.canvas
        places = {
            id: (canvas.cards[id].x() + dx, canvas.cards[id].y() + dy)
            for id in self.bridge.selection
            if id in canvas.cards
        }
        if places:
            key = "nudge " + " ".join(sorted(places))
            self.bridge.do("Move", commands.move, places, merge=key)

    def mend(self, problem: Problem) -> None:
        """Press the button on a problem."""
        if problem.fix is None:
            return
        try:
            self.bridge.do(problem.fix.label, fixes.apply, problem.fix)
        except KeyError:
            self.bridge.message.emit("The network has changed; this fix no longer fits.")

    # --- wiring by keyboard

    def choose_target(self) -> None:
        """Offer every card that the selected one can be wired to."""
        chosen = self.cards()
        if len(chosen) != 1:
            return
        source = chosen[0]
        rect = self.view.canvas.cards[source].rect
        at = self.view.mapFromScene(rect.topRight() + QPointF(12, 0))
        title = self.bridge.store.project.graph.node(source).title
        self.view.offer(
            self.target_choices(source),
            f"Connect {title} to …",
            lambda target: self.bridge.do("Connect", commands.connect, source, target),
            at,
        )

    def target_choices(self, source: str) -> list[Choice]:
        """All other cards; those that cannot take the wire say why and come last."""
        project = self.bridge.store.project
        choices = []
        for node in project.graph.nodes:
            if node.id == source:
                continue
            refusal = ""
            try:
                if commands.connect(project, source, node.id) is project:
                    refusal = "is connected already"
            except ProblemError as error:
                refusal = error.problems[0].title
            card = self.view.canvas.cards[node.id]
            note = refusal or node.layer.summary()
            words = f"{node.title} {node.id}".lower()
            choices.append(
                Choice(
                    node.title,
                    note,
                    card.face.icon,
                    node.layer.family,
                    node.id,
                    lambda query, words=words: query.lower().strip() in words,  # type: ignore[misc]
                    bool(refusal),
                )
            )
        return sorted(choices, key=lambda choice: choice.refused)

    # --- menus

    def menu(self, card: str | None, wire: str | None, at: QPoint) -> QMenu:
        """The context menu of a card, a wire or the ground."""
        menu = QMenu(self.view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        problem = self._problem(card, wire)
        if problem is not None and problem.fix is not None:
            mend = menu.addAction(theme.icon("wand"), ampersand(problem.fix.label))
            mend.triggered.connect(_without_argument(lambda: self.mend(problem)))
            menu.addSeparator()
        if card is not None:
            self._put_number(menu, card, at)
        if card == LOSS:
            self._put(menu, "tidy", "fit")
        elif card is not None:
            self._card_menu(menu)
        elif wire is not None:
            if not wire.endswith(f">{LOSS}:0"):
                add = menu.addAction(theme.icon("plus"), "Insert Layer …")
                add.triggered.connect(_without_argument(lambda: self.view.quick_add(at, wire)))
                self._put(menu, "delete")
        else:
            add = menu.addAction(theme.icon("plus"), "Add Layer …")
            add.triggered.connect(_without_argument(lambda: self.view.quick_add(at)))
            self._put(menu, "paste", "select_all", "", "tidy", "fit")
        return menu

    def _put_number(self, menu: QMenu, card: str, at: QPoint) -> None:
        view = self.view
        spot, dataset = view.mapToScene(at), view.bridge.dataset
        number = number_at(view.canvas.cards[card], spot, dataset)
        if number is not None:
            where = menu.addAction(theme.icon("backprop"), "Where Does This Number Come From?")
            where.triggered.connect(_without_argument(lambda: view.bridge.open_number(number)))
            menu.addSeparator()

    def _card_menu(self, menu: QMenu) -> None:
        self._put(menu, "rename", "connect", "", "cut", "copy", "duplicate", "delete")
        if len(self.cards()) > 1:
            menu.addSeparator()
            align = menu.addMenu("Align")
            self._put(align, "align_left", "align_top", "", "spread_across", "spread_down")

    def _put(self, menu: QMenu, *names: str) -> None:
        for name in names:
            if name:
                menu.addAction(self.by_name[name])
            else:
                menu.addSeparator()

    def _problem(self, card: str | None, wire: str | None) -> Problem | None:
        canvas = self.view.canvas
        if card is not None:
            return canvas.cards[card].face.problem
        return canvas.wires[wire].problem if wire is not None else None


def _without_argument(run: Callable[[], None]) -> Callable[[bool], None]:
    """A slot for ``triggered``, which also tells whether the action is checked."""

    def slot(checked: bool = False) -> None:
        run()

    return slot
