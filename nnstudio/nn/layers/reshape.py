"""Reshape: the same numbers in another shape."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from nnstudio.nn.layer import Layer, Shape, cannot_take
from nnstudio.spec import shape


@dataclass(frozen=True)
class Reshape(Layer):
    """Puts the numbers of a sample into another shape, in the same order."""

    name: ClassVar[str] = "reshape"
    title: ClassVar[str] = "Reshape"
    formula: ClassVar[str] = "y = x in another shape"
    family: ClassVar[str] = "shape"
    icon: ClassVar[str] = "reshape"

    target_shape: tuple[int, ...] = shape(
        (1,),
        label="Target shape",
        help="The new shape of one sample; it must hold as many numbers as the old one.",
    )

    def summary(self) -> str:
        return " × ".join(str(n) for n in self.target_shape)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if prod(shape) != prod(self.target_shape):
            raise cannot_take(
                f"Reshape cannot put {prod(shape):,} numbers "
                f"into {prod(self.target_shape):,} places",
                f"The input has the shape {shape}, the target shape is {self.target_shape}; "
                "both must hold the same number of values.",
            )
        return self.target_shape

    def forward(self, c: Any, *xs: Any) -> Any:
        """y = x, in the target shape"""
        (c.x,) = xs
        return c.ops.reshape(c.x, (c.x.shape[0], *self.target_shape))

    def backward(self, c: Any, dy: Any) -> Any:
        """dx = dy, in the shape of x"""
        return c.ops.reshape(dy, c.x.shape)
