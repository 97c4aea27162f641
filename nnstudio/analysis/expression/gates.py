"""Collapsing and expanding: several steps as one gate, and back.

`collapsible` finds the known patterns in a graph, such as the four cards of 1/(1 + e⁻ˣ). The
collapsed graph computes the same function and the same gradients; only the number of steps
between differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from nnstudio.analysis.expression import operations as op
from nnstudio.analysis.expression.graph import Graph, Node


@dataclass(frozen=True)
class Match:
    """A pattern that was found: the cards it takes, and the gate that would replace them."""

    root: str
    gate: op.Operation
    inputs: tuple[str, ...]
    inside: frozenset[str]

    @property
    def symbol(self) -> str:
        return self.gate.symbol


Finder = Callable[[Graph, Node], "tuple[op.Operation, tuple[str, ...], tuple[str, ...]] | None"]


def collapsible(graph: Graph) -> tuple[Match, ...]:
    """All patterns that can be collapsed, those with the most cards first.

    A pattern whose inner values are used elsewhere too cannot be: they would be lost.
    """
    found = []
    for node in graph.nodes:
        for find in _FINDERS:
            hit = find(graph, node)
            if hit is None:
                continue
            gate, inputs, inner = hit
            inside = frozenset(inner)
            if all(
                edge.user in inside or edge.user == node.id
                for id in inside
                for edge in graph.users[id]
            ):
                found.append(Match(node.id, gate, inputs, inside))
    found.sort(key=lambda match: -len(match.inside))
    return tuple(found)


def collapse(graph: Graph, match: Match) -> Graph:
    """The graph with the pattern's cards replaced by one gate, which keeps the root's id."""
    return graph.replaced([Node(match.root, match.gate, match.inputs)])


def expandable(graph: Graph) -> tuple[str, ...]:
    """The ids of all gates that can be worked in single steps."""
    return tuple(node.id for node in graph.nodes if _expansion(node) is not None)


def expand(graph: Graph, id: str) -> Graph:
    """The graph with a gate replaced by its single steps; the last of them keeps the gate's id.

    Raises ValueError if the node is no gate.
    """
    nodes = _expansion(graph.node(id))
    if nodes is None:
        raise ValueError(f"{id!r} is not a gate that can be expanded")
    return graph.replaced(nodes)


class _Steps:
    """Makes the nodes of an expansion, with ids that no other node has."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.made: list[Node] = []

    def __call__(self, operation: op.Operation, *inputs: str) -> str:
        id = f"{self.root}.{len(self.made) + 1}"
        self.made.append(Node(id, operation, inputs))
        return id

    def last(self, operation: op.Operation, *inputs: str) -> list[Node]:
        return [*self.made, Node(self.root, operation, inputs)]


def _expansion(node: Node) -> list[Node] | None:
    steps = _Steps(node.id)
    match node.op, node.inputs:
        case op.Sigmoid(), (x,):
            e = steps(op.Exp(), steps(op.Scale(-1.0), x))
            return steps.last(op.Reciprocal(1.0), steps(op.Shift(1.0), e))
        case op.Softplus(), (x,):
            return steps.last(op.Log(), steps(op.Shift(1.0), steps(op.Exp(), x)))
        case op.Tanh(), (x,):
            up, down = steps(op.Exp(), x), steps(op.Exp(), steps(op.Scale(-1.0), x))
            return steps.last(
                op.Divide(), steps(op.Subtract(), up, down), steps(op.Add(), up, down)
            )
        case op.Softmax(index=k), scores:
            powers = [steps(op.Exp(), score) for score in scores]
            return steps.last(op.Divide(), powers[k], steps(_total(len(powers)), *powers))
        case op.CrossEntropy(index=k), scores:
            return steps.last(op.Scale(-1.0), steps(op.Log(), steps(op.Softmax(k), *scores)))
        case op.LogisticLoss(), (z, y):
            p = steps(op.Sigmoid(), z)
            hit = steps(op.Multiply(), y, steps(op.Log(), p))
            missed = steps(op.Log(), steps(op.SubtractFrom(1.0), p))
            miss = steps(op.Multiply(), steps(op.SubtractFrom(1.0), y), missed)
            return steps.last(op.Scale(-1.0), steps(op.Add(), hit, miss))
        case op.SquaredDifference(), (x, y):
            return steps.last(op.Power(2.0), steps(op.Subtract(), x, y))
        case op.Relu(), (x,):
            return steps.last(op.Extreme(True, 0.0), x)
        case op.Sum(), terms if len(terms) > 2 and not node.label:
            total = terms[0]
            for term in terms[1:-1]:
                total = steps(op.Add(), total, term)
            return steps.last(op.Add(), total, terms[-1])
    return None


def _total(count: int) -> op.Operation:
    return op.Add() if count == 2 else op.Sum()


Hit = tuple[op.Operation, tuple[str, ...], tuple[str, ...]]


def _chain(graph: Graph, node: Node, *wanted: op.Operation) -> tuple[str, tuple[str, ...]] | None:
    """Follow single-input operations upwards: the last input, and the cards passed after `node`."""
    passed: list[str] = []
    for number, operation in enumerate(wanted):
        if node.op != operation:
            return None
        if number:
            passed.append(node.id)
        if number + 1 < len(wanted):
            node = graph.node(node.inputs[0])
    return node.inputs[0], tuple(passed)


def _sigmoid(graph: Graph, node: Node) -> Hit | None:
    found = _chain(graph, node, op.Reciprocal(1.0), op.Shift(1.0), op.Exp(), op.Scale(-1.0))
    if found is not None:
        return op.Sigmoid(), (found[0],), found[1]
    if node.op == op.Divide():  # e^x / (1 + e^x)
        above, below = (graph.node(id) for id in node.inputs)
        if above.op == op.Exp() and below.op == op.Shift(1.0) and below.inputs == (above.id,):
            return op.Sigmoid(), above.inputs, (above.id, below.id)
    return None


def _softplus(graph: Graph, node: Node) -> Hit | None:
    found = _chain(graph, node, op.Log(), op.Shift(1.0), op.Exp())
    return None if found is None else (op.Softplus(), (found[0],), found[1])


def _tanh(graph: Graph, node: Node) -> Hit | None:
    if node.op != op.Divide():
        return None
    above, below = (graph.node(id) for id in node.inputs)
    if above.op != op.Subtract() or below.op != op.Add():
        return None
    if set(above.inputs) != set(below.inputs):
        return None
    up, down = (graph.node(id) for id in above.inputs)
    minus = graph.node(down.inputs[0]) if down.op == op.Exp() else None
    if up.op != op.Exp() or minus is None or minus.op != op.Scale(-1.0):
        return None
    if minus.inputs != up.inputs:
        return None
    return op.Tanh(), up.inputs, (above.id, below.id, up.id, down.id, minus.id)


def _softmax(graph: Graph, node: Node) -> Hit | None:
    if node.op != op.Divide():
        return None
    terms, inner = _terms(graph, graph.node(node.inputs[1]))
    powers = [graph.node(term) for term in terms]
    if node.inputs[0] not in terms or len(powers) < 2:
        return None
    if any(power.op != op.Exp() for power in powers):
        return None
    scores = tuple(power.inputs[0] for power in powers)
    return op.Softmax(terms.index(node.inputs[0])), scores, (*terms, *inner)


def _cross_entropy(graph: Graph, node: Node) -> Hit | None:
    if node.op != op.Scale(-1.0):
        return None
    log = graph.node(node.inputs[0])
    if log.op != op.Log():
        return None
    softmax = graph.node(log.inputs[0])
    if not isinstance(softmax.op, op.Softmax):
        return None
    return op.CrossEntropy(softmax.op.index), softmax.inputs, (log.id, softmax.id)


def _logistic_loss(graph: Graph, node: Node) -> Hit | None:
    """−(y·ln σ(z) + (1 − y)·ln(1 − σ(z))), the factors of each product in either order."""
    if node.op != op.Scale(-1.0):
        return None
    total = graph.node(node.inputs[0])
    if total.op != op.Add():
        return None
    for first, second in (total.inputs, total.inputs[::-1]):
        for y, log_p in _factors(graph, first):
            for rest, log_q in _factors(graph, second):
                p, q = _input(graph, log_p, op.Log()), _input(graph, log_q, op.Log())
                if p is None or q is None or graph.node(p).op != op.Sigmoid():
                    continue
                if _input(graph, q, op.SubtractFrom(1.0)) != p:
                    continue
                if _input(graph, rest, op.SubtractFrom(1.0)) != y:
                    continue
                inside = (total.id, first, second, log_p, log_q, p, q, rest)
                return op.LogisticLoss(), (graph.node(p).inputs[0], y), inside
    return None


def _factors(graph: Graph, id: str) -> Iterator[tuple[str, str]]:
    node = graph.node(id)
    if node.op == op.Multiply():
        yield node.inputs[0], node.inputs[1]
        yield node.inputs[1], node.inputs[0]


def _input(graph: Graph, id: str, wanted: op.Operation) -> str | None:
    node = graph.node(id)
    return node.inputs[0] if node.op == wanted else None


def _squared_difference(graph: Graph, node: Node) -> Hit | None:
    if node.op != op.Power(2.0):
        return None
    below = graph.node(node.inputs[0])
    if below.op != op.Subtract():
        return None
    return op.SquaredDifference(), below.inputs, (below.id,)


def _relu(graph: Graph, node: Node) -> Hit | None:
    if node.op != op.Extreme(True, 0.0) or len(node.inputs) != 1:
        return None
    return op.Relu(), node.inputs, ()


def _sum(graph: Graph, node: Node) -> Hit | None:
    """Three or more terms added one after the other; only the last + of such a chain counts."""
    if node.op != op.Add():
        return None
    if any(graph.node(edge.user).op == op.Add() for edge in graph.users[node.id]):
        return None
    terms, inner = _terms(graph, node)
    if len(terms) < 3:
        return None
    return op.Sum(), tuple(terms), tuple(id for id in inner if id != node.id)


def _terms(graph: Graph, node: Node) -> tuple[list[str], list[str]]:
    """The terms of a sum and the + cards between them; a + that is used elsewhere is a term."""
    if not isinstance(node.op, op.Add):
        return [node.id], []
    terms: list[str] = []
    inner = [node.id]
    for source in node.inputs:
        below = graph.node(source)
        if isinstance(below.op, op.Add) and not below.label and len(graph.users[source]) == 1:
            more, further = _terms(graph, below)
            terms += more
            inner += further
        else:
            terms.append(source)
    return terms, inner


_FINDERS: Sequence[Finder] = (
    _logistic_loss,
    _cross_entropy,
    _sigmoid,
    _softmax,
    _tanh,
    _softplus,
    _squared_difference,
    _sum,
    _relu,
)
