"""The activation functions: what a neuron makes of its weighted sum z.

Without one, layers upon layers of weighted sums are again one weighted sum; a bend between them is
what lets a network draw more than a straight line. Each function stands here with its derivative,
because backpropagation multiplies by that slope: where it is nearly zero, nothing is learned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.activation import Activation
from nnstudio.spec import real


@dataclass(frozen=True)
class Linear(Activation):
    """Passes the weighted sum on as it is; for outputs that may be any number."""

    name: ClassVar[str] = "linear"
    title: ClassVar[str] = "Linear"
    formula: ClassVar[str] = "f(z) = z"
    derivative_formula: ClassVar[str] = "f'(z) = 1"

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        return z if out is None else ops.copy(z, out)

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        return da if out is None else ops.copy(da, out)


@dataclass(frozen=True)
class Step(Activation):
    """Outputs 1 for z ≥ 0 and 0 below: the perceptron's threshold, whose slope is 0.

    As the output layer's activation it learns by the perceptron rule, which pretends that the slope
    were 1: with mean squared error the weights then move by (y - ŷ)·x.
    """

    name: ClassVar[str] = "step"
    title: ClassVar[str] = "Step"
    formula: ClassVar[str] = "f(z) = 1 if z ≥ 0 else 0"
    derivative_formula: ClassVar[str] = "f'(z) = 0 (the perceptron rule takes 1)"
    reference: ClassVar[str] = "Rosenblatt, The Perceptron, Psychological Review 65(6), 1958"
    saturates: ClassVar[tuple[float | None, float | None]] = (0.0, 0.0)

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        fires = ops.greater_equal(z, 0.0)
        return ops.multiply(fires, ops.full(z.shape, 1.0), out=out)

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        return ops.multiply(da, 0.0, out=out)

    def perceptron_rule(self, ops: Any, da: Any) -> Any:
        """dL/dz as if the slope were 1."""
        return da


@dataclass(frozen=True)
class Sigmoid(Activation):
    """Maps any number to 0 to 1, read as a probability; saturates on both sides."""

    name: ClassVar[str] = "sigmoid"
    title: ClassVar[str] = "Sigmoid"
    formula: ClassVar[str] = "σ(z) = 1 / (1 + e^-z)"
    derivative_formula: ClassVar[str] = "σ'(z) = (1 - σ(z)) σ(z)"
    reference: ClassVar[str] = "Verhulst, Notice sur la loi que la population suit, 1838"
    saturates: ClassVar[tuple[float | None, float | None]] = (-4.0, 4.0)

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        e = ops.exp(ops.negative(z))
        e = ops.add(e, 1.0, out=e)
        return ops.divide(1.0, e, out=out)

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        slope = ops.multiply(ops.subtract(1.0, a), a)
        return ops.multiply(slope, da, out=out)


@dataclass(frozen=True)
class Tanh(Activation):
    """Maps any number to -1 to 1, centred on zero; saturates on both sides."""

    name: ClassVar[str] = "tanh"
    title: ClassVar[str] = "Tanh"
    formula: ClassVar[str] = "f(z) = (e^z - e^-z) / (e^z + e^-z)"
    derivative_formula: ClassVar[str] = "f'(z) = 1 - f(z)²"
    reference: ClassVar[str] = "LeCun et al., Efficient BackProp, 1998"
    saturates: ClassVar[tuple[float | None, float | None]] = (-2.0, 2.0)

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        return ops.tanh(z, out=out)

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        slope = ops.subtract(1.0, ops.square(a))
        return ops.multiply(slope, da, out=out)


@dataclass(frozen=True)
class Relu(Activation):
    """Passes positive numbers and sets negative ones to 0; a neuron always at 0 is dead."""

    name: ClassVar[str] = "relu"
    title: ClassVar[str] = "ReLU"
    formula: ClassVar[str] = "f(z) = max(0, z)"
    derivative_formula: ClassVar[str] = "f'(z) = 1 if z > 0 else 0"
    reference: ClassVar[str] = "Nair and Hinton, Rectified Linear Units, ICML 2010"
    saturates: ClassVar[tuple[float | None, float | None]] = (0.0, None)

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        return ops.maximum(z, 0.0, out=out)

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        return ops.multiply(ops.greater(a, 0.0), da, out=out)


@dataclass(frozen=True)
class LeakyRelu(Activation):
    """Like ReLU, but with a small slope for negative numbers, so that no neuron dies."""

    name: ClassVar[str] = "leaky_relu"
    title: ClassVar[str] = "Leaky ReLU"
    formula: ClassVar[str] = "f(z) = z if z > 0 else slope · z"
    derivative_formula: ClassVar[str] = "f'(z) = 1 if z > 0 else slope"
    reference: ClassVar[str] = "Maas et al., Rectifier Nonlinearities, ICML 2013"

    slope: float = real(
        0.1,
        minimum=0.0,
        maximum=1.0,
        label="Slope",
        typical="0.01 to 0.3",
        help="How much of the negative side passes: 0 is ReLU, 1 is linear.",
    )

    def summary(self) -> str:
        return f"slope {self.slope:g}"

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        return ops.maximum(ops.multiply(z, self.slope), z, out=out)  # slope is at most 1

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        leaked = ops.multiply(da, self.slope)
        return ops.where(ops.greater(z, 0.0), da, leaked, out=out)


@dataclass(frozen=True)
class Elu(Activation):
    """Like ReLU with a smooth negative side that levels off at minus alpha."""

    name: ClassVar[str] = "elu"
    title: ClassVar[str] = "ELU"
    formula: ClassVar[str] = "f(z) = z if z > 0 else α(e^z - 1)"
    derivative_formula: ClassVar[str] = "f'(z) = 1 if z > 0 else f(z) + α"
    reference: ClassVar[str] = "Clevert et al., Exponential Linear Units, ICLR 2016"
    saturates: ClassVar[tuple[float | None, float | None]] = (-4.0, None)

    alpha: float = real(
        1.0,
        minimum=0.0,
        maximum=10.0,
        label="Alpha",
        typical="1",
        help="The negative side levels off at minus this value.",
    )

    def summary(self) -> str:
        return f"α {self.alpha:g}"

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        return _elu(ops, z, self.alpha, out)

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        # On the positive side the minimum is 0 and the slope would be α; `where` puts 1 there.
        slope = ops.add(ops.minimum(a, 0.0), self.alpha)
        slope = ops.where(ops.greater(z, 0.0), 1.0, slope, out=slope)
        return ops.multiply(slope, da, out=out)


@dataclass(frozen=True)
class Selu(Activation):
    """A scaled ELU whose outputs keep mean 0 and variance 1 from layer to layer."""

    name: ClassVar[str] = "selu"
    title: ClassVar[str] = "SELU"
    formula: ClassVar[str] = "f(z) = λz if z > 0 else λα(e^z - 1)"
    derivative_formula: ClassVar[str] = "f'(z) = λ if z > 0 else f(z) + λα"
    reference: ClassVar[str] = "Klambauer et al., Self-Normalizing Neural Networks, NeurIPS 2017"
    saturates: ClassVar[tuple[float | None, float | None]] = (-4.0, None)

    ALPHA: ClassVar[float] = 1.6732632423543772
    SCALE: ClassVar[float] = 1.0507009873554805

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        a = _elu(ops, z, self.ALPHA, out)
        return ops.multiply(a, self.SCALE, out=a)

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        slope = ops.add(ops.minimum(a, 0.0), self.SCALE * self.ALPHA)
        slope = ops.where(ops.greater(z, 0.0), self.SCALE, slope, out=slope)
        return ops.multiply(slope, da, out=out)


@dataclass(frozen=True)
class Gelu(Activation):
    """Multiplies z by the normal distribution function Φ(z); common in transformers."""

    name: ClassVar[str] = "gelu"
    title: ClassVar[str] = "GELU"
    formula: ClassVar[str] = "f(z) = z Φ(z), Φ(z) = (1 + erf(z/√2)) / 2"
    derivative_formula: ClassVar[str] = "f'(z) = Φ(z) + z e^(-z²/2) / √(2π)"
    reference: ClassVar[str] = "Hendrycks and Gimpel, Gaussian Error Linear Units, 2016"
    saturates: ClassVar[tuple[float | None, float | None]] = (-3.0, None)

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        return ops.multiply(z, _normal_below(ops, z), out=out)

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        bell = ops.exp(ops.multiply(ops.square(z), -0.5))
        bell = ops.multiply(bell, 1.0 / math.sqrt(2.0 * math.pi), out=bell)
        slope = ops.add(_normal_below(ops, z), ops.multiply(z, bell))
        return ops.multiply(slope, da, out=out)


@dataclass(frozen=True)
class Silu(Activation):
    """Multiplies z by its own sigmoid: smooth, nearly ReLU far from zero; also called swish."""

    name: ClassVar[str] = "silu"
    title: ClassVar[str] = "SiLU"
    formula: ClassVar[str] = "f(z) = z σ(z)"
    derivative_formula: ClassVar[str] = "f'(z) = σ(z) + f(z) (1 - σ(z))"
    reference: ClassVar[str] = "Elfwing et al., Sigmoid-Weighted Linear Units, 2017"
    saturates: ClassVar[tuple[float | None, float | None]] = (-5.0, None)

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        return ops.multiply(z, Sigmoid().forward(ops, z), out=out)

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        sigma = Sigmoid().forward(ops, z)
        slope = ops.add(sigma, ops.multiply(a, ops.subtract(1.0, sigma)))
        return ops.multiply(slope, da, out=out)


@dataclass(frozen=True)
class Softplus(Activation):
    """A smooth ReLU, always positive; its slope is the sigmoid."""

    name: ClassVar[str] = "softplus"
    title: ClassVar[str] = "Softplus"
    formula: ClassVar[str] = "f(z) = log(1 + e^z)"
    derivative_formula: ClassVar[str] = "f'(z) = σ(z)"
    reference: ClassVar[str] = "Dugas et al., Second-Order Functional Knowledge, NeurIPS 2000"
    saturates: ClassVar[tuple[float | None, float | None]] = (-4.0, None)

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        return ops.logaddexp(z, 0.0, out=out)

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        return ops.multiply(Sigmoid().forward(ops, z), da, out=out)


@dataclass(frozen=True)
class Softmax(Activation):
    """Turns a row of numbers into probabilities that add up to 1; for one class out of several."""

    name: ClassVar[str] = "softmax"
    title: ClassVar[str] = "Softmax"
    formula: ClassVar[str] = "aᵢ = e^zᵢ / Σⱼ e^zⱼ"
    derivative_formula: ClassVar[str] = "∂aᵢ/∂zⱼ = aᵢ (δᵢⱼ - aⱼ)"
    reference: ClassVar[str] = "Bridle, Probabilistic Interpretation of Feedforward Outputs, 1990"
    elementwise: ClassVar[bool] = False

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        return ops.softmax(z, out=out)

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        # dzᵢ = aᵢ (daᵢ - Σⱼ daⱼ aⱼ): each class gives way to the others.
        mean = ops.sum(ops.multiply(da, a), axis=-1, keepdims=True)
        return ops.multiply(a, ops.subtract(da, mean), out=out)


def _elu(ops: Any, z: Any, alpha: float, out: Any) -> Any:
    """max(z, 0) + α(e^min(z, 0) - 1): the exponent is never positive, so nothing overflows."""
    bent = ops.expm1(ops.minimum(z, 0.0))
    bent = ops.multiply(bent, alpha, out=bent)
    return ops.add(ops.maximum(z, 0.0), bent, out=out)


def _normal_below(ops: Any, z: Any) -> Any:
    """Φ(z), the chance that a standard normal number lies below z."""
    erf = ops.erf(ops.multiply(z, 1.0 / math.sqrt(2.0)))
    erf = ops.add(erf, 1.0, out=erf)
    return ops.multiply(erf, 0.5, out=erf)
