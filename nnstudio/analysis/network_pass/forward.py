"""Where the numbers of the forward pass come from, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from nnstudio.analysis.network_pass import normalising
from nnstudio.analysis.network_pass.accounts import (
    account,
    came_in,
    input_name,
    operand,
    parameter_symbol,
    place,
)
from nnstudio.analysis.network_pass.numbers import Derivation, Number, Operand, Term, subscript
from nnstudio.analysis.network_pass.values import Values

Rule = Callable[[Values, Number], Derivation]

#: Activations as Python writes them, {0} being z.
ACTIVATIONS = {
    "linear": "{0}",
    "sigmoid": "1/(1 + exp(-{0}))",
    "tanh": "tanh({0})",
    "relu": "max(0, {0})",
    "softplus": "log(1 + exp({0}))",
    "silu": "{0}/(1 + exp(-{0}))",
}


# ---- outputs ------------------------------------------------------------------------------------


def output(values: Values, number: Number) -> Derivation:
    """y: what a layer hands on."""
    return OUTPUTS[values.step(number.node).layer.name](values, number)


def _data(values: Values, number: Number) -> Derivation:
    name = input_name(values, number.node, number.index)
    symbol = "x" + subscript(*number.index[1:])
    where = place(values, number)
    fitted, value = values.tape.fitted, values.value(number)
    flat = number.index[1] if len(number.index) == 2 else -1
    if fitted.words is not None and name:
        counted = "how often" if fitted.words.counts else "whether"
        note = f"Here the data begins: {counted} {name} occurs in the text of {where}."
        return account(values, number, symbol, "a word count", "x = count", f"{value:g}", note=note)
    if fitted.offset is not None and fitted.scale is not None and 0 <= flat < fitted.scale.size:
        offset, scale = float(fitted.offset.flat[flat]), float(fitted.scale.flat[flat])
        raw = value * scale + offset
        operands = (
            Operand("raw", raw, note=f"{name or 'the number'} in the data"),
            Operand("mean", offset, note="over the training set"),
            Operand("deviation", scale, note="over the training set"),
        )
        note = f"Here the data begins: {name or 'a number'} of {where}, standardised."
        formula = "x = (raw - mean) / deviation"
        template = "({0} - {1})/{2}"
        return account(values, number, symbol, "an input", formula, template, operands, note=note)
    note = f"Here the data begins: {name + ' of ' if name else ''}{where}."
    return account(values, number, symbol, "an input", "x is given", f"{value!r}", note=note)


def _activated(values: Values, number: Number) -> Derivation:
    """a = f(z), of Dense and Activation."""
    layer = values.step(number.node).layer
    activation = layer.activation  # type: ignore[attr-defined]
    index = number.index
    if activation.name == "linear" and layer.name == "dense":
        return weighted_sum(values, number)
    symbol = "a" + subscript(*index[1:])
    z = _pre_activation(values, number)
    if activation.name == "softmax":
        return _softmax(values, number, symbol, z)
    template = ACTIVATIONS.get(activation.name)
    operands: tuple[Operand, ...] = (z,)
    if activation.name == "leaky_relu":
        slope = 1.0 if z.value > 0 else activation.slope
        template, operands = "{1}*{0}", (z, Operand("slope", slope))
    elif activation.name in ("elu", "selu"):
        template = _exponential_unit(activation, z.value)
    elif activation.name == "gelu":
        below = 0.5 * (1.0 + math.erf(z.value / math.sqrt(2.0)))
        template, operands = "{0}*{1}", (z, Operand("Φ(z)", below, note="share below z"))
    if template is None:
        template = repr(values.value(number))
    if activation.name == "step":
        template = "1" if z.value >= 0 else "0"
    return account(
        values, number, symbol, "the activation", "a = f(z),  " + activation.formula, template,
        operands, rule=f"{activation.title} of the weighted sum",
    )  # fmt: skip


def _exponential_unit(activation: object, z: float) -> str:
    alpha = float(getattr(activation, "alpha", getattr(activation, "ALPHA", 1.0)))
    scale = float(getattr(activation, "SCALE", 1.0))
    inner = "{0}" if z > 0 else f"{alpha!r}*(exp({{0}}) - 1)"
    return inner if scale == 1.0 else f"{scale!r}*{inner}"


def _softmax(values: Values, number: Number, symbol: str, z: Operand) -> Derivation:
    index = number.index
    row = values.array(number.node, "z", number.batch)[index[:-1]]
    shift = float(row.max())
    terms = []
    for j, other in enumerate(row):
        at = _pre_activation(values, Number(number.node, "y", (*index[:-1], j), number.batch))
        power = float(np.exp(float(other) - shift))
        terms.append(Term(f"e^{at.symbol}", power, (at, Operand("max z", shift)), "exp({0} - {1})"))
    note = (
        "The largest z is subtracted from every exponent. "
        "The quotient does not change, and no power overflows."
    )
    return account(
        values, number, symbol, "the probability", "a = e^z / Σ e^z", "exp({0} - {1})/({terms})",
        (z, Operand("max z", shift)), tuple(terms),
        "Softmax: one exponential divided by the sum of all", note,
    )  # fmt: skip


def _pre_activation(values: Values, number: Number) -> Operand:
    symbol = "z" + subscript(*number.index[1:])
    if values.step(number.node).layer.name == "activation":
        source = values.source(number.node)
        title = values.step(source).title
        return operand(values, Number(source, "y", number.index, number.batch), symbol, title)
    return operand(values, Number(number.node, "z", number.index, number.batch), symbol)


def weighted_sum(values: Values, number: Number) -> Derivation:
    """z = Σ x·W + b of one neuron; terms with x = 0 are left out."""
    node, index, batch = number.node, number.index, number.batch
    layer = values.step(node).layer
    if layer.name == "activation":
        z = _pre_activation(values, number)
        assert z.number is not None
        return output(values, z.number)
    j = index[-1]
    source = values.source(node)
    x = values.array(source, "y", batch)[index[:-1]]
    column = values.array(node, "w:kernel", batch)[:, j]
    terms = []
    for i in np.flatnonzero(x).tolist():
        at = (*index[:-1], i)
        weight = operand(values, Number(node, "w:kernel", (i, j), batch), "W" + subscript(i, j))
        inward = came_in(values, number, at)
        terms.append(
            Term(
                f"{inward.symbol}·{weight.symbol}", float(x[i]) * float(column[i]), (inward, weight)
            )
        )
    symbol = f"z{subscript(*index[1:])}"
    operands: tuple[Operand, ...] = ()
    template, formula = "{terms}", f"{symbol} = Σᵢ xᵢ·Wᵢ,{subscript(j)}"
    if values.has(node, "w:bias", batch):
        operands = (operand(values, Number(node, "w:bias", (j,), batch), "b" + subscript(j)),)
        template, formula = "{terms} + {0}", formula + f" + b{subscript(j)}"
    silent = x.size - len(terms)
    note = f"{silent:,} of the {x.size:,} inputs are 0 and add nothing." if silent else ""
    return account(
        values, number, symbol, "the weighted sum", formula, template, operands, tuple(terms),
        "Every input times its weight, plus the bias", note,
    )  # fmt: skip


def _masked(values: Values, number: Number) -> Derivation:
    index = number.index
    x = came_in(values, number, index)
    symbol = "y" + subscript(*index[1:])
    if not values.has(number.node, "mask", number.batch):
        note = "Dropout is active only in training; here every number passes unchanged."
        return account(values, number, symbol, "an output", "y = x", "{0}", (x,), note=note)
    m = operand(
        values, Number(number.node, "mask", index, number.batch), "m" + subscript(*index[1:])
    )
    return account(
        values, number, symbol, "an output", "y = m · x", "{0}*{1}", (m, x),
        rule="The mask sets the output to 0 or scales it up",
    )  # fmt: skip


def mask(values: Values, number: Number) -> Derivation:
    """m: 0 or 1/(1-rate)."""
    rate = float(values.step(number.node).layer.rate)  # type: ignore[attr-defined]
    value = values.value(number)
    dropped = value == 0
    note = (
        "Drawn at random for this pass; the other outputs are scaled up to keep the expected sum."
    )
    operands = () if dropped else (Operand("rate", rate, note="the setting of the layer"),)
    return account(
        values, number, "m" + subscript(*number.index[1:]), "the mask",
        "m = 0 with probability rate, else 1/(1 - rate)", "0" if dropped else "1/(1 - {0})",
        operands, note=note,
    )  # fmt: skip


def _noisy(values: Values, number: Number) -> Derivation:
    index = number.index
    x = came_in(values, number, index)
    symbol = "y" + subscript(*index[1:])
    if not values.has(number.node, "noise", number.batch):
        note = "Noise is added only while training."
        return account(values, number, symbol, "an output", "y = x", "{0}", (x,), note=note)
    drawn = float(values.array(number.node, "noise", number.batch)[index])
    noise = Operand("ε" + subscript(*index[1:]), drawn, note="drawn at random")
    return account(values, number, symbol, "an output", "y = x + ε", "{0} + {1}", (x, noise))


def _routed(values: Values, number: Number) -> Derivation:
    """Flatten and Reshape: the same number in another place."""
    shape = values.input(number.node, 0, number.batch).shape
    flat = np.ravel_multi_index(number.index, values.array(number.node, "y", number.batch).shape)
    index = tuple(int(i) for i in np.unravel_index(int(flat), shape))
    x = came_in(values, number, index)
    return account(
        values, number, "y" + subscript(*number.index[1:]), "an output", "y = x", "{0}", (x,),
        rule="The same number in another place",
    )  # fmt: skip


def _added(values: Values, number: Number) -> Derivation:
    ports = range(len(values.step(number.node).sources))
    xs = tuple(came_in(values, number, number.index, port) for port in ports)
    terms = tuple(Term(x.note, x.value, (x,), "{0}") for x in xs)
    return account(
        values, number, "y" + subscript(*number.index[1:]), "an output", "y = x₁ + x₂ + …",
        "{terms}", (), terms, "The branches are added number by number",
    )  # fmt: skip


def _multiplied(values: Values, number: Number) -> Derivation:
    ports = range(len(values.step(number.node).sources))
    xs = tuple(came_in(values, number, number.index, port) for port in ports)
    template = "*".join(f"{{{port}}}" for port in ports)
    return account(
        values, number, "y" + subscript(*number.index[1:]), "an output", "y = x₁ · x₂ · …",
        template, xs, rule="The branches are multiplied number by number",
    )  # fmt: skip


def _joined(values: Values, number: Number) -> Derivation:
    start, last = 0, number.index[-1]
    for port in range(len(values.step(number.node).sources)):
        width = values.input(number.node, port, number.batch).shape[-1]
        if last < start + width:
            x = came_in(values, number, (*number.index[:-1], last - start), port)
            return account(
                values, number, "y" + subscript(*number.index[1:]), "an output",
                "y = [x₁, x₂, …]", "{0}", (x,),
                rule=f"Number {last - start} of branch {port + 1} stands here",
            )  # fmt: skip
        start += width
    raise IndexError(number)


def _looked_up(values: Values, number: Number) -> Derivation:
    index = number.index
    token = int(values.input(number.node, 0, number.batch)[index[:-1]])
    row = operand(
        values, Number(number.node, "w:embeddings", (token, index[-1]), number.batch),
        "E" + subscript(token, index[-1]),
    )  # fmt: skip
    which = came_in(values, number, index[:-1])
    note = f"The input is {which.value:g}: row {token} of the table is looked up."
    return account(
        values, number, "y" + subscript(*index[1:]), "an output", "y = E[x]", "{0}", (row,),
        note=note,
    )  # fmt: skip


def _averaged(values: Values, number: Number) -> Derivation:
    steps = values.input(number.node, 0, number.batch).shape[1]
    s, feature = number.index
    xs = [came_in(values, number, (s, t, feature)) for t in range(steps)]
    terms = tuple(Term(x.symbol, x.value, (x,), "{0}") for x in xs)
    return account(
        values, number, "y" + subscript(feature), "an output", "y = 1/T Σₜ xₜ", "({terms})/{0}",
        (Operand("T", float(steps)),), terms, "The mean over all positions",
    )  # fmt: skip


def weight(values: Values, number: Number) -> Derivation:
    """A parameter: given at the start, moved by every step since."""
    update = values.tape.update
    name, index = number.parameter, number.index
    symbol = parameter_symbol(name) + subscript(*index)
    t = update.t - 1
    if name.startswith("moving"):
        note = "An average over the batches of the training; it has no gradient."
    elif t == 0:
        note = "The initial value; no step has been taken yet."
    else:
        note = f"The initial value, moved by {t:,} step{'s' if t != 1 else ''} of training."
    value = repr(values.value(number))
    return account(values, number, symbol, f"{name}", f"{symbol} is learned", value, note=note)


OUTPUTS: dict[str, Rule] = {
    "input": _data,
    "dense": _activated,
    "activation": _activated,
    "dropout": _masked,
    "gaussian_noise": _noisy,
    "flatten": _routed,
    "reshape": _routed,
    "add": _added,
    "multiply": _multiplied,
    "concatenate": _joined,
    "embedding": _looked_up,
    "global_average_pooling_1d": _averaged,
    "batch_normalization": normalising.rescaled,
    "layer_normalization": normalising.rescaled,
}

FORWARD: dict[str, Rule] = {
    "y": output,
    "z": weighted_sum,
    "mask": mask,
    "mean": normalising.mean,
    "variance": normalising.variance,
    "deviation": normalising.deviation,
    "normalized": normalising.normalized,
}
