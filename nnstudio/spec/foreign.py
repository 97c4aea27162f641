"""Files and texts that come from elsewhere: what is let in, and how the rest is refused.

A reader stands behind one door. Whatever a hostile file makes Python raise (MemoryError,
RecursionError, TokenError, OverflowError ...) leaves it as one `ProblemError`.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnstudio.spec.problem import Place, Problem, ProblemError

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@contextmanager
def one_door(where: Place, title: str, explain: str) -> Iterator[None]:
    """Turn any exception of a reader inside into one `ProblemError` with these words.

    What Python says of it is for programmers: it stays with the error, as its cause.
    """
    try:
        yield
    except ProblemError:
        raise
    except MemoryError as error:
        short = "There is not enough memory to read it."
        raise ProblemError(Problem(title, f"{short} {explain}", where)) from error
    except Exception as error:
        raise ProblemError(Problem(title, f"{_said(error)}{explain}", where)) from error


def refuse_device(path: str | Path, where: Place) -> None:
    """Raise `ProblemError` for a pipe, socket or device, whose content may never end.

    Raises OSError if there is nothing at this path.
    """
    mode = os.stat(path).st_mode  # noqa: PTH116 - a name with a zero byte is told by ValueError
    what = next((what for is_it, what in _KINDS if is_it(mode)), "")
    if what:
        raise ProblemError(
            Problem(
                f"{Path(path).name} is {what}, not a file",
                "What it gives may never end. Copy what you need into a file and choose that.",
                where,
            )
        )


def is_text(written: str) -> bool:
    """Whether a string consists of characters: no half of a pair, as in undecodable file names."""
    try:
        written.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_text(name: str) -> str:
    """A name as text: bytes that are no UTF-8 are read as Windows-1252 (Western European)."""
    if is_text(name):
        return name
    try:
        return name.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    except UnicodeEncodeError:  # halves of pairs that stand for no byte
        return name.encode("utf-8", "replace").decode()


def _said(error: Exception) -> str:
    """What the system says, such as that access is denied."""
    if not isinstance(error, OSError) or error.errno == errno.EINVAL:  # of a place in a file
        return ""
    return f"{error.strerror}. " if error.strerror else ""
