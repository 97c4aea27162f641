"""A layer, an activation, a loss and an optimizer that only the tests know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from nnstudio.nn.activation import Activation
from nnstudio.nn.initializers import Constant
from nnstudio.nn.layer import Layer, ParameterSpec, Shape
from nnstudio.nn.losses.regression import NumberLoss
from nnstudio.nn.losses.targets import row_mean
from nnstudio.nn.optimizer import Optimizer
from nnstudio.spec import declaration


@dataclass(frozen=True)
class Amplifier(Layer):
    """Multiplies every number by a learned factor."""

    name: ClassVar[str] = "amplifier"
    title: ClassVar[str] = "Amplifier"
    formula: ClassVar[str] = "y = k·x"

    def parameters(self, *shapes: Shape) -> tuple[ParameterSpec, ...]:
        return (ParameterSpec("kernel", (1,), Constant(3.0)),)

    def forward(self, c: Any, *xs: Any) -> Any:
        (c.x,) = xs
        return c.ops.multiply(c.x, c.kernel)

    def backward(self, c: Any, dy: Any) -> Any:
        product = c.ops.multiply(c.x, dy)
        c.ops.sum(product.reshape(-1, 1), axis=0, out=c.grad.kernel)
        return c.ops.multiply(dy, c.kernel)


@dataclass(frozen=True)
class Wave(Activation):
    """The square of z."""

    name: ClassVar[str] = "wave"
    title: ClassVar[str] = "Wave"
    formula: ClassVar[str] = "f(z) = z²"

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        return ops.multiply(z, z, out=out)

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        return ops.multiply(ops.multiply(z, 2.0), da, out=out)


@dataclass(frozen=True)
class Quartic(NumberLoss):
    """The fourth power of the error."""

    name: ClassVar[str] = "quartic"
    title: ClassVar[str] = "Quartic"
    formula: ClassVar[str] = "L = 1/k Σ (ŷ - y)⁴"

    def forward(self, ops: Any, prediction: Any, target: Any) -> Any:
        e = ops.square(self.error(ops, prediction, target))
        return row_mean(ops, ops.square(e))

    def backward(self, ops: Any, prediction: Any, target: Any) -> Any:
        e = self.error(ops, prediction, target)
        cube = ops.multiply(ops.square(e), e)
        return ops.multiply(cube, 4.0 / e.shape[-1])


@dataclass(frozen=True)
class SignStep(Optimizer):
    """Moves every parameter by the same amount, against the sign of a running mean."""

    name: ClassVar[str] = "sign_step"
    title: ClassVar[str] = "Sign step"
    formula: ClassVar[str] = "m ← ½ m + ½ g\nθ ← θ - η sign(m)"

    @property
    def state_names(self) -> tuple[str, ...]:
        return ("m",)

    def rule(self, ops: Any, theta: Any, g: Any, state: dict[str, Any], *scalars: Any) -> None:
        m = ops.blend(state["m"], g, 0.5, 0.5, out=state["m"])
        ops.add(theta, ops.multiply(ops.sign(m), scalars[0]), out=theta)


NEW = (Amplifier, Wave, Quartic, SignStep)
for _part in NEW:  # known to the tests below alone
    del declaration._registered[_part.kind][_part.name]


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the app find them for the length of a test."""
    for part in NEW:
        monkeypatch.setitem(declaration._registered[part.kind], part.name, part)
