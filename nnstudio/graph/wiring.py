"""The wires of a graph as far as they can be used: an order of computation, and what is in its way.

Commands keep a graph free of circles and wires that hang in the air, but a graph may come from
anywhere. Here the usable wires are told from the others, which become problems on the wire.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.spec import Fix, Place, Problem


@dataclass
class Wiring:
    """The usable part of a graph.

    ``sources`` holds for every node its usable incoming edges in port order, ``targets`` the
    outgoing ones. ``order`` lists all ids, sources first, otherwise in the order of creation.
    ``reached`` are the ids to which wires lead from an Input, the Inputs included.
    """

    inputs: list[str] = field(default_factory=list)
    sources: dict[str, list[Edge]] = field(default_factory=dict)
    targets: dict[str, list[Edge]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def ancestors(self, id: str) -> set[str]:
        """The ids from which wires lead to this one, itself included."""
        return _spread([id], self._before)

    def descendants(self, id: str) -> set[str]:
        """The ids to which wires lead from this one, itself included."""
        return _spread([id], self._behind)

    @cached_property
    def ends(self) -> list[str]:
        """The ids that are reached and lead nowhere, in order."""
        return [id for id in self.order if id in self.reached and not self.targets[id]]

    @cached_property
    def _before(self) -> dict[str, list[str]]:
        return {id: [edge.source for edge in edges] for id, edges in self.sources.items()}

    @cached_property
    def _behind(self) -> dict[str, list[str]]:
        return {id: [edge.target for edge in edges] for id, edges in self.targets.items()}


def read(graph: Graph) -> Wiring:
    """The usable wires of a graph, with a problem for every other wire."""
    wiring = Wiring(inputs=[node.id for node in graph.nodes if node.layer.most_inputs == 0])
    usable: list[Edge] = []
    taken: set[tuple[str, int]] = set()
    for edge in graph.edges:
        problem = _hanging(graph, edge) or _crowded(graph, edge, taken)
        if problem is None:
            taken.add((edge.target, edge.port))
            usable.append(edge)
        else:
            wiring.problems.append(problem)
    back = set(_closing(graph, wiring.inputs, usable))
    wiring.sources = {node.id: [] for node in graph.nodes}
    wiring.targets = {node.id: [] for node in graph.nodes}
    for edge in usable:
        if edge in back:
            wiring.problems.append(_circle(graph, edge))
        else:
            wiring.sources[edge.target].append(edge)
            wiring.targets[edge.source].append(edge)
    for edges in wiring.sources.values():
        edges.sort(key=lambda edge: edge.port)
    wiring.order = _sorted(graph, wiring)
    for id in wiring.inputs:
        wiring.reached |= wiring.descendants(id)
    return wiring


def remove_wire(edge: Edge) -> Fix:
    """The button that takes a wire away."""
    return Fix("Remove the wire", "disconnect", {"edge": edge.id})


def _hanging(graph: Graph, edge: Edge) -> Problem | None:
    missing = [id for id in (edge.source, edge.target) if id not in graph]
    if not missing:
        return None
    return Problem(
        "A wire hangs in the air",
        f"There is no card {missing[0]!r} at its {'start' if edge.source in missing else 'end'}. "
        "Remove the wire and draw it anew.",
        Place("edge", edge.id),
        fix=remove_wire(edge),
    )


def _crowded(graph: Graph, edge: Edge, taken: set[tuple[str, int]]) -> Problem | None:
    end = graph.node(edge.target)
    most = end.layer.most_inputs
    if most == 0:
        title = f"{end.title} takes no wire: the data comes in here"
        explain = "Remove this wire, or draw it in the other direction."
    elif (edge.target, edge.port) in taken:
        title = f"Two wires end at the same input of {end.title}"
        explain = "Remove one of them, or join the branches with Add or Concatenate first."
    elif edge.port < 0 or (most is not None and edge.port >= most):
        title = f"{end.title} has room for {_count(most or 0, 'wire')} only"
        explain = "Remove this wire, or join the branches with Add or Concatenate first."
    else:
        return None
    return Problem(title, explain, Place("edge", edge.id), fix=remove_wire(edge))


def _circle(graph: Graph, edge: Edge) -> Problem:
    start, end = _title(graph, edge.source), _title(graph, edge.target)
    return Problem(
        f"The wire from {start} to {end} closes a circle",
        f"{end} would have to know its own result before it is computed. "
        "Numbers can only flow from the Input towards the output.",
        Place("edge", edge.id),
        fix=remove_wire(edge),
    )


def _closing(graph: Graph, inputs: Iterable[str], edges: Iterable[Edge]) -> list[Edge]:
    """The edges that lead back to a node being visited, depth first from the Inputs."""
    following: dict[str, list[Edge]] = {node.id: [] for node in graph.nodes}
    for edge in edges:
        following[edge.source].append(edge)
    found: list[Edge] = []
    state: dict[str, int] = {}  # 1 being visited, 2 done
    for start in [*inputs, *following]:
        if start in state:
            continue
        state[start] = 1
        stack = [(start, iter(following[start]))]
        while stack:
            id, rest = stack[-1]
            onward = next(rest, None)
            if onward is None:
                state[id] = 2
                stack.pop()
            elif onward.target not in state:
                state[onward.target] = 1
                stack.append((onward.target, iter(following[onward.target])))
            elif state[onward.target] == 1:
                found.append(onward)
    return found


def _sorted(graph: Graph, wiring: Wiring) -> list[str]:
    place = {node.id: i for i, node in enumerate(graph.nodes)}
    missing = {id: len(edges) for id, edges in wiring.sources.items()}
    ready = [place[id] for id, count in missing.items() if count == 0]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        id = graph.nodes[heapq.heappop(ready)].id
        order.append(id)
        for edge in wiring.targets[id]:
            missing[edge.target] -= 1
            if missing[edge.target] == 0:
                heapq.heappush(ready, place[edge.target])
    return order


def _spread(start: Iterable[str], following: Mapping[str, list[str]]) -> set[str]:
    found = set(start)
    waiting = list(found)
    while waiting:
        for id in following[waiting.pop()]:
            if id not in found:
                found.add(id)
                waiting.append(id)
    return found


def _title(graph: Graph, id: str) -> str:
    node: Node = graph.node(id)
    return node.title


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
