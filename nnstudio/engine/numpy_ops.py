"""NumPy's arithmetic, with the few tricks that make it fast on a CPU.

Each override computes the same as the general formula in `nnstudio.engine.ops`; what it gains was
measured and is told in tests/benchmarks/README.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.ops import Array, Ops, Step
from nnstudio.engine.randomness import Stream


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

    def take(self, source: Array, indices: Array, out: Array) -> None:
        source.take(indices, 0, out, "clip")  # in this mode NumPy writes without a detour

    def stream(self, seed: int, *names: str) -> Stream:
        return Stream(seed, *names)

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
            out = np.empty(shape, a.dtype)
        ones = self.full((a.shape[0] if rows else a.shape[1],), 1.0)
        left, right = (ones, a) if rows else (a, ones)
        self.run(left.dot, right, out.reshape(-1))
        return out

    def dot(self, a: Array, b: Array, out: Array = None) -> Array:
        """The matrix product a·b; called as a method, which spares `numpy.dot`'s dispatch."""
        if hasattr(a, "product"):
            return a.product(self, b, out)
        if out is None:
            out = np.asarray(a.dot(b))
        self.run(a.dot, b, out)
        return out

    def softmax(self, z: Array, out: Array = None) -> Array:
        """Softmax over the last axis, for few classes computed on the matrix lying on its side."""
        if out is not None or not self._few_columns(z):
            return super().softmax(z, out)
        flat = self._on_its_side(z)
        self.run(np.subtract, flat, self.max(flat, axis=0), flat)
        self.run(np.exp, flat, flat)
        self.run(np.divide, flat, self.sum(flat, axis=0), flat)
        return flat.T

    def log_softmax(self, z: Array, out: Array = None) -> Array:
        """log softmax over the last axis, for few classes on the matrix lying on its side."""
        if out is not None or not self._few_columns(z):
            return super().log_softmax(z, out)
        flat = self._on_its_side(z)
        self.run(np.subtract, flat, self.max(flat, axis=0), flat)
        e = np.exp(flat)
        self.run(np.exp, flat, e)
        total = self.sum(e, axis=0)
        self.run(np.log, total, total)
        self.run(np.subtract, flat, total, flat)
        return flat.T

    def _few_columns(self, z: Array) -> bool:
        return bool(z.ndim == 2 and z.shape[1] <= 64 and z.shape[0] > 1)

    def _on_its_side(self, z: Array) -> Array:
        # NumPy walks along the longer, contiguous axis: 5 × 128 costs a fifth of 128 × 5.
        flat = np.empty(z.shape[::-1], z.dtype)
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
