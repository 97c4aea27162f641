"""Where the network meets the loss: the loss says what does not fit, here it gets its place.

A loss knows neither cards nor wires. It speaks of "the output layer"; which card that is, where the
message stands, and which button mends it, is decided here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from nnstudio.graph.layout import LOSS
from nnstudio.graph.mending import insert
from nnstudio.graph.model import Graph, Node
from nnstudio.graph.plan import Plan, PlanStep, Signature
from nnstudio.graph.wiring import Wiring
from nnstudio.nn.activation import Activation
from nnstudio.nn.activations import Linear, Softmax
from nnstudio.nn.layer import Layer, Shape
from nnstudio.nn.layers.activation import Activation as ActivationLayer
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.flatten import Flatten
from nnstudio.nn.layers.global_average_pooling_1d import GlobalAveragePooling1D
from nnstudio.nn.loss import Loss
from nnstudio.spec import Fix, Place, Problem

#: Layers that hand on what an activation gave, so that it still is the activation of the output:
#: in another shape, or unchanged as soon as training is over.
RESHAPING = ("flatten", "reshape")
TRANSPARENT = ("dropout", "gaussian_noise", *RESHAPING)
#: Activations that mark a layer as a hidden one: behind it an output layer is missing.
HIDDEN = ("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "tanh")
STEP = 224.0  # pixels from one card to the next


def loss_edge(output: str) -> str:
    """The id of the wire from the output card to the Loss card."""
    return f"{output}>{LOSS}:0"


def output_layer(signature: Signature) -> Dense:
    """The Dense layer that such data usually ends with."""
    if signature.task == "classification":
        return Dense(max(2, signature.classes), Softmax())
    return Dense(signature.outputs, Linear())


def output_activation(graph: Graph, wires: Wiring, id: str) -> Activation | None:
    """The activation that the loss sees at the output, None if no activation comes last."""
    node = _back(graph, wires, id, TRANSPARENT)
    found = getattr(node.layer, "activation", None)
    return found if isinstance(found, Activation) else None


def ending(plan: Plan, training: bool) -> PlanStep:
    """The step whose numbers are the network's outputs, maybe in another shape.

    While training, dropout and noise at the end change them, afterwards they do not.
    """
    step = plan.step(plan.output)
    while step.layer.name in (RESHAPING if training else TRANSPARENT):
        step = plan.step(step.sources[0])
    return step


def ending_activation(plan: Plan, training: bool) -> Activation | None:
    """The activation that gives the network's outputs; None where there is none."""
    step, outputs = ending(plan, training), plan.step(plan.output).output_shape
    found = getattr(step.layer, "activation", None)
    if not isinstance(found, Activation) or len(outputs) != 1:
        return None
    return found if found.elementwise or step.output_shape[-1:] == outputs else None


def problems(
    graph: Graph,
    wires: Wiring,
    shapes: Mapping[str, Shape],
    output: str,
    loss: Loss,
    signature: Signature,
) -> list[Problem]:
    """What the loss has to say about the output, each with its place and its button."""
    said = loss.problems(shapes[output], output_activation(graph, wires, output), signature)
    return [_placed(graph, wires, shapes, output, problem, signature) for problem in said]


def _placed(
    graph: Graph,
    wires: Wiring,
    shapes: Mapping[str, Shape],
    output: str,
    problem: Problem,
    signature: Signature,
) -> Problem:
    where = problem.where
    if where.kind == "training":
        return problem
    field = where.field
    if field == "activation":
        node = _back(graph, wires, output, TRANSPARENT)
        place = Place("node", node.id, field if _has(node, field) else "")
    else:
        node = _back(graph, wires, output, (*TRANSPARENT, "activation", *_NORMALISING))
        place = Place("edge", loss_edge(output), field)
    end = graph.node(output)
    if len(shapes[output]) != 1:
        fix: Fix | None = _flatten(graph, wires, shapes, end)
    elif field == "units" and (not _has(node, field) or _is_hidden(graph, wires, output)):
        fix = _append(end, output_layer(signature))
    else:
        fix = _addressed(problem.fix, node, end)
    return dataclasses.replace(problem, where=place, fix=fix)


_NORMALISING = ("batch_normalization", "layer_normalization")


def _addressed(fix: Fix | None, node: Node, end: Node) -> Fix | None:
    """The loss's own fix with the card it is about; a layer is added where no setting exists."""
    if fix is None or fix.command != "configure_layer":
        return fix
    if all(_has(node, name) for name in fix.arguments):
        return Fix(fix.label, fix.command, {"id": node.id, **fix.arguments})
    activation = fix.arguments.get("activation")
    if isinstance(activation, Activation):
        return _append(end, ActivationLayer(activation))
    return None


def _append(end: Node, layer: Layer) -> Fix:
    title = layer.title
    if isinstance(layer, ActivationLayer):
        title = layer.activation.title
    elif isinstance(layer, Dense):
        title = f"Dense {layer.units} · {layer.activation.in_words()}"
    arguments: dict[str, Any] = {"layer": layer, "x": end.x + STEP, "y": end.y, "after": end.id}
    return Fix(f"Add {title} behind it", "add_node", arguments)


def _flatten(graph: Graph, wires: Wiring, shapes: Mapping[str, Shape], end: Node) -> Fix:
    """The button that brings the axes down to one, where the first Dense meets several."""
    needed = wires.ancestors(end.id)
    for id in wires.order:
        if id not in needed or not isinstance(graph.node(id).layer, Dense):
            continue
        edge = next(iter(wires.sources[id]), None)
        shape = shapes.get(edge.source, ()) if edge is not None else ()
        if edge is not None and len(shape) > 1:
            sequence = graph.node(edge.source).layer.name == "embedding" and len(shape) == 2
            return insert(edge, GlobalAveragePooling1D() if sequence else Flatten())
    return _append(end, Flatten())


def _is_hidden(graph: Graph, wires: Wiring, output: str) -> bool:
    activation = output_activation(graph, wires, output)
    return activation is not None and activation.name in HIDDEN


def _back(graph: Graph, wires: Wiring, id: str, through: tuple[str, ...]) -> Node:
    """The first card, going back from this one, whose layer is not to be looked through."""
    node = graph.node(id)
    while node.layer.name in through and len(wires.sources[node.id]) == 1:
        node = graph.node(wires.sources[node.id][0].source)
    return node


def _has(node: Node, field: str) -> bool:
    return any(spec.name == field for spec in node.layer.fields())
