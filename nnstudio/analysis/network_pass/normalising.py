"""Where the numbers of batch and layer normalisation come from."""

from __future__ import annotations

import numpy as np

from nnstudio.analysis.network_pass.accounts import account, came_in, operand
from nnstudio.analysis.network_pass.numbers import Derivation, Number, Operand, Term, subscript
from nnstudio.analysis.network_pass.values import Values


def rescaled(values: Values, number: Number) -> Derivation:
    """y = γ x̂ + β"""
    node, index, batch = number.node, number.index, number.batch
    k = index[-1]
    operands = (
        operand(values, Number(node, "w:gamma", (k,), batch), "γ" + subscript(k)),
        operand(values, Number(node, "normalized", index, batch), "x̂" + subscript(*index[1:])),
        operand(values, Number(node, "w:beta", (k,), batch), "β" + subscript(k)),
    )
    return account(
        values, number, "y" + subscript(*index[1:]), "an output", "y = γ · x̂ + β",
        "{0}*{1} + {2}", operands, rule="Rescaled with the learned γ and β",
    )  # fmt: skip


def statistic_index(values: Values, number: Number) -> tuple[int, ...]:
    """Where mean and deviation of this element stand: by feature, or by sample for a layer norm."""
    if values.step(number.node).layer.name == "layer_normalization":
        rows = values.array(number.node, "y", number.batch).shape[:-1]
        return (int(np.ravel_multi_index(number.index[:-1], rows)), 0)
    return (number.index[-1],)


def normalized(values: Values, number: Number) -> Derivation:
    """x̂ = (x - μ) / √(σ² + ε)"""
    node, batch = number.node, number.batch
    at = statistic_index(values, number)
    operands = (
        came_in(values, number, number.index),
        operand(values, Number(node, "mean", at, batch), "μ"),
        operand(values, Number(node, "deviation", at, batch), "√(σ² + ε)"),
    )
    return account(
        values, number, "x̂" + subscript(*number.index[1:]), "the normalised input",
        "x̂ = (x - μ) / √(σ² + ε)", "({0} - {1})/{2}", operands,
    )  # fmt: skip


def deviation(values: Values, number: Number) -> Derivation:
    """√(σ² + ε)"""
    epsilon = float(values.step(number.node).layer.epsilon)  # type: ignore[attr-defined]
    variance = operand(values, Number(number.node, "variance", number.index, number.batch), "σ²")
    return account(
        values, number, "√(σ² + ε)", "the deviation", "√(σ² + ε)", "sqrt({0} + {1})",
        (variance, Operand("ε", epsilon)),
    )  # fmt: skip


def mean(values: Values, number: Number) -> Derivation:
    """μ over the batch, over the features, or a moving average."""
    return _statistic(values, number, squared=False)


def variance(values: Values, number: Number) -> Derivation:
    """σ² over the batch, over the features, or a moving average."""
    return _statistic(values, number, squared=True)


def _statistic(values: Values, number: Number, squared: bool) -> Derivation:
    node, batch = number.node, number.batch
    layer, passed = values.step(node).layer, values.passed(batch)
    symbol, what = ("σ²", "the variance") if squared else ("μ", "the mean")
    by_sample = layer.name == "layer_normalization"
    if not by_sample and not passed.training:
        note = "Outside training the moving average replaces the figure of the batch."
        value = repr(values.value(number))
        return account(values, number, symbol, what, f"{symbol} = moving average", value, note=note)
    x = values.input(node, 0, batch)
    rows = x.shape[:-1]
    if by_sample:
        row = tuple(int(i) for i in np.unravel_index(number.index[0], rows))
        indices = [(*row, k) for k in range(x.shape[-1])]
    else:
        indices = [
            (*map(int, np.unravel_index(r, rows)), number.index[0])
            for r in range(int(np.prod(rows)))
        ]
    centre = Operand("μ", 0.0)
    if squared:
        centre = operand(values, Number(node, "mean", number.index, batch), "μ")
    terms = []
    for index in indices:
        inward = came_in(values, number, index)
        if squared:
            square = (inward.value - centre.value) ** 2
            symbol_of = f"({inward.symbol} − μ)²"
            terms.append(Term(symbol_of, square, (inward, centre), "({0} - {1})**2"))
        else:
            terms.append(Term(inward.symbol, inward.value, (inward,), "{0}"))
    over = "the features of the sample" if by_sample else "the batch"
    formula = f"{symbol} = 1/n Σ {'(x − μ)²' if squared else 'x'}"
    return account(
        values, number, symbol, what, formula, "({terms})/{0}",
        (Operand("n", float(len(indices))),), tuple(terms), f"Over {over}",
    )  # fmt: skip
