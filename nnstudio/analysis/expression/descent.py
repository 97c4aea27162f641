"""One step of gradient descent on the expression: predicted against what really happens."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nnstudio.analysis.expression.evaluation import Failure, evaluate
from nnstudio.analysis.expression.gradients import Backward
from nnstudio.analysis.expression.worksheet import LARGEST, Worksheet


@dataclass(frozen=True)
class LeafChange:
    """w ← w - η·g for one leaf. A fixed leaf keeps its value."""

    name: str
    before: float
    gradient: float
    after: float
    fixed: bool


@dataclass(frozen=True)
class Descent:
    """The step, and the change of the output: -η‖g‖² if the function were straight, and really.

    ``after`` and ``actual`` are None if the output has no value at the new leaves.
    """

    rate: float
    leaves: tuple[LeafChange, ...]
    before: float
    predicted: float
    after: float | None
    actual: float | None
    failure: Failure | None = None

    @property
    def overshoots(self) -> bool:
        """Whether the step made the output larger, though it should have made it smaller."""
        return self.actual is not None and self.actual > 0 > self.predicted

    @property
    def worksheet_values(self) -> dict[str, float]:
        return {leaf.name: leaf.after for leaf in self.leaves}


def descend(sheet: Worksheet, output: float, back: Backward, rate: float) -> Descent:
    """One step of gradient descent with learning rate ``rate`` from a finished backward pass."""
    changes = []
    for name in sheet.graph.variables:
        before, gradient = sheet.values[name], back.gradients.get(name, 0.0)
        fixed = name in sheet.fixed
        moved = before if fixed else before - rate * gradient
        changes.append(LeafChange(name, before, gradient, _bounded(moved), fixed))
    squares = [change.gradient**2 for change in changes if not change.fixed]
    predicted = -rate * math.fsum(squares)
    new = evaluate(sheet.graph, {change.name: change.after for change in changes})
    after = new.values.get(sheet.graph.output)
    actual = None if after is None else after - output
    return Descent(rate, tuple(changes), output, predicted, after, actual, new.failure)


def _bounded(value: float) -> float:
    return min(LARGEST, max(-LARGEST, value))
