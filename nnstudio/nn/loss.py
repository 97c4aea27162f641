"""What a loss function is; the functions themselves stand in `nnstudio.nn.losses`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.activation import Activation
from nnstudio.spec import Part, Problem


@dataclass(frozen=True)
class Loss(Part):
    """Base of all losses L(ŷ, y), the mean over the samples of a batch.

    ``tasks`` says for which kinds of target the loss is meant.
    """

    kind: ClassVar[str] = "loss"
    tasks: ClassVar[tuple[str, ...]] = ("classification", "regression")

    def problems(
        self, output_shape: tuple[int, ...], activation: Activation | None, signature: Any
    ) -> tuple[Problem, ...]:
        """What does not fit between this loss, the network's output and the targets.

        Errors for what cannot be computed (3 outputs for 5 classes), hints for what can but is
        unusual (mean squared error on a softmax). `signature` is a `nnstudio.graph.plan.Signature`.
        """
        return ()

    def forward(self, ops: Any, prediction: Any, target: Any) -> Any:
        """The loss of every sample, shape (n,)."""
        raise TypeError(f"{type(self).__name__} does not compute")

    def backward(self, ops: Any, prediction: Any, target: Any) -> Any:
        """d(loss of a sample)/d(prediction), the shape of the prediction."""
        raise TypeError(f"{type(self).__name__} does not compute")
