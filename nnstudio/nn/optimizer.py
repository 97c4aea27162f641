"""What an optimizer and a learning-rate schedule are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.spec import Part, real


@dataclass(frozen=True)
class Optimizer(Part):
    """Base of all optimizers: an update rule on one flat parameter vector.

    ``state_names`` names the vectors of its state in the order they are shown, such as m and v.
    """

    kind: ClassVar[str] = "optimizer"
    state_names: ClassVar[tuple[str, ...]] = ()

    learning_rate: float = real(
        0.01,
        minimum=0.0,
        maximum=1000.0,
        open_minimum=True,
        logarithmic=True,
        label="Learning rate",
        typical="0.001 to 0.1",
        help="How far a step goes. Too small learns slowly, too large diverges.",
    )

    def init(self, ops: Any, n: int) -> dict[str, Any]:
        """The state before the first step: one vector of n zeros for each of ``state_names``."""
        return {name: ops.zeros(n) for name in self.state_names}

    def update(
        self, ops: Any, theta: Any, g: Any, state: dict[str, Any], t: int, lr: float
    ) -> None:
        """One step in place: theta moves against the gradient g; t counts from 1."""
        raise TypeError(f"{type(self).__name__} does not update")


@dataclass(frozen=True)
class Schedule(Part):
    """Base of all learning-rate schedules: a factor on the optimizer's learning rate."""

    kind: ClassVar[str] = "schedule"

    def factor(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        """The factor for update number ``step`` (from 0)."""
        return 1.0
