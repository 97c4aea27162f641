"""The metrics: how good a network is, in figures that people compare.

Everything about classes follows from the confusion matrix, which counts how often true class i was
taken for class j: its diagonal is what was right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from nnstudio.nn.metric import Metric
from nnstudio.spec import choice, integer

Array = np.ndarray[Any, Any]


def predicted_classes(prediction: Array, threshold: float = 0.5) -> Array:
    """The class each row of outputs stands for: the largest; for one output 1 from `threshold`."""
    if prediction.shape[1] == 1:
        return (prediction[:, 0] >= threshold).astype(np.int64)
    return np.asarray(np.argmax(prediction, axis=1))


def confusion_matrix(
    target: Array, predicted: Array, classes: int, weights: Array | None = None
) -> Array:
    """How often true class i (row) was taken for class j (column), shape (classes, classes)."""
    cells = target.astype(np.int64) * classes + predicted
    if weights is None:
        counts: Array = np.bincount(cells, minlength=classes * classes)
    else:
        counts = np.bincount(cells, weights.astype(np.float64), classes * classes)
    return counts.reshape(classes, classes)


@dataclass(frozen=True, eq=False)
class PerClass:
    """Precision, recall and F1 of every class, and how many samples it truly has (support).

    Precision is 0 for a class that was never predicted, recall for one that never occurs.
    """

    precision: Array
    recall: Array
    f1: Array
    support: Array


def per_class(confusion: Array) -> PerClass:
    """The figures of every class of a confusion matrix."""
    right = np.diagonal(confusion).astype(np.float64)
    support = confusion.sum(axis=1)
    predicted = confusion.sum(axis=0)
    return PerClass(
        precision=_share(right, predicted),
        recall=_share(right, support),
        f1=_share(2.0 * right, predicted + support),
        support=support,
    )


@dataclass(frozen=True, eq=False)
class RocCurve:
    """True against false positives for every threshold, from the highest to the lowest."""

    false_positive_rate: Array
    true_positive_rate: Array
    thresholds: Array
    auc: float


def roc_curve(target: Array, score: Array, weights: Array | None = None) -> RocCurve:
    """The receiver operating characteristic of scores (n,) for class 1 against class 0."""
    if not np.isfinite(score).all():
        nothing = np.full(1, np.nan)
        return RocCurve(nothing, nothing, np.full(1, np.inf), float("nan"))
    order = np.argsort(-score, kind="stable")
    score = score[order]
    w = np.ones(len(score)) if weights is None else weights[order].astype(np.float64)
    positive = np.where(target[order] == 1, w, 0.0)
    # A threshold can only lie between different scores; equal ones change sides together.
    ends = np.append(np.flatnonzero(np.diff(score)), len(score) - 1) if len(score) else _NOTHING
    true = np.append(0.0, np.cumsum(positive)[ends])
    false = np.append(0.0, np.cumsum(w - positive)[ends])
    thresholds = np.append(np.inf, score[ends])
    if true[-1] <= 0 or false[-1] <= 0:
        nothing = np.full(len(true), np.nan)
        return RocCurve(nothing, nothing, thresholds, float("nan"))
    x, y = false / false[-1], true / true[-1]
    return RocCurve(x, y, thresholds, float(np.trapezoid(y, x)))


_NOTHING = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Accuracy(Metric):
    """The share of samples whose predicted class is the true one."""

    name: ClassVar[str] = "accuracy"
    title: ClassVar[str] = "Accuracy"
    formula: ClassVar[str] = "right / all"
    reference: ClassVar[str] = "Manning et al., Introduction to Information Retrieval, 2008, ch. 8"
    percent: ClassVar[bool] = True

    def value(
        self, prediction: Any, target: Any, weights: Any = None, threshold: float = 0.5
    ) -> float:
        if not _decides(prediction):
            return float("nan")
        return _mean(predicted_classes(prediction, threshold) == target, weights)


@dataclass(frozen=True)
class TopKAccuracy(Metric):
    """The share of samples whose true class is among the k most probable ones."""

    name: ClassVar[str] = "top_k_accuracy"
    title: ClassVar[str] = "Top-k accuracy"
    formula: ClassVar[str] = "true class among the k largest outputs / all"
    reference: ClassVar[str] = "Russakovsky et al., ImageNet Challenge, IJCV 115, 2015"
    percent: ClassVar[bool] = True
    least_classes: ClassVar[int] = 3

    k: int = integer(
        5,
        minimum=1,
        maximum=100_000,
        label="k",
        typical="2 to 5",
        help="How many guesses count. With as many guesses as classes everything is right.",
    )

    def summary(self) -> str:
        return f"k = {self.k}"

    def value(
        self, prediction: Any, target: Any, weights: Any = None, threshold: float = 0.5
    ) -> float:
        if not _decides(prediction):
            return float("nan")
        if prediction.shape[1] == 1:
            return Accuracy().value(prediction, target, weights, threshold)
        chosen = np.take_along_axis(prediction, target[:, None].astype(np.int64), axis=1)
        # The true class is in when fewer than k are ahead; of equal ones the first is.
        ahead = (prediction > chosen).sum(axis=1)
        places = np.arange(prediction.shape[1])
        ahead += ((prediction == chosen) & (places < target[:, None])).sum(axis=1)
        return _mean(ahead < self.k, weights)


@dataclass(frozen=True)
class ClassMetric(Metric):
    """Base of the figures that exist for every class and are averaged over the classes."""

    percent: ClassVar[bool] = True
    figure: ClassVar[Literal["precision", "recall", "f1"]] = "f1"

    average: str = choice(
        "macro",
        label="Average",
        help="Macro: every class counts the same. Weighted: by how many samples it has. "
        "Second class: the figure of class 1 alone, as usual for yes or no.",
        options=(("macro", "macro"), ("weighted", "weighted"), ("second", "second class")),
    )

    def summary(self) -> str:
        return self.average

    def value(
        self, prediction: Any, target: Any, weights: Any = None, threshold: float = 0.5
    ) -> float:
        if not _decides(prediction):
            return float("nan")
        classes = max(2, prediction.shape[1], int(np.max(target)) + 1)
        predicted = predicted_classes(prediction, threshold)
        figures = per_class(confusion_matrix(target, predicted, classes, weights))
        values: Array = getattr(figures, self.figure)
        if self.average == "second":
            return float(values[1])
        if self.average == "weighted":
            return _mean(values, figures.support)
        return float(np.mean(values))


@dataclass(frozen=True)
class Precision(ClassMetric):
    """Of the samples predicted as a class, the share that truly belongs to it."""

    name: ClassVar[str] = "precision"
    title: ClassVar[str] = "Precision"
    formula: ClassVar[str] = "TP / (TP + FP)"
    reference: ClassVar[str] = "van Rijsbergen, Information Retrieval, 1979"
    figure: ClassVar[Literal["precision", "recall", "f1"]] = "precision"


@dataclass(frozen=True)
class Recall(ClassMetric):
    """Of the samples that truly belong to a class, the share that was found."""

    name: ClassVar[str] = "recall"
    title: ClassVar[str] = "Recall"
    formula: ClassVar[str] = "TP / (TP + FN)"
    reference: ClassVar[str] = "van Rijsbergen, Information Retrieval, 1979"
    figure: ClassVar[Literal["precision", "recall", "f1"]] = "recall"


@dataclass(frozen=True)
class F1Score(ClassMetric):
    """The harmonic mean of precision and recall: high only when both are."""

    name: ClassVar[str] = "f1"
    title: ClassVar[str] = "F1"
    formula: ClassVar[str] = "2 · precision · recall / (precision + recall)"
    reference: ClassVar[str] = "van Rijsbergen, Information Retrieval, 1979"
    figure: ClassVar[Literal["precision", "recall", "f1"]] = "f1"


@dataclass(frozen=True)
class RocAuc(Metric):
    """The chance that a sample of class 1 gets a higher score than one of class 0."""

    name: ClassVar[str] = "roc_auc"
    title: ClassVar[str] = "ROC AUC"
    formula: ClassVar[str] = "P(score of a positive > score of a negative), equal ones count half"
    reference: ClassVar[str] = "Hanley and McNeil, Area under a ROC Curve, Radiology 143, 1982"
    least_classes: ClassVar[int] = 2
    most_classes: ClassVar[int | None] = 2

    def value(
        self, prediction: Any, target: Any, weights: Any = None, threshold: float = 0.5
    ) -> float:
        if prediction.shape[1] > 2:
            return float("nan")
        return roc_curve(target, prediction[:, -1], weights).auc


@dataclass(frozen=True)
class MeanAbsoluteErrorMetric(Metric):
    """How far off a prediction is on average, in the target's own unit."""

    name: ClassVar[str] = "mean_absolute_error"
    title: ClassVar[str] = "MAE"
    formula: ClassVar[str] = "mean |ŷ - y|"
    reference: ClassVar[str] = "Willmott and Matsuura, Climate Research 30, 2005"
    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    better: ClassVar[Literal["min", "max"]] = "min"

    def value(
        self, prediction: Any, target: Any, weights: Any = None, threshold: float = 0.5
    ) -> float:
        return _mean(np.abs(_errors(prediction, target)).mean(axis=1), weights)


@dataclass(frozen=True)
class RootMeanSquaredError(Metric):
    """How far off a prediction is, in the target's own unit, with large errors counting more."""

    name: ClassVar[str] = "root_mean_squared_error"
    title: ClassVar[str] = "RMSE"
    formula: ClassVar[str] = "√ mean (ŷ - y)²"
    reference: ClassVar[str] = "Willmott and Matsuura, Climate Research 30, 2005"
    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    better: ClassVar[Literal["min", "max"]] = "min"

    def value(
        self, prediction: Any, target: Any, weights: Any = None, threshold: float = 0.5
    ) -> float:
        return float(np.sqrt(_mean((_errors(prediction, target) ** 2).mean(axis=1), weights)))


@dataclass(frozen=True)
class R2Score(Metric):
    """The share of the variance that is explained: 1 is perfect, 0 no better than the mean.

    With several outputs the mean over them. NaN where the targets do not vary.
    """

    name: ClassVar[str] = "r2"
    title: ClassVar[str] = "R²"
    formula: ClassVar[str] = "1 - Σ (ŷ - y)² / Σ (y - ȳ)²"
    reference: ClassVar[str] = "Wright, Correlation and Causation, 1921"
    tasks: ClassVar[tuple[str, ...]] = ("regression",)

    def value(
        self, prediction: Any, target: Any, weights: Any = None, threshold: float = 0.5
    ) -> float:
        rest = _errors(prediction, target)
        y = _columns(target)
        if not len(y):
            return float("nan")
        w = np.ones(len(y)) if weights is None else weights.astype(np.float64)
        if w.sum() <= 0:
            return float("nan")
        spread = w @ (y - (w @ y) / w.sum()) ** 2
        # Equal targets: what is left of their spread is the rounding of the mean.
        spread[np.ptp(y[w > 0], axis=0) == 0] = 0.0
        explained = np.full(spread.shape, np.nan)
        np.divide(w @ rest**2, spread, out=explained, where=spread > 0)
        return float(np.mean(1.0 - explained))


def _decides(prediction: Array) -> bool:
    """Whether the outputs stand for classes at all: there are some, and all are numbers."""
    return len(prediction) > 0 and bool(np.isfinite(prediction).all())


def _columns(values: Array) -> Array:
    """Numbers as float64 rows, shape (n, outputs)."""
    return values.reshape(values.shape[0], math.prod(values.shape[1:])).astype(np.float64)


def _errors(prediction: Array, target: Array) -> Array:
    return _columns(prediction) - _columns(target)


def _mean(values: Array, weights: Array | None) -> float:
    """The mean, weighted if weights are given; NaN of nothing."""
    if weights is None:
        return float(np.mean(values)) if len(values) else float("nan")
    total = float(np.sum(weights))
    return float(np.dot(values, weights)) / total if total > 0 else float("nan")


def _share(part: Array, whole: Array) -> Array:
    """part / whole, 0 where there is no whole."""
    out = np.zeros(len(part))
    np.divide(part, whole, out=out, where=whole > 0)
    return out
