"""The backward pass: the chain rule, one operation at a time.

It starts at the output, whose gradient with respect to itself is 1. Every operation then hands to
each of its inputs *upstream × local = downstream*: the gradient that arrived at it, times its own
slope. A value that is used several times gets several such contributions, and its gradient is
their sum.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from nnstudio.analysis.expression.evaluation import Evaluation, Failure, failure, refused
from nnstudio.analysis.expression.graph import Edge, Graph, Node
from nnstudio.analysis.expression.operations import Refusal, overflow


@dataclass(frozen=True)
class Flow:
    """What one edge carries backward: upstream × local = downstream."""

    edge: Edge
    upstream: float
    local: float
    downstream: float


@dataclass(frozen=True)
class Backward:
    """All flows in the order in which they happen, and the gradient of every node they reach."""

    flows: tuple[Flow, ...]
    gradients: Mapping[str, float]
    failures: Mapping[str, Failure] = field(default_factory=dict)

    @cached_property
    def from_user(self) -> dict[str, tuple[Flow, ...]]:
        """The flows that leave each operation."""
        found: dict[str, list[Flow]] = {}
        for flow in self.flows:
            found.setdefault(flow.edge.user, []).append(flow)
        return {id: tuple(flows) for id, flows in found.items()}

    @cached_property
    def into(self) -> dict[str, tuple[Flow, ...]]:
        """The flows that arrive at each node, in order; their downstream values add up."""
        found: dict[str, list[Flow]] = {}
        for flow in self.flows:
            found.setdefault(flow.edge.source, []).append(flow)
        return {id: tuple(flows) for id, flows in found.items()}


def backward(graph: Graph, forward: Evaluation) -> Backward:
    """The gradient of the output with respect to every node; empty if the output has no value.

    An operation whose slope has no value (the root of 0) fails, and what hangs only behind it has
    no gradient.
    """
    if graph.output not in forward:
        return Backward((), {})
    sums: dict[str, list[float]] = {graph.output: [1.0]}
    broken: set[str] = set()
    flows: list[Flow] = []
    failures: dict[str, Failure] = {}
    gradients: dict[str, float] = {}
    for node in reversed(graph.nodes):
        if node.id in broken or node.id not in sums:
            broken.update(node.inputs)
            continue
        upstream = gradients[node.id] = math.fsum(sums[node.id])
        if node.is_leaf:
            continue
        found = _flows(graph, node, upstream, forward)
        if isinstance(found, Failure):
            failures[node.id] = found
            broken.update(node.inputs)
            continue
        flows.extend(found)
        for flow in found:
            sums.setdefault(flow.edge.source, []).append(flow.downstream)
    return Backward(tuple(flows), gradients, failures)


def _flows(
    graph: Graph, node: Node, upstream: float, forward: Evaluation
) -> tuple[Flow, ...] | Failure:
    inputs = [forward.values[source] for source in node.inputs]
    try:
        slopes = node.op.slopes(inputs, forward.values[node.id])
    except (ArithmeticError, ValueError):
        return failure(graph, node, refused(graph, node, inputs), in_slope=True)
    flows = tuple(
        Flow(Edge(source, node.id, port), upstream, slope, upstream * slope)
        for port, (source, slope) in enumerate(zip(node.inputs, slopes, strict=True))
    )
    if all(math.isfinite(flow.local) and math.isfinite(flow.downstream) for flow in flows):
        return flows
    return failure(graph, node, _steep(node), in_slope=True)


def _steep(node: Node) -> Refusal:
    refusal = overflow(f"The slope of {node.symbol}")
    return refusal._replace(title="The gradient is too large")
