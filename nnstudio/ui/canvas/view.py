"""The canvas widget: the scene with everything around it that edits the network.

`Camera` looks, `Hands` turns the mouse into gestures; here come keys, menus, adding by name, and
what floats over the ground.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QWidget

from nnstudio.nn.layer import Layer
from nnstudio.project import commands
from nnstudio.session.store import Change
from nnstudio.spec import Place, Problem
from nnstudio.ui import theme
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.canvas import adding, catalogue, geometry, placing, tips
from nnstudio.ui.canvas.actions import CanvasActions
from nnstudio.ui.canvas.camera import MARGIN
from nnstudio.ui.canvas.card import CardItem
from nnstudio.ui.canvas.chooser import Choice, Chooser
from nnstudio.ui.canvas.drops import layer_title
from nnstudio.ui.canvas.floating import EmptyState, ZoomBar
from nnstudio.ui.canvas.geometry import LOSS
from nnstudio.ui.canvas.hands import Hands
from nnstudio.ui.canvas.minimap import Minimap
from nnstudio.ui.canvas.rename import TitleEditor

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class CanvasView(Hands):
    """The canvas. ``actions_by_name`` are its QActions, for menus elsewhere."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge, parent)
        self.pasted = 0
        self._frame = False  # focus that came by key is shown
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Network canvas")
        self._actions = CanvasActions(self)
        self.actions_by_name = self._actions.by_name
        self._float()
        self.canvas.rearranged.connect(self._rearranged)
        self.canvas.wire_selected.connect(self._actions.refresh)
        bridge.opened.connect(self._opened)
        bridge.project_changed.connect(self._project_changed)
        bridge.selection_changed.connect(self._show_selected)
        bridge.place_wanted.connect(self._show_place)
        theme.notifier.changed.connect(self._restyle)
        self._rearranged()

    def _float(self) -> None:
        self.minimap = Minimap(self)
        self.zoom_bar = ZoomBar(self.viewport(), self.actions_by_name)
        self.empty = EmptyState(self.viewport())
        self.empty.add_input.connect(self._add_input)
        self.empty.search.connect(self._search_layers)
        self.chooser = Chooser(self)
        self.chooser.closed.connect(self._take_focus_back)
        self._on_choice: Callable[[Any], object] = _nothing
        self.chooser.chosen.connect(self._choose)
        self.title_editor = TitleEditor(self)
        self.title_editor.renamed.connect(self._take_title)

    def looked(self) -> None:
        self.zoom_bar.show_zoom(self.zoom)
        self._place_floating()
        self.minimap.refresh()
        self.title_editor.hide()

    def mend(self, problem: Problem) -> None:
        self._actions.mend(problem)

    def open_ground(self, at: QPointF, wire: str | None, after: str | None = None) -> None:
        self.quick_add(at.toPoint(), wire, after)

    # --- keys

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab adds a layer here; Shift+Tab goes on to the next widget as everywhere."""
        return False if next else super().focusNextPrevChild(next)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = event.key(), event.modifiers()
        arrow = _ARROWS.get(Qt.Key(key))
        if key == Qt.Key.Key_Escape:
            if self.busy():
                self.abandon()
            else:
                self.canvas.board.toggle(None)
                self.canvas.select_wire(None)
                self.bridge.select(())
        elif key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.hold_space(True)
        elif key == Qt.Key.Key_Tab:
            self.quick_add()
        elif arrow and held & Qt.KeyboardModifier.ControlModifier:
            self._step_selection(*arrow)
        elif arrow:
            fine = bool(held & Qt.KeyboardModifier.ShiftModifier)
            step = 1.0 if fine else geometry.GRID
            if self.bridge.selection:
                self._actions.nudge(arrow[0] * step, arrow[1] * step)
            else:
                self._step_selection(*arrow)
        else:
            event.ignore()
            return
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.hold_space(False)
        super().keyReleaseEvent(event)

    def _step_selection(self, dx: int, dy: int) -> None:
        """Select the next card in a direction, for a keyboard without a mouse."""
        cards = self.canvas.cards
        here = next((cards[id] for id in cards if id in self.bridge.selection), None)
        if here is None:
            if cards:
                self.bridge.select([next(iter(cards))])
            return
        graph = self.bridge.store.project.graph
        ahead = []
        if dy == 0 and here.id in graph:
            wires = graph.outgoing[here.id] if dx > 0 else graph.incoming[here.id]
            ahead = [edge.target if dx > 0 else edge.source for edge in wires]
            if dx > 0 and not ahead and LOSS in cards:
                ahead = [LOSS]
        elif dx < 0 and here.id == LOSS:
            ahead = [self.bridge.session.check.output]
        if not ahead:
            ahead = _in_direction(here.rect.center(), dx, dy, cards)
        if ahead:
            self.bridge.select([ahead[0]])
            self.show_card(ahead[0])

    # --- adding

    def quick_add(
        self, at: QPoint | None = None, wire: str | None = None, after: str | None = None
    ) -> None:
        """Offer all layers at the pointer; the chosen one is added there, in the wire `wire` or
        behind the card `after` if one is named.

        Without a pointer on the canvas it joins the end of the network, like one from the palette.
        """
        if at is None and self.underMouse():
            at = self.pointer.toPoint()
        spot = self.mapToScene(at) if at is not None else None
        if spot is not None and wire is None and after is None:
            near = self.canvas.wire_at(spot)
            wire = near.id if near is not None else None
        choices = [
            Choice(e.title, e.sentence, e.icon, e.family, e.layer, e.matches)
            for e in catalogue.entries()
            if (wire is None and after is None) or e.layer.most_inputs != 0
        ]
        placeholder = "Insert which layer?" if wire else "Add which layer?"
        self.offer(
            choices,
            placeholder,
            lambda layer: self._add_there(layer, spot, wire, after),
            at if at is not None else self.viewport().rect().center(),
        )

    def offer(
        self,
        choices: Sequence[Choice],
        placeholder: str,
        on_choice: Callable[[Any], object],
        at: QPoint,
    ) -> None:
        """Open a list to type into at a point of the viewport."""
        self.abandon()
        self._on_choice = on_choice
        self.chooser.open(choices, placeholder)
        room = self.rect()
        x = min(at.x() - 20, room.right() - self.chooser.width() - 8)
        y = min(at.y() - 20, room.bottom() - self.chooser.height() - 8)
        self.chooser.move(max(8, x), max(8, y))

    def _add_there(
        self, layer: Layer, spot: QPointF | None, wire: str | None, after: str | None
    ) -> None:
        project = self.bridge.store.project
        id, title = commands.next_id(project, layer), layer_title(layer)
        if wire is not None and wire in self.canvas.wires:
            done = self.bridge.do(f"Insert {title}", placing.insert, layer, wire, id)
        elif spot is None or self.canvas.card_at(spot) is not None:
            return self.add_layer(layer)
        else:
            if after is None and layer.most_inputs != 0:
                after = placing.free_end(project.graph, self.bridge.selection)
            x, y = spot.x() - geometry.CARD_WIDTH / 2, spot.y() - geometry.CARD_HEIGHT / 2
            place = placing.snapped(x, y)
            done = self.bridge.do(f"Add {title}", placing.add_at, layer, *place, id, after)
        if done:
            self.bridge.select([id])

    def add_layer(self, layer: Layer) -> None:
        """Add a layer behind the selected card, or behind the end of the network."""
        adding.add_layer(self.bridge, layer, self.viewport().width() / self.zoom - 2 * MARGIN)

    def _search_layers(self) -> None:
        self.quick_add(self.viewport().rect().center())

    def _choose(self, value: object) -> None:
        self._on_choice(value)

    def _take_focus_back(self) -> None:
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take_title(self, id: str, title: str) -> None:
        if id in self.bridge.project.graph:
            self.bridge.do("Rename", commands.rename, id, title)

    def _add_input(self) -> None:
        layer = next(e.layer for e in catalogue.entries() if e.layer.most_inputs == 0)
        self.add_layer(layer)
        self.setFocus()

    def rename(self, id: str) -> None:
        """Edit a card's title in place."""
        card = self.canvas.cards.get(id)
        if card is None or id == LOSS:
            return
        self.show_card(id)
        rect = self.mapFromScene(card.title_rect().adjusted(22, 0, 6, 2)).boundingRect()
        self.title_editor.setGeometry(rect.adjusted(0, -1, 0, max(0, 26 - rect.height())))
        self.title_editor.open(id, card.face.title, self.zoom)

    # --- menus and floating things

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.abandon()
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        spot = self.mapToScene(event.pos())
        card = self.canvas.card_at(spot)
        if by_key and self.bridge.selection:
            card = self.canvas.cards.get(next(iter(self.bridge.selection)))
        wire = None if card is not None or by_key else self.canvas.wire_at(spot)
        if card is not None and card.id not in self.bridge.selection:
            self.bridge.select([card.id])
        if wire is not None:
            self.canvas.select_wire(wire.id)
        at = event.pos()
        if by_key and card is not None:
            at = self.mapFromScene(card.rect.center())
        menu = self._actions.menu(card.id if card else None, wire.id if wire else None, at)
        menu.popup(self.viewport().mapToGlobal(at))

    def _place_floating(self) -> None:
        room = self.viewport().rect()
        self.zoom_bar.adjustSize()
        x = room.right() - self.zoom_bar.width() - 11
        y = room.bottom() - self.zoom_bar.height() - 11
        self.zoom_bar.move(x, y)
        self.minimap.move(room.right() - self.minimap.width() - 11, y - self.minimap.height() - 8)
        self.empty.adjustSize()
        centre = room.center()
        self.empty.move(centre.x() - self.empty.width() // 2, centre.y() - self.empty.height() // 2)

    def _rearranged(self) -> None:
        cards = self.canvas.cards
        self.empty.setVisible(not cards)
        self.zoom_bar.setVisible(bool(cards))
        if self.gesture is None:
            hidden = not self.visible_rect().contains(self.canvas.content_rect())
            if self.following and hidden:
                self.home()
            self.setAccessibleDescription(tips.spoken(self.canvas))
        self.minimap.refresh()
        if not self.title_editor.isHidden():
            self.title_editor.hide()

    def _show_selected(self, ids: frozenset[str]) -> None:
        """One card that was selected elsewhere comes onto the screen."""
        if len(ids) == 1 and not self.busy():
            self.show_card(next(iter(ids)))

    def _show_place(self, place: Place) -> None:
        """A problem that was clicked elsewhere opens where it is."""
        if place.kind in ("node", "edge"):
            self.canvas.board.tell(place.kind, place.id)
            if (chip := self.canvas.chips.get((place.kind, place.id))) is not None:
                self.ensureVisible(chip.body_rect(), 30, 30)
                self.looked()

    def _restyle(self) -> None:
        self.looked()
        self.viewport().update()

    def _opened(self, project: object) -> None:
        self.bridge.session.watch_pictures(self.isVisible())
        self.home()

    def _project_changed(self, change: Change) -> None:
        """What was begun on cards that have just changed under the hand is given up."""
        if change.kinds & {"graph", "positions"}:
            self.end_glide()
        if "graph" in change.kinds:
            if self.busy():
                self.abandon()
            self.chooser.close_list()

    def showEvent(self, event: QShowEvent) -> None:
        """Thumbnails are made only while somebody can see them."""
        super().showEvent(event)
        self.bridge.session.watch_pictures(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.bridge.session.watch_pictures(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.following:
            self.home()
        self._place_floating()
        self.minimap.refresh()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        by_key = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._frame = event.reason() in (*by_key, Qt.FocusReason.ShortcutFocusReason)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.hold_space(False)
        self.viewport().update()

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._frame and self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(theme.current().accent, 1))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
            painter.end()


def _nothing(value: object) -> None:
    """What becomes of a choice before anything was offered."""


def _in_direction(here: QPointF, dx: int, dy: int, cards: Mapping[str, CardItem]) -> list[str]:
    """The ids of cards that lie in a direction, the nearest first."""
    found = []
    for id, card in cards.items():
        away = card.rect.center() - here
        along = away.x() * dx + away.y() * dy
        across = abs(away.x() * dy) + abs(away.y() * dx)
        if along > 20:
            found.append((along + 2 * across, id))
    return [id for _, id in sorted(found)]
