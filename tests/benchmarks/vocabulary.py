"""A large vocabulary: 20,000 words, the rest as in the course's network."""

from __future__ import annotations

from typing import Any

from . import in_torch, ours
from .common import dense, reviews

TITLE = "20,000 words, sparse input"
UNIT = "samples/s"
#: Against ourselves with 800 words: at most four times slower.
PROMISES = {"PyTorch Linear": 5.0, "PyTorch EmbeddingBag": 1.5, "NN Studio, 800 words": 0.25}
MEMORY = {"PyTorch Linear": 0.15}

WORDS, SAMPLES = 20_000, 8192


def prepare(who: str) -> Any:
    words = 800 if who == "NN Studio, 800 words" else WORDS
    arrays = reviews(words, SAMPLES)
    y = arrays[3]
    if who.startswith("NN Studio"):
        x = ours.sparse_matrix(arrays, words)
        return ours.epochs_of(*ours.classifier(x, y, ours.course_layers(), 5))
    if who == "PyTorch EmbeddingBag":
        return in_torch.embedding_bag(WORDS, arrays, y)
    return in_torch.linear(WORDS, dense(*arrays[:3], WORDS), y)
