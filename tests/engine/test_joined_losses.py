"""An output activation and its loss are computed together, whatever shapes follow it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnstudio.analysis.evaluation import gives_probabilities
from nnstudio.analysis.network_pass.values import Values
from nnstudio.analysis.tape import ProbeRequest, record
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine import Network, compile, sequential
from nnstudio.graph.plan import Signature
from nnstudio.nn.activations import Sigmoid, Softmax
from nnstudio.nn.layers import Dense, Dropout, Flatten, Reshape
from nnstudio.nn.layers.activation import Activation
from nnstudio.nn.losses import BinaryCrossentropy, CategoricalCrossentropy, KullbackLeibler
from nnstudio.project.setup import TrainingSetup

IN_A_ROW = Signature((1, 4), "classification", 3)
ENDINGS: dict[str, list[Any]] = {
    "flatten": [Dense(3, Softmax()), Flatten()],
    "reshape": [Dense(3, Softmax()), Reshape((3,))],
    "an activation of its own": [Dense(3), Activation(Softmax()), Flatten()],
    "both": [Dense(3, Softmax()), Reshape((3, 1)), Flatten()],
}
LOSSES = [CategoricalCrossentropy(), KullbackLeibler()]


def network(layers: list[Any], loss: Any, signature: Signature = IN_A_ROW) -> Network:
    return Network(compile(sequential(layers), signature, loss), loss, dtype="float64")


def sure_and_wrong(layers: list[Any], loss: Any) -> tuple[Network, Any, Any]:
    """A network that gives the true class a chance of about e^-40 or less."""
    net = network(layers, loss)
    net.load_weights(
        {
            ("dense-1", "kernel"): np.zeros((4, 3)),
            ("dense-1", "bias"): np.array([40.0, 0.0, -500.0]),
        }
    )
    return net, np.ones((2, 1, 4)), np.array([1, 2])


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_sure_mistake_is_measured_and_mended_in_full(ending: str, loss: Any) -> None:
    net, x, y = sure_and_wrong(ENDINGS[ending], loss)
    for training in (False, True):
        net.forward(x, training=training)
        assert net.loss_of(y) == pytest.approx((40 + 540) / 2)
    net.backward()
    np.testing.assert_allclose(net.gradients["dense-1", "bias"], [1, -0.5, -0.5], atol=1e-12)
    assert gives_probabilities(net)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_shown_of_a_pass_multiplies_out_through_the_layers_behind(
    ending: str, loss: Any
) -> None:
    random = np.random.default_rng(2)
    net = network(ENDINGS[ending], loss)
    samples = Samples(random.normal(size=(5, 1, 4)), random.integers(0, 3, 5))
    data = Dataset("rows", IN_A_ROW, samples, None, None)
    tape = record(net, data, TrainingSetup(loss=loss), ProbeRequest(rows=(0, 1, 2)))
    values, plan = Values(tape), net.plan
    p, y = tape.chosen.prediction, np.eye(3)[samples.y[:3]]
    np.testing.assert_allclose(values.array(plan.output, "dy"), -y / p / 3, atol=1e-7)
    last = next(step.id for step in plan.steps if getattr(step.layer, "activation", None)
                and step.layer.activation.name == "softmax")  # fmt: skip
    np.testing.assert_allclose(values.array(last, "dy").reshape(3, 3), -y / p / 3, atol=1e-7)
    np.testing.assert_allclose(values.array(last, "dz").reshape(3, 3), (p - y) / 3, atol=1e-7)


def test_dropout_behind_a_softmax_joins_in_measuring_only() -> None:
    signature = Signature((4,), "classification", 3)
    net = network([Dense(3, Softmax()), Dropout(0.5)], CategoricalCrossentropy(), signature)
    assert (net.fuses(training=True), net.fuses(training=False)) == (False, True)
    net.load_weights(
        {("dense-1", "kernel"): np.zeros((4, 3)), ("dense-1", "bias"): np.array([0.0, 0.0, -90.0])}
    )
    net.forward(np.ones((1, 4)))
    assert net.loss_of(np.array([2])) == pytest.approx(90 + np.log(2))


def test_sigmoids_in_a_column_are_joined_too() -> None:
    signature = Signature((2, 3), "classification", 2)
    net = network([Dense(1, Sigmoid()), Flatten()], BinaryCrossentropy(), signature)
    net.load_weights(
        {("dense-1", "kernel"): np.zeros((3, 1)), ("dense-1", "bias"): np.array([-60.0])}
    )
    net.forward(np.ones((1, 2, 3)), training=True)
    assert net.loss_of(np.array([1])) == pytest.approx(60 / 2)
    net.backward()
    np.testing.assert_allclose(net.gradients["dense-1", "bias"], [-0.5], atol=1e-12)


def test_a_softmax_in_groups_is_no_distribution_over_the_outputs() -> None:
    signature = Signature((2, 3), "classification", 4)
    net = network([Dense(2, Softmax()), Flatten()], CategoricalCrossentropy(), signature)
    assert not net.fused
    assert not gives_probabilities(net)
