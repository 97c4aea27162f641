"""Schedules begin, bend and end where they say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.nn.schedules import (
    ConstantRate,
    CosineDecay,
    ExponentialDecay,
    OneCycle,
    ReduceOnPlateau,
    StepDecay,
    WarmUp,
)
from nnstudio.spec import parts

ALL = [
    ConstantRate(),
    StepDecay(drop=0.5, every=2.0),
    ExponentialDecay(rate=0.9),
    ExponentialDecay(rate=0.9, staircase=True),
    CosineDecay(alpha=0.1),
    WarmUp(epochs=2.0, then=CosineDecay()),
    WarmUp(),
    OneCycle(),
    ReduceOnPlateau(),
]


def curve(schedule, epochs: int = 10, steps: int = 10) -> np.ndarray:
    return np.array([schedule.factor(k, steps, epochs * steps) for k in range(epochs * steps)])


def test_the_list_has_every_schedule() -> None:
    assert {type(schedule) for schedule in ALL} == set(parts("schedule").values())


def test_constant_is_constant() -> None:
    assert set(curve(ConstantRate())) == {1.0}


def test_step_decay_drops_at_the_epochs_it_names() -> None:
    factors = curve(StepDecay(drop=0.5, every=2.0))
    np.testing.assert_allclose(factors[[0, 19, 20, 39, 40, 99]], [1, 1, 0.5, 0.5, 0.25, 0.0625])


def test_exponential_decay_loses_the_same_share_in_every_epoch() -> None:
    smooth, stairs = curve(ExponentialDecay(0.9)), curve(ExponentialDecay(0.9, staircase=True))
    np.testing.assert_allclose(smooth[::10], 0.9 ** np.arange(10))
    np.testing.assert_allclose(stairs, np.repeat(0.9 ** np.arange(10), 10))


def test_cosine_goes_from_one_through_the_middle_to_alpha() -> None:
    schedule = CosineDecay(alpha=0.1)
    ends = [schedule.factor(k, 10, 100) for k in (0, 50, 100, 200)]
    np.testing.assert_allclose(ends, [1.0, 0.55, 0.1, 0.1])


def test_warm_up_climbs_in_a_straight_line_and_hands_over() -> None:
    factors = curve(WarmUp(epochs=2.0, start=0.2, then=CosineDecay()))
    np.testing.assert_allclose(factors[[0, 10, 20]], [0.2, 0.6, 1.0])
    assert factors[60] == pytest.approx(0.5)


def test_one_cycle_climbs_to_the_peak_and_sinks_to_nearly_nothing() -> None:
    factors = curve(OneCycle(rise=0.3, div=25.0, final_div=1e4))
    np.testing.assert_allclose(factors[[0, 29, 99]], [1 / 25, 1.0, 1 / 25 / 1e4])
    assert np.all(np.diff(factors[:30]) > 0)
    assert np.all(np.diff(factors[29:]) < 0)


@pytest.mark.parametrize("schedule", ALL, ids=lambda s: f"{s.name} {s.summary()}")
@given(
    step=st.integers(0, 10**7),
    per_epoch=st.integers(1, 10**5),
    total=st.integers(1, 10**7),
)
def test_a_factor_is_always_between_zero_and_one(schedule, step, per_epoch, total) -> None:
    assert 0.0 <= schedule.factor(step, per_epoch, total) <= 1.0


def watch(schedule, values: list[float]) -> list[float]:
    memory: dict[str, float] = {}
    factors = []
    for value in values:
        memory = schedule.observe(memory, value)
        memory = json.loads(json.dumps(memory, allow_nan=False))  # as in a checkpoint
        factors.append(memory.get("factor", 1.0))
    return factors


def test_the_rate_is_reduced_when_the_loss_stops_falling() -> None:
    schedule = ReduceOnPlateau(reduction=0.5, patience=2)
    values = [1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.5]
    assert watch(schedule, values) == [1, 1, 1, 0.5, 0.5, 0.25, 0.25]


def test_after_a_reduction_the_cooldown_counts_nothing() -> None:
    schedule = ReduceOnPlateau(reduction=0.5, patience=1, cooldown=2)
    assert watch(schedule, [1.0] * 7) == [1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]


def test_for_an_accuracy_larger_is_better() -> None:
    schedule = ReduceOnPlateau(monitor="validation_accuracy", reduction=0.5, patience=2)
    assert schedule.watches == "validation_accuracy"
    assert watch(schedule, [0.1, 0.2, 0.3, 0.3, 0.3]) == [1, 1, 1, 1, 0.5]


def test_the_rate_is_not_reduced_below_the_least() -> None:
    schedule = ReduceOnPlateau(reduction=0.5, patience=1, least=0.3)
    assert watch(schedule, [1.0] * 6)[-1] == 0.3


def test_a_loss_that_is_not_a_number_counts_as_no_improvement() -> None:
    schedule = ReduceOnPlateau(reduction=0.5, patience=2)
    assert watch(schedule, [float("nan"), float("inf"), 1.0]) == [1, 0.5, 0.5]


def test_warm_up_passes_the_watching_on() -> None:
    schedule = WarmUp(then=ReduceOnPlateau(patience=1, reduction=0.5, monitor="loss"))
    assert schedule.watches == "loss"
    assert watch(schedule, [1.0, 1.0]) == [1.0, 0.5]
