"""From a gradient to a step: clipping, the optimizer's rule, and the cap on weight norms."""

from __future__ import annotations

from typing import Any

from nnstudio.engine.network import Network, Parameter
from nnstudio.engine.ops import Array
from nnstudio.project.setup import TrainingSetup


class Updater:
    """Moves a network's trainable parameters against their gradient."""

    def __init__(self, network: Network, setup: TrainingSetup) -> None:
        self.network = network
        self.optimizer = setup.optimizer
        self.clip = setup.clip
        self.decay = setup.weight_decay
        ops = network.ops
        self.state: dict[str, Array] = self.optimizer.init(ops, network.trainable)
        self._theta = network.theta[: network.trainable]
        self._g = network.grad[: network.trainable]
        moving = [p for p in network.layout if p.spec.trainable]
        self._views = [p.gradient for p in moving]
        self._capped = [p for p in moving if p.spec.max_norm is not None]

    def update(self, t: int, learning_rate: float) -> None:
        """Step number ``t``, counted from 1."""
        ops = self.network.ops
        if self.clip is not None:
            self.clip.apply(ops, self._g, self._views)
        if self.decay is not None:
            self.decay.apply(ops, self._theta, learning_rate)
        self.optimizer.update(ops, self._theta, self._g, self.state, t, learning_rate)
        for parameter in self._capped:
            cap_norms(ops, parameter)

    def settle(self) -> None:
        """Bring every parameter and all state up to date, so that anyone may read them."""

    @property
    def arrays(self) -> dict[str, Array]:
        """What has to be saved of the optimizer, by name."""
        return {name: self.state[name] for name in self.optimizer.state_names}


def cap_norms(ops: Any, parameter: Parameter) -> None:
    """Shorten every neuron's weight vector (a column) that is longer than its maximum."""
    w, most = parameter.value, parameter.spec.max_norm
    norms = ops.sqrt(ops.sum(ops.square(w), axis=0))
    ops.multiply(w, ops.divide(most, ops.maximum(norms, most)), out=w)


def updater(network: Network, setup: TrainingSetup, batches: Any) -> Updater:
    """The way of updating that suits the network, the optimizer and the data."""
    return Updater(network, setup)
