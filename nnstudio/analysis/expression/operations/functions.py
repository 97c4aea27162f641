"""Exponentials and the other elementary functions, each above its derivative."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nnstudio.analysis.expression.numbers import Format, bracketed
from nnstudio.analysis.expression.operations.base import (
    POWER,
    Number,
    Operation,
    Refusal,
    Style,
    Written,
    call,
    overflow,
)


@dataclass(frozen=True)
class Exp(Operation):
    """e to the power of x."""

    @property
    def symbol(self) -> str:
        return "exp"

    @property
    def title(self) -> str:
        return "raise e to this power"

    @property
    def formula(self) -> str:
        return "f(x) = eˣ"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = eˣ",)

    @property
    def remark(self) -> str:
        return "The slope of eˣ is eˣ itself: the value computed in the forward pass."

    def compute(self, m: Any, *x: Number) -> Number:
        return m.exp(x[0])

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (y,)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"e^{bracketed(x[0], n)}",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        if style == "tex":
            return Written(f"e^{{{parts[0].text}}}", POWER)
        return call("exp", parts, style)

    def refusal(self, x: Sequence[float], names: Sequence[str], n: Format) -> Refusal:
        return Refusal(
            "exp overflows",
            f"{names[0]} is {n(x[0])}, and e to a power above 709.8 is more than a float can hold.",
            f"Make {names[0]} smaller; for a sigmoid or a softmax write sigmoid(…) or "
            "softmax([…]), which are computed without such large numbers",
        )


@dataclass(frozen=True)
class Log(Operation):
    """The natural logarithm."""

    @property
    def symbol(self) -> str:
        return "log"

    @property
    def title(self) -> str:
        return "take the logarithm"

    @property
    def formula(self) -> str:
        return "f(x) = ln x"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = 1/x",)

    @property
    def remark(self) -> str:
        return "Near 0 the slope is very large, so a confident mistake gets a large gradient."

    def compute(self, m: Any, *x: Number) -> Number:
        return m.log(x[0])

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (1.0 / x[0],)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"1/{bracketed(x[0], n)}",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        return call("log", parts, style, r"\ln")

    def refusal(self, x: Sequence[float], names: Sequence[str], n: Format) -> Refusal:
        if x[0] > 0:
            return overflow("1/x, the slope of the logarithm,")
        what = "zero" if x[0] == 0 else "a negative number"
        return Refusal(
            f"Logarithm of {what}",
            f"{names[0]} is {n(x[0])}, and only positive numbers have a logarithm.",
            f"Make {names[0]} positive, or write log(max({names[0]}, 1e-7))",
        )


@dataclass(frozen=True)
class Sin(Operation):
    """The sine of an angle in radians."""

    @property
    def symbol(self) -> str:
        return "sin"

    @property
    def title(self) -> str:
        return "take the sine"

    @property
    def formula(self) -> str:
        return "f(x) = sin x"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = cos x",)

    def compute(self, m: Any, *x: Number) -> Number:
        return m.sin(x[0])

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (math.cos(x[0]),)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"cos {bracketed(x[0], n)}",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        return call("sin", parts, style, r"\sin")


@dataclass(frozen=True)
class Cos(Operation):
    """The cosine of an angle in radians."""

    @property
    def symbol(self) -> str:
        return "cos"

    @property
    def title(self) -> str:
        return "take the cosine"

    @property
    def formula(self) -> str:
        return "f(x) = cos x"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = −sin x",)

    def compute(self, m: Any, *x: Number) -> Number:
        return m.cos(x[0])

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (-math.sin(x[0]),)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"−sin {bracketed(x[0], n)}",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        return call("cos", parts, style, r"\cos")


@dataclass(frozen=True)
class Tanh(Operation):
    """The hyperbolic tangent, an activation between -1 and 1."""

    @property
    def symbol(self) -> str:
        return "tanh"

    @property
    def title(self) -> str:
        return "apply tanh"

    @property
    def formula(self) -> str:
        return "f(x) = tanh x"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = 1 − f²",)

    @property
    def remark(self) -> str:
        return (
            "The slope is at most 1, and nearly 0 where tanh is flat: there the gradient vanishes."
        )

    def compute(self, m: Any, *x: Number) -> Number:
        return m.tanh(x[0])

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return ((1.0 - y) * (1.0 + y),)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"1 − {bracketed(y, n)}²",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        return call("tanh", parts, style, r"\tanh")
