"""What a hand does on the canvas, each as an object with start, move, finish and cancel.

A gesture only previews while it lasts; on finish it changes the project once, so it is one step of
the history, and on Escape it leaves no trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtWidgets import QGraphicsItem

from nnstudio.project import commands
from nnstudio.project.model import Project
from nnstudio.spec import ProblemError
from nnstudio.ui.canvas import geometry, placing
from nnstudio.ui.canvas.geometry import LOSS
from nnstudio.ui.canvas.marks import BandItem, GuideItem, LooseWireItem
from nnstudio.ui.canvas.picking import PortHit
from nnstudio.ui.canvas.wire import WireItem

if TYPE_CHECKING:
    from nnstudio.ui.canvas.hands import Hands

Modifiers = Qt.KeyboardModifier


class Gesture:
    """Base: positions are in the scene."""

    cursor: Qt.CursorShape | None = None

    def __init__(self, view: Hands) -> None:
        self.view = view
        self.scene = view.canvas
        self._items: list[QGraphicsItem] = []

    def start(self, at: QPointF, modifiers: Modifiers) -> None:
        """The button went down, or the drag has left its threshold."""

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        """The pointer moved."""

    def finish(self, at: QPointF, modifiers: Modifiers) -> None:
        """The button was released: do it."""

    def cancel(self) -> None:
        """Escape: as if nothing had happened."""

    def show(self, item: QGraphicsItem) -> None:
        """Keep an item on the scene as long as the gesture lasts."""
        self._items.append(item)
        self.scene.addItem(item)

    def clean(self) -> None:
        """Take every trace of the preview away."""
        for item in self._items:
            self.scene.removeItem(item)
        self._items.clear()
        self.scene.mark()
        self.view.say("")


class Pan(Gesture):
    """The canvas follows the hand."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def start(self, at: QPointF, modifiers: Modifiers) -> None:
        self._from = self.view.pointer
        self._origin = self.view.centre()

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        away = (self.view.pointer - self._from) / self.view.zoom
        self.view.centerOn(self._origin - QPointF(away))

    def cancel(self) -> None:
        self.view.centerOn(self._origin)


class RubberBand(Gesture):
    """Selects the cards a rectangle touches; Shift or Ctrl adds to the selection."""

    def start(self, at: QPointF, modifiers: Modifiers) -> None:
        self._from = at
        self._before = self.view.bridge.selection
        adds = Modifiers.ShiftModifier | Modifiers.ControlModifier
        self._kept = self._before if modifiers & adds else frozenset()
        self._band = BandItem()
        self.show(self._band)

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        rect = QRectF(self._from, at).normalized()
        self._band.stretch(rect)
        touched = {id for id, card in self.scene.cards.items() if card.rect.intersects(rect)}
        self.view.bridge.select(self._kept | touched)

    def cancel(self) -> None:
        self.view.bridge.select(id for id in self._before if id in self.scene.cards)


class MoveCards(Gesture):
    """Drags the selected cards; edges that line up with other cards hold on to them.

    A single card without wires joins the wire it is dropped on. Alt switches the holding off.
    """

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, view: Hands, card: str) -> None:
        super().__init__(view)
        self._card = card

    def start(self, at: QPointF, modifiers: Modifiers) -> None:
        self._from = at
        chosen = [id for id in self.view.bridge.selection if id in self.scene.cards]
        self._start = {id: self.scene.cards[id].pos() for id in chosen}
        self._others = [card.rect for id, card in self.scene.cards.items() if id not in self._start]
        graph = self.scene.project.graph
        only = chosen[0] if len(chosen) == 1 else ""
        self._loose = (
            only in graph
            and not graph.incoming[only]
            and not graph.outgoing[only]
            and graph.node(only).layer.most_inputs != 0
        )
        self._guides = GuideItem()
        self.show(self._guides)
        self._landing: str | None = None

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        away = at - self._from
        lead = self._start[self._card] + away
        if modifiers & Modifiers.AltModifier:
            self._guides.draw_lines([])
        else:
            held, lines = _aligned(geometry.card_rect(lead.x(), lead.y()), self._others)
            self._guides.draw_lines(lines)
            away = held - self._start[self._card]
        self.scene.preview_positions({id: pos + away for id, pos in self._start.items()})
        if self._loose:
            wire = self.scene.wire_at(self.scene.cards[self._card].rect.center(), 36)
            self._landing = wire.id if wire is not None else None
            self.scene.mark(wire=self._landing)
            self.view.say(self.view.between(wire) if wire else "")

    def finish(self, at: QPointF, modifiers: Modifiers) -> None:
        places = {id: (round(c.x()), round(c.y())) for id, c in self._places().items()}
        landing = self._landing
        self.scene.forget_preview()
        bridge = self.view.bridge
        if landing is not None:
            x, y = places[self._card]
            bridge.do("Insert card", placing.join_wire, self._card, landing, x, y)
        else:
            bridge.do("Move" if len(places) == 1 else "Move cards", commands.move, places)
        self.scene.end_preview()

    def cancel(self) -> None:
        self.scene.end_preview()

    def _places(self) -> dict[str, QPointF]:
        return {id: self.scene.cards[id].pos() for id in self._start}


class DrawWire(Gesture):
    """Draws a wire from a port to another card's port or body, from either end.

    With `old`, the end of that wire is moved: to another card, or off into nowhere. A new wire
    that ends nowhere asks which layer shall stand there.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: Hands, origin: PortHit, old: WireItem | None = None) -> None:
        super().__init__(view)
        self.origin = origin
        self._old = old.id if old is not None else None

    def start(self, at: QPointF, modifiers: Modifiers) -> None:
        card = self.scene.cards[self.origin.card]
        forwards = self.origin.side == "out"
        anchor = card.output_port() if forwards else card.input_port(self.origin.port)
        self._loose = LooseWireItem(anchor, forwards)
        self.show(self._loose)
        if self._old is not None:
            self.scene.wires[self._old].show_state(hidden_end=True)
        self._goal: tuple[str, str, int | None] | None = None
        self._refusal = ""

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        self._goal, self._refusal = None, ""
        end, marks = at, {}
        other = self._aimed(at)
        if other is not None:
            card = self.scene.cards[other.card]
            goal = self._wire_to(other)
            self._refusal = self.refusal(*goal)
            marks[other.card] = "refused" if self._refusal else "target"
            if not self._refusal:
                self._goal = goal
                port = other.port if other.port >= 0 else self._free_port(other.card)
                end = card.input_port(port) if other.side == "in" else card.output_port()
        self._loose.reach(end, refused=bool(self._refusal))
        self.scene.mark(cards=marks)
        self.view.say(self._refusal, refused=True)

    def finish(self, at: QPointF, modifiers: Modifiers) -> None:
        self._show_old()
        goal, old = self._goal, self._old
        if goal is not None:
            self.view.bridge.do("Connect", _connected, goal, old)
        elif self._refusal:
            self.view.bridge.message.emit(self._refusal)
        elif old is not None and not self._at_home(at):
            self.view.bridge.do("Disconnect", commands.disconnect, old)
        elif old is None and self.origin.side == "out":
            self.view.open_ground(self.view.pointer, None, after=self.origin.card)

    def cancel(self) -> None:
        self._show_old()

    def refusal(self, source: str, target: str, port: int | None) -> str:
        """Why this wire cannot be drawn, in a sentence; empty if it can."""
        if source == target:
            return "A card cannot be connected to itself."
        if target == LOSS or source == LOSS:
            return "The Loss card follows the output by itself."
        try:
            _connected(self.scene.project, (source, target, port), self._old)
        except ProblemError as error:
            return f"{error.problems[0].title}."
        return ""

    def _aimed(self, at: QPointF) -> PortHit | None:
        """The port or card the pointer is over; port -1 stands for any free input."""
        wanted = "in" if self.origin.side == "out" else "out"
        hit = self.scene.port_at(at, wanted)
        if hit is not None and hit.card != self.origin.card:
            return hit
        card = self.scene.card_at(at)
        if card is None:
            return None
        inside = card.rect.adjusted(24, 0, -24, 0).contains(at)
        if card.id == self.origin.card and not inside:
            return None
        return PortHit(card.id, wanted, -1)

    def _wire_to(self, other: PortHit) -> tuple[str, str, int | None]:
        if self.origin.side == "out":
            return self.origin.card, other.card, other.port if other.port >= 0 else None
        return other.card, self.origin.card, self.origin.port

    def _free_port(self, id: str) -> int:
        card = self.scene.cards[id]
        free = [port for port in range(card.face.ports) if port not in card.wired_in]
        return free[0] if free else 0

    def _at_home(self, at: QPointF) -> bool:
        """Whether the end of the old wire was let go where it was."""
        assert self._old is not None
        x, y = self.scene.wires[self._old].points[-1]
        return abs(at.x() - x) + abs(at.y() - y) < 24

    def _show_old(self) -> None:
        if self._old is not None and (wire := self.scene.wires.get(self._old)) is not None:
            wire.show_state(hidden_end=False)


def _connected(project: Project, goal: tuple[str, str, int | None], old: str | None) -> Project:
    """The project with a wire drawn, in place of an old one if one was re-plugged."""
    if old is not None:
        source, target, port = goal
        wires = {edge.id: edge for edge in project.graph.edges}
        before = wires.get(old)
        if before is not None and (before.source, before.target) == (source, target):
            return project
        project = commands.disconnect(project, old)
        node = project.graph.node(target)
        if port is not None and node.layer.most_inputs != 1:
            port = min(port, len(project.graph.incoming[target]))
        goal = source, target, port
    return commands.connect(project, *goal)


def _aligned(card: QRectF, others: list[QRectF]) -> tuple[QPointF, list[tuple[QPointF, QPointF]]]:
    """The corner of a dragged card, drawn to the edges of other cards, and lines that show it."""
    x, y = placing.snapped(card.x(), card.y())
    lines: list[tuple[QPointF, QPointF]] = []
    near_x = [o for o in others if abs(o.x() - card.x()) <= geometry.SNAP]
    near_y = [o for o in others if abs(o.y() - card.y()) <= geometry.SNAP]
    if near_x:
        best = min(near_x, key=lambda o: abs(o.x() - card.x()) * 1e6 + abs(o.y() - card.y()))
        x = best.x()
        top, bottom = min(best.top(), card.top()), max(best.bottom(), card.bottom())
        lines.append((QPointF(x, top - 12), QPointF(x, bottom + 12)))
    if near_y:
        best = min(near_y, key=lambda o: abs(o.y() - card.y()) * 1e6 + abs(o.x() - card.x()))
        y = best.y()
        left, right = min(best.left(), card.left()), max(best.right(), card.right())
        middle = y + geometry.CARD_HEIGHT / 2
        lines.append((QPointF(left - 12, middle), QPointF(right + 12, middle)))
    return QPointF(x, y), lines
