"""Commands on positions: move, align, tidy. None of them changes what the network computes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Literal

from nnstudio.graph import layout
from nnstudio.graph.layout import on_canvas
from nnstudio.graph.model import Graph
from nnstudio.project.model import Project
from nnstudio.project.names import LOSS

Alignment = Literal["left", "centre", "right", "top", "middle", "bottom", "across", "down"]


def move(project: Project, positions: Mapping[str, tuple[float, float]]) -> Project:
    """Cards at new top left corners, by id; the id ``loss`` moves the Loss card."""
    wanted = {id: (on_canvas(x), on_canvas(y)) for id, (x, y) in positions.items()}
    loss = wanted.pop(LOSS, project.loss_position)
    graph = _moved(project.graph, wanted)
    if graph is project.graph and loss == project.loss_position:
        return project
    return project.replace(graph=graph, loss_position=loss)


def move_loss(project: Project, x: float, y: float) -> Project:
    """The Loss card at a new top left corner."""
    return move(project, {LOSS: (x, y)})


def align(project: Project, ids: Iterable[str], how: Alignment) -> Project:
    """Cards in one column (left, centre, right), in one row (top, middle, bottom), or at equal
    distances from the first to the last (across, down).
    """
    nodes = [project.graph.node(id) for id in ids if id != LOSS]
    if len(nodes) < 2:
        return project
    xs, ys = [node.x for node in nodes], [node.y for node in nodes]
    if how in ("left", "centre", "right"):
        x = {"left": min(xs), "centre": (min(xs) + max(xs)) / 2, "right": max(xs)}[how]
        return move(project, {node.id: (x, node.y) for node in nodes})
    if how in ("top", "middle", "bottom"):
        y = {"top": min(ys), "middle": (min(ys) + max(ys)) / 2, "bottom": max(ys)}[how]
        return move(project, {node.id: (node.x, y) for node in nodes})
    if how == "across":
        step = (max(xs) - min(xs)) / (len(nodes) - 1)
        nodes.sort(key=lambda node: node.x)
        return move(project, {n.id: (min(xs) + i * step, n.y) for i, n in enumerate(nodes)})
    if how == "down":
        step = (max(ys) - min(ys)) / (len(nodes) - 1)
        nodes.sort(key=lambda node: node.y)
        return move(project, {n.id: (n.x, min(ys) + i * step) for i, n in enumerate(nodes)})
    raise ValueError(f"cannot align {how!r}")


def tidy(project: Project, columns: int = layout.COLUMNS) -> Project:
    """All cards, the Loss card too, in rows from left to right."""
    return move(project, layout.arrange(project.graph, columns))


def is_tidy(project: Project) -> bool:
    """Whether the cards stand exactly as `tidy` would put them."""
    return bool(project.graph.nodes) and tidy(project) is project


def make_room(project: Project, id: str) -> Project:
    """What a card covers, and everything behind it in the same row, moved to the right.

    A card that stands too close to the one it reads moves away from that one first.
    """
    graph = project.graph
    node = graph.node(id)
    step, height = layout.CARD[0] + layout.GAP[0], layout.CARD[1]
    before = [graph.node(edge.source) for edge in graph.incoming[id]]
    in_row = [other for other in before if abs(other.y - node.y) < height / 2]
    if in_row:
        nearest = max(in_row, key=lambda other: other.x)
        if node.x < nearest.x + step:
            project = move(project, {id: (nearest.x + step, nearest.y)})
            node = project.graph.node(id)
    places = {n.id: (n.x, n.y) for n in graph.nodes if n.id != id and n not in before}
    if project.loss_position is not None:
        places[LOSS] = project.loss_position
    behind = {
        other: (x, y)
        for other, (x, y) in places.items()
        if abs(y - node.y) < height and x > node.x - layout.CARD[0] / 2
    }
    gap = node.x + step - min((x for x, _ in behind.values()), default=node.x + step)
    if gap <= 0:
        return project
    return move(project, {other: (x + gap, y) for other, (x, y) in behind.items()})


def _moved(graph: Graph, positions: Mapping[str, tuple[float, float]]) -> Graph:
    for id in positions:
        graph.node(id)
    changed = False
    nodes = []
    for node in graph.nodes:
        x, y = positions.get(node.id, (node.x, node.y))
        if (x, y) != (node.x, node.y):
            node = dataclasses.replace(node, x=x, y=y)
            changed = True
        nodes.append(node)
    return dataclasses.replace(graph, nodes=tuple(nodes)) if changed else graph
