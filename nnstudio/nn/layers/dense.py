"""Dense: every output is a weighted sum of every input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.activation import Activation
from nnstudio.nn.activations import Linear
from nnstudio.nn.initializer import Initializer
from nnstudio.nn.initializers import GlorotUniform, Zeros
from nnstudio.nn.layer import Layer, ParameterSpec, Shape, cannot_take
from nnstudio.spec import boolean, integer, part, real


@dataclass(frozen=True)
class Dense(Layer):
    """Computes a weighted sum of its inputs, adds a bias and applies the activation.

    Works on the last axis; axes before it are treated like more samples.
    """

    name: ClassVar[str] = "dense"
    title: ClassVar[str] = "Dense"
    formula: ClassVar[str] = "a = f(x·W + b)"
    reference: ClassVar[str] = "Rumelhart, Hinton and Williams, Nature 323, 1986"
    icon: ClassVar[str] = "dense"
    takes_sparse: ClassVar[bool] = True

    units: int = integer(
        64,
        minimum=1,
        maximum=10_000_000,
        label="Units",
        typical="8 to 1,024",
        help="How many neurons the layer has, and so how many numbers come out.",
        logarithmic=True,
    )
    activation: Activation = part(
        Linear,
        kind="activation",
        label="Activation",
        help="The function applied to each neuron's weighted sum.",
    )
    use_bias: bool = boolean(
        True,
        label="Bias",
        help="Whether each neuron adds a learned number to its weighted sum.",
    )
    kernel_initializer: Initializer = part(
        GlorotUniform,
        kind="initializer",
        label="Kernel initializer",
        help="How the weights get their first values.",
        advanced=True,
    )
    l1: float = real(
        0.0,
        minimum=0.0,
        maximum=1e6,
        label="L1",
        typical="0 to 0.001",
        help="Adds l1·Σ|w| to the loss: pushes weights to exactly zero.",
        advanced=True,
    )
    l2: float = real(
        0.0,
        minimum=0.0,
        maximum=1e6,
        label="L2",
        typical="0 to 0.01",
        help="Adds l2·Σw² to the loss: keeps weights small.",
        advanced=True,
    )
    max_norm: float | None = real(
        None,
        minimum=0.0,
        maximum=1e6,
        open_minimum=True,
        optional=True,
        none_title="off",
        label="Max norm",
        typical="3",
        help="Rescales a neuron's weight vector when its norm grows larger than this.",
        advanced=True,
    )
    frozen: bool = boolean(
        False,
        label="Frozen",
        help="Keep the weights as they are while the rest of the network trains.",
        advanced=True,
    )

    def summary(self) -> str:
        shown = f"{self.units} · {self.activation.in_words()}"
        return f"{shown} · frozen" if self.frozen else shown

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if not shape:
            raise cannot_take("Dense needs at least one number per sample", f"It received {shape}.")
        return (*shape[:-1], self.units)

    def parameters(self, *shapes: Shape) -> tuple[ParameterSpec, ...]:
        kernel = ParameterSpec(
            "kernel",
            (shapes[0][-1], self.units),
            self.kernel_initializer,
            self.l1,
            self.l2,
            self.max_norm,
            trainable=not self.frozen,
        )
        if not self.use_bias:
            return (kernel,)
        return kernel, ParameterSpec("bias", (self.units,), Zeros(), trainable=not self.frozen)

    def forward(self, c: Any, *xs: Any) -> Any:
        """z = x·W + b,  a = f(z)"""
        (x,) = xs
        c.x = c.rows(x)
        c.z = c.ops.dot(c.x, c.kernel)
        if self.use_bias:
            c.z = c.ops.add(c.z, c.bias, out=c.z)
        c.a = self.activation.forward(c.ops, c.z)
        return c.like(x, c.a)

    def backward(self, c: Any, dy: Any) -> Any:
        """dz = da ⊙ f'(z),  dW = xᵀ·dz,  db = Σ dz,  dx = dz·Wᵀ"""
        c.dz = c.through(self.activation, c.z, c.a, c.rows(dy))
        c.ops.dot(c.ops.transpose(c.x), c.dz, out=c.grad.kernel)
        if self.use_bias:
            c.ops.sum(c.dz, axis=0, out=c.grad.bias)
        if not c.needs_dx:
            return None
        return c.like(dy, c.ops.dot(c.dz, c.ops.transpose(c.kernel)))
