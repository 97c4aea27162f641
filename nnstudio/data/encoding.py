"""Raw inputs as the numbers a trained network expects: words counted, columns scaled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from nnstudio.data.words import BagOfWords
from nnstudio.spec import Place, Problem, ProblemError


def encode(
    raw: Iterable[Any],
    input_shape: tuple[int, ...],
    *,
    words: BagOfWords | None = None,
    offset: Any = None,
    scale: Any = None,
) -> Any:
    """Texts as a CSR matrix, or raw numbers as a float32 array of shape (n, *input_shape).

    `words`, `offset` and `scale` are those of the training data. Raises `ProblemError` if the
    inputs are not what the network was trained on.
    """
    if words is not None:
        return words.encode(str(text) for text in raw)
    try:
        rows = np.asarray(list(raw), dtype=np.float64)
    except (TypeError, ValueError):
        raise ProblemError(
            Problem("These inputs are not numbers", "Give one number per input.", Place("data"))
        ) from None
    if rows.shape[1:] != input_shape:
        wanted = " × ".join(map(str, input_shape))
        got = " × ".join(map(str, rows.shape[1:])) or "a single number"
        raise ProblemError(
            Problem(f"The network takes {wanted} numbers per sample, not {got}", "", Place("data"))
        )
    if offset is not None and scale is not None:
        rows = (rows - np.reshape(offset, input_shape)) / np.reshape(scale, input_shape)
    with np.errstate(over="ignore"):
        encoded = rows.astype(np.float32)
    if not np.isfinite(encoded).all():
        bad = rows.reshape(-1)[~np.isfinite(encoded.reshape(-1))][0]
        what = "not finite" if not np.isfinite(bad) else "too large for the network"
        raise ProblemError(
            Problem(
                f"An input is {what}",
                f"Once scaled as in training it is {bad:g}. Each input must be a finite number of "
                "ordinary size.",
                Place("data"),
            )
        )
    return encoded


def class_numbers(labels: Sequence[str], class_names: Sequence[str]) -> np.ndarray[Any, Any]:
    """The class index of every label, -1 for a label that is none of the classes."""
    known = {name: index for index, name in enumerate(class_names)}
    return np.array([known.get(label, -1) for label in labels], dtype=np.int64)
