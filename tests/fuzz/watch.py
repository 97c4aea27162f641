"""Watching one attempt: how it ended, how long it took, and how far memory grew."""

from __future__ import annotations

import contextlib
import faulthandler
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

SLOWEST = 2.0  # seconds of work, whatever else the machine does
LARGEST = 500 * 10**6  # bytes of growth
GIVE_UP = 60  # seconds after which an attempt is broken off
_ROOM = 3 * 10**9  # bytes beyond what is in use, so that a bomb does not take the machine with it

#: Words of Python's own errors, which say nothing to a learner.
PYTHON = (
    *("object has no", "object is not", "__init__", "Traceback", "argument", "not subscriptable"),
    *("<ast.", "<class", "NoneType", "to unpack", "out of range", "Errno"),
)

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt: opened, refused, or escaped for a reason."""

    ending: str  # opened | refused | escaped
    what: str  # the refusal's title, or the exception
    seconds: float
    grown: int
    trace: str = ""


def attempt(action: Callable[[], None], refusals: tuple[type[Exception], ...]) -> Outcome:
    """Carry out an action and say how it ended."""
    before = _begin()
    start = time.process_time()
    ending, what, trace = "opened", "", ""
    try:
        action()
    except refusals as error:
        ending, what = "refused", str(error).split("\n", 1)[0][:100]
        if word := next((word for word in PYTHON if word in str(error)), ""):
            ending, what = "escaped", f"a learner reads “{word}”: {str(error)[:160]}"
    except Exception as error:
        ending, what = "escaped", f"{type(error).__name__}: {str(error)[:160]}"
        trace = "".join(traceback.format_exception(error, limit=-6))
    seconds = time.process_time() - start
    grown = _peak() - before
    if ending != "escaped" and seconds > SLOWEST:
        ending, what = "escaped", f"took {seconds:.1f} s, {ending}: {what}"
    elif ending != "escaped" and grown > LARGEST:
        ending, what = "escaped", f"grew by {grown / 1e6:,.0f} MB, {ending}: {what}"
    return Outcome(ending, what, seconds, grown, trace)


class BrokenOffError(BaseException):
    """An attempt took so long that it was broken off."""


@contextlib.contextmanager
def watchdog(seconds: int = GIVE_UP) -> Iterator[None]:
    """Break off what hangs inside; where even that fails, say where it hangs and end."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise BrokenOffError(f"broken off after {seconds} s")

    earlier = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, earlier)


@contextlib.contextmanager
def limits() -> Iterator[None]:
    """Memory that this process may take at most, and an end to what hangs in one call."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = _field("VmSize")
    if used:
        resource.setrlimit(resource.RLIMIT_AS, (used + _ROOM, hard))
    faulthandler.enable(sys.__stderr__)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def alive(seconds: int = 6 * GIVE_UP) -> None:
    """Postpone the end that comes when nothing moves any more."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__)


def rest() -> None:
    """No more watching."""
    faulthandler.cancel_dump_traceback_later()


def _begin() -> int:
    with contextlib.suppress(OSError):
        _CLEAR.write_text("5")  # the peak begins anew
    return _field("VmRSS") or _usage()


def _peak() -> int:
    return _field("VmHWM") or _usage()


def _field(name: str) -> int:
    try:
        for line in _STATUS.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 0


def _usage() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
