"""Dividing samples into a training, a validation and a test set.

The same seed always gives the same division. Each class keeps its share in every set (a
stratified split), so that a small test set does not miss a class by bad luck.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnstudio.data.dataset import DataSource
from nnstudio.spec import FieldSpec, Place, Problem, ProblemError, integer, real

Indices = np.ndarray[Any, Any]

_SPLIT = ("validation_fraction", "test_fraction", "seed")


@dataclass(frozen=True)
class SplitSource(DataSource):
    """Base of data sets that are divided into training, validation and test set by us."""

    validation_fraction: float = real(
        0.15,
        minimum=0.0,
        maximum=0.8,
        label="Validation split",
        typical="0.1 to 0.2",
        help="Share of the samples set aside to watch for over-fitting during training.",
    )
    test_fraction: float = real(
        0.15,
        minimum=0.0,
        maximum=0.8,
        label="Test split",
        typical="0.1 to 0.2",
        help="Share of the samples that training never sees; the final accuracy is measured on it.",
    )
    seed: int = integer(
        0,
        minimum=0,
        maximum=2**31 - 1,
        label="Seed",
        help="Same seed, same samples, same division into sets.",
        advanced=True,
    )

    @classmethod
    def fields(cls) -> tuple[FieldSpec, ...]:
        """The declared fields; those of the split come last."""
        declared = super().fields()
        return (
            *(spec for spec in declared if spec.name not in _SPLIT),
            *(spec for spec in declared if spec.name in _SPLIT),
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.validation_fraction + self.test_fraction > 0.9:
            raise ProblemError(
                Problem(
                    f"{self.title}: validation split and test split leave less than 10 % "
                    "for training",
                    "Make one of them smaller; together they may be at most 0.9.",
                    Place(field="test_fraction"),
                )
            )


def split(
    y: np.ndarray[Any, Any],
    validation_fraction: float,
    test_fraction: float,
    seed: int,
    *,
    stratify: bool = True,
) -> tuple[Indices, Indices, Indices]:
    """Indices of the training, validation and test samples, each in random order.

    With `stratify` each class of `y` is divided by itself; a class always keeps at least one
    training sample.
    """
    draw = np.random.default_rng([seed, 0x5EED])
    order = draw.permutation(len(y))
    groups = [order]
    if stratify:
        labels = y[order]
        groups = [order[labels == label] for label in np.unique(y)]
    sets: tuple[list[Indices], list[Indices], list[Indices]] = ([], [], [])
    for group in groups:
        tested = round(len(group) * test_fraction)
        validated = round(len(group) * validation_fraction)
        while group.size and tested + validated >= group.size:
            if tested >= validated:
                tested -= 1
            else:
                validated -= 1
        sets[2].append(group[:tested])
        sets[1].append(group[tested : tested + validated])
        sets[0].append(group[tested + validated :])
    empty = np.empty(0, dtype=np.int64)
    train, validation, test = (draw.permutation(np.concatenate([empty, *part])) for part in sets)
    return train, validation, test
