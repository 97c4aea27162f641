"""The scene: one item per card and wire, patched when the project changes.

Nothing here is ever the truth. The scene hears what changed, compares it with what it shows, and
touches only the items that differ. Items are addressed by id, kept in dictionaries (Qt alone would
let them vanish), and painted from faces worked out in `faces`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsScene

from nnstudio.project.model import Project
from nnstudio.session.events import DataLoaded, PictureReady
from nnstudio.spec import Problem
from nnstudio.ui import theme
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.canvas import faces, geometry, picking, routing, thumbnails
from nnstudio.ui.canvas.card import CardItem
from nnstudio.ui.canvas.chip import ProblemChip
from nnstudio.ui.canvas.chips import ChipBoard
from nnstudio.ui.canvas.drawing import draw_dots
from nnstudio.ui.canvas.geometry import LOSS
from nnstudio.ui.canvas.picking import PortHit
from nnstudio.ui.canvas.values import CardValues, Phase, Shown, ShownValues, overlays
from nnstudio.ui.canvas.wire import WireItem

LOSS_GAP = 56.0


class CanvasScene(QGraphicsScene):
    """Shows the bridge's project.

    ``rearranged`` is told after cards came, went or moved, ``wire_selected`` when a wire was
    selected or let go.
    """

    rearranged = Signal()
    wire_selected = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.bridge = bridge
        self.cards: dict[str, CardItem] = {}
        self.wires: dict[str, WireItem] = {}
        self.board = ChipBoard(self)
        self.selected_wire: str | None = None
        self.pictures: dict[str, thumbnails.Picture] = {}
        self._newest: PictureReady | None = None
        self._made_of: dict[str, tuple[Any, ...]] = {}  # what each picture is a picture of
        self._values: dict[str, CardValues] = {}
        self._preview: dict[str, QPointF] = {}
        self._boxes: dict[str, routing.Box] = {}
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        bridge.project_changed.connect(self._on_project_changed)
        bridge.check_changed.connect(self.sync)
        bridge.selection_changed.connect(self._show_selection)
        bridge.event.connect(self._on_event)
        bridge.ticked.connect(self._on_tick)
        bridge.values_shown.connect(self._on_values)
        theme.notifier.changed.connect(self._on_theme_changed)
        self.sync()

    @property
    def chips(self) -> dict[tuple[str, str], ProblemChip]:
        """The chips on the canvas, by kind and id of the place they speak of."""
        return self.board.chips

    @property
    def project(self) -> Project:
        return self.bridge.store.project

    # --- the project on screen

    def sync(self, _: object = None) -> None:
        """Make the items what the project says; items that already are stay untouched."""
        self._forget_stale_pictures()
        project, check, dataset = self.project, self.bridge.session.check, self._dataset()
        problems = faces.problems_by_place(check)
        output = check.output if check.output in project.graph else ""
        wanted = {
            node.id: faces.layer_face(
                node,
                project,
                check,
                dataset,
                problems.get(("node", node.id)),
                self._live(node.id),
            )
            for node in project.graph.nodes
        }
        if output:
            problem = problems.get((LOSS, LOSS))
            wanted[LOSS] = faces.loss_face(project, dataset, problem, self._live(LOSS))
        came_or_went = self._sync_cards(wanted)
        moved = self._place_cards(output)
        rewired = self._sync_wires(output, problems)
        if came_or_went or moved or rewired:
            self._route(None)
        self.board.sync(problems)
        self._show_selection()
        if came_or_went or moved:
            self._fit_scene_rect()
            self.rearranged.emit()

    def _sync_cards(self, wanted: Mapping[str, faces.Face]) -> bool:
        changed = False
        for id in [id for id in self.cards if id not in wanted]:
            self.removeItem(self.cards.pop(id))
            self._boxes.pop(id, None)
            changed = True
        for id, face in wanted.items():
            card = self.cards.get(id)
            if card is None:
                card = self.cards[id] = CardItem(face)
                card.picture = self.pictures.get(id)
                card.values = self._values.get(id)
                card.setZValue(9 if id == LOSS else 10)
                self.addItem(card)
                changed = True
            else:
                changed |= card.face.ports != face.ports
                card.show_face(face)
        return changed

    def _place_cards(self, output: str) -> bool:
        moved = False
        for node in self.project.graph.nodes:
            moved |= self._place(node.id, self._preview.get(node.id, QPointF(node.x, node.y)))
        if output:
            moved |= self._place(LOSS, self._preview.get(LOSS, self.loss_corner(output)))
        return moved

    def _place(self, id: str, corner: QPointF) -> bool:
        card = self.cards[id]
        if card.pos() == corner and id in self._boxes:
            return False
        card.setPos(corner)
        self._boxes[id] = _box(corner)
        return True

    def loss_corner(self, output: str) -> QPointF:
        """Where the Loss card stands: where it was put, or near the output where there is room."""
        if self.project.loss_position is not None:
            return QPointF(*self.project.loss_position)
        start = self.cards[output].pos()
        across, down = geometry.CARD_WIDTH + LOSS_GAP, geometry.CARD_HEIGHT + LOSS_GAP
        others = [self.cards[node.id].rect for node in self.project.graph.nodes]
        for dx, dy in ((1, 0), (1, 1), (0, 1), (1, -1), (2, 0), (1, 2), (0, 2), (2, 1)):
            corner = start + QPointF(dx * across, dy * down)
            place = geometry.card_rect(corner.x() - 8, corner.y() - 8).adjusted(0, 0, 16, 16)
            if not any(place.intersects(other) for other in others):
                return corner
        return start + QPointF(across, 0)

    def _sync_wires(self, output: str, problems: Mapping[tuple[str, str], Problem]) -> bool:
        check, changed = self.bridge.session.check, False
        wanted = {
            edge.id: (edge.source, edge.target, edge.port) for edge in self.project.graph.edges
        }
        if output:
            wanted[f"{output}>{LOSS}:0"] = (output, LOSS, 0)
        for id in [id for id in self.wires if id not in wanted]:
            self.removeItem(self.wires.pop(id))
            changed = True
        for id, (source, target, port) in wanted.items():
            wire = self.wires.get(id)
            if wire is None:
                wire = self.wires[id] = WireItem(id, source, target, port)
                self.addItem(wire)
                changed = True
            shape = check.edge_shapes.get(id) or check.shapes.get(source)
            wire.show_state(
                label=faces.shape_text(shape) if source in check.shapes else "",
                problem=problems.get(("edge", id)),
                values=self._values.get(id),
                selected=id == self.selected_wire,
            )
        if self.selected_wire not in self.wires:
            self.selected_wire = None
        into: dict[str, set[int]] = {}
        for _, target, port in wanted.values():
            into.setdefault(target, set()).add(port)
        sources = {source for source, _, _ in wanted.values()}
        for id, card in self.cards.items():
            card.show_state(wired_in=frozenset(into.get(id, ())), wired_out=id in sources)
        return changed

    def _route(self, touching: Iterable[str] | None) -> None:
        """Lay the wires anew: all, or those at certain cards."""
        ids = None if touching is None else frozenset(touching)
        leaving: dict[str, int] = {}
        for wire in self.wires.values():
            out = leaving[wire.source] = leaving.get(wire.source, -1) + 1
            if ids is not None and wire.source not in ids and wire.target not in ids:
                continue
            start = self.cards[wire.source].output_port()
            end = self.cards[wire.target].input_port(wire.port)
            ends = (wire.source, wire.target)
            others = [box for id, box in self._boxes.items() if id not in ends]
            wire.run(
                routing.route(
                    (start.x(), start.y()),
                    (end.x(), end.y()),
                    self._boxes[wire.source],
                    self._boxes[wire.target],
                    others,
                    out=out,
                    into=wire.port,
                )
            )
        self.board.stand()

    def _fit_scene_rect(self) -> None:
        """The ground on which one can pan: the cards and a generous margin."""
        self.setSceneRect(self.content_rect().adjusted(-2400, -1800, 2400, 1800))

    def content_rect(self) -> QRectF:
        """What all cards and wires cover; a small rectangle at the origin when there are none."""
        rect = QRectF()
        for card in self.cards.values():
            rect = rect.united(card.rect)
        for wire in self.wires.values():
            xs, ys = [p[0] for p in wire.points], [p[1] for p in wire.points]
            rect = rect.united(QRectF(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)))
        return rect if not rect.isEmpty() else QRectF(0, 0, 840, 320)

    # --- what is under the pointer

    def card_at(self, at: QPointF) -> CardItem | None:
        """The topmost card there; the Loss card, which nobody put there, lies below the others."""
        found = [card for card in self.cards.values() if card.rect.contains(at)]
        return max(reversed(found), key=lambda card: card.zValue()) if found else None

    def port_at(self, at: QPointF, side: str | None = None) -> PortHit | None:
        """The nearest port within reach."""
        return picking.nearest_port(self.cards.values(), at, side)

    def wire_at(self, at: QPointF, reach: float = 0.0) -> WireItem | None:
        """The wire there, the Loss card's own wire aside, within 7 pixels or `reach`."""
        for wire in reversed(self.wires.values()):
            if wire.target == LOSS:
                continue
            if wire.shape().contains(at) or (reach and picking.distance(wire.points, at) <= reach):
                return wire
        return None

    def chip_at(self, at: QPointF) -> ProblemChip | None:
        """The problem's chip there."""
        return self.board.chip_at(at)

    # --- states that gestures show

    def preview_positions(self, positions: Mapping[str, QPointF]) -> None:
        """Show cards elsewhere while they are being dragged; the project stays as it is."""
        touched = set(self._preview) | set(positions)
        self._preview = dict(positions)
        for id in positions:
            self.cards[id].setZValue(12)  # what is in the hand is above the others
        if self._place_cards(self._output_shown()):
            follows = {LOSS} if self._output_shown() in touched else set()
            self._route(touched | follows)
            self.rearranged.emit()

    def forget_preview(self) -> None:
        """From the next change of the project on, show the cards where it says."""
        self._preview = {}

    def end_preview(self) -> None:
        """Show the cards where the project says."""
        self._preview = {}
        for id, card in self.cards.items():
            card.setZValue(9 if id == LOSS else 10)
        self._place_cards(self._output_shown())
        self._route(None)
        self.rearranged.emit()

    def _output_shown(self) -> str:
        return self.bridge.session.check.output if LOSS in self.cards else ""

    def mark(self, *, cards: Mapping[str, str] | None = None, wire: str | None = None) -> None:
        """Show where something would land: card ids with ``target`` or ``refused``, a wire id."""
        marks = cards or {}
        for id, card in self.cards.items():
            state = marks.get(id, "")
            card.show_state(target=state == "target", refused=state == "refused")
        for id, item in self.wires.items():
            item.show_state(landing=id == wire)

    def hover(self, card: str | None, port: PortHit | None, wire: str | None) -> None:
        """Show what the pointer is over."""
        for id, item in self.cards.items():
            hot = (port.side, port.port) if port is not None and port.card == id else None
            item.show_state(hovered=id == card, hot_port=hot)
        for id, line in self.wires.items():
            line.show_state(hovered=id == wire)

    def select_wire(self, id: str | None) -> None:
        """Select one wire (and no card), or none."""
        if id is not None:
            self.bridge.select(())
        self.selected_wire = id
        for wire in self.wires.values():
            wire.show_state(selected=wire.id == id)
        self.wire_selected.emit()

    # --- the backprop inspector's values

    def show_values(
        self,
        node_texts: Mapping[str, Shown],
        edge_texts: Mapping[str, Shown],
        active: Iterable[str] = (),
        phase: Phase = "forward",
    ) -> None:
        """Lay values over cards and wires and light up the active ones.

        A text is shown in the colour of the phase (forward blue, backward orange); a pair of texts
        is a forward and a backward value. ``active`` holds the ids of cards and wires; a card's id
        is its node's, ``"loss"`` for the Loss card, whose wire is ``"<output>>loss:0"``.
        """
        self._values = overlays({**node_texts, **edge_texts}, active, phase)
        self._show_values()

    def _on_values(self, values: ShownValues | None) -> None:
        if values is None:
            self.clear_values()
        else:
            self.show_values(values.nodes, values.edges, values.active, values.phase)

    def clear_values(self) -> None:
        """Take the values away."""
        self._values = {}
        self._show_values()

    def _show_values(self) -> None:
        for items in (self.cards, self.wires):
            for id, item in items.items():
                item.show_state(values=self._values.get(id))

    # --- notices

    def _dataset(self) -> Any:
        return self.bridge.session.dataset

    def _on_project_changed(self, change: Any) -> None:
        if change.way == "open":
            self.pictures.clear()
            self._newest = None
            for card in self.cards.values():
                card.picture = None  # the other project may have cards of the same names
            self._values = {}
            self.board.opened = None
        self.sync()

    def _on_event(self, event: object) -> None:
        if isinstance(event, PictureReady):
            self._newest = event
        elif isinstance(event, DataLoaded):
            self.sync()

    def _on_tick(self, tick: int) -> None:
        """New pictures wait for a tick on which the curves rest."""
        if self._newest is not None and tick % 3 == 2:
            newest, self._newest = self._newest, None
            self._show_pictures(newest)
            QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall.value)  # painted at once

    def _show_pictures(self, event: PictureReady) -> None:
        for id, thumbnail in event.thumbnails.items():
            if event.made_of(id) != self._material(id):
                continue  # a run that goes on with the network as it was
            picture = thumbnails.Picture(thumbnail)
            self.pictures[id] = picture
            self._made_of[id] = self._material(id)
            if (card := self.cards.get(id)) is not None:
                card.picture = picture
                card.update()
        self.sync()

    def _live(self, id: str) -> str:
        """What the last picture of a card says in a few characters."""
        return self.pictures[id].caption if id in self.pictures else ""

    def _material(self, id: str) -> tuple[Any, ...]:
        """What a picture of this card is made of; another layer or shape makes it untrue."""
        return self.bridge.session.origins.made_of(id)

    def _forget_stale_pictures(self) -> None:
        """A changed layer shows its pattern until there is a new picture, never old numbers."""
        for id in [id for id in self.pictures if self._material(id) != self._made_of.get(id)]:
            del self.pictures[id]
            if (card := self.cards.get(id)) is not None:
                card.picture = None
                card.update()

    def _show_selection(self, _: object = None) -> None:
        chosen = self.bridge.selection
        if chosen and self.selected_wire is not None:
            self.select_wire(None)
        for id, card in self.cards.items():
            card.show_state(selected=id in chosen)

    def _on_theme_changed(self) -> None:
        for picture in self.pictures.values():
            picture.forget()
        self.update()

    def drawBackground(self, painter: QPainter, rect: QRectF | Any) -> None:
        """The canvas colour and its grid of dots; fewer dots when zoomed out."""
        colours = theme.current()
        painter.fillRect(rect, colours.canvas)
        draw_dots(painter, rect, colours.dot)


def _box(corner: QPointF) -> routing.Box:
    x, y = corner.x(), corner.y()
    return x, y, x + geometry.CARD_WIDTH, y + geometry.CARD_HEIGHT
