"""What the session tells, beside the trainer's own events: plain values that belong to nobody else.

Arrays in them are copies, so whoever receives an event may keep it. Replies carry the ticket that
the call returned. Of the trainer's events, `BatchFinished` arrives folded into `BatchesFinished`,
`MovedToCpu` as `ProblemFound` (once a session), all others (`TrainingStarted`, `EpochFinished`,
`Diverged`, `TrainingFinished`) as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nnstudio.data.dataset import Dataset, DataSource
from nnstudio.graph.plan import Check
from nnstudio.nn.layer import Shape
from nnstudio.project.model import Project, Trained
from nnstudio.project.provenance import Provenance
from nnstudio.project.start import Start
from nnstudio.spec import Problem

if TYPE_CHECKING:
    from nnstudio.analysis.evaluation import Evaluation
    from nnstudio.analysis.gradient_check import GradientCheck
    from nnstudio.analysis.prediction import Prediction
    from nnstudio.analysis.tape import Tape
    from nnstudio.analysis.thumbnails import LayerFigures, Thumbnail

State = Literal["idle", "loading", "ready", "running", "paused", "busy"]


@dataclass(frozen=True, slots=True)
class StateChanged:
    """What the session does now; ``text`` is one line for the status bar.

    idle: no data or a network that cannot train · loading: data is on its way · ready: Train can
    be pressed · running · paused: an unfinished run waits · busy: something short, such as an
    evaluation of a large test set.
    """

    state: State
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class DataLoaded:
    """The project's data is there; `source` is the declaration it was loaded from."""

    source: DataSource
    dataset: Dataset


@dataclass(frozen=True, slots=True, eq=False)
class CheckChanged:
    """The graph was checked anew; ``session.check`` is this value."""

    check: Check


@dataclass(frozen=True, slots=True)
class ProblemFound:
    """Something went wrong in the background; ``ticket`` names the call it answers, if any."""

    problem: Problem
    ticket: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class BatchesFinished:
    """A row of updates, one element of each array per update, oldest first.

    ``epochs`` and ``updates`` count from 1, ``steps`` from 1 within the epoch; ``seconds`` since
    the start of training. ``accuracies`` is None where the task has no accuracy.
    """

    epochs: np.ndarray[Any, Any]
    steps: np.ndarray[Any, Any]
    updates: np.ndarray[Any, Any]
    losses: np.ndarray[Any, Any]
    accuracies: np.ndarray[Any, Any] | None
    seconds: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.updates)


@dataclass(frozen=True, slots=True, eq=False)
class PictureReady:
    """Thumbnails and figures of all cards by node id ("loss" for the Loss card), latest only.

    ``start`` and ``shapes`` are of the network that they show: while training goes on, the one on
    the canvas may be another.
    """

    thumbnails: Mapping[str, Thumbnail]
    figures: Mapping[str, LayerFigures]
    start: Start
    shapes: Mapping[str, Shape]
    output: str

    def made_of(self, id: str) -> tuple[Any, ...]:
        """What the picture and the figures of a card are made of (see `made_of`)."""
        return made_of(id, self.start, self.shapes, self.output)


def made_of(id: str, start: Start, shapes: Mapping[str, Shape], output: str) -> tuple[Any, ...]:
    """What a card's picture and figures show: another layer, shape, loss or data, other numbers."""
    graph = start.graph
    if id == "loss":
        return start.data, start.loss, shapes.get(output)
    if id not in graph:
        return ()
    sources = tuple(shapes.get(edge.source) for edge in graph.incoming[id])
    return start.data, graph.node(id).layer, sources, shapes.get(id)


@dataclass(frozen=True, slots=True)
class RunStale:
    """The project was changed in a way that the present run does not follow; ``text`` says how."""

    text: str


@dataclass(frozen=True, slots=True)
class BegunAnew:
    """Training begins from initial weights although there were trained ones; ``text`` says why."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class ResultReady:
    """The result of training so far. By the time this is heard it stands in the project."""

    trained: Trained
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class SnapshotReady:
    """The reply to ``snapshot``: the project with what the run in it has learned so far.

    When the network was changed meanwhile so that the weights do not fit it, they are in ``apart``,
    the project that the run began with.
    """

    ticket: int
    project: Project
    apart: Project | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationReady:
    """The reply to ``evaluate``; ``left_out`` says which samples could not be judged, if any."""

    ticket: int
    evaluation: Evaluation
    provenance: Provenance
    left_out: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PredictionReady:
    """The reply to ``predict``."""

    ticket: int
    prediction: Prediction
    provenance: Provenance


@dataclass(frozen=True, slots=True, eq=False)
class ProbeReady:
    """The reply to ``probe``."""

    ticket: int
    tape: Tape
    provenance: Provenance


@dataclass(frozen=True, slots=True, eq=False)
class GradientCheckReady:
    """The reply to ``gradient_check``."""

    ticket: int
    result: GradientCheck


@dataclass(frozen=True, slots=True)
class ExportReady:
    """The reply to ``export``: the file is written."""

    ticket: int
    path: Path
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Progress:
    """How far training is. ``fraction`` runs from 0 to 1, ``seconds_left`` is None until known."""

    epoch: int
    epochs: int
    step: int
    steps_per_epoch: int
    fraction: float
    seconds: float
    seconds_left: float | None
    samples_per_second: float
