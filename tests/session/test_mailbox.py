"""The mailbox loses no number, keeps the order, and passes on only the newest picture."""

from __future__ import annotations

import threading
from time import perf_counter

import numpy as np

from nnstudio.engine.events import BatchFinished, TrainingStarted
from nnstudio.session.events import BatchesFinished
from nnstudio.session.mailbox import Mailbox


def batch(update: int, accuracy: float | None = 0.5) -> BatchFinished:
    return BatchFinished(1, update, update, 1.0 / update, accuracy, update * 0.1)


def test_neighbouring_batches_arrive_as_one_block_of_arrays() -> None:
    box = Mailbox()
    for update in range(1, 6):
        box.put(batch(update))
    (block,) = box.drain()
    assert isinstance(block, BatchesFinished)
    assert block.updates.tolist() == [1, 2, 3, 4, 5]
    assert block.losses[1] == 0.5
    assert block.accuracies is not None
    assert box.drain() == []


def test_the_order_among_different_events_is_kept() -> None:
    box = Mailbox()
    start = TrainingStarted(1, 1, 4, 4, 1)
    box.put(batch(1))
    box.put(start)
    box.put(batch(2))
    first, second, third = box.drain()
    assert (first.updates[0], third.updates[0]) == (1, 2)
    assert second is start


def test_without_accuracy_the_block_has_none() -> None:
    box = Mailbox()
    box.put(batch(1, None))
    (block,) = box.drain()
    assert block.accuracies is None


def test_only_the_newest_picture_of_a_kind_is_kept_and_it_comes_last() -> None:
    box = Mailbox()
    for picture in ("old", "new"):
        box.put_picture("cards", picture)
    box.put(batch(1))
    events = box.drain()
    assert events[1:] == ["new"]


def test_a_hundred_thousand_updates_that_nobody_fetched_are_all_there_in_little_memory() -> None:
    box = Mailbox()
    for update in range(1, 100_001):
        box.put(batch(update))
    events = box.drain()
    assert len(events) <= 10
    assert np.concatenate([e.updates for e in events]).tolist() == list(range(1, 100_001))


def test_nothing_is_lost_between_two_threads() -> None:
    box = Mailbox()
    total = 30_000

    def fill() -> None:
        for update in range(1, total + 1):
            box.put(batch(update))

    thread = threading.Thread(target=fill)
    thread.start()
    seen: list[int] = []
    while thread.is_alive():
        seen += [u for event in box.drain() for u in event.updates.tolist()]
    seen += [u for event in box.drain() for u in event.updates.tolist()]
    thread.join()
    assert seen == list(range(1, total + 1))


def test_putting_costs_little_enough_for_fifty_thousand_updates_a_second() -> None:
    box = Mailbox()
    event = batch(1)
    began = perf_counter()
    for _ in range(20_000):
        box.put(event)
    assert (perf_counter() - began) / 20_000 < 5e-6
