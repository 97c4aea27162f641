"""Losses of support vector machines: a class must not only win, it must win by a margin.

The target y is -1 or +1 (classes 0 and 1 are read so; several outputs are one question per class)
and ŷ is a score rather than a probability. Once y ŷ exceeds 1 the sample costs nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.activation import Activation
from nnstudio.nn.loss import Loss
from nnstudio.nn.losses import fitting
from nnstudio.nn.losses.targets import as_rows, row_mean
from nnstudio.spec import Problem


@dataclass(frozen=True)
class MarginLoss(Loss):
    """Base of the losses on the margin that is missing, h = max(0, 1 - y ŷ)."""

    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    threshold: ClassVar[float] = 0.0

    def problems(
        self, output_shape: tuple[int, ...], activation: Activation | None, signature: Any
    ) -> tuple[Problem, ...]:
        return fitting.margin_loss(self, output_shape, activation, signature)

    def sides(self, ops: Any, prediction: Any, target: Any) -> Any:
        """The targets as -1 and +1."""
        rows = as_rows(ops, target, prediction.shape[-1])
        return ops.subtract(ops.multiply(rows, 2.0), 1.0)

    def missing(self, ops: Any, prediction: Any, y: Any) -> Any:
        """h = max(0, 1 - y ŷ)."""
        margin = ops.multiply(y, prediction)
        return ops.maximum(ops.subtract(1.0, margin, out=margin), 0.0, out=margin)


@dataclass(frozen=True)
class Hinge(MarginLoss):
    """Zero for a margin of 1 or more, and grows linearly below it."""

    name: ClassVar[str] = "hinge"
    title: ClassVar[str] = "Hinge"
    formula: ClassVar[str] = "L = 1/k Σ max(0, 1 - y ŷ),  y is -1 or 1"
    derivative_formula: ClassVar[str] = "dL/dŷ = -y/k if y ŷ < 1 else 0"
    reference: ClassVar[str] = "Cortes and Vapnik, Support-Vector Networks, 1995"

    def forward(self, ops: Any, prediction: Any, target: Any) -> Any:
        y = self.sides(ops, prediction, target)
        return row_mean(ops, self.missing(ops, prediction, y))

    def backward(self, ops: Any, prediction: Any, target: Any) -> Any:
        y = self.sides(ops, prediction, target)
        short = ops.greater(self.missing(ops, prediction, y), 0.0)
        return ops.multiply(ops.multiply(short, y), -1.0 / prediction.shape[-1])


@dataclass(frozen=True)
class SquaredHinge(MarginLoss):
    """The square of the hinge: smooth, and harder on samples that lie far on the wrong side."""

    name: ClassVar[str] = "squared_hinge"
    title: ClassVar[str] = "Squared hinge"
    formula: ClassVar[str] = "L = 1/k Σ max(0, 1 - y ŷ)²,  y is -1 or 1"
    derivative_formula: ClassVar[str] = "dL/dŷ = -2/k y max(0, 1 - y ŷ)"
    reference: ClassVar[str] = "Tang, Deep Learning using Linear Support Vector Machines, 2013"

    def forward(self, ops: Any, prediction: Any, target: Any) -> Any:
        y = self.sides(ops, prediction, target)
        h = self.missing(ops, prediction, y)
        return row_mean(ops, ops.square(h, out=h))

    def backward(self, ops: Any, prediction: Any, target: Any) -> Any:
        y = self.sides(ops, prediction, target)
        h = self.missing(ops, prediction, y)
        return ops.multiply(ops.multiply(h, y), -2.0 / prediction.shape[-1])
