"""Points in the plane: small made-up problems whose solution can be drawn.

A linear model separates the blobs and nothing else here; that is what hidden layers are for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.data.splits import SplitSource, split
from nnstudio.graph.plan import Signature
from nnstudio.spec import integer, real

Points = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


@dataclass(frozen=True)
class PointSource(SplitSource):
    """Base of the made-up points: two inputs between about -1 and 1, a few classes."""

    group: ClassVar[str] = "points"
    icon: ClassVar[str] = "points"

    size: int = integer(
        500,
        minimum=20,
        maximum=1_000_000,
        unit="points",
        label="Size",
        typical="200 to 2,000",
        help="How many points are made, before they are divided into sets.",
    )
    noise: float = real(
        0.1,
        minimum=0.0,
        maximum=2.0,
        label="Noise",
        typical="0 to 0.3",
        help="Standard deviation of the random shift of every point.",
    )

    def summary(self) -> str:
        """Size and noise."""
        return f"{self.size:,} points · noise {self.noise:g}"

    @property
    def classes(self) -> int:
        """How many classes the points have."""
        return 2

    def draw(self, random: np.random.Generator, labels: np.ndarray[Any, Any]) -> Any:
        """Points of shape (n, 2) without noise for these class labels."""
        raise TypeError(f"{type(self).__name__} does not draw")

    def load(self) -> Dataset:
        """Make the points; the same settings always give the same ones."""
        random = np.random.default_rng([self.seed, 0xD07])
        y = np.arange(self.size, dtype=np.int64) % self.classes
        x = self.draw(random, y) + self.noise * random.standard_normal((self.size, 2))
        parts = [
            Samples(x[indices].astype(np.float32), y[indices]) if len(indices) else None
            for indices in split(y, self.validation_fraction, self.test_fraction, self.seed)
        ]
        train = parts[0]
        assert train is not None, "a split always leaves training samples"
        return Dataset(
            title=self.title,
            signature=Signature(
                input_shape=(2,),
                task="classification",
                classes=self.classes,
                target_maximum=float(self.classes - 1),
                target_title="class",
            ),
            train=train,
            validation=parts[1],
            test=parts[2],
            class_names=tuple(f"class {label}" for label in range(self.classes)),
            feature_names=("x0", "x1"),
            target_name="class",
            card=f"{self.title}: {self.size:,} made-up points in the plane, seed {self.seed}, "
            f"noise {self.noise:g}.\n\n{self.sentence()}",
        )


@dataclass(frozen=True)
class Circles(PointSource):
    """A disc inside a ring: no straight line separates them, one hidden layer does."""

    name: ClassVar[str] = "circles"
    title: ClassVar[str] = "Circles"

    def draw(self, random: np.random.Generator, labels: np.ndarray[Any, Any]) -> Any:
        """Class 0 fills a disc of radius 0.4, class 1 a ring between 0.7 and 1."""
        share = random.random(len(labels))
        inner = 0.4 * np.sqrt(share)
        outer = np.sqrt(0.7**2 + share * (1 - 0.7**2))
        return _polar(np.where(labels == 0, inner, outer), random.random(len(labels)) * 2 * math.pi)


@dataclass(frozen=True)
class Xor(PointSource):
    """Opposite quarters share a class: the problem a single perceptron cannot solve."""

    name: ClassVar[str] = "xor"
    title: ClassVar[str] = "XOR"

    def draw(self, random: np.random.Generator, labels: np.ndarray[Any, Any]) -> Any:
        """Class 0 where both coordinates have the same sign, class 1 where they differ."""
        x = random.uniform(0.08, 1.0, (len(labels), 2))
        sign = np.where(random.random(len(labels)) < 0.5, -1.0, 1.0)
        x[:, 0] *= sign
        x[:, 1] *= np.where(labels == 0, sign, -sign)
        return x


@dataclass(frozen=True)
class Blobs(PointSource):
    """Round clouds, one per class: the easy case, which one layer separates."""

    name: ClassVar[str] = "blobs"
    title: ClassVar[str] = "Blobs"

    clouds: int = integer(
        3,
        minimum=2,
        maximum=8,
        label="Classes",
        help="How many clouds, each of which is a class.",
    )

    @property
    def classes(self) -> int:
        """How many classes the points have."""
        return self.clouds

    def draw(self, random: np.random.Generator, labels: np.ndarray[Any, Any]) -> Any:
        """Centres evenly on a circle of radius 0.7, with a spread of 0.1 before the noise."""
        centre = _polar(np.full(len(labels), 0.7), labels * (2 * math.pi / self.clouds) + 0.5)
        return centre + 0.1 * random.standard_normal((len(labels), 2))


@dataclass(frozen=True)
class Spirals(PointSource):
    """Arms wound around each other: hard for a small network, which needs a curved boundary."""

    name: ClassVar[str] = "spirals"
    title: ClassVar[str] = "Spirals"

    noise: float = real(
        0.03,
        minimum=0.0,
        maximum=2.0,
        label="Noise",
        typical="0 to 0.1",
        help="Standard deviation of the random shift of every point.",
    )
    turns: float = real(
        1.25,
        minimum=0.25,
        maximum=4.0,
        label="Turns",
        typical="1 to 2",
        help="How often each arm winds around the centre.",
    )
    arms: int = integer(
        2,
        minimum=2,
        maximum=5,
        label="Classes",
        help="How many arms, each of which is a class.",
    )

    @property
    def classes(self) -> int:
        """How many classes the points have."""
        return self.arms

    def draw(self, random: np.random.Generator, labels: np.ndarray[Any, Any]) -> Any:
        """Arms of an Archimedean spiral: the radius grows with the angle."""
        along = np.sqrt(random.uniform(0.005, 1.0, len(labels)))
        angle = 2 * math.pi * (self.turns * along + labels / self.arms)
        return _polar(along, angle)


@dataclass(frozen=True)
class Moons(PointSource):
    """Two half-moons that reach into each other: a gentle curve separates them."""

    name: ClassVar[str] = "moons"
    title: ClassVar[str] = "Moons"

    def draw(self, random: np.random.Generator, labels: np.ndarray[Any, Any]) -> Any:
        """Two half circles of radius 0.6, the second one turned over and shifted."""
        x = _polar(np.full(len(labels), 0.6), random.random(len(labels)) * math.pi)
        return np.where(labels[:, None] == 0, x - np.array([0.3, 0.15]), np.array([0.3, 0.15]) - x)


def _polar(radius: np.ndarray[Any, Any], angle: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
