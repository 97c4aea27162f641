"""Which button mends a wire whose shape a layer refuses.

Nothing is guessed: each proposal is tried on the layer's own shape rule first.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.graph.wiring import remove_wire
from nnstudio.nn.layer import Layer, Shape
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.flatten import Flatten
from nnstudio.spec import Fix, ProblemError


def takes(layer: Layer, *shapes: Shape) -> bool:
    """Whether a layer accepts these shapes."""
    try:
        layer.output_shape(*shapes)
    except ProblemError:
        return False
    return True


def guilty(node: Node, edges: Sequence[Edge], shapes: Sequence[Shape]) -> int:
    """Which of the wires into a node to blame: the first that does not go with port 0."""
    for i in range(1, len(edges)):
        if not takes(node.layer, shapes[0], shapes[i]):
            return i
    return len(edges) - 1


def mend(graph: Graph, node: Node, edges: Sequence[Edge], shapes: Sequence[Shape]) -> Fix:
    """The button for a node that refuses the shapes on its wires."""
    if len(edges) == 1:
        return _mend_single(node, edges[0], shapes[0])
    return _mend_merge(graph, node, edges, shapes)


def _mend_single(node: Node, edge: Edge, shape: Shape) -> Fix:
    flat = (prod(shape),)
    if len(shape) > 1 and takes(node.layer, flat):
        return insert(edge, Flatten())
    for spec in node.layer.fields():
        if spec.kind == "shape" and takes(node.layer.replace(**{spec.name: flat}), shape):
            changes = {"id": node.id, spec.name: flat}
            return Fix(f"Set {spec.label.lower()} to {flat[0]:,}", "configure_layer", changes)
    return Fix(f"Remove {node.title}", "delete", {"ids": [node.id]})


def _mend_merge(graph: Graph, node: Node, edges: Sequence[Edge], shapes: Sequence[Shape]) -> Fix:
    at = guilty(node, edges, shapes)
    edge, shape, first = edges[at], shapes[at], shapes[0]
    source = graph.node(edge.source)
    only_here = len(graph.outgoing[source.id]) == 1
    same_width = (*shape[:-1], *first[-1:])
    if isinstance(source.layer, Dense) and only_here and takes(node.layer, first, same_width):
        changes = {"id": source.id, "units": first[-1]}
        return Fix(f"Set {source.title} to {first[-1]:,} units", "configure_layer", changes)
    if len(shape) > 1 and takes(node.layer, first, (prod(shape),)):
        return insert(edge, Flatten())
    if len(first) > 1 and takes(node.layer, (prod(first),), shape):
        return insert(edges[0], Flatten())
    if len(shape) == len(first) >= 1 and takes(node.layer, first, same_width):
        return insert(edge, Dense(first[-1]))
    return remove_wire(edge)


def insert(edge: Edge, layer: Layer) -> Fix:
    """The button that puts a layer into a wire."""
    settings = f" with {layer.units:,} units" if isinstance(layer, Dense) else ""
    return Fix(
        f"Insert {layer.title}{settings}", "insert_on_edge", {"edge": edge.id, "layer": layer}
    )
