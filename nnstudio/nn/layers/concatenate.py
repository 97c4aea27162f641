"""Concatenate: several branches side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.layer import Layer, Shape, cannot_take


@dataclass(frozen=True)
class Concatenate(Layer):
    """Puts several branches side by side along the last axis."""

    name: ClassVar[str] = "concatenate"
    title: ClassVar[str] = "Concatenate"
    formula: ClassVar[str] = "y = [x₁, x₂, …]"
    family: ClassVar[str] = "merge"
    icon: ClassVar[str] = "concatenate"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = None

    def output_shape(self, *shapes: Shape) -> Shape:
        first = shapes[0]
        if not first or any(shape[:-1] != first[:-1] for shape in shapes):
            received = " and ".join(str(shape) for shape in shapes)
            raise cannot_take(
                "Concatenate needs inputs that agree in every axis but the last",
                f"It received {received}.",
            )
        return (*first[:-1], sum(shape[-1] for shape in shapes))

    def forward(self, c: Any, *xs: Any) -> Any:
        """y = [x₁, x₂, …]"""
        c.widths = [x.shape[-1] for x in xs]
        c.y = c.ops.concatenate(list(xs), axis=-1)
        return c.y

    def backward(self, c: Any, dy: Any) -> Any:
        """dxᵢ = the part of dy that xᵢ became"""
        dxs, start = [], 0
        for width in c.widths:
            dxs.append(c.ops.part(dy, -1, start, start + width))
            start += width
        return tuple(dxs)
