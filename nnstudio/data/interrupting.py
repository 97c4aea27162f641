"""Reading that can be broken off: a large file is not read to its end when nobody waits for it.

Whoever reads in a thread of its own says how it learns that the result is no longer wanted; the
readers look up now and then. Without that they read to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")

EVERY = 2_000  # items between two looks

_unwanted: ContextVar[Callable[[], bool]] = ContextVar("unwanted", default=lambda: False)


class InterruptedReadingError(BaseException):
    """Nobody waits for what is being read; no fault of the file, so no reader's door keeps it."""


@contextmanager
def interruptible(unwanted: Callable[[], bool]) -> Iterator[None]:
    """Inside, reading ends with `InterruptedReadingError` once `unwanted` says so."""
    token = _unwanted.set(unwanted)
    try:
        yield
    finally:
        _unwanted.reset(token)


def look_up() -> None:
    """Raise `InterruptedReadingError` if the result is no longer wanted."""
    if _unwanted.get()():
        raise InterruptedReadingError


def in_parts(items: Sequence[Item], size: int = 20_000) -> Iterator[Sequence[Item]]:
    """The items in slices, looking up before each; between two, other threads get their turn."""
    for start in range(0, len(items), size):
        look_up()
        yield items[start : start + size]


def watched(items: Iterable[Item]) -> Iterator[Item]:
    """The items one by one, looking up now and then."""
    for number, item in enumerate(items):
        if number % EVERY == 0:
            look_up()
        yield item
