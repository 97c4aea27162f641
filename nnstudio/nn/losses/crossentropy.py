"""Losses on probabilities: how surprised the network is by the truth, -log of what it gave it.

Predictions are kept away from 0 and 1 by `SMALLEST`, as Keras does, because log 0 is infinite;
beyond the cut the loss is flat and its gradient 0. At the output of softmax or sigmoid the engine
takes the ``fused`` pair instead, which starts from z and needs no such cut: both exponentials and
logarithms cancel, and dL/dz is simply ŷ - y.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.activation import Activation
from nnstudio.nn.loss import Loss
from nnstudio.nn.losses import fitting
from nnstudio.nn.losses.targets import as_rows, row_mean, row_sum, smoothed
from nnstudio.spec import Problem, real

SMALLEST = 1e-7


def _label_smoothing(help: str) -> Any:
    return real(
        0.0,
        minimum=0.0,
        maximum=1.0,
        open_maximum=False,
        label="Label smoothing",
        typical="0 to 0.2",
        help=help,
        advanced=True,
    )


@dataclass(frozen=True)
class BinaryCrossentropy(Loss):
    """The negative log-probability of a yes-no target; for one sigmoid output, or one per class."""

    name: ClassVar[str] = "binary_crossentropy"
    title: ClassVar[str] = "Binary cross-entropy"
    formula: ClassVar[str] = "L = -1/k Σ y log ŷ + (1 - y) log(1 - ŷ)"
    derivative_formula: ClassVar[str] = (
        "dL/dŷ = 1/k (ŷ - y) / (ŷ (1 - ŷ))\nwith sigmoid: dL/dz = 1/k (ŷ - y)"
    )
    reference: ClassVar[str] = "Cox, The Regression Analysis of Binary Sequences, 1958"
    fuses: ClassVar[str] = "sigmoid"

    label_smoothing: float = _label_smoothing(
        "Moves the targets 0 and 1 towards ½, so that the network is not driven to be too certain."
    )

    def summary(self) -> str:
        return f"smoothing {self.label_smoothing:g}" if self.label_smoothing else ""

    def problems(
        self, output_shape: tuple[int, ...], activation: Activation | None, signature: Any
    ) -> tuple[Problem, ...]:
        return fitting.binary(self, output_shape, activation, signature)

    def rows(self, ops: Any, prediction: Any, target: Any) -> Any:
        """The targets beside the predictions, smoothed."""
        rows = as_rows(ops, target, prediction.shape[-1])
        return smoothed(ops, rows, self.label_smoothing, 0.5)

    def forward(self, ops: Any, prediction: Any, target: Any) -> Any:
        y = self.rows(ops, prediction, target)
        p = ops.clip(prediction, SMALLEST, 1.0 - SMALLEST)
        yes = ops.multiply(y, ops.log(p))
        no = ops.multiply(ops.subtract(1.0, y), ops.log(ops.subtract(1.0, p)))
        return row_mean(ops, ops.negative(ops.add(yes, no)))

    def backward(self, ops: Any, prediction: Any, target: Any) -> Any:
        y = self.rows(ops, prediction, target)
        p = ops.clip(prediction, SMALLEST, 1.0 - SMALLEST)
        variance = ops.multiply(p, ops.subtract(1.0, p))
        slope = ops.divide(ops.subtract(p, y), variance)
        slope = _flat_beyond(ops, slope, prediction, p)
        return ops.multiply(slope, 1.0 / prediction.shape[-1], out=slope)

    def forward_fused(self, ops: Any, z: Any, prediction: Any, target: Any) -> Any:
        # -log σ(z) and -log(1 - σ(z)) together: max(z, 0) - y z + log(1 + e^-|z|).
        y = self.rows(ops, prediction, target)
        tail = ops.log1p(ops.exp(ops.negative(ops.abs(z))))
        loss = ops.subtract(ops.maximum(z, 0.0), ops.multiply(y, z))
        return row_mean(ops, ops.add(loss, tail, out=loss))

    def backward_fused(self, ops: Any, z: Any, prediction: Any, target: Any) -> Any:
        dz = ops.subtract(prediction, self.rows(ops, prediction, target))
        k = prediction.shape[-1]
        return dz if k == 1 else ops.multiply(dz, 1.0 / k, out=dz)


@dataclass(frozen=True)
class CategoricalCrossentropy(Loss):
    """The negative logarithm of the predicted probability of the true class."""

    name: ClassVar[str] = "categorical_crossentropy"
    title: ClassVar[str] = "Categorical cross-entropy"
    formula: ClassVar[str] = "L = -Σ y log ŷ"
    derivative_formula: ClassVar[str] = "dL/dŷ = -y / ŷ\nwith softmax: dL/dz = ŷ - y"
    reference: ClassVar[str] = "Bridle, Probabilistic Interpretation of Network Outputs, 1990"
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    fuses: ClassVar[str] = "softmax"

    label_smoothing: float = _label_smoothing(
        "Gives this share of the certainty to all classes alike, so that the network is not driven "
        "to be too certain."
    )

    def summary(self) -> str:
        return f"smoothing {self.label_smoothing:g}" if self.label_smoothing else ""

    def problems(
        self, output_shape: tuple[int, ...], activation: Activation | None, signature: Any
    ) -> tuple[Problem, ...]:
        return fitting.categorical(self, output_shape, activation, signature)

    def rows(self, ops: Any, prediction: Any, target: Any) -> Any:
        """The targets as one-hot rows, smoothed."""
        k = prediction.shape[-1]
        return smoothed(ops, as_rows(ops, target, k), self.label_smoothing, 1.0 / k)

    def forward(self, ops: Any, prediction: Any, target: Any) -> Any:
        y = self.rows(ops, prediction, target)
        p = ops.clip(prediction, SMALLEST, 1.0)
        return row_sum(ops, ops.negative(ops.multiply(y, ops.log(p))))

    def backward(self, ops: Any, prediction: Any, target: Any) -> Any:
        y = self.rows(ops, prediction, target)
        p = ops.clip(prediction, SMALLEST, 1.0)
        return _flat_beyond(ops, ops.negative(ops.divide(y, p)), prediction, p)

    def forward_fused(self, ops: Any, z: Any, prediction: Any, target: Any) -> Any:
        y = self.rows(ops, prediction, target)
        return row_sum(ops, ops.negative(ops.multiply(y, ops.log_softmax(z))))

    def backward_fused(self, ops: Any, z: Any, prediction: Any, target: Any) -> Any:
        return ops.subtract(prediction, self.rows(ops, prediction, target))


@dataclass(frozen=True)
class KullbackLeibler(Loss):
    """How far the predicted distribution is from the true one; zero only when they are equal."""

    name: ClassVar[str] = "kl_divergence"
    title: ClassVar[str] = "Kullback-Leibler divergence"
    formula: ClassVar[str] = "L = Σ y log(y / ŷ)"
    derivative_formula: ClassVar[str] = "dL/dŷ = -y / ŷ\nwith softmax: dL/dz = ŷ Σy - y"
    reference: ClassVar[str] = "Kullback and Leibler, On Information and Sufficiency, 1951"
    fuses: ClassVar[str] = "softmax"

    def problems(
        self, output_shape: tuple[int, ...], activation: Activation | None, signature: Any
    ) -> tuple[Problem, ...]:
        return fitting.categorical(self, output_shape, activation, signature)

    def forward(self, ops: Any, prediction: Any, target: Any) -> Any:
        y = as_rows(ops, target, prediction.shape[-1])
        p = ops.clip(prediction, SMALLEST, 1.0)
        # y log y is 0 at y = 0; the cut keeps the logarithm finite there.
        ratio = ops.subtract(ops.log(ops.maximum(y, SMALLEST)), ops.log(p))
        return row_sum(ops, ops.multiply(y, ratio))

    def backward(self, ops: Any, prediction: Any, target: Any) -> Any:
        y = as_rows(ops, target, prediction.shape[-1])
        p = ops.clip(prediction, SMALLEST, 1.0)
        return _flat_beyond(ops, ops.negative(ops.divide(y, p)), prediction, p)

    def forward_fused(self, ops: Any, z: Any, prediction: Any, target: Any) -> Any:
        y = as_rows(ops, target, prediction.shape[-1])
        ratio = ops.subtract(ops.log(ops.maximum(y, SMALLEST)), ops.log_softmax(z))
        return row_sum(ops, ops.multiply(y, ratio))

    def backward_fused(self, ops: Any, z: Any, prediction: Any, target: Any) -> Any:
        y = as_rows(ops, target, prediction.shape[-1])
        if target.ndim == 1:  # one-hot: Σ y is 1
            return ops.subtract(prediction, y)
        total = ops.reshape(row_sum(ops, y), (y.shape[0], 1))
        return ops.subtract(ops.multiply(prediction, total), y)


def _flat_beyond(ops: Any, slope: Any, prediction: Any, p: Any) -> Any:
    """The slope where the prediction was taken as it is, 0 where it was cut to p."""
    return ops.multiply(slope, ops.equal(prediction, p), out=slope)
