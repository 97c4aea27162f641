"""Exceptions that nobody foresaw: what the learner is told, and the details for a report."""

from __future__ import annotations

import platform
import sys
import traceback
from collections import OrderedDict
from threading import Lock

import nnstudio
from nnstudio.spec import Place, Problem

MOST = 20  # different traces that are kept

_lock = Lock()
_traces: OrderedDict[str, int] = OrderedDict()


def unforeseen(error: BaseException) -> Problem:
    """What is told about an exception that nobody foresaw; its trace is kept for `details`."""
    note(error)
    if isinstance(error, MemoryError):
        return Problem(
            "There is not enough memory for this",
            "Try a smaller batch, fewer units or less data. Nothing of yours is lost.",
            Place("run"),
        )
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Problem(
        "Something went wrong inside the app",
        f"{what}. What you have made is still there; save it under a new name if the message "
        "comes back.",
        Place("run"),
    )


def note(error: BaseException) -> bool:
    """Keep the trace of an exception; whether its like was not there before."""
    trace = "".join(traceback.format_exception(error))
    with _lock:
        new = trace not in _traces
        _traces[trace] = _traces.get(trace, 0) + 1
        while len(_traces) > MOST:
            _traces.popitem(last=False)
    return new


def details() -> str:
    """The traces of this session with the versions they come from, to be sent to somebody."""
    with _lock:
        traces = list(_traces.items())
    head = (
        f"NN Studio {nnstudio.__version__}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}{_versions()}"
    )
    told = [f"{count} ×\n{trace}" if count > 1 else trace for trace, count in traces]
    return "\n".join([head, *told])


def forget() -> None:
    """The traces were dealt with."""
    with _lock:
        _traces.clear()


def _versions() -> str:
    """Of the large libraries, as far as they are loaded."""
    found = [(name, getattr(sys.modules.get(name), "__version__", "")) for name in _LIBRARIES]
    return "".join(f", {name} {version}" for name, version in found if version)


_LIBRARIES = ("PySide6", "numpy", "scipy", "cupy")
