"""Devices by name: ``cpu``, ``cuda:0`` and so on, with a fall back that says why."""

from __future__ import annotations

from nnstudio.engine.numpy_ops import NumpyOps
from nnstudio.engine.ops import Ops
from nnstudio.spec import Place, Problem, ProblemError, Severity


def open_device(name: str = "cpu", dtype: str = "float32") -> tuple[Ops, Problem | None]:
    """The arithmetic of a device, and the reason if it had to be the CPU instead.

    Raises `ProblemError` for a name that is no device's.
    """
    if name == "cpu":
        return NumpyOps(dtype=dtype), None
    kind, _, index = name.partition(":")
    if kind != "cuda" or not (index or "0").isdigit():
        raise ProblemError(
            Problem(
                f"There is no device named {name!r}",
                "Known names are cpu, cuda:0, cuda:1 and so on.",
                Place("training"),
            )
        )
    from nnstudio.engine.cupy_ops import CupyOps, why_unavailable

    reason = why_unavailable(int(index or 0))
    if reason is None:
        return CupyOps(dtype=dtype, device=f"cuda:{int(index or 0)}"), None
    return NumpyOps(dtype=dtype), Problem(
        f"The graphics card {name} cannot be used; training runs on the CPU",
        reason,
        Place("training"),
        Severity.WARNING,
    )


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a graphics card's memory is full (CuPy's is no MemoryError)."""
    return type(error).__name__ == "OutOfMemoryError"


def card_is_full(device: str) -> Problem:
    """What is told when a graphics card runs out of memory."""
    return Problem(
        f"The memory of the graphics card {device} is full; training goes on on the CPU",
        "Nothing is lost: the batch was done again. Smaller batches need less memory.",
        Place("training"),
        Severity.WARNING,
    )


def devices() -> tuple[str, ...]:
    """The names of the devices that can be used here."""
    from nnstudio.engine.cupy_ops import count

    return ("cpu", *(f"cuda:{k}" for k in range(count())))
