"""Flatten: all axes of a sample as one row."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from nnstudio.nn.layer import Layer, Shape


@dataclass(frozen=True)
class Flatten(Layer):
    """Lays all numbers of a sample out in one row, as an image's pixels row after row."""

    name: ClassVar[str] = "flatten"
    title: ClassVar[str] = "Flatten"
    formula: ClassVar[str] = "y = row of all x"
    family: ClassVar[str] = "shape"
    icon: ClassVar[str] = "flatten"

    def output_shape(self, *shapes: Shape) -> Shape:
        return (prod(shapes[0]),)

    def forward(self, c: Any, *xs: Any) -> Any:
        """y = x, in one row per sample"""
        (c.x,) = xs
        return c.ops.reshape(c.x, (c.x.shape[0], -1))

    def backward(self, c: Any, dy: Any) -> Any:
        """dx = dy, in the shape of x"""
        return c.ops.reshape(dy, c.x.shape)
