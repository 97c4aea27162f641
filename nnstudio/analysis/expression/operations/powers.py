"""Powers and roots, each above its derivative."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nnstudio.analysis.expression.numbers import Format, bracketed, short
from nnstudio.analysis.expression.operations.base import (
    ATOM,
    POWER,
    SIGN,
    Number,
    Operation,
    Refusal,
    Style,
    Written,
    call,
    constant,
    overflow,
)

_RAISED = str.maketrans("0123456789-−.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻·")


def raised(value: float) -> str:
    """A constant as a superscript: ², ⁻¹."""
    return short(value).translate(_RAISED)


@dataclass(frozen=True)
class Power(Operation):
    """x to the power of a number n."""

    n: float

    @property
    def symbol(self) -> str:
        return f"x{raised(self.n)}"

    @property
    def title(self) -> str:
        if self.n in (2, 3):
            return "square" if self.n == 2 else "cube"
        return f"raise to the power {short(self.n)}"

    @property
    def formula(self) -> str:
        return f"f(x) = x{raised(self.n)}" if self.n in (2, 3) else "f(x) = xⁿ"

    def derivatives(self, count: int) -> tuple[str, ...]:
        if self.n in (2, 3):
            return ("df/dx = 2x" if self.n == 2 else "df/dx = 3x²",)
        return ("df/dx = n·xⁿ⁻¹",)

    @property
    def remark(self) -> str:
        return f"n = {short(self.n)} here."

    def compute(self, m: Any, *x: Number) -> Number:
        if m is math and x[0] < 0 and self.n != int(self.n):
            raise ValueError("a negative number has no real root")
        return x[0] ** _whole(self.n)

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        if self.n == 0:
            return (0.0,)
        return (float(self.n * x[0] ** _whole(self.n - 1)),)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        if self.n == 2:
            return (f"2·{bracketed(x[0], n)}",)
        return (f"{short(self.n)}·{bracketed(x[0], n)}{raised(self.n - 1)}",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        base = parts[0].within(ATOM, style)
        if style == "tex":
            return Written(f"{base}^{{{constant(self.n, style)}}}", POWER)
        if style == "text":
            return Written(f"{base}{raised(self.n)}", POWER)
        return Written(f"{base}**{constant(self.n, style)}", POWER)

    def refusal(self, x: Sequence[float], names: Sequence[str], n: Format) -> Refusal:
        return _power_refusal(x[0], self.n, names[0], n, self.symbol)


@dataclass(frozen=True)
class Raise(Operation):
    """x to the power of y."""

    @property
    def symbol(self) -> str:
        return "xʸ"

    @property
    def title(self) -> str:
        return "raise to a power"

    @property
    def formula(self) -> str:
        return "f(x, y) = xʸ"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = y·xʸ⁻¹", "df/dy = xʸ·ln x")

    def compute(self, m: Any, *x: Number) -> Number:
        if m is math and x[0] < 0 and x[1] != int(x[1]):
            raise ValueError("a negative number has no real root")
        return x[0] ** x[1]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        base, power = x
        by_base = 0.0 if power == 0 else power * base ** (power - 1)
        return (float(by_base), 0.0 if base == 0 < power else y * math.log(base))

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        base, power = bracketed(x[0], n), bracketed(x[1], n)
        return (f"{power}·{base}^({n(x[1] - 1)})", f"{bracketed(y, n)}·ln {base}")

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        base = parts[0].within(ATOM, style)
        if style == "tex":
            return Written(f"{base}^{{{parts[1].text}}}", POWER)
        return Written(f"{base}{'^' if style == 'text' else '**'}{parts[1].within(ATOM)}", POWER)

    def refusal(self, x: Sequence[float], names: Sequence[str], n: Format) -> Refusal:
        if x[0] < 0 and x[1] == int(x[1]):
            return Refusal(
                "This slope does not exist",
                f"{names[0]} is {n(x[0])}. A negative base has a value for whole powers only, "
                "so there is no slope in the direction of the power.",
                f"Make {names[0]} positive",
            )
        return _power_refusal(x[0], x[1], names[0], n, self.symbol)


@dataclass(frozen=True)
class RaiseBase(Operation):
    """A number c to the power of x."""

    c: float

    @property
    def symbol(self) -> str:
        return f"{short(self.c)}ˣ"

    @property
    def title(self) -> str:
        return f"raise {short(self.c)} to this power"

    @property
    def formula(self) -> str:
        return "f(x) = cˣ"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = cˣ·ln c",)

    @property
    def remark(self) -> str:
        return f"c = {short(self.c)} here."

    def compute(self, m: Any, *x: Number) -> Number:
        if m is math and self.c < 0 and x[0] != int(x[0]):
            raise ValueError("a negative number has no real root")
        return self.c ** x[0]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (0.0 if self.c == 0 < x[0] else y * math.log(self.c),)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"{bracketed(y, n)}·ln {short(self.c)}",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        base = Written(constant(self.c, style), SIGN if self.c < 0 else ATOM).within(ATOM, style)
        if style == "tex":
            return Written(f"{base}^{{{parts[0].text}}}", POWER)
        return Written(f"{base}{'^' if style == 'text' else '**'}{parts[0].within(ATOM)}", POWER)

    def refusal(self, x: Sequence[float], names: Sequence[str], n: Format) -> Refusal:
        if self.c < 0 and x[0] == int(x[0]):
            return Refusal(
                "This slope does not exist",
                f"{short(self.c)} has whole powers only, so there is no slope between them.",
                "Write a positive number before the **",
            )
        return _power_refusal(self.c, x[0], short(self.c), n, self.symbol)


@dataclass(frozen=True)
class Sqrt(Operation):
    """The square root."""

    @property
    def symbol(self) -> str:
        return "√"

    @property
    def title(self) -> str:
        return "take the square root"

    @property
    def formula(self) -> str:
        return "f(x) = √x"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = 1/(2·√x)",)

    def compute(self, m: Any, *x: Number) -> Number:
        return m.sqrt(x[0])

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (0.5 / y,)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"1/(2·{bracketed(y, n)})",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        if style == "tex":
            return Written(rf"\sqrt{{{parts[0].text}}}")
        return call("sqrt", parts, style)

    def refusal(self, x: Sequence[float], names: Sequence[str], n: Format) -> Refusal:
        if x[0] == 0:
            return Refusal(
                "The slope of √x at 0 is infinite",
                f"{names[0]} is 0. √0 has a value, but the curve is vertical there.",
                f"Make {names[0]} larger than 0, or add a small number under the root",
            )
        return Refusal(
            "Square root of a negative number",
            f"{names[0]} is {n(x[0])}, and no real number has a negative square.",
            f"Make {names[0]} positive",
        )


def _whole(n: float) -> float:
    """The exponent as an int where it is one: then a negative base is allowed."""
    return int(n) if n == int(n) and abs(n) < 1e6 else n


def _power_refusal(base: float, power: float, name: str, n: Format, symbol: str) -> Refusal:
    if base == 0:
        return Refusal(
            "Division by zero",
            f"{name} is 0, and 0 to the power {n(power)} would be 1 divided by 0. "
            "(The slope of a power below 1 has no value there either.)",
            f"Move {name} away from 0",
        )
    if base < 0 and power != int(power):
        return Refusal(
            "Root of a negative number",
            f"{name} is {n(base)}, and a negative number has only whole powers; "
            f"{n(power)} is not whole.",
            f"Make {name} positive, or take a whole power",
        )
    return overflow(symbol)
