"""Where the numbers of the backward pass come from: gradients of outputs, inputs and parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnstudio.analysis.network_pass import losses
from nnstudio.analysis.network_pass.accounts import (
    account,
    came_in,
    operand,
    parameter_symbol,
)
from nnstudio.analysis.network_pass.normalising import statistic_index
from nnstudio.analysis.network_pass.numbers import Derivation, Number, Operand, Term, subscript
from nnstudio.analysis.network_pass.values import Values

Rule = Callable[[Values, Number], Derivation]


# ---- what arrives -------------------------------------------------------------------------------


def arriving(values: Values, number: Number) -> Derivation:
    """dy: from the loss, from the layer after, or the sum over several layers after."""
    node, index, batch = number.node, number.index, number.batch
    symbol = "dL/dy" + subscript(*index[1:])
    if node == values.plan.output:
        return losses.slope(values, number)
    parts = [
        operand(values, Number(user, f"dx{port}", index, batch), "dL/dx" + subscript(*index[1:]),
                f"from {values.step(user).title}")
        for user, port in values.users[node]
        if values.has(user, f"dx{port}", batch)
    ]  # fmt: skip
    if len(parts) == 1:
        return account(
            values, number, symbol, "the upstream gradient", "dL/dy = dL/dx of the layer after",
            "{0}", tuple(parts), rule="The gradient that the next layer passes back",
        )  # fmt: skip
    terms = tuple(Term(part.note, part.value, (part,), "{0}") for part in parts)
    return account(
        values, number, symbol, "the upstream gradient", "dL/dy = Σ over the layers that read y",
        "{terms}", (), terms, "Several layers read this output, so their gradients add up",
    )  # fmt: skip


def through(values: Values, number: Number) -> Derivation:
    """dz = da · f'(z), or straight from the loss where the two were computed together."""
    node, index, batch = number.node, number.index, number.batch
    if values.layer(node, batch).fused:
        return losses.fused(values, number)
    symbol = "dL/dz" + subscript(*index[1:])
    activation = values.step(node).layer.activation  # type: ignore[attr-defined]
    da = operand(values, Number(node, "dy", index, batch), "dL/da" + subscript(*index[1:]))
    if activation.name == "softmax":
        return _through_softmax(values, number, symbol)
    slope = operand(values, Number(node, "slope", index, batch), "f′(z)")
    return account(
        values, number, symbol, "the gradient before the activation", "dL/dz = dL/da · f′(z)",
        "{0}*{1}", (da, slope), rule="Upstream times local slope",
        note=_blocked(activation.title, slope.value),
    )  # fmt: skip


def _blocked(title: str, slope: float) -> str:
    if slope == 0:
        return (
            f"The slope of {title} is 0 here, so no gradient passes and this neuron does not learn."
        )
    if abs(slope) < 0.05:
        return f"{title} is nearly flat here: only {slope:.2g} of the gradient passes."
    return ""


def _through_softmax(values: Values, number: Number, symbol: str) -> Derivation:
    node, index, batch = number.node, number.index, number.batch
    k, lead = index[-1], index[:-1]
    terms = []
    own = operand(values, Number(node, "y", index, batch), "a" + subscript(k))
    for j in range(values.array(node, "y", batch).shape[-1]):
        at = (*lead, j)
        da = operand(values, Number(node, "dy", at, batch), "dL/da" + subscript(j))
        a = operand(values, Number(node, "y", at, batch), "a" + subscript(j))
        if j == k:
            value = da.value * a.value * (1 - a.value)
            terms.append(Term(f"{da.symbol}·a(1−a)", value, (da, a), "{0}*{1}*(1 - {1})"))
        else:
            value = -da.value * a.value * own.value
            symbols = f"−{da.symbol}·a{subscript(j)}·a{subscript(k)}"
            terms.append(Term(symbols, value, (da, a, own), "(-1)*{0}*{1}*{2}"))
    return account(
        values, number, symbol, "the gradient before softmax",
        "dL/dz_k = Σ_j dL/da_j · a_j (1[j=k] - a_k)", "{terms}", (), tuple(terms),
        "Every score changes every probability",
    )  # fmt: skip


def slope(values: Values, number: Number) -> Derivation:
    """f'(z)"""
    node, index, batch = number.node, number.index, number.batch
    activation = values.step(node).layer.activation  # type: ignore[attr-defined]
    symbol = "z" + subscript(*index[1:])
    at = Number(node, "z", index, batch)
    if not values.has(node, "z", batch):
        at = Number(node, "y", index, batch)
    z = operand(values, at, symbol)
    a = operand(values, Number(node, "y", index, batch), "a" + subscript(*index[1:]))
    value = values.value(number)
    template, operands = {
        "sigmoid": ("(1 - {0})*{0}", (a,)),
        "tanh": ("1 - {0}**2", (a,)),
    }.get(activation.name, (repr(value), (z,)))
    return account(
        values, number, f"f′({symbol})", "the slope", activation.derivative_formula, template,
        operands, rule=f"The slope of {activation.title} at this z",
    )  # fmt: skip


# ---- what is passed on --------------------------------------------------------------------------


def passed_on(values: Values, number: Number) -> Derivation:
    """dx: what a layer passes back to the layer before."""
    return INPUTS[values.step(number.node).layer.name](values, number)


def _port(number: Number) -> int:
    return int(number.what[2:])


def _symbol(number: Number) -> str:
    return "dL/dx" + subscript(*number.index[1:])


def _dense(values: Values, number: Number) -> Derivation:
    node, index, batch = number.node, number.index, number.batch
    i, lead = index[-1], index[:-1]
    dz = values.array(node, "dz", batch)[lead]
    row = values.array(node, "w:kernel", batch)[i]
    terms = []
    for j in np.flatnonzero(dz).tolist():
        weight = operand(values, Number(node, "w:kernel", (i, j), batch), "W" + subscript(i, j))
        up = operand(
            values, Number(node, "dz", (*lead, j), batch), "dL/dz" + subscript(*lead[1:], j)
        )
        terms.append(
            Term(f"{up.symbol}·{weight.symbol}", float(dz[j]) * float(row[j]), (up, weight))
        )
    silent = dz.size - len(terms)
    note = f"{silent:,} of the {dz.size:,} neurons pass no gradient back." if silent else ""
    return account(
        values, number, _symbol(number), "the gradient passed back",
        f"dL/dx{subscript(i)} = Σⱼ dL/dzⱼ · W{subscript(i)},ⱼ", "{terms}", (), tuple(terms),
        "Each neuron's gradient times its weight for this input, summed", note,
    )  # fmt: skip


def _activation(values: Values, number: Number) -> Derivation:
    return through(values, Number(number.node, "dz", number.index, number.batch))


def _dropout(values: Values, number: Number) -> Derivation:
    node, index, batch = number.node, number.index, number.batch
    up = operand(values, Number(node, "dy", index, batch), "dL/dy" + subscript(*index[1:]))
    if not values.has(node, "mask", batch):
        return _same(values, number)
    m = operand(values, Number(node, "mask", index, batch), "m" + subscript(*index[1:]))
    return account(
        values, number, _symbol(number), "the gradient passed back", "dL/dx = m · dL/dy",
        "{0}*{1}", (m, up), rule="Where the mask is 0, the gradient is 0",
    )  # fmt: skip


def _same(values: Values, number: Number) -> Derivation:
    """Add and noise: the same gradient."""
    up = operand(
        values, Number(number.node, "dy", number.index, number.batch),
        "dL/dy" + subscript(*number.index[1:]),
    )  # fmt: skip
    return account(
        values, number, _symbol(number), "the gradient passed back", "dL/dx = dL/dy", "{0}", (up,),
        rule="The local derivative is 1",
    )  # fmt: skip


def _reshaped(values: Values, number: Number) -> Derivation:
    node, batch = number.node, number.batch
    flat = np.ravel_multi_index(number.index, values.array(node, number.what, batch).shape)
    shape = values.array(node, "dy", batch).shape
    index = tuple(int(i) for i in np.unravel_index(int(flat), shape))
    up = operand(values, Number(node, "dy", index, batch), "dL/dy" + subscript(*index[1:]))
    return account(
        values, number, _symbol(number), "the gradient passed back", "dL/dx = dL/dy", "{0}", (up,),
        rule="The same gradient in another place",
    )  # fmt: skip


def _multiply(values: Values, number: Number) -> Derivation:
    node, index, batch, port = number.node, number.index, number.batch, _port(number)
    up = operand(values, Number(node, "dy", index, batch), "dL/dy" + subscript(*index[1:]))
    others = tuple(
        came_in(values, number, index, p)
        for p in range(len(values.step(node).sources))
        if p != port
    )
    template = "*".join(f"{{{place}}}" for place in range(len(others) + 1))
    return account(
        values, number, _symbol(number), "the gradient passed back",
        "dL/dxᵢ = dL/dy · the product of the other branches", template, (up, *others),
    )  # fmt: skip


def _concatenate(values: Values, number: Number) -> Derivation:
    node, index, batch, port = number.node, number.index, number.batch, _port(number)
    start = sum(values.input(node, p, batch).shape[-1] for p in range(port))
    at = (*index[:-1], index[-1] + start)
    up = operand(values, Number(node, "dy", at, batch), "dL/dy" + subscript(*at[1:]))
    return account(
        values, number, _symbol(number), "the gradient passed back",
        "dL/dxᵢ = the part of dL/dy that xᵢ became", "{0}", (up,),
        rule=f"Branch {port + 1} begins at place {start}",
    )  # fmt: skip


def _average(values: Values, number: Number) -> Derivation:
    node, batch = number.node, number.batch
    s, _, feature = number.index
    steps = values.input(node, 0, batch).shape[1]
    up = operand(values, Number(node, "dy", (s, feature), batch), "dL/dy" + subscript(feature))
    return account(
        values, number, _symbol(number), "the gradient passed back", "dL/dx = 1/T dL/dy",
        "{0}/{1}", (up, Operand("T", float(steps))), rule="Every position gets an equal share",
    )  # fmt: skip


def _index(values: Values, number: Number) -> Derivation:
    return account(
        values, number, _symbol(number), "the gradient passed back", "dL/dx = 0", "0",
        note="An index is a choice, not a quantity; it has no gradient.",
    )  # fmt: skip


def _normalization(values: Values, number: Number) -> Derivation:
    """dx = (dx̂ - mean dx̂ - x̂ mean(dx̂ x̂)) / √(σ² + ε)"""
    node, index, batch = number.node, number.index, number.batch
    layer, k = values.step(node).layer, number.index[-1]
    gamma = operand(values, Number(node, "w:gamma", (k,), batch), "γ" + subscript(k))
    up = operand(values, Number(node, "dy", index, batch), "dL/dy" + subscript(*index[1:]))
    at = statistic_index(values, number)
    spread = operand(values, Number(node, "deviation", at, batch), "√(σ² + ε)")
    by_sample = layer.name == "layer_normalization"
    if not by_sample and not values.passed(batch).training:
        return account(
            values, number, _symbol(number), "the gradient passed back",
            "dL/dx = γ dL/dy / √(σ² + ε)", "{0}*{1}/{2}", (gamma, up, spread),
            note="With the moving averages mean and variance are constants.",
        )  # fmt: skip
    g = values.array(node, "w:gamma", batch).astype(np.float64)
    dn = values.array(node, "dy", batch).astype(np.float64) * g
    xn = values.array(node, "normalized", batch).astype(np.float64)
    if by_sample:
        mean, along = dn[index[:-1]].mean(), (dn * xn)[index[:-1]].mean()
    else:
        mean, along = dn[..., k].mean(), (dn * xn)[..., k].mean()
    own = operand(values, Number(node, "normalized", index, batch), "x̂" + subscript(*index[1:]))
    over = "the features" if by_sample else "the batch"
    operands = (
        gamma, up, Operand("mean dx̂", float(mean), note=f"over {over}"), own,
        Operand("mean(dx̂·x̂)", float(along), note=f"over {over}"), spread,
    )  # fmt: skip
    return account(
        values, number, _symbol(number), "the gradient passed back",
        "dx̂ = γ dL/dy,  dL/dx = (dx̂ - mean dx̂ - x̂ mean(dx̂ x̂)) / √(σ² + ε)",
        "({0}*{1} - {2} - {3}*{4})/{5}", operands,
        rule=f"x also changes the mean and the variance of {over}, so both add to its gradient",
    )  # fmt: skip


# ---- parameters ---------------------------------------------------------------------------------


def parameter(values: Values, number: Number) -> Derivation:
    """dL/dw of one parameter, summed over the samples."""
    node, index, batch, name = number.node, number.index, number.batch, number.parameter
    layer = values.step(node).layer
    symbol = f"dL/d{parameter_symbol(name)}{subscript(*index)}"
    terms = PARAMETERS[layer.name, name](values, number)
    penalty = _penalty(values, number)
    formula = {
        "kernel": "dL/dWᵢⱼ = Σ xᵢ · dL/dzⱼ over the samples",
        "bias": "dL/dbⱼ = Σ dL/dzⱼ over the samples",
        "gamma": "dL/dγ = Σ dL/dy · x̂",
        "beta": "dL/dβ = Σ dL/dy",
        "embeddings": "dL/dE = Σ dL/dy where this row was looked up",
    }[name]
    n = values.passed(batch).count
    note = f"Each dL/dz includes the factor 1/{n:,} of the mean." if n > 1 else ""
    if penalty:
        formula += " + penalty"
    return account(
        values, number, symbol, "the gradient of a parameter", formula, "{terms}", (),
        (*terms, *penalty), "The input times the upstream gradient", note,
    )  # fmt: skip


def _kernel(values: Values, number: Number) -> tuple[Term, ...]:
    node, batch = number.node, number.batch
    i, j = number.index
    x, dz = values.input(node, 0, batch)[..., i], values.array(node, "dz", batch)[..., j]
    terms = []
    for flat in np.flatnonzero((x != 0) & (dz != 0)).tolist():
        lead = tuple(int(k) for k in np.unravel_index(flat, x.shape))
        inward = came_in(values, number, (*lead, i))
        back = operand(values, Number(node, "dz", (*lead, j), batch), "dL/dz" + subscript(j))
        terms.append(
            Term(f"{inward.symbol}·{back.symbol}", inward.value * back.value, (inward, back))
        )
    return tuple(terms)


def _bias(values: Values, number: Number) -> tuple[Term, ...]:
    return _all_of(values, number, "dz")


def _beta(values: Values, number: Number) -> tuple[Term, ...]:
    return _all_of(values, number, "dy")


def _all_of(values: Values, number: Number, what: str) -> tuple[Term, ...]:
    column = values.array(number.node, what, number.batch)[..., number.index[-1]]
    terms = []
    for flat in np.flatnonzero(column).tolist():
        lead = tuple(int(k) for k in np.unravel_index(flat, column.shape))
        at = Number(number.node, what, (*lead, number.index[-1]), number.batch)
        back = operand(values, at, f"dL/d{what[1:]}{subscript(number.index[-1])}")
        terms.append(Term(back.symbol, back.value, (back,), "{0}"))
    return tuple(terms)


def _gamma(values: Values, number: Number) -> tuple[Term, ...]:
    terms = []
    for term in _all_of(values, number, "dy"):
        (up,) = term.operands
        assert up.number is not None
        at = Number(number.node, "normalized", up.number.index, number.batch)
        own = operand(values, at, "x̂")
        terms.append(Term(f"{up.symbol}·x̂", up.value * own.value, (up, own)))
    return tuple(terms)


def _embeddings(values: Values, number: Number) -> tuple[Term, ...]:
    tokens = values.input(number.node, 0, number.batch)
    row, k = number.index
    terms = []
    for flat in np.flatnonzero(tokens == row).tolist():
        lead = tuple(int(i) for i in np.unravel_index(flat, tokens.shape))
        at = Number(number.node, "dy", (*lead, k), number.batch)
        up = operand(values, at, "dL/dy" + subscript(*lead[1:], k))
        terms.append(Term(up.symbol, up.value, (up,), "{0}"))
    return tuple(terms)


def _penalty(values: Values, number: Number) -> tuple[Term, ...]:
    """What L1 and L2 add: l1·sign(w) and 2·l2·w."""
    specs = {spec.name: spec for spec in values.step(number.node).parameters}
    spec = specs[number.parameter]
    at = Number(number.node, f"w:{number.parameter}", number.index, number.batch)
    w = operand(values, at, parameter_symbol(number.parameter) + subscript(*number.index))
    terms = []
    if spec.l1:
        sign = float(np.sign(w.value))
        terms.append(
            Term("l1·sign(w)", spec.l1 * sign, (Operand("l1", spec.l1), Operand("sign(w)", sign)))
        )
    if spec.l2:
        rate = Operand("l2", spec.l2)
        terms.append(Term("2·l2·w", 2 * spec.l2 * w.value, (rate, w), "2*{0}*{1}"))
    return tuple(terms)


INPUTS: dict[str, Rule] = {
    "dense": _dense,
    "activation": _activation,
    "dropout": _dropout,
    "gaussian_noise": _same,
    "add": _same,
    "flatten": _reshaped,
    "reshape": _reshaped,
    "multiply": _multiply,
    "concatenate": _concatenate,
    "embedding": _index,
    "global_average_pooling_1d": _average,
    "batch_normalization": _normalization,
    "layer_normalization": _normalization,
}

PARAMETERS: dict[tuple[str, str], Callable[[Values, Number], tuple[Term, ...]]] = {
    ("dense", "kernel"): _kernel,
    ("dense", "bias"): _bias,
    ("batch_normalization", "gamma"): _gamma,
    ("batch_normalization", "beta"): _beta,
    ("layer_normalization", "gamma"): _gamma,
    ("layer_normalization", "beta"): _beta,
    ("embedding", "embeddings"): _embeddings,
}

BACKWARD: dict[str, Rule] = {"dy": arriving, "dz": through, "slope": slope}
