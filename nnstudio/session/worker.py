"""The thread in which everything slow happens.

A worker does what it is asked in the order it was asked. Between requests it goes on with its
*activity*, if it has one: an iterator such as the trainer's, of which it takes one item at a time
and looks after each whether somebody has asked for something. An exception in a request or an
activity, of whatever kind, becomes a Problem in the mailbox, and `failed` may put right what is
told of it; the thread lives on until it is closed.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from nnstudio.session.events import ProblemFound
from nnstudio.session.mailbox import Mailbox
from nnstudio.session.trouble import unforeseen
from nnstudio.spec import ProblemError

Request = Callable[[], None]

LONGEST_WAIT = 0.05  # seconds that an activity gives way at most, one item at a time


class Worker:
    """Owns the thread. `post` may be called from any thread, the rest belongs to requests."""

    def __init__(self, mailbox: Mailbox, name: str = "worker") -> None:
        self.mailbox = mailbox
        self.activity: Iterator[Any] | None = None
        self.hear: Callable[[Any], bool] = lambda event: True
        self.failed: Request = lambda: None
        self._inbox: deque[tuple[Request, int | None]] = deque()
        self._latest: tuple[Request, int | None] | None = None
        self._wake = threading.Event()
        self._way = threading.Event()
        self._way.set()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def post(self, request: Callable[..., None], *args: Any, ticket: int | None = None) -> None:
        """Ask for ``request(*args)`` in the worker's thread, after the present batch."""
        self._inbox.append((partial(request, *args), ticket))
        self._wake.set()

    def post_latest(self, request: Callable[..., None], *args: Any) -> None:
        """The same for something of which only the newest counts: one that waits gives way."""
        waiting = self._latest
        if waiting is not None:
            with suppress(ValueError):  # it was taken already
                self._inbox.remove(waiting)
        self._latest = (partial(request, *args), None)
        self._inbox.append(self._latest)
        self._wake.set()

    @contextmanager
    def giving_way(self) -> Iterator[None]:
        """Meanwhile the activity rests between two items, so that the caller has Python to itself.

        Otherwise two threads hand Python to and fro at every call that lets go of it, and the
        caller waits for the other one hundreds of times.
        """
        self._way.clear()
        try:
            yield
        finally:
            self._way.set()

    @property
    def closing(self) -> bool:
        """Whether the thread has been asked to end; long requests look at it."""
        return self._closing

    def close(self, timeout: float) -> bool:
        """Ask the thread to end after the present batch; whether it did so in time."""
        self._closing = True
        self._wake.set()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while not self._closing:
            if self._inbox:
                request, ticket = self._inbox.popleft()
                try:
                    request()
                except BaseException as error:
                    self._broke_off(error, ticket)
            elif self.activity is not None:
                try:
                    self._go_on()
                except BaseException as error:
                    self.activity = None
                    self._broke_off(error, None)
            else:
                self._wake.wait()
                self._wake.clear()

    def _go_on(self) -> None:
        """Take items of the activity until it ends, is told to pause, or somebody asks."""
        inbox, hear, way = self._inbox, self.hear, self._way
        assert self.activity is not None
        for event in self.activity:
            if not hear(event):
                return
            if inbox or self._closing:
                return
            if not way.is_set():
                way.wait(LONGEST_WAIT)
        self.activity = None

    def _broke_off(self, error: BaseException, ticket: int | None) -> None:
        """Tell of it and put right what was told before; even that must not end the thread."""
        self.report(error, ticket)
        try:
            self.failed()
        except BaseException as second:
            self.report(second)

    def report(self, error: BaseException, ticket: int | None = None) -> None:
        """Tell of an exception; nothing is raised."""
        if self._closing:
            return  # nobody listens any more
        with suppress(BaseException):
            if isinstance(error, ProblemError):
                for problem in error.problems:
                    self.mailbox.put(ProblemFound(problem, ticket))
            else:
                self.mailbox.put(ProblemFound(unforeseen(error), ticket))
