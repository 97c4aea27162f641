"""The forward pass: a value for every node, or the reason why there is none.

A calculation that cannot be done fails at the node where it arises; everything computed from it
has no value, everything else does.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnstudio.analysis.expression.graph import Graph, Node
from nnstudio.analysis.expression.numbers import short, significant
from nnstudio.analysis.expression.operations import Refusal, overflow


@dataclass(frozen=True)
class Failure:
    """A calculation that has no result: where, why, and what to change."""

    node: str
    title: str
    explain: str
    fix: str
    in_slope: bool = False

    def __str__(self) -> str:
        return f"{self.title}. {self.explain} {self.fix}."


@dataclass(frozen=True)
class Evaluation:
    """Values of all nodes that have one, and the failures of those where a calculation broke."""

    values: Mapping[str, float]
    failures: Mapping[str, Failure] = field(default_factory=dict)

    def __contains__(self, id: str) -> bool:
        return id in self.values

    @property
    def failure(self) -> Failure | None:
        """The first failure in computing order."""
        return next(iter(self.failures.values()), None)


def evaluate(graph: Graph, leaves: Mapping[str, float]) -> Evaluation:
    """The forward pass. ``leaves`` gives the variables' values by name.

    Raises KeyError if a variable has no value.
    """
    values: dict[str, float] = {}
    failures: dict[str, Failure] = {}
    for node in graph.nodes:
        if node.is_variable:
            values[node.id] = float(leaves[node.id])
        elif all(source in values for source in node.inputs):
            inputs = [values[source] for source in node.inputs]
            try:
                value = float(node.op.compute(math, *inputs))
                if math.isfinite(value):
                    values[node.id] = value + 0.0  # never −0.0
                    continue
                refusal = overflow(node.symbol)
            except (ArithmeticError, ValueError):
                refusal = refused(graph, node, inputs)
            failures[node.id] = failure(graph, node, refusal)
    return Evaluation(values, failures)


def output_of(graph: Graph, values: Mapping[str, float], node: str, value: float) -> float | None:
    """The output with one node's value replaced, None if it then has none.

    Only what is computed from that node is computed again; ``values`` are those of the pass.
    """
    moved = {node: value}
    for each in graph.route(node):
        try:
            inputs = [moved[id] if id in moved else values[id] for id in each.inputs]
            made = float(each.op.compute(math, *inputs))
        except (ArithmeticError, ValueError, KeyError):
            return None
        if not math.isfinite(made):
            return None
        moved[each.id] = made
    return moved.get(graph.output, values.get(graph.output))


def evaluate_complex(
    graph: Graph, leaves: Mapping[str, float], shifted: Mapping[str, complex]
) -> complex:
    """The output, computed with complex numbers where ``shifted`` puts them in.

    Raises ArithmeticError or ValueError where a calculation breaks.
    """
    values: dict[str, Any] = {}
    for node in graph.nodes:
        if node.id in shifted:
            values[node.id] = shifted[node.id]
        elif node.is_variable:
            values[node.id] = leaves[node.id]
        else:
            values[node.id] = node.op.compute(cmath, *(values[each] for each in node.inputs))
    return complex(values[graph.output])


def refused(graph: Graph, node: Node, inputs: list[float]) -> Refusal:
    """The operation's own reason, with its inputs named as the learner wrote them."""
    names = [graph.written(source, limit=60) for source in node.inputs]
    return node.op.refusal(inputs, names, lambda value: _plain(value))


def failure(graph: Graph, node: Node, refusal: Refusal, in_slope: bool = False) -> Failure:
    """The failure at a node, with the leaves that can mend it."""
    leaves = [id for id in graph.above(node.id) if graph.node(id).is_variable]
    fix = refusal.fix
    if leaves and not any(refusal.fix.endswith(leaf) for leaf in leaves):
        listed = ", ".join(leaves[:4]) + (" …" if len(leaves) > 4 else "")
        fix = f"{fix}: change {listed}" if len(leaves) > 1 else f"{fix}: change {leaves[0]}"
    return Failure(node.id, refusal.title, refusal.explain, fix, in_slope)


def _plain(value: float) -> str:
    """A value in a sentence: short if it is, else four digits."""
    return short(value) if len(short(value)) <= 6 else significant(value)
