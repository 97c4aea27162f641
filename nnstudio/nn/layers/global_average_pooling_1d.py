"""GlobalAveragePooling1D: the mean over a sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.layer import Layer, Shape, cannot_take


@dataclass(frozen=True)
class GlobalAveragePooling1D(Layer):
    """Averages a sequence over its steps, such as the word vectors of a sentence."""

    name: ClassVar[str] = "global_average_pooling_1d"
    title: ClassVar[str] = "Global average pooling"
    formula: ClassVar[str] = "y = 1/T Σₜ xₜ"
    reference: ClassVar[str] = "Lin et al., Network in Network, ICLR 2014"
    family: ClassVar[str] = "shape"
    icon: ClassVar[str] = "pooling"

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) != 2:
            raise cannot_take(
                "Global average pooling needs a sequence: steps × features",
                f"It received {shape}. It usually follows an Embedding.",
            )
        return (shape[1],)

    def forward(self, c: Any, *xs: Any) -> Any:
        """y = 1/T Σₜ xₜ"""
        (c.x,) = xs
        c.y = c.ops.mean(c.x, axis=1)
        return c.y

    def backward(self, c: Any, dy: Any) -> Any:
        """dxₜ = dy / T for every step t"""
        n, steps, features = c.x.shape
        share = c.ops.multiply(dy, 1.0 / steps)
        share = c.ops.reshape(share, (n, 1, features))
        return c.ops.multiply(c.ops.ones(c.x.shape), share)
