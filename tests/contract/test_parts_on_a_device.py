"""Losses, optimizers and clips on a device: the host's numbers, and no waiting for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnstudio.engine.cupy_ops import CupyOps
from nnstudio.engine.numpy_ops import NumpyOps
from nnstudio.nn.loss import Loss
from nnstudio.nn.optimizers import SGD, Adam, RMSprop, WeightDecay
from nnstudio.spec import parts
from tests.engine.strict import crossings, xp

host, device = NumpyOps(dtype="float64"), CupyOps(xp, "float64")

LOSSES = [cls() for cls in parts("loss").values()]
OPTIMIZERS = [
    *(cls() for cls in parts("optimizer").values()),
    SGD(momentum=0.9, nesterov=True),
    RMSprop(momentum=0.9, centered=True),
    Adam(amsgrad=True),
]


def up(array: np.ndarray[Any, Any]) -> Any:
    return device.to_device(array, array.dtype)


def same(on_device: Any, on_host: np.ndarray[Any, Any]) -> None:
    np.testing.assert_allclose(device.to_host(on_device), on_host, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("recorded", [False, True], ids=["plain", "recorded"])
@pytest.mark.parametrize("k", [1, 4])
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_losses(loss: Loss, k: int, recorded: bool) -> None:
    random = np.random.default_rng(0)
    z = random.normal(size=(6, k))
    p, y = 1 / (1 + np.exp(-z)), random.integers(0, max(2, k), 6)
    ops = device.recording([]) if recorded else device
    p_, z_, y_ = up(p), up(z), up(y)
    before = dict(crossings)
    results = [loss.forward(ops, p_, y_), loss.backward(ops, p_, y_)]
    if loss.fuses:
        results += [
            loss.forward_fused(ops, z_, p_, y_),
            loss.backward_fused(ops, z_, p_, y_),
        ]
    assert crossings == before, "a loss may not wait for the device"
    same(results[0], loss.forward(host, p, y))
    same(results[1], loss.backward(host, p, y))
    if loss.fuses:
        same(results[2], loss.forward_fused(host, z, p, y))
        same(results[3], loss.backward_fused(host, z, p, y))


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: f"{o.name} {o.summary()}")
def test_optimizers(optimizer: Any) -> None:
    random = np.random.default_rng(1)
    theta = random.normal(size=9)
    theta_ = up(theta)
    state, state_ = optimizer.init(host, 9), optimizer.init(device, 9)
    for t in range(1, 6):
        g = random.normal(size=9)
        g_ = up(g)
        before = dict(crossings)
        optimizer.update(device, theta_, g_, state_, t, 0.01)
        assert crossings == before
        optimizer.update(host, theta, g, state, t, 0.01)
    same(theta_, theta)
    shown, shown_ = (
        optimizer.visible_state(host, state, 5),
        optimizer.visible_state(device, state_, 5),
    )
    for name, vector in shown.items():
        same(shown_[name], vector)


@pytest.mark.parametrize("step", [*(cls() for cls in parts("clip").values()), WeightDecay(0.1)])
def test_clips_and_decay(step: Any) -> None:
    g = np.random.default_rng(2).normal(0, 3, 10)
    g_ = up(g)
    before = dict(crossings)
    if isinstance(step, WeightDecay):
        step.apply(device, g_, 0.1)
        step.apply(host, g, 0.1)
    else:
        step.apply(device, g_, [g_[:6].reshape(2, 3), g_[6:]])
        step.apply(host, g, [g[:6].reshape(2, 3), g[6:]])
    assert crossings == before
    same(g_, g)
