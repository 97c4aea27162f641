"""What the trainer tells: plain values, in the order things happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from nnstudio.project.model import EpochRecord
from nnstudio.spec import Problem


@dataclass(frozen=True, slots=True)
class TrainingStarted:
    """Comes first; ``first_epoch`` is 1 or, when going on, the epoch after the last one.

    ``from_epoch`` is the epoch whose weights it goes on from, where that is not the one before.
    """

    epochs: int
    first_epoch: int
    steps_per_epoch: int
    samples: int
    batch_size: int
    from_epoch: int | None = None


class BatchFinished(NamedTuple):
    """One update is done. ``step`` counts from 1 within the epoch, ``update`` from 1 overall.

    A tuple because tens of thousands are made in a second, four times as fast as a dataclass.
    """

    epoch: int
    step: int
    update: int
    loss: float
    accuracy: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class EpochFinished:
    """One epoch is done; ``record`` holds the figures, ``best`` the best monitored epoch so far.

    ``waited`` is the number of epochs since that best one, None without early stopping; ``monitor``
    names the figure that ``best_value`` is (see `EpochRecord.figure`).
    """

    record: EpochRecord
    best_epoch: int | None
    best_value: float | None
    waited: int | None
    monitor: str = ""


@dataclass(frozen=True, slots=True)
class MovedToCpu:
    """The graphics card's memory was full; training goes on on the CPU with nothing lost."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Diverged:
    """Loss or weights became NaN or infinite; training has stopped by itself.

    ``node`` is the first layer that shows it; weights stand at the end of ``last_good_epoch``.
    """

    epoch: int
    step: int
    node: str
    what: str
    last_good_epoch: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class TrainingFinished:
    """Comes last. ``reason``: finished, stopped, stopped early, diverged, time, target reached.

    ``problem`` says what went wrong although all numbers stayed finite: a loss that grew, units
    that are dead.
    """

    reason: str
    epochs_run: int
    best_epoch: int | None
    weights_epoch: int
    seconds: float
    samples_per_second: float
    figures: Mapping[str, float]
    problem: Problem | None = None
