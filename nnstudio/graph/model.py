"""The network as it stands on the canvas: nodes, edges, and nothing else.

Everything here is an immutable value; an edit returns a new graph.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nnstudio.nn.layer import Layer


@dataclass(frozen=True)
class Node:
    """A layer on the canvas. ``x``, ``y`` is its card's top left corner in scene pixels."""

    id: str
    layer: Layer
    title: str
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True)
class Edge:
    """A wire from one node's output to another node's input ``port`` (0 unless it is a merge)."""

    source: str
    target: str
    port: int = 0

    @property
    def id(self) -> str:
        return f"{self.source}>{self.target}:{self.port}"


@dataclass(frozen=True)
class Graph:
    """Nodes and the wires between them; ids are unique, order is the order of creation."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    def node(self, id: str) -> Node:
        """The node with this id; raises KeyError if there is none."""
        return self.by_id[id]

    def __contains__(self, id: str) -> bool:
        return id in self.by_id

    @cached_property
    def incoming(self) -> dict[str, tuple[Edge, ...]]:
        """For every node its incoming edges, sorted by port."""
        found: dict[str, list[Edge]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            found.setdefault(edge.target, []).append(edge)
        return {id: tuple(sorted(edges, key=lambda e: e.port)) for id, edges in found.items()}

    @cached_property
    def outgoing(self) -> dict[str, tuple[Edge, ...]]:
        found: dict[str, list[Edge]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            found.setdefault(edge.source, []).append(edge)
        return {id: tuple(edges) for id, edges in found.items()}

    def replace_node(self, id: str, **changes: Any) -> Graph:
        """The graph with some attributes of one node changed."""
        self.node(id)
        return dataclasses.replace(
            self,
            nodes=tuple(
                dataclasses.replace(node, **changes) if node.id == id else node
                for node in self.nodes
            ),
        )

    def with_(self, nodes: Iterable[Node] = (), edges: Iterable[Edge] = ()) -> Graph:
        """The graph with nodes and edges added."""
        return Graph(self.nodes + tuple(nodes), self.edges + tuple(edges))

    def same_structure(self, other: Graph) -> bool:
        """Whether both compute the same: equal layers and wires, positions and titles aside."""
        return self.edges == other.edges and [(n.id, n.layer) for n in self.nodes] == [
            (n.id, n.layer) for n in other.nodes
        ]
