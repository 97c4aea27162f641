"""A network recorded for one batch size: the calls of its formulas, ready to be run again.

The first batch runs every layer's ``forward`` and ``backward`` and writes the calls down; from then
on a step is a walk through a list, with no look-up, no shape rule and no allocation. All arrays of
a program belong to it and are overwritten by the next batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nnstudio.engine.context import Context
from nnstudio.engine.ops import Array, Step, replay
from nnstudio.graph.plan import PlanStep

if TYPE_CHECKING:
    from nnstudio.engine.network import Network


class Program:
    """Forward pass, loss and backward pass of a network for batches of ``n`` samples.

    With ``input_gradient`` the backward pass goes down to the data itself.
    """

    def __init__(
        self, network: Network, n: int, training: bool, input_gradient: bool, source: Any
    ) -> None:
        self.network = network
        self.n = n
        self.training = training
        self.input_gradient = input_gradient
        self.ops = network.ops.recording([])
        self.x = network.input_buffer(n, source)
        self.y: Array = None
        self.scale = self.ops.full((n,), 1.0 / n)  # each sample's share of the loss
        self.contexts: dict[str, Context] = {}
        self.prediction: Array = None
        self.losses: Array = None
        self.loss: Array = self.ops.empty(())
        self._forward: list[Step] = []
        self._loss: list[Step] = []
        self._backward: list[Step] = []
        self._accuracy: list[Step] = []
        self._everything: list[Step] = []
        self._correct: Array = None

    # ---- running ------------------------------------------------------------------------------

    def forward(self) -> Array:
        """The prediction for what is in ``x``, a live array."""
        if self._forward:
            replay(self._forward)
        else:
            self._forward = self._recorded(self._record_forward)
        return self.prediction

    def measure(self) -> float:
        """The loss of the last forward pass against what is in ``y``."""
        if self._loss:
            replay(self._loss)
        else:
            self._loss = self._recorded(self._record_loss)
        return self.ops.number(self.loss)

    def backward(self) -> None:
        """The gradient of the loss, written into the network's ``grad``."""
        if self._backward:
            replay(self._backward)
        else:
            self._backward = self._recorded(self._record_backward)

    def step(self) -> float:
        """Forward, loss and backward in one go; returns the loss."""
        if not self._everything:
            self.forward()
            self.measure()
            self.backward()
            self._everything = self._forward + self._loss + self._backward
        else:
            replay(self._everything)
        return self.ops.number(self.loss)

    def count_correct(self) -> int:
        """How many samples of the last forward pass got the class in ``y``."""
        if self._accuracy:
            replay(self._accuracy)
        else:
            self._accuracy = self._recorded(self._record_accuracy)
        return self.network.ops.count(self._correct)

    def expect(self, shape: tuple[int, ...], dtype: Any) -> None:
        """Have targets of this form in ``y`` from now on: class numbers, or rows of numbers."""
        if self.y is not None and self.y.shape == shape and self.y.dtype == dtype:
            return
        self.y = self.network.ops.empty(shape, dtype)
        self._loss, self._backward, self._accuracy, self._everything = [], [], [], []

    def weigh(self, weights: Array | None) -> None:
        """Let samples count by these weights (over n) from the next pass on; None: equally."""
        equal = self.ops.full((self.n,), 1.0 / self.n)
        if weights is None:
            if self.scale is not equal:
                self._change_scale(equal)
            return
        if self.scale is equal:
            self._change_scale(self.ops.empty((self.n,)))
        self.network.ops.multiply(weights, 1.0 / self.n, out=self.scale)

    def _change_scale(self, scale: Array) -> None:
        self.scale = scale
        self._loss, self._backward, self._everything = [], [], []

    # ---- recording ----------------------------------------------------------------------------

    def _recorded(self, calculate: Callable[[], None]) -> list[Step]:
        """The calls of a phase. One that fails leaves nothing behind: the next try is the first."""
        steps: list[Step] = []
        self.ops.record = steps
        calculate()
        return steps or [_nothing]

    def _record_forward(self) -> None:
        values: dict[str, Array] = {}
        for step in self.network.plan.steps:
            c = self._context(step)
            xs = tuple(values[id] for id in step.sources) or (self.x,)
            if not step.layer.takes_sparse:
                xs = tuple(self.ops.dense(x) for x in xs)
            c.inputs = xs
            c.output = values[step.id] = step.layer.forward(c, *xs)
            self.contexts[step.id] = c
        self.prediction = self.ops.dense(values[self.network.plan.output])

    def _record_loss(self) -> None:
        network, ops = self.network, self.ops
        if network.fuses(self.training):
            self.losses = network.loss.forward_fused(ops, self._z(), self.prediction, self.y)
        else:
            self.losses = network.loss.forward(ops, self.prediction, self.y)
        ops.dot(self.losses, self.scale, out=self.loss)
        for parameter in network.regularised:
            w = parameter.value.reshape(-1)
            if parameter.spec.l1:
                penalty = ops.multiply(ops.sum(ops.abs(w)), parameter.spec.l1)
                ops.add(self.loss, penalty, out=self.loss)
            if parameter.spec.l2:
                penalty = ops.multiply(ops.dot(w, w), parameter.spec.l2)
                ops.add(self.loss, penalty, out=self.loss)

    def _z(self) -> Array:
        """The z of the activation that the loss is computed with, beside the prediction."""
        z = self.contexts[self.network.joined[self.training]].z
        shape = self.prediction.shape
        return z if z.shape == shape else self.ops.reshape(z, shape)

    def _record_accuracy(self) -> None:
        ops, prediction = self.ops, self.prediction
        if prediction.shape[-1] == 1:
            column = ops.reshape(prediction, (self.n,))
            classes = ops.greater_equal(column, self.network.loss.threshold)
        else:
            classes = ops.argmax(prediction, axis=-1)
        self._correct = ops.equal(classes, self.y)

    def _record_backward(self) -> None:
        network, ops = self.network, self.ops
        plan = network.plan
        if network.fuses(self.training):
            d = network.loss.backward_fused(ops, self._z(), self.prediction, self.y)
        else:
            d = network.loss.backward(ops, self.prediction, self.y)
        shares = self.scale.reshape((self.n,) + (1,) * (d.ndim - 1))
        arriving: dict[str, list[Array]] = {plan.output: [ops.multiply(d, shares)]}
        for step in reversed(plan.steps):
            if step.id not in arriving or not self._wanted(step):
                continue
            c = self.contexts[step.id]
            c.output_gradient = self._sum(arriving[step.id])
            dxs = step.layer.backward(c, c.output_gradient)
            c.input_gradients = dxs if isinstance(dxs, tuple) else (dxs,)
            for source, dx in zip(step.sources, c.input_gradients, strict=False):
                if dx is not None:
                    arriving.setdefault(source, []).append(dx)
        for parameter in network.regularised:
            w, g = parameter.value, parameter.gradient
            if parameter.spec.l1:
                ops.add(g, ops.multiply(ops.sign(w), parameter.spec.l1), out=g)
            if parameter.spec.l2:
                ops.add(g, ops.multiply(w, 2.0 * parameter.spec.l2), out=g)

    def _sum(self, gradients: list[Array]) -> Array:
        """Where an output fans out to several layers, its gradient is the sum of theirs."""
        total = gradients[0]
        for k, gradient in enumerate(gradients[1:]):
            total = self.ops.add(total, gradient, out=total if k else None)
        return total

    def _wanted(self, step: PlanStep) -> bool:
        return self.input_gradient or step.id in self.network.learning

    def _context(self, step: PlanStep) -> Context:
        network = self.network
        c = Context(
            self.ops,
            step.id,
            network.values_of(step.id),
            network.arrays_of(step.id, network.gradients),
            network.arrays_of(step.id, network.state),
            network.streams.get(step.id),
            self.training,
        )
        c.needs_dx = self.input_gradient or any(id in network.learning for id in step.sources)
        c.fused = step.id == network.joined[self.training]
        return c


def _nothing() -> None:
    pass
