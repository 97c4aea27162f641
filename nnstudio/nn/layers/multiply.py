"""Multiply: the product of several branches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.layer import Layer, Shape
from nnstudio.nn.layers.add import equal_shapes


@dataclass(frozen=True)
class Multiply(Layer):
    """Multiplies several branches number by number, as in a gate."""

    name: ClassVar[str] = "multiply"
    title: ClassVar[str] = "Multiply"
    formula: ClassVar[str] = "y = x₁ ⊙ x₂ ⊙ …"
    reference: ClassVar[str] = "Srivastava et al., Highway Networks, 2015"
    family: ClassVar[str] = "merge"
    icon: ClassVar[str] = "multiply"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = None

    def output_shape(self, *shapes: Shape) -> Shape:
        return equal_shapes(self.title, shapes)

    def forward(self, c: Any, *xs: Any) -> Any:
        """y = x₁ ⊙ x₂ ⊙ …"""
        c.xs = xs
        c.y = c.ops.multiply(xs[0], xs[1])
        for x in xs[2:]:
            c.y = c.ops.multiply(c.y, x, out=c.y)
        return c.y

    def backward(self, c: Any, dy: Any) -> Any:
        """dxᵢ = dy ⊙ the product of all other branches"""
        dxs = []
        for i in range(len(c.xs)):
            dx = dy
            for j, other in enumerate(c.xs):
                if j != i:
                    dx = c.ops.multiply(dx, other)
            dxs.append(dx)
        return tuple(dxs)
