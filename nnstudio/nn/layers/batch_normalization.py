"""BatchNormalization: each feature brought to mean 0 and variance 1 over the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.initializers import Ones, Zeros
from nnstudio.nn.layer import Layer, ParameterSpec, Shape, cannot_take
from nnstudio.spec import real


@dataclass(frozen=True)
class BatchNormalization(Layer):
    """Brings each feature to mean 0 and variance 1 over the batch, then rescales it as learned.

    While training it uses the batch's own mean and variance and keeps moving averages of them;
    afterwards it uses those averages, so that a prediction depends on its own sample only.
    """

    name: ClassVar[str] = "batch_normalization"
    title: ClassVar[str] = "Batch normalization"
    formula: ClassVar[str] = "y = γ (x - μ) / √(σ² + ε) + β, μ and σ² over the batch"
    reference: ClassVar[str] = "Ioffe and Szegedy, Batch Normalization, ICML 2015"
    family: ClassVar[str] = "normalisation"
    icon: ClassVar[str] = "normalization"

    momentum: float = real(
        0.99,
        minimum=0.0,
        maximum=1.0,
        open_maximum=True,
        label="Momentum",
        typical="0.9 to 0.99",
        help="How slowly the moving averages follow the batches.",
        advanced=True,
    )
    epsilon: float = real(
        1e-3,
        minimum=1e-12,
        maximum=1.0,
        logarithmic=True,
        label="Epsilon",
        help="Keeps the division safe when a feature is the same in the whole batch.",
        advanced=True,
    )

    def output_shape(self, *shapes: Shape) -> Shape:
        if not shapes[0]:
            raise cannot_take("Batch normalization needs at least one number per sample")
        return shapes[0]

    def parameters(self, *shapes: Shape) -> tuple[ParameterSpec, ...]:
        features = shapes[0][-1:]
        return ParameterSpec("gamma", features, Ones()), ParameterSpec("beta", features, Zeros())

    def state(self, *shapes: Shape) -> tuple[ParameterSpec, ...]:
        features = shapes[0][-1:]
        return (
            ParameterSpec("moving_mean", features, Zeros(), trainable=False),
            ParameterSpec("moving_variance", features, Ones(), trainable=False),
        )

    def forward(self, c: Any, *xs: Any) -> Any:
        """x̂ = (x - μ) / √(σ² + ε),  y = γ x̂ + β"""
        (x,) = xs
        ops, rows = c.ops, c.rows(x)
        if c.training:
            c.mean = ops.mean(rows, axis=0)
            centred = ops.subtract(rows, c.mean)
            c.variance = ops.mean(ops.square(centred), axis=0)
            self._follow(ops, c.moving_mean, c.mean)
            self._follow(ops, c.moving_variance, c.variance)
        else:
            c.mean, c.variance = c.moving_mean, c.moving_variance
            centred = ops.subtract(rows, c.mean)
        c.deviation = ops.sqrt(ops.add(c.variance, self.epsilon))
        c.normalized = ops.divide(centred, c.deviation)
        c.y = ops.add(ops.multiply(c.normalized, c.gamma), c.beta)
        return c.like(x, c.y)

    def backward(self, c: Any, dy: Any) -> Any:
        """dx̂ = γ dy,  dx = (dx̂ - mean dx̂ - x̂ mean(dx̂ x̂)) / √(σ² + ε),  dγ = Σ dy x̂,  dβ = Σ dy

        With the moving averages the mean and variance are constants: dx = dx̂ / √(σ² + ε).
        """
        ops, rows = c.ops, c.rows(dy)
        ops.sum(ops.multiply(rows, c.normalized), axis=0, out=c.grad.gamma)
        ops.sum(rows, axis=0, out=c.grad.beta)
        dx = ops.multiply(rows, c.gamma)
        if c.training:
            along = ops.mean(ops.multiply(dx, c.normalized), axis=0)
            dx = ops.subtract(dx, ops.mean(dx, axis=0))
            dx = ops.subtract(dx, ops.multiply(c.normalized, along), out=dx)
        c.dx = ops.divide(dx, c.deviation, out=dx)
        return c.like(dy, c.dx)

    def _follow(self, ops: Any, average: Any, latest: Any) -> None:
        """average = momentum · average + (1 - momentum) · latest, in place."""
        ops.multiply(average, self.momentum, out=average)
        ops.add(average, ops.multiply(latest, 1.0 - self.momentum), out=average)
