"""GaussianNoise: a little noise on every number while training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.layer import Layer
from nnstudio.spec import real


@dataclass(frozen=True)
class GaussianNoise(Layer):
    """Adds random noise to every number in training, against over-fitting."""

    name: ClassVar[str] = "gaussian_noise"
    title: ClassVar[str] = "Gaussian noise"
    formula: ClassVar[str] = "y = x + ε, ε ~ N(0, stddev²)"
    reference: ClassVar[str] = "Bishop, Training with Noise is Tikhonov Regularization, 1995"
    family: ClassVar[str] = "regularisation"
    icon: ClassVar[str] = "noise"
    draws: ClassVar[bool] = True

    stddev: float = real(
        0.1,
        minimum=0.0,
        maximum=1000.0,
        label="Standard deviation",
        typical="0.01 to 0.5",
        help="How strong the noise is, in the unit of the inputs.",
    )

    def summary(self) -> str:
        return f"σ {self.stddev:g}"

    def forward(self, c: Any, *xs: Any) -> Any:
        """y = x + ε while training, y = x afterwards"""
        (x,) = xs
        if not c.training or self.stddev == 0.0:
            return x
        c.noise = c.ops.normal(c.stream, x.shape, self.stddev)
        c.y = c.ops.add(x, c.noise)
        return c.y

    def backward(self, c: Any, dy: Any) -> Any:
        """dx = dy"""
        return dy
