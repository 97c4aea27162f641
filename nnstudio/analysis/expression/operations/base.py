"""What an operation of the graph is: one small calculation and its derivative, side by side.

An operation is a value without state. `compute` works on ordinary numbers and, with ``cmath``
handed in for ``math``, on complex ones, which is how the complex-step derivative checks it.
`slopes` are the local derivatives, one for each input; backpropagation multiplies them with what
arrives from above and never needs to know more about an operation than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

from nnstudio.analysis.expression.numbers import Format, short

Style = Literal["text", "tex", "python"]
"""How an expression is written: for reading, for LaTeX, or as it can be typed in."""

Number = Any
"""A float, or a complex number in a complex-step derivative."""

SUM, PRODUCT, SIGN, POWER, ATOM = range(5)
"""How tightly an expression binds; a looser one needs parentheses inside a tighter one."""


class Written(NamedTuple):
    """An expression in some style, and how tightly its outermost operation binds."""

    text: str
    level: int = ATOM

    def within(self, level: int, style: Style = "text") -> str:
        """The text, in parentheses if it binds more loosely than ``level``."""
        if self.level >= level:
            return self.text
        return rf"\left({self.text}\right)" if style == "tex" else f"({self.text})"

    def after_sign(self, level: int, style: Style = "text") -> str:
        """The text behind a + or −, in parentheses also if it starts with a sign itself."""
        if self.level != ATOM and self.text.startswith(("-", "−")):
            return self._replace(level=SUM - 1).within(SUM, style)
        return self.within(level, style)


class Refusal(NamedTuple):
    """Why an operation has no value for its inputs, and what to do about it."""

    title: str
    explain: str
    fix: str


@dataclass(frozen=True)
class Operation:
    """Base of all operations.

    ``title`` names the operation in a sentence ("multiply by −1"), ``symbol`` stands on its card,
    ``formula`` and ``derivatives`` are its rule as a textbook has it.
    """

    commutative: ClassVar[bool] = False
    smooth: ClassVar[bool] = True

    @property
    def symbol(self) -> str:
        raise TypeError(f"{type(self).__name__} has no symbol")

    @property
    def title(self) -> str:
        return self.symbol

    @property
    def formula(self) -> str:
        """The function, such as ``f(x) = 1/x``; empty for a leaf."""
        return ""

    def derivatives(self, count: int) -> tuple[str, ...]:
        """The rule for each of ``count`` inputs, such as ``df/dx = −1/x²``."""
        return ()

    @property
    def remark(self) -> str:
        """A sentence that says what the rule does to a gradient."""
        return ""

    def compute(self, m: Any, *x: Number) -> Number:
        """The value. ``m`` is ``math`` or ``cmath``."""
        raise TypeError(f"{type(self).__name__} does not compute")

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        """The local derivative for each input, from the inputs and the value."""
        return ()

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        """Each local derivative with the numbers put in, or "" where the rule is the number."""
        return ("",) * len(x)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        """The expression with the inputs written as ``parts``."""
        raise TypeError(f"{type(self).__name__} cannot be written")

    def refusal(self, x: Sequence[float], names: Sequence[str], n: Format) -> Refusal:
        """Why there is no value for ``x``; asked only after `compute` or `slopes` failed."""
        return overflow(self.symbol)


def overflow(symbol: str) -> Refusal:
    """The refusal of a result beyond the largest number a computer's float can hold."""
    return Refusal(
        "The result is too large",
        f"{symbol} gives more than 1.798e308 here, the largest number a float can hold.",
        "Make the values that lead here smaller",
    )


def call(name: str, parts: Sequence[Written], style: Style, tex: str | None = None) -> Written:
    """``name(a, b)`` in the style."""
    inside = ", ".join(part.text for part in parts)
    if style == "tex":
        head = tex or rf"\operatorname{{{name}}}"
        return Written(rf"{head}\left({inside}\right)")
    return Written(f"{name}({inside})")


def constant(value: float, style: Style) -> str:
    """A constant in the style."""
    if style == "text":
        return short(value)
    if style == "python":
        return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)
    mantissa, e, power = short(value).replace("−", "-").partition("e")
    return rf"{mantissa} \cdot 10^{{{power}}}" if e else mantissa
