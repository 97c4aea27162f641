"""LayerNormalization: each sample brought to mean 0 and variance 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.initializers import Ones, Zeros
from nnstudio.nn.layer import Layer, ParameterSpec, Shape, cannot_take
from nnstudio.spec import real


@dataclass(frozen=True)
class LayerNormalization(Layer):
    """Brings the numbers of each sample to mean 0 and variance 1, then rescales them as learned."""

    name: ClassVar[str] = "layer_normalization"
    title: ClassVar[str] = "Layer normalization"
    formula: ClassVar[str] = "y = γ (x - μ) / √(σ² + ε) + β, μ and σ² over each sample"
    reference: ClassVar[str] = "Ba, Kiros and Hinton, Layer Normalization, 2016"
    family: ClassVar[str] = "normalisation"
    icon: ClassVar[str] = "normalization"

    epsilon: float = real(
        1e-3,
        minimum=1e-12,
        maximum=1.0,
        logarithmic=True,
        label="Epsilon",
        help="Keeps the division safe when all numbers are the same.",
        advanced=True,
    )

    def output_shape(self, *shapes: Shape) -> Shape:
        if not shapes[0]:
            raise cannot_take("Layer normalization needs at least one number per sample")
        return shapes[0]

    def parameters(self, *shapes: Shape) -> tuple[ParameterSpec, ...]:
        features = shapes[0][-1:]
        return ParameterSpec("gamma", features, Ones()), ParameterSpec("beta", features, Zeros())

    def forward(self, c: Any, *xs: Any) -> Any:
        """x̂ = (x - μ) / √(σ² + ε),  y = γ x̂ + β"""
        (x,) = xs
        ops, rows = c.ops, c.rows(x)
        c.mean = ops.mean(rows, axis=1, keepdims=True)
        centred = ops.subtract(rows, c.mean)
        c.variance = ops.mean(ops.square(centred), axis=1, keepdims=True)
        c.deviation = ops.sqrt(ops.add(c.variance, self.epsilon))
        c.normalized = ops.divide(centred, c.deviation)
        c.y = ops.add(ops.multiply(c.normalized, c.gamma), c.beta)
        return c.like(x, c.y)

    def backward(self, c: Any, dy: Any) -> Any:
        """dx̂ = γ dy,  dx = (dx̂ - mean dx̂ - x̂ mean(dx̂ x̂)) / √(σ² + ε),  dγ = Σ dy x̂,  dβ = Σ dy"""
        ops, rows = c.ops, c.rows(dy)
        ops.sum(ops.multiply(rows, c.normalized), axis=0, out=c.grad.gamma)
        ops.sum(rows, axis=0, out=c.grad.beta)
        dn = ops.multiply(rows, c.gamma)
        along = ops.mean(ops.multiply(dn, c.normalized), axis=1, keepdims=True)
        dx = ops.subtract(dn, ops.mean(dn, axis=1, keepdims=True))
        dx = ops.subtract(dx, ops.multiply(c.normalized, along), out=dx)
        c.dx = ops.divide(dx, c.deviation, out=dx)
        return c.like(dy, c.dx)
