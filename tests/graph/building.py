"""Small graphs for tests, written as chains and wires."""

from __future__ import annotations

import itertools

from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.graph.plan import Signature
from nnstudio.nn.layer import Layer
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.input import Input
from nnstudio.project.names import automatic_title, stem

REVIEWS = Signature((800,), "classification", classes=5)
PICTURES = Signature((8, 8), "classification", classes=10)
PRICES = Signature((4,), "regression", outputs=1, target_minimum=10.0, target_maximum=900.0)
YES_NO = Signature((2,), "classification", classes=2)


def nodes(*layers: Layer) -> tuple[Node, ...]:
    numbers: dict[str, int] = {}
    found = []
    for place, layer in enumerate(layers):
        start = stem(layer)
        numbers[start] = numbers.get(start, 0) + 1
        id = f"{start}-{numbers[start]}"
        found.append(Node(id, layer, automatic_title(layer, id), 224.0 * place, 0.0))
    return tuple(found)


def graph(layers: list[Layer], wires: str = "") -> Graph:
    """Cards wired as ``"input-1>dense-1 dense-1>add-1:0 ..."``."""
    edges = []
    for wire in wires.split():
        source, _, rest = wire.partition(">")
        target, _, port = rest.partition(":")
        edges.append(Edge(source, target, int(port or 0)))
    return Graph(nodes(*layers), tuple(edges))


def chain(*layers: Layer) -> Graph:
    cards = nodes(*layers)
    edges = [Edge(a.id, b.id) for a, b in itertools.pairwise(cards)]
    return Graph(cards, tuple(edges))


def dense(units: int, activation: str = "linear", **settings: object) -> Dense:
    from nnstudio.spec import parts

    return Dense(units, parts("activation")[activation](), **settings)  # type: ignore[arg-type]


def start(*shape: int) -> Input:
    return Input(tuple(shape))
