"""Gates: functions of several steps that are one card when collapsed.

A gate's slope has a short form of its own, such as (1 − σ)·σ. Opened, the same function is worked
in single steps; both give the same gradient. A gate is also the numerically safer way: sigmoid and
softmax are computed here without large intermediate numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nnstudio.analysis.expression.numbers import Format, bracketed
from nnstudio.analysis.expression.operations.base import (
    POWER,
    PRODUCT,
    Number,
    Operation,
    Style,
    Written,
    call,
)

_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def lowered(index: int) -> str:
    """An index as a subscript: ₁₂."""
    return str(index).translate(_LOWERED)


@dataclass(frozen=True)
class Sigmoid(Operation):
    """σ(x) = 1/(1 + e⁻ˣ), between 0 and 1."""

    @property
    def symbol(self) -> str:
        return "σ"

    @property
    def title(self) -> str:
        return "apply the sigmoid"

    @property
    def formula(self) -> str:
        return "σ(x) = 1/(1 + e⁻ˣ)"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("dσ/dx = (1 − σ)·σ",)

    @property
    def remark(self) -> str:
        return "The slope is at most ¼, so every sigmoid makes the gradient smaller."

    def compute(self, m: Any, *x: Number) -> Number:
        if x[0].real >= 0:
            return 1 / (1 + m.exp(-x[0]))
        e = m.exp(x[0])
        return e / (1 + e)

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        # 1 - σ(x) is σ(-x), which keeps its digits where σ is nearly 1.
        return (float(self.compute(math, -x[0])) * y,)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"(1 − {n(y)})·{n(y)}",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        return call("sigmoid" if style == "python" else "σ", parts, style, r"\sigma")


@dataclass(frozen=True)
class Softplus(Operation):
    """ln(1 + eˣ), a smooth ReLU."""

    @property
    def symbol(self) -> str:
        return "softplus"

    @property
    def title(self) -> str:
        return "apply softplus"

    @property
    def formula(self) -> str:
        return "f(x) = ln(1 + eˣ)"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = σ(x)",)

    @property
    def remark(self) -> str:
        return "The slope of softplus is the sigmoid."

    def compute(self, m: Any, *x: Number) -> Number:
        if m is math:
            return max(x[0], 0.0) + math.log1p(math.exp(-abs(x[0])))
        large = x[0] if x[0].real > 0 else 0
        small = -x[0] if x[0].real > 0 else x[0]
        return large + m.log(1 + m.exp(small))

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (float(Sigmoid().compute(math, x[0])),)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"σ({n(x[0])})",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        if style == "python":
            return Written(f"log(1 + exp({parts[0].text}))")
        return call("softplus", parts, style)


@dataclass(frozen=True)
class Softmax(Operation):
    """One probability of a softmax: e to this score, divided by the sum over all scores."""

    index: int

    @property
    def symbol(self) -> str:
        return f"softmax{lowered(self.index + 1)}"

    @property
    def title(self) -> str:
        return f"softmax, probability {self.index + 1}"

    @property
    def formula(self) -> str:
        k = lowered(self.index + 1)
        return f"p{k} = e^z{k} / Σⱼ e^zⱼ"

    def derivatives(self, count: int) -> tuple[str, ...]:
        k = lowered(self.index + 1)
        return tuple(
            f"dp{k}/dz{k} = p{k}·(1 − p{k})"
            if i == self.index
            else f"dp{k}/dz{lowered(i + 1)} = −p{k}·p{lowered(i + 1)}"
            for i in range(count)
        )

    @property
    def remark(self) -> str:
        return "Its own score raises the probability, every other score lowers it."

    def compute(self, m: Any, *x: Number) -> Number:
        return probabilities(m, x)[self.index]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        p = [float(each) for each in probabilities(math, x)]
        others = math.fsum(each for i, each in enumerate(p) if i != self.index)
        return tuple(y * others if i == self.index else -y * p[i] for i in range(len(x)))

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        p = [float(each) for each in probabilities(math, x)]
        return tuple(
            f"{n(y)}·(1 − {n(y)})" if i == self.index else f"−{n(y)}·{n(p[i])}"
            for i in range(len(x))
        )

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        listed = ", ".join(part.text for part in parts)
        if style == "tex":
            return Written(rf"\operatorname{{softmax}}\left({listed}\right)_{{{self.index + 1}}}")
        if style == "text":
            return Written(f"softmax{lowered(self.index + 1)}({listed})")
        return Written(f"softmax([{listed}])[{self.index}]")


@dataclass(frozen=True)
class CrossEntropy(Operation):
    """−ln of one softmax probability: the categorical cross-entropy of this true class."""

    index: int

    @property
    def symbol(self) -> str:
        return "CE"

    @property
    def title(self) -> str:
        return f"softmax and cross-entropy, true class {self.index + 1}"

    @property
    def formula(self) -> str:
        return f"f(z₁, z₂, …) = −ln p{lowered(self.index + 1)},  p = softmax(z)"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return tuple(
            f"df/dz{lowered(i + 1)} = p{lowered(i + 1)}{' − 1' if i == self.index else ''}"
            for i in range(count)
        )

    @property
    def remark(self) -> str:
        return "Prediction minus target, ŷ − y. This is why the two are computed together."

    def compute(self, m: Any, *x: Number) -> Number:
        top = max(x, key=lambda each: each.real)
        return m.log(sum(m.exp(each - top) for each in x)) + top - x[self.index]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        p = [float(each) for each in probabilities(math, x)]
        others = math.fsum(each for i, each in enumerate(p) if i != self.index)
        return tuple(-others if i == self.index else p[i] for i in range(len(x)))

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        p = [float(each) for each in probabilities(math, x)]
        return tuple(f"{n(p[i])} − 1" if i == self.index else "" for i in range(len(x)))

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        inside = Softmax(self.index).write(parts, style).text
        if style == "tex":
            return Written(rf"-\ln {inside}", PRODUCT)
        return Written(f"{'−' if style == 'text' else '-'}log({inside})", PRODUCT)


@dataclass(frozen=True)
class LogisticLoss(Operation):
    """Binary cross-entropy of a score z and a target y, with the sigmoid inside."""

    @property
    def symbol(self) -> str:
        return "BCE"

    @property
    def title(self) -> str:
        return "sigmoid and binary cross-entropy"

    @property
    def formula(self) -> str:
        return "f(z, y) = −(y·ln σ(z) + (1 − y)·ln(1 − σ(z)))"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dz = σ(z) − y", "df/dy = −z")

    @property
    def remark(self) -> str:
        return "Prediction minus target, ŷ − y. It has no factor that could vanish."

    def compute(self, m: Any, *x: Number) -> Number:
        z, y = x
        return Softplus().compute(m, z) - y * z

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (float(Sigmoid().compute(math, x[0])) - x[1], -x[0])

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"σ({n(x[0])}) − {bracketed(x[1], n)}", f"−{bracketed(x[0], n)}")

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        z, y = (part.text for part in parts)
        factor = parts[1].within(PRODUCT, style)
        if style == "python":
            return Written(
                f"-({factor}*log(sigmoid({z})) + (1 - {parts[1].within(PRODUCT)})"
                f"*log(1 - sigmoid({z})))",
                PRODUCT,
            )
        return call(
            "BCE", [Written(rf"\sigma({z})" if style == "tex" else f"σ({z})"), Written(y)], style
        )


@dataclass(frozen=True)
class Gelu(Operation):
    """x·Φ(x), with the normal distribution Φ; a smooth ReLU."""

    @property
    def symbol(self) -> str:
        return "GELU"

    @property
    def title(self) -> str:
        return "apply GELU"

    @property
    def formula(self) -> str:
        return "f(x) = x·Φ(x)"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = Φ(x) + x·φ(x)",)

    @property
    def remark(self) -> str:
        return "Φ is the share of the normal distribution below x, φ its bell curve."

    def compute(self, m: Any, *x: Number) -> Number:
        if isinstance(x[0], complex):
            # The error function of a complex number, to first order in a tiny imaginary part.
            real = x[0].real
            return complex(real * _phi(real), x[0].imag * self.slopes([real], 0.0)[0])
        return x[0] * _phi(x[0])

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        bell = math.exp(-0.5 * x[0] * x[0]) / math.sqrt(2 * math.pi)
        return (_phi(x[0]) + x[0] * bell,)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        return call("gelu" if style == "python" else "GELU", parts, style)


@dataclass(frozen=True)
class SquaredDifference(Operation):
    """(x - y)²: the squared error of one prediction."""

    @property
    def symbol(self) -> str:
        return "(x−y)²"

    @property
    def title(self) -> str:
        return "square the difference"

    @property
    def formula(self) -> str:
        return "f(x, y) = (x − y)²"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = 2·(x − y)", "df/dy = −2·(x − y)")

    @property
    def remark(self) -> str:
        return "Twice the error: a large error gives a large gradient."

    def compute(self, m: Any, *x: Number) -> Number:
        return (x[0] - x[1]) ** 2

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (2.0 * (x[0] - x[1]), -2.0 * (x[0] - x[1]))

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        error = f"({n(x[0])} − {bracketed(x[1], n)})"
        return (f"2·{error}", f"−2·{error}")

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        minus = "−" if style == "text" else "-"
        inside = f"{parts[0].text} {minus} {parts[1].within(PRODUCT, style)}"
        if style == "tex":
            return Written(rf"\left({inside}\right)^2", POWER)
        return Written(f"({inside}){'²' if style == 'text' else '**2'}", POWER)


def probabilities(m: Any, scores: Sequence[Number]) -> list[Number]:
    """softmax(scores); the largest score is subtracted first, so that no exp overflows."""
    top = max(scores, key=lambda each: each.real)
    powers = [m.exp(score - top) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def _phi(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))
