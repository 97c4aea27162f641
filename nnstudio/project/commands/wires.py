"""Commands on wires: connect, disconnect, insert a card into a wire."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from nnstudio.graph.layout import on_canvas
from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.nn.layer import Layer
from nnstudio.project.model import Project
from nnstudio.project.names import LOSS, automatic_title, issued_with, next_id
from nnstudio.spec import Fix, Place, Problem, ProblemError


def connect(project: Project, source: str, target: str, port: int | None = None) -> Project:
    """A wire from one card to another.

    A layer with one input lets its old wire go. On a merge the wire takes the next free port, or
    the named one in place of the wire that was there.
    """
    graph = joined(project.graph, source, target, port)
    return project if graph is project.graph else project.replace(graph=graph)


def disconnect(project: Project, edge: str) -> Project:
    """The wire with this id gone; the later ports of a merge move up."""
    found = wire(project.graph, edge)
    graph = close_ranks(unplugged(project.graph, [found]), found.target)
    return project.replace(graph=graph)


def insert_on_edge(
    project: Project,
    edge: str,
    layer: Layer,
    x: float | None = None,
    y: float | None = None,
    id: str | None = None,
) -> Project:
    """A new card in the middle of a wire, by default half-way between the cards it joins."""
    found = wire(project.graph, edge)
    id = id or next_id(project, layer)
    if id in project.graph or id == LOSS:
        raise ValueError(f"there is a card {id!r} already")
    ends = project.graph.node(found.source), project.graph.node(found.target)
    node = Node(
        id,
        layer,
        automatic_title(layer, id),
        on_canvas(x) if x is not None else (ends[0].x + ends[1].x) / 2,
        on_canvas(y) if y is not None else (ends[0].y + ends[1].y) / 2,
    )
    graph = _threaded(project.graph.with_([node]), found, node)
    return project.replace(graph=graph, issued=issued_with(project.issued, id))


def put_on_edge(project: Project, id: str, edge: str) -> Project:
    """A card that stands loose on the canvas joins the wire it was dropped on.

    Only a card without wires can join; for any other the project stays as it is.
    """
    found = wire(project.graph, edge)
    node = project.graph.node(id)
    if project.graph.incoming[id] or project.graph.outgoing[id]:
        return project
    return project.replace(graph=_threaded(project.graph, found, node))


def wire(graph: Graph, id: str) -> Edge:
    """The edge with this id; raises KeyError if there is none."""
    for edge in graph.edges:
        if edge.id == id:
            return edge
    raise KeyError(f"no wire {id!r}")


def joined(graph: Graph, source: str, target: str, port: int | None = None) -> Graph:
    """The graph with a wire added; raises `ProblemError` if it cannot be drawn."""
    start, end = graph.node(source), graph.node(target)
    most = end.layer.most_inputs
    if most == 0:
        raise ProblemError(
            Problem(
                f"{end.title} takes no wire: the data comes in here",
                f"Draw the wire the other way, from {end.title} to {start.title}.",
                Place("node", target),
                fix=_backwards(graph, start, end),
            )
        )
    if source == target or leads_to(graph, target, source):
        raise ProblemError(
            Problem(
                f"A wire from {start.title} to {end.title} would close a circle",
                f"{end.title} would have to know its own result before it is computed. "
                "Draw wires from the Input towards the output only.",
                Place("node", target),
            )
        )
    there = graph.incoming[target]
    if most == 1:
        port = 0
    elif port is None:
        if any(edge.source == source for edge in there):
            return graph
        port = len(there) if most is None else min(len(there), most - 1)
    else:
        port = max(0, min(port, len(there)))
        if most is not None and port >= most:
            raise ProblemError(
                Problem(
                    f"{end.title} has room for {most} wires",
                    "Remove one of its wires first.",
                    Place("node", target),
                )
            )
    new = Edge(source, target, port)
    if new in there:
        return graph
    old = [edge for edge in there if edge.port == port]
    return unplugged(graph, old).with_(edges=[new])


def unplugged(graph: Graph, edges: Iterable[Edge]) -> Graph:
    """The graph without these edges."""
    gone = set(edges)
    if not gone:
        return graph
    return Graph(graph.nodes, tuple(edge for edge in graph.edges if edge not in gone))


def close_ranks(graph: Graph, target: str) -> Graph:
    """The graph with the ports of one node numbered 0, 1, 2, ... without a gap."""
    if target not in graph:
        return graph
    renumbered = {
        edge: dataclasses.replace(edge, port=port)
        for port, edge in enumerate(graph.incoming[target])
        if edge.port != port
    }
    if not renumbered:
        return graph
    return Graph(graph.nodes, tuple(renumbered.get(edge, edge) for edge in graph.edges))


def leads_to(graph: Graph, start: str, goal: str) -> bool:
    """Whether wires lead from one node to another."""
    waiting, seen = [start], {start}
    while waiting:
        id = waiting.pop()
        if id == goal:
            return True
        for edge in graph.outgoing.get(id, ()):
            if edge.target not in seen:
                seen.add(edge.target)
                waiting.append(edge.target)
    return False


def _threaded(graph: Graph, edge: Edge, node: Node) -> Graph:
    if node.layer.most_inputs == 0:
        raise ProblemError(
            Problem(
                f"{node.title} cannot stand in the middle of a wire",
                "The data comes in there: it has an output only.",
                Place("edge", edge.id),
            )
        )
    halves = (Edge(edge.source, node.id), dataclasses.replace(edge, source=node.id))
    return unplugged(graph, [edge]).with_(edges=halves)


def _backwards(graph: Graph, start: Node, end: Node) -> Fix | None:
    if start.layer.most_inputs == 0 or leads_to(graph, start.id, end.id):
        return None
    return Fix(
        f"Connect {end.title} to {start.title}",
        "connect",
        {"source": end.id, "target": start.id},
    )
