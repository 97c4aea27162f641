"""What a step of the walk says, in words and numbers; the screen and the worked pass share it."""

from __future__ import annotations

from dataclasses import dataclass

from nnstudio.analysis.expression.gradients import Flow
from nnstudio.analysis.expression.graph import Graph, Node
from nnstudio.analysis.expression.numbers import Format, bracketed, short
from nnstudio.analysis.expression.operations import Written
from nnstudio.analysis.expression.operations.base import ATOM, SIGN
from nnstudio.analysis.expression.walk import Gradient, Walk

MOST_LINES = 4


@dataclass(frozen=True)
class Product:
    """upstream × local = downstream, as three written numbers, and the value it goes into."""

    into: str
    node: str
    upstream: str
    local: str
    downstream: str
    filled: str = ""


@dataclass(frozen=True)
class Addition:
    """The written-out sum at a value with several users."""

    node: str
    name: str
    text: str
    total: str
    missing: int = 0


@dataclass(frozen=True)
class Telling:
    """One step. ``calculation`` is a forward step with its numbers put in."""

    heading: str
    calculation: str = ""
    result: str = ""
    products: tuple[Product, ...] = ()
    additions: tuple[Addition, ...] = ()
    more: int = 0
    formula: str = ""
    rules: tuple[str, ...] = ()
    remark: str = ""
    words: str = ""


def tell(walk: Walk, n: Format) -> Telling:
    """What the present step says. ``n`` writes the numbers."""
    graph = walk.of.sheet.graph
    if walk.phase == "forward" and walk.active is not None:
        return _forward(walk, graph.node(walk.active), n)
    if walk.phase == "backward" and walk.active is not None:
        return _backward(walk, graph.node(walk.active), n)
    if walk.phase == "seed":
        return Telling(
            "The start of the backward pass",
            f"d{graph.name}/d{graph.name}",
            n(1.0),
            remark=f"The gradient of {graph.name} with respect to itself is 1. From here, every "
            "operation multiplies the gradient by its local derivative.",
        )
    if walk.phase == "update":
        return Telling("One step of gradient descent")
    return Telling(
        walk.of.sheet.title or "Nothing is computed yet",
        words=walk.of.sheet.look,
        remark="Press → to step: in the forward pass every operation computes its value from its "
        "inputs, in the backward pass every gradient. Space plays, Home and End jump.",
    )


def calculation(graph: Graph, node: Node, values: dict[str, float], n: Format) -> str:
    """The operation with its inputs' values put in, such as 2.000·(−1.000)."""
    if len(node.inputs) > MOST_LINES + 2:
        first = " + ".join(bracketed(values[source], n) for source in node.inputs[:MOST_LINES])
        return f"{first} + … ({len(node.inputs)} terms)"
    parts = [_number(values[source], n) for source in node.inputs]
    return node.op.write(parts, "text").text


def name_of(graph: Graph, id: str, limit: int = 24) -> str:
    """A short name for a value in a sentence: the expression, or its card's symbol if long."""
    written = graph.written(id, limit=limit)
    return written if "…" not in written else f"the {graph.node(id).symbol} card"


def sum_written(gradient: Gradient, n: Format) -> str:
    """Contributions with plus signs between them: 2.500 + (−0.3000)."""
    terms = [flow.downstream for flow in gradient.flows]
    shown = [n(terms[0]), *(bracketed(term, n) for term in terms[1:6])]
    more = [f"… ({len(terms)} in all)"] if len(terms) > 6 else []
    return " + ".join(shown + more)


def _number(value: float, n: Format) -> Written:
    written = n(value)
    return Written(written, SIGN if written.startswith("−") else ATOM)


def _forward(walk: Walk, node: Node, n: Format) -> Telling:
    graph = walk.of.sheet.graph
    failure = walk.failure
    values = dict(walk.of.forward.values)
    known = all(source in values for source in node.inputs)
    result = values.get(node.id)
    return Telling(
        f"This step: {node.op.title}",
        calculation(graph, node, values, n) if known else "",
        "" if result is None else n(result),
        formula=node.op.formula,
        remark="" if failure is not None else f"This is {graph.written(node.id, limit=120)}",
    )


def _backward(walk: Walk, node: Node, n: Format) -> Telling:
    graph, values = walk.of.sheet.graph, walk.of.forward.values
    flows = walk.flows
    inputs = [values[source] for source in node.inputs]
    failed = walk.failure is not None
    filled = ("",) * len(inputs) if failed else node.op.filled(inputs, values[node.id], n)

    def local(value: float) -> str:
        brief = short(value)
        return brief if len(brief) <= 4 else n(value)

    products = tuple(
        Product(
            name_of(graph, flow.edge.source),
            flow.edge.source,
            n(flow.upstream),
            bracketed(flow.local, local),
            n(flow.downstream),
            filled[flow.edge.port],
        )
        for flow in flows[:MOST_LINES]
    )
    derivatives = node.op.derivatives(len(node.inputs))
    return Telling(
        f"This step: {node.op.title}",
        products=products,
        additions=_additions(walk, flows, n),
        more=max(0, len(flows) - MOST_LINES),
        formula=node.op.formula,
        rules=tuple(dict.fromkeys(derivatives))[:MOST_LINES],
        remark=node.op.remark,
    )


def _additions(walk: Walk, flows: tuple[Flow, ...], n: Format) -> tuple[Addition, ...]:
    """The sums this step adds to: of values that are used more than once."""
    graph = walk.of.sheet.graph
    found = []
    for source in dict.fromkeys(flow.edge.source for flow in flows):
        gradient = walk.gradient(source)
        if gradient is None or gradient.expected < 2:
            continue
        found.append(
            Addition(
                source,
                name_of(graph, source),
                sum_written(gradient, n),
                n(gradient.value),
                gradient.expected - len(gradient.flows),
            )
        )
    return tuple(found)
