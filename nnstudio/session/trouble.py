"""Exceptions that nobody foresaw: what the learner is told, and the details for a report."""

from __future__ import annotations

import platform
import sys
import traceback
from collections import OrderedDict
from threading import Lock

import nnstudio
from nnstudio.spec import Place, Problem

MOST = 20  # different causes that are kept
DEEPEST = 30  # calls of a trace by which a cause is known

Cause = tuple[object, ...]

_lock = Lock()
_known: OrderedDict[Cause, tuple[int, str]] = OrderedDict()  # how often, and the latest trace


def unforeseen(error: BaseException) -> Problem:
    """What is told about an exception that nobody foresaw; its trace is kept for `details`."""
    note(error)
    return told_of(error)


def told_of(error: BaseException) -> Problem:
    """An exception in words for the learner."""
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
    """Keep the trace of an exception; whether nothing came from the same lines before.

    The message does not count: it may hold a number that is another one each time.
    """
    frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
    cause = (type(error).__qualname__, *((frame.filename, frame.lineno) for frame in frames))
    trace = "".join(traceback.format_exception(error))
    with _lock:
        count, _ = _known.get(cause, (0, ""))
        _known[cause] = (count + 1, trace)
        while len(_known) > MOST:
            _known.popitem(last=False)
    return count == 0


def details() -> str:
    """The traces of this session with the versions they come from, to be sent to somebody."""
    with _lock:
        traces = list(_known.values())
    head = (
        f"NN Studio {nnstudio.__version__}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}{_versions()}"
    )
    told = [f"{count} ×\n{trace}" if count > 1 else trace for count, trace in traces]
    return "\n".join([head, *told])


def forget() -> None:
    """The traces were dealt with."""
    with _lock:
        _known.clear()


def _versions() -> str:
    """Of the large libraries, as far as they are loaded."""
    found = [(name, getattr(sys.modules.get(name), "__version__", "")) for name in _LIBRARIES]
    return "".join(f", {name} {version}" for name, version in found if version)


_LIBRARIES = ("PySide6", "numpy", "scipy", "cupy")
