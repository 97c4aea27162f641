"""Refusing a network that would not fit into memory, before anything is allocated."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

from nnstudio.engine.ops import size_of
from nnstudio.graph.plan import Plan
from nnstudio.nn.optimizer import Optimizer
from nnstudio.spec import Place, Problem, ProblemError

#: The share of the machine's memory a network may ask for.
SHARE = 0.7


def memory_needed(
    plan: Plan, batch_size: int, itemsize: int = 4, optimizer: Optimizer | None = None
) -> int:
    """Bytes for weights, gradient, optimizer state, a snapshot, and a batch's values both ways."""
    vectors = 3 + (len(optimizer.state_names) if optimizer is not None else 2)
    values = sum(size_of(step.output_shape) for step in plan.steps)
    return itemsize * (vectors * plan.parameter_count + 3 * batch_size * values)


def machine_memory() -> int:
    """The machine's memory in bytes; 8 GB where the system does not say."""
    if sys.platform == "win32":  # pragma: no cover - the tests run elsewhere
        return _windows_memory()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):  # pragma: no cover
        return 8 * 2**30


def refuse_if_too_large(
    plan: Plan, batch_size: int, itemsize: int, optimizer: Optimizer | None, memory: int
) -> None:
    """Raise a `ProblemError` that quotes the memory needed and names the largest layer."""
    needed = memory_needed(plan, batch_size, itemsize, optimizer)
    if needed <= SHARE * memory:
        return
    largest = max(
        plan.steps,
        key=lambda step: max(step.parameter_count, batch_size * size_of(step.output_shape)),
    )
    raise ProblemError(
        Problem(
            f"This network needs {in_bytes(needed)} of memory",
            f"This device has {in_bytes(memory)}. The largest part is {largest.title} with "
            f"{largest.parameter_count:,} parameters and {size_of(largest.output_shape):,} outputs "
            "per sample. Give it fewer units, or use smaller batches.",
            Place("node", largest.id),
        )
    )


def in_bytes(n: float) -> str:
    """A number of bytes as a person reads it, such as ``1.5 GB``."""
    for unit in ("bytes", "KB", "MB", "GB"):
        if n < 1000:
            return f"{n:.3g} {unit}"
        n /= 1000
    return f"{n:,.3g} TB" if n < 1000 else f"{n:,.0f} TB"


def _windows_memory() -> int:  # pragma: no cover - the tests run elsewhere
    class Status(ctypes.Structure):
        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "a", "b", "c", "d", "e")),
        ]

    status = Status()
    status.length = ctypes.sizeof(Status)
    windll: Any = getattr(ctypes, "windll")  # noqa: B009 - only Windows has it
    windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return int(status.total)
