"""The arrays of a tape under the names that a worked pass uses."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from nnstudio.analysis.network_pass.measures import MEASURES, measure
from nnstudio.analysis.network_pass.numbers import Number
from nnstudio.analysis.tape import LayerRecord, Pass, Tape
from nnstudio.engine.devices import open_device
from nnstudio.graph.plan import PlanStep
from nnstudio.project.names import LOSS

Array = np.ndarray[Any, Any]
UPDATE = "update"
__all__ = ["LOSS", "UPDATE", "Array", "Values"]


class Values:
    """Looks numbers up in a tape. Arrays have the sample axis first, the rest as on the wire."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.plan = tape.plan
        self.steps = {step.id: step for step in tape.plan.steps}
        self.users: dict[str, list[tuple[str, int]]] = {step.id: [] for step in tape.plan.steps}
        for step in tape.plan.steps:
            for port, source in enumerate(step.sources):
                self.users[source].append((step.id, port))
        self._found: dict[tuple[str, str, bool], Array] = {}

    @cached_property
    def ops(self) -> Any:
        """Arithmetic in float64, for what the tape does not hold."""
        return open_device("cpu", "float64")[0]

    def passed(self, batch: bool = False) -> Pass:
        """The pass over the chosen samples, or over the batch around them."""
        if batch:
            if self.tape.batch is None:
                raise KeyError("the tape has no batch")
            return self.tape.batch
        return self.tape.chosen

    def layer(self, node: str, batch: bool = False) -> LayerRecord:
        return self.passed(batch).layers[node]

    def step(self, node: str) -> PlanStep:
        return self.steps[node]

    def value(self, number: Number) -> float:
        """The number as the network computed it."""
        return float(self.array(number.node, number.what, number.batch)[number.index])

    def array(self, node: str, what: str, batch: bool = False) -> Array:
        """A quantity as a whole; raises KeyError if this node has no such quantity."""
        key = (node, what, batch)
        if key not in self._found:
            self._found[key] = self._look_up(node, what, batch)
        return self._found[key]

    def has(self, node: str, what: str, batch: bool = False) -> bool:
        """Whether there is such a quantity."""
        try:
            self.array(node, what, batch)
        except KeyError:
            return False
        return True

    def per_sample(self, node: str, what: str) -> bool:
        """Whether the first axis of the quantity counts the samples."""
        if node == LOSS:
            return what in ("l", "target", "weight")
        if node == UPDATE or ":" in what or what in MEASURES:
            return False
        statistic = what in ("mean", "variance", "deviation")
        return not (statistic and self.steps[node].layer.name == "batch_normalization")

    def source(self, node: str, port: int = 0) -> str:
        """The node whose output comes in at this port."""
        return self.steps[node].sources[port]

    def input(self, node: str, port: int = 0, batch: bool = False) -> Array:
        """What comes in at this port."""
        return self.array(self.source(node, port), "y", batch)

    def target_rows(self, batch: bool = False) -> Array:
        """The targets beside the outputs, as the loss reads them (one-hot, smoothed, ±1)."""
        passed = self.passed(batch)
        loss, ops = self.tape.loss, self.ops
        prediction = passed.prediction.reshape(passed.count, -1).astype(np.float64)
        target = passed.y if passed.y.ndim == 1 else passed.y.astype(np.float64)
        if hasattr(loss, "sides"):
            rows = loss.sides(ops, prediction, target)
        elif hasattr(loss, "rows"):
            rows = loss.rows(ops, prediction, target)
        else:
            from nnstudio.nn.losses.targets import as_rows

            rows = as_rows(ops, target, prediction.shape[-1])
        return np.asarray(rows, dtype=np.float64)

    # ---- looking up ------------------------------------------------------------------------------

    def _look_up(self, node: str, what: str, batch: bool) -> Array:
        if node == LOSS:
            return self._of_loss(what, batch)
        if node == UPDATE:
            return self._of_update(what)
        layer = self.layer(node, batch)
        if what == "y":
            return layer.output
        if what == "dy":
            return self._arriving(node, batch)
        if what.startswith("dx"):
            dx = layer.dxs[int(what[2:])] if len(layer.dxs) > int(what[2:]) else None
            if dx is None:
                raise KeyError(what)
            return dx
        if what in MEASURES:
            return measure(self, node, what, batch)
        if what == "slope":
            return self._slope(node, batch)
        if ":" in what:
            return self._of_parameter(node, what, layer, batch)
        if what in layer.saved:
            return self._unfolded(node, layer.saved[what], batch)
        raise KeyError(f"{node} has no {what}")

    def _unfolded(self, node: str, array: Array, batch: bool) -> Array:
        """A saved array with the axes of the layer's output again, where they were folded."""
        layer = self.layer(node, batch)
        if array.shape != layer.output.shape and array.size == layer.output.size:
            return array.reshape(layer.output.shape)
        return array

    def _arriving(self, node: str, batch: bool) -> Array:
        layer = self.layer(node, batch)
        if layer.fused:
            return self.passed(batch).d_prediction.reshape(layer.output.shape)
        if layer.dy is None:
            raise KeyError("dy")
        return layer.dy

    def _slope(self, node: str, batch: bool) -> Array:
        """f'(z), element by element."""
        activation = getattr(self.steps[node].layer, "activation", None)
        if activation is None or not activation.elementwise:
            raise KeyError("slope")
        z = self.array(node, "z", batch).astype(np.float64)
        a = self.array(node, "y", batch).astype(np.float64)
        return np.asarray(activation.backward(self.ops, z, a, np.ones(z.shape)))

    def _of_parameter(self, node: str, what: str, layer: LayerRecord, batch: bool) -> Array:
        kind, _, name = what.partition(":")
        update, key = self.tape.update, (node, name)
        if kind == "w":
            found = layer.weights.get(name)
            return layer.state[name] if found is None else found
        if kind == "dw":
            return layer.gradients[name]
        if batch:
            raise KeyError(what)
        if kind == "g":
            return update.gradient[key]
        if kind == "new":
            return update.new_weights[key]
        if kind == "step":
            return update.new_weights[key] - update.weights[key]
        state, _, name = name.partition(":")
        return (update.before if kind == "before" else update.after)[state][node, name]

    def _of_loss(self, what: str, batch: bool) -> Array:
        passed = self.passed(batch)
        if what == "l":
            return passed.losses
        if what == "L":
            return np.array(passed.loss)
        if what == "penalty":
            return np.array(passed.penalty)
        if what == "target":
            return self.target_rows(batch)
        if what == "weight" and passed.weights is not None:
            return passed.weights
        raise KeyError(what)

    def _of_update(self, what: str) -> Array:
        update = self.tape.update
        if what == "norm":
            return np.array(update.squared_gradient)
        if what == "predicted":
            return np.array(update.predicted_change)
        if what == "actual":
            return np.array(update.actual_change)
        if what == "after":
            return np.array(update.loss_after)
        raise KeyError(what)
