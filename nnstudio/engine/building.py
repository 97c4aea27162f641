"""Networks from a list of layers: the graph, and the plan that it gives for some data."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from nnstudio.graph.check import check
from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.graph.plan import Plan, Signature
from nnstudio.nn.layer import Layer
from nnstudio.nn.layers.input import Input
from nnstudio.nn.loss import Loss
from nnstudio.project.names import stem
from nnstudio.spec import ProblemError, Severity


def sequential(layers: Sequence[Layer]) -> Graph:
    """A chain of layers as a graph, with an Input in front if there is none.

    Nodes are named by kind and number: ``dense-1``, ``dropout-1``, ``dense-2``. Raises a
    `TypeError` that quotes what is no layer.
    """
    for place, layer in enumerate(layers, 1):
        if not isinstance(layer, Layer):
            raise TypeError(
                f"number {place} of the layers is {layer!r:.60}, not a layer such as "
                'Dense(16, "relu"); an activation alone is written Activation("relu")'
            )
    if not layers or not isinstance(layers[0], Input):
        layers = [Input(), *layers]
    numbers: dict[str, int] = {}
    nodes = []
    for layer in layers:
        kind = stem(layer)
        numbers[kind] = numbers.get(kind, 0) + 1
        nodes.append(Node(f"{kind}-{numbers[kind]}", layer, f"{layer.title} {numbers[kind]}"))
    edges = [Edge(a.id, b.id) for a, b in pairwise(nodes)]
    return Graph(tuple(nodes), tuple(edges))


def compile(graph: Graph, signature: Signature, loss: Loss | None) -> Plan:
    """The plan of a graph for data of this kind; raises `ProblemError` with all that is wrong."""
    checked = check(graph, signature, loss)
    if checked.plan is None:
        raise ProblemError(*(p for p in checked.problems if p.severity is Severity.ERROR))
    return checked.plan
