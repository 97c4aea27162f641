"""What a loss function is; the functions themselves stand in `nnstudio.nn.losses`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.activation import Activation
from nnstudio.spec import Part, Problem


@dataclass(frozen=True)
class Loss(Part):
    """Base of all losses L(ŷ, y), the mean over the samples of a batch.

    ``derivative_formula`` is shown beside ``formula``; y is the target, k the number of outputs.
    ``tasks`` says for which kinds of target the loss is meant. Where the network's output
    activation is the one named by ``fuses`` (softmax, sigmoid), the engine calls the two ``fused``
    methods instead, which start from the pre-activation z and are stable for any z.
    ``target`` holds integer classes (n,) for classification, floats (n, outputs) for regression;
    `ops` is a `nnstudio.engine.ops.Ops`.
    """

    kind: ClassVar[str] = "loss"
    derivative_formula: ClassVar[str] = ""
    tasks: ClassVar[tuple[str, ...]] = ("classification", "regression")
    fuses: ClassVar[str] = ""  # name of the output activation with which it is computed together
    threshold: ClassVar[float] = 0.5  # a single output from this value on means class 1

    def problems(
        self, output_shape: tuple[int, ...], activation: Activation | None, signature: Any
    ) -> tuple[Problem, ...]:
        """What does not fit between this loss, the network's output and the targets.

        Errors for what cannot be computed (3 outputs for 5 classes), hints for what can but is
        unusual (mean squared error on a softmax). `signature` is a `nnstudio.graph.plan.Signature`.

        A loss does not know the ids of nodes. A problem with ``Place("node")`` and no id is about
        the output layer: the graph check puts its id into the place, and as ``id`` into the
        arguments of a ``configure_layer`` fix. ``Place("training", field="loss")`` is the loss.
        """
        return ()

    def forward(self, ops: Any, prediction: Any, target: Any) -> Any:
        """The loss of every sample, shape (n,)."""
        raise TypeError(f"{type(self).__name__} does not compute")

    def backward(self, ops: Any, prediction: Any, target: Any) -> Any:
        """d(loss of a sample)/d(prediction), the shape of the prediction."""
        raise TypeError(f"{type(self).__name__} does not compute")

    def forward_fused(self, ops: Any, z: Any, prediction: Any, target: Any) -> Any:
        """The loss of every sample, shape (n,), from z and prediction = f(z)."""
        raise TypeError(f"{type(self).__name__} is not fused")

    def backward_fused(self, ops: Any, z: Any, prediction: Any, target: Any) -> Any:
        """d(loss of a sample)/dz, the shape of z: softmax and cross-entropy give ŷ - y."""
        raise TypeError(f"{type(self).__name__} is not fused")
