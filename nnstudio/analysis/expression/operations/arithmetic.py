"""The four arithmetic operations.

An operation with a number written into it, such as ``2*x`` or ``1 + x``, is one card with one
input: that is how the course draws it, and its rule (a·x has the slope a) is the simpler one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.analysis.expression.numbers import Format, bracketed, short
from nnstudio.analysis.expression.operations.base import (
    ATOM,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    Number,
    Operation,
    Refusal,
    Style,
    Written,
    constant,
    overflow,
)


@dataclass(frozen=True)
class Add(Operation):
    """x + y: the gradient from above goes to both, unchanged."""

    commutative: ClassVar[bool] = True

    @property
    def symbol(self) -> str:
        return "+"

    @property
    def title(self) -> str:
        return "add"

    @property
    def formula(self) -> str:
        return "f(x, y) = x + y"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = 1", "df/dy = 1")

    @property
    def remark(self) -> str:
        return "A sum passes the gradient unchanged to each of its terms."

    def compute(self, m: Any, *x: Number) -> Number:
        return x[0] + x[1]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (1.0, 1.0)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        first, rest = parts[0].within(SUM, style), parts[1:]
        return Written(" + ".join([first, *(part.after_sign(SUM, style) for part in rest)]), SUM)


@dataclass(frozen=True)
class Sum(Add):
    """Σ: a sum of any number of terms on one card."""

    @property
    def symbol(self) -> str:
        return "Σ"

    @property
    def title(self) -> str:
        return "sum up"

    @property
    def formula(self) -> str:
        return "f(x₁, x₂, …) = x₁ + x₂ + …"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dxᵢ = 1",) * count

    def compute(self, m: Any, *x: Number) -> Number:
        return math.fsum(x) if m is math else sum(x)

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (1.0,) * len(x)


@dataclass(frozen=True)
class Subtract(Operation):
    """x - y."""

    @property
    def symbol(self) -> str:
        return "−"

    @property
    def title(self) -> str:
        return "subtract"

    @property
    def formula(self) -> str:
        return "f(x, y) = x − y"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = 1", "df/dy = −1")

    @property
    def remark(self) -> str:
        return "The subtracted term gets the gradient with the opposite sign."

    def compute(self, m: Any, *x: Number) -> Number:
        return x[0] - x[1]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (1.0, -1.0)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        minus = "−" if style == "text" else "-"
        left, right = parts[0].within(SUM, style), parts[1].after_sign(PRODUCT, style)
        return Written(f"{left} {minus} {right}", SUM)


@dataclass(frozen=True)
class Multiply(Operation):
    """x · y: each factor's gradient is scaled by the other factor."""

    commutative: ClassVar[bool] = True

    @property
    def symbol(self) -> str:
        return "×"

    @property
    def title(self) -> str:
        return "multiply"

    @property
    def formula(self) -> str:
        return "f(x, y) = x·y"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = y", "df/dy = x")

    @property
    def remark(self) -> str:
        return "In a product, each factor's local derivative is the other factor."

    def compute(self, m: Any, *x: Number) -> Number:
        return x[0] * x[1]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (x[1], x[0])

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        times = {"text": "·", "tex": r" \cdot ", "python": "*"}[style]
        # A sign is allowed only in front: a·(−b).
        left, right = parts[0].within(PRODUCT, style), parts[1].within(POWER, style)
        if parts[1].level == PRODUCT and not parts[1].text.startswith(("-", "−")):
            right = parts[1].within(PRODUCT, style) if style != "python" else right
        return Written(f"{left}{times}{right}", PRODUCT)


@dataclass(frozen=True)
class Divide(Operation):
    """x / y."""

    @property
    def symbol(self) -> str:
        return "÷"

    @property
    def title(self) -> str:
        return "divide"

    @property
    def formula(self) -> str:
        return "f(x, y) = x/y"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = 1/y", "df/dy = −x/y²")

    def compute(self, m: Any, *x: Number) -> Number:
        return x[0] / x[1]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (1.0 / x[1], -x[0] / x[1] / x[1])

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        below = bracketed(x[1], n)
        return (f"1/{below}", f"−{bracketed(x[0], n)}/{below}²")

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        if style == "tex":
            return Written(rf"\frac{{{parts[0].text}}}{{{parts[1].text}}}", PRODUCT)
        above, below = parts[0].within(PRODUCT, style), parts[1].within(POWER, style)
        return Written(f"{above}/{below}", PRODUCT)

    def refusal(self, x: Sequence[float], names: Sequence[str], n: Format) -> Refusal:
        return _division(names[1]) if x[1] == 0 else _tiny_divisor(names[1], x[1], n)


@dataclass(frozen=True)
class Scale(Operation):
    """a · x with a number a."""

    a: float

    @property
    def symbol(self) -> str:
        return f"×({short(self.a)})" if self.a < 0 else f"×{short(self.a)}"

    @property
    def title(self) -> str:
        return f"multiply by {short(self.a)}"

    @property
    def formula(self) -> str:
        return "f(x) = a·x"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = a",)

    @property
    def remark(self) -> str:
        return f"a = {short(self.a)} here, whatever x is."

    def compute(self, m: Any, *x: Number) -> Number:
        return self.a * x[0]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (self.a,)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        minus = "−" if style == "text" else "-"
        if self.a == -1:
            return Written(f"{minus}{parts[0].within(POWER, style)}", SIGN)
        times = {"text": "·", "tex": r" \cdot ", "python": "*"}[style]
        return Written(
            f"{constant(self.a, style)}{times}{parts[0].within(POWER, style)}",
            SIGN if self.a < 0 else PRODUCT,
        )


@dataclass(frozen=True)
class DivideBy(Operation):
    """x / c with a number c."""

    c: float

    @property
    def symbol(self) -> str:
        return f"÷({short(self.c)})" if self.c < 0 else f"÷{short(self.c)}"

    @property
    def title(self) -> str:
        return f"divide by {short(self.c)}"

    @property
    def formula(self) -> str:
        return "f(x) = x/c"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = 1/c",)

    @property
    def remark(self) -> str:
        return f"c = {short(self.c)} here, whatever x is."

    def compute(self, m: Any, *x: Number) -> Number:
        return x[0] / self.c

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (1.0 / self.c,)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"1/{short(self.c)}",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        if style == "tex":
            return Written(rf"\frac{{{parts[0].text}}}{{{constant(self.c, style)}}}", PRODUCT)
        below = Written(constant(self.c, style), SIGN if self.c < 0 else ATOM)
        return Written(f"{parts[0].within(PRODUCT, style)}/{below.within(POWER, style)}", PRODUCT)

    def refusal(self, x: Sequence[float], names: Sequence[str], n: Format) -> Refusal:
        if self.c != 0:
            return overflow(self.symbol)
        return Refusal(
            "Division by zero",
            "The expression divides by the number 0, and nothing divided by 0 has a value.",
            "Write another number than 0 after the /",
        )


@dataclass(frozen=True)
class Shift(Operation):
    """c + x with a number c."""

    c: float

    @property
    def symbol(self) -> str:
        return f"−{short(-self.c)}" if self.c < 0 else f"+{short(self.c)}"

    @property
    def title(self) -> str:
        return f"subtract {short(-self.c)}" if self.c < 0 else f"add {short(self.c)}"

    @property
    def formula(self) -> str:
        return "f(x) = c + x"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = 1",)

    @property
    def remark(self) -> str:
        return "Adding a number shifts the value and leaves the gradient unchanged."

    def compute(self, m: Any, *x: Number) -> Number:
        return x[0] + self.c

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (1.0,)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        minus = "−" if style == "text" else "-"
        inside = parts[0].within(SUM, style)
        if self.c < 0:
            return Written(f"{inside} {minus} {constant(-self.c, style)}", SUM)
        return Written(f"{constant(self.c, style)} + {parts[0].after_sign(SUM, style)}", SUM)


@dataclass(frozen=True)
class SubtractFrom(Operation):
    """c - x with a number c."""

    c: float

    @property
    def symbol(self) -> str:
        return f"{short(self.c)}−x"

    @property
    def title(self) -> str:
        return f"subtract from {short(self.c)}"

    @property
    def formula(self) -> str:
        return "f(x) = c − x"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = −1",)

    @property
    def remark(self) -> str:
        return "The subtracted term gets the gradient with the opposite sign."

    def compute(self, m: Any, *x: Number) -> Number:
        return self.c - x[0]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (-1.0,)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        minus = "−" if style == "text" else "-"
        right = parts[0].after_sign(PRODUCT, style)
        return Written(f"{constant(self.c, style)} {minus} {right}", SUM)


@dataclass(frozen=True)
class Reciprocal(Operation):
    """c / x with a number c, most often 1."""

    c: float = 1.0

    @property
    def symbol(self) -> str:
        return f"{short(self.c)}/x"

    @property
    def title(self) -> str:
        return "take the reciprocal" if self.c == 1 else f"divide {short(self.c)} by it"

    @property
    def formula(self) -> str:
        return "f(x) = 1/x" if self.c == 1 else "f(x) = c/x"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = −1/x²",) if self.c == 1 else ("df/dx = −c/x²",)

    @property
    def remark(self) -> str:
        return (
            "The slope is negative because a larger x gives a smaller result; it is steep near 0."
        )

    def compute(self, m: Any, *x: Number) -> Number:
        return self.c / x[0]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (-self.c / x[0] / x[0],)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        above = Written(short(self.c), SIGN if self.c < 0 else ATOM).within(POWER)
        return (f"−{above}/{bracketed(x[0], n)}²",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        above = constant(self.c, style)
        if style == "tex":
            return Written(rf"\frac{{{above}}}{{{parts[0].text}}}", PRODUCT)
        return Written(f"{above}/{parts[0].within(POWER, style)}", PRODUCT)

    def refusal(self, x: Sequence[float], names: Sequence[str], n: Format) -> Refusal:
        return _division(names[0]) if x[0] == 0 else _tiny_divisor(names[0], x[0], n)


def _division(name: str) -> Refusal:
    return Refusal(
        "Division by zero",
        f"{name} is 0 here, and nothing divided by 0 has a value.",
        f"Move {name} away from 0",
    )


def _tiny_divisor(name: str, x: float, n: Format) -> Refusal:
    return Refusal(
        "The result is too large",
        f"{name} is only {n(x)}; dividing by it gives more than 1.798e308, "
        "the largest number a float can hold.",
        f"Move {name} away from 0",
    )
