"""From a batch to a step: clipping, the optimizer's rule, and the cap on weight norms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnstudio.engine.network import Network, Parameter
from nnstudio.engine.ops import Array, Step, replay
from nnstudio.engine.program import Program
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
        self._theta = network.stored[: network.trainable]
        self._g = network.grad[: network.trainable]
        moving = [p for p in network.layout if p.spec.trainable]
        self._views = [p.gradient for p in moving]
        self._capped = [p for p in moving if p.spec.max_norm is not None]
        self._steps: list[Step] = []
        self._put: list[Callable[[float], None]] = []  # the rule's scalars into their arrays

    def compute(self, program: Program) -> float:
        """Forward, loss and backward for the batch in the program; returns the loss."""
        return program.step()

    def update(self, t: int, learning_rate: float) -> None:
        """Step number ``t``, counted from 1."""
        ops = self.network.ops
        if self.clip is not None:
            self.clip.apply(ops, self._g, self._views)
        if self.decay is not None:
            self.decay.apply(ops, self._theta, learning_rate)
        if self._steps:
            for put, value in zip(self._put, self.optimizer.scalars(t, learning_rate), strict=True):
                put(value)
            replay(self._steps)
        else:
            self._first_update(t, learning_rate)
        for parameter in self._capped:
            cap_norms(ops, parameter)

    def _first_update(self, t: int, learning_rate: float) -> None:
        """Update, and write the rule down: from then on its calls are repeated."""
        ops = self.network.ops
        if ops.device != "cpu":
            self.optimizer.update(ops, self._theta, self._g, self.state, t, learning_rate)
            return
        scalars = self.optimizer.scalars(t, learning_rate)
        arrays = [ops.to_device(value) for value in scalars]
        self._put = [array.fill for array in arrays]
        recording = ops.recording(self._steps)
        self.optimizer.rule(recording, self._theta, self._g, self.state, *arrays)

    def settle(self) -> None:
        """Let the parameters be read: bring every one up to date."""

    def unsettle(self) -> None:
        """Take back what was only brought up to date for reading."""

    def end_epoch(self) -> None:
        """Bring everything up to date for good."""

    def adopt(self) -> None:
        """Go on from the parameters as they are now, changed from outside."""

    @property
    def arrays(self) -> dict[str, Array]:
        """What has to be saved of the optimizer, by name."""
        return {name: self.state[name] for name in self.optimizer.state_names}


def cap_norms(ops: Any, parameter: Parameter) -> None:
    """Shorten every neuron's weight vector (a column) that is longer than its maximum."""
    w, most = parameter.value, parameter.spec.max_norm
    norms = ops.sqrt(ops.sum(ops.square(w), axis=0))
    ops.multiply(w, ops.divide(most, ops.maximum(norms, most)), out=w)
