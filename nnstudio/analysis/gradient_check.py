"""Is the gradient right? Backpropagation compared with central differences, parameter by parameter.

For a sampled parameter w the loss is measured at w + ε and at w - ε; (L₊ - L₋) / 2ε must be what
backpropagation says, up to rounding. A copy of the network computes in float64, because in float32
the difference of two nearly equal losses has hardly a correct digit left. Dropout draws the same
mask for all three measurements.

At a kink (relu at 0, the absolute value) the two sides have different slopes and no number is
right; such a parameter shows because a smaller ε changes the difference quotient, and it is marked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.analysis.evaluation import Cancelled
from nnstudio.data.dataset import Dataset

if TYPE_CHECKING:
    from nnstudio.engine.network import Network

EPSILON = 1e-5
ALLOWED = 1e-6


@dataclass(frozen=True)
class Sampled:
    """One parameter compared: its place and its two derivatives."""

    node: str
    name: str
    index: tuple[int, ...]
    value: float
    analytic: float
    numeric: float
    error: float
    kink: bool


@dataclass(frozen=True)
class LayerCheck:
    """The comparison for one layer, its worst parameter first."""

    node: str
    title: str
    sampled: tuple[Sampled, ...]

    @property
    def worst(self) -> Sampled:
        return self.sampled[0]

    @property
    def passed(self) -> bool:
        return all(s.kink or s.error <= ALLOWED for s in self.sampled)


@dataclass(frozen=True)
class GradientCheck:
    """The comparison for the whole network on ``samples`` samples."""

    layers: tuple[LayerCheck, ...]
    epsilon: float
    samples: int
    loss: float

    @property
    def passed(self) -> bool:
        return all(layer.passed for layer in self.layers)


def relative_error(analytic: float, numeric: float) -> float:
    """|a - n| / max(|a| + |n|, 1e-7): the floor keeps two vanishing gradients from disagreeing."""
    return abs(analytic - numeric) / max(abs(analytic) + abs(numeric), 1e-7)


def check_gradient(
    network: Network,
    dataset: Dataset,
    *,
    per_parameter: int = 20,
    samples: int = 16,
    seed: int = 0,
    epsilon: float = EPSILON,
    cancelled: Callable[[], bool] = lambda: False,
) -> GradientCheck:
    """Compare sampled parameters of every layer; `network` itself is only read.

    Raises `Cancelled` soon after ``cancelled`` says so.
    """
    from nnstudio.engine.network import Network as Fresh

    random = np.random.default_rng(seed)
    copy = Fresh(network.plan, network.loss, dtype="float64", seed=network.seed)
    copy.load_weights(network.weights())
    rows = np.sort(random.permutation(len(dataset.train))[:samples])
    x, y = dataset.train.x[rows], dataset.train.y[rows]
    streams = copy.random_state()
    memory = np.array(copy.memory)

    def loss() -> float:
        copy.restore_random_state(streams)
        copy.memory[...] = memory
        copy.forward(x, training=True)
        return copy.loss_of(y)

    present = loss()
    copy.backward()
    gradient = np.array(copy.grad)
    found: dict[str, list[Sampled]] = {}
    for parameter in copy.layout:
        if not parameter.spec.trainable:
            continue
        size = int(np.prod(parameter.spec.shape, dtype=np.int64))
        chosen = _interesting(
            gradient[parameter.start : parameter.start + size], per_parameter, random
        )
        for offset in chosen:
            if cancelled():
                raise Cancelled
            place = parameter.start + int(offset)
            numeric = _slope(loss, copy.theta, place, epsilon)
            analytic = float(gradient[place])
            error = relative_error(analytic, numeric)
            kink = error > ALLOWED and _has_kink(loss, copy.theta, place, epsilon, numeric)
            index = tuple(int(i) for i in np.unravel_index(int(offset), parameter.spec.shape))
            found.setdefault(parameter.node, []).append(
                Sampled(
                    parameter.node,
                    parameter.spec.name,
                    index,
                    float(copy.theta[place]),
                    analytic,
                    numeric,
                    error,
                    kink,
                )
            )
    layers = tuple(
        LayerCheck(
            step.id,
            step.title,
            tuple(sorted(found[step.id], key=lambda s: (s.kink, -s.error))),
        )
        for step in network.plan.steps
        if step.id in found
    )
    return GradientCheck(layers, epsilon, len(rows), present)


def _interesting(gradient: np.ndarray[Any, Any], count: int, random: Any) -> np.ndarray[Any, Any]:
    """Indices to compare: half by chance among those with a gradient, half among all."""
    alive = np.flatnonzero(gradient)
    wanted = random.permutation(alive)[: (count + 1) // 2]
    rest = random.permutation(gradient.size)[: count - len(wanted)]
    return np.unique(np.concatenate([wanted, rest]).astype(np.int64))


def _slope(loss: Any, theta: Any, place: int, epsilon: float) -> float:
    kept = theta[place]
    theta[place] = kept + epsilon
    above = loss()
    theta[place] = kept - epsilon
    below = loss()
    theta[place] = kept
    return float((above - below) / (2 * epsilon))


def _has_kink(loss: Any, theta: Any, place: int, epsilon: float, numeric: float) -> bool:
    """Whether the slope depends on how far one looks: then a kink lies within reach of ε."""
    closer = _slope(loss, theta, place, epsilon / 8)
    return relative_error(closer, numeric) > ALLOWED
