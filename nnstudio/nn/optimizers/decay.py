"""Weight decay: a step of its own, which draws every parameter a little towards zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.spec import Part, real


@dataclass(frozen=True)
class WeightDecay(Part):
    """Shrinks every parameter by a small share at each step, so that only useful ones stay large.

    With plain gradient descent this is the L2 penalty; with adaptive optimizers it is not, because
    they would divide the penalty's gradient by its own size. That is why it is a separate step.
    """

    kind: ClassVar[str] = "decay"
    name: ClassVar[str] = "weight_decay"
    title: ClassVar[str] = "Weight decay"
    formula: ClassVar[str] = "θ ← θ - η λ θ"
    reference: ClassVar[str] = (
        "Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019"
    )

    rate: float = real(
        0.004,
        minimum=0.0,
        maximum=1e3,
        logarithmic=True,
        label="Rate",
        typical="0.0001 to 0.1",
        help="The share of a parameter that goes at each step, times the learning rate.",
    )

    def summary(self) -> str:
        return f"rate {self.rate:g}"

    def apply(self, ops: Any, theta: Any, lr: float) -> None:
        """One step on the parameters, in place; before the optimizer's."""
        if self.rate:
            ops.multiply(theta, 1.0 - lr * self.rate, out=theta)
