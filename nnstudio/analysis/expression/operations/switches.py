"""Functions with a corner: what passes a gradient, and what blocks it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.analysis.expression.numbers import Format, short
from nnstudio.analysis.expression.operations.base import (
    Number,
    Operation,
    Style,
    Written,
    call,
    constant,
)


@dataclass(frozen=True)
class Relu(Operation):
    """max(0, x)."""

    smooth: ClassVar[bool] = False

    @property
    def symbol(self) -> str:
        return "ReLU"

    @property
    def title(self) -> str:
        return "apply ReLU"

    @property
    def formula(self) -> str:
        return "f(x) = max(0, x)"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = 1 if x > 0, else 0",)

    @property
    def remark(self) -> str:
        return "For x > 0 the gradient passes unchanged. For x ≤ 0 it becomes 0."

    def compute(self, m: Any, *x: Number) -> Number:
        return x[0] if x[0].real > 0 else 0 * x[0]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (1.0 if x[0] > 0 else 0.0,)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"on, {n(x[0])} > 0" if x[0] > 0 else f"off, {n(x[0])} ≤ 0",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        return call("relu" if style == "python" else "ReLU", parts, style)


@dataclass(frozen=True)
class LeakyRelu(Operation):
    """x where positive, slope·x where negative."""

    slope: float = 0.1
    smooth: ClassVar[bool] = False

    @property
    def symbol(self) -> str:
        return "leaky"

    @property
    def title(self) -> str:
        return f"leaky ReLU with slope {short(self.slope)}"

    @property
    def formula(self) -> str:
        return "f(x) = x if x > 0, else a·x"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = 1 if x > 0, else a",)

    @property
    def remark(self) -> str:
        return f"a = {short(self.slope)}: for x ≤ 0 this share of the gradient passes."

    def compute(self, m: Any, *x: Number) -> Number:
        return x[0] if x[0].real > 0 else self.slope * x[0]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (1.0 if x[0] > 0 else self.slope,)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"{n(x[0])} > 0" if x[0] > 0 else f"{n(x[0])} ≤ 0",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        if self.slope == 0.1:
            return call("leaky_relu", parts, style, r"\operatorname{leaky\_relu}")
        slope = Written(constant(self.slope, style))
        return call("leaky_relu", [*parts, slope], style, r"\operatorname{leaky\_relu}")


@dataclass(frozen=True)
class Extreme(Operation):
    """The largest or the smallest of its inputs, and of a number if one is among them."""

    largest: bool = True
    bound: float | None = None
    commutative: ClassVar[bool] = True
    smooth: ClassVar[bool] = False

    @property
    def word(self) -> str:
        return "max" if self.largest else "min"

    @property
    def symbol(self) -> str:
        return self.word if self.bound is None else f"{self.word} {short(self.bound)}"

    @property
    def title(self) -> str:
        return f"take the {'largest' if self.largest else 'smallest'}"

    @property
    def formula(self) -> str:
        if self.bound is not None:
            return f"f(x, …) = {self.word}(c, x, …), c = {short(self.bound)}"
        return f"f(x, y, …) = {self.word}(x, y, …)"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return (f"df/dx = 1 for the {'largest' if self.largest else 'smallest'}, else 0",) * count

    @property
    def remark(self) -> str:
        return "The chosen value gets the whole gradient, the others get 0."

    def compute(self, m: Any, *x: Number) -> Number:
        pool = [*x] if self.bound is None else [self.bound, *x]
        pick = max if self.largest else min
        return pick(pool, key=lambda each: each.real)

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        # At a tie the number wins, then the first input: `compute` picks in that order.
        if self.bound is not None and y == self.bound:
            return (0.0,) * len(x)
        chosen = list(x).index(y)
        return tuple(float(i == chosen) for i in range(len(x)))

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return tuple(
            f"{n(each)} {'was chosen' if slope else 'was not chosen'}"
            for each, slope in zip(x, self.slopes(x, y), strict=True)
        )

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        bound = [] if self.bound is None else [Written(constant(self.bound, style))]
        return call(self.word, [*bound, *parts], style, rf"\{self.word}")


@dataclass(frozen=True)
class Abs(Operation):
    """The absolute value."""

    smooth: ClassVar[bool] = False

    @property
    def symbol(self) -> str:
        return "|x|"

    @property
    def title(self) -> str:
        return "take the absolute value"

    @property
    def formula(self) -> str:
        return "f(x) = |x|"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = sign(x)",)

    @property
    def remark(self) -> str:
        return "1 for a positive x, −1 for a negative one; at the corner, x = 0, we take 0."

    def compute(self, m: Any, *x: Number) -> Number:
        return -x[0] if x[0].real < 0 else x[0]

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (0.0 if x[0] == 0 else math.copysign(1.0, x[0]),)

    def filled(self, x: Sequence[float], y: float, n: Format) -> tuple[str, ...]:
        return (f"sign({n(x[0])})",)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        if style == "python":
            return call("abs", parts, style)
        if style == "tex":
            return Written(rf"\left|{parts[0].text}\right|")
        return Written(f"|{parts[0].text}|")


@dataclass(frozen=True)
class Step(Operation):
    """1 where x is at least 0, else 0: the perceptron's threshold."""

    smooth: ClassVar[bool] = False

    @property
    def symbol(self) -> str:
        return "step"

    @property
    def title(self) -> str:
        return "apply the step function"

    @property
    def formula(self) -> str:
        return "f(x) = 1 if x ≥ 0, else 0"

    def derivatives(self, count: int) -> tuple[str, ...]:
        return ("df/dx = 0",)

    @property
    def remark(self) -> str:
        return "It is flat on both sides, so no gradient passes. This is why sigmoids replaced it."

    def compute(self, m: Any, *x: Number) -> Number:
        return 1.0 if x[0].real >= 0 else 0.0

    def slopes(self, x: Sequence[float], y: float) -> tuple[float, ...]:
        return (0.0,)

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        return call("step", parts, style)
