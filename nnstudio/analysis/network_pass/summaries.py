"""Where the figures of a whole layer come from: its dead neurons, the size of its weights …

A figure over many thousand numbers shows those that weigh most, each of which opens, and sums up
the rest.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnstudio.analysis.network_pass.accounts import account, operand, parameter_symbol
from nnstudio.analysis.network_pass.measures import columns, parameters
from nnstudio.analysis.network_pass.numbers import Derivation, Number, Operand, Term, subscript
from nnstudio.analysis.network_pass.values import Array, Values
from nnstudio.analysis.thumbnails import flat_ends

MOST = 60
"""So many numbers behind a figure are shown one by one."""


def _over(values: Values, number: Number) -> str:
    n = values.passed(number.batch).count
    return f"Over {n:,} sample{'s' if n != 1 else ''} of the training set."


def _heaviest(weights: Array) -> list[int]:
    """The places of the largest magnitudes, the largest first."""
    sizes = np.nan_to_num(np.abs(weights.reshape(-1)))
    if sizes.size > MOST:
        found = np.argpartition(-sizes, MOST)[:MOST]
        return [int(k) for k in found[np.argsort(-sizes[found], kind="stable")]]
    return [int(k) for k in np.argsort(-sizes, kind="stable")]


def _index(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(flat, shape)) if shape else ()


# ---- neurons that are off -----------------------------------------------------------------------


def dead(values: Values, number: Number) -> Derivation:
    """How many neurons are off for every sample: all of them, and the living nearest to it."""
    peaks = values.array(number.node, "peak", number.batch)
    off = [int(j) for j in np.flatnonzero(peaks <= 0)]
    alive = [int(j) for j in np.argsort(peaks, kind="stable") if peaks[j] > 0]
    terms = []
    for j in off + alive[: max(0, MOST - len(off))]:
        at = Number(number.node, "peak", (j,), number.batch)
        peak = operand(values, at, f"max z{subscript(j)}", "off" if peaks[j] <= 0 else "alive")
        counted = peaks[j] <= 0
        terms.append(Term(f"neuron {j}", float(counted), (peak,), "1" if counted else "0"))
    return account(
        values, number, "dead", "the number of dead neurons", "dead = Σⱼ 1 where max zⱼ ≤ 0",
        "{terms}", (), tuple(terms), "A neuron whose z is never above 0 learns nothing",
        _over(values, number),
    )  # fmt: skip


def peak(values: Values, number: Number) -> Derivation:
    """The largest z of a neuron over the samples."""
    node, batch, (j,) = number.node, number.batch, number.index
    z = values.array(node, "z", batch)
    column = z[..., j]
    best = _index(int(column.argmax()), column.shape)
    top = operand(values, Number(node, "z", (*best, j), batch), f"z{subscript(j)}",
                  f"sample {values.passed(batch).rows[best[0]] + 1:,}")  # fmt: skip
    symbol = f"max z{subscript(j)}"
    return account(
        values, number, symbol, f"the largest z of neuron {j}", f"{symbol} over the samples", "{0}",
        (top,), rule="The neuron is active for a sample where z is above 0",
        note=_over(values, number),
    )  # fmt: skip


def saturated(values: Values, number: Number) -> Derivation:
    """The share of activations on a flat end: neuron by neuron."""
    node, batch = number.node, number.batch
    flat = values.array(node, "flat", batch)
    shown = _heaviest(flat)
    terms = tuple(
        Term(f"neuron {j}", float(flat[j]), (_flat_of(values, number, j),), "{0}") for j in shown
    )
    rest = float(flat.sum() - flat[shown].sum())
    operands: tuple[Operand, ...] = (
        Operand("all", float(values.array(node, "z", batch).size), note="neurons times samples"),
    )
    template = "({terms})/{0}"
    if rest:
        template, operands = "({terms} + {1})/{0}", (*operands, Operand("the others", rest))
    return account(
        values, number, "saturated", "the share of activations on a flat end",
        "saturated = flat / all", template, operands, terms,
        "Where the function is flat hardly any gradient passes", _over(values, number),
    )  # fmt: skip


def _flat_of(values: Values, number: Number, j: int) -> Operand:
    at = Number(number.node, "flat", (j,), number.batch)
    return operand(values, at, f"flat{subscript(j)}", f"neuron {j}")


def flat(values: Values, number: Number) -> Derivation:
    """For how many samples a neuron is on a flat end."""
    node, batch, (j,) = number.node, number.batch, number.index
    z = values.array(node, "z", batch)
    activation = values.step(node).layer.activation  # type: ignore[attr-defined]
    there = flat_ends(activation, columns(z))[:, j]
    terms = []
    for place in np.flatnonzero(there).tolist():
        lead = _index(place, z.shape[:-1])
        at = operand(values, Number(node, "z", (*lead, j), batch), f"z{subscript(*lead[1:], j)}",
                     f"sample {values.passed(batch).rows[lead[0]] + 1:,}")  # fmt: skip
        terms.append(Term(at.note, 1.0, (at,), "1"))
    low, high = activation.saturates
    ends = [f"z ≤ {low:g}"] * (low is not None) + [f"z ≥ {high:g}"] * (high is not None)
    return account(
        values, number, f"flat{subscript(j)}", f"the flat activations of neuron {j}",
        f"Σ 1 where {' or '.join(ends)}", "{terms}", (), tuple(terms), note=_over(values, number),
    )  # fmt: skip


# ---- sizes --------------------------------------------------------------------------------------


def weights_rms(values: Values, number: Number) -> Derivation:
    """How large the weights are."""
    return _rms(values, number, "w", "w", "the root mean square of the weights")


def gradient_rms(values: Values, number: Number) -> Derivation:
    """How large the gradient is."""
    return _rms(values, number, "dw", "g", "the root mean square of the gradient")


def _rms(values: Values, number: Number, kind: str, symbol: str, what: str) -> Derivation:
    arrays = parameters(values, number.node, kind, number.batch)
    names = list(arrays)
    flat = np.concatenate([a.reshape(-1) for a in arrays.values()]).astype(np.float64)
    starts = np.cumsum([0, *(a.size for a in arrays.values())])
    shown = _heaviest(flat)
    before = "dL/d" if kind == "dw" else ""
    terms = []
    for place in shown:
        k = int(np.searchsorted(starts, place, side="right")) - 1
        index = _index(place - int(starts[k]), arrays[names[k]].shape)
        at = Number(number.node, f"{kind}:{names[k]}", index, number.batch)
        one = operand(values, at, f"{before}{parameter_symbol(names[k])}{subscript(*index)}")
        terms.append(Term(f"{one.symbol}²", one.value**2, (one,), "{0}**2"))
    rest = max(0.0, float(np.dot(flat, flat)) - sum(term.value for term in terms))
    left = flat.size - len(shown)
    note = _over(values, number) if kind == "dw" else ""
    return account(
        values, number, f"RMS {symbol}", what, f"RMS = √(1/n Σ {symbol}²)",
        "sqrt(({terms}" + (" + {1}" if left else "") + ")/{0})",
        (Operand("n", float(flat.size)), *_rest(left, rest, f"Σ {symbol}²")), tuple(terms),
        note=note,
    )  # fmt: skip


def _rest(left: int, value: float, symbol: str) -> tuple[Operand, ...]:
    return (Operand(symbol, value, note=f"of the {left:,} smaller ones"),) if left else ()


def output_mean(values: Values, number: Number) -> Derivation:
    """The mean of everything that comes out."""
    outputs = values.array(number.node, "y", number.batch).astype(np.float64)
    return _mean(values, number, outputs, "ȳ", "the mean of the outputs", ())


def means(values: Values, number: Number) -> Derivation:
    """The mean of one output over the samples."""
    outputs = values.array(number.node, "y", number.batch).astype(np.float64)
    inside = _index(number.index[0], outputs.shape[1:])
    column = outputs.reshape(len(outputs), -1)[:, number.index[0]]
    symbol = f"ȳ{subscript(*inside)}"
    return _mean(values, number, column, symbol, "a mean output", inside)


def _mean(
    values: Values, number: Number, outputs: Array, symbol: str, what: str, inside: tuple[int, ...]
) -> Derivation:
    shown = _heaviest(outputs)
    terms = []
    for place in shown:
        one = _output(values, number, (*_index(place, outputs.shape), *inside))
        terms.append(Term(one.symbol, one.value, (one,), "{0}"))
    left = outputs.size - len(shown)
    rest = float(outputs.sum() - sum(term.value for term in terms))
    return account(
        values, number, symbol, what, f"{symbol} = 1/n Σ y",
        "({terms}" + (" + {1}" if left else "") + ")/{0}",
        (Operand("n", float(outputs.size)), *_rest(left, rest, "Σ y")), tuple(terms),
        note=_over(values, number),
    )  # fmt: skip


def output_deviation(values: Values, number: Number) -> Derivation:
    """How far the outputs scatter around their mean."""
    outputs = values.array(number.node, "y", number.batch).astype(np.float64)
    mean = operand(values, Number(number.node, "output mean", (), number.batch), "ȳ")
    away = outputs - outputs.mean()
    shown = _heaviest(away)
    terms = []
    for place in shown:
        one = _output(values, number, _index(place, outputs.shape))
        squared = (one.value - mean.value) ** 2
        terms.append(Term(f"({one.symbol} − ȳ)²", squared, (one, mean), "({0} - {1})**2"))
    left = outputs.size - len(shown)
    rest = max(0.0, float((away * away).sum()) - sum(term.value for term in terms))
    return account(
        values, number, "s", "the standard deviation of the outputs", "s = √(1/n Σ (y − ȳ)²)",
        "sqrt(({terms}" + (" + {1}" if left else "") + ")/{0})",
        (Operand("n", float(outputs.size)), *_rest(left, rest, "Σ (y − ȳ)²"), mean), tuple(terms),
        note=_over(values, number),
    )  # fmt: skip


def _output(values: Values, number: Number, index: tuple[int, ...]) -> Operand:
    row = values.passed(number.batch).rows[index[0]]
    at = Number(number.node, "y", index, number.batch)
    return operand(values, at, f"y{subscript(*index[1:])}", f"sample {row + 1:,}")


SUMMARIES: dict[str, Callable[[Values, Number], Derivation]] = {
    "peak": peak,
    "dead": dead,
    "flat": flat,
    "saturated": saturated,
    "weights rms": weights_rms,
    "gradient rms": gradient_rms,
    "output mean": output_mean,
    "output deviation": output_deviation,
    "means": means,
}
