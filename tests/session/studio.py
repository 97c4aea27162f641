"""A session in a test: small real data, and waiting for what it tells."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nnstudio.project import templates
from nnstudio.project.commands import configure_training
from nnstudio.project.model import Project
from nnstudio.session.session import Session
from nnstudio.session.store import Store


def spiral(**setup: Any) -> Project:
    """The spiral project, its training changed."""
    project = templates.new("spiral")
    return configure_training(project, **setup) if setup else project


@contextmanager
def studio(project: Project) -> Iterator[Session]:
    session = Session(Store(project))
    try:
        yield session
    finally:
        assert session.close(5.0)


def wait(session: Session, until: Callable[[Any], bool], seconds: float = 20.0) -> list[Any]:
    """Drain until an event fulfils the condition; all events up to then."""
    heard: list[Any] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        events = session.drain()
        heard += events
        if any(until(event) for event in events):
            return heard
        time.sleep(0.002)
    raise AssertionError(f"waited in vain; heard {[type(e).__name__ for e in heard]}")


def wait_for(session: Session, kind: type, seconds: float = 20.0) -> Any:
    """The first event of this kind."""
    heard = wait(session, lambda event: isinstance(event, kind), seconds)
    return next(event for event in heard if isinstance(event, kind))


def wait_state(session: Session, *states: str, seconds: float = 20.0) -> list[Any]:
    """Drain until the session is in one of these states."""
    heard: list[Any] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        heard += session.drain()
        if session.state in states:
            return heard
        time.sleep(0.002)
    raise AssertionError(f"still {session.state}; heard {[type(e).__name__ for e in heard]}")
