"""What an optimizer and a learning-rate schedule are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.spec import Part, real


def learning_rate(default: float, typical: str) -> Any:
    """The learning-rate field of an optimizer, with the default that suits its rule."""
    return real(
        default,
        minimum=0.0,
        maximum=1000.0,
        open_minimum=True,
        logarithmic=True,
        label="Learning rate",
        typical=typical,
        help="How far a step goes. Too small learns slowly, too large diverges.",
    )


@dataclass(frozen=True)
class Optimizer(Part):
    """Base of all optimizers: an update rule on one flat parameter vector.

    An optimizer is a value; what it remembers from step to step is its state, named vectors as
    long as the parameter vector, which belong to the run and are saved with it. A rule is written
    with the functions of `nnstudio.engine.ops.Ops`, all of it in place: its calls are written down
    once and then repeated, so what differs from step to step comes as ``scalars``.
    """

    kind: ClassVar[str] = "optimizer"

    learning_rate: float = learning_rate(0.01, "0.001 to 0.1")

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of the state's vectors in the order they are shown, such as m and v."""
        return ()

    def summary(self) -> str:
        return f"rate {self.learning_rate:g}"

    def init(self, ops: Any, n: int) -> dict[str, Any]:
        """The state before the first step: one vector of n zeros for each of ``state_names``."""
        return {name: ops.zeros(n) for name in self.state_names}

    def update(
        self, ops: Any, theta: Any, g: Any, state: dict[str, Any], t: int, lr: float
    ) -> None:
        """One step in place: theta moves against the gradient g; t counts from 1."""
        self.rule(ops, theta, g, state, *self.scalars(t, lr))

    def scalars(self, t: int, lr: float) -> tuple[float, ...]:
        """The numbers in which the steps differ, at least one: by itself -η."""
        return (-lr,)

    def rule(self, ops: Any, theta: Any, g: Any, state: dict[str, Any], *scalars: Any) -> None:
        """One step in place, given its scalars (numbers, or arrays that hold one)."""
        raise TypeError(f"{type(self).__name__} has no rule")

    def visible_state(self, ops: Any, state: Mapping[str, Any], t: int) -> dict[str, Any]:
        """The state after step t and what the formula makes of it, such as m̂, in new arrays."""
        return {name: ops.copy(state[name]) for name in self.state_names}


@dataclass(frozen=True)
class Schedule(Part):
    """Base of all learning-rate schedules: a factor on the optimizer's learning rate.

    Most schedules know the factor from the step alone. One with a ``monitor`` also looks at a
    figure at the end of each epoch: what it remembers is a small dictionary of numbers, which the
    trainer keeps and saves, and whose ``factor`` (1 if absent) multiplies that of the step.
    """

    kind: ClassVar[str] = "schedule"

    def factor(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        """The factor for update number ``step`` (from 0)."""
        return 1.0

    @property
    def watches(self) -> str:
        """The name of the epoch figure to be told, such as ``validation_loss``; empty: none."""
        return ""

    def observe(self, memory: Mapping[str, float], value: float) -> dict[str, float]:
        """What to remember after an epoch with this figure; ``memory`` is empty at first."""
        return dict(memory)
