"""Steps scaled by the size of earlier gradients, so that rare and frequent signals learn alike.

Adagrad divides by the root of all squared gradients so far and so slows down for ever. RMSprop and
Adadelta forget old gradients, by a running mean E[g²] ← ρ E[g²] + (1 - ρ) g².
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.optimizer import Optimizer, learning_rate
from nnstudio.nn.optimizers.settings import beta, epsilon, momentum
from nnstudio.spec import boolean, real


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Gives rarely used parameters large steps and often used ones ever smaller steps."""

    name: ClassVar[str] = "adagrad"
    title: ClassVar[str] = "Adagrad"
    formula: ClassVar[str] = "G ← G + g²\nθ ← θ - η g / (√G + ε)"
    reference: ClassVar[str] = "Duchi et al., Adaptive Subgradient Methods, JMLR 12, 2011"

    learning_rate: float = learning_rate(0.001, "0.01 to 0.1")
    initial_accumulator_value: float = real(
        0.1,
        minimum=0.0,
        maximum=1e6,
        label="Initial accumulator",
        typical="0 to 0.1",
        help="What G starts from: larger makes the first steps smaller.",
        advanced=True,
    )
    epsilon: float = epsilon()

    @property
    def state_names(self) -> tuple[str, ...]:
        return ("G",)

    def init(self, ops: Any, n: int) -> dict[str, Any]:
        G = ops.zeros(n)
        return {"G": ops.add(G, self.initial_accumulator_value, out=G)}

    def rule(self, ops: Any, theta: Any, g: Any, state: dict[str, Any], *scalars: Any) -> None:
        work = ops.scratch(theta)
        G = ops.fma(g, g, state["G"], 1.0, 1.0, out=state["G"])
        ops.add(ops.sqrt(G, out=work), self.epsilon, out=work)
        ops.blend(theta, ops.divide(g, work, out=work), 1.0, scalars[0], out=theta)


@dataclass(frozen=True)
class Adadelta(Optimizer):
    """Measures each step in units of the parameter's own earlier steps; needs no learning rate.

    The rate is only a factor: 1 is the rule as published.
    """

    name: ClassVar[str] = "adadelta"
    title: ClassVar[str] = "Adadelta"
    formula: ClassVar[str] = (
        "E[g²] ← ρ E[g²] + (1 - ρ) g²\n"
        "Δ = √(E[Δ²] + ε) / √(E[g²] + ε) · g\n"
        "E[Δ²] ← ρ E[Δ²] + (1 - ρ) Δ²\n"
        "θ ← θ - η Δ"
    )
    reference: ClassVar[str] = "Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012"

    learning_rate: float = learning_rate(1.0, "1")
    rho: float = beta(0.95, "Rho", "How much of the running means survives a step.", "0.9 to 0.99")
    epsilon: float = epsilon()

    @property
    def state_names(self) -> tuple[str, ...]:
        return ("E[g²]", "E[Δ²]")

    def rule(self, ops: Any, theta: Any, g: Any, state: dict[str, Any], *scalars: Any) -> None:
        squares, deltas = state["E[g²]"], state["E[Δ²]"]
        work, delta, new = ops.scratch(theta), ops.scratch(theta, 1), 1.0 - self.rho
        ops.fma(g, g, squares, new, self.rho, out=squares)
        ops.add(deltas, self.epsilon, out=delta)
        ops.divide(delta, ops.add(squares, self.epsilon, out=work), out=delta)
        ops.multiply(ops.sqrt(delta, out=delta), g, out=delta)
        ops.blend(theta, delta, 1.0, scalars[0], out=theta)
        ops.fma(delta, delta, deltas, new, self.rho, out=deltas)


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """Divides each step by the recent size of its gradient; centred: by its recent spread."""

    name: ClassVar[str] = "rmsprop"
    title: ClassVar[str] = "RMSprop"
    formula: ClassVar[str] = (
        "v ← ρ v + (1 - ρ) g²\n"
        "θ ← θ - η g / (√v + ε)\n"
        "centred:  ḡ ← ρ ḡ + (1 - ρ) g,  √(v - ḡ²) for √v\n"
        "momentum:  b ← μ b + η g / (√v + ε),  θ ← θ - b"
    )
    reference: ClassVar[str] = "Tieleman and Hinton, Lecture 6.5, 2012; centred: Graves, 2013"

    learning_rate: float = learning_rate(0.001, "0.0001 to 0.01")
    rho: float = beta(0.9, "Rho", "How much of the running means survives a step.", "0.9 to 0.99")
    momentum: float = momentum()
    epsilon: float = epsilon()
    centered: bool = boolean(
        False,
        label="Centred",
        help="Divide by the spread of recent gradients around their mean, not by their size.",
    )

    @property
    def state_names(self) -> tuple[str, ...]:
        names = ("v", "ḡ") if self.centered else ("v",)
        return (*names, "b") if self.momentum else names

    def scalars(self, t: int, lr: float) -> tuple[float, ...]:
        return (lr if self.momentum else -lr,)

    def rule(self, ops: Any, theta: Any, g: Any, state: dict[str, Any], *scalars: Any) -> None:
        work, new = ops.scratch(theta), 1.0 - self.rho
        v = ops.fma(g, g, state["v"], new, self.rho, out=state["v"])
        if self.centered:
            mean = ops.blend(state["ḡ"], g, self.rho, new, out=state["ḡ"])
            ops.fma(mean, mean, v, -1.0, 1.0, out=work)
            # Rounding may leave a difference just below zero.
            ops.sqrt(ops.maximum(work, 0.0, out=work), out=work)
        else:
            ops.sqrt(v, out=work)
        ops.divide(g, ops.add(work, self.epsilon, out=work), out=work)
        if self.momentum:
            b = ops.blend(state["b"], work, self.momentum, scalars[0], out=state["b"])
            ops.subtract(theta, b, out=theta)
        else:
            ops.blend(theta, work, 1.0, scalars[0], out=theta)
