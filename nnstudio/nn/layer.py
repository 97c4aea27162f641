"""What a layer is.

A layer is stateless: a frozen value that says which settings it has, which shape comes out for
which shapes in, which parameters it needs, and how numbers pass forward and gradients pass back.
Whatever lives during a run (parameters, gradients, saved values, random stream) is in the context
``c`` that the engine hands in; its arithmetic comes from ``c.ops``, so no layer imports NumPy.

What a layer finds in its context: ``c.ops`` (see `nnstudio.engine.ops`), its parameters under
their names (``c.kernel``), the arrays for their gradients (``c.grad.kernel``), other state
(``c.moving_mean``), ``c.training``, ``c.needs_dx`` (false where nobody reads the gradient of the
input) and, if it ``draws``, ``c.stream``, its own random numbers. Everything else it sets on ``c``
is kept for the backward pass and can be looked at by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.initializer import Initializer
from nnstudio.spec import Part, Problem, ProblemError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class ParameterSpec:
    """One trainable array of a layer: its name (Keras's), shape and treatment.

    ``l1``/``l2`` add ``l1·Σ|w| + l2·Σw²`` to the loss; ``max_norm`` caps the norm of each column.
    A parameter with ``trainable`` off keeps its value.
    """

    name: str
    shape: Shape
    initializer: Initializer
    l1: float = 0.0
    l2: float = 0.0
    max_norm: float | None = None
    trainable: bool = True


@dataclass(frozen=True)
class Layer(Part):
    """Base of all layers."""

    kind: ClassVar[str] = "layer"
    family: ClassVar[str] = (
        "core"  # core, activation, regularisation, normalisation, shape, merge, input
    )
    icon: ClassVar[str] = "layer"  # name of a line icon in resources/icons
    least_inputs: ClassVar[int] = 1
    most_inputs: ClassVar[int | None] = 1  # None: any number
    draws: ClassVar[bool] = False  # random numbers, from ``c.stream``
    takes_sparse: ClassVar[bool] = False  # else a sparse batch is written out before it comes in

    def output_shape(self, *shapes: Shape) -> Shape:
        """The shape that comes out for these shapes in, both without the batch axis.

        Raises `ProblemError`, quoting the shapes received, when the layer cannot take them.
        """
        return shapes[0]

    def parameters(self, *shapes: Shape) -> tuple[ParameterSpec, ...]:
        """The trainable arrays this layer needs for these input shapes."""
        return ()

    def state(self, *shapes: Shape) -> tuple[ParameterSpec, ...]:
        """Arrays kept between batches that no gradient reaches, such as moving averages."""
        return ()

    def forward(self, c: Any, *xs: Any) -> Any:
        """The outputs for a batch of inputs."""
        raise TypeError(f"{type(self).__name__} does not compute")

    def backward(self, c: Any, dy: Any) -> Any:
        """dL/dx for dL/dy; writes dL/dparameter into the context's gradients (``c.grad``).

        Returns one array for one input, a tuple of arrays for several. Must not change ``dy``.
        """
        raise TypeError(f"{type(self).__name__} does not compute")


def cannot_take(title: str, explain: str = "") -> ProblemError:
    """The error a shape rule raises; the graph check adds the place."""
    return ProblemError(Problem(title, explain))
