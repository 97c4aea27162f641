"""What an accuracy has to be compared with: what guessing reaches on the same samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Baseline:
    """Two accuracies that need no network, both from 0 to 1.

    ``chance`` is that of guessing each of the classes equally often, ``majority`` that of always
    answering ``majority_class``, the most frequent class of the samples.
    """

    chance: float
    majority: float
    majority_class: str

    @property
    def uneven(self) -> bool:
        """Whether the classes differ in number so much that the majority is worth telling."""
        return self.majority - self.chance >= 0.005

    def text(self, number: Callable[[float], str]) -> str:
        """Both in words, the majority only where the classes are uneven: ``chance 0.2``."""
        told = f"chance {number(self.chance)}"
        if self.uneven:
            told += f", majority class {number(self.majority)}"
        return told

    @property
    def sentence(self) -> str:
        """What the two are, for a tooltip."""
        return (
            f"Guessing a class at random would reach {self.chance:.3f} (chance), always answering "
            f"“{self.majority_class}” {self.majority:.3f} (the majority class)."
        )


def baseline(y: Any, classes: int, names: Sequence[str] = ()) -> Baseline | None:
    """What guessing reaches on samples of the classes `y`, of shape (n,) with numbers from 0.

    None without samples.
    """
    numbers = np.asarray(y, dtype=np.int64).reshape(-1)
    if not numbers.size:
        return None
    counts = np.bincount(numbers, minlength=max(classes, 2))
    most = int(counts.argmax())
    name = names[most] if most < len(names) else str(most)
    return Baseline(1.0 / len(counts), float(counts[most]) / numbers.size, name)
