"""Is the gradient right? Backpropagation compared with central differences, parameter by parameter.

For a sampled parameter w the loss is measured at w + ε and at w - ε; (L₊ - L₋) / 2ε must be what
backpropagation says, up to rounding. A copy of the network computes in float64, because in float32
the difference of two nearly equal losses has hardly a correct digit left. Dropout draws the same
mask for all three measurements.

At a kink (relu at 0, the absolute value) the slopes (L - L₋) / ε to the left and (L₊ - L) / ε to
the right differ and no number is right: fresh biases of 0 and an input of zeros put every ReLU
there. Through several layers the two sides may even agree with each other and not with either
choice of slope. So where the derivatives disagree, they are compared again a little beside: a
wrong gradient is wrong there too, a kink is gone. Such a parameter is marked and does not count.
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

Array = np.ndarray[Any, Any]

EPSILON = 1e-5
ALLOWED = 1e-6
#: Points beside at which a disagreement is looked at again, and how far away each lies.
_BESIDE = 4
_ASIDE = 1e-3


@dataclass(frozen=True)
class Sampled:
    """One parameter compared: its place and its two derivatives.

    Where there is a ``kink``, ``left`` and ``right`` are the slopes on its two sides.
    """

    node: str
    name: str
    index: tuple[int, ...]
    value: float
    analytic: float
    numeric: float
    error: float
    agrees: bool
    kink: bool
    left: float
    right: float


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
        return all(s.kink or s.agrees for s in self.sampled)


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


def agree(analytic: float, numeric: float, epsilon: float, loss: float) -> bool:
    """Whether two derivatives agree as far as the digits of a loss of this size allow."""
    rounding = 8.0 * float(np.finfo(np.float64).eps) * max(abs(loss), 1.0) / epsilon
    close = relative_error(analytic, numeric) <= ALLOWED
    return close or abs(analytic - numeric) <= rounding


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
        """The loss with the same dropout and the same moving averages each time."""
        copy.restore_random_state(streams)
        copy.memory[...] = memory
        copy.forward(x, training=True)
        return copy.loss_of(y)

    present = loss()
    copy.backward()
    gradient = np.array(copy.grad)
    theta = copy.theta
    beside: list[tuple[Array, Array]] = []

    def is_kink(place: int) -> bool:
        """Whether the derivatives agree again at all the points a little beside."""
        here = np.array(theta)
        if not beside:
            shifts = np.random.default_rng([seed, 1]).normal(size=(_BESIDE, here.size)) * _ASIDE
            for shift in shifts:
                theta[...] = here + shift
                loss()
                copy.backward()
                beside.append((np.array(theta), np.array(copy.grad)))
        try:
            seen = [_agrees_at(point, slopes, place) for point, slopes in beside]
        finally:
            theta[...] = here
        return any(seen) and False not in seen

    def _agrees_at(point: Array, slopes: Array, place: int) -> bool | None:
        """Whether the derivatives agree at another point; None if it lies too near to a kink."""
        theta[...] = point
        middle, analytic = loss(), float(slopes[place])
        wide, close = (
            sum(_slopes(loss, middle, theta, place, reach)) / 2 for reach in (epsilon, epsilon / 8)
        )
        if agree(analytic, wide, epsilon, middle) or agree(analytic, close, epsilon / 8, middle):
            return True
        return False if agree(wide, close, epsilon / 8, middle) else None

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
            left, right = _slopes(loss, present, theta, place, epsilon)
            numeric = (left + right) / 2
            analytic = float(gradient[place])
            error = relative_error(analytic, numeric)
            agrees = agree(analytic, numeric, epsilon, present)
            index = tuple(int(i) for i in np.unravel_index(int(offset), parameter.spec.shape))
            found.setdefault(parameter.node, []).append(
                Sampled(
                    parameter.node,
                    parameter.spec.name,
                    index,
                    float(theta[place]),
                    analytic,
                    numeric,
                    error,
                    agrees,
                    not agrees and is_kink(place),
                    left,
                    right,
                )
            )
    layers = tuple(
        LayerCheck(
            step.id,
            step.title,
            tuple(sorted(found[step.id], key=lambda s: (s.kink, s.agrees, -s.error))),
        )
        for step in network.plan.steps
        if step.id in found
    )
    return GradientCheck(layers, epsilon, len(rows), present)


def _interesting(gradient: Array, count: int, random: Any) -> Array:
    """Indices to compare: half by chance among those with a gradient, half among all."""
    alive = np.flatnonzero(gradient)
    wanted = random.permutation(alive)[: (count + 1) // 2]
    rest = random.permutation(gradient.size)[: count - len(wanted)]
    return np.unique(np.concatenate([wanted, rest]).astype(np.int64))


def _slopes(
    loss: Any, present: float, theta: Any, place: int, epsilon: float
) -> tuple[float, float]:
    """The slope of the loss to the left and to the right of a parameter's value."""
    kept = theta[place]
    theta[place] = kept + epsilon
    above = loss()
    theta[place] = kept - epsilon
    below = loss()
    theta[place] = kept
    return (present - below) / epsilon, (above - present) / epsilon
