"""Input: where the data enters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.layer import Layer, Shape
from nnstudio.spec import shape as shape_field


@dataclass(frozen=True)
class Input(Layer):
    """The place where the data enters the network."""

    name: ClassVar[str] = "input"
    title: ClassVar[str] = "Input"
    formula: ClassVar[str] = "y = x"
    family: ClassVar[str] = "input"
    icon: ClassVar[str] = "input"
    least_inputs: ClassVar[int] = 0
    most_inputs: ClassVar[int | None] = 0
    takes_sparse: ClassVar[bool] = True

    shape: tuple[int, ...] = shape_field(
        (),
        label="Shape",
        help="The shape of one sample; empty means the shape of the data.",
    )

    def summary(self) -> str:
        return " × ".join(str(n) for n in self.shape) if self.shape else "shape of the data"

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0] if shapes else self.shape

    def forward(self, c: Any, *xs: Any) -> Any:
        """y = x"""
        (c.x,) = xs
        return c.x

    def backward(self, c: Any, dy: Any) -> Any:
        """dx = dy"""
        return dy
