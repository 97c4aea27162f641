"""A graphics card's arithmetic, through CuPy.

CuPy's arrays behave like NumPy's but live on the card. Data is uploaded once; during a step only
the batch's loss comes back. This module imports CuPy only when a card is asked for.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from nnstudio.engine.ops import Array, Ops, Step
from nnstudio.engine.randomness import CounterStream


def count() -> int:
    """How many graphics cards can be used."""
    try:
        import cupy

        return int(cupy.cuda.runtime.getDeviceCount())
    except Exception:  # CuPy raises its own errors for a missing driver, toolkit or card
        return 0


def why_unavailable(index: int) -> str | None:
    """Why the card with this number cannot be used, as a sentence; None if it can."""
    try:
        import cupy
    except ImportError:
        return 'CuPy is not installed. Install it with: pip install "nnstudio[gpu]"'
    try:
        found = int(cupy.cuda.runtime.getDeviceCount())
        if index >= found:
            return f"There are {found} graphics cards, numbered from 0."
        with cupy.cuda.Device(index):
            cupy.zeros(1).sum()
    except Exception as error:  # CuPy raises its own errors for a missing driver or toolkit
        return f"The graphics card does not answer: {error}"
    return None


class CupyOps(Ops):
    """Arithmetic on a graphics card; ``xp`` can be any module that behaves like CuPy."""

    def __init__(
        self,
        xp: Any = None,
        dtype: str = "float32",
        device: str = "cuda:0",
        record: list[Step] | None = None,
    ) -> None:
        if xp is None:
            import cupy

            cupy.cuda.Device(int(device.partition(":")[2] or 0)).use()
            xp = cupy
        super().__init__(xp, dtype, device, record)

    def stream(self, seed: int, *names: str) -> CounterStream:
        return CounterStream(self.xp, seed, *names)

    def erf(self, a: Array, out: Array = None) -> Array:
        """The error function, the area under a bell curve."""
        if hasattr(self.xp, "erf"):
            return self._elementwise(self.xp.erf, (a,), out)
        from cupyx.scipy.special import erf

        return self._elementwise(erf, (a,), out)

    def _reduce(
        self, function: Any, a: Array, axis: int | None, keepdims: bool, out: Array
    ) -> Array:
        # CuPy has sum and max as functions; not every version has ufunc.reduce.
        whole = self.xp.sum if function is self.xp.add else self.xp.max
        if out is None:
            out = whole(a, axis=axis, keepdims=keepdims)
        self.run(partial(whole, axis=axis, out=out, keepdims=keepdims), a)
        return out

    def gather(self, table: Array, indices: Array, out: Array = None) -> Array:
        if out is None:
            out = self.empty((*indices.shape, *table.shape[1:]), table.dtype)
        self.run(self.xp.take, table, indices, 0, out)
        return out

    def to_host(self, a: Array) -> Any:
        return a.get() if hasattr(a, "get") else np.array(a)

    def sparse_source(self, matrix: Any) -> Any:
        if isinstance(matrix, DeviceRows):
            return matrix
        from nnstudio.engine.sparse import as_csr

        return DeviceRows(self, as_csr(matrix, self.dtype))

    def sparse_batch(self, n: int, source: Any) -> Any:
        return DeviceBatch(self, n, int(source.shape[1]))


class DeviceRows:
    """A sparse matrix on the card: for every row its columns and values, filled up with zeros."""

    def __init__(self, ops: Ops, csr: Any) -> None:
        self.shape = csr.shape
        lengths = np.diff(csr.indptr)
        longest = max(1, int(lengths.max())) if len(lengths) else 1
        columns = np.zeros((csr.shape[0], longest), np.int64)
        values = np.zeros((csr.shape[0], longest), csr.dtype)
        rows = np.repeat(np.arange(csr.shape[0]), lengths)
        places = np.arange(csr.nnz) - np.repeat(csr.indptr[:-1], lengths)
        columns[rows, places], values[rows, places] = csr.indices, csr.data
        self.columns = ops.to_device(columns, "int64")
        self.values = ops.to_device(values)

    def tocsr(self) -> DeviceRows:
        """Itself: this is how the engine tells sparse data from dense."""
        return self


class DeviceBatch:
    """The present batch of a sparse data set, written out on the card."""

    ndim = 2

    def __init__(self, ops: Ops, n: int, columns: int) -> None:
        self.shape = (n, columns)
        self.ops = ops
        self.dense = ops.zeros((n, columns))
        self.first = ops.to_device(np.arange(n)[:, None] * columns, "int64")
        self.T = _Transposed(self)

    def take(self, source: DeviceRows, rows: Array) -> None:
        """Hold these rows of ``source`` from now on."""
        xp = self.ops.xp
        rows = self.ops.to_device(rows, "int64")
        places = xp.add(xp.take(source.columns, rows, 0), self.first)
        self.dense.fill(0)
        xp.add.at(
            self.dense.reshape(-1), places.reshape(-1), xp.take(source.values, rows, 0).reshape(-1)
        )

    def densify(self, ops: Ops) -> Array:
        return self.dense

    def product(self, ops: Ops, w: Array, out: Array) -> Array:
        """x·W into ``out``."""
        return ops.dot(self.dense, w, out)


class _Transposed:
    ndim = 2

    def __init__(self, batch: DeviceBatch) -> None:
        self.batch = batch
        self.shape = batch.shape[::-1]

    def product(self, ops: Ops, dz: Array, out: Array) -> Array:
        """xᵀ·dz into ``out``."""
        return ops.dot(self.batch.dense.T, dz, out)
