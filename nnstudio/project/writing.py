"""Graphs as plain JSON values, and back, with every value distrusted on the way in.

The same reader serves the project file and the clipboard. What it returns is a graph that the
commands could have built: known ids, wires between cards that exist, no circle, one wire a port.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, cast

from nnstudio.graph.layout import FURTHEST
from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.graph.plan import Signature
from nnstudio.nn.layer import Layer
from nnstudio.project.names import is_id
from nnstudio.spec import (
    Place,
    Problem,
    ProblemError,
    from_json,
    is_text,
    one_door,
    quote,
    to_json,
)

DEEPEST = 40  # levels of nesting
MOST_NODES = 2_000
MOST_EDGES = 20_000
LONGEST_TEXT = 200
MOST_VALUES = 1_000_000  # in a JSON text; a large file may hold more
LONGEST_TITLE = 10_000  # of a class, a column
LARGEST_NUMBER = sys.float_info.max  # whatever can be saved can be opened
MOST_AXES = 8
# A whole string, closed or not, so that brackets inside one are passed over; or a bracket.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


def read_json(
    text: str,
    where: Place | None = None,
    *,
    most: int = MOST_VALUES,
    constant: Callable[[str], float] | None = None,
) -> Any:
    """The values in a JSON text, at most `most` of them.

    Stricter than Python's own reader: raises `ProblemError` for NaN and infinities (unless
    `constant` reads them), a key that stands twice in an object, and nesting deep enough to exhaust
    a stack.
    """
    where = where or Place()
    title = "The text is not valid JSON"
    values = sum(map(text.count, ",:[{"))
    if values > most:
        why = f"It has about {values:,} values; at most {most:,} are allowed."
        raise ProblemError(Problem("The text holds too many values", why, where))
    with one_door(where, title, ""):
        _refuse_deep(text, where)
        try:
            return json.loads(
                text,
                object_pairs_hook=_without_doubles,
                parse_constant=constant or _no_constant,
                parse_float=_finite,
            )
        except (_RefusedError, json.JSONDecodeError) as error:
            raise ProblemError(Problem(title, str(error), where)) from None
        except ValueError:
            raise ProblemError(Problem(title, "A number is too long.", where)) from None


def graph_to_json(graph: Graph) -> dict[str, Any]:
    """Nodes and edges as plain values."""
    return {
        "nodes": [
            {
                "id": node.id,
                "title": node.title,
                "x": node.x,
                "y": node.y,
                "layer": to_json(node.layer),
            }
            for node in graph.nodes
        ],
        "edges": [[edge.source, edge.target, edge.port] for edge in graph.edges],
    }


def signature_to_json(signature: Signature) -> dict[str, Any]:
    """What the data asks of a network, as plain values."""
    return {
        "input_shape": list(signature.input_shape),
        "task": signature.task,
        "classes": signature.classes,
        "outputs": signature.outputs,
        "tokens": signature.tokens,
        "target_minimum": figure_to_json(float(signature.target_minimum)),
        "target_maximum": figure_to_json(float(signature.target_maximum)),
        "target_title": signature.target_title,
    }


def signature_from_json(written: Any, where: Place | None = None) -> Signature:
    """A signature read back; raises `ProblemError` if it is none."""
    where = where or Place()
    if not isinstance(written, dict) or written.get("task") not in ("classification", "regression"):
        refuse("The file does not say what is predicted", where, "The file is damaged.")
    sizes = written.get("input_shape")
    if not isinstance(sizes, list) or len(sizes) > MOST_AXES:
        refuse("The shape of the input is damaged", where, "It must be a list of sizes.")
    least, greatest = (
        figure_from_json(written.get(name), "A bound of the targets", where)
        for name in ("target_minimum", "target_maximum")
    )
    return Signature(
        input_shape=tuple(whole(n, "A size of the input", where, 1, 2**31) for n in sizes),
        task=written["task"],
        classes=whole(written.get("classes"), "The number of classes", where, 0, 2**31),
        outputs=whole(written.get("outputs"), "The number of outputs", where, 1, 2**31),
        tokens=whole(written.get("tokens"), "The number of tokens", where, 0, 2**31),
        target_minimum=least,
        target_maximum=greatest,
        target_title=text(written.get("target_title"), "The target's title", where, LONGEST_TITLE),
    )


def graph_from_json(written: Mapping[str, Any], where: Place | None = None) -> Graph:
    """A graph read back; raises `ProblemError` that says what is wrong and where."""
    where = where or Place()
    nodes: dict[str, Node] = {}
    for item in items(written, "nodes", where, most=MOST_NODES):
        node = _node(item, where)
        if node.id in nodes:
            refuse(f"Two cards have the id {node.id}", where)
        nodes[node.id] = node
    edges: dict[tuple[str, int], Edge] = {}
    for item in items(written, "edges", where, most=MOST_EDGES):
        edge = _edge(item, nodes, where)
        if (edge.target, edge.port) in edges:
            refuse(f"Two wires end at the same place of {nodes[edge.target].title}", where)
        edges[edge.target, edge.port] = edge
    graph = Graph(tuple(nodes.values()), tuple(edges.values()))
    for id, coming in graph.incoming.items():
        if [edge.port for edge in coming] != list(range(len(coming))):
            refuse(f"The wires into {nodes[id].title} are not numbered 0, 1, 2", where)
    _refuse_circle(graph, where)
    return graph


def items(written: Mapping[str, Any], key: str, where: Place, most: int) -> list[Any]:
    """The list under a key, empty if there is none; refuses anything else."""
    found = written.get(key, [])
    if not isinstance(found, list):
        refuse(f"{key!r} must be a list", where)
    if len(found) > most:
        refuse(f"There are {len(found):,} {key}; at most {most:,} are allowed", where)
    return found


def number(value: Any, what: str, where: Place, low: float, high: float) -> float:
    """A finite number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        refuse(f"{what} must be a number, not {quote(value)}", where)
    if not low <= value <= high:  # false for NaN, too
        refuse(f"{what} must lie between {low:g} and {high:g}, not {quote(value)}", where)
    return float(value)


def figure_to_json(value: float | None) -> float | str | None:
    """A figure as JSON can hold it: a loss that became NaN is part of the history too."""
    if value is None or isinstance(value, int):
        return value
    value = float(value)
    return value if math.isfinite(value) else str(value)


def figure_from_json(value: Any, what: str, where: Place) -> float:
    """A figure read back: a number, or the word for an infinite one or none at all."""
    if value in ("nan", "inf", "-inf"):
        return float(value)
    return number(value, what, where, -LARGEST_NUMBER, LARGEST_NUMBER)


def whole(value: Any, what: str, where: Place, low: int = 0, high: int = 2**53) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(f"{what} must be a whole number, not {quote(value)}", where)
    if not low <= value <= high:
        refuse(f"{what} must lie between {low} and {high}, not {quote(value)}", where)
    return value


def text(value: Any, what: str, where: Place, longest: int = LONGEST_TEXT) -> str:
    """A text of bounded length."""
    if not isinstance(value, str) or len(value) > longest or "\0" in value or not is_text(value):
        refuse(f"{what} must be a text of at most {longest} characters, not {quote(value)}", where)
    return value


def refuse(title: str, where: Place, explain: str = "") -> NoReturn:
    """Raise the `ProblemError` for something in a file that cannot be taken."""
    explain = explain or "The file was changed outside NN Studio or is damaged: use a copy of it."
    raise ProblemError(Problem(title, explain, where))


class _RefusedError(ValueError):
    pass


def _node(item: Any, where: Place) -> Node:
    if not isinstance(item, dict):
        refuse(f"A card must be an object, not {quote(item)}", where)
    id = item.get("id")
    if not isinstance(id, str) or not is_id(id):
        refuse(f"A card's id must look like dense-1, not {quote(id)}", where)
    unknown = set(item) - {"id", "title", "x", "y", "layer"}
    if unknown:
        refuse(f"The card {id} has something unknown: {quote(sorted(unknown)[0])}", where)
    title = text(item.get("title", id), f"The title of {id}", where)
    x = number(item.get("x", 0.0), f"The position of {id}", where, -FURTHEST, FURTHEST)
    y = number(item.get("y", 0.0), f"The position of {id}", where, -FURTHEST, FURTHEST)
    try:
        layer = cast(Layer, from_json("layer", item.get("layer"), where))
    except ProblemError as error:
        first = error.problems[0]
        refuse(f"The card {id} cannot be read: {first.title}", first.where, first.explain)
    return Node(id, layer, title, x, y)


def _edge(item: Any, nodes: Mapping[str, Node], where: Place) -> Edge:
    if not (
        isinstance(item, list)
        and len(item) == 3
        and isinstance(item[0], str)
        and isinstance(item[1], str)
    ):
        refuse(f"A wire must be [from, to, port], not {quote(item)}", where)
    source, target = item[0], item[1]
    for end in (source, target):
        if end not in nodes:
            refuse(f"A wire hangs in the air: there is no card {quote(end)}", where)
    most = nodes[target].layer.most_inputs
    port = whole(item[2], f"The port of a wire into {target}", where, 0, MOST_EDGES)
    if most is not None and port >= most:
        refuse(f"{nodes[target].title} has no room for a wire at port {port}", where)
    return Edge(source, target, port)


def _refuse_circle(graph: Graph, where: Place) -> None:
    missing = {id: len(coming) for id, coming in graph.incoming.items()}
    ready = [id for id, count in missing.items() if count == 0]
    done = 0
    while ready:
        id = ready.pop()
        done += 1
        for edge in graph.outgoing[id]:
            missing[edge.target] -= 1
            if missing[edge.target] == 0:
                ready.append(edge.target)
    if done < len(graph.nodes):
        stuck = next(node.title for node in graph.nodes if missing[node.id] > 0)
        refuse(f"The wires close a circle through {stuck}", where)


def _refuse_deep(text: str, where: Place) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        sign = text[token.start()]
        if sign in "[{":
            depth += 1
            if depth > DEEPEST:
                why = f"It is nested more than {DEEPEST} levels deep, which no project needs."
                raise ProblemError(Problem("The text is not valid JSON", why, where))
        elif sign in "]}":
            depth -= 1


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RefusedError(f"The key {quote(key)} stands twice in one object.")
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise _RefusedError(f"{name} is not a number that JSON knows.")


def _finite(written: str) -> float:
    value = float(written)
    if not math.isfinite(value):
        raise _RefusedError(f"The number {written[:40]} is too large.")
    return value
