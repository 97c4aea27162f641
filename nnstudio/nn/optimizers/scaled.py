"""Steps scaled by the size of earlier gradients, so that rare and frequent signals learn alike.

Adagrad divides by the root of all squared gradients so far and so slows down for ever. RMSprop and
Adadelta forget old gradients, by a running mean E[g²] ← ρ E[g²] + (1 - ρ) g². A running mean is
stored divided by (1 - ρ), which saves a pass over the parameters at each step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
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

    def update(
        self, ops: Any, theta: Any, g: Any, state: dict[str, Any], t: int, lr: float
    ) -> None:
        G, work = state["G"], ops.scratch(theta)
        ops.add(G, ops.multiply(g, g, out=work), out=G)
        ops.add(ops.sqrt(G, out=work), self.epsilon, out=work)
        ops.multiply(ops.divide(g, work, out=work), lr, out=work)
        ops.subtract(theta, work, out=theta)


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

    def update(
        self, ops: Any, theta: Any, g: Any, state: dict[str, Any], t: int, lr: float
    ) -> None:
        squares, deltas = state["E[g²]"], state["E[Δ²]"]
        work, delta = ops.scratch(theta), ops.scratch(theta, 1)
        least = self.epsilon / (1.0 - self.rho)
        ops.multiply(squares, self.rho, out=squares)
        ops.add(squares, ops.multiply(g, g, out=work), out=squares)
        ops.divide(ops.add(deltas, least, out=delta), ops.add(squares, least, out=work), out=delta)
        ops.multiply(ops.sqrt(delta, out=delta), g, out=delta)
        ops.subtract(theta, ops.multiply(delta, lr, out=work), out=theta)
        ops.multiply(deltas, self.rho, out=deltas)
        ops.add(deltas, ops.multiply(delta, delta, out=delta), out=deltas)

    def visible_state(self, ops: Any, state: Mapping[str, Any], t: int) -> dict[str, Any]:
        return {name: ops.multiply(state[name], 1.0 - self.rho) for name in self.state_names}


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

    def update(
        self, ops: Any, theta: Any, g: Any, state: dict[str, Any], t: int, lr: float
    ) -> None:
        v, work = state["v"], ops.scratch(theta)
        ops.multiply(v, self.rho, out=v)
        ops.add(v, ops.multiply(g, g, out=work), out=v)
        if self.centered:
            mean = state["ḡ"]
            ops.multiply(mean, self.rho, out=mean)
            ops.add(mean, g, out=mean)
            ops.multiply(ops.multiply(mean, mean, out=work), 1.0 - self.rho, out=work)
            # Rounding may leave a difference just below zero.
            ops.maximum(ops.subtract(v, work, out=work), 0.0, out=work)
            ops.sqrt(work, out=work)
        else:
            ops.sqrt(v, out=work)
        scale = math.sqrt(1.0 - self.rho)
        ops.add(work, self.epsilon / scale, out=work)
        ops.multiply(ops.divide(g, work, out=work), lr / scale, out=work)
        if self.momentum:
            b = state["b"]
            ops.multiply(b, self.momentum, out=b)
            work = ops.add(b, work, out=b)
        ops.subtract(theta, work, out=theta)

    def visible_state(self, ops: Any, state: Mapping[str, Any], t: int) -> dict[str, Any]:
        return {
            name: ops.multiply(state[name], 1.0 if name == "b" else 1.0 - self.rho)
            for name in self.state_names
        }
