"""What doubling the vocabulary costs, with as many words in a review as before."""

from __future__ import annotations

from typing import Any

from . import ours
from .common import reviews

TITLE = "Doubling the vocabulary: 40,000 words against fewer"
UNIT = "samples/s"
PROMISES = {"20,000 words": 0.5, "10,000 words": 0.33, "5,000 words": 0.25}
MEMORY: dict[str, float] = {}


def prepare(who: str) -> Any:
    words = 40_000 if who == "NN Studio" else int(who.split()[0].replace(",", ""))
    arrays = reviews(words, 8192)
    x = ours.sparse_matrix(arrays, words)
    return ours.epochs_of(*ours.classifier(x, arrays[3], ours.course_layers(), 5))
