"""Which parts the explanations know. Of every other part they show the numbers and say so.

What a layer, activation, loss or optimizer does is written down a second time in this package, as
formulas to put numbers into. A part that is not written down here must never be explained by what
happens to hold for others: it gets no worked account.
"""

from __future__ import annotations

from nnstudio.analysis.network_pass.accounts import operand, pairs, parameter_symbol
from nnstudio.analysis.network_pass.numbers import Derivation, Number, Operand, subscript
from nnstudio.analysis.network_pass.values import LOSS, UPDATE, Values
from nnstudio.graph.plan import PlanStep
from nnstudio.spec import Part

UNWORKED = "no worked account"

_NAMES = {
    "layer": "input dense activation dropout gaussian_noise flatten reshape add multiply "
    "concatenate embedding global_average_pooling_1d batch_normalization layer_normalization",
    "activation": "linear step sigmoid tanh relu leaky_relu elu selu gelu silu softplus softmax",
    "loss": "mean_squared_error mean_absolute_error huber log_cosh hinge squared_hinge "
    "binary_crossentropy categorical_crossentropy kl_divergence",
    "optimizer": "sgd adam adamw adamax nadam adagrad adadelta rmsprop",
    "decay": "weight_decay",
    "clip": "clip_by_value clip_by_norm clip_by_global_norm",
}
KNOWN = {kind: frozenset(names.split()) for kind, names in _NAMES.items()}
"""The names of the parts that are written down here, by kind."""

_OF_THE_LAYER = ("y", "z", "mask", "noise", "mean", "variance", "deviation", "normalized")


def is_known(part: Part) -> bool:
    """Whether the explanations hold for this part."""
    return part.name in KNOWN[part.kind]


def unknown_of(step: PlanStep) -> Part | None:
    """The layer, or the activation in it, if it is not known."""
    activation = getattr(step.layer, "activation", None)
    for part in (step.layer, activation):
        if part is not None and not is_known(part):
            return part
    return None


def unknown_in_output(values: Values, node: str, batch: bool = False) -> Part | None:
    """What is not known of how the gradient enters the network's last layer."""
    loss = values.tape.loss
    if not is_known(loss):
        return loss
    return unknown_of(values.step(node)) if values.layer(node, batch).fused else None


def unknown_in_update(values: Values) -> Part | None:
    """The optimizer, or the weight decay beside it, if it is not known."""
    update = values.tape.update
    for part in (update.optimizer, update.decay):
        if part is not None and not is_known(part):
            return part
    return None


def unknown_part(values: Values, number: Number) -> Part | None:
    """The part that would have to be known to say where a number comes from, if it is not."""
    node, what, kind = number.node, number.what, number.what.split(":", 1)[0]
    if node == LOSS:
        return values.tape.loss if what == "l" and not is_known(values.tape.loss) else None
    if node == UPDATE:
        return None
    step, fused = values.step(node), values.layer(node, number.batch).fused
    if kind in ("new", "after"):
        return unknown_in_update(values)
    if kind == "g":
        clip = values.tape.update.clip
        return clip if clip is not None and not is_known(clip) else None
    if what == "dy":
        loss = values.tape.loss
        return loss if node == values.plan.output and not is_known(loss) else None
    if what == "dz" and fused:
        return unknown_in_output(values, node, number.batch)
    if what in ("dz", "slope", "y") or (what.startswith("dx") and step.layer.name == "activation"):
        return unknown_of(step)
    if what in _OF_THE_LAYER or kind == "dw" or what.startswith("dx"):
        return None if is_known(step.layer) else step.layer
    return None


def note_on(part: Part) -> str:
    """The sentence on a part that is not known, with the formula that it states of itself."""
    formula = part.formula.replace("\n", ",  ")
    own = f" Its own formula: {formula}." if formula else ""
    return (
        f"{part.title or part.name} has no worked account; the numbers are the computed ones.{own}"
    )


def unworked(values: Values, number: Number, part: Part) -> Derivation:
    """The number as it was computed, and the numbers that certainly went into it."""
    symbol = _symbol(number)
    where = f" of {values.step(number.node).title}" if number.node != LOSS else ""
    value = values.value(number)
    return Derivation(
        number, symbol, f"{symbol}{where}", value, UNWORKED, repr(value), _went_in(values, number),
        note=note_on(part),
    )  # fmt: skip


def _symbol(number: Number) -> str:
    what, index = number.what, subscript(*number.index[1:])
    name = number.parameter
    if name:
        letter = parameter_symbol(name) + subscript(*number.index)
        kind = what.split(":")[0]
        return {"dw": f"dL/d{letter}", "new": f"{letter} new", "g": "g"}.get(
            kind, what.split(":")[1]
        )
    if what == "l":
        return "l" + subscript(*number.index)
    letters = {"dy": "dL/dy", "dz": "dL/dz", "slope": "f′(z)"}
    return ("dL/dx" if what.startswith("dx") else letters.get(what, what)) + index


def _went_in(values: Values, number: Number) -> tuple[Operand, ...]:
    """What is certain, whatever the part does with it."""
    node, what, index, batch = number.node, number.what, number.index, number.batch
    kind = what.split(":", 1)[0]
    if kind in ("new", "after"):
        name = number.parameter
        found = [
            operand(values, Number(node, f"w:{name}", index), parameter_symbol(name)),
            operand(values, Number(node, f"g:{name}", index), "g"),
        ]
        rate = values.tape.update.learning_rate
        return (*found, Operand("η", rate, note="learning rate"))
    if kind == "g":
        return (operand(values, Number(node, f"dw:{number.parameter}", index), "dL/dw"),)
    if node == LOSS:
        return tuple(one for pair in pairs(values, index[0], batch) for one in pair)
    layer = values.step(node).layer
    activation = getattr(layer, "activation", None)
    if not is_known(layer) or activation is None or not activation.elementwise:
        return ()
    wanted = {"y": ("z",), "slope": ("z",), "dz": ("dy", "z")}.get(what, ())
    return tuple(
        operand(values, Number(node, one, index, batch), _symbol(Number(node, one, index)))
        for one in wanted
        if values.has(node, one, batch)
    )
