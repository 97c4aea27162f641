"""The course's network on the same bags of words, written out with their zeros."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from . import in_torch, ours
from .common import BATCH, dense, reviews
from .sentiment_sparse import SAMPLES, WORDS

TITLE = "Sentiment, dense input"
UNIT = "samples/s"
PROMISES = {"PyTorch Linear": 1.5, "bare products": 0.6}
MEMORY: dict[str, float] = {}


def prepare(who: str) -> Any:
    arrays = reviews(WORDS, SAMPLES)
    x, y = dense(*arrays[:3], WORDS), arrays[3]
    if who == "NN Studio":
        return ours.epochs_of(*ours.classifier(x, y, ours.course_layers(), 5))
    if who == "bare products":
        return bare_products(x)
    return in_torch.linear(WORDS, x, y)


def bare_products(x: np.ndarray[Any, Any]) -> Any:
    """Nothing but the eight matrix products of a step: no training can be faster."""
    random = np.random.default_rng(0)
    sizes = [WORDS, 256, 256, 5]
    weights = [random.random(s, np.float32) for s in pairwise(sizes)]
    values = [random.random((BATCH, n), np.float32) for n in sizes]
    gradients = [np.empty_like(w) for w in weights]

    def epoch() -> int:
        for start in range(0, len(x), BATCH):
            values[0] = x[start : start + BATCH]
            for k, w in enumerate(weights):
                np.dot(values[k], w, values[k + 1])
            for k in (2, 1, 0):
                np.dot(values[k].T, values[k + 1], gradients[k])
                if k:
                    np.dot(values[k + 1], weights[k].T, values[k])
            values[1:] = [np.clip(v, 0.0, 1.0, out=v) for v in values[1:]]
        return len(x)

    return epoch
