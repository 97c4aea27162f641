"""What a layer lives on during a run: its parameters, gradients, random stream and saved values."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from nnstudio.engine.ops import Array, Ops


class Context:
    """The ``c`` of a layer's formulas, for one node and one batch size.

    The engine sets what the layer reads; whatever the layer sets itself is in ``saved()``.
    """

    def __init__(
        self,
        ops: Ops,
        node: str,
        parameters: dict[str, Array],
        gradients: dict[str, Array],
        state: dict[str, Array],
        stream: Any,
        training: bool,
    ) -> None:
        self.ops = ops
        self.node = node
        self.training = training
        self.needs_dx = True
        self.fused = False  # the gradient that comes from the loss is already dL/dz
        self.stream = stream
        self.grad = SimpleNamespace(**gradients)
        self.inputs: tuple[Array, ...] = ()
        self.output: Array = None
        self.output_gradient: Array = None
        self.input_gradients: tuple[Array, ...] = ()
        for name, array in (parameters | state).items():
            setattr(self, name, array)
        self._engine = frozenset(vars(self)) | {"_engine"}

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def saved(self) -> dict[str, Array]:
        """The arrays the layer kept, by the names its formulas give them (x, z, a, mask, ...).

        They are live: the next batch of this size overwrites them.
        """
        return {
            name: value
            for name, value in vars(self).items()
            if name not in self._engine and hasattr(value, "shape")
        }

    def through(self, activation: Any, z: Array, a: Array, da: Array) -> Array:
        """dz from da; da itself where the loss was computed together with the activation."""
        return da if self.fused else activation.backward(self.ops, z, a, da)

    def rows(self, x: Array) -> Array:
        """``x`` as a matrix: every axis but the last counts as samples."""
        return x if x.ndim == 2 else self.ops.reshape(x, (-1, x.shape[-1]))

    def like(self, x: Array, y: Array) -> Array:
        """The matrix ``y`` with the leading axes of ``x``."""
        return y if x.ndim == 2 else self.ops.reshape(y, (*x.shape[:-1], y.shape[-1]))
