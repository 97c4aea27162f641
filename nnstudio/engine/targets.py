"""Targets in one of the two forms the losses know: class numbers (n,), or a row for every sample.

Which of the two it is follows from the task and the number of axes, never from the sizes, so that
three class numbers and three rows of three are not taken for each other.
"""

from __future__ import annotations

from typing import Any

from nnstudio.graph.plan import Plan


def fitting(y: Any, plan: Plan, count: int) -> Any:
    """``y`` as the losses of this plan read it, without a copy where it is so already.

    Classification takes integers (n,), or numbers (n, outputs) such as one-hot rows; with one
    output also numbers (n,) between 0 and 1. Regression takes numbers (n, outputs), or (n,) for
    one output. Raises a `ValueError` that quotes what it got and says what is wanted.
    """
    outputs = tuple(plan.step(plan.output).output_shape)
    shape, kind = tuple(y.shape), y.dtype.kind
    if not shape or shape[0] != count:
        raise ValueError(
            f"{count:,} samples need one target each, not targets of the shape {shape}"
        )
    if kind not in "fiub":
        raise ValueError(f"targets must be numbers, not of the dtype {y.dtype}")
    if kind == "b":
        y, kind = y.astype("int64"), "i"
    if shape[1:] == outputs:
        return y
    if len(shape) == 1 and plan.signature.task == "classification" and kind in "iu":
        return _classes(y, max(plan.signature.classes, 2) if outputs == (1,) else outputs[-1])
    if len(shape) == 1 and outputs == (1,):
        return y
    if plan.signature.task == "classification":
        raise ValueError(
            f"the targets must be class numbers, integers of the shape ({count},), or rows of the "
            f"shape {(count, *outputs)}, not {y.dtype} numbers of the shape {shape}"
        )
    raise ValueError(f"the targets must have the shape {(count, *outputs)}, not {shape}")


def _classes(y: Any, classes: int) -> Any:
    if len(y) and (int(y.min()) < 0 or int(y.max()) >= classes):
        raise ValueError(
            f"class numbers go from 0 to {classes - 1}; these go from {y.min()} to {y.max()}"
        )
    return y
