"""Every activation of the registry: values, slopes, extremes. A new one is found by itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import nnstudio.nn  # noqa: F401 - makes the parts known
from nnstudio.engine import open_device
from nnstudio.nn.activations import Gelu, LeakyRelu, Relu, Selu, Sigmoid, Softmax, Softplus, Step
from nnstudio.spec import from_json, parts, to_json

ALL = sorted(parts("activation"))
SMOOTH = [name for name in ALL if name != "step"]
NAMES = ["elu", "gelu", "leaky_relu", "linear", "relu", "selu", "sigmoid", "silu", "softmax",
         "softplus", "step", "tanh"]  # fmt: skip


def arithmetic(dtype: str = "float64") -> Any:
    return open_device("cpu", dtype)[0]


def test_the_course_s_activations_are_there() -> None:
    assert set(NAMES) <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_an_activation_says_what_it_is_and_survives_the_file(name: str) -> None:
    activation: Any = parts("activation")[name]()
    assert activation.formula
    assert activation.derivative_formula
    assert activation.sentence().endswith(".")
    assert len(activation.sentence()) <= 110
    assert from_json("activation", to_json(activation)) == activation


@pytest.mark.parametrize("name", SMOOTH)
def test_the_slope_agrees_with_a_central_difference(name: str) -> None:
    activation: Any = parts("activation")[name]()
    ops, random = arithmetic(), np.random.default_rng(0)
    z, da = random.normal(size=(7, 4)) * 2, random.normal(size=(7, 4))
    a = activation.forward(ops, z)
    dz = activation.backward(ops, z, a, da)
    step = 1e-6
    for row in range(7):
        for column in range(4):
            shift = np.zeros_like(z)
            shift[row, column] = step
            rise = activation.forward(ops, z + shift) - activation.forward(ops, z - shift)
            numeric = float((rise * da).sum() / (2 * step))
            assert dz[row, column] == pytest.approx(numeric, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", ALL)
def test_the_result_goes_where_it_is_told(name: str) -> None:
    activation: Any = parts("activation")[name]()
    ops, random = arithmetic("float32"), np.random.default_rng(0)
    z = random.normal(size=(6, 3)).astype(np.float32)
    da = np.ones_like(z)
    a, out = activation.forward(ops, z), np.empty_like(z)
    assert activation.forward(ops, z, out=out) is out
    np.testing.assert_allclose(out, a, rtol=1e-6)
    dz = activation.backward(ops, z, a, da)
    assert activation.backward(ops, z, a, da, out=out) is out
    np.testing.assert_allclose(out, dz, rtol=1e-6)
    assert a.dtype == dz.dtype == np.float32


@pytest.mark.parametrize("name", ALL)
def test_extreme_inputs_stay_finite(name: str) -> None:
    activation: Any = parts("activation")[name]()
    ops = arithmetic("float32")
    z = np.array([[-1e4, -100.0, -1e-40, 0.0, 1e-40, 100.0, 1e4, 3.0]], np.float32)
    with np.errstate(all="ignore"):
        a = activation.forward(ops, z)
        dz = activation.backward(ops, z, a, np.ones_like(z))
    assert np.isfinite(a).all()
    assert np.isfinite(dz).all()


@pytest.mark.parametrize("name", ALL)
def test_the_saturated_range_is_where_the_slope_is_small(name: str) -> None:
    activation: Any = parts("activation")[name]()
    low, high = activation.saturates
    ops = arithmetic()
    for edge, sign in ((low, -1.0), (high, 1.0)):
        if edge is not None:
            z = np.array([[edge + sign * 0.01]])
            dz = activation.backward(ops, z, activation.forward(ops, z), np.ones_like(z))
            assert abs(dz.item()) < 0.1


def value(activation: Any, z: float) -> float:
    return float(activation.forward(arithmetic(), np.array([[z]])).item())


def test_known_values() -> None:
    assert value(Sigmoid(), 1.0) == pytest.approx(0.7310585786)
    assert value(Relu(), -2.0) == 0.0
    assert value(LeakyRelu(), -2.0) == pytest.approx(-0.2)
    assert value(Selu(), -1.0) == pytest.approx(-1.1113307378)
    assert value(Gelu(), 1.0) == pytest.approx(0.8413447461)
    assert value(Softplus(), 0.0) == pytest.approx(math.log(2))
    assert value(Step(), 0.0) == 1.0
    assert value(Step(), -1e-9) == 0.0


def test_sigmoid_is_right_far_out_where_a_naive_formula_loses_everything() -> None:
    assert value(Sigmoid(), -40.0) == pytest.approx(math.exp(-40.0), rel=1e-9)


@pytest.mark.parametrize("columns", [2, 10, 200])
def test_softmax_adds_up_to_one_and_ignores_a_shift(columns: int) -> None:
    ops, random = arithmetic(), np.random.default_rng(0)
    z = random.normal(size=(9, columns))
    a = Softmax().forward(ops, z)
    np.testing.assert_allclose(a.sum(axis=1), 1.0)
    np.testing.assert_allclose(Softmax().forward(ops, z + 1000.0), a, rtol=1e-9)
    np.testing.assert_allclose(np.exp(ops.log_softmax(z)), a, rtol=1e-12)


def test_softmax_with_two_classes_is_the_sigmoid_of_the_difference() -> None:
    z = np.array([[0.3, 1.7], [-2.0, 4.0]])
    a = Softmax().forward(arithmetic(), z)
    s = Sigmoid().forward(arithmetic(), z[:, 1:] - z[:, :1])
    np.testing.assert_allclose(a[:, 1:], s, rtol=1e-12)
