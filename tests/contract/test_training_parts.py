"""Every optimizer, schedule, clip and decay at work: it learns, and goes on bit for bit."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from nnstudio.nn.optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, RMSprop, WeightDecay
from nnstudio.nn.schedules import CosineDecay, ReduceOnPlateau, WarmUp
from nnstudio.spec import Part, parts, to_json
from tests.engine.making import dataset, same_weights, trainer

OPTIMIZERS: list[Part] = [
    *(cls() for cls in parts("optimizer").values()),
    SGD(0.1, momentum=0.9),
    SGD(0.1, momentum=0.9, nesterov=True),
    RMSprop(0.01, momentum=0.5, centered=True),
    Adam(0.01, amsgrad=True),
    AdamW(0.01, amsgrad=True),
    Adagrad(0.1, initial_accumulator_value=0.0),
    Adadelta(0.5),
]
SCHEDULES: list[Part] = [
    *(cls() for cls in parts("schedule").values()),
    WarmUp(epochs=1.5, then=CosineDecay()),
    WarmUp(epochs=1.5, then=ReduceOnPlateau("loss", 0.5, patience=1, min_delta=0.5)),
]
CLIPS: list[Part] = [cls() for cls in parts("clip").values()]
DECAYS: list[Part] = [WeightDecay(0.0), WeightDecay(0.1)]
CHOICES: list[dict[str, Any]] = [
    *({"optimizer": part} for part in OPTIMIZERS),
    *({"schedule": part} for part in SCHEDULES),
    *({"clip": part} for part in CLIPS),
    *({"weight_decay": part} for part in DECAYS),
]


def named(choice: dict[str, Any]) -> str:
    (part,) = choice.values()
    return " ".join(str(value) for value in to_json(part).values())


@pytest.mark.parametrize("choice", CHOICES, ids=named)
def test_a_run_that_is_saved_and_gone_on_with_is_the_same_run(choice: dict[str, Any]) -> None:
    whole, parted, resumed = (trainer(epochs=5, **choice) for _ in range(3))
    list(whole.run())
    list(itertools.islice(parted.run(), 21))  # in the middle of an epoch
    resumed.resume(parted.checkpoint())
    list(resumed.run())
    assert same_weights(whole.network.weights(), resumed.network.weights())
    assert [r.learning_rate for r in whole.history] == [r.learning_rate for r in resumed.history]
    assert all(np.isfinite(a).all() for a in whole.network.weights().values())


@pytest.mark.parametrize("choice", CHOICES, ids=named)
def test_the_training_loss_falls(choice: dict[str, Any]) -> None:
    run = trainer(dataset(200, validation="plateau" in named(choice)), epochs=15, **choice)
    list(run.run())
    losses = [record.loss for record in run.history]
    assert np.mean(losses[-3:]) < np.mean(losses[:3])


def test_clipping_holds_a_step_of_plain_gradient_descent_short() -> None:
    """At a rate of 1 and a norm of 1 no step is longer than 1."""
    run = trainer(optimizer=SGD(1.0), clip=parts("clip")["clip_by_global_norm"](1.0), epochs=2)
    before = run.network.theta.copy()
    for _ in itertools.islice(run.run(), 10):
        after = run.network.theta.copy()
        assert np.linalg.norm(after - before) <= 1.0 + 1e-5
        before = after


def test_weight_decay_makes_the_weights_smaller() -> None:
    plain, decayed = trainer(epochs=6), trainer(epochs=6, weight_decay=WeightDecay(5.0))
    for run in (plain, decayed):
        list(run.run())
    assert np.linalg.norm(decayed.network.theta) < np.linalg.norm(plain.network.theta)


def test_the_rate_that_is_recorded_is_the_one_the_schedule_asks_for() -> None:
    schedule = WarmUp(epochs=1.0, start=0.1, then=CosineDecay())
    run = trainer(epochs=4, optimizer=SGD(0.2), schedule=schedule)
    list(run.run())
    steps = run.steps_per_epoch
    for record in run.history:
        factor = schedule.factor(record.epoch * steps - 1, steps, 4 * steps)
        assert record.learning_rate == pytest.approx(0.2 * factor)
