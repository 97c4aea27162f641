"""Every loss at every kind of output: the network's gradient is the slope of what it measures."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.network import Network
from nnstudio.graph.check import check
from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.graph.plan import Signature
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.input import Input
from nnstudio.nn.loss import Loss
from nnstudio.spec import Severity, parts

LOSSES = list(parts("loss").values())
# A step has no slope, and its perceptron rule is not the derivative of anything.
ACTIVATIONS = [cls for name, cls in parts("activation").items() if name != "step"]
FIVE = Signature((3,), "classification", classes=5)
TWO = Signature((3,), "classification", classes=2)
NUMBERS = Signature((3,), "regression", outputs=2, target_minimum=0.0, target_maximum=1.0)


def network(loss: Loss, activation, units: int, signature: Signature) -> Network | None:
    """A small network in double precision, None where the loss refuses it."""
    layer = Dense(units, activation)
    graph = Graph((Node("in", Input(), "in"), Node("out", layer, "out")), (Edge("in", "out"),))
    found = check(graph, signature, loss)
    refused = any(problem.severity is Severity.ERROR for problem in found.problems)
    assert refused == (found.plan is None)
    return None if found.plan is None else Network(found.plan, loss, dtype="float64", seed=4)


def worst(net: Network, x: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> float:
    """The largest relative error of the gradient against central differences."""

    def loss() -> float:
        net.forward(x, training=True)
        return net.loss_of(y, weight)

    loss()
    gradient = net.backward().copy()
    h = 1e-5
    slope = np.empty_like(gradient)
    for i in range(net.theta.size):
        kept = net.theta[i]
        net.theta[i] = kept + h
        up = loss()
        net.theta[i] = kept - h
        slope[i] = (up - loss()) / (2 * h)
        net.theta[i] = kept
    return float(np.abs(gradient - slope).max() / max(1e-3, np.abs(slope).max()))


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda cls: cls.name)
@pytest.mark.parametrize("loss", LOSSES, ids=lambda cls: cls.name)
def test_the_gradient_is_right_wherever_the_loss_is_allowed(loss, activation, n, weighted) -> None:
    random = np.random.default_rng(6)
    x = random.normal(size=(n, 3))
    weight = random.uniform(0.2, 3.0, n) if weighted else None
    for signature, units in ((FIVE, 5), (TWO, 2), (TWO, 1), (NUMBERS, 2)):
        net = network(loss(), activation(), units, signature)
        if net is None:
            continue
        if signature.task == "classification":
            y = random.integers(0, signature.classes, n)
        else:
            y = random.uniform(0.1, 0.9, (n, 2))
            y /= y.sum(axis=1, keepdims=True)
        assert worst(net, x, y, weight) < 1e-6


@pytest.mark.parametrize("loss", LOSSES, ids=lambda cls: cls.name)
def test_every_loss_is_allowed_somewhere_on_each_of_its_tasks(loss) -> None:
    for task, signature, units in (
        ("classification", FIVE, 5),
        ("regression", NUMBERS, 2),
    ):
        allowed = [
            activation.name
            for activation in ACTIVATIONS
            if network(loss(), activation(), units, signature) is not None
        ]
        assert bool(allowed) == (task in loss.tasks), (task, allowed)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda cls: cls.name)
def test_a_sample_that_weighs_twice_counts_as_two(loss) -> None:
    activation = parts("activation")[loss.fuses or "tanh"]
    if "kl" in loss.name:
        activation = parts("activation")["softmax"]
    units = 1 if loss.fuses == "sigmoid" else 2
    net = network(loss(), activation(), units, TWO)
    assert net is not None
    x, y = np.random.default_rng(1).normal(size=(3, 3)), np.array([0, 1, 1])
    net.forward(x, training=True)
    weighted = net.loss_of(y, np.array([1.0, 2.0, 1.0])) * 3
    gradient = net.backward().copy() * 3
    net.forward(x[[0, 1, 1, 2]], training=True)
    plain = net.loss_of(y[[0, 1, 1, 2]]) * 4
    assert weighted == pytest.approx(plain, rel=1e-12)
    np.testing.assert_allclose(gradient, net.backward() * 4, rtol=1e-9, atol=1e-12)
