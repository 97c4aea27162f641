"""What a checked graph promises: an order of computation in which every shape is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from nnstudio.nn.layer import Layer, ParameterSpec, Shape
from nnstudio.spec import Problem

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class Signature:
    """What the data asks of a network, without the data itself.

    ``classes`` is the number of classes (0 for regression), ``outputs`` the number of target
    values for regression. ``tokens`` is the number of distinct indices when the inputs are
    integers for an Embedding, else 0. ``target_minimum``/``target_maximum`` bound the targets.
    """

    input_shape: Shape
    task: Task
    classes: int = 0
    outputs: int = 1
    tokens: int = 0
    target_minimum: float = 0.0
    target_maximum: float = 1.0
    target_title: str = ""


@dataclass(frozen=True)
class PlanStep:
    """One layer of the plan; ``sources`` are the ids whose outputs it reads, in port order."""

    id: str
    title: str
    layer: Layer
    sources: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    parameters: tuple[ParameterSpec, ...] = ()

    @property
    def parameter_count(self) -> int:
        total = 0
        for parameter in self.parameters:
            size = 1
            for n in parameter.shape:
                size *= n
            total += size
        return total


@dataclass(frozen=True)
class Plan:
    """A network that can be built: its steps in an order in which sources come first.

    ``steps[0]`` is the Input; ``output`` is the id of the step whose result meets the loss.
    """

    steps: tuple[PlanStep, ...]
    output: str
    signature: Signature

    @property
    def parameter_count(self) -> int:
        return sum(step.parameter_count for step in self.steps)

    def step(self, id: str) -> PlanStep:
        return next(step for step in self.steps if step.id == id)


@dataclass(frozen=True)
class Check:
    """The outcome of checking a graph: shapes as far as known, problems, a plan if all is well.

    ``shapes`` maps node ids to output shapes (absent where unknown); ``edge_shapes`` maps edge ids.
    """

    shapes: Mapping[str, Shape] = field(default_factory=dict)
    edge_shapes: Mapping[str, Shape] = field(default_factory=dict)
    parameter_counts: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    plan: Plan | None = None
    output: str = ""  # the id of the node that meets the loss, if there is exactly one
