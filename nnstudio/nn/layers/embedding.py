"""Embedding: a learned row of numbers for every word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.initializer import Initializer
from nnstudio.nn.initializers import RandomUniform
from nnstudio.nn.layer import Layer, ParameterSpec, Shape
from nnstudio.spec import integer, part


@dataclass(frozen=True)
class Embedding(Layer):
    """Looks up a learned row of numbers for every index, so similar words can get similar rows."""

    name: ClassVar[str] = "embedding"
    title: ClassVar[str] = "Embedding"
    formula: ClassVar[str] = "yᵢ = row xᵢ of E"
    reference: ClassVar[str] = "Bengio et al., A Neural Probabilistic Language Model, JMLR 3, 2003"
    icon: ClassVar[str] = "embedding"

    input_dim: int = integer(
        1000,
        minimum=1,
        maximum=100_000_000,
        label="Vocabulary",
        help="How many different indices there are; every input lies from 0 to one less.",
    )
    output_dim: int = integer(
        16,
        minimum=1,
        maximum=1_000_000,
        label="Dimensions",
        typical="8 to 300",
        help="How many numbers describe one word.",
    )
    embeddings_initializer: Initializer = part(
        RandomUniform,
        kind="initializer",
        label="Initializer",
        help="How the rows get their first values.",
        advanced=True,
    )

    def summary(self) -> str:
        return f"{self.input_dim:,} → {self.output_dim}"

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*shapes[0], self.output_dim)

    def parameters(self, *shapes: Shape) -> tuple[ParameterSpec, ...]:
        shape = (self.input_dim, self.output_dim)
        return (ParameterSpec("embeddings", shape, self.embeddings_initializer),)

    def forward(self, c: Any, *xs: Any) -> Any:
        """yᵢ = E[xᵢ]"""
        (x,) = xs
        c.x = c.ops.whole(x)
        c.y = c.ops.gather(c.embeddings, c.x)
        return c.y

    def backward(self, c: Any, dy: Any) -> Any:
        """dE[k] = Σ dyᵢ over the i with xᵢ = k; an index has no gradient"""
        c.ops.scatter_add(dy, c.x, out=c.grad.embeddings)
        return c.ops.zeros(c.x.shape) if c.needs_dx else None
