"""Losses on numbers: how far a prediction ŷ lies from its target y.

They differ in what they make of a large error. The square punishes it hard, the absolute value
mildly, Huber and log-cosh are a square near zero and an absolute value far out. With several
outputs the loss of a sample is the mean over them. On classes the target is the one-hot row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.activation import Activation
from nnstudio.nn.loss import Loss
from nnstudio.nn.losses import fitting
from nnstudio.nn.losses.targets import as_rows, row_mean
from nnstudio.spec import Problem, real


@dataclass(frozen=True)
class NumberLoss(Loss):
    """Base of the losses on the difference e = ŷ - y."""

    def problems(
        self, output_shape: tuple[int, ...], activation: Activation | None, signature: Any
    ) -> tuple[Problem, ...]:
        return fitting.number_loss(self, output_shape, activation, signature)

    def error(self, ops: Any, prediction: Any, target: Any) -> Any:
        """e = ŷ - y, the shape of the prediction."""
        return ops.subtract(prediction, as_rows(ops, target, prediction.shape[-1]))


@dataclass(frozen=True)
class MeanSquaredError(NumberLoss):
    """Squares the error, so that one large error weighs more than many small ones."""

    name: ClassVar[str] = "mean_squared_error"
    title: ClassVar[str] = "Mean squared error"
    formula: ClassVar[str] = "L = 1/k Σ (ŷ - y)²"
    derivative_formula: ClassVar[str] = "dL/dŷ = 2/k (ŷ - y)"
    reference: ClassVar[str] = "Legendre, Nouvelles méthodes ... (least squares), 1805"

    def forward(self, ops: Any, prediction: Any, target: Any) -> Any:
        e = self.error(ops, prediction, target)
        return row_mean(ops, ops.square(e, out=e))

    def backward(self, ops: Any, prediction: Any, target: Any) -> Any:
        e = self.error(ops, prediction, target)
        return ops.multiply(e, 2.0 / e.shape[-1], out=e)


@dataclass(frozen=True)
class MeanAbsoluteError(NumberLoss):
    """Takes the error's absolute value: errors count by their size, so outliers do not dominate."""

    name: ClassVar[str] = "mean_absolute_error"
    title: ClassVar[str] = "Mean absolute error"
    formula: ClassVar[str] = "L = 1/k Σ |ŷ - y|"
    derivative_formula: ClassVar[str] = "dL/dŷ = 1/k sign(ŷ - y)"
    reference: ClassVar[str] = "Laplace, Mémoire sur la probabilité des causes, 1774"

    def forward(self, ops: Any, prediction: Any, target: Any) -> Any:
        e = self.error(ops, prediction, target)
        return row_mean(ops, ops.abs(e, out=e))

    def backward(self, ops: Any, prediction: Any, target: Any) -> Any:
        e = self.error(ops, prediction, target)
        return ops.multiply(ops.sign(e, out=e), 1.0 / e.shape[-1], out=e)


@dataclass(frozen=True)
class Huber(NumberLoss):
    """Quadratic for small errors, linear for large ones: smooth at zero, robust to outliers."""

    name: ClassVar[str] = "huber"
    title: ClassVar[str] = "Huber"
    formula: ClassVar[str] = "e = ŷ - y\nL = 1/k Σ ½ e² if |e| ≤ δ else δ (|e| - ½ δ)"
    derivative_formula: ClassVar[str] = "dL/dŷ = 1/k max(-δ, min(δ, e))"
    reference: ClassVar[str] = "Huber, Robust Estimation of a Location Parameter, 1964"

    delta: float = real(
        1.0,
        minimum=0.0,
        maximum=1e6,
        open_minimum=True,
        logarithmic=True,
        label="Delta",
        typical="1",
        help="The size of error above which the loss grows linearly.",
    )

    def summary(self) -> str:
        return f"delta {self.delta:g}"

    def forward(self, ops: Any, prediction: Any, target: Any) -> Any:
        e = self.error(ops, prediction, target)
        size = ops.abs(e, out=e)
        # With q = min(|e|, δ) both branches are q (|e| - ½ q).
        q = ops.minimum(size, self.delta)
        rest = ops.subtract(size, ops.multiply(q, 0.5), out=size)
        return row_mean(ops, ops.multiply(q, rest, out=q))

    def backward(self, ops: Any, prediction: Any, target: Any) -> Any:
        e = self.error(ops, prediction, target)
        cut = ops.clip(e, -self.delta, self.delta, out=e)
        return ops.multiply(cut, 1.0 / cut.shape[-1], out=cut)


@dataclass(frozen=True)
class LogCosh(NumberLoss):
    """The logarithm of the hyperbolic cosine: like Huber, but smooth everywhere."""

    name: ClassVar[str] = "log_cosh"
    title: ClassVar[str] = "Log-cosh"
    formula: ClassVar[str] = "L = 1/k Σ log cosh(ŷ - y)"
    derivative_formula: ClassVar[str] = "dL/dŷ = 1/k tanh(ŷ - y)"
    reference: ClassVar[str] = "Green, Bayesian Reconstructions from Emission Tomography, 1990"

    def forward(self, ops: Any, prediction: Any, target: Any) -> Any:
        e = self.error(ops, prediction, target)
        size = ops.abs(e, out=e)
        # cosh would overflow: log cosh e = |e| + log(1 + e^(-2|e|)) - log 2.
        tail = ops.log1p(ops.exp(ops.multiply(size, -2.0)))
        total = ops.add(size, tail, out=size)
        total = ops.subtract(total, math.log(2.0), out=total)
        # Rounding leaves a tiny error just below zero, where no logarithm of a cosh can be.
        return row_mean(ops, ops.maximum(total, 0.0, out=total))

    def backward(self, ops: Any, prediction: Any, target: Any) -> Any:
        e = self.error(ops, prediction, target)
        slope = ops.tanh(e, out=e)
        return ops.multiply(slope, 1.0 / slope.shape[-1], out=slope)
