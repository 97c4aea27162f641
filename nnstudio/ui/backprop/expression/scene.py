"""The graph on the screen: cards and wires, laid out again only when the graph changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, Signal
from PySide6.QtWidgets import QGraphicsScene

from nnstudio.analysis.expression import (
    Check,
    Edge,
    Graph,
    Pass,
    Walk,
    exact,
    plain,
    significant,
)
from nnstudio.ui.backprop.expression.arrangement import Lane, Link, arrange
from nnstudio.ui.backprop.expression.card import (
    HEIGHT,
    CardItem,
    Face,
    Light,
    Mark,
    text_width,
    width_for,
)
from nnstudio.ui.backprop.expression.wire import LABEL, State, WireItem

ROW_GAP = 22.0
MARGIN = 30.0


@dataclass(frozen=True)
class Showing:
    """What the scene shows: a walk, and whether the newest numbers are still to be guessed."""

    walk: Walk
    digits: int = 4
    concealed: bool = False
    selected: str = ""
    checks: Mapping[str, Check] = field(default_factory=dict)

    @property
    def known(self) -> Walk:
        """The walk whose numbers may be seen."""
        return self.walk.moved(-1) if self.concealed else self.walk


class ExpressionScene(QGraphicsScene):
    """Cards by node id and wires by edge."""

    laid_out = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.cards: dict[str, CardItem] = {}
        self.wires: dict[Edge, WireItem] = {}
        self.showing: Showing | None = None
        self._structure: tuple[Graph, frozenset[str], int] | None = None

    def show(self, showing: Showing) -> None:
        """Show a step; the layout is made anew if the cards or their widths have changed."""
        self.showing = showing
        passed = showing.walk.of
        sheet = passed.sheet
        faces = {id: self._face(id, showing) for id in passed.visible}
        structure = sheet.graph, sheet.closed, showing.digits
        known = self._structure
        if known is None or structure[0] is not known[0] or structure[1:] != known[1:]:
            self._structure = structure
            self._rebuild(passed)
            self._place(passed, showing, faces)
        elif self._too_narrow(faces):
            self._place(passed, showing, faces)
        for id, card in self.cards.items():
            card.show_face(faces[id])
        for edge, wire in self.wires.items():
            wire.show_state(*self._wire_state(edge, showing))

    def card_at(self, id: str) -> CardItem | None:
        return self.cards.get(id)

    def content_rect(self) -> QRectF:
        """Everything that is drawn, with a margin."""
        found = QRectF()
        for card in self.cards.values():
            found |= card.rect().translated(card.pos()).adjusted(0, -20, 0, 0)
        for wire in self.wires.values():
            found |= wire.path().boundingRect()
        return found.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)

    def _rebuild(self, passed: Pass) -> None:
        self.clear()
        self.cards = {id: CardItem(id, self.hint) for id in passed.visible}
        self.wires = {edge: WireItem(edge) for edge in passed.edges}
        for item in (*self.wires.values(), *self.cards.values()):
            self.addItem(item)

    def _place(self, passed: Pass, showing: Showing, faces: Mapping[str, Face]) -> None:
        """Widths for the numbers of the whole pass, so that nothing moves while one steps."""
        final = Walk(passed).to(passed.last)
        ends = Showing(final, showing.digits, checks=showing.checks)
        widths = {}
        for id, card in self.cards.items():
            face = self._face(id, ends)
            if face.gradient and not face.leaf:
                face = Face(**{**vars(face), "mark": "agrees"})
            widths[id] = max(width_for(face), width_for(faces[id]))
            card.set_width(widths[id])
        sizes = {id: (width, HEIGHT) for id, width in widths.items()}
        links = [(edge.source, edge.user) for edge in self.wires]
        made = arrange(list(self.cards), links, sizes, self._gap(passed, showing), ROW_GAP)
        for id, (x, y) in made.places.items():
            self.cards[id].setPos(x, y)
        inputs: dict[str, list[Edge]] = {}
        for edge in self.wires:
            inputs.setdefault(edge.user, []).append(edge)
        for user, edges in inputs.items():
            # From top to bottom as they come in, so that they do not cross at the card.
            edges.sort(key=lambda edge: (self._height(edge, made.lanes), edge.port))
            for number, edge in enumerate(edges):
                start = self.cards[edge.source].out_port()
                end = self.cards[user].in_port(number, len(edges))
                self.wires[edge].route(start, end, made.lanes.get((edge.source, user), ()))
        self.setSceneRect(self.content_rect())
        self.laid_out.emit()

    def _height(self, edge: Edge, lanes: Mapping[Link, Sequence[Lane]]) -> float:
        """Where an edge comes from, just before it reaches its user."""
        passed = lanes.get((edge.source, edge.user))
        return passed[-1][2] if passed else self.cards[edge.source].out_port().y()

    def _gap(self, passed: Pass, showing: Showing) -> float:
        """Between columns: room for the longest local derivative."""
        labels = [
            text_width(plain(flow.local, showing.digits), LABEL, 600)
            for flow in passed.backward.flows
            if flow.edge in self.wires
        ]
        return max(46.0, max(labels, default=0.0) + 16)

    def _too_narrow(self, faces: Mapping[str, Face]) -> bool:
        return any(width_for(face) > self.cards[id].width + 0.5 for id, face in faces.items())

    def _face(self, id: str, showing: Showing) -> Face:
        walk, known = showing.walk, showing.known
        sheet = walk.of.sheet
        node = sheet.graph.node(id)
        value, gradient = known.value(id), known.gradient(id)
        write: Callable[[float], str] = lambda number: significant(number, showing.digits)  # noqa: E731
        failure = walk.of.failure_at(id) if walk.of.step_of_forward.get(id) else None
        failed = (failure is not None and walk.of.step_of_forward[id] <= walk.position) or (
            id in walk.of.backward.failures
            and walk.of.step_of_backward.get(id, walk.of.last + 1) <= walk.position
        )
        light: Light = ""
        if walk.active == id:
            light = "forward" if walk.phase == "forward" else "backward"
        arriving = walk.phase == "backward" and any(flow.edge.source == id for flow in walk.flows)
        asked: Light = ""
        if showing.concealed and arriving:
            asked = "backward"
        elif showing.concealed and light == "forward":
            asked = "forward"
        share = ""
        if gradient is not None and gradient.expected > 1 and not gradient.complete:
            share = f"{len(gradient.flows)} of {gradient.expected}"
        mark: Mark = ""
        check = showing.checks.get(id)
        if check is not None and gradient is not None and not share:
            mark = "agrees" if check.agrees else "differs"
        group = sheet.graph.group(id)
        knob = ""
        if group is not None:
            knob = "open" if id in sheet.closed else "close"
        elif id in walk.of.gates:
            knob = "open"
        return Face(
            symbol=node.symbol,
            value="" if value is None else write(value),
            gradient="" if gradient is None else write(gradient.value),
            share=share,
            mark=mark,
            light=light,
            arriving=arriving and light == "",
            reading=walk.phase == "forward" and id in self._read_now(walk),
            leaf=node.is_leaf,
            number=node.is_leaf and sheet.leaf_value(id) is None,
            fixed=id in sheet.fixed,
            failed=failed,
            asked=asked,
            selected=id == showing.selected,
            output=sheet.graph.name if id == sheet.graph.output else "",
            knob=knob,  # type: ignore[arg-type]
        )

    def _read_now(self, walk: Walk) -> tuple[str, ...]:
        return walk.of.sheet.graph.node(walk.active).inputs if walk.active else ()

    def _wire_state(self, edge: Edge, showing: Showing) -> tuple[State, str, str]:
        walk, known = showing.walk, showing.known
        if walk.phase == "forward" and edge.user == walk.active:
            return "forward", "", ""
        now = walk.phase == "backward" and edge.user == walk.active
        flow = known.flow(edge)
        if flow is None:
            return ("backward", "?" if showing.concealed else "", "") if now else ("idle", "", "")
        hint = (
            f"local derivative {exact(flow.local)}\nupstream {exact(flow.upstream)}\n"
            f"downstream {exact(flow.downstream)}"
        )
        return "backward" if now else "passed", plain(flow.local, showing.digits), hint

    def hint(self, id: str) -> str:
        """The card's numbers with all their digits."""
        showing = self.showing
        if showing is None:
            return ""
        known = showing.known
        sheet = known.of.sheet
        lines = [sheet.graph.written(id)]
        if (value := known.value(id)) is not None:
            lines.append(f"value {exact(value)}")
        if (gradient := known.gradient(id)) is not None:
            of = "" if gradient.complete else " so far"
            lines.append(f"gradient d{sheet.graph.name}/d(this){of} {exact(gradient.value)}")
        failure = known.of.forward.failures.get(id) or known.of.backward.failures.get(id)
        if failure is not None and self.cards[id].face.failed:
            lines.append(str(failure))
        if sheet.leaf_value(id) is not None:
            lines.append("Double-click to type a value, drag or turn the wheel to change it.")
        return "\n".join(lines)
