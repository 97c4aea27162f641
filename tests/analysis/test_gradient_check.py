"""The gradient check tells a kink, where two slopes are right, from a wrong gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnstudio.analysis.expression import read, start
from nnstudio.analysis.expression.numeric import central
from nnstudio.analysis.gradient_check import GradientCheck, check_gradient
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.data.points import Xor
from nnstudio.engine import Network, compile, sequential
from nnstudio.graph.plan import Signature
from nnstudio.nn.activations import LeakyRelu, Relu, Softmax
from nnstudio.nn.layers import Dense
from nnstudio.nn.losses import CategoricalCrossentropy, MeanAbsoluteError

XOR = Xor().load()
CORNERS = Dataset(
    "the four corners",
    XOR.signature,
    Samples(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), np.array([0, 1, 1, 0])),
    None,
    None,
)


def fresh(seed: int, activation: Any, *units: int) -> Network:
    loss = CategoricalCrossentropy()
    layers = [*(Dense(n, activation) for n in units), Dense(2, Softmax())]
    return Network(compile(sequential(layers), XOR.signature, loss), loss, seed=seed)


def kinks(result: GradientCheck) -> int:
    return sum(one.kink for layer in result.layers for one in layer.sampled)


@pytest.mark.parametrize("data", [XOR, CORNERS], ids=["points", "corners"])
@pytest.mark.parametrize("activation", [Relu(), LeakyRelu()], ids=["relu", "leaky relu"])
def test_no_fresh_network_raises_a_false_alarm(data: Dataset, activation: Any) -> None:
    found = [check_gradient(fresh(seed, activation, 2, 4), data, seed=seed) for seed in range(20)]
    failed = [seed for seed, result in enumerate(found) if not result.passed]
    assert failed == []
    if data is CORNERS or activation == Relu():
        assert sum(map(kinks, found)) > 5


def test_the_two_slopes_of_a_kink_are_told() -> None:
    """One ReLU whose bias and input are 0: to the left nothing happens, to the right all."""
    loss, signature = MeanAbsoluteError(), Signature((1,), "regression")
    net = Network(compile(sequential([Dense(1, Relu())]), signature, loss), loss)
    data = Dataset("0", signature, Samples(np.zeros((1, 1)), np.ones((1, 1))), None, None)
    (layer,) = check_gradient(net, data).layers
    bias = next(one for one in layer.sampled if one.name == "bias")
    assert bias.kink
    assert (bias.left, bias.right) == pytest.approx((0.0, -1.0), abs=1e-6)
    assert bias.analytic in (0.0, -1.0)


@pytest.mark.parametrize("factor", [0.5, 1.001, -1.0, 3.0])
def test_a_wrong_gradient_is_found_at_a_kink_too(
    factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Relu.backward

    def wrong(self: Any, ops: Any, z: Any, a: Any, da: Any) -> Any:
        return ops.multiply(right(self, ops, z, a, da), factor)

    monkeypatch.setattr(Relu, "backward", wrong)
    found = [check_gradient(fresh(seed, Relu(), 2, 4), CORNERS, seed=seed) for seed in range(20)]
    assert not any(result.passed for result in found)


def test_without_a_kink_none_is_seen() -> None:
    from nnstudio.nn.activations import Tanh

    for seed in range(10):
        result = check_gradient(fresh(seed, Tanh(), 6, 6), XOR, seed=seed)
        assert result.passed
        assert kinks(result) == 0


@pytest.mark.parametrize("text", ["relu(x)", "abs(x)", "max(x, 2*x)", "leaky_relu(x)"])
@pytest.mark.parametrize("epsilon", [1.0, 1e-2, 1e-5, 1e-8])
def test_an_expression_at_a_kink_says_both_slopes(text: str, epsilon: float) -> None:
    sheet = read(text).with_value("x", 0.0)
    passed = start(sheet).of
    check = central(sheet.graph, passed.forward, "x", 0.0, epsilon)
    assert check.corner
    left, right = {"relu(x)": (0, 1), "abs(x)": (-1, 1), "max(x, 2*x)": (1, 2)}.get(text, (0.1, 1))
    assert (check.left, check.right) == pytest.approx((left, right), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("text", ["x**2", "exp(x)", "x**3", "sigmoid(x)", "1/(x + 3)"])
@pytest.mark.parametrize("value", [-1.0, 0.0, 0.5, 2.0])
@pytest.mark.parametrize("epsilon", [1.0, 0.3, 1e-2, 1e-5])
def test_a_curve_is_no_kink_however_far_one_looks(text: str, value: float, epsilon: float) -> None:
    sheet = read(text).with_value("x", value)
    passed = start(sheet).of
    gradient = passed.backward.gradients.get("x", 0.0) if passed.backward else 0.0
    assert not central(sheet.graph, passed.forward, "x", gradient, epsilon).corner
