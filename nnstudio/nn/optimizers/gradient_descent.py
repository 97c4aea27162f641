"""Gradient descent: step against the gradient, with or without a velocity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.optimizer import Optimizer, learning_rate
from nnstudio.nn.optimizers.settings import momentum
from nnstudio.spec import boolean


@dataclass(frozen=True)
class SGD(Optimizer):
    """Steps straight downhill; momentum lets the steps roll on like a heavy ball.

    With ``nesterov`` the gradient counts as if it were taken where the velocity is about to lead.
    """

    name: ClassVar[str] = "sgd"
    title: ClassVar[str] = "SGD"
    formula: ClassVar[str] = (
        "θ ← θ - η g\n"
        "momentum:  v ← μ v - η g,  θ ← θ + v\n"
        "Nesterov:  v ← μ v - η g,  θ ← θ + μ v - η g"
    )
    reference: ClassVar[str] = (
        "Robbins and Monro, 1951; Polyak, 1964; Sutskever et al., On the importance of "
        "initialization and momentum, ICML 2013"
    )

    learning_rate: float = learning_rate(0.01, "0.01 to 0.5")
    momentum: float = momentum()
    nesterov: bool = boolean(
        False,
        label="Nesterov",
        help="Look ahead along the velocity; has an effect only with momentum.",
    )

    @property
    def state_names(self) -> tuple[str, ...]:
        return ("v",) if self.momentum else ()

    def summary(self) -> str:
        rate = f"rate {self.learning_rate:g}"
        if not self.momentum:
            return rate
        return f"{rate} · {'Nesterov' if self.nesterov else 'momentum'} {self.momentum:g}"

    def update(
        self, ops: Any, theta: Any, g: Any, state: dict[str, Any], t: int, lr: float
    ) -> None:
        step = ops.multiply(g, lr, out=ops.scratch(theta))
        if not self.momentum:
            ops.subtract(theta, step, out=theta)
            return
        v = state["v"]
        ops.multiply(v, self.momentum, out=v)
        ops.subtract(v, step, out=v)
        if self.nesterov:
            ops.subtract(theta, step, out=theta)
            ops.add(theta, ops.multiply(v, self.momentum, out=step), out=theta)
        else:
            ops.add(theta, v, out=theta)
