"""Labelled sentences as they were read, before they become numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnstudio.data.columns import is_number
from nnstudio.data.encoding import class_numbers
from nnstudio.data.splits import split
from nnstudio.spec import Place, Problem, ProblemError, Severity

Part = tuple[list[str], np.ndarray[Any, Any]]  # texts and their class numbers

MOST_CLASSES = 200
LONGEST_LABEL = 1_000  # characters
FEW = 5  # a class with fewer samples gets a warning


@dataclass(frozen=True)
class Labelled:
    """Texts with a label each, and what was noticed while reading them."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    notes: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)


def note(
    title: str, explain: str = "", field: str = "path", severity: Severity = Severity.WARNING
) -> Problem:
    """Something about the data worth knowing."""
    return Problem(title, explain, Place("data", field=field), severity)


def tidy_labels(labels: Sequence[str]) -> list[str]:
    """Whole numbers written alike: 4.0 becomes 4 if all labels are numbers."""
    different = {label: label for label in labels}
    if all(is_number(label) and float(label).is_integer() for label in different):
        different = {label: str(int(float(label))) for label in different}
    return [different[label] for label in labels]


def class_names(labels: Iterable[str], source: str, field: str = "label_column") -> tuple[str, ...]:
    """The classes in order: numbers by size, names by the alphabet.

    Raises `ProblemError` if there are fewer than two or far too many to be classes.
    """
    counts = Counter(labels)
    where = Place("data", field=field)
    longest = max(counts, key=len, default="")
    if len(longest) > LONGEST_LABEL:
        raise ProblemError(
            Problem(
                f"A label of {source} has {len(longest):,} characters",
                f"It begins with “{_short(longest)}”. At most {LONGEST_LABEL:,} are allowed: "
                "choose the column that holds the classes.",
                where,
            )
        )
    if len(counts) == 1:
        (only,) = counts
        raise ProblemError(
            Problem(
                f"All rows of {source} belong to one class, “{_short(only)}”",
                "A network learns to tell classes apart, so it needs at least two. Choose another "
                "label column or add samples of another class.",
                where,
            )
        )
    if len(counts) > MOST_CLASSES:
        examples = ", ".join(_short(label) for label in list(counts)[:3])
        raise ProblemError(
            Problem(
                f"The labels of {source} have {len(counts):,} different values",
                f"For example {examples}. That is too many for classes (at most {MOST_CLASSES}); "
                "choose a column in which values repeat.",
                where,
            )
        )
    if all(is_number(label) for label in counts):
        return tuple(sorted(counts, key=float))
    return tuple(sorted(counts, key=lambda label: (label.casefold(), label)))


def assign(
    train: Labelled,
    others: tuple[Labelled | None, Labelled | None],
    names: tuple[str, ...],
    validation_fraction: float,
    test_fraction: float,
    seed: int,
) -> tuple[list[Part | None], tuple[Problem, ...]]:
    """(texts, classes) for training, validation and test, and notes.

    `others` are the validation and the test set where they were given. A set that was not given
    is split off the training texts; one that was given is used whole.
    """
    validation, test = others
    y = class_numbers(train.labels, names)
    divided = split(
        y,
        validation_fraction if validation is None else 0.0,
        test_fraction if test is None else 0.0,
        seed,
    )
    parts: list[Part | None] = [
        ([train.texts[i] for i in indices], y[indices]) if len(indices) else None
        for indices in divided
    ]
    notes = list(train.notes) + _small_classes(train.labels, names)
    for position, name, given in ((1, "validation", validation), (2, "test", test)):
        if given is None:
            continue
        notes += given.notes
        classes = class_numbers(given.labels, names)
        known = classes >= 0
        if not known.all():
            strange = sorted({given.labels[i] for i in range(len(given)) if not known[i]})
            notes.append(
                note(
                    f"{int((~known).sum()):,} rows of the {name} set are left out",
                    "Their labels do not occur in the training set: "
                    + ", ".join(map(_short, strange[:5]))
                    + ("." if len(strange) <= 5 else f" and {len(strange) - 5} more."),
                    f"{name}_path",
                )
            )
        texts = [given.texts[i] for i in range(len(given)) if known[i]]
        if not texts:
            raise ProblemError(
                Problem(
                    f"The {name} set shares no class with the training set",
                    "Both must use the same labels: " + ", ".join(map(_short, names[:8])) + ".",
                    Place("data", field=f"{name}_path"),
                )
            )
        parts[position] = (texts, classes[known])
    notes += _shared_with_training(parts)
    return parts, tuple(notes)


def _small_classes(labels: Sequence[str], names: tuple[str, ...]) -> list[Problem]:
    counts = Counter(labels)
    small = [name for name in names if counts[name] < FEW]
    if not small:
        return []
    listed = ", ".join(f"“{_short(name)}” ({counts[name]})" for name in small[:5])
    return [
        note(
            f"{'A class has' if len(small) == 1 else f'{len(small)} classes have'} fewer than "
            f"{FEW} rows",
            f"Namely {listed}. A network cannot learn a class from so few, and the test set may "
            "miss it.",
            "label_column",
        )
    ]


def _shared_with_training(parts: Sequence[Part | None]) -> list[Problem]:
    train = parts[0]
    seen = set(train[0]) if train is not None else set()
    notes = []
    for name, part in (("validation", parts[1]), ("test", parts[2])):
        if part is not None and (again := sum(text in seen for text in part[0])):
            notes.append(
                note(
                    f"{again:,} of the {len(part[0]):,} {name} texts also stand in the training "
                    "set",
                    "The network can memorise them, so the result looks better than it is.",
                    severity=Severity.HINT,
                )
            )
    return notes


def _short(label: str) -> str:
    return label if len(label) <= 30 else label[:29] + "…"
