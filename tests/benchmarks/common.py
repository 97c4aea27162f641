"""What all benchmarks share: made-up reviews, a clock, and a look at the memory.

Needs only NumPy, so that it runs in the peers' own environments too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

BATCH = 128
CLASSES = 5


def reviews(words: int, samples: int, per_review: int = 20, seed: int = 0) -> tuple[Any, ...]:
    """Bags of words as CSR arrays (indptr, indices, values) and classes.

    Words are drawn as in a text: the k-th most frequent one with probability proportional to 1/k,
    without the few that are in every sentence. ``per_review`` of 800 words are a density of 2 %.
    """
    random = np.random.default_rng(seed)
    frequency = 1.0 / np.arange(10, words + 10)
    edges = np.cumsum(frequency) / frequency.sum()
    drawn = np.searchsorted(edges, random.random((samples, per_review)))
    rows = [np.unique(row) for row in drawn]
    indptr = np.cumsum([0, *map(len, rows)]).astype(np.int32)
    indices = np.concatenate(rows).astype(np.int32)
    y = random.integers(0, CLASSES, samples)
    return indptr, indices, np.ones(len(indices), np.float32), y


def dense(indptr: Any, indices: Any, values: Any, words: int) -> Any:
    """The same reviews with all their zeros."""
    x = np.zeros((len(indptr) - 1, words), np.float32)
    x[np.repeat(np.arange(len(x)), np.diff(indptr)), indices] = values
    return x


def rate(epoch: Callable[[], int], seconds: float) -> float:
    """What ``epoch`` counts, per second: one call to warm up, then as many as fit."""
    epoch()
    count, began = 0, perf_counter()
    while perf_counter() - began < seconds:
        count += epoch()
    return count / (perf_counter() - began)


def peak_memory() -> float:
    """The most memory this process has had, in MB; NaN on Windows, which does not say."""
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
