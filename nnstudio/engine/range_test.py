"""The learning-rate range test: which learning rates work for this network and this data?

A short training run in which the learning rate grows from batch to batch. While it is too small the
loss hardly moves; then it falls; when it is too large the loss shoots up. A good rate lies where
the loss falls fastest, well before it turns. (Smith, Cyclical Learning Rates, WACV 2017.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnstudio.data.dataset import Dataset
from nnstudio.engine.batches import Batches
from nnstudio.engine.checking import refuse_bad_data
from nnstudio.engine.network import Network
from nnstudio.engine.randomness import Stream
from nnstudio.engine.updating import Updater
from nnstudio.project.setup import TrainingSetup

#: The test ends when the smoothed loss is this many times the best one.
_TOO_HIGH = 4.0
#: How much of the smoothed loss survives a step.
_SMOOTHING = 0.9


@dataclass(frozen=True, slots=True)
class RangePoint:
    """One update of the test: its learning rate, its loss, and the loss smoothed over updates."""

    rate: float
    loss: float
    smoothed: float


def range_test(
    network: Network,
    dataset: Dataset,
    setup: TrainingSetup,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 120,
) -> Iterator[RangePoint]:
    """Train with a rate that grows from ``lowest`` to ``highest``, one point for each update.

    The network is left as it was, also if the test is abandoned. Raises `ProblemError` for data
    that cannot be trained on, ValueError for a range that is none.
    """
    if not 0 < lowest < highest or steps < 2:
        raise ValueError(f"no range of learning rates: {lowest} to {highest} in {steps} steps")
    refuse_bad_data(dataset, network.plan)
    ops = network.ops
    theta = ops.copy(network.theta)
    with network.undisturbed():
        try:
            yield from _climb(network, dataset, setup, lowest, highest, steps)
        finally:
            ops.xp.copyto(network.theta, theta)


def suggestion(points: Sequence[RangePoint]) -> float | None:
    """The rate at which the smoothed loss falls fastest; None if it never falls."""
    steepest, best = 0.0, None
    window = max(2, len(points) // 10)
    for before, after in zip(points, points[window:], strict=False):
        slope = (after.smoothed - before.smoothed) / math.log(after.rate / before.rate)
        if slope < steepest:
            steepest, best = slope, math.sqrt(before.rate * after.rate)
    return best


def _climb(
    network: Network,
    dataset: Dataset,
    setup: TrainingSetup,
    lowest: float,
    highest: float,
    steps: int,
) -> Iterator[RangePoint]:
    batches = Batches(network, dataset.train)
    size = min(setup.batch_size or batches.count, batches.count)
    updater = Updater(network, setup)
    shuffling = Stream(setup.seed, "range test")
    program = batches.program(size, training=True)
    order: Any = None
    position = batches.count
    average, best = 0.0, math.inf
    for step in range(steps):
        if position + size > batches.count:
            order, position = batches.order(shuffling.permutation(batches.count)), 0
        batches.fill(program, order[position : position + size])
        position += size
        rate = lowest * (highest / lowest) ** (step / (steps - 1))
        with np.errstate(all="ignore"):
            loss = program.step()
        if not math.isfinite(loss):
            return
        average = _SMOOTHING * average + (1.0 - _SMOOTHING) * loss
        smoothed = average / (1.0 - _SMOOTHING ** (step + 1))
        yield RangePoint(rate, loss, smoothed)
        best = min(best, smoothed)
        if step > steps // 10 and smoothed > _TOO_HIGH * best:
            return
        updater.update(step + 1, rate)
