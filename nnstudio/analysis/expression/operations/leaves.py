"""What an expression begins with: variables, and numbers that stand by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nnstudio.analysis.expression.numbers import short
from nnstudio.analysis.expression.operations.base import (
    ATOM,
    SIGN,
    Number,
    Operation,
    Style,
    Written,
    constant,
)


@dataclass(frozen=True)
class Variable(Operation):
    """A leaf: a weight or an input, whose value the learner sets."""

    name: str

    @property
    def symbol(self) -> str:
        return self.name

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        if style != "tex":
            return Written(self.name)
        stem = self.name.rstrip("0123456789")
        index = self.name[len(stem) :]
        stem = stem.rstrip("_") if index else stem
        plain = stem.replace("_", r"\_")
        plain = plain if len(stem) == 1 else rf"\mathrm{{{plain}}}"
        return Written(f"{plain}_{{{index}}}" if index else plain)


@dataclass(frozen=True)
class Constant(Operation):
    """A number that stands in the expression by itself."""

    value: float

    @property
    def symbol(self) -> str:
        return short(self.value)

    @property
    def title(self) -> str:
        return f"the number {short(self.value)}"

    def compute(self, m: Any, *x: Number) -> Number:
        return self.value

    def write(self, parts: Sequence[Written], style: Style) -> Written:
        return Written(constant(self.value, style), SIGN if self.value < 0 else ATOM)
