"""Metrics agree with scikit-learn's and with what can be counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.graph.plan import Signature
from nnstudio.nn.metrics import (
    Accuracy,
    F1Score,
    MeanAbsoluteErrorMetric,
    Precision,
    R2Score,
    Recall,
    RocAuc,
    RootMeanSquaredError,
    TopKAccuracy,
    confusion_matrix,
    per_class,
    predicted_classes,
    roc_curve,
)
from nnstudio.spec import parts

ALL = [cls() for cls in parts("metric").values()]


def test_the_confusion_matrix_counts_true_rows_and_predicted_columns() -> None:
    matrix = confusion_matrix(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 3)
    np.testing.assert_array_equal(matrix, [[1, 1, 0], [0, 1, 0], [1, 0, 0]])


def test_figures_of_a_class_that_was_never_predicted_are_zero() -> None:
    figures = per_class(np.array([[3, 0], [2, 0]]))
    np.testing.assert_allclose(figures.precision, [0.6, 0.0])
    np.testing.assert_allclose(figures.recall, [1.0, 0.0])
    np.testing.assert_allclose(figures.f1, [0.75, 0.0])
    np.testing.assert_array_equal(figures.support, [3, 2])


@given(seed=st.integers(0, 10_000), classes=st.integers(2, 6), n=st.integers(2, 60))
@settings(max_examples=40, deadline=None)
def test_class_metrics_agree_with_scikit_learn(seed: int, classes: int, n: int) -> None:
    from sklearn import metrics

    random = np.random.default_rng(seed)
    y = random.integers(0, classes, n)
    p = np.round(random.dirichlet(np.ones(classes), n), 1)  # rounded: ties must not matter
    w = random.uniform(0.1, 2.0, n)
    guess = p.argmax(axis=1)
    labels = np.arange(classes)
    for weights in (None, w):
        same = {"labels": labels, "zero_division": 0, "sample_weight": weights}
        assert Accuracy().value(p, y, weights) == pytest.approx(
            metrics.accuracy_score(y, guess, sample_weight=weights)
        )
        for average in ("macro", "weighted"):
            for metric, function in (
                (Precision(average), metrics.precision_score),
                (Recall(average), metrics.recall_score),
                (F1Score(average), metrics.f1_score),
            ):
                assert metric.value(p, y, weights) == pytest.approx(
                    function(y, guess, average=average, **same)
                )
        np.testing.assert_allclose(
            confusion_matrix(y, guess, classes, weights),
            metrics.confusion_matrix(y, guess, labels=labels, sample_weight=weights),
        )
        if classes == 2 and len(set(y)) == 2:
            assert RocAuc().value(p[:, 1:], y, weights) == pytest.approx(
                metrics.roc_auc_score(y, p[:, 1], sample_weight=weights)
            )
            curve = roc_curve(y, p[:, 1], weights)
            x, true, _ = metrics.roc_curve(
                y, p[:, 1], sample_weight=weights, drop_intermediate=False
            )
            np.testing.assert_allclose(curve.false_positive_rate, x)
            np.testing.assert_allclose(curve.true_positive_rate, true)


@given(seed=st.integers(0, 10_000), outputs=st.integers(1, 3), n=st.integers(2, 40))
@settings(max_examples=40, deadline=None)
def test_metrics_of_numbers_agree_with_scikit_learn(seed: int, outputs: int, n: int) -> None:
    from sklearn import metrics

    random = np.random.default_rng(seed)
    y = random.normal(3, 2, (n, outputs)).astype(np.float32)
    p = (y + random.normal(0, 1, y.shape)).astype(np.float32)
    w = random.uniform(0.1, 2.0, n)
    for weights in (None, w):
        assert MeanAbsoluteErrorMetric().value(p, y, weights) == pytest.approx(
            metrics.mean_absolute_error(y, p, sample_weight=weights), rel=1e-5
        )
        assert RootMeanSquaredError().value(p, y, weights) == pytest.approx(
            math.sqrt(metrics.mean_squared_error(y, p, sample_weight=weights)), rel=1e-5
        )
        assert R2Score().value(p, y, weights) == pytest.approx(
            metrics.r2_score(y, p, sample_weight=weights), rel=1e-4, abs=1e-4
        )


def test_a_single_output_is_read_at_its_threshold() -> None:
    p = np.array([[0.2], [0.5], [0.9], [-0.4]])
    np.testing.assert_array_equal(predicted_classes(p), [0, 1, 1, 0])
    np.testing.assert_array_equal(predicted_classes(p, threshold=0.0), [1, 1, 1, 0])
    assert Accuracy().value(p, np.array([0, 1, 0, 0])) == 0.75
    assert Recall("second").value(p, np.array([0, 1, 0, 0])) == 1.0
    assert Precision("second").value(p, np.array([0, 1, 0, 0])) == 0.5


def test_top_k_counts_the_k_largest_and_breaks_ties_like_the_largest() -> None:
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.2, 0.5, 0.3], [1 / 3] * 3])
    y = np.array([1, 0, 0, 1])
    assert TopKAccuracy(1).value(p, y) == Accuracy().value(p, y) == 0.0
    assert TopKAccuracy(2).value(p, y) == 0.75
    assert TopKAccuracy(3).value(p, y) == 1.0


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
def test_nothing_to_measure_is_not_a_number_and_no_error(metric) -> None:
    nothing = np.zeros((0, 2)), np.zeros(0, np.int64)
    if "regression" in metric.tasks:
        nothing = np.zeros((0, 1)), np.zeros((0, 1))
    assert math.isnan(metric.value(*nothing))


def test_undefined_figures_are_not_a_number() -> None:
    assert math.isnan(RocAuc().value(np.array([[0.1], [0.9]]), np.array([1, 1])))
    assert math.isnan(R2Score().value(np.ones((3, 1)), np.ones((3, 1))))
    assert math.isnan(RocAuc().value(np.ones((2, 3)), np.array([0, 1])))


def test_metrics_know_which_data_they_are_for() -> None:
    two = Signature((2,), "classification", classes=2)
    ten = Signature((64,), "classification", classes=10)
    numbers = Signature((3,), "regression")
    assert RocAuc().suits(two)
    assert not RocAuc().suits(ten)
    assert TopKAccuracy().suits(ten)
    assert not TopKAccuracy().suits(two)
    assert R2Score().suits(numbers)
    assert not R2Score().suits(ten)
    assert not Accuracy().suits(numbers)
