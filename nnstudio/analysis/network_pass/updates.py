"""Where a new weight comes from: the optimizer's rule on one parameter, with its state."""

from __future__ import annotations

from typing import Any

from nnstudio.analysis.network_pass.accounts import operand, parameter_symbol
from nnstudio.analysis.network_pass.numbers import Derivation, Number, Operand, subscript
from nnstudio.analysis.network_pass.values import UPDATE, Values


def of_update(values: Values, number: Number) -> Derivation:
    """g, the state before and after, the new weight, and the figures of the whole step."""
    if number.node == UPDATE:
        return _whole(values, number)
    kind = number.what.split(":", 1)[0]
    if kind == "g":
        return _gradient(values, number)
    if kind == "before":
        return _remembered(values, number)
    if kind == "after":
        return _state(values, number)
    return _new_weight(values, number)


def formula_of(optimizer: Any) -> str:
    """The lines of the optimizer's formula that count with its settings."""
    lines: list[str] = [line.strip() for line in optimizer.formula.split("\n")]
    if optimizer.name == "sgd":
        place = 0 if not optimizer.momentum else 2 if optimizer.nesterov else 1
        return lines[place].split(":", 1)[-1].strip()
    if not getattr(optimizer, "amsgrad", True):
        lines = [line for line in lines if not line.startswith("AMSGrad")]
    if optimizer.name == "rmsprop":
        skipped = ("centred",) * (not optimizer.centered) + ("with momentum",) * (
            not optimizer.momentum
        )
        lines = [line for line in lines if not line.startswith(skipped)] if skipped else lines
    return "\n".join(lines)


def _rate(values: Values) -> Operand:
    return Operand("η", values.tape.update.learning_rate, note="learning rate")


def _at(values: Values, number: Number, what: str, symbol: str) -> Operand:
    at = Number(number.node, f"{what}:{number.parameter}", number.index)
    return operand(values, at, symbol)


def _g(values: Values, number: Number) -> Operand:
    return _at(values, number, "g", "g")


def _after(values: Values, number: Number, state: str) -> Operand:
    return _at(values, number, f"after:{state}", state)


def _before(values: Values, number: Number, state: str) -> Operand:
    return _at(values, number, f"before:{state}", f"{state} before")


def _title(values: Values, number: Number, symbol: str, what: str) -> str:
    return f"{symbol}, {what} in {values.step(number.node).title}"


def _symbol(number: Number) -> str:
    return parameter_symbol(number.parameter) + subscript(*number.index)


def _gradient(values: Values, number: Number) -> Derivation:
    """g: the gradient as the optimizer gets it, clipped if the set-up says so."""
    update = values.tape.update
    raw = operand(
        values,
        Number(number.node, f"dw:{number.parameter}", number.index),
        f"dL/d{_symbol(number)}",
    )
    value = values.value(number)
    title = _title(values, number, "g", f"the gradient of {_symbol(number)}")
    if update.clip is None or raw.value == 0:
        return Derivation(number, "g", title, value, "g = dL/dw", "{0}", (raw,))
    factor = Operand(
        "factor", value / raw.value, note=f"{update.clip.title}: {update.clip.summary()}"
    )
    note = "Clipping limits the gradient before the optimizer uses it."
    return Derivation(
        number, "g", title, value, "g = factor · dL/dw", "{0}*{1}", (factor, raw), note=note
    )


def _new_weight(values: Values, number: Number) -> Derivation:
    update = values.tape.update
    optimizer: Any = update.optimizer
    symbol = _symbol(number)
    w = _at(values, number, "w", symbol)
    start, operands = _decayed(values, number, w)
    step, extra = _step(values, number, len(operands))
    value = values.value(number)
    capped = _is_capped(values, number)
    note = f"The step is {value - w.value:+.4g}.".replace("-", "−")
    if capped:
        note += " Max norm then rescales the neuron's weights if their norm is too large."
    return Derivation(
        number, f"{symbol} new", _title(values, number, f"{symbol} new", "a weight after the step"),
        value, formula_of(optimizer), start + step, (*operands, *extra),
        rule=f"{optimizer.title}, step {update.t:,}", note=note,
    )  # fmt: skip


def _decayed(values: Values, number: Number, w: Operand) -> tuple[str, tuple[Operand, ...]]:
    """The weight after weight decay, which is a step of its own."""
    update = values.tape.update
    rates = [update.decay.rate] if update.decay is not None else []
    if update.optimizer.name == "adamw":
        rates.append(update.optimizer.weight_decay)  # type: ignore[attr-defined]
    start, operands = "{0}", [w]
    for rate in rates:
        place = len(operands)
        operands += [_rate(values), Operand("λ", rate, note="weight decay")]
        start += f"*(1 - {{{place}}}*{{{place + 1}}})"
    return start, tuple(operands)


def _is_capped(values: Values, number: Number) -> bool:
    specs = {spec.name: spec for spec in values.step(number.node).parameters}
    return specs[number.parameter].max_norm is not None


def _step(values: Values, number: Number, first: int) -> tuple[str, tuple[Operand, ...]]:
    """What is added to the weight; the operands' places are counted from ``first``."""
    optimizer: Any = values.tape.update.optimizer
    name, eta, g = optimizer.name, _rate(values), _g(values, number)
    states = values.tape.update.after
    template: str
    operands: tuple[Operand, ...]
    if name == "sgd":
        template, operands = " - {a}*{b}", (eta, g)
        if optimizer.momentum and not optimizer.nesterov:
            template, operands = " + {a}", (_after(values, number, "v"),)
        elif optimizer.momentum:
            mu = Operand("μ", optimizer.momentum, note="momentum")
            template = " + {a}*{b} - {c}*{d}"
            operands = (mu, _after(values, number, "v"), eta, g)
    elif name in ("adam", "adamw", "nadam"):
        m = _after(values, number, "m̂") if "m̂" in states else _nesterov_mean(values, number)
        epsilon = Operand("ε", optimizer.epsilon)
        template = " - {a}*{b}/(sqrt({c}) + {d})"
        operands = (eta, m, _after(values, number, "v̂"), epsilon)
    elif name == "adamax":
        template = " - {a}*{b}/({c} + {d})"
        m, u = _after(values, number, "m̂"), _after(values, number, "u")
        operands = (eta, m, u, Operand("ε", optimizer.epsilon))
    elif name == "adagrad":
        template = " - {a}*{b}/(sqrt({c}) + {d})"
        operands = (eta, g, _after(values, number, "G"), Operand("ε", optimizer.epsilon))
    elif name == "rmsprop" and optimizer.momentum:
        template, operands = " - {a}", (_after(values, number, "b"),)
    elif name == "rmsprop":
        template, operands = " - " + _scaled(optimizer), _scaled_operands(values, number)
    elif name == "adadelta":
        template = " - {a}*sqrt({b} + {c})/sqrt({d} + {c})*{e}"
        before = _before(values, number, "E[Δ²]")
        epsilon = Operand("ε", optimizer.epsilon)
        operands = (eta, before, epsilon, _after(values, number, "E[g²]"), g)
    else:
        raise KeyError(name)
    return _numbered(template, first), operands


def _scaled(optimizer: Any) -> str:
    root = "sqrt({c} - {e}**2)" if optimizer.centered else "sqrt({c})"
    return "{a}*{b}/(" + root + " + {d})"


def _scaled_operands(values: Values, number: Number) -> tuple[Operand, ...]:
    optimizer: Any = values.tape.update.optimizer
    operands = (
        _rate(values), _g(values, number), _after(values, number, "v"),
        Operand("ε", optimizer.epsilon),
    )  # fmt: skip
    return (*operands, _after(values, number, "ḡ")) if optimizer.centered else operands


def _nesterov_mean(values: Values, number: Number) -> Operand:
    """Nadam's m̂, which holds the newest gradient too and so is no part of the state."""
    from nnstudio.nn.optimizers.adaptive import momentum_product

    update = values.tape.update
    optimizer: Any = update.optimizer
    t, beta, psi = update.t, optimizer.beta_1, optimizer.momentum_decay

    def mu(step: int) -> float:
        return float(beta * (1.0 - 0.5 * 0.96 ** (psi * step)))

    past = momentum_product(beta, psi, t)
    m, g = _after(values, number, "m").value, _g(values, number).value
    value = mu(t + 1) * m / (1.0 - past * mu(t + 1)) + (1.0 - mu(t)) * g / (1.0 - past)
    return Operand("m̂", value, note="the mean, looking one step ahead")


def _numbered(template: str, first: int) -> str:
    for place, letter in enumerate("abcde"):
        template = template.replace(f"{{{letter}}}", f"{{{first + place}}}")
    return template


# ---- state --------------------------------------------------------------------------------------


def _remembered(values: Values, number: Number) -> Derivation:
    state = number.what.split(":")[1]
    value, t = values.value(number), values.tape.update.t
    note = (
        "This is the state before the first step."
        if t == 1
        else f"The state after step {t - 1:,}, computed from all gradients so far."
    )
    title = _title(
        values, number, f"{state} before", f"the optimizer's state for {_symbol(number)}"
    )
    return Derivation(
        number, f"{state} before", title, value, f"{state} is kept", repr(value), note=note
    )


def _state(values: Values, number: Number) -> Derivation:
    """The state after the step, from the state before and the gradient."""
    state = number.what.split(":")[1]
    optimizer: Any = values.tape.update.optimizer
    name, t = optimizer.name, values.tape.update.t
    g, value = _g(values, number), values.value(number)
    operands: tuple[Operand, ...] = ()
    template, formula = repr(value), state
    first = Operand("β₁", getattr(optimizer, "beta_1", 0.0))
    second = Operand("β₂", getattr(optimizer, "beta_2", 0.0))
    rho = Operand("ρ", getattr(optimizer, "rho", 0.0))
    mu = Operand("μ", getattr(optimizer, "momentum", 0.0), note="momentum")
    steps = Operand("t", float(t))
    blend, squares = "{0}*{1} + (1 - {0})*{2}", "{0}*{1} + (1 - {0})*{2}**2"
    if state == "m̂":
        formula, template = "m̂ = m / (1 - β₁ᵗ)", "{0}/(1 - {1}**{2})"
        operands = (_after(values, number, "m"), first, steps)
    elif state == "v̂":
        source = "v max" if getattr(optimizer, "amsgrad", False) else "v"
        formula, template = f"v̂ = {source} / (1 - β₂ᵗ)", "{0}/(1 - {1}**{2})"
        operands = (_after(values, number, source), second, steps)
    elif state == "v max":
        formula, template = "v max ← max(v max, v)", "max({0}, {1})"
        operands = (_before(values, number, "v max"), _after(values, number, "v"))
    elif state == "m":
        formula, template = "m ← β₁ m + (1 - β₁) g", blend
        operands = (first, _before(values, number, "m"), g)
    elif state == "u":
        formula, template = "u ← max(β₂ u, |g|)", "max({0}*{1}, abs({2}))"
        operands = (second, _before(values, number, "u"), g)
    elif state == "v" and name == "sgd":
        formula, template = "v ← μ v - η g", "{0}*{1} - {2}*{3}"
        operands = (mu, _before(values, number, "v"), _rate(values), g)
    elif state == "v" and name == "rmsprop":
        formula, template = "v ← ρ v + (1 - ρ) g²", squares
        operands = (rho, _before(values, number, "v"), g)
    elif state == "v":
        formula, template = "v ← β₂ v + (1 - β₂) g²", squares
        operands = (second, _before(values, number, "v"), g)
    elif state == "G":
        formula, template = "G ← G + g²", "{0} + {1}**2"
        operands = (_before(values, number, "G"), g)
    elif state == "ḡ":
        formula, template = "ḡ ← ρ ḡ + (1 - ρ) g", blend
        operands = (rho, _before(values, number, "ḡ"), g)
    elif state == "b":
        formula = "b ← μ b + η g / (√v + ε)"
        template = "{0}*{1} + " + _numbered(_scaled(optimizer), 2)
        operands = (mu, _before(values, number, "b"), *_scaled_operands(values, number))
    elif state == "E[g²]":
        formula, template = "E[g²] ← ρ E[g²] + (1 - ρ) g²", squares
        operands = (rho, _before(values, number, state), g)
    elif state == "E[Δ²]":
        formula = "E[Δ²] ← ρ E[Δ²] + (1 - ρ) Δ²"
        template = "{0}*{1} + (1 - {0})*(({1} + {2})/({3} + {2}))*{4}**2"
        epsilon = Operand("ε", optimizer.epsilon)
        before = _before(values, number, state)
        operands = (rho, before, epsilon, _after(values, number, "E[g²]"), g)
    title = _title(values, number, state, f"the optimizer's state for {_symbol(number)}")
    return Derivation(number, state, title, value, formula, template, operands)


# ---- the whole step -----------------------------------------------------------------------------


def _whole(values: Values, number: Number) -> Derivation:
    update = values.tape.update
    value = values.value(number)
    if number.what == "norm":
        note = "The sum of the squares of all partial derivatives."
        return Derivation(
            number,
            "‖g‖²",
            "‖g‖², the squared length of the gradient",
            value,
            "Σ g²",
            repr(value),
            note=note,
        )
    if number.what == "predicted":
        if update.optimizer.name == "sgd" and not update.optimizer.state_names and not update.decay:
            norm = operand(values, Number(UPDATE, "norm"), "‖g‖²")
            return Derivation(
                number, "ΔL predicted", "ΔL, the linear estimate", value, "ΔL ≈ -η ‖g‖²",
                "-{0}*{1}", (_rate(values), norm),
                note="To first order, the loss falls by η ‖g‖².",
            )  # fmt: skip
        return Derivation(
            number, "ΔL predicted", "ΔL, the linear estimate", value, "ΔL ≈ Σ g · Δw",
            repr(value), note="Plain gradient descent would make this -η ‖g‖².",
        )  # fmt: skip
    if number.what == "after":
        note = "Measured with the new weights on the same samples, with the same dropout mask."
        return Derivation(
            number, "L new", "L after the step", value, "L(θ new)", repr(value), note=note
        )
    after = operand(values, Number(UPDATE, "after"), "L new")
    before = operand(values, Number("loss", "L"), "L")
    return Derivation(
        number, "ΔL", "ΔL, measured", value, "ΔL = L(θ new) - L(θ)", "{0} - {1}",
        (after, before),
    )  # fmt: skip
