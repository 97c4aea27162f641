"""Adam and its family: a running mean m of the gradients over the root of a running mean v of
their squares.

Both means start at zero, so early on they are too small; dividing by 1 - βᵗ mends that (m̂, v̂). With
c = √(1 - β₂ᵗ) the step is η c / (1 - β₁ᵗ) · m / (√v + ε c), where all that depends on t is two
numbers: what goes over the parameters is six passes in place.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from nnstudio.nn.optimizer import Optimizer, learning_rate
from nnstudio.nn.optimizers.decay import WeightDecay
from nnstudio.nn.optimizers.settings import beta_1, beta_2, epsilon
from nnstudio.spec import boolean, real


@dataclass(frozen=True)
class Moments(Optimizer):
    """Base of the optimizers with the running means m and v."""

    learning_rate: float = learning_rate(0.001, "0.0001 to 0.01")
    beta_1: float = beta_1()
    beta_2: float = beta_2()
    epsilon: float = epsilon()

    @property
    def state_names(self) -> tuple[str, ...]:
        return ("m", "v")

    def remember(self, ops: Any, g: Any, m: Any, v: Any) -> None:
        """m ← β₁ m + (1 - β₁) g and v ← β₂ v + (1 - β₂) g²."""
        ops.blend(m, g, self.beta_1, 1.0 - self.beta_1, out=m)
        ops.fma(g, g, v, 1.0 - self.beta_2, self.beta_2, out=v)

    def root(self, t: int) -> float:
        """c, by which √v is to be divided to get √v̂."""
        return math.sqrt(1.0 - self.beta_2**t)

    def visible_state(self, ops: Any, state: Mapping[str, Any], t: int) -> dict[str, Any]:
        shown = super().visible_state(ops, state, t)
        t = max(t, 1)
        shown["m̂"] = ops.divide(state["m"], 1.0 - self.beta_1**t)
        shown["v̂"] = ops.divide(state["v"], 1.0 - self.beta_2**t)
        return shown


@dataclass(frozen=True)
class Adam(Moments):
    """Scales each parameter's step: the mean of recent gradients over their root mean square."""

    name: ClassVar[str] = "adam"
    title: ClassVar[str] = "Adam"
    formula: ClassVar[str] = (
        "m ← β₁ m + (1 - β₁) g\n"
        "v ← β₂ v + (1 - β₂) g²\n"
        "m̂ = m / (1 - β₁ᵗ),  v̂ = v / (1 - β₂ᵗ)\n"
        "θ ← θ - η m̂ / (√v̂ + ε)\n"
        "AMSGrad: the largest v so far in place of v"
    )
    reference: ClassVar[str] = (
        "Kingma and Ba, Adam: A Method for Stochastic Optimization, ICLR 2015; AMSGrad: Reddi et "
        "al., On the Convergence of Adam and Beyond, ICLR 2018"
    )

    amsgrad: bool = boolean(
        False,
        label="AMSGrad",
        help="Never let a step grow again because old gradients are forgotten.",
        advanced=True,
    )

    @property
    def state_names(self) -> tuple[str, ...]:
        return ("m", "v", "v max") if self.amsgrad else ("m", "v")

    def summary(self) -> str:
        return f"rate {self.learning_rate:g}" + (" · AMSGrad" if self.amsgrad else "")

    def scalars(self, t: int, lr: float) -> tuple[float, ...]:
        root = self.root(t)
        return self.epsilon * root, -lr * root / (1.0 - self.beta_1**t)

    def rule(self, ops: Any, theta: Any, g: Any, state: dict[str, Any], *scalars: Any) -> None:
        floor, step, *kept = scalars
        m, v, work = state["m"], state["v"], ops.scratch(theta)
        self.remember(ops, g, m, v)
        if self.amsgrad:
            v = ops.maximum(state["v max"], v, out=state["v max"])
        ops.add(ops.sqrt(v, out=work), floor, out=work)
        ops.divide(m, work, out=work)
        ops.blend(theta, work, kept[0] if kept else 1.0, step, out=theta)

    def visible_state(self, ops: Any, state: Mapping[str, Any], t: int) -> dict[str, Any]:
        shown = super().visible_state(ops, state, t)
        if self.amsgrad:
            shown["v̂"] = ops.divide(state["v max"], 1.0 - self.beta_2 ** max(t, 1))
        return shown


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with weight decay as a step of its own, not mixed into the gradient."""

    name: ClassVar[str] = "adamw"
    title: ClassVar[str] = "AdamW"
    formula: ClassVar[str] = "θ ← θ - η λ θ, then Adam:\n" + Adam.formula
    reference: ClassVar[str] = WeightDecay.reference

    weight_decay: float = real(
        0.004,
        minimum=0.0,
        maximum=1e3,
        logarithmic=True,
        label="Weight decay",
        typical="0.001 to 0.1",
        help="The share of a parameter that goes at each step, times the learning rate.",
    )

    def summary(self) -> str:
        return f"{super().summary()} · decay {self.weight_decay:g}"

    def scalars(self, t: int, lr: float) -> tuple[float, ...]:
        return *super().scalars(t, lr), 1.0 - lr * self.weight_decay


@dataclass(frozen=True)
class Adamax(Optimizer):
    """Adam with the largest recent gradient in place of the root of the mean square."""

    name: ClassVar[str] = "adamax"
    title: ClassVar[str] = "Adamax"
    formula: ClassVar[str] = (
        "m ← β₁ m + (1 - β₁) g\nu ← max(β₂ u, |g|)\nm̂ = m / (1 - β₁ᵗ)\nθ ← θ - η m̂ / (u + ε)"
    )
    reference: ClassVar[str] = "Kingma and Ba, Adam, ICLR 2015, section 7.1"

    learning_rate: float = learning_rate(0.001, "0.0005 to 0.02")
    beta_1: float = beta_1()
    beta_2: float = beta_2()
    epsilon: float = epsilon()

    @property
    def state_names(self) -> tuple[str, ...]:
        return ("m", "u")

    def scalars(self, t: int, lr: float) -> tuple[float, ...]:
        return (-lr / (1.0 - self.beta_1**t),)

    def rule(self, ops: Any, theta: Any, g: Any, state: dict[str, Any], *scalars: Any) -> None:
        m, u, work = state["m"], state["u"], ops.scratch(theta)
        ops.blend(m, g, self.beta_1, 1.0 - self.beta_1, out=m)
        ops.multiply(u, self.beta_2, out=u)
        ops.maximum(u, ops.abs(g, out=work), out=u)
        ops.divide(m, ops.add(u, self.epsilon, out=work), out=work)
        ops.blend(theta, work, 1.0, scalars[0], out=theta)

    def visible_state(self, ops: Any, state: Mapping[str, Any], t: int) -> dict[str, Any]:
        shown = super().visible_state(ops, state, t)
        shown["m̂"] = ops.divide(state["m"], 1.0 - self.beta_1 ** max(t, 1))
        return shown


@dataclass(frozen=True)
class Nadam(Moments):
    """Adam that looks ahead as Nesterov's momentum does.

    μ rises from about half of β₁ to β₁. Keras lets it rise by 0.96ᵗ, the default here; the paper
    and PyTorch by 0.96 to the power of 0.004 t.
    """

    name: ClassVar[str] = "nadam"
    title: ClassVar[str] = "Nadam"
    formula: ClassVar[str] = (
        "μₜ = β₁ (1 - ½ · 0.96^(ψ t)),  Πₜ = μ₁ μ₂ ... μₜ\n"
        "m ← β₁ m + (1 - β₁) g\n"
        "v ← β₂ v + (1 - β₂) g²\n"
        "m̂ = μₜ₊₁ m / (1 - Πₜ₊₁) + (1 - μₜ) g / (1 - Πₜ)\n"
        "v̂ = v / (1 - β₂ᵗ)\n"
        "θ ← θ - η m̂ / (√v̂ + ε)"
    )
    reference: ClassVar[str] = "Dozat, Incorporating Nesterov Momentum into Adam, ICLR 2016"

    momentum_decay: float = real(
        1.0,
        minimum=0.0,
        maximum=1.0,
        label="Momentum decay",
        typical="1 or 0.004",
        help="ψ, how fast μ rises to beta 1: 1 is Keras's, 0.004 the paper's and PyTorch's.",
        advanced=True,
    )

    def scalars(self, t: int, lr: float) -> tuple[float, ...]:
        root, now, coming = self.root(t), self._mu(t), self._mu(t + 1)
        past = momentum_product(self.beta_1, self.momentum_decay, t)
        of_mean = coming / (1.0 - past * coming)
        of_gradient = (1.0 - now) / (1.0 - past)
        return self.epsilon * root, -lr * root * of_mean, -lr * root * of_gradient

    def rule(self, ops: Any, theta: Any, g: Any, state: dict[str, Any], *scalars: Any) -> None:
        floor, of_mean, of_gradient = scalars
        m, v = state["m"], state["v"]
        self.remember(ops, g, m, v)
        ahead = ops.blend(m, g, of_mean, of_gradient, out=ops.scratch(theta, 1))
        root = ops.sqrt(v, out=ops.scratch(theta))
        step = ops.divide(ahead, ops.add(root, floor, out=root), out=ahead)
        ops.add(theta, step, out=theta)

    def visible_state(self, ops: Any, state: Mapping[str, Any], t: int) -> dict[str, Any]:
        shown = super().visible_state(ops, state, t)
        del shown["m̂"]  # holds the newest gradient too, which is not part of the state
        return shown

    def _mu(self, t: int) -> float:
        return float(self.beta_1 * (1.0 - 0.5 * 0.96 ** (self.momentum_decay * t)))


def momentum_product(beta: float, psi: float, t: int) -> float:
    """μ₁ μ₂ ... μₜ of Nadam."""
    products = _products(beta, psi)
    if t < len(products):
        return products[t]
    return products[-1] * beta ** (t - len(products) + 1)


@lru_cache(maxsize=16)
def _products(beta: float, psi: float) -> tuple[float, ...]:
    """The products for t = 0, 1, 2 ..., as far as 1 minus the product differs from 1."""

    def until_gone() -> Iterator[float]:
        product = 1.0
        for t in itertools.count(1):
            yield product
            product *= beta * (1.0 - 0.5 * 0.96 ** (psi * t))
            if product < 1e-17 or t > 200_000:
                yield product
                return

    return tuple(until_gone())
