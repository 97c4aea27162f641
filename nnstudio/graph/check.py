"""From a graph to a plan, or to the reasons why there is none.

`check` asks every layer for its shape, as far as shapes can be known, and says what is wrong at
the place where it is wrong: on the wire, with the two shapes, and with a button that mends it.
It allocates nothing, so a layer of ten million units is refused before it costs any memory.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from math import prod

from nnstudio.graph import advice, fitting, mending, wiring
from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.graph.plan import Check, Plan, PlanStep, Signature
from nnstudio.nn.layer import ParameterSpec, Shape
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.input import Input
from nnstudio.nn.loss import Loss
from nnstudio.spec import Fix, Place, Problem, ProblemError, Severity

MEMORY_LIMIT = 8_000_000_000  # bytes that a network and its training may take
VALUES_PER_PARAMETER = 4  # weight, gradient and the two averages of Adam
BYTES = 4  # float32

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}


def check(
    graph: Graph,
    signature: Signature | None,
    loss: Loss | None = None,
    *,
    memory_limit: int = MEMORY_LIMIT,
) -> Check:
    """Shapes, problems and, if no problem is an error, the plan of a graph.

    Without a signature (no data chosen yet) shapes are known as far as an Input states its own,
    and there is no plan. Without a loss nothing is said about the output. ``memory_limit`` is in
    bytes.
    """
    if not graph.nodes:
        return Check(problems=(_empty(),))
    checking = _Checking(graph, signature, memory_limit)
    checking.look_at_inputs()
    checking.look_at_ports()
    checking.follow_shapes()
    output = checking.find_output()
    checking.weigh()
    if signature and loss and output in checking.shapes:
        checking.problems += fitting.problems(
            graph, checking.wires, checking.shapes, output, loss, signature
        )
    checking.problems += advice.give(graph, checking.wires, checking.shapes, output, signature)
    return checking.result(output)


def shape_text(shape: Shape) -> str:
    """A shape as it stands on a wire, such as ``28 × 28``."""
    return " × ".join(f"{n:,}" if n >= 10_000 else str(n) for n in shape) or "1 number"


def memory_text(bytes: float) -> str:
    """An amount of memory for people, such as ``16 GB``."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if bytes < 1000 or unit == "TB":
            return f"{bytes:.0f} {unit}" if bytes >= 10 else f"{bytes:.1f} {unit}"
        bytes /= 1000
    raise AssertionError("unreachable")


class _Checking:
    """The state of one check."""

    def __init__(self, graph: Graph, signature: Signature | None, memory_limit: int) -> None:
        self.graph = graph
        self.signature = signature
        self.memory_limit = memory_limit
        self.wires = wiring.read(graph)
        self.problems: list[Problem] = list(self.wires.problems)
        self.shapes: dict[str, Shape] = {}
        self.known: set[str] = set()  # ids whose shape follows from their inputs, not assumed
        self.parameters: dict[str, tuple[ParameterSpec, ...]] = {}
        self.left_out: set[str] = set()  # loose cards that the network does without
        self.open_ends: set[str] = set()  # cards from which a missing wire should start

    def look_at_inputs(self) -> None:
        """One Input, and something behind it."""
        wires, nodes = self.wires, self.graph.nodes
        if not wires.inputs:
            first = next(node for node in nodes if not wires.sources[node.id])
            self._add(
                f"{first.title} has no Input before it",
                "The data enters the network through an Input card.",
                Place("node", first.id),
                Fix(
                    f"Add an Input before {first.title}",
                    "add_node",
                    {"layer": Input(), "x": first.x - 224.0, "y": first.y, "before": first.id},
                ),
            )
        for id in wires.inputs[1:]:
            title, kept = self._title(id), self._title(wires.inputs[0])
            self._add(
                f"{title} is a second Input",
                f"All data enters through one Input. Draw the wires from {kept} instead: "
                "several may start there.",
                Place("node", id),
                Fix(f"Remove {title}", "delete", {"ids": [id]}),
            )
        if len(wires.inputs) == 1 and len(nodes) == 1:
            self._add(
                "The network has no layer yet",
                "Put a Dense layer behind the Input: its neurons are what learns.",
                Place("node", wires.inputs[0]),
                self._first_layer(nodes[0]),
            )

    def look_at_ports(self) -> None:
        """Every layer has the wires it needs."""
        for node in self.graph.nodes:
            least, there = node.layer.least_inputs, self.wires.sources[node.id]
            if least == 0 or len(there) >= least:
                continue
            if there:
                self._add(
                    f"{node.title} needs at least {least} inputs and has {len(there)}",
                    f"Draw another wire to it, or remove {node.title}.",
                    Place("node", node.id),
                    Fix(f"Remove {node.title}", "delete", {"ids": [node.id]}),
                )
            elif self.wires.inputs:
                self._unconnected(node)

    def find_output(self) -> str:
        """The id of the one card that ends the network; empty if there is none or several.

        Where a wire is missing in the middle, the end is the end that the network will have when
        the wire is drawn, so that the Loss card stays where it is meanwhile.
        """
        wires = self.wires
        ends = [id for id in wires.order if not wires.targets[id] and id not in wires.inputs]
        ends = [id for id in ends if id not in self.left_out and id not in self.open_ends]
        if len(ends) == 1:
            return ends[0]
        ends = [id for id in ends if id in wires.reached]
        depth: dict[str, int] = {}
        for id in wires.order:
            depth[id] = 1 + max((depth[edge.source] for edge in wires.sources[id]), default=0)
        wanted = fitting.output_layer(self.signature).units if self.signature else 0

        def likely(id: str) -> tuple[bool, int, float]:
            return self.shapes.get(id) == (wanted,), depth[id], self.graph.node(id).x

        last = max(ends, key=likely, default="")
        for id in ends:
            if id != last:
                self._second_end(id, last)
        return ""

    def follow_shapes(self) -> None:
        """Ask every layer, in order, which shape comes out."""
        for id in self.wires.order:
            node = self.graph.node(id)
            if id in self.wires.inputs:
                self._input_shape(node)
                continue
            edges = self.wires.sources[id]
            enough = len(edges) >= node.layer.least_inputs
            shapes = [self.shapes[e.source] for e in edges if e.source in self.shapes]
            if not enough or len(shapes) < len(edges):
                self._assume(node)
                continue
            try:
                self.shapes[id] = node.layer.output_shape(*shapes)
                self.parameters[id] = node.layer.parameters(*shapes)
            except ProblemError as error:
                self._does_not_fit(node, edges, shapes, error.problems[0])
                self._assume(node)
                continue
            if all(edge.source in self.known for edge in edges):
                self.known.add(id)

    def weigh(self) -> None:
        """Refuse what would not fit into memory, before anybody allocates it."""
        weights = {id: _size(specs) for id, specs in self.parameters.items()}
        bytes = sum(weights.values()) * VALUES_PER_PARAMETER * BYTES
        if bytes > self.memory_limit:
            id = max(weights, key=lambda id: weights[id])
            node = self.graph.node(id)
            self._add(
                f"{node.title} is too large: {weights[id]:,} parameters",
                f"Training the network would take {memory_text(bytes)} for weights, gradients and "
                f"the optimizer; {memory_text(self.memory_limit)} are allowed. "
                "Use fewer units, or a smaller input.",
                Place("node", id, "units" if isinstance(node.layer, Dense) else ""),
                self._smaller(node, sum(weights.values()) - weights[id]),
            )
        for id, shape in self.shapes.items():
            if prod(shape) * BYTES > self.memory_limit // 8:
                node = self.graph.node(id)
                self._add(
                    f"{node.title} gives {prod(shape):,} numbers for every sample",
                    f"That is {memory_text(prod(shape) * BYTES)} for a single one, "
                    "and a batch holds many.",
                    Place("node", id),
                    self._smaller(node, 0),
                )

    def result(self, output: str) -> Check:
        """Everything found, errors first; with a plan if there is no error."""
        problems = sorted(self.problems, key=lambda problem: _RANK[problem.severity])
        plan = None
        broken = bool(problems) and problems[0].severity is Severity.ERROR
        if self.signature is not None and output in self.known and not broken:
            plan = self._plan(output, self.signature)
        edge_shapes = {
            edge.id: self.shapes[edge.source]
            for edge in self.graph.edges
            if edge.source in self.shapes
        }
        if output in self.shapes:
            edge_shapes[fitting.loss_edge(output)] = self.shapes[output]
        counts = {id: _size(specs) for id, specs in self.parameters.items()}
        return Check(self.shapes, edge_shapes, counts, tuple(problems), plan, output)

    def _plan(self, output: str, signature: Signature) -> Plan:
        wires = self.wires
        needed = wires.ancestors(output)
        steps = []
        for id in wires.order:
            if id not in needed:
                continue
            node = self.graph.node(id)
            sources = tuple(edge.source for edge in wires.sources[id])
            inputs = tuple(self.shapes[source] for source in sources) or (self.shapes[id],)
            steps.append(
                PlanStep(
                    id,
                    node.title,
                    node.layer,
                    sources,
                    inputs,
                    self.shapes[id],
                    self.parameters.get(id, ()),
                )
            )
        return Plan(tuple(steps), output, signature)

    def _input_shape(self, node: Node) -> None:
        own = node.layer.shape if isinstance(node.layer, Input) else ()
        data = self.signature.input_shape if self.signature else ()
        if own and data and own != data:
            self._add(
                f"{node.title} expects {shape_text(own)}, the data has {shape_text(data)}",
                "Leave the shape of the Input empty: it then follows the data.",
                Place("node", node.id, "shape"),
                Fix(
                    f"Use the shape of the data, {shape_text(data)}",
                    "configure_layer",
                    {"id": node.id, "shape": ()},
                ),
            )
        if data or own:
            self.shapes[node.id] = data or own
            self.known.add(node.id)

    def _assume(self, node: Node) -> None:
        """A shape that comes out whatever comes in, as behind Dense; nothing if it depends."""
        if node.layer.most_inputs != 1:
            return
        try:
            shape = node.layer.output_shape((1,))
            if shape == node.layer.output_shape((2,)):
                self.shapes[node.id] = shape
        except ProblemError:
            return

    def _does_not_fit(
        self, node: Node, edges: list[Edge], shapes: list[Shape], said: Problem
    ) -> None:
        """A problem on the wire whose shape the layer refuses."""
        at = mending.guilty(node, edges, shapes)
        running = f"Along this wire runs {shape_text(shapes[at])}."
        self.problems.append(
            dataclasses.replace(
                said,
                explain=f"{said.explain} {running}".strip(),
                where=Place("edge", edges[at].id, said.where.field),
                severity=Severity.ERROR,
                fix=said.fix or mending.mend(self.graph, node, edges, shapes),
            )
        )

    def _unconnected(self, node: Node) -> None:
        """A card to which no wire leads, although there is an Input."""
        wires = self.wires
        behind = wires.descendants(node.id)
        lonely = len(behind) == 1
        only_input = wires.reached <= set(wires.inputs)
        needed = bool(behind & wires.reached)
        source = self.graph.node(wires.inputs[0] if needed else self._nearest_end(node))
        spare = lonely and not only_input
        (self.left_out if spare else self.open_ends).add(node.id if spare else source.id)
        why = "Without a wire it is left out." if spare else "No wire leads to it."
        self._add(
            f"{node.title} is not connected" if lonely else f"{node.title} has no input",
            f"{why} Draw one from {source.title}, or remove it.",
            Place("node", node.id),
            Fix(
                f"Connect {source.title} to {node.title}",
                "connect",
                {"source": source.id, "target": node.id},
            ),
            Severity.WARNING if spare else Severity.ERROR,
        )

    def _nearest_end(self, node: Node) -> str:
        """The end of the connected part that lies nearest to the left of a loose card."""

        def distance(id: str) -> tuple[bool, float]:
            end = self.graph.node(id)
            wraps = end.y < node.y - 62.0
            return (end.x > node.x and not wraps, abs(end.x - node.x) + abs(end.y - node.y))

        return min(self.wires.ends, key=distance)

    def _second_end(self, id: str, last: str) -> None:
        wires = self.wires
        branch = [
            other
            for other in wires.ancestors(id) - set(wires.inputs)
            if wires.descendants(other) <= wires.ancestors(id)
        ]
        title, kept = self._title(id), self._title(last)
        label = f"Remove {title}" if len(branch) == 1 else f"Remove its {len(branch)} cards"
        self._add(
            f"The network ends twice: at {title} and at {kept}",
            "The loss can meet one output. Join the branches with Add or Concatenate, "
            f"draw a wire from {title} to a later layer, or remove it.",
            Place("node", id),
            Fix(label, "delete", {"ids": sorted(branch)}),
        )

    def _first_layer(self, node: Node) -> Fix:
        layer = Dense(64)
        if self.signature is not None:
            layer = fitting.output_layer(self.signature)
        arguments = {"layer": layer, "x": node.x + 224.0, "y": node.y, "after": node.id}
        return Fix(f"Add Dense with {layer.units} units", "add_node", arguments)

    def _smaller(self, node: Node, others: int) -> Fix | None:
        """The button that makes a Dense layer fit: the largest power of two that does."""
        if not isinstance(node.layer, Dense):
            return None
        values = self.parameters.get(node.id, ())
        for_each = max(1, _size(values) // node.layer.units)
        units = 65_536
        budget = self.memory_limit // (VALUES_PER_PARAMETER * BYTES) // 4 - others
        while units > 1 and (units * for_each > budget or units >= node.layer.units):
            units //= 2
        return Fix(
            f"Set {node.title} to {units:,} units",
            "configure_layer",
            {"id": node.id, "units": units},
        )

    def _title(self, id: str) -> str:
        return self.graph.node(id).title

    def _add(
        self,
        title: str,
        explain: str,
        where: Place,
        fix: Fix | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        self.problems.append(Problem(title, explain, where, severity, fix))


def _size(specs: Iterable[ParameterSpec]) -> int:
    return sum(prod(spec.shape) for spec in specs)


def _empty() -> Problem:
    return Problem(
        "The canvas is empty",
        "Drag an Input and layers from the palette, or double-click them there.",
        Place("project"),
        fix=Fix("Add an Input", "add_node", {"layer": Input(), "x": 32.0, "y": 32.0}),
    )
