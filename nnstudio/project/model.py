"""The project: everything that is saved, as one immutable value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nnstudio.data.dataset import DataSource
from nnstudio.graph.model import Graph
from nnstudio.graph.plan import Signature
from nnstudio.project.setup import TrainingSetup
from nnstudio.project.start import Start

if TYPE_CHECKING:
    import numpy as np

    from nnstudio.data.dataset import Dataset
    from nnstudio.data.words import BagOfWords


@dataclass(frozen=True)
class EpochRecord:
    """What was measured at the end of one epoch.

    ``epoch`` counts from 1, ``seconds`` from the start of training.

    Training figures are the mean over the epoch's batches (dropout on); validation figures are
    measured after the epoch with dropout off. Absent figures are None. ``metrics`` holds the metric
    that early stopping watched, if it is none of the others, by the name of its figure.
    ``from_epoch`` is the epoch whose weights this one went on from, where that is not the one
    before.
    """

    epoch: int
    updates: int
    seconds: float
    learning_rate: float
    loss: float
    accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict, hash=False)
    from_epoch: int | None = None

    def figure(self, name: str) -> float | None:
        """A figure by name; the training figure where there is no validation set."""
        if name in self.metrics:
            return self.metrics[name]
        value: float | None = getattr(self, name, None)
        if value is None and name.startswith("validation_"):
            value = getattr(self, name.removeprefix("validation_"), None)
        return value


_TERMS = (
    *("class_names", "feature_names", "words", "offset", "scale"),
    *("target_offset", "target_scale"),
)


@dataclass(frozen=True, eq=False)
class Fitted:
    """What was learnt from the training data before the network saw it.

    Without it the weights mean nothing: the vocabulary of a text set, the names of the classes,
    what numeric columns were standardised with. It travels with the weights, so that a project can
    be tried where its data is missing.

    ``signature`` is what the data asked of the network, None if unknown. ``samples`` and
    ``fingerprint`` tell the training part from another one (see `Dataset.fingerprint`). ``ranges``
    (3, inputs) holds the least, mean and greatest raw value of every input, None for words.
    """

    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    target_name: str = ""
    words: BagOfWords | None = None
    offset: np.ndarray[Any, Any] | None = None
    scale: np.ndarray[Any, Any] | None = None
    target_offset: float = 0.0
    target_scale: float = 1.0
    signature: Signature | None = None
    samples: int = 0
    fingerprint: str = ""
    ranges: np.ndarray[Any, Any] | None = None

    @classmethod
    def of(cls, dataset: Dataset) -> Fitted:
        """What this data set was fitted with."""
        return cls(
            **{field.name: getattr(dataset, field.name) for field in dataclasses.fields(cls)}
        )

    @property
    def terms(self) -> dict[str, Any]:
        """The fields of a `Dataset` that is expressed in what was fitted, by name."""
        return {name: getattr(self, name) for name in _TERMS}


@dataclass(frozen=True, eq=False)
class Trained:
    """The result of training so far: weights and the history that led to them.

    ``weights`` maps (node id, parameter name) to a read-only array. ``weights_epoch`` says after
    which epoch these weights stood; it is ``best_epoch`` when the best weights were restored.
    ``step`` counts the updates of a further, unfinished epoch that these weights have seen too.
    ``monitor`` names the figure by which that epoch was the best, empty if unknown.
    ``start`` is the network and data that were trained, None if unknown.
    ``reason`` is one of paused, finished, stopped, stopped early, diverged, target reached, time.
    """

    weights: Mapping[tuple[str, str], np.ndarray[Any, Any]]
    history: tuple[EpochRecord, ...] = ()
    best_epoch: int | None = None
    weights_epoch: int = 0
    reason: str = "paused"
    seed: int = 0
    checkpoint: bytes = b""  # the engine's own state for going on bit for bit; empty if unknown
    fitted: Fitted | None = None
    monitor: str = ""
    step: int = 0
    start: Start | None = None

    @property
    def restored(self) -> bool:
        """Whether the best weights were taken back after later epochs."""
        last = self.history[-1].epoch if self.history else 0
        return self.best_epoch is not None and self.weights_epoch == self.best_epoch < last

    @property
    def record(self) -> EpochRecord | None:
        """What was measured at the end of the epoch these weights are from, if it is known."""
        return next((r for r in reversed(self.history) if r.epoch == self.weights_epoch), None)


@dataclass(frozen=True, eq=False)
class Project:
    """Graph, training set-up, data reference and trained weights. Compared by identity."""

    name: str = "Untitled"
    graph: Graph = field(default_factory=Graph)
    training: TrainingSetup = field(default_factory=TrainingSetup)
    data: DataSource | None = None
    trained: Trained | None = None
    loss_position: tuple[float, float] | None = None  # None: the Loss card stands beside the output
    issued: Mapping[str, int] = field(default_factory=dict)

    def replace(self, **changes: Any) -> Project:
        return dataclasses.replace(self, **changes)
