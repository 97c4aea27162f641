"""Where a new card goes: pure steps on the project, made of its commands.

A card from the palette is wired behind the selected one (or behind the end of the network), a card
dropped on a wire pushes its neighbours apart, and a network that stood in tidy rows stays tidy.
"""

from __future__ import annotations

from collections.abc import Iterable

from nnstudio.graph import layout
from nnstudio.graph.model import Graph
from nnstudio.nn.layer import Layer
from nnstudio.project import commands
from nnstudio.project.model import Project
from nnstudio.ui.canvas import geometry

COLUMN = geometry.CARD_WIDTH + 56.0
ROW = geometry.CARD_HEIGHT + 60.0
ORIGIN = (32.0, 32.0)


def add_at(
    project: Project, layer: Layer, x: float, y: float, id: str, after: str | None = None
) -> Project:
    """A card at a place, moved on to free ground if another card stands there.

    It is wired behind the card `after` if one is named.
    """
    x, y = free_place(project.graph, x, y)
    return commands.add_node(project, layer, x, y, id=id, after=after)


def add_behind(
    project: Project, layer: Layer, after: str | None, id: str, room: float = 4 * COLUMN
) -> Project:
    """A card wired behind another one; into its wire if it has exactly one already.

    `room` is the width at which a row breaks. With no card to stand behind it starts a row.
    """
    graph = project.graph
    if layer.most_inputs == 0 or after is None or after not in graph:
        x, y = _start_of_row(graph)
        return commands.add_node(project, layer, x, y, id=id)
    leaving = graph.outgoing[after]
    takes_one = layer.most_inputs == 1
    if len(leaving) == 1 and takes_one:
        return insert(project, layer, leaving[0].id, id)
    columns = tidy_columns(project)
    node = graph.node(after)
    left = min(n.x for n in graph.nodes)
    x, y = node.x + COLUMN, node.y
    if x + geometry.CARD_WIDTH > left + room:
        x, y = left + COLUMN, y + ROW
    x, y = free_place(graph, x, y)
    project = commands.add_node(project, layer, x, y, id=id, after=after)
    return commands.tidy(project, columns) if columns else project


def insert(
    project: Project,
    layer: Layer,
    edge: str,
    id: str,
    at: tuple[float, float] | None = None,
) -> Project:
    """A card in the middle of a wire, with room made for it."""
    columns = tidy_columns(project)
    if at is None:
        project = commands.insert_on_edge(project, edge, layer, id=id)
    else:
        project = commands.insert_on_edge(project, edge, layer, *at, id=id)
    return commands.tidy(project, columns) if columns else commands.make_room(project, id)


def join_wire(project: Project, id: str, edge: str, x: float, y: float) -> Project:
    """A loose card moved onto a wire joins it."""
    project = commands.move(project, {id: (x, y)})
    project = commands.put_on_edge(project, id, edge)
    return commands.make_room(project, id)


def tidy_columns(project: Project) -> int | None:
    """Into how many columns the cards are tidied, None if they do not stand in tidy rows."""
    if not project.graph.nodes:
        return None
    xs = {round(node.x) for node in project.graph.nodes}
    if project.loss_position is not None:
        xs.add(round(project.loss_position[0]))
    columns = max(layout.COLUMNS, len(xs))
    return columns if commands.tidy(project, columns) is project else None


def columns_for(cards: int, width: float, height: float) -> int:
    """How many columns make so many cards fill a screen of this shape."""
    wanted = (width / max(height, 1.0) * cards * ROW / COLUMN) ** 0.5
    return max(layout.COLUMNS, round(wanted))


def end_of_network(graph: Graph, selection: Iterable[str] = ()) -> str | None:
    """The card that a new one is wired behind: the selected one, else the latest free end."""
    chosen = [id for id in selection if id in graph]
    if len(chosen) == 1:
        return chosen[0]
    ends = [node.id for node in graph.nodes if not graph.outgoing[node.id]]
    wired = [id for id in ends if graph.incoming[id] or graph.node(id).layer.most_inputs == 0]
    free = wired or ends
    return free[-1] if free else None


def free_end(graph: Graph, selection: Iterable[str]) -> str | None:
    """The selected card, if it is one alone and its output runs nowhere yet."""
    chosen = [id for id in selection if id in graph]
    return chosen[0] if len(chosen) == 1 and not graph.outgoing[chosen[0]] else None


def free_place(graph: Graph, x: float, y: float) -> tuple[float, float]:
    """The nearest place below which is not (almost) covered by another card."""
    for _ in range(200):
        covered = [
            n
            for n in graph.nodes
            if abs(n.x - x) < geometry.CARD_WIDTH * 0.6
            and abs(n.y - y) < geometry.CARD_HEIGHT * 0.6
        ]
        if not covered:
            return x, y
        y = max(n.y for n in covered) + ROW
    return x, y


def snapped(x: float, y: float) -> tuple[float, float]:
    """A place on the grid."""
    grid = geometry.GRID
    return round(x / grid) * grid, round(y / grid) * grid


def _start_of_row(graph: Graph) -> tuple[float, float]:
    if not graph.nodes:
        return ORIGIN
    return min(n.x for n in graph.nodes), max(n.y for n in graph.nodes) + ROW
