"""Twenty steps of every optimizer end where PyTorch's do, from the same weights."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from nnstudio.engine.network import Network
from nnstudio.engine.numpy_ops import NumpyOps
from nnstudio.graph.check import check
from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.graph.plan import Plan, Signature
from nnstudio.nn.activations import Linear, Relu, Sigmoid, Softmax, Tanh
from nnstudio.nn.clips import ClipByGlobalNorm, ClipByValue
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.input import Input
from nnstudio.nn.loss import Loss
from nnstudio.nn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)
from nnstudio.nn.optimizer import Optimizer
from nnstudio.nn.optimizers import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Nadam, RMSprop
from nnstudio.spec import parts

torch = pytest.importorskip("torch")
F = torch.nn.functional
optim = torch.optim

pytestmark = pytest.mark.peer

STEPS = 20
EPS = 1e-7

OPTIMIZERS: list[tuple[Optimizer, Callable]] = [
    (SGD(0.05), lambda p: optim.SGD(p, 0.05)),
    (SGD(0.05, momentum=0.9), lambda p: optim.SGD(p, 0.05, momentum=0.9)),
    (
        SGD(0.05, momentum=0.9, nesterov=True),
        lambda p: optim.SGD(p, 0.05, momentum=0.9, nesterov=True),
    ),
    (
        Adagrad(0.05),
        lambda p: optim.Adagrad(p, 0.05, initial_accumulator_value=0.1, eps=EPS),
    ),
    (Adadelta(), lambda p: optim.Adadelta(p, 1.0, rho=0.95, eps=EPS)),
    (RMSprop(0.002), lambda p: optim.RMSprop(p, 0.002, alpha=0.9, eps=EPS)),
    (
        RMSprop(0.002, centered=True),
        lambda p: optim.RMSprop(p, 0.002, alpha=0.9, eps=EPS, centered=True),
    ),
    (
        RMSprop(0.002, momentum=0.9, centered=True),
        lambda p: optim.RMSprop(p, 0.002, alpha=0.9, eps=EPS, centered=True, momentum=0.9),
    ),
    (Adam(0.01), lambda p: optim.Adam(p, 0.01, eps=EPS)),
    (Adam(0.01, amsgrad=True), lambda p: optim.Adam(p, 0.01, eps=EPS, amsgrad=True)),
    (AdamW(0.01), lambda p: optim.AdamW(p, 0.01, eps=EPS, weight_decay=0.004)),
    (Adamax(0.01), lambda p: optim.Adamax(p, 0.01, eps=EPS)),
    (Nadam(0.01), lambda p: optim.NAdam(p, 0.01, eps=EPS, momentum_decay=1.0)),
    (
        Nadam(0.01, momentum_decay=0.004),
        lambda p: optim.NAdam(p, 0.01, eps=EPS, momentum_decay=0.004),
    ),
]


def named(optimizer: Optimizer) -> str:
    return f"{optimizer.name} {optimizer.summary()}"


def plan(units: int, activation, loss: Loss, signature: Signature) -> Plan:
    layers = [Input(), Dense(7, Tanh()), Dense(6, Relu()), Dense(units, activation)]
    ids = ["input", "one", "two", "out"]
    nodes = tuple(Node(id, layer, id) for id, layer in zip(ids, layers, strict=True))
    edges = tuple(Edge(a, b) for a, b in itertools.pairwise(ids))
    found = check(Graph(nodes, edges), signature, loss)
    assert found.plan is not None, found.problems
    return found.plan


def weights_of(network: Network) -> list:
    """The network's parameters as PyTorch's tensors, kernel and bias of each layer."""
    found = network.weights()
    return [
        torch.tensor(found[id, name], requires_grad=True)
        for id in ("one", "two", "out")
        for name in ("kernel", "bias")
    ]


def logits(x, p: list):
    h = torch.tanh(x @ p[0] + p[1])
    h = F.relu(h @ p[2] + p[3])
    return h @ p[4] + p[5]


CLASSES = Signature((5,), "classification", classes=3)
PAIR = Signature((5,), "classification", classes=2)
NUMBERS = Signature((5,), "regression", outputs=2, target_minimum=-9.0, target_maximum=9.0)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-8), ("float32", 1e-5)])
@pytest.mark.parametrize(("ours", "peer"), OPTIMIZERS, ids=[named(o) for o, _ in OPTIMIZERS])
def test_twenty_steps_of_a_network(ours, peer: Callable, dtype: str, tolerance: float) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(STEPS, 16, 5)).astype(dtype)
    y = random.integers(0, 3, (STEPS, 16))
    loss = CategoricalCrossentropy()
    network = Network(plan(3, Softmax(), loss, CLASSES), loss, dtype=dtype, seed=1)
    tensors = weights_of(network)
    theirs = peer(tensors)
    state = ours.init(network.ops, network.trainable)
    for t in range(1, STEPS + 1):
        network.forward(x[t - 1], training=True)
        value = network.loss_of(y[t - 1])
        network.backward()
        ours.update(network.ops, network.theta, network.grad, state, t, ours.learning_rate)
        theirs.zero_grad()
        wanted = F.cross_entropy(logits(torch.tensor(x[t - 1]), tensors), torch.tensor(y[t - 1]))
        wanted.backward()
        theirs.step()
        assert value == pytest.approx(float(wanted.detach()), rel=tolerance, abs=tolerance)
    for found, tensor in zip(weights_of(network), tensors, strict=True):
        np.testing.assert_allclose(
            found.detach().numpy(), tensor.detach().numpy(), atol=tolerance, rtol=0
        )


def test_every_optimizer_is_compared() -> None:
    assert {type(optimizer) for optimizer, _ in OPTIMIZERS} == set(parts("optimizer").values())


@pytest.mark.parametrize(
    ("loss", "units", "activation", "signature", "peer"),
    [
        (
            CategoricalCrossentropy(0.1), 3, Softmax(), CLASSES,
            lambda z, y: F.cross_entropy(z, y, label_smoothing=0.1),
        ),
        (
            BinaryCrossentropy(), 1, Sigmoid(), PAIR,
            lambda z, y: F.binary_cross_entropy_with_logits(z[:, 0], y.float()),
        ),
        (
            MeanSquaredError(), 3, Softmax(), CLASSES,
            lambda z, y: F.mse_loss(F.softmax(z, 1), F.one_hot(y, 3).float()),
        ),
        (MeanSquaredError(), 2, Linear(), NUMBERS, F.mse_loss),
        (MeanAbsoluteError(), 2, Linear(), NUMBERS, F.l1_loss),
        (Huber(), 2, Linear(), NUMBERS, F.huber_loss),
    ],
    ids=["smoothed", "binary", "softmax-mse", "mse", "mae", "huber"],
)  # fmt: skip
def test_twenty_steps_with_other_losses(loss, units, activation, signature, peer) -> None:
    random = np.random.default_rng(2)
    x = random.normal(size=(STEPS, 16, 5)).astype(np.float32)
    if signature.task == "classification":
        y = random.integers(0, signature.classes, (STEPS, 16))
    else:
        y = random.normal(size=(STEPS, 16, 2)).astype(np.float32)
    network = Network(plan(units, activation, loss, signature), loss, seed=3)
    tensors = weights_of(network)
    # Not Adam: it would blow the last digit up where a gradient changes its sign, as MAE's does.
    ours, theirs = SGD(0.05, momentum=0.9), optim.SGD(tensors, 0.05, momentum=0.9)
    state = ours.init(network.ops, network.trainable)
    for t in range(1, STEPS + 1):
        network.forward(x[t - 1], training=True)
        value = network.loss_of(y[t - 1])
        network.backward()
        ours.update(network.ops, network.theta, network.grad, state, t, 0.05)
        theirs.zero_grad()
        wanted = peer(logits(torch.tensor(x[t - 1]), tensors), torch.tensor(y[t - 1]))
        wanted.backward()
        theirs.step()
        assert value == pytest.approx(float(wanted.detach()), rel=1e-5, abs=1e-5)
    for found, tensor in zip(weights_of(network), tensors, strict=True):
        np.testing.assert_allclose(
            found.detach().numpy(), tensor.detach().numpy(), atol=1e-5, rtol=0
        )


@pytest.mark.parametrize("limit", [0.1, 1.0, 100.0])
def test_clips(limit: float) -> None:
    random = np.random.default_rng(5)
    parts_ = [random.normal(size=shape).astype(np.float32) for shape in ((3, 4), (4,), (4, 2))]
    g = np.concatenate([part.ravel() for part in parts_])
    for clip, peer in (
        (ClipByGlobalNorm(limit), torch.nn.utils.clip_grad_norm_),
        (ClipByValue(limit), torch.nn.utils.clip_grad_value_),
    ):
        ours, tensors = g.copy(), [torch.zeros(part.shape) for part in parts_]
        for tensor, part in zip(tensors, parts_, strict=True):
            tensor.grad = torch.tensor(part.copy())
        clip.apply(NumpyOps(dtype="float32"), ours, [ours])
        peer(tensors, limit)
        theirs = np.concatenate([tensor.grad.numpy().ravel() for tensor in tensors])
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
