"""Long series brought down to what a screen can show: the lowest and highest value per pixel."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
BLOCK = 64


class GrowingSeries:
    """Points (x, y) that are added at the end; x never falls. Keeps the extremes of each block.

    Adding costs time for the added points only, and so does drawing for the pixels only.
    """

    def __init__(self) -> None:
        self._x = np.empty(1024)
        self._y = np.empty(1024)
        self._low = np.empty(16)
        self._high = np.empty(16)
        self._blocks = 0
        self._n = 0

    def __len__(self) -> int:
        return self._n

    @property
    def x(self) -> Array:
        return self._x[: self._n]

    @property
    def y(self) -> Array:
        return self._y[: self._n]

    def clear(self) -> None:
        self._n = self._blocks = 0

    def cut(self, n: int) -> None:
        """Keep the first `n` points only."""
        self._n = min(self._n, max(0, n))
        self._blocks = self._n // BLOCK

    def add(self, x: Array, y: Array) -> None:
        """Add points at the end."""
        n = self._n + len(x)
        if n > len(self._x):
            size = max(n, 2 * len(self._x))
            self._x = np.resize(self._x, size)
            self._y = np.resize(self._y, size)
            self._low = np.resize(self._low, size // BLOCK + 1)
            self._high = np.resize(self._high, size // BLOCK + 1)
        self._x[self._n : n] = x
        self._y[self._n : n] = y
        self._n = n
        blocks = n // BLOCK
        if blocks > self._blocks:
            fresh = self._y[self._blocks * BLOCK : blocks * BLOCK].reshape(-1, BLOCK)
            with np.errstate(invalid="ignore"):
                self._low[self._blocks : blocks] = np.fmin.reduce(fresh, axis=1)
                self._high[self._blocks : blocks] = np.fmax.reduce(fresh, axis=1)
            self._blocks = blocks

    def extremes(self) -> tuple[float, float] | None:
        """The lowest and highest finite value, or None."""
        kept = self._blocks * BLOCK
        values = np.concatenate(
            [self._low[: self._blocks], self._high[: self._blocks], self._y[kept : self._n]]
        )
        values = values[np.isfinite(values)]
        return (float(values.min()), float(values.max())) if values.size else None

    def for_pixels(self, low: float, high: float, pixels: int) -> tuple[Array, Array]:
        """Points that draw the same line between x = `low` and `high` on so many pixels."""
        start = max(0, int(np.searchsorted(self.x, low, "left")) - 1)
        stop = min(self._n, int(np.searchsorted(self.x, high, "right")) + 1)
        if stop - start <= 4 * pixels:
            return self._x[start:stop], self._y[start:stop]
        if stop - start > 4 * pixels * BLOCK:
            first, last = start // BLOCK, stop // BLOCK
            at = self._x[first * BLOCK : last * BLOCK : BLOCK]
            return _columns(at, self._low[first:last], self._high[first:last], pixels)
        y = self._y[start:stop]
        return _columns(self._x[start:stop], y, y, pixels)


def thinned(x: Array, y: Array, points: int) -> tuple[Array, Array]:
    """Much the same line with so many points at the most, its extremes among them."""
    return (x, y) if len(x) <= points else _columns(x, y, y, points // 2)


def _columns(x: Array, low: Array, high: Array, pixels: int) -> tuple[Array, Array]:
    """Lowest and highest per pixel column, one above the other."""
    edges = np.unique(np.linspace(0, len(x), pixels + 1).astype(np.int64)[:-1])
    bottom = np.fmin.reduceat(low, edges)
    top = np.fmax.reduceat(high, edges)
    at = np.repeat(x[edges], 2)
    y = np.empty(2 * len(edges))
    y[0::2], y[1::2] = bottom, top
    return at, y
