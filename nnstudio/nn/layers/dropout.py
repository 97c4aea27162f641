"""Dropout: neurons switched off at random while training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.layer import Layer
from nnstudio.spec import real


@dataclass(frozen=True)
class Dropout(Layer):
    """Sets a random share of the outputs to 0 at each training step, against over-fitting.

    What is left is scaled up by 1/(1-rate), so that nothing needs to change when it is off
    (inverted dropout).
    """

    name: ClassVar[str] = "dropout"
    title: ClassVar[str] = "Dropout"
    formula: ClassVar[str] = "y = m ⊙ x, m = 0 with probability rate, else 1/(1 - rate)"
    reference: ClassVar[str] = "Srivastava et al., Dropout, JMLR 15, 2014"
    family: ClassVar[str] = "regularisation"
    icon: ClassVar[str] = "dropout"
    draws: ClassVar[bool] = True

    rate: float = real(
        0.5,
        minimum=0.0,
        maximum=1.0,
        open_maximum=True,
        label="Rate",
        typical="0.1 to 0.5",
        help="The share of outputs set to 0 at each step.",
    )

    def summary(self) -> str:
        return f"rate {self.rate:g}"

    def forward(self, c: Any, *xs: Any) -> Any:
        """y = m ⊙ x while training, y = x afterwards"""
        (x,) = xs
        if not c.training or self.rate == 0.0:
            return x
        c.mask = c.ops.keep(c.stream, x.shape, self.rate)
        c.y = c.ops.multiply(x, c.mask)
        return c.y

    def backward(self, c: Any, dy: Any) -> Any:
        """dx = m ⊙ dy"""
        if not c.training or self.rate == 0.0:
            return dy
        c.dx = c.ops.multiply(dy, c.mask)
        return c.dx
