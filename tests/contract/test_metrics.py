"""Every metric where it is undefined: it says NaN, and never a figure that means nothing.

The rules hold for all metrics of the registry, so a new one is measured by them as well.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nnstudio.graph.plan import Signature
from nnstudio.nn.metric import Metric
from nnstudio.nn.metrics import RocAuc
from nnstudio.spec import parts

METRICS: list[Metric] = [cls() for cls in parts("metric").values()]
OF_CLASSES = [m for m in METRICS if "classification" in m.tasks]
OF_NUMBERS = [m for m in METRICS if "regression" in m.tasks]
RANDOM = np.random.default_rng(0)


def named(metric: Metric) -> str:
    return metric.name


def outputs(metric: Metric, n: int) -> tuple[Any, Any]:
    """Predictions and targets that suit a metric of classes."""
    k = 2 if metric.most_classes == 2 else 4
    p = np.random.default_rng(n).uniform(size=(n, k))
    return p / p.sum(axis=1, keepdims=True), np.arange(n) % k


@pytest.mark.parametrize("metric", METRICS, ids=named)
def test_a_metric_says_on_which_data_it_can_be_measured(metric: Metric) -> None:
    kinds = (Signature((1,), "classification", 2), Signature((1,), "classification", 5),
             Signature((1,), "regression"))  # fmt: skip
    assert any(metric.suits(signature) for signature in kinds)
    assert metric.title


@pytest.mark.parametrize("weights", [None, np.zeros(0)], ids=["", "weighted"])
@pytest.mark.parametrize("metric", METRICS, ids=named)
def test_of_nothing_there_is_no_figure(metric: Metric, weights: Any) -> None:
    k = 1 if metric in OF_NUMBERS else 2
    target = np.zeros((0, 1)) if metric in OF_NUMBERS else np.zeros(0, np.int64)
    assert math.isnan(metric.value(np.zeros((0, k)), target, weights))


@pytest.mark.parametrize("metric", METRICS, ids=named)
def test_where_nothing_counts_there_is_no_figure(metric: Metric) -> None:
    if metric in OF_NUMBERS:
        p, y = RANDOM.normal(size=(6, 1)), RANDOM.normal(size=(6, 1))
    else:
        p, y = outputs(metric, 6)
    value = metric.value(p, y, np.zeros(6))
    assert math.isnan(value) or value == 0.0


@pytest.mark.parametrize("columns", ["all outputs", "one output", "a single output"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("metric", OF_CLASSES, ids=named)
def test_outputs_that_are_no_numbers_stand_for_no_class(
    metric: Metric, bad: float, columns: str
) -> None:
    p, y = outputs(metric, 8)
    if columns == "a single output":
        p, y = p[:, -1:], y % 2
    p[3, -1 if columns == "one output" else slice(None)] = bad
    assert math.isnan(metric.value(p, y))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("metric", OF_NUMBERS, ids=named)
def test_predictions_that_are_no_numbers_are_never_good(metric: Metric, bad: float) -> None:
    y = RANDOM.normal(size=(8, 1))
    p = y.copy()
    p[2] = bad
    value = metric.value(p, y)
    worst = math.inf if metric.better == "min" else -math.inf
    assert math.isnan(value) or value == worst


@pytest.mark.parametrize("constant", [0.0, 0.1, -7.3, 1e-9, 123456.789, 1e12])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 7, 1000])
@pytest.mark.parametrize("metric", OF_NUMBERS, ids=named)
def test_on_equal_targets_a_figure_is_an_error_or_nothing(
    metric: Metric, n: int, dtype: Any, constant: float
) -> None:
    y = np.full((n, 1), constant, dtype)
    for off in (0.0, 1.0):
        p = y + np.asarray(off, dtype)
        value = metric.value(p, y)
        assert isinstance(value, float)
        weighed = metric.value(p, y, np.full(n, 0.3))
        if metric.name == "r2":
            assert math.isnan(value)
            assert math.isnan(weighed)
        else:
            assert value == pytest.approx(np.abs(p - y).mean(), rel=1e-6)
            assert weighed == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("metric", OF_NUMBERS, ids=named)
def test_targets_that_count_for_nothing_make_no_spread(metric: Metric) -> None:
    y, p = np.array([[3.0], [3.0], [9.0]]), np.array([[3.5], [2.5], [9.0]])
    value = metric.value(p, y, np.array([1.0, 2.0, 0.0]))
    assert math.isnan(value) if metric.name == "r2" else value == pytest.approx(0.5)


@pytest.mark.parametrize("metric", OF_CLASSES, ids=named)
@pytest.mark.parametrize("only", [0, 1])
def test_with_one_class_only_a_figure_lies_between_0_and_1_or_is_none(
    metric: Metric, only: int
) -> None:
    p, _ = outputs(metric, 9)
    value = metric.value(p, np.full(9, only))
    assert math.isnan(value) if isinstance(metric, RocAuc) else 0.0 <= value <= 1.0


@pytest.mark.parametrize("metric", METRICS, ids=named)
def test_a_perfect_prediction_has_the_best_figure(metric: Metric) -> None:
    if metric in OF_NUMBERS:
        y = RANDOM.normal(size=(9, 2))
        assert metric.value(y, y) == (0.0 if metric.better == "min" else 1.0)
    else:
        _, y = outputs(metric, 8)
        assert metric.value(np.eye(int(y.max()) + 1)[y], y) == 1.0
