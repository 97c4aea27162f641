"""NumPy's arithmetic, with the few tricks that make it fast on a CPU.

Each override computes the same as the general formula in `nnstudio.engine.ops`; what it gains was
measured and is told in tests/benchmarks/README.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numkong import blend as _blend
from numkong import fma as _fma

from nnstudio.engine.ops import Array, Ops, Step, size_of
from nnstudio.engine.randomness import Stream

#: Bytes of a line of the processor's cache.
_LINE = 64
#: A result of fewer bytes may lie anywhere.
_LARGE = 4096
#: A matrix of so many elements is worked on sooner than a broadcast is set up.
_SMALL = 4096
#: What the fused loops compute in.
_KERNELS = (np.dtype("float32"), np.dtype("float64"))


class NumpyOps(Ops):
    """Arithmetic on the host."""

    def __init__(
        self,
        xp: Any = np,
        dtype: str = "float32",
        device: str = "cpu",
        record: list[Step] | None = None,
    ) -> None:
        super().__init__(xp, dtype, device, record)

    def empty(self, shape: Any, dtype: Any = None) -> Array:
        return _aligned(np.empty, shape, np.dtype(dtype or self.dtype))

    def zeros(self, shape: Any, dtype: Any = None) -> Array:
        return _aligned(np.zeros, shape, np.dtype(dtype or self.dtype))

    def _place(self, result: Array) -> Array:
        if self.record is None or result.nbytes < _LARGE:
            return result
        placed = self.empty(result.shape, result.dtype)
        np.copyto(placed, result)
        return placed

    def take(self, source: Array, indices: Array, out: Array) -> None:
        source.take(indices, 0, out, "clip")  # in this mode NumPy writes without a detour

    def stream(self, seed: int, *names: str) -> Stream:
        return Stream(seed, *names)

    def add(self, a: Array, b: Array, out: Array = None) -> Array:
        """a + b; a small matrix gets its bias as a product with ones, which is sooner begun."""
        if self.record is not None and _is_bias(a, b):
            b = self.dot(self.ones((a.shape[0], 1), a.dtype), b.reshape(1, -1))
        return super().add(a, b, out)

    def blend(self, a: Array, b: Array, alpha: Any, beta: Any, out: Array = None) -> Array:
        """α a + β b in one pass, by NumKong's vector instructions."""
        out = self.empty(a.shape, a.dtype) if out is None else out
        if not _alike(out, a, b):
            return super().blend(a, b, alpha, beta, out)
        x, y, z = a.reshape(-1), b.reshape(-1), out.reshape(-1)

        def step() -> None:  # a quarter quicker than a partial with names
            _blend(x, y, alpha=alpha, beta=beta, out=z)

        self.run(step)
        return out

    def fma(self, a: Array, b: Array, c: Array, alpha: Any, beta: Any, out: Array = None) -> Array:
        """α a b + β c in one pass, by NumKong's vector instructions."""
        out = self.empty(a.shape, a.dtype) if out is None else out
        if not _alike(out, a, b, c):
            return super().fma(a, b, c, alpha, beta, out)
        x, y, z, result = a.reshape(-1), b.reshape(-1), c.reshape(-1), out.reshape(-1)

        def step() -> None:
            _fma(x, y, z, alpha=alpha, beta=beta, out=result)

        self.run(step)
        return out

    def sum(
        self, a: Array, axis: int | None = None, keepdims: bool = False, out: Array = None
    ) -> Array:
        """Σ a along an axis; a matrix is multiplied by a vector of ones, which BLAS does faster."""
        if a.ndim != 2 or axis is None or a.dtype != self.dtype or min(a.shape) == 0:
            return super().sum(a, axis, keepdims, out)
        rows = axis in (0, -2)
        if out is None:
            length = a.shape[1] if rows else a.shape[0]
            shape = ((1, length) if rows else (length, 1)) if keepdims else (length,)
            out = self.empty(shape, a.dtype)
        ones = self.full((a.shape[0] if rows else a.shape[1],), 1.0)
        left, right = (ones, a) if rows else (a, ones)
        self.run(left.dot, right, out.reshape(-1))
        return out

    def argmax(self, a: Array, axis: int = -1, out: Array = None) -> Array:
        """The index of the largest value along an axis; a matrix on its side is copied first."""
        if not a.flags.c_contiguous:
            a = self.copy(a)
        out = np.asarray(a.argmax(axis)) if out is None else out
        self.run(a.argmax, axis, out)
        return out

    def dot(self, a: Array, b: Array, out: Array = None) -> Array:
        """The matrix product a·b; called as a method, which spares `numpy.dot`'s dispatch."""
        if hasattr(a, "product"):
            return a.product(self, b, out)
        if out is None:
            out = self._place(np.asarray(a.dot(b)))
        self.run(a.dot, b, out)
        return out

    def softmax(self, z: Array, out: Array = None) -> Array:
        """Softmax over the last axis, for few classes computed on the matrix lying on its side."""
        if not self._few_columns(z):
            return super().softmax(z, out)
        shifted, e, total = self._exponentials(z)
        self._softmax_of = z, shifted, total
        flat = e if out is None else out.T
        self.run(np.divide, e, total, flat)
        return flat.T if out is None else out

    def log_softmax(self, z: Array, out: Array = None) -> Array:
        """log softmax over the last axis, for few classes on the matrix lying on its side."""
        if not self._few_columns(z):
            return super().log_softmax(z, out)
        shifted, total = self._shifted(z)
        flat = self.empty(shifted.shape, z.dtype) if out is None else out.T
        logarithm = self.empty(total.shape, z.dtype)
        self.run(np.log, total, logarithm)
        self.run(np.subtract, shifted, logarithm, flat)
        return flat.T if out is None else out

    def _exponentials(self, z: Array) -> tuple[Array, Array, Array]:
        if not self._few_columns(z):
            return super()._exponentials(z)
        flat = self._on_its_side(z)
        self.run(np.subtract, flat, self.max(flat, axis=0), flat)
        e = self.empty(flat.shape, z.dtype)
        self.run(np.exp, flat, e)
        return flat, e, self.sum(e, axis=0)

    def _few_columns(self, z: Array) -> bool:
        return bool(z.ndim == 2 and z.shape[1] <= 64 and z.shape[0] > 1)

    def _on_its_side(self, z: Array) -> Array:
        # NumPy walks along the longer, contiguous axis: 5 × 128 costs a fifth of 128 × 5.
        flat = self.empty(z.shape[::-1], z.dtype)
        self.run(np.copyto, flat, z.T)
        return flat

    def scatter_add(self, rows: Array, indices: Array, out: Array) -> Array:
        """Add every row to the place its index names, as one sparse product."""
        from nnstudio.engine.sparse import add_rows

        self.run(out.fill, 0)
        self.run(add_rows, rows, indices, out)
        return out

    def sparse_batch(self, n: int, source: Any) -> Any:
        """A batch of ``n`` rows like those of a CSR matrix."""
        from nnstudio.engine.sparse import SparseBatch

        return SparseBatch(n, source)

    def sparse_source(self, matrix: Any) -> Any:
        from nnstudio.engine.sparse import as_csr

        return as_csr(matrix, self.dtype)


def _is_bias(a: Array, b: Array) -> bool:
    """Whether b is a vector for each row of a small matrix a."""
    shapes = (getattr(a, "shape", ()), getattr(b, "shape", ()))
    rows = len(shapes[0]) == 2 and shapes[0][1:] == shapes[1]
    return rows and a.dtype == b.dtype and 0 < a.size <= _SMALL


def _alike(out: Array, *arrays: Array) -> bool:
    """Whether all are contiguous, of the same shape and of a dtype that NumKong computes in."""
    return out.dtype in _KERNELS and all(
        a.dtype == out.dtype and a.shape == out.shape and a.flags.c_contiguous
        for a in (out, *arrays)
    )


def _aligned(make: Any, shape: Any, dtype: np.dtype[Any]) -> Array:
    """An array that begins at the beginning of a cache line.

    Those that NumPy makes begin 16 bytes after one, and then every second vector that is read or
    written straddles two lines: an addition in place takes a quarter longer.
    """
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    count = size_of(sizes) * dtype.itemsize
    memory = make(count + _LINE, np.uint8)
    start = -memory.__array_interface__["data"][0] % _LINE
    return memory[start : start + count].view(dtype).reshape(sizes)
