"""The expression as a graph of operations: every value computed once, however often it is used.

Nodes stand in an order in which each comes after its inputs, so that the forward pass reads them
from left to right and the backward pass from right to left. The graph is a value; rewriting it
returns a new one. Nodes that are part of a closed group are hidden, not gone: they are still
computed and still get their gradients.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from nnstudio.analysis.expression.operations import (
    Constant,
    Operation,
    Style,
    Variable,
    Written,
)

LONGEST = 160  # characters of a subexpression that is written out in a sentence


@dataclass(frozen=True)
class Node:
    """One operation or leaf. ``label`` is what stands on its card instead of the symbol."""

    id: str
    op: Operation
    inputs: tuple[str, ...] = ()
    label: str = ""

    @property
    def symbol(self) -> str:
        return self.label or self.op.symbol

    @property
    def is_leaf(self) -> bool:
        """Whether it is a variable or a number that stands by itself."""
        return isinstance(self.op, Variable | Constant)

    @property
    def is_variable(self) -> bool:
        return isinstance(self.op, Variable)


@dataclass(frozen=True)
class Edge:
    """From a value to the operation that uses it as its input number ``port``."""

    source: str
    user: str
    port: int


@dataclass(frozen=True)
class Group:
    """Nodes that are hidden behind the card ``root`` while the group is closed."""

    root: str
    members: frozenset[str]
    title: str


@dataclass(frozen=True)
class Graph:
    """Operations in computing order, the last of them is not always the output."""

    nodes: tuple[Node, ...]
    output: str
    name: str = "f"
    groups: tuple[Group, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    def node(self, id: str) -> Node:
        """The node with this id; raises KeyError if there is none."""
        return self.by_id[id]

    def __contains__(self, id: str) -> bool:
        return id in self.by_id

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """Ids (which are the names) of the leaves that have a value to set."""
        return tuple(node.id for node in self.nodes if node.is_variable)

    @cached_property
    def operations(self) -> tuple[Node, ...]:
        """All nodes that compute something."""
        return tuple(node for node in self.nodes if not node.is_leaf)

    @cached_property
    def users(self) -> dict[str, tuple[Edge, ...]]:
        """For every node the edges that lead away from it."""
        found: dict[str, list[Edge]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            found[edge.source].append(edge)
        return {id: tuple(edges) for id, edges in found.items()}

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        return tuple(
            Edge(source, node.id, port)
            for node in self.nodes
            for port, source in enumerate(node.inputs)
        )

    def above(self, id: str) -> tuple[str, ...]:
        """The node and everything it is computed from, in computing order."""
        wanted = {id}
        for node in reversed(self.nodes):
            if node.id in wanted:
                wanted.update(node.inputs)
        return tuple(node.id for node in self.nodes if node.id in wanted)

    def route(self, id: str) -> tuple[Node, ...]:
        """Everything that is computed from the node, in computing order, without itself."""
        if id not in self._routes:
            wanted: set[str] = set()
            waiting = [id]
            while waiting:
                for edge in self.users[waiting.pop()]:
                    if edge.user not in wanted:
                        wanted.add(edge.user)
                        waiting.append(edge.user)
            ranked = sorted(wanted, key=self._rank.__getitem__)
            self._routes[id] = tuple(self.by_id[each] for each in ranked)
        return self._routes[id]

    @cached_property
    def _routes(self) -> dict[str, tuple[Node, ...]]:
        return {}

    @cached_property
    def _rank(self) -> dict[str, int]:
        return {node.id: number for number, node in enumerate(self.nodes)}

    def hidden(self, closed: Iterable[str]) -> frozenset[str]:
        """The nodes that the closed groups (given by their roots) hide."""
        roots = set(closed)
        return frozenset(id for group in self.groups if group.root in roots for id in group.members)

    def group(self, root: str) -> Group | None:
        """The group that hides behind this card, if one does."""
        return self._group_of.get(root)

    @cached_property
    def _group_of(self) -> dict[str, Group]:
        return {group.root: group for group in self.groups}

    def written(self, id: str, style: Style = "text", limit: int = LONGEST) -> str:
        """The subexpression that ends in this node; a part beyond ``limit`` characters is "…"."""
        done: dict[str, Written] = {}
        for part in self.above(id):
            node = self.by_id[part]
            group = self.group(part)
            if group is not None:
                label = rf"\text{{({group.title})}}" if style == "tex" else node.label
                done[part] = Written(label)
                continue
            made = node.op.write([done[source] for source in node.inputs], style)
            if len(made.text) > limit:
                made = Written(r"\ldots" if style == "tex" else "…")
            done[part] = made
        return done[id].text

    def replaced(self, nodes: Sequence[Node]) -> Graph:
        """The graph with these nodes in place of, or added to, those of the same id.

        What the output no longer needs is dropped, and the computing order is made anew.
        """
        table = {**self.by_id, **{node.id: node for node in nodes}}
        order = in_order(table, self.output)
        kept = {node.id for node in order}
        groups = tuple(
            dataclasses.replace(group, members=group.members & kept)
            for group in self.groups
            if group.root in kept and group.members & kept
        )
        return dataclasses.replace(self, nodes=order, groups=groups)


class Builder:
    """Collects nodes; the same operation on the same inputs is made once and shared."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self._known: dict[tuple[Operation, tuple[str, ...], str], str] = {}
        self._count = 0

    def variable(self, name: str) -> str:
        """The id of the leaf with this name."""
        self.nodes.setdefault(name, Node(name, Variable(name)))
        return name

    def constant(self, value: float) -> str:
        return self.add(Constant(value))

    def add(self, op: Operation, *inputs: str, label: str = "") -> str:
        """The id of this operation on these inputs."""
        key = (op, tuple(sorted(inputs)) if op.commutative else inputs, label)
        found = self._known.get(key)
        if found is None:
            self._count += 1
            found = f"#{self._count}"  # no variable's name starts like this
            self.nodes[found] = Node(found, op, inputs, label)
            self._known[key] = found
        return found

    def graph(self, output: str, name: str = "f", groups: Iterable[Group] = ()) -> Graph:
        """What the output needs, in computing order."""
        nodes = in_order(self.nodes, output)
        kept = {node.id for node in nodes}
        return Graph(nodes, output, name, tuple(g for g in groups if g.root in kept))


def in_order(table: Mapping[str, Node], output: str) -> tuple[Node, ...]:
    """The output and all it needs, inputs first, in the order in which one reads them."""
    order: list[Node] = []
    done: set[str] = set()
    waiting: list[tuple[str, bool]] = [(output, False)]
    while waiting:
        id, ready = waiting.pop()
        if ready:
            if id not in done:
                done.add(id)
                order.append(table[id])
        elif id not in done:
            waiting.append((id, True))
            waiting.extend((source, False) for source in reversed(table[id].inputs))
    return tuple(order)
