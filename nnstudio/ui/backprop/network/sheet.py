"""An array as a sheet of cells: what is painted, and which number each cell is.

Vectors are wrapped into several rows so that 256 neurons fit into a small picture. Axes carry
names (s sample, i input, j neuron), by which pointing at a cell of one sheet lights the row, column
or cell of another that it was computed from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnstudio.analysis.network_pass import Number, Operation, Values
from nnstudio.analysis.network_pass.operations import Shown
from nnstudio.analysis.network_pass.values import LOSS

Array = np.ndarray[Any, Any]
REARRANGING = (
    "flatten", "reshape", "concatenate", "embedding", "global_average_pooling_1d", "input",
)  # fmt: skip
COLUMN_TO = 10  # a vector up to this long stands upright


@dataclass(frozen=True, eq=False)
class Sheet:
    """Cells (rows, columns), NaN where there is none.

    ``indices`` gives for every cell the flat index in ``shape``, -1 for none; ``lead`` is what
    stands before it in the number's index (the sample). ``axes`` names the axes of the index.
    """

    shown: Shown
    cells: Array
    indices: Array
    shape: tuple[int, ...]
    lead: tuple[int, ...]
    axes: str

    @property
    def size_text(self) -> str:
        """Such as 800 × 256; empty for a single number."""
        if int(np.prod(self.shape, dtype=np.int64)) == 1:
            return ""
        return " × ".join(f"{n:,}" for n in self.shape)

    @property
    def limit(self) -> float:
        """What full colour stands for."""
        finite = np.abs(self.cells[np.isfinite(self.cells)])
        if finite.size > 40_000:
            finite = finite[:: finite.size // 40_000]
        return (float(np.percentile(finite, 99.5)) if finite.size else 0.0) or 1.0

    @property
    def clipped(self) -> bool:
        """Whether some numbers lie beyond what full colour stands for."""
        finite = np.abs(self.cells[np.isfinite(self.cells)])
        return bool(finite.size) and float(finite.max()) > 1.001 * self.limit

    @property
    def span(self) -> tuple[float, float]:
        """From which to which number the scale of its colours goes."""
        finite = self.cells[np.isfinite(self.cells)]
        negative = bool(finite.size) and float(finite.min()) < 0
        positive = not finite.size or float(finite.max()) > 0 or not negative
        return (-self.limit if negative else 0.0), (self.limit if positive else 0.0)

    def number_at(self, row: int, column: int) -> Number | None:
        """The number in a cell."""
        if not (0 <= row < self.cells.shape[0] and 0 <= column < self.cells.shape[1]):
            return None
        flat = int(self.indices[row, column])
        if flat < 0:
            return None
        inside = tuple(int(i) for i in np.unravel_index(flat, self.shape)) if self.shape else ()
        return Number(self.shown.node, self.shown.what, (*self.lead, *inside))

    def names(self, number: Number) -> dict[str, int]:
        """The named coordinates of one of its numbers."""
        index = number.index
        if not self.axes or not index:
            return {}
        last = {self.axes[-1]: index[-1]} if self.axes[-1] != "s" else {}
        if self.axes[0] == "s":
            return {"s": index[0]} | last
        return {self.axes[0]: index[0]} | last

    def lit(self, names: Mapping[str, int]) -> Array | None:
        """Which cells agree with the named coordinates; None if they say nothing about it."""
        told = [axis for axis in dict.fromkeys(self.axes) if axis in names and axis != "s"]
        if not told:
            return None
        valid = self.indices >= 0
        inside = np.unravel_index(np.maximum(self.indices, 0), self.shape or (1,))
        agrees = valid.copy()
        sizes = len(self.shape)
        for axis in told:
            place = 0 if axis == self.axes[0] and not self.lead and sizes > 1 else sizes - 1
            agrees &= inside[place] == names[axis]
        if "s" in names and self.axes.startswith("s") and not self.lead and sizes > 1:
            agrees &= inside[0] == names["s"]
        return agrees


def sheet_of(values: Values, operation: Operation, shown: Shown, sample: int, whole: bool) -> Sheet:
    """The sheet of one array of an operation, for one sample or for the whole batch."""
    array = values.array(shown.node, shown.what)
    lead: tuple[int, ...] = ()
    if values.per_sample(shown.node, shown.what) and not (whole and array.shape[0] > 1):
        array, lead = np.asarray(array[sample]), (sample,)
    axes = axes_of(values, operation, shown)
    flat = np.asarray(array, dtype=np.float64)
    if flat.ndim == 0:
        return Sheet(shown, flat.reshape(1, 1), np.zeros((1, 1), np.int64), (), lead, axes)
    if flat.ndim == 1 or (flat.ndim == 2 and 1 in flat.shape):
        cells, indices = _wrapped(flat.reshape(-1))
    else:
        columns = flat.shape[-1]
        cells = flat.reshape(-1, columns)
        indices = np.arange(cells.size).reshape(cells.shape)
    return Sheet(shown, cells, indices, tuple(flat.shape), lead, axes)


def axes_of(values: Values, operation: Operation, shown: Shown) -> str:
    """The names of an array's axes within an operation."""
    node = operation.node
    if shown.node == LOSS and shown.what in ("l", "L", "weight"):
        return "s"
    if node in (LOSS, "update"):
        return "sj"
    layer = values.step(node).layer
    if layer.name in REARRANGING:
        return ""
    if ":" in shown.what:
        shape = values.array(shown.node, shown.what).shape
        return "ij" if len(shape) == 2 else "j"
    if shown.what in ("mean", "deviation", "variance"):
        return "j" if layer.name == "batch_normalization" else "s"
    if layer.name == "dense" and (shown.node != node or shown.what.startswith("dx")):
        after = operation.phase == "backward" and shown.node == LOSS
        return "sj" if after else "si"
    return "sj"


def _wrapped(vector: Array) -> tuple[Array, Array]:
    n = vector.size
    if n <= COLUMN_TO:
        return vector.reshape(n, 1), np.arange(n).reshape(n, 1)
    columns = min(n, 4 * math.ceil(math.sqrt(n * 2.0) / 4))
    rows = -(-n // columns)
    cells = np.full(rows * columns, np.nan)
    cells[:n] = vector
    indices = np.full(rows * columns, -1, np.int64)
    indices[:n] = np.arange(n)
    return cells.reshape(rows, columns), indices.reshape(rows, columns)


def pooled(cells: Array, rows: int, columns: int) -> Array:
    """The sheet in at most so many pixels, each the strongest number of its block."""
    return _strongest(_strongest(cells, rows, 0), columns, 1)


def _strongest(cells: Array, most: int, axis: int) -> Array:
    n = cells.shape[axis]
    if n <= most:
        return cells
    starts = (np.arange(most) * n) // most
    filled = np.nan_to_num(cells)
    high = np.maximum.reduceat(filled, starts, axis=axis)
    low = np.minimum.reduceat(filled, starts, axis=axis)
    return np.asarray(np.where(high >= -low, high, low))
