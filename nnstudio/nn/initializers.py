"""The initialisers: the first values of weights, before anything is learned.

All zeros would make every neuron of a layer compute, and learn, the same. So weights start at
random, and the question is how large: too small and the signal dies from layer to layer, too large
and it explodes. Glorot, He and LeCun choose the variance by the number of inputs and outputs so
that the signal keeps its size. The normal ones are cut at two standard deviations, as in Keras.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from nnstudio.nn.initializer import Initializer
from nnstudio.spec import real

Shape = tuple[int, ...]

# The standard deviation that is left of a bell curve cut at ±2.
CUT = 0.87962566103423978


def fans(shape: Shape) -> tuple[int, int]:
    """The number of inputs and of outputs of a neuron behind a parameter of this shape.

    A matrix has (inputs, outputs); a vector counts as both; in front of the last two axes stands
    the window of a convolution, which multiplies both.
    """
    if not shape:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


def cut_normal(shape: Shape, stddev: float, random: np.random.Generator) -> Any:
    """Normally distributed values with this standard deviation, none beyond 2.27 times of it."""
    values = random.standard_normal(shape)
    flat = values.reshape(-1)
    far = np.flatnonzero(np.abs(flat) > 2.0)
    while far.size:
        flat[far] = random.standard_normal(far.size)
        far = far[np.abs(flat[far]) > 2.0]
    values *= stddev / CUT
    return values


@dataclass(frozen=True)
class Zeros(Initializer):
    """All zeros: right for biases, wrong for weights, because neurons would stay identical."""

    name: ClassVar[str] = "zeros"
    title: ClassVar[str] = "Zeros"
    formula: ClassVar[str] = "w = 0"
    reference: ClassVar[str] = "Goodfellow et al., Deep Learning, 2016, section 8.4"

    def fill(self, shape: Shape, random: Any) -> Any:
        return np.zeros(shape)


@dataclass(frozen=True)
class Ones(Initializer):
    """All ones: for a factor that should change nothing at first."""

    name: ClassVar[str] = "ones"
    title: ClassVar[str] = "Ones"
    formula: ClassVar[str] = "w = 1"
    reference: ClassVar[str] = "Ioffe and Szegedy, Batch Normalization, ICML 2015"

    def fill(self, shape: Shape, random: Any) -> Any:
        return np.ones(shape)


@dataclass(frozen=True)
class Constant(Initializer):
    """The same number everywhere, such as 0.1 for the biases of ReLU neurons."""

    name: ClassVar[str] = "constant"
    title: ClassVar[str] = "Constant"
    formula: ClassVar[str] = "w = c"
    reference: ClassVar[str] = "Goodfellow et al., Deep Learning, 2016, section 8.4"

    value: float = real(
        0.0,
        minimum=-1e6,
        maximum=1e6,
        label="Value",
        typical="0 to 0.1",
        help="The number every element gets.",
    )

    def summary(self) -> str:
        return f"{self.value:g}"

    def fill(self, shape: Shape, random: Any) -> Any:
        return np.full(shape, self.value)


@dataclass(frozen=True)
class RandomNormal(Initializer):
    """Numbers from a bell curve whose width you choose."""

    name: ClassVar[str] = "random_normal"
    title: ClassVar[str] = "Normal"
    formula: ClassVar[str] = "w ~ N(mean, stddev²)"
    reference: ClassVar[str] = "Krizhevsky et al., ImageNet Classification, NIPS 2012, section 5"

    mean: float = real(
        0.0, minimum=-1e6, maximum=1e6, label="Mean", typical="0", help="The middle of the curve."
    )
    stddev: float = real(
        0.05,
        minimum=0.0,
        maximum=1e6,
        label="Standard deviation",
        typical="0.01 to 0.1",
        help="The width of the curve: two thirds of the values lie this close to the mean.",
    )

    def summary(self) -> str:
        return f"{self.mean:g} ± {self.stddev:g}"

    def fill(self, shape: Shape, random: Any) -> Any:
        return random.normal(self.mean, self.stddev, shape)


@dataclass(frozen=True)
class RandomUniform(Initializer):
    """Numbers between two bounds, each as likely as the other."""

    name: ClassVar[str] = "random_uniform"
    title: ClassVar[str] = "Uniform"
    formula: ClassVar[str] = "w ~ U(minval, maxval)"
    reference: ClassVar[str] = "LeCun et al., Efficient BackProp, 1998"

    minval: float = real(
        -0.05,
        minimum=-1e6,
        maximum=1e6,
        label="Lower bound",
        typical="-0.05",
        help="No value is smaller.",
    )
    maxval: float = real(
        0.05,
        minimum=-1e6,
        maximum=1e6,
        label="Upper bound",
        typical="0.05",
        help="No value is larger.",
    )

    def summary(self) -> str:
        return f"{self.minval:g} to {self.maxval:g}"

    def fill(self, shape: Shape, random: Any) -> Any:
        low, high = sorted((self.minval, self.maxval))
        return random.uniform(low, high, shape)


@dataclass(frozen=True)
class VarianceScaling(Initializer):
    """Base of the initialisers that choose a variance by the layer's size."""

    def variance(self, shape: Shape) -> float:
        """The variance of one weight of a parameter of this shape."""
        raise TypeError(f"{type(self).__name__} does not scale")

    def normal(self, shape: Shape, random: Any) -> Any:
        return cut_normal(shape, math.sqrt(self.variance(shape)), random)

    def uniform(self, shape: Shape, random: Any) -> Any:
        limit = math.sqrt(3.0 * self.variance(shape))
        return random.uniform(-limit, limit, shape)


@dataclass(frozen=True)
class Glorot(VarianceScaling):
    """Base of Glorot's: Var w = 2 / (inputs + outputs)."""

    reference: ClassVar[str] = (
        "Glorot and Bengio, Understanding the difficulty of training deep networks, AISTATS 2010"
    )

    def variance(self, shape: Shape) -> float:
        inputs, outputs = fans(shape)
        return 2.0 / max(1, inputs + outputs)


@dataclass(frozen=True)
class He(VarianceScaling):
    """Base of He's: Var w = 2 / inputs."""

    reference: ClassVar[str] = "He et al., Delving Deep into Rectifiers, ICCV 2015"

    def variance(self, shape: Shape) -> float:
        return 2.0 / max(1, fans(shape)[0])


@dataclass(frozen=True)
class Lecun(VarianceScaling):
    """Base of LeCun's: Var w = 1 / inputs."""

    reference: ClassVar[str] = "LeCun et al., Efficient BackProp, 1998"

    def variance(self, shape: Shape) -> float:
        return 1.0 / max(1, fans(shape)[0])


@dataclass(frozen=True)
class GlorotUniform(Glorot):
    """Keeps the signal's size forward and backward, for sigmoid, tanh and softmax layers."""

    name: ClassVar[str] = "glorot_uniform"
    title: ClassVar[str] = "Glorot uniform"
    formula: ClassVar[str] = "w ~ U(-a, a),  a = √(6 / (inputs + outputs))"

    def fill(self, shape: Shape, random: Any) -> Any:
        return self.uniform(shape, random)


@dataclass(frozen=True)
class GlorotNormal(Glorot):
    """Keeps the signal's size forward and backward, with values from a bell curve."""

    name: ClassVar[str] = "glorot_normal"
    title: ClassVar[str] = "Glorot normal"
    formula: ClassVar[str] = "w ~ N(0, σ²),  σ = √(2 / (inputs + outputs))"

    def fill(self, shape: Shape, random: Any) -> Any:
        return self.normal(shape, random)


@dataclass(frozen=True)
class HeUniform(He):
    """Compensates for ReLU setting half of the signal to 0; the choice for ReLU layers."""

    name: ClassVar[str] = "he_uniform"
    title: ClassVar[str] = "He uniform"
    formula: ClassVar[str] = "w ~ U(-a, a),  a = √(6 / inputs)"

    def fill(self, shape: Shape, random: Any) -> Any:
        return self.uniform(shape, random)


@dataclass(frozen=True)
class HeNormal(He):
    """Compensates for ReLU setting half of the signal to 0, with values from a bell curve."""

    name: ClassVar[str] = "he_normal"
    title: ClassVar[str] = "He normal"
    formula: ClassVar[str] = "w ~ N(0, σ²),  σ = √(2 / inputs)"

    def fill(self, shape: Shape, random: Any) -> Any:
        return self.normal(shape, random)


@dataclass(frozen=True)
class LecunUniform(Lecun):
    """Keeps the forward signal's size; the choice for SELU layers."""

    name: ClassVar[str] = "lecun_uniform"
    title: ClassVar[str] = "LeCun uniform"
    formula: ClassVar[str] = "w ~ U(-a, a),  a = √(3 / inputs)"

    def fill(self, shape: Shape, random: Any) -> Any:
        return self.uniform(shape, random)


@dataclass(frozen=True)
class LecunNormal(Lecun):
    """Keeps the forward signal's size, with values from a bell curve."""

    name: ClassVar[str] = "lecun_normal"
    title: ClassVar[str] = "LeCun normal"
    formula: ClassVar[str] = "w ~ N(0, σ²),  σ = √(1 / inputs)"

    def fill(self, shape: Shape, random: Any) -> Any:
        return self.normal(shape, random)


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """A random rotation: it keeps the norm of every signal, however deep the network."""

    name: ClassVar[str] = "orthogonal"
    title: ClassVar[str] = "Orthogonal"
    formula: ClassVar[str] = "W = gain · Q  with  Qᵀ Q = 1"
    reference: ClassVar[str] = "Saxe et al., Exact Solutions to Deep Linear Networks, ICLR 2014"

    gain: float = real(
        1.0,
        minimum=0.0,
        maximum=1e6,
        open_minimum=True,
        label="Gain",
        typical="1",
        help="The factor on the rotation; √2 compensates for ReLU.",
    )

    def summary(self) -> str:
        return f"gain {self.gain:g}"

    def fill(self, shape: Shape, random: Any) -> Any:
        if len(shape) < 2:
            # A vector as one column of a rotation: a random direction of length 1.
            values = random.standard_normal(shape)
            return self.gain * values / max(float(np.sqrt(np.sum(values * values))), 1e-300)
        columns = shape[-1]
        rows = math.prod(shape[:-1])
        tall = random.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(tall)
        # Without the signs of r the rotation would not be drawn evenly from all rotations.
        q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)
        if rows < columns:
            q = q.T
        return self.gain * q.reshape(shape)
