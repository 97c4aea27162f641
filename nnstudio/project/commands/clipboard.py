"""Commands of the clipboard: cards as text, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from nnstudio.graph.layout import on_canvas
from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.project.commands.cards import refuse_crowd
from nnstudio.project.commands.wires import close_ranks
from nnstudio.project.model import Project
from nnstudio.project.names import LOSS, automatic_title, issued_with, next_id, number, stem
from nnstudio.project.writing import graph_from_json, graph_to_json, read_json
from nnstudio.spec import Problem, ProblemError

MARK = "nnstudio cards"
LONGEST = 4_000_000  # characters


def copy(project: Project, ids: Iterable[str]) -> str:
    """Cards and the wires between them as text; the Loss card is passed over."""
    wanted = set(ids) - {LOSS}
    for id in wanted:
        project.graph.node(id)
    part = Graph(
        tuple(node for node in project.graph.nodes if node.id in wanted),
        tuple(e for e in project.graph.edges if e.source in wanted and e.target in wanted),
    )
    return json.dumps({"type": MARK, **graph_to_json(part)}, indent=1, ensure_ascii=False)


def paste(project: Project, text: str, dx: float = 24.0, dy: float = 24.0) -> Project:
    """Copied cards as new cards, moved by (dx, dy); raises `ProblemError` for any other text."""
    if len(text) > LONGEST:
        raise ProblemError(Problem("The clipboard holds too much text to be cards"))
    try:
        written = read_json(text)
    except ProblemError as error:
        raise _not_cards(error.problems[0].explain) from None
    if not isinstance(written, Mapping) or written.get("type") != MARK:
        raise _not_cards()
    return _with_copies(project, graph_from_json(written), dx, dy)


def duplicate(project: Project, ids: Iterable[str], dx: float = 24.0, dy: float = 24.0) -> Project:
    """A second copy of cards and the wires between them, beside the first."""
    wanted = set(ids) - {LOSS}
    part = Graph(
        tuple(node for node in project.graph.nodes if node.id in wanted),
        tuple(e for e in project.graph.edges if e.source in wanted and e.target in wanted),
    )
    return _with_copies(project, part, dx, dy)


def _with_copies(project: Project, part: Graph, dx: float, dy: float) -> Project:
    refuse_crowd(project, len(part.nodes))
    new_ids: dict[str, str] = {}
    highest: dict[str, int] = {}
    nodes = []
    for node in part.nodes:
        start = stem(node.layer)
        highest[start] = 1 + (
            highest[start] if start in highest else number(next_id(project, node.layer)) - 1
        )
        id = new_ids[node.id] = f"{start}-{highest[start]}"
        renamed = node.title != automatic_title(node.layer, node.id)
        nodes.append(
            Node(
                id,
                node.layer,
                node.title if renamed else automatic_title(node.layer, id),
                on_canvas(node.x + dx),
                on_canvas(node.y + dy),
            )
        )
    project = project.replace(
        graph=project.graph.with_(nodes), issued=issued_with(project.issued, *new_ids.values())
    )
    edges = [Edge(new_ids[e.source], new_ids[e.target], e.port) for e in part.edges]
    if edges:
        graph = project.graph.with_(edges=edges)
        for id in new_ids.values():
            graph = close_ranks(graph, id)
        project = project.replace(graph=graph)
    return project


def _not_cards(explain: Any = "") -> ProblemError:
    why = explain or "Copy cards on the canvas first, then paste."
    return ProblemError(Problem("The clipboard holds no cards", str(why)))
