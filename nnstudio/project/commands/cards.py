"""Commands on cards: add, change, rename, delete."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from nnstudio.graph.layout import on_canvas
from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.nn.activation import Activation
from nnstudio.nn.layer import Layer
from nnstudio.project.commands.wires import close_ranks, joined, unplugged
from nnstudio.project.model import Project
from nnstudio.project.names import LOSS, automatic_title, issued_with, next_id
from nnstudio.project.writing import MOST_NODES
from nnstudio.spec import Place, Problem, ProblemError

LONGEST_TITLE = 80


def add_node(
    project: Project,
    layer: Layer,
    x: float,
    y: float,
    id: str | None = None,
    after: str | None = None,
    before: str | None = None,
) -> Project:
    """A new card at (x, y), wired behind the card ``after`` and to the card ``before`` if named.

    The id is `names.next_id` unless given; raises ValueError for one that is taken.
    """
    refuse_crowd(project, 1)
    id = id or next_id(project, layer)
    if id in project.graph or id == LOSS:
        raise ValueError(f"there is a card {id!r} already")
    issued = issued_with(project.issued, id)
    node = Node(id, layer, automatic_title(layer, id), on_canvas(x), on_canvas(y))
    graph = project.graph.with_([node])
    if after is not None:
        graph = joined(graph, after, id)
    if before is not None:
        graph = joined(graph, id, before)
    return project.replace(graph=graph, issued=issued)


def refuse_crowd(project: Project, more: int) -> None:
    """Raise `ProblemError` if so many more cards would make a project that no file can hold."""
    if len(project.graph.nodes) + more > MOST_NODES:
        raise ProblemError(
            Problem(
                f"A project holds at most {MOST_NODES:,} cards",
                f"It has {len(project.graph.nodes):,}, and {more:,} more were wanted. Delete some "
                "first, or begin another project.",
            )
        )


def change_layer(project: Project, id: str, layer: Layer) -> Project:
    """Another layer, or the same with other settings, on the same card.

    Wires stay as far as the new layer has room for them. A card that was never renamed follows
    the new layer's name.
    """
    node = project.graph.node(id)
    if layer == node.layer:
        return project
    title = node.title
    if title == automatic_title(node.layer, id):
        title = automatic_title(layer, id)
    graph = project.graph.replace_node(id, layer=layer, title=title)
    most = layer.most_inputs
    if most is not None and len(graph.incoming[id]) > most:
        graph = close_ranks(unplugged(graph, graph.incoming[id][most:]), id)
    return project.replace(graph=graph)


def configure_layer(project: Project, id: str, **changes: Any) -> Project:
    """Some settings of a card's layer changed; raises `ProblemError` if a value is refused."""
    return change_layer(project, id, project.graph.node(id).layer.replace(**changes))


def snap_activation(project: Project, node_id: str, activation: Activation) -> Project:
    """The activation dropped onto a card becomes that layer's own."""
    node = project.graph.node(node_id)
    if not any(spec.name == "activation" for spec in node.layer.fields()):
        raise ProblemError(
            Problem(
                f"{node.title} has no activation of its own",
                f"Drop {activation.title} on a wire to make it a layer, or on a Dense layer.",
                Place("node", node_id),
            )
        )
    return change_layer(project, node_id, node.layer.replace(activation=activation))


def rename(project: Project, id: str, title: str) -> Project:
    """Another title on the card; an empty one brings the automatic title back."""
    node = project.graph.node(id)
    title = " ".join(title.split()) or automatic_title(node.layer, id)
    if len(title) > LONGEST_TITLE or not title.isprintable():
        raise ProblemError(
            Problem(
                f"A title may have at most {LONGEST_TITLE} printable characters",
                f"This one has {len(title)}.",
                Place("node", id, "title"),
            )
        )
    if title == node.title:
        return project
    return project.replace(graph=project.graph.replace_node(id, title=title))


def delete(project: Project, ids: Iterable[str]) -> Project:
    """Cards and wires gone, by their ids; what a card joined is joined around the gap.

    A wire that is deleted by its own id stays away. The Loss card cannot be deleted and is
    passed over.
    """
    wanted = set(ids) - {LOSS}
    wires = [edge for edge in project.graph.edges if edge.id in wanted]
    unknown = wanted - set(project.graph.by_id) - {edge.id for edge in wires}
    if unknown:
        raise KeyError(f"no card or wire {sorted(unknown)}")
    if not wanted:
        return project
    graph = unplugged(project.graph, wires)
    for target in dict.fromkeys(edge.target for edge in wires):
        graph = close_ranks(graph, target)
    for node in project.graph.nodes:
        if node.id in wanted:
            graph = _without(graph, node.id)
    # Remember the ids that are gone, for a file written before numbers were recorded.
    issued = issued_with(project.issued, *(id for id in wanted if id in project.graph))
    return project.replace(graph=graph, issued=issued)


def _without(graph: Graph, id: str) -> Graph:
    """The graph without a node; whoever read it reads its first source instead."""
    sources = [edge.source for edge in graph.incoming[id]]
    edges: list[Edge] = []
    shortened = []
    for edge in graph.edges:
        if edge.target == id:
            continue
        if edge.source != id:
            edges.append(edge)
            continue
        # A merge that reads the source already would count it twice: let that wire go.
        beside = {other.source for other in graph.incoming[edge.target]}
        if sources and sources[0] not in beside:
            edges.append(dataclasses.replace(edge, source=sources[0]))
        else:
            shortened.append(edge.target)
    graph = Graph(tuple(node for node in graph.nodes if node.id != id), tuple(edges))
    for target in dict.fromkeys(shortened):
        graph = close_ranks(graph, target)
    return graph
