"""Sparse batches: the first layer's products when most inputs are zero.

A bag of words has some twenty words out of thousands. The batch is kept in compressed rows (CSR):
for every sample the columns that are not zero and their values. ``x·W`` then adds up a few rows of
W, and ``xᵀ·dz`` adds to a few rows of the gradient; nobody ever writes the zeros out.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np

from nnstudio.engine.ops import Array, Ops


@cache
def routines() -> Any:
    """The routines behind SciPy's ``@``, or None in a SciPy that keeps them elsewhere.

    Called directly they write into arrays that exist already; ``@`` makes a new one every time.
    """
    try:
        from scipy.sparse import _sparsetools as tools
    except ImportError:  # pragma: no cover - another SciPy than those tested
        return None
    needed = ("csr_matvecs", "csc_matvecs", "csr_row_index", "csr_scale_rows")
    return tools if all(hasattr(tools, name) for name in needed) else None


class SparseBatch:
    """The rows of a CSR matrix that make up the present batch; refilled in place for each batch."""

    ndim = 2

    def __init__(self, n: int, source: Any) -> None:
        self.n, self.columns = n, int(source.shape[1])
        self.shape = (n, self.columns)
        lengths = np.diff(source.indptr)
        most = int(np.sort(lengths)[-n:].sum()) if n < len(lengths) else int(lengths.sum())
        if n > len(lengths) and len(lengths):
            most += (n - len(lengths)) * int(lengths.max())
        self.indptr = np.zeros(n + 1, source.indptr.dtype)
        self.indices = np.zeros(max(most, 1), source.indices.dtype)
        self.data = np.zeros(max(most, 1), source.data.dtype)
        self.T = Transposed(self)
        self.used: UsedRows | None = None
        self.tools = routines()

    def take(self, source: Any, rows: Array) -> None:
        """Hold these rows of ``source`` from now on."""
        rows = np.asarray(rows, source.indices.dtype)
        starts, ends = source.indptr[rows], source.indptr[rows + 1]
        np.cumsum(ends - starts, out=self.indptr[1:])
        if self.indptr[-1] > len(self.indices):
            self.indices = np.zeros(self.indptr[-1], source.indices.dtype)
            self.data = np.zeros(self.indptr[-1], source.data.dtype)
        if self.tools is not None:
            self.tools.csr_row_index(
                self.n, rows, source.indptr, source.indices, source.data, self.indices, self.data
            )
        else:
            picked = source[rows]
            self.indices[: picked.nnz], self.data[: picked.nnz] = picked.indices, picked.data

    def matrix(self) -> Any:
        """The batch as a SciPy matrix of its own."""
        return self._matrix(self.indices, self.columns)

    def _matrix(self, indices: Array, columns: int) -> Any:
        from scipy.sparse import csr_matrix

        stored = int(self.indptr[-1])
        parts = (self.data[:stored].copy(), indices[:stored].copy(), self.indptr.copy())
        return csr_matrix(parts, shape=(self.n, columns))

    def times(self, w: Array, flat_w: Array, out: Array, flat_out: Array) -> None:
        """out = x·W, by way of rows that were set apart if there are any."""
        columns, indices = self.columns, self.indices
        if self.used is not None:
            w, indices = self.used.weights, self.used.indices
            columns, flat_w = len(w), w.reshape(-1)
        if self.tools is None:
            out[...] = self._matrix(indices, columns) @ w
            return
        flat_out.fill(0)
        self.tools.csr_matvecs(
            self.n, columns, w.shape[1], self.indptr, indices, self.data, flat_w, flat_out
        )

    def transposed_times(self, dz: Array, flat_dz: Array, out: Array, flat_out: Array) -> None:
        """out = xᵀ·dz, into the gradient of the rows that were set apart if there are any."""
        columns, indices = self.columns, self.indices
        if self.used is not None:
            out, indices = self.used.gradient, self.used.indices
            columns, flat_out = len(out), out.reshape(-1)
        if self.tools is None:
            out[...] = self._matrix(indices, columns).T @ dz
            return
        flat_out.fill(0)
        # The compressed rows of x are the compressed columns of xᵀ.
        self.tools.csc_matvecs(
            columns, self.n, dz.shape[1], self.indptr, indices, self.data, flat_dz, flat_out
        )

    def product(self, ops: Ops, w: Array, out: Array) -> Array:
        """x·W into ``out``."""
        w = w if w.flags.c_contiguous else ops.copy(w)
        out = ops.empty((self.n, w.shape[1]), w.dtype) if out is None else out
        ops.run(self.times, w, w.reshape(-1), out, out.reshape(-1))
        return out

    def densify(self, ops: Ops) -> Array:
        """The batch with its zeros written out."""
        out = ops.empty(self.shape, self.data.dtype)
        ops.run(_write_out, self, out)
        return out


class UsedRows:
    """The few rows of the kernel that a batch uses, and their gradient, as small matrices.

    ``indices`` stand for those of the batch: the places of its columns among the used rows. While a
    batch has one, its products read and write these instead of the whole kernel and gradient.
    """

    def __init__(self, indices: Array, weights: Array, gradient: Array) -> None:
        self.indices = indices
        self.weights = weights
        self.gradient = gradient


class Transposed:
    """xᵀ for a sparse batch x, in the weight gradient xᵀ·dz."""

    ndim = 2

    def __init__(self, batch: SparseBatch) -> None:
        self.batch = batch
        self.shape = (batch.columns, batch.n)

    def product(self, ops: Ops, dz: Array, out: Array) -> Array:
        """xᵀ·dz into ``out``."""
        dz = dz if dz.flags.c_contiguous else ops.copy(dz)
        out = ops.empty((self.batch.columns, dz.shape[1]), dz.dtype) if out is None else out
        ops.run(self.batch.transposed_times, dz, dz.reshape(-1), out, out.reshape(-1))
        return out


def _write_out(x: SparseBatch, out: Array) -> None:
    out.fill(0)
    used = int(x.indptr[-1])
    rows = np.repeat(np.arange(x.n), np.diff(x.indptr))
    np.add.at(out, (rows, x.indices[:used]), x.data[:used])


def add_rows(rows: Array, indices: Array, out: Array) -> None:
    """out[indices] += rows, equal indices adding up (the gradient of a look-up)."""
    flat = np.ascontiguousarray(rows).reshape(-1, out.shape[-1])
    places = np.asarray(indices.reshape(-1), np.int32)
    tools = routines()
    if tools is None:
        np.add.at(out, places, flat)
        return
    n = len(places)
    starts = np.arange(n + 1, dtype=np.int32)
    ones = np.ones(n, out.dtype)
    tools.csc_matvecs(
        len(out), n, out.shape[-1], starts, places, ones, flat.reshape(-1), out.reshape(-1)
    )


def scale_rows(a: Array, factors: Array) -> None:
    """Multiply every row of a matrix by its factor, in place: twice as fast as by a column."""
    tools = routines()
    if tools is None:
        np.multiply(a, factors[:, None], a)
        return
    starts, columns = _diagonal(*a.shape)
    tools.csr_scale_rows(*a.shape, starts, columns, a.reshape(-1), factors)


def add_scaled_rows(a: Array, factors: Array, out: Array) -> None:
    """out += diag(factors)·a in one pass; ``a`` may be overwritten."""
    tools = routines()
    if tools is None:
        np.add(out, np.multiply(a, factors[:, None], a), out)
        return
    rows, units = a.shape
    starts, columns = _diagonal(rows, 1)
    tools.csr_matvecs(rows, rows, units, starts, columns, factors, a.reshape(-1), out.reshape(-1))


@lru_cache(maxsize=16)
def _diagonal(rows: int, step: int) -> tuple[Array, Array]:
    """Where rows of ``step`` entries begin, and the numbers of the rows."""
    return np.arange(0, rows * step + 1, step, dtype=np.int32), np.arange(rows, dtype=np.int32)


def is_sparse(x: Any) -> bool:
    """Whether ``x`` is a SciPy sparse matrix."""
    return hasattr(x, "indptr") or (hasattr(x, "tocsr") and not hasattr(x, "flags"))


def as_csr(x: Any, dtype: Any) -> Any:
    """A sparse matrix as CSR in the working dtype, duplicates added up; shares memory if it can."""
    x = x.tocsr()
    if not x.has_canonical_format:
        x = x.copy()
        x.sum_duplicates()
    return x.astype(dtype, copy=False)
