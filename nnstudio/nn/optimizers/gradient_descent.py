"""Gradient descent: step against the gradient, with or without a velocity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.optimizer import Optimizer, learning_rate
from nnstudio.nn.optimizers.settings import momentum
from nnstudio.spec import boolean


@dataclass(frozen=True)
class SGD(Optimizer):
    """Steps against the gradient; momentum adds a share of the step before.

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

    def rule(self, ops: Any, theta: Any, g: Any, state: dict[str, Any], *scalars: Any) -> None:
        step = scalars[0]
        if not self.momentum:
            ops.blend(theta, g, 1.0, step, out=theta)
            return
        v = ops.blend(state["v"], g, self.momentum, step, out=state["v"])
        if self.nesterov:
            ops.blend(theta, g, 1.0, step, out=theta)
            ops.blend(theta, v, 1.0, self.momentum, out=theta)
        else:
            ops.add(theta, v, out=theta)
