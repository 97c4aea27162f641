"""A pass as a row of steps that one can walk in either direction.

A step is a position, not an action: the tape holds every number already, so going back restores
exactly what was there. At layer granularity a step is an operation on whole arrays; at neuron
granularity it is one element of the result (of the chosen sample), or one neuron's column of a
parameter; at term granularity the sum behind each element is walked through term by term. A large
layer has hundreds of thousands of terms, so steps are counted, never listed.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal

import numpy as np

from nnstudio.analysis.network_pass.derive import derive
from nnstudio.analysis.network_pass.numbers import Derivation, Number
from nnstudio.analysis.network_pass.operations import PHASES, Operation, Phase, operations
from nnstudio.analysis.network_pass.values import LOSS, UPDATE, Values

Granularity = Literal["layer", "neuron", "term"]
GRANULARITIES: tuple[Granularity, ...] = ("layer", "neuron", "term")


@dataclass(frozen=True)
class Step:
    """One position. ``unit`` is the element in work, ``term`` the term of its sum, if so fine.

    ``number`` is the number in work, None for a whole operation. For a parameter ``unit`` is the
    neuron (the column) and the number its first weight or the one in work.
    """

    index: int
    operation: Operation
    place: int  # of the operation in the walk
    unit: int | None = None
    term: int | None = None
    number: Number | None = None

    @property
    def phase(self) -> Phase:
        return self.operation.phase


class Walk:
    """The steps of a pass for one sample of it, at one granularity."""

    def __init__(self, values: Values, granularity: Granularity = "layer", sample: int = 0) -> None:
        self.values = values
        self.granularity = granularity
        self.sample = sample
        self.operations = operations(values)
        counts = [self._count(operation) for operation in self.operations]
        self._ends = list(accumulate(counts))

    def __len__(self) -> int:
        return self._ends[-1]

    def step(self, index: int) -> Step:
        """The step at this position; raises IndexError outside of 0 … len - 1."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        place = bisect_right(self._ends, index)
        inside = index - (self._ends[place - 1] if place else 0)
        operation = self.operations[place]
        if self.granularity == "layer" or self._whole(operation):
            return Step(index, operation, place)
        if self.granularity == "neuron" or not self._terms(operation):
            return Step(index, operation, place, inside, None, self._number(operation, inside))
        per_unit = self._terms(operation) + (0 if operation.of_parameter else 1)
        unit, term = divmod(inside, per_unit)
        if operation.of_parameter:
            return Step(index, operation, place, unit, term, self._number(operation, unit, term))
        last = term == per_unit - 1
        number = self._number(operation, unit)
        return Step(index, operation, place, unit, None if last else term, number)

    def derivation(self, step: Step) -> Derivation | None:
        """The account of the number in work."""
        return None if step.number is None else derive(self.values, step.number)

    def begin_of(self, phase: Phase) -> int:
        """The first step of a phase, or the end where it has none."""
        for place, operation in enumerate(self.operations):
            if operation.phase == phase:
                return self._ends[place - 1] if place else 0
        return len(self) - 1

    def within(self, step: Step) -> tuple[int, int]:
        """The step's number in its phase, from 1, and how many the phase has."""
        begin = self.begin_of(step.phase)
        later = [p for p in PHASES[PHASES.index(step.phase) + 1 :] if self._has(p)]
        end = self.begin_of(later[0]) if later else len(self)
        return step.index - begin + 1, end - begin

    def position(self, place: int, unit: int | None = None) -> int:
        """The step at which an operation begins, or in it the work on a unit."""
        begin = self._ends[place - 1] if place else 0
        operation = self.operations[place]
        if unit is None or self.granularity == "layer" or self._whole(operation):
            return begin
        per_unit = 1
        if self.granularity == "term" and self._terms(operation):
            per_unit = self._terms(operation) + (0 if operation.of_parameter else 1)
        return begin + min(unit, self.units(operation) - 1) * per_unit

    def place_of(self, node: str, phase: Phase) -> int | None:
        """The first operation of a node in a phase."""
        for place, operation in enumerate(self.operations):
            if operation.node == node and operation.phase == phase:
                return place
        return None

    def same_place(self, other: Walk, step: Step) -> int:
        """Where a step of another walk through the same network is in this one."""
        return self.position(min(step.place, len(self.operations) - 1), step.unit)

    # ---- counting --------------------------------------------------------------------------------

    @cached_property
    def _phases(self) -> frozenset[Phase]:
        return frozenset(operation.phase for operation in self.operations)

    def _has(self, phase: Phase) -> bool:
        return phase in self._phases

    def _whole(self, operation: Operation) -> bool:
        """Whether there is nothing finer than the operation itself."""
        return operation.node == UPDATE or (operation.node == LOSS and operation.result.what == "L")

    def _count(self, operation: Operation) -> int:
        if self.granularity == "layer" or self._whole(operation):
            return 1
        units = self.units(operation)
        terms = self._terms(operation) if self.granularity == "term" else 0
        if not terms:
            return units
        return units * (terms + (0 if operation.of_parameter else 1))

    def units(self, operation: Operation) -> int:
        """How many elements the result has for the sample, or columns for a parameter."""
        shape = self._shape(operation)
        if operation.of_parameter:
            return int(shape[-1]) if shape else 1
        return int(np.prod(shape[1:], dtype=np.int64)) if len(shape) > 1 else 1

    def _shape(self, operation: Operation) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.values.array(
            operation.result.node, operation.result.what
        ).shape
        return shape

    def _terms(self, operation: Operation) -> int:
        """Terms behind each element: the same for all units of an operation."""
        values, node = self.values, operation.node
        what = operation.result.what
        if operation.of_parameter:
            shape = self._shape(operation)
            return self._rows(operation).size if len(shape) == 2 else 0
        if not operation.sums or node == LOSS:
            return 0
        layer = values.step(node).layer
        if layer.name == "dense" and operation.phase == "forward":
            x = values.input(node)[self.sample]
            # Positions may differ in how many inputs are zero; then all are walked as one sum.
            return int(np.count_nonzero(x)) if x.ndim == 1 else 0
        if layer.name == "dense" and what.startswith("dx"):
            dz = values.array(node, "dz")[self.sample]
            return int(np.count_nonzero(dz)) if dz.ndim == 1 else 0
        return 0

    def _rows(self, operation: Operation) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """The rows of a weight matrix that are worth a step: those with an input."""
        values, node = self.values, operation.node
        rows = self._shape(operation)[0]
        if operation.result.what.endswith(":kernel") and values.step(node).layer.name == "dense":
            x = values.input(node).reshape(-1, rows)
            found = np.flatnonzero((x != 0).any(axis=0))
            if found.size:
                return found
        return np.arange(rows)

    def _number(self, operation: Operation, unit: int, row: int = 0) -> Number:
        node, what = operation.result.node, operation.result.what
        shape = self._shape(operation)
        if operation.of_parameter:
            if len(shape) == 2:
                rows = self._rows(operation)
                return Number(node, what, (int(rows[row]), unit))
            return Number(node, what, (*(0,) * (len(shape) - 1), unit) if shape else ())
        if not self.values.per_sample(node, what):
            return Number(node, what, tuple(int(i) for i in np.unravel_index(unit, shape)))
        if len(shape) == 1:
            return Number(node, what, (self.sample,))
        index = np.unravel_index(unit, shape[1:])
        return Number(node, what, (self.sample, *(int(i) for i in index)))
