"""Activations, losses and schedules give PyTorch's numbers, and gradients.

Where PyTorch has no such thing, Keras's formula stands here in plain NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from nnstudio.engine.numpy_ops import NumpyOps
from nnstudio.nn.activations import Elu, LeakyRelu
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

torch = pytest.importorskip("torch")
F = torch.nn.functional

pytestmark = pytest.mark.peer

DTYPES = [("float64", 1e-8), ("float32", 1e-5)]

ACTIVATIONS = [
    ("linear", None, lambda z: z),
    ("sigmoid", None, torch.sigmoid),
    ("tanh", None, torch.tanh),
    ("relu", None, F.relu),
    ("leaky_relu", LeakyRelu(0.1), lambda z: F.leaky_relu(z, 0.1)),
    ("elu", Elu(1.5), lambda z: F.elu(z, 1.5)),
    ("selu", None, F.selu),
    ("gelu", None, F.gelu),
    ("silu", None, F.silu),
    ("softplus", None, F.softplus),
    ("softmax", None, lambda z: F.softmax(z, dim=-1)),
]


def test_every_activation_is_compared() -> None:
    names = {name for name, _, _ in ACTIVATIONS}
    assert names | {"step"} == set(parts("activation"))  # a step has no gradient to compare


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize(("name", "part", "peer"), ACTIVATIONS, ids=[a[0] for a in ACTIVATIONS])
def test_activation(name: str, part, peer: Callable, dtype: str, tolerance: float) -> None:
    ops = NumpyOps(dtype=dtype)
    activation = part or parts("activation")[name]()
    random = np.random.default_rng(0)
    z = np.concatenate([random.normal(0, 3, (6, 5)), random.normal(0, 30, (2, 5))]).astype(dtype)
    da = random.normal(size=z.shape).astype(dtype)
    a = activation.forward(ops, z)
    dz = activation.backward(ops, z, a, da)
    z_ = torch.tensor(z, requires_grad=True)
    a_ = peer(z_)
    a_.backward(torch.tensor(da))
    np.testing.assert_allclose(a, a_.detach().numpy(), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(dz, z_.grad.numpy(), rtol=tolerance, atol=tolerance)


def rows(classes: np.ndarray, k: int, dtype: str):
    """One-hot rows, or the classes 0 and 1 in a column."""
    if k == 1:
        return torch.tensor(classes[:, None].astype(dtype))
    return torch.tensor(np.eye(k, dtype=dtype)[classes])


def sides(y):
    return 2 * y - 1


def of_class(p, y) -> np.ndarray:
    return y.argmax(dim=1)


LOSSES = [
    (MeanSquaredError(), lambda p, y: F.mse_loss(p, y, reduction="none").mean(1)),
    (MeanAbsoluteError(), lambda p, y: F.l1_loss(p, y, reduction="none").mean(1)),
    (Huber(), lambda p, y: F.huber_loss(p, y, reduction="none").mean(1)),
    (Huber(0.3), lambda p, y: F.huber_loss(p, y, reduction="none", delta=0.3).mean(1)),
    (LogCosh(), lambda p, y: ((p - y) + F.softplus(-2 * (p - y)) - math.log(2)).mean(1)),
    (Hinge(), lambda p, y: torch.clamp(1 - sides(y) * p, min=0).mean(1)),
    (SquaredHinge(), lambda p, y: (torch.clamp(1 - sides(y) * p, min=0) ** 2).mean(1)),
    (
        BinaryCrossentropy(),
        lambda p, y: F.binary_cross_entropy(p, y, reduction="none").mean(1),
    ),
    (
        BinaryCrossentropy(0.2),
        lambda p, y: F.binary_cross_entropy(p, y * 0.8 + 0.1, reduction="none").mean(1),
    ),
    (
        CategoricalCrossentropy(),
        lambda p, y: F.nll_loss(torch.log(p), of_class(p, y), reduction="none"),
    ),
    (
        CategoricalCrossentropy(0.1),
        lambda p, y: F.cross_entropy(
            torch.log(p), of_class(p, y), reduction="none", label_smoothing=0.1
        ),
    ),
    (KullbackLeibler(), lambda p, y: F.kl_div(torch.log(p), y, reduction="none").sum(1)),
]


def named(loss) -> str:
    return f"{loss.name} {loss.summary()}".strip()


def test_every_loss_is_compared() -> None:
    assert {type(loss) for loss, _ in LOSSES} == set(parts("loss").values())


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize(("loss", "peer"), LOSSES, ids=[named(loss) for loss, _ in LOSSES])
def test_loss(loss, peer: Callable, dtype: str, tolerance: float) -> None:
    ops = NumpyOps(dtype=dtype)
    random = np.random.default_rng(1)
    target = random.integers(0, 4, 9)
    p = random.normal(size=(9, 4))
    if "crossentropy" in loss.name or loss.name == "kl_divergence":
        p = np.exp(p) / np.exp(p).sum(axis=1, keepdims=True)
    p = p.astype(dtype)
    p_ = torch.tensor(p, requires_grad=True)
    value = peer(p_, rows(target, 4, dtype))
    value.sum().backward()
    gradient = p_.grad.numpy()
    if loss == CategoricalCrossentropy(0.1):
        # PyTorch's takes logits and would take the softmax of log p once more: through it the sum
        # of the smoothed targets comes off the gradient.
        gradient = gradient - 1.0
    np.testing.assert_allclose(
        loss.forward(ops, p, target), value.detach().numpy(), rtol=tolerance, atol=tolerance
    )
    np.testing.assert_allclose(
        loss.backward(ops, p, target), gradient, rtol=10 * tolerance, atol=tolerance
    )


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_fused_softmax_and_cross_entropy(smoothing: float, dtype: str, tolerance: float) -> None:
    ops = NumpyOps(dtype=dtype)
    random = np.random.default_rng(2)
    z, target = random.normal(0, 5, (16, 5)).astype(dtype), random.integers(0, 5, 16)
    loss = CategoricalCrossentropy(smoothing)
    z_ = torch.tensor(z, requires_grad=True)
    value = F.cross_entropy(z_, torch.tensor(target), reduction="none", label_smoothing=smoothing)
    value.sum().backward()
    y = ops.softmax(z)
    np.testing.assert_allclose(
        loss.forward_fused(ops, z, y, target),
        value.detach().numpy(),
        rtol=tolerance,
        atol=tolerance,
    )
    np.testing.assert_allclose(
        loss.backward_fused(ops, z, y, target), z_.grad.numpy(), rtol=tolerance, atol=tolerance
    )


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize("k", [1, 4])
def test_fused_sigmoid_and_cross_entropy(k: int, dtype: str, tolerance: float) -> None:
    ops = NumpyOps(dtype=dtype)
    random = np.random.default_rng(3)
    z = random.normal(0, 5, (16, k)).astype(dtype)
    target = random.integers(0, max(2, k), 16)
    loss = BinaryCrossentropy()
    z_ = torch.tensor(z, requires_grad=True)
    value = F.binary_cross_entropy_with_logits(z_, rows(target, k, dtype), reduction="none").mean(1)
    value.sum().backward()
    y = (1 / (1 + np.exp(-z.astype(np.float64)))).astype(dtype)
    np.testing.assert_allclose(
        loss.forward_fused(ops, z, y, target),
        value.detach().numpy(),
        rtol=tolerance,
        atol=tolerance,
    )
    np.testing.assert_allclose(
        loss.backward_fused(ops, z, y, target), z_.grad.numpy(), rtol=tolerance, atol=tolerance
    )


EPOCHS, STEPS = 6, 10
TOTAL = EPOCHS * STEPS
lr_scheduler = torch.optim.lr_scheduler


def linear_then_cosine(optimizer):
    warm = lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=STEPS)
    after = lr_scheduler.CosineAnnealingLR(optimizer, T_max=TOTAL - STEPS)
    return lr_scheduler.SequentialLR(optimizer, [warm, after], milestones=[STEPS])


SCHEDULES = [
    (ConstantRate(), lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
    (StepDecay(0.3, 2.0), lambda o: lr_scheduler.StepLR(o, 2 * STEPS, 0.3)),
    (ExponentialDecay(0.9), lambda o: lr_scheduler.ExponentialLR(o, 0.9 ** (1 / STEPS))),
    (
        CosineDecay(alpha=0.1),
        lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=TOTAL, eta_min=0.1 * 0.5),
    ),
    (WarmUp(1.0, 0.1, CosineDecay()), linear_then_cosine),
    (
        OneCycle(),
        lambda o: lr_scheduler.OneCycleLR(o, 0.5, total_steps=TOTAL, cycle_momentum=False),
    ),
]


def test_every_schedule_is_compared() -> None:
    compared = {type(schedule) for schedule, _ in SCHEDULES} | {ReduceOnPlateau}
    assert compared == set(parts("schedule").values())


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("schedule", "peer"), SCHEDULES, ids=[s.name for s, _ in SCHEDULES])
def test_schedule(schedule, peer: Callable) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    scheduler = peer(optimizer)
    for step in range(TOTAL):
        ours = 0.5 * schedule.factor(step, STEPS, TOTAL)
        assert ours == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-5, abs=1e-12)
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize("cooldown", [0, 1, 3])
@pytest.mark.parametrize("monitor", ["validation_loss", "validation_accuracy"])
def test_reduce_on_plateau(monitor: str, cooldown: int) -> None:
    schedule = ReduceOnPlateau(monitor, 0.5, patience=3, min_delta=0.01, cooldown=cooldown)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    peer = lr_scheduler.ReduceLROnPlateau(
        optimizer,
        mode="min" if monitor == "validation_loss" else "max",
        factor=0.5,
        patience=2,  # PyTorch counts the epochs that are tolerated, Keras up to the one that is not
        threshold=0.01,
        threshold_mode="abs",
        cooldown=cooldown,
        eps=0.0,
    )
    memory: dict[str, float] = {}
    random = np.random.default_rng(4)
    for value in np.round(random.uniform(0.2, 0.4, 60), 2).tolist():
        memory = schedule.observe(memory, value)
        peer.step(value)
        assert memory["factor"] == pytest.approx(optimizer.param_groups[0]["lr"])
