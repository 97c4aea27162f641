"""The course's network, 800-256-256-5 with dropout, on bags of words kept sparse."""

from __future__ import annotations

from typing import Any

from . import in_keras, in_torch, ours
from .common import dense, reviews

TITLE = "Sentiment, sparse input"
UNIT = "samples/s"
#: Peer, and how many times its speed we promise.
PROMISES = {
    "PyTorch Linear": 2.3,
    "PyTorch EmbeddingBag": 2.3,
    "Keras JAX": 1.3,
    "Keras torch": 5.0,
}
#: Peer, and the share of its memory we promise to stay below.
MEMORY = {"PyTorch Linear": 0.25}

WORDS, SAMPLES = 800, 8192


def prepare(who: str) -> Any:
    arrays = reviews(WORDS, SAMPLES)
    y = arrays[3]
    if who == "NN Studio":
        x = ours.sparse_matrix(arrays, WORDS)
        return ours.epochs_of(*ours.classifier(x, y, ours.course_layers(), 5))
    if who == "PyTorch EmbeddingBag":
        return in_torch.embedding_bag(WORDS, arrays, y)
    x = dense(*arrays[:3], WORDS)
    return in_torch.linear(WORDS, x, y) if who == "PyTorch Linear" else in_keras.linear(WORDS, x, y)
