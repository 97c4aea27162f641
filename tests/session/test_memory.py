"""What is no longer needed is let go."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

from nnstudio.session import store as store_module
from nnstudio.session.events import DataLoaded, ResultReady
from nnstudio.session.mailbox import Mailbox
from nnstudio.session.worker import Worker
from tests.session.studio import spiral, studio, wait_for


def test_trained_states_that_undo_cannot_reach_any_more_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store_module, "MOST_STEPS", 3)
    states: list[weakref.ref[Any]] = []
    with studio(spiral()) as session:
        wait_for(session, DataLoaded)
        for _ in range(8):
            session.step()
            wait_for(session, ResultReady)
            assert session.store.project.trained is not None
            states.append(weakref.ref(session.store.project.trained))
        gc.collect()
        assert [state() is not None for state in states] == [False] * 4 + [True] * 4


def test_the_last_training_of_a_huge_network_can_be_undone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store_module, "MOST_BYTES", 10)
    with studio(spiral()) as session:
        wait_for(session, DataLoaded)
        for _ in range(3):
            session.step()
            wait_for(session, ResultReady)
        last = session.store.project.trained
        assert session.store.undo()
        assert session.store.project.trained not in (None, last)
        assert session.store.undo_label is None


def test_pictures_asked_for_faster_than_they_are_made_do_not_wait_in_a_row() -> None:
    asked: list[int] = []
    begun, going = threading.Event(), threading.Event()
    worker = Worker(Mailbox())
    worker.post(lambda: (begun.set(), going.wait(5.0)))
    assert begun.wait(5.0)
    for number in range(50):
        worker.post_latest(asked.append, number)
    worker.post(asked.append, -1)
    worker.post_latest(asked.append, 50)
    done = threading.Event()
    worker.post(done.set)
    going.set()
    assert done.wait(5.0)
    assert asked == [-1, 50]
    assert worker.close(5.0)
