"""The curves of activations and losses, sampled for their small plots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from nnstudio.nn.activation import Activation
    from nnstudio.nn.loss import Loss

POINTS = 161


@dataclass(frozen=True)
class Curve:
    """A function and its derivative on a range; ``x_name`` says what stands on the x axis."""

    x: np.ndarray[Any, Any]
    y: np.ndarray[Any, Any]
    slope: np.ndarray[Any, Any]
    x_name: str


def activation_curve(activation: Activation, span: float = 4.0) -> Curve | None:
    """a = f(z) and f'(z) for z from -span to span; of softmax the first of two outputs (z, 0)."""
    from nnstudio.engine.ops import Ops

    ops = Ops(np, "float64")
    z = np.linspace(-span, span, POINTS)
    column = z[:, None] if activation.elementwise else np.stack([z, np.zeros_like(z)], axis=1)
    upstream = np.zeros_like(column)
    upstream[:, 0] = 1.0
    try:
        with np.errstate(all="ignore"):
            a = activation.forward(ops, column.copy())
            slope = activation.backward(ops, column.copy(), a, upstream)
    except (TypeError, ValueError):
        return None
    return Curve(
        z, np.array(a)[:, 0], np.array(slope)[:, 0], "z" if activation.elementwise else "z₁"
    )


def loss_curve(loss: Loss) -> Curve | None:
    """The loss of one sample over the prediction ŷ, and its derivative.

    Probabilities where the loss asks for them (target 1, or class 0 of two), else an error around
    the target 0; for hinge losses the target is 1.
    """
    from nnstudio.engine.ops import Ops

    ops = Ops(np, "float64")
    for make in _settings_for(loss.name):
        x, prediction, target, name = make()
        try:
            with np.errstate(all="ignore"):
                y = np.asarray(loss.forward(ops, prediction, target), dtype=float).reshape(-1)
                slope = np.asarray(loss.backward(ops, prediction, target), dtype=float)
        except (TypeError, ValueError, IndexError):
            continue
        slope = slope.reshape(len(x), -1)[:, 0]
        if y.shape == x.shape and np.isfinite(y).all() and np.isfinite(slope).all():
            return Curve(x, y, slope, name)
    return None


def _settings_for(name: str) -> list[Any]:
    p = np.linspace(0.02, 0.98, POINTS)
    error = np.linspace(-2.5, 2.5, POINTS)
    classes = np.zeros(POINTS, dtype=np.int64)
    ones, zeros = np.ones((POINTS, 1)), np.zeros((POINTS, 1))

    def two_classes() -> tuple[Any, ...]:
        return p, np.stack([p, 1 - p], axis=1), classes, "ŷ of the true class"

    def probability() -> tuple[Any, ...]:
        return p, p[:, None], ones, "ŷ where y = 1"

    def distribution() -> tuple[Any, ...]:
        target = np.stack([np.full(POINTS, 0.7), np.full(POINTS, 0.3)], axis=1)
        return p, np.stack([p, 1 - p], axis=1), target, "ŷ where y = 0.7"

    def margin() -> tuple[Any, ...]:
        return error, error[:, None], ones, "ŷ where y = 1"

    def difference() -> tuple[Any, ...]:
        return error, error[:, None], zeros, "ŷ − y"

    if "categorical" in name:
        return [two_classes]
    if "binary" in name:
        return [probability]
    if "hinge" in name:
        return [margin]
    if name == "kl_divergence":
        return [distribution, two_classes]
    return [difference]
