"""Add: the sum of several branches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.layer import Layer, Shape, cannot_take


def equal_shapes(title: str, shapes: tuple[Shape, ...]) -> Shape:
    """The one shape all inputs share; raises `ProblemError` quoting them if they differ."""
    if any(shape != shapes[0] for shape in shapes):
        received = " and ".join(str(shape) for shape in shapes)
        raise cannot_take(
            f"{title} needs inputs of the same shape",
            f"It received {received}. Let the branches end with the same number of units.",
        )
    return shapes[0]


@dataclass(frozen=True)
class Add(Layer):
    """Adds several branches number by number, as in a residual connection."""

    name: ClassVar[str] = "add"
    title: ClassVar[str] = "Add"
    formula: ClassVar[str] = "y = x₁ + x₂ + …"
    reference: ClassVar[str] = "He et al., Deep Residual Learning, CVPR 2016"
    family: ClassVar[str] = "merge"
    icon: ClassVar[str] = "add"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = None

    def output_shape(self, *shapes: Shape) -> Shape:
        return equal_shapes(self.title, shapes)

    def forward(self, c: Any, *xs: Any) -> Any:
        """y = x₁ + x₂ + …"""
        c.count = len(xs)
        c.y = c.ops.add(xs[0], xs[1])
        for x in xs[2:]:
            c.y = c.ops.add(c.y, x, out=c.y)
        return c.y

    def backward(self, c: Any, dy: Any) -> Any:
        """dxᵢ = dy for every branch"""
        return (dy,) * c.count
