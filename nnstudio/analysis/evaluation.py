"""How good the network is on a set of samples: loss, figures, confusions, and which samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.baselines import Baseline
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.graph.plan import Signature
from nnstudio.nn.metrics import (
    Accuracy,
    MeanAbsoluteErrorMetric,
    PerClass,
    R2Score,
    RocAuc,
    RootMeanSquaredError,
    confusion_matrix,
    per_class,
    predicted_classes,
)
from nnstudio.project.model import Fitted
from nnstudio.spec import Place, Problem, ProblemError

if TYPE_CHECKING:
    from nnstudio.engine.network import Network

Array = np.ndarray[Any, Any]
_CHUNK = 512
TITLES = {"train": "training set", "validation": "validation set", "test": "test set"}


class Cancelled(Exception):  # noqa: N818 - it is no error
    """Nobody waits for the answer any more."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The network measured on one part of the data.

    ``figures`` maps a metric's title to its value, in the order they are shown. ``prediction``
    holds the outputs (n, outputs), in the target's own unit for regression, ``losses`` the loss of
    every sample. ``confusion`` counts true classes (rows) against predicted ones (columns);
    ``predicted``, ``confusion`` and ``classes`` are None for regression. ``unit`` names what a
    regression's figures are in, and ``loss_unit`` says what its loss is in where that differs.
    ``baseline`` is what guessing reaches on the same samples, None for regression.
    """

    part: str
    loss: float
    figures: Mapping[str, float]
    prediction: Array
    target: Array
    losses: Array
    class_names: tuple[str, ...] = ()
    predicted: Array | None = None
    confusion: Array | None = None
    classes: PerClass | None = None
    probabilities: bool = False
    unit: str = ""
    loss_unit: str = ""
    baseline: Baseline | None = None

    @property
    def count(self) -> int:
        return len(self.losses)

    def cell(self, true: int, predicted: int) -> Array:
        """The samples of class `true` that were taken for `predicted`, the surest first."""
        if self.predicted is None:
            return np.zeros(0, dtype=np.int64)
        rows = np.flatnonzero((self.target == true) & (self.predicted == predicted))
        return rows[np.argsort(-self.certainty(rows), kind="stable")]

    def certainty(self, rows: Array) -> Array:
        """The output of the class each of these samples was taken for."""
        outputs = self.prediction[rows]
        if outputs.shape[1] == 1:
            p = outputs[:, 0]
            return np.where(p >= 0.5, p, 1.0 - p) if self.probabilities else np.abs(p)
        return np.asarray(outputs.max(axis=1))

    def worst(self, count: int = 20) -> Array:
        """The samples with the largest losses, the worst first."""
        order = np.argsort(-np.nan_to_num(self.losses, nan=np.inf), kind="stable")
        if self.predicted is not None:
            order = order[self.predicted[order] != self.target[order]]
        return order[:count]


def part_of(dataset: Dataset, part: str) -> Samples:
    """The named part; raises `ProblemError` if the data has none or it is empty."""
    samples = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}[part]
    if samples is None or not len(samples):
        raise ProblemError(
            Problem(
                f"This data has no {TITLES[part]}",
                "Give it a share in the settings of the data, or choose a file for it.",
                Place("data"),
            )
        )
    return samples


def evaluate(
    network: Network,
    dataset: Dataset,
    part: str = "test",
    cancelled: Callable[[], bool] = lambda: False,
) -> Evaluation:
    """Measure the network, with dropout off; leaves no trace in it.

    Raises `Cancelled` soon after ``cancelled`` says so.
    """
    from nnstudio.engine.checking import refuse_bad_samples

    samples = part_of(dataset, part)
    title = TITLES[part].removesuffix(" set")
    refuse_bad_samples(title, samples, network.plan, dataset.feature_names)
    prediction, losses, loss = _measure(network, samples, cancelled)
    target = np.asarray(samples.y)
    if dataset.signature.task == "regression":
        return _regression(dataset, part, prediction, target, losses, loss)
    threshold = network.loss.threshold
    classes = max(dataset.signature.classes, 2)
    predicted = predicted_classes(prediction, threshold)
    confusion = confusion_matrix(target, predicted, classes)
    figures = {"Loss": loss, "Accuracy": Accuracy().value(prediction, target, None, threshold)}
    summary = per_class(confusion)
    figures["Macro F1"] = float(np.mean(summary.f1))
    if classes == 2:
        figures["ROC AUC"] = RocAuc().value(prediction, target)
    return Evaluation(
        part=part,
        loss=loss,
        figures=figures,
        prediction=prediction,
        target=target,
        losses=losses,
        class_names=names_of(dataset, dataset.signature),
        predicted=predicted,
        confusion=confusion,
        classes=summary,
        probabilities=gives_probabilities(network),
        baseline=dataset.baselines.get(part),
    )


def _regression(
    dataset: Dataset, part: str, prediction: Array, target: Array, losses: Array, loss: float
) -> Evaluation:
    """Figures in the target's own unit, not in that of the standardised numbers.

    The loss comes last: it is what training makes small, on standardised targets.
    """
    scale, offset = dataset.target_scale, dataset.target_offset
    prediction = prediction.reshape(len(prediction), -1) * scale + offset
    target = target.reshape(len(target), -1) * scale + offset
    metrics = (MeanAbsoluteErrorMetric(), RootMeanSquaredError(), R2Score())
    figures = {m.title: m.value(prediction, target) for m in metrics} | {"Loss": loss}
    standardised = (scale, offset) != (1.0, 0.0)
    return Evaluation(
        part,
        loss,
        figures,
        prediction,
        target,
        losses,
        unit=dataset.target_name,
        loss_unit="on the standardised target" if standardised else "",
    )


def _measure(
    network: Network, samples: Samples, cancelled: Callable[[], bool]
) -> tuple[Array, Array, float]:
    """Outputs and losses of all samples, and the mean loss with its penalties."""
    host, total = network.ops.to_host, 0.0
    outputs: list[Array] = []
    losses: list[Array] = []
    with network.undisturbed():
        for start in range(0, len(samples), _CHUNK):
            if cancelled():
                raise Cancelled
            stop = min(start + _CHUNK, len(samples))
            outputs.append(host(network.forward(samples.x[start:stop])))
            total += network.loss_of(samples.y[start:stop]) * (stop - start)
            losses.append(host(network.last.losses))
    rows = np.concatenate(outputs)
    return rows.reshape(len(rows), -1), np.concatenate(losses), total / len(samples)


def gives_probabilities(network: Network) -> bool:
    """Whether the outputs can be read as probabilities: a softmax, or a sigmoid."""
    from nnstudio.graph.fitting import ending_activation

    activation = ending_activation(network.plan, training=False)
    return activation is not None and activation.name in ("softmax", "sigmoid")


def names_of(fitted: Fitted | Dataset, signature: Signature) -> tuple[str, ...]:
    """The names of the classes; numbers where the data has none."""
    return fitted.class_names or tuple(str(k) for k in range(max(signature.classes, 2)))
