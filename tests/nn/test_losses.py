"""Losses give the numbers their formulas promise, with gradients that are truly their slopes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnstudio.engine.numpy_ops import NumpyOps
from nnstudio.nn.loss import Loss
from nnstudio.nn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Hinge,
    Huber,
    KullbackLeibler,
    LogCosh,
    MeanAbsoluteError,
    MeanSquaredError,
    SquaredHinge,
)

ops = NumpyOps(dtype="float64")
single = NumpyOps(dtype="float32")

NUMBERS = [MeanSquaredError(), MeanAbsoluteError(), Huber(), Huber(delta=0.3), LogCosh()]
MARGINS = [Hinge(), SquaredHinge()]
PROBABILITIES = [
    BinaryCrossentropy(),
    BinaryCrossentropy(label_smoothing=0.2),
    CategoricalCrossentropy(),
    CategoricalCrossentropy(label_smoothing=0.1),
    KullbackLeibler(),
]
FUSED = [loss for loss in PROBABILITIES if loss.fuses]


def named(loss: Loss) -> str:
    return f"{loss.name} {loss.summary()}".strip()


def predictions(loss: Loss, n: int, k: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    if loss in PROBABILITIES:
        p = random.uniform(0.05, 1.0, (n, k))
        return p / p.sum(axis=1, keepdims=True) if k > 1 else np.clip(p, 0.05, 0.95)
    return random.normal(size=(n, k)) * 1.3


def slope(loss: Loss, prediction: np.ndarray, target: np.ndarray, h: float = 1e-6) -> np.ndarray:
    """dL/dŷ of every sample by central differences."""
    found = np.empty_like(prediction)
    for j in range(prediction.shape[1]):
        up, down = prediction.copy(), prediction.copy()
        up[:, j] += h
        down[:, j] -= h
        difference = loss.forward(ops, up, target) - loss.forward(ops, down, target)
        found[:, j] = difference / (2 * h)
    return found


@pytest.mark.parametrize("loss", PROBABILITIES, ids=named)
@pytest.mark.parametrize("p", [0.0, 1e-12, 1e-9, 5e-8, 3e-7, 1e-3, 1 - 3e-7])
def test_the_gradient_is_the_slope_of_the_loss_down_to_the_last_chance(
    loss: Loss, p: float
) -> None:
    prediction = np.array([[p, 0.5], [p, 0.5]])
    target = np.array([[1.0, 0.0], [0.3, 0.7]])
    measured = slope(loss, prediction, target, 1e-9)
    np.testing.assert_allclose(
        loss.backward(ops, prediction, target), measured, rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize("loss", NUMBERS + MARGINS + PROBABILITIES, ids=named)
def test_the_gradient_is_the_slope_of_the_loss_on_classes(loss: Loss, n: int) -> None:
    target = np.arange(n) % 4
    prediction = predictions(loss, n, 4)
    computed = loss.backward(ops, prediction, target)
    assert computed.shape == prediction.shape
    np.testing.assert_allclose(computed, slope(loss, prediction, target), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("loss", [*NUMBERS, *MARGINS, *PROBABILITIES[:2]], ids=named)
def test_a_single_output_stands_for_two_classes(loss: Loss) -> None:
    target = np.array([0, 1, 1, 0, 1])
    prediction = predictions(loss, 5, 1)
    value = loss.forward(ops, prediction, target)
    assert value.shape == (5,)
    computed = loss.backward(ops, prediction, target)
    np.testing.assert_allclose(computed, slope(loss, prediction, target), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("loss", NUMBERS, ids=named)
def test_the_gradient_is_the_slope_of_the_loss_on_numbers(loss: Loss) -> None:
    target = np.random.default_rng(1).normal(size=(6, 3))
    prediction = predictions(loss, 6, 3)
    computed = loss.backward(ops, prediction, target)
    np.testing.assert_allclose(computed, slope(loss, prediction, target), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("loss", "prediction", "target", "expected"),
    [
        (MeanSquaredError(), [[1.0, 5.0]], [[2.0, 3.0]], 2.5),
        (MeanAbsoluteError(), [[1.0, 5.0]], [[2.0, 3.0]], 1.5),
        (Huber(), [[1.5, 5.0]], [[2.0, 3.0]], (0.125 + 1.5) / 2),
        (LogCosh(), [[3.0]], [[1.0]], math.log(math.cosh(2.0))),
        (BinaryCrossentropy(), [[0.8]], [1], -math.log(0.8)),
        (BinaryCrossentropy(0.2), [[0.8]], [1], -0.9 * math.log(0.8) - 0.1 * math.log(0.2)),
        (CategoricalCrossentropy(), [[0.2, 0.7, 0.1]], [1], -math.log(0.7)),
        (KullbackLeibler(), [[0.5, 0.5]], [[0.25, 0.75]], 0.25 * math.log(27 / 16)),
        (Hinge(), [[0.3]], [1], 0.7),
        (Hinge(), [[0.3]], [0], 1.3),
        (SquaredHinge(), [[0.3, -2.0]], [0], 0.49 / 2),
    ],
    ids=lambda value: named(value) if isinstance(value, Loss) else "",
)  # fmt: skip
def test_worked_by_hand(loss: Loss, prediction: list, target: list, expected: float) -> None:
    value = loss.forward(ops, np.array(prediction), np.array(target))
    np.testing.assert_allclose(value, [expected], rtol=1e-12)


@pytest.mark.parametrize("loss", [*NUMBERS, *MARGINS, KullbackLeibler(), *PROBABILITIES[::2]])
def test_a_perfect_prediction_costs_nothing(loss: Loss) -> None:
    perfect = np.array([[1.0, 0.0], [0.0, 1.0]])
    if loss in MARGINS:
        perfect = perfect * 2 - 1
    assert np.all(np.abs(loss.forward(ops, perfect, np.array([0, 1]))) < 1e-6)


def both(loss: Loss, z: np.ndarray) -> np.ndarray:
    if loss.fuses == "softmax":
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize("k", [2, 5, 70])
@pytest.mark.parametrize("loss", FUSED, ids=named)
def test_fused_and_unfused_agree(loss: Loss, k: int) -> None:
    random = np.random.default_rng(3)
    z, target = random.normal(size=(9, k)), random.integers(0, k, 9)
    prediction = both(loss, z)
    np.testing.assert_allclose(
        loss.forward_fused(ops, z, prediction, target),
        loss.forward(ops, prediction, target),
        rtol=1e-9,
    )
    dz = loss.backward_fused(ops, z, prediction, target)
    dp = loss.backward(ops, prediction, target)
    if loss.fuses == "softmax":
        through = prediction * (dp - (dp * prediction).sum(axis=1, keepdims=True))
    else:
        through = dp * prediction * (1 - prediction)
    np.testing.assert_allclose(dz, through, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("loss", FUSED, ids=named)
def test_fused_losses_are_finite_for_any_finite_z(loss: Loss) -> None:
    k = 3 if loss.fuses == "softmax" else 1
    z = np.array([[1e4] * k, [-1e4] * k, [1e-42] * k, [0.0] * k], dtype=np.float32)
    z[:, 0] *= -1
    target = np.array([0, 0, 1, 1])
    with np.errstate(over="ignore"):
        prediction = both(loss, z)
    value = loss.forward_fused(single, z, prediction, target)
    assert np.isfinite(value).all()
    assert value.dtype == np.float32
    assert value[0] > 1e3 or value[1] > 1e3  # sure and wrong is not cut off
    assert np.isfinite(loss.backward_fused(single, z, prediction, target)).all()


@pytest.mark.parametrize("value", [0.0, 1.0, 1e-42, 1e-7, 1 - 1e-7])
@pytest.mark.parametrize("loss", PROBABILITIES, ids=named)
def test_probabilities_of_zero_and_one_stay_finite(loss: Loss, value: float) -> None:
    prediction = np.array([[value, 1 - value]], dtype=np.float32)
    for target in (np.array([0]), np.array([1])):
        assert np.isfinite(loss.forward(single, prediction, target)).all()
        assert np.isfinite(loss.backward(single, prediction, target)).all()


@pytest.mark.parametrize("loss", [*NUMBERS, *MARGINS], ids=named)
@given(z=st.floats(-1e4, 1e4, width=32), y=st.integers(0, 1))
@example(z=2.0**-23, y=0)
@settings(max_examples=60, deadline=None)
def test_large_and_tiny_numbers_stay_finite(loss: Loss, z: float, y: int) -> None:
    prediction, target = np.array([[z]], dtype=np.float32), np.array([y])
    value = loss.forward(single, prediction, target)
    assert np.isfinite(value).all()
    assert value[0] >= 0
    assert np.isfinite(loss.backward(single, prediction, target)).all()


@pytest.mark.parametrize("loss", NUMBERS + MARGINS + PROBABILITIES, ids=named)
def test_neither_prediction_nor_target_is_changed(loss: Loss) -> None:
    prediction = predictions(loss, 4, 3)
    for target in (np.array([0, 1, 2, 1]), np.eye(3)[[0, 1, 2, 1]]):
        before, kept = prediction.copy(), target.copy()
        loss.forward(ops, prediction, target)
        loss.backward(ops, prediction, target)
        np.testing.assert_array_equal(prediction, before)
        np.testing.assert_array_equal(target, kept)


@pytest.mark.parametrize("loss", NUMBERS + MARGINS + PROBABILITIES, ids=named)
def test_a_recorded_loss_replays_with_new_numbers(loss: Loss) -> None:
    steps: list = []
    recording = ops.recording(steps)
    prediction, target = predictions(loss, 6, 3), np.array([0, 1, 2, 0, 1, 2])
    value = loss.forward(recording, prediction, target)
    gradient = loss.backward(recording, prediction, target)
    prediction[:] = predictions(loss, 6, 3, seed=5)
    target[:] = [2, 2, 0, 0, 1, 1]
    for step in steps:
        step()
    np.testing.assert_allclose(value, loss.forward(ops, prediction, target), rtol=1e-12)
    np.testing.assert_allclose(gradient, loss.backward(ops, prediction, target), rtol=1e-12)


def test_softmax_with_two_classes_is_sigmoid() -> None:
    """The course's identity: a softmax over (z, 0) and a sigmoid of z give the same loss."""
    z = np.linspace(-4, 4, 9)[:, None]
    target = np.arange(9) % 2
    pair = np.hstack([np.zeros_like(z), z])
    by_softmax = CategoricalCrossentropy().forward_fused(ops, pair, pair, target)
    by_sigmoid = BinaryCrossentropy().forward_fused(ops, z, z, target)
    np.testing.assert_allclose(by_softmax, by_sigmoid, rtol=1e-12)


def test_the_worked_example_of_the_course() -> None:
    """f(w,x) = 1/(1+e^-(w0 x0 + w1 x1 + w2)), forwards and backwards with the parts' own maths."""
    from nnstudio.nn.activations import Sigmoid

    w, x = np.array([2.0, -3.0, -3.0]), np.array([-1.0, -2.0])
    z = np.array([[w[0] * x[0] + w[1] * x[1] + w[2]]])
    f = Sigmoid().forward(ops, z)
    assert float(z[0, 0]) == 1.0
    assert round(float(f[0, 0]), 4) == 0.7311
    df_dz = float(Sigmoid().backward(ops, z, f, np.ones_like(z))[0, 0])
    np.testing.assert_allclose(
        df_dz * np.array([x[0], x[1], 1.0]), [-0.1966, -0.3932, 0.1966], atol=5e-5
    )
    np.testing.assert_allclose(df_dz * w[:2], [0.3932, -0.5898], atol=5e-5)
