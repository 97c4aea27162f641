"""Where the loss and its gradient come from, and why the gradient is so simple where it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnstudio.analysis.network_pass.accounts import class_name, operand, pairs, place
from nnstudio.analysis.network_pass.known import note_on, unknown_in_output, unknown_of
from nnstudio.analysis.network_pass.numbers import Derivation, Number, Operand, Term, subscript
from nnstudio.analysis.network_pass.values import LOSS, Values

Array = np.ndarray[Any, Any]

#: What one output adds to the loss of its sample, and its slope; {0} is ŷ, {1} is y.
PARTS = {
    "mean_squared_error": ("({0} - {1})**2", "2*({0} - {1})"),
    "mean_absolute_error": ("abs({0} - {1})", None),
    "huber": (None, None),
    "log_cosh": (None, "tanh({0} - {1})"),
    "hinge": ("max(0, 1 - {1}*{0})", None),
    "squared_hinge": ("max(0, 1 - {1}*{0})**2", "(-2)*{1}*max(0, 1 - {1}*{0})"),
    "binary_crossentropy": (
        "-({1}*log({0}) + (1 - {1})*log(1 - {0}))",
        "({0} - {1})/({0}*(1 - {0}))",
    ),
    "categorical_crossentropy": ("-{1}*log({0})", "-{1}/{0}"),
    "kl_divergence": ("{1}*log({1}/{0})", "-{1}/{0}"),
}
SUMMED = ("categorical_crossentropy", "kl_divergence")  # the others take the mean over the outputs
TINY = 1e-7


def of_loss(values: Values, number: Number) -> Derivation:
    """L, the loss of a sample, the weight it counts with, or the target."""
    if number.what == "L":
        return _mean(values, number)
    if number.what == "l":
        return _of_sample(values, number)
    if number.what == "weight":
        return _of_weight(values, number)
    if number.what == "penalty":
        value = values.value(number)
        return Derivation(
            number, "penalty", "The penalty of L1 and L2", value, "l1 Σ|w| + l2 Σ w²", repr(value)
        )
    return _target(values, number)


def _mean(values: Values, number: Number) -> Derivation:
    passed = values.passed(number.batch)
    n = passed.count
    terms = []
    for s in range(n):
        one = operand(values, Number(LOSS, "l", (s,), number.batch), f"l{subscript(s)}")
        weight = class_weight(values, s, number.batch)
        if weight:
            counted = weight[0].value * one.value
            terms.append(Term(f"{weight[0].symbol}·{one.symbol}", counted, (*weight, one)))
        else:
            terms.append(Term(one.symbol, one.value, (one,), "{0}"))
    template, operands = "({terms})/{0}", [Operand("n", float(n))]
    formula = "L = 1/n Σ l" if passed.weights is None else "L = 1/n Σ c · l"
    if abs(passed.penalty) > 1e-6 * max(1.0, abs(passed.loss)):
        template += " + {1}"
        formula += " + penalty"
        operands.append(operand(values, Number(LOSS, "penalty", (), number.batch), "penalty"))
    title = "L, the loss of this sample" if n == 1 else f"L, the mean loss of {n:,} samples"
    rule = "" if passed.weights is None else "Every loss counts with its class weight c"
    return Derivation(
        number, "L", title, values.value(number), formula, template, tuple(operands), tuple(terms),
        rule,
    )  # fmt: skip


def class_weight(values: Values, s: int, batch: bool) -> tuple[Operand, ...]:
    """The weight with which a sample's class counts; empty where all classes count the same."""
    if values.passed(batch).weights is None:
        return ()
    at = Number(LOSS, "weight", (s,), batch)
    return (operand(values, at, f"c{subscript(s)}", "class weight"),)


def _of_weight(values: Values, number: Number) -> Derivation:
    (s,) = number.index
    sizes, names = values.tape.class_sizes, values.tape.fitted.class_names
    true = int(values.passed(number.batch).y[s])
    name = names[true] if true < len(names) else str(true)
    operands = (
        Operand("n", float(sum(sizes)), note="training samples"),
        Operand("classes", float(sum(1 for size in sizes if size))),
        Operand("size", float(sizes[true]), note=f"training samples of {name}"),
    )
    symbol = f"c{subscript(s)}"
    return Derivation(
        number, symbol, f"{symbol}, the class weight of {name}", values.value(number),
        "c = n / (classes · size of the class)", "{0}/({1}*{2})", operands,
        rule="Balanced: every class counts the same, however many samples it has",
    )  # fmt: skip


def _of_sample(values: Values, number: Number) -> Derivation:
    loss = values.tape.loss
    (s,) = number.index
    template, _ = PARTS.get(loss.name, (None, None))
    terms = []
    for k, (guess, target) in enumerate(pairs(values, s, number.batch)):
        if template is None or (loss.name in SUMMED and target.value == 0):
            continue
        at = (guess, target)
        terms.append(
            Term(
                f"class {k}" if len(template) > 20 else guess.symbol,
                _compute(template, at),
                at,
                template,
            )
        )
    value = values.value(number)
    symbol = f"l{subscript(s)}"
    where = place(values, Number(values.plan.output, "y", (s,), number.batch))
    title = f"{symbol}, the loss of {where}"
    whole, operands = _whole(values, loss.name, "{terms}")
    if not terms:
        whole, operands = repr(value), ()
    return Derivation(
        number,
        symbol,
        title,
        value,
        loss.formula,
        whole,
        operands,
        tuple(terms),
        rule=loss.sentence(),
    )


def _whole(values: Values, name: str, inner: str) -> tuple[str, tuple[Operand, ...]]:
    k = values.tape.chosen.prediction.shape[-1]
    if name in SUMMED or k == 1:
        return inner, ()
    return f"({inner})/{{0}}", (Operand("k", float(k), note="outputs"),)


def _target(values: Values, number: Number) -> Derivation:
    s, k = number.index
    passed = values.passed(number.batch)
    value = values.value(number)
    where = place(values, Number(values.plan.output, "y", (s,), number.batch))
    names = values.tape.fitted.class_names
    note = f"Here the data begins: the target of {where}."
    if passed.part == "own":
        note = "Your own input has no true target; the predicted one is used instead."
        symbol = "y" + subscript(k)
        title = f"{symbol}, the target"
        return Derivation(number, symbol, title, value, "y is assumed", repr(value), note=note)
    if passed.y.ndim == 1 and passed.y.dtype.kind in "iu":
        true = int(passed.y[s])
        name = names[true] if true < len(names) else str(true)
        note = f"Here the data begins: {where} is of class {name}."
        if getattr(values.tape.loss, "label_smoothing", 0.0):
            note += f" Label smoothing of {values.tape.loss.label_smoothing:g} is applied."  # type: ignore[attr-defined]
    symbol = "y" + subscript(k)
    return Derivation(
        number, symbol, f"{symbol}, the target", value, "y is given", repr(value), note=note
    )


# ---- the gradient -------------------------------------------------------------------------------


def slope(values: Values, number: Number) -> Derivation:
    """dL/dŷ of one output."""
    loss, index, batch = values.tape.loss, number.index, number.batch
    s = index[0]
    shape = values.array(number.node, "y", batch).shape
    k = int(np.ravel_multi_index(index[1:], shape[1:])) if index[1:] else 0
    guess, target = pairs(values, s, batch)[k]
    n, outputs = shape[0], values.target_rows(batch).shape[1]
    share = 1.0 / (n if loss.name in SUMMED else n * outputs)
    value = values.value(number)
    weight = class_weight(values, s, batch)
    operands: tuple[Operand, ...]
    _, template = PARTS.get(loss.name, (None, None))
    if template is None:
        local = value / share / (weight[0].value if weight else 1.0)
        template, operands = "{0}*{1}", (Operand("dl/dŷ", local), Operand("1/n", share))
    elif share == 1.0:
        operands = (guess, target)
    else:
        template, operands = (
            f"({template})*{{2}}",
            (guess, target, Operand("share", share, note="1/n of the mean")),
        )
    formula = loss.derivative_formula.split("\n")[0] or "dL/dŷ"
    rule = "How fast the loss changes with this output"
    if weight:
        template = f"({template})*{{{len(operands)}}}"
        operands += weight
        rule += ", times the class weight c"
    symbol = "dL/dŷ" + subscript(*index[1:])
    note = ""
    if values.tape.fused:
        note = (
            "Training does not compute this number: loss and output activation together give dL/dz."
        )
    return Derivation(
        number, symbol, f"{symbol}, the gradient of the loss", value, formula, template,
        operands, rule=rule, note=note,
    )  # fmt: skip


def fused(values: Values, number: Number) -> Derivation:
    """dL/dz = (ŷ - y)/n, where softmax or sigmoid meets its cross-entropy."""
    loss, index, batch = values.tape.loss, number.index, number.batch
    shape = values.array(number.node, "y", batch).shape
    k = int(np.ravel_multi_index(index[1:], shape[1:])) if index[1:] else 0
    guess, target = pairs(values, index[0], batch)[k]
    n, outputs = shape[0], values.target_rows(batch).shape[1]
    share = n if loss.name in SUMMED else n * outputs
    operands: tuple[Operand, ...] = (guess, target)
    difference, letters = "{0} - {1}", "ŷ - y"
    total = float(values.target_rows(batch)[index[0]].sum())
    if loss.name in SUMMED and abs(total - 1.0) > 1e-6:  # amounts that are no distribution
        difference, letters = f"{total!r}*{{0}} - {{1}}", "ŷ Σy - y"
    template, formula = difference, f"dL/dz = {letters}"
    if share != 1:
        template = f"({difference})/{{2}}"
        operands = (guess, target, Operand("n", float(share)))
        formula = f"dL/dz = 1/n ({letters})"
    rule = "Prediction minus target"
    weight = class_weight(values, index[0], batch)
    if weight:
        template = f"{{{len(operands)}}}*({template})" if share == 1 else "{3}*" + template
        operands += weight
        formula = formula.replace(f"({letters})", f"c ({letters})")
        formula = formula.replace(f"= {letters}", f"= c ({letters})")
        rule += ", times the class weight c"
    activation = values.step(number.node).layer.activation  # type: ignore[attr-defined]
    note = (
        f"{activation.title} and {loss.title.lower()} are computed together: the exponential of "
        "the one cancels against the logarithm of the other, and only the difference is left."
    )
    symbol = "dL/dz" + subscript(*index[1:])
    return Derivation(
        number, symbol, f"{symbol}, the error of an output", values.value(number), formula,
        template, operands, rule=rule, note=note,
    )  # fmt: skip


def _compute(template: str, operands: tuple[Operand, ...]) -> float:
    """The value of one of the `PARTS`."""
    guess, target = (float(o.value) for o in operands)
    kept = min(max(guess, TINY), 1 - TINY)
    if template == PARTS["binary_crossentropy"][0]:
        return -(target * math.log(kept) + (1 - target) * math.log(1 - kept))
    if template == PARTS["categorical_crossentropy"][0]:
        return -target * math.log(max(guess, TINY))
    if template == PARTS["kl_divergence"][0]:
        return target * math.log(max(target, TINY) / max(guess, TINY))
    if template == PARTS["hinge"][0]:
        return max(0.0, 1 - target * guess)
    if template == PARTS["squared_hinge"][0]:
        return max(0.0, 1 - target * guess) ** 2
    if template == PARTS["mean_absolute_error"][0]:
        return abs(guess - target)
    return (guess - target) ** 2


# ---- the story ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class LossStory:
    """The loss of one sample told in steps, and what the squared error would have made of it.

    ``rows`` has for every output: name, z, ŷ, y, dL/dz as it is, and dL/dz as it would be with the
    mean squared error (None where that is the loss already, or there is no activation to pass).
    """

    title: str
    steps: tuple[tuple[str, str], ...]  # sentence and formula
    rows: tuple[tuple[str, float, float, float, float, float | None], ...]
    comparison: str


def story(values: Values, sample: int = 0, batch: bool = False) -> LossStory:
    """Why the gradient at the output is what it is."""
    tape, layers = values.tape, values.passed(batch).layers
    node = next((id for id, layer in layers.items() if layer.fused), values.plan.output)
    loss, layer = tape.loss, values.step(node).layer
    activation = getattr(layer, "activation", None)
    guess = values.array(node, "y", batch)[sample].reshape(-1).astype(np.float64)
    has_z = activation is not None and values.has(node, "z", batch)
    z = values.array(node, "z", batch)[sample].reshape(-1) if has_z else guess
    target = values.target_rows(batch)[sample]
    n = values.passed(batch).count
    what = "dz" if values.has(node, "dz", batch) else "dy"
    dz = values.array(node, what, batch)[sample].reshape(-1).astype(np.float64) * n
    weight = class_weight(values, sample, batch)
    unknown = unknown_in_output(values, node, batch) or unknown_of(values.step(node))
    squared = None
    comparable = loss.name != "mean_squared_error" and not hasattr(loss, "sides")
    if activation is not None and unknown is None and comparable:
        squared = _with_squared_error(values, activation, np.asarray(z, np.float64), guess, target)
        if weight:
            squared = squared * weight[0].value
    names = [class_name(values, k) or f"output {k}" for k in range(len(guess))]
    rows = tuple(
        (names[k], float(z[k]), float(guess[k]), float(target[k]), float(dz[k]),
         None if squared is None else float(squared[k]))
        for k in range(len(guess))
    )  # fmt: skip
    steps = _steps(tape.fused, loss.name, activation)
    if unknown is not None:
        steps = ((note_on(unknown), ""),)
    if weight:
        steps = (*steps, ("The class counts with its weight c", "dL/dz ← c · dL/dz"))
    return LossStory(loss.title, steps, rows, _compare(dz, squared))


def _with_squared_error(
    values: Values, activation: Any, z: Array, guess: Array, target: Array
) -> Array:
    slope = 2.0 * (guess - target) / len(guess)
    back = activation.backward(values.ops, z[None, :], guess[None, :], slope[None, :])
    return np.asarray(back).reshape(-1)


def _steps(fused: bool, name: str, activation: Any) -> tuple[tuple[str, str], ...]:
    if fused and name == "categorical_crossentropy":
        return (
            ("Softmax turns scores into probabilities", "ŷ_k = e^(z_k) / Σ_j e^(z_j)"),
            (
                "The loss is the negative logarithm of the true class's probability",
                "L = -log ŷ_c = -z_c + log Σ_j e^(z_j)",
            ),
            ("The first part has slope -1 at the true class", "d(-z_c)/dz_k = -1 if k = c else 0"),
            (
                "The second part has the softmax as its slope",
                "d(log Σ_j e^(z_j))/dz_k = e^(z_k)/Σ_j e^(z_j) = ŷ_k",
            ),
            ("Together only the difference is left", "dL/dz = ŷ - y"),
        )
    if fused and name == "kl_divergence":
        return (
            ("Softmax turns scores into probabilities", "ŷ_k = e^(z_k) / Σ_j e^(z_j)"),
            (
                "The loss compares them with the true distribution y",
                "L = Σ_k y_k log(y_k / ŷ_k) = Σ_k y_k (log y_k - z_k) + log Σ_j e^(z_j)",
            ),
            ("The first part has slope -y", "d(-Σ_k y_k z_k)/dz_k = -y_k"),
            (
                "The second part has the softmax as its slope",
                "d(log Σ_j e^(z_j))/dz_k = e^(z_k)/Σ_j e^(z_j) = ŷ_k",
            ),
            ("Together only the difference is left", "dL/dz = ŷ - y"),
        )
    if fused and name == "binary_crossentropy":
        return (
            ("The sigmoid turns a score into a probability", "ŷ = 1 / (1 + e^-z)"),
            (
                "The loss is the cross-entropy of target and prediction",
                "L = -(y log ŷ + (1 - y) log(1 - ŷ))",
            ),
            ("Its slope by ŷ", "dL/dŷ = (ŷ - y) / (ŷ (1 - ŷ))"),
            ("The sigmoid's slope equals the denominator", "dŷ/dz = ŷ (1 - ŷ)"),
            ("They cancel", "dL/dz = ŷ - y"),
        )
    bend = activation.derivative_formula if activation is not None else ""
    steps = [("The slope of the loss by the output", "dL/dŷ")]
    if bend:
        steps.append(("The slope of the output's activation", bend))
    steps.append(("The chain rule multiplies them", "dL/dz = dL/dŷ · dŷ/dz"))
    return tuple(steps)


def _compare(dz: Array, squared: Array | None) -> str:
    if squared is None:
        return ""
    now, then = float(np.abs(dz).max()), float(np.abs(squared).max())
    if then <= 0:
        return "With mean squared error no gradient at all would flow back from here."
    ratio = now / then
    if ratio >= 2:
        return (
            f"With mean squared error the largest gradient would be {ratio:.3g} times smaller: the "
            "activation's slope stays in the product, and a confident mistake is hardly corrected."
        )
    return f"With mean squared error the largest gradient would be {1 / ratio:.3g} times this one."
