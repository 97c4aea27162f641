"""Activation: an activation function as a layer of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.activation import Activation as Function
from nnstudio.nn.activations import Relu
from nnstudio.nn.layer import Layer
from nnstudio.spec import part


@dataclass(frozen=True)
class Activation(Layer):
    """Applies an activation function to every number."""

    name: ClassVar[str] = "activation"
    title: ClassVar[str] = "Activation"
    formula: ClassVar[str] = "a = f(z)"
    family: ClassVar[str] = "activation"
    icon: ClassVar[str] = "activation"

    activation: Function = part(
        Relu, kind="activation", label="Activation", help="The function applied to every number."
    )

    def summary(self) -> str:
        return self.activation.in_words()

    def forward(self, c: Any, *xs: Any) -> Any:
        """a = f(z)"""
        (c.z,) = xs
        c.a = self.activation.forward(c.ops, c.z)
        return c.a

    def backward(self, c: Any, dy: Any) -> Any:
        """dz = da ⊙ f'(z)"""
        c.dz = c.through(self.activation, c.z, c.a, dy)
        return c.dz
