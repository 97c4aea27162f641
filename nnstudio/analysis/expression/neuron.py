"""A neuron of the network as an expression: a real scalar graph that can be worked node by node.

A neuron with hundreds of inputs does not fit on a screen. The terms that matter most stand by
themselves; the others are grouped as Σ cards, which open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nnstudio.analysis.expression import operations as op
from nnstudio.analysis.expression.graph import Builder, Group
from nnstudio.analysis.expression.worksheet import Worksheet

MOST_SINGLE = 6
"""Terms that are shown by themselves when there are too many."""

MOST_TOGETHER = 10
"""Terms, or groups, behind one Σ card."""


@dataclass(frozen=True)
class Term:
    """One w·x: the names and values of a weight and of its input."""

    weight: str
    w: float
    input: str
    x: float


def neuron(
    terms: Sequence[Term],
    bias: tuple[str, float] | None = None,
    activation: str = "linear",
    *,
    slope: float = 0.1,
    rivals: Sequence[tuple[str, float]] = (),
    output: str = "a",
    title: str = "",
) -> Worksheet:
    """The worksheet of activation(Σ w·x + b).

    ``activation`` is a part's name (``"relu"``, ``"sigmoid"``, ``"softmax"`` ...); ``slope`` is
    leaky ReLU's or ELU's number, ``rivals`` are the names and values of the other scores in a
    softmax. Names are made valid and different ones (``w[3]`` becomes ``w_3``). Raises ValueError
    for an activation that has no expression, or if there is nothing to sum.
    """
    if not terms and bias is None:
        raise ValueError("a neuron needs at least one term or a bias")
    if activation not in ACTIVATIONS:
        raise ValueError(f"no expression is known for the activation {activation!r}")
    sums = _Sums()
    z = sums.total(terms, bias)
    scores = [sums.leaf(name, value) for name, value in rivals]
    a = ACTIVATIONS[activation](sums.builder, z, slope, scores)
    graph = sums.builder.graph(a, _name(output), sums.groups)
    closed = frozenset(group.root for group in graph.groups)
    small = not graph.groups
    text = f"{graph.name} = {graph.written(a, 'python', 4000)}" if small else ""
    return Worksheet(
        text,
        graph,
        {id: sums.values[id] for id in graph.variables},
        frozenset(sums.inputs),
        closed,
        {},
        title,
    )


class _Sums:
    """Builds the weighted sum, grouped."""

    def __init__(self) -> None:
        self.builder = Builder()
        self.values: dict[str, float] = {}
        self.inputs: set[str] = set()
        self.groups: list[Group] = []

    def leaf(self, name: str, value: float) -> str:
        plain = wanted = _name(name)
        number = 2
        while wanted in self.values:
            wanted, number = f"{plain}_{number}", number + 1
        id = self.builder.variable(wanted)
        self.values[id] = float(value)
        return id

    def product(self, term: Term) -> str:
        w, x = self.leaf(term.weight, term.w), self.leaf(term.input, term.x)
        self.inputs.add(x)
        return self.builder.add(op.Multiply(), w, x)

    def total(self, terms: Sequence[Term], bias: tuple[str, float] | None) -> str:
        many = len(terms) > MOST_SINGLE + 2
        ranked = sorted(terms, key=lambda term: -abs(term.w * term.x)) if many else list(terms)
        single = [self.product(term) for term in (ranked[:MOST_SINGLE] if many else ranked)]
        rest = ranked[MOST_SINGLE:] if many else []
        live = [term for term in rest if term.x != 0]
        silent = [term for term in rest if term.x == 0]
        parts = list(single)
        if live:
            parts.append(self.group(live, "{n} smaller terms"))
        if silent:
            parts.append(self.group(silent, "{n} terms with x = 0"))
        if bias is not None:
            parts.append(self.leaf(*bias))
        if len(parts) <= 3:
            total = parts[0]
            for part in parts[1:]:
                total = self.builder.add(op.Add(), total, part)
            return total
        return self.builder.add(op.Sum(), *parts)

    def group(self, terms: Sequence[Term], title: str) -> str:
        """A closed Σ card over the terms; of many terms, over groups of them."""
        before = set(self.builder.nodes)
        if len(terms) <= MOST_TOGETHER:
            parts = [self.product(term) for term in terms]
        else:
            size = MOST_TOGETHER
            while len(terms) > size * MOST_TOGETHER:
                size *= MOST_TOGETHER
            parts = []
            for start in range(0, len(terms), size):
                some = terms[start : start + size]
                if len(some) == 1:
                    parts.append(self.product(some[0]))
                else:
                    parts.append(self.group(some, "{n} terms"))
        count = len(terms)
        words = title.format(n=count)
        words = words.replace("terms", "term") if count == 1 else words
        root = self.builder.add(op.Sum(), *parts, label=f"Σ {words}")
        members = frozenset(set(self.builder.nodes) - before - {root})
        self.groups.append(Group(root, members, words))
        return root


Build = Callable[[Builder, str, float, Sequence[str]], str]


def _plain(operation: op.Operation) -> Build:
    return lambda builder, z, slope, scores: builder.add(operation, z)


def _leaky(builder: Builder, z: str, slope: float, scores: Sequence[str]) -> str:
    return builder.add(op.LeakyRelu(slope), z)


def _silu(builder: Builder, z: str, slope: float, scores: Sequence[str]) -> str:
    return builder.add(op.Multiply(), z, builder.add(op.Sigmoid(), z))


def _elu(
    builder: Builder, z: str, slope: float, scores: Sequence[str], scale: float | None = None
) -> str:
    """max(0, z) + α·(e^min(0, z) − 1), times a scale for SELU."""
    negative = builder.add(op.Exp(), builder.add(op.Extreme(False, 0.0), z))
    below = builder.add(op.Scale(slope), builder.add(op.Shift(-1.0), negative))
    both = builder.add(op.Add(), builder.add(op.Relu(), z), below)
    return both if scale is None else builder.add(op.Scale(scale), both)


def _selu(builder: Builder, z: str, slope: float, scores: Sequence[str]) -> str:
    return _elu(builder, z, 1.6732632423543772, scores, 1.0507009873554805)


def _softmax(builder: Builder, z: str, slope: float, scores: Sequence[str]) -> str:
    return builder.add(op.Softmax(0), z, *scores)


def _linear(builder: Builder, z: str, slope: float, scores: Sequence[str]) -> str:
    return z


ACTIVATIONS: dict[str, Build] = {
    "linear": _linear,
    "sigmoid": _plain(op.Sigmoid()),
    "tanh": _plain(op.Tanh()),
    "relu": _plain(op.Relu()),
    "leaky_relu": _leaky,
    "elu": _elu,
    "selu": _selu,
    "gelu": _plain(op.Gelu()),
    "silu": _silu,
    "softplus": _plain(op.Softplus()),
    "softmax": _softmax,
    "step": _plain(op.Step()),
}
"""How each activation is written with the operations of an expression."""


def _name(text: str) -> str:
    """A name that an expression can use: letters, digits and underscores only."""
    kept = "".join(c if c.isalnum() or c == "_" else "_" for c in text).strip("_")
    while "__" in kept:
        kept = kept.replace("__", "_")
    if not kept.isidentifier():
        kept = f"v{kept}"
    return kept
