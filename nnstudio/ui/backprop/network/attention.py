"""Which neuron is being looked at: one for each layer, as long as the same network is worked."""

from __future__ import annotations

import numpy as np

from nnstudio.analysis.network_pass import Number, Operation, Step, Walk
from nnstudio.analysis.network_pass.values import LOSS, UPDATE


class Attention:
    """``units`` maps a node to the neuron of it that was last looked at."""

    def __init__(self) -> None:
        self.units: dict[str, int] = {}

    def unit_of(self, walk: Walk, step: Step) -> int:
        """The neuron in work: the step's, else the one last looked at, else the strongest."""
        operation = step.operation
        node = operation.node
        output = walk.values.array(node, "y")[walk.sample]
        if step.unit is not None and not operation.result.what.startswith("dx"):
            self.units[node] = step.unit
        if node not in self.units or self.units[node] >= output.size:
            sizes = np.abs(np.nan_to_num(output)).reshape(-1)
            self.units[node] = int(sizes.argmax()) if sizes.size else 0
        return self.units[node]

    def number_of(self, walk: Walk, operation: Operation) -> Number | None:
        """The element of a whole result on which attention rests: that of the chosen neuron."""
        values = walk.values
        node, what = operation.result.node, operation.result.what
        if operation.node in (LOSS, UPDATE):
            return None
        if not hasattr(values.step(operation.node).layer, "activation"):
            return None
        array = values.array(node, what)
        unit = self.units.get(operation.node, 0)
        if operation.of_parameter:
            column = min(unit, array.shape[-1] - 1)
            if array.ndim == 1:
                return Number(node, what, (column,))
            sizes = np.abs(values.array(node, "dw:" + what.split(":")[-1]))
            if not sizes[:, column].any():  # a neuron that learns nothing shows nothing
                column = int(sizes.max(axis=0).argmax())
            return Number(node, what, (int(sizes[:, column].argmax()), column))
        if not values.per_sample(node, what) or what.startswith("dx"):
            return None
        shape = array.shape[1:]
        if not shape or unit >= int(np.prod(shape)):
            return None
        return Number(node, what, (walk.sample, *(int(i) for i in np.unravel_index(unit, shape))))

    def unit_at(self, walk: Walk, operation: Operation, number: Number) -> int | None:
        """The neuron of the operation's layer that a number belongs to, if it does."""
        if number.node != operation.node or number.what.startswith("dx") or not number.index:
            return None
        if operation.node in (LOSS, UPDATE):
            return None
        values = walk.values
        shape = values.array(operation.node, "y").shape[1:]
        inside = number.index[1:] if values.per_sample(number.node, number.what) else ()
        if len(inside) == len(shape):
            return int(np.ravel_multi_index(inside, shape))
        return number.index[-1] if ":" in number.what else None
