"""How targets are read: classes become rows of zeros with a one, numbers stay as they are."""

from __future__ import annotations

from typing import Any


def as_rows(ops: Any, target: Any, outputs: int) -> Any:
    """The targets as rows beside the predictions, shape (n, outputs).

    Integer classes (n,) become one-hot rows; for a single output class 0 is 0 and class 1 is 1.
    Anything else is taken as rows already; a `ValueError` quotes rows of another width.
    """
    if target.ndim == 1:
        if target.dtype.kind in "iu":
            return ops.one_hot(target, outputs)
        target = ops.reshape(target, (target.shape[0], 1))
    if target.shape[-1] != outputs:
        raise ValueError(f"targets of the shape {target.shape} do not fit {outputs} outputs")
    return target


def smoothed(ops: Any, rows: Any, smoothing: float, share: float) -> Any:
    """Targets with some certainty taken away: y (1 - s) + s · share."""
    if smoothing == 0.0:
        return rows
    less = ops.multiply(rows, 1.0 - smoothing)
    return ops.add(less, smoothing * share, out=less)


def row_sum(ops: Any, a: Any) -> Any:
    """Σ over the last axis, shape (n,)."""
    return _weighted(ops, a, 1.0)


def row_mean(ops: Any, a: Any) -> Any:
    """The mean over the last axis, shape (n,)."""
    return _weighted(ops, a, 1.0 / a.shape[-1])


def _weighted(ops: Any, a: Any, weight: float) -> Any:
    """Σ weight · a over the last axis, as a product: faster than a sum on short rows."""
    if a.shape[-1] == 1:
        return ops.reshape(a, a.shape[:-1])
    return ops.dot(a, ops.full(a.shape[-1], weight))
