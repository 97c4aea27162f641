"""Training rests while the screen paints, and the numbers of many epochs arrive together."""

from __future__ import annotations

import time

from nnstudio.engine.events import BatchFinished, EpochFinished, TrainingStarted
from nnstudio.project.model import EpochRecord
from nnstudio.session.events import BatchesFinished
from nnstudio.session.mailbox import Mailbox
from nnstudio.session.worker import LONGEST_WAIT
from tests.session.studio import spiral, studio, wait_for, wait_state


def test_training_rests_while_the_screen_works_and_goes_on_afterwards() -> None:
    with studio(spiral(epochs=1_000_000)) as session:
        session.train()
        wait_for(session, EpochFinished)
        for _ in range(20):
            session.drain()
            with session.giving_way():
                time.sleep(0.4 * LONGEST_WAIT)
                session.drain()  # what was under way when it was asked to rest
                began = time.monotonic()
                time.sleep(0.3 * LONGEST_WAIT)
                rested = not [e for e in session.drain() if isinstance(e, BatchesFinished)]
                in_time = time.monotonic() - began < 0.5 * LONGEST_WAIT
            if in_time:  # a machine that was busy elsewhere proves nothing
                assert rested
                break
        assert wait_for(session, BatchesFinished)


def test_a_screen_that_never_comes_back_does_not_stop_training() -> None:
    with studio(spiral(epochs=1_000_000)) as session:
        session.train()
        wait_state(session, "running")
        wait_for(session, EpochFinished)
        with session.giving_way():
            time.sleep(2 * LONGEST_WAIT)
            assert wait_for(session, BatchesFinished)


def test_many_epochs_of_a_tiny_network_arrive_as_one_row_and_their_records() -> None:
    box = Mailbox()
    start = TrainingStarted(100, 1, 2, 8, 4)
    box.put(start)
    for update in range(1, 41):
        box.put(BatchFinished((update + 1) // 2, 2 - update % 2, update, 1.0, None, 0.1 * update))
        if update % 2 == 0:
            epoch = update // 2
            record = EpochRecord(epoch, update, 1.0, 0.5, 0.001, 0.1 * update)
            box.put(EpochFinished(record, None, None, None))
    first, row, *epochs = box.drain()
    assert first is start
    assert isinstance(row, BatchesFinished)
    assert row.updates.tolist() == list(range(1, 41))
    assert [event.record.epoch for event in epochs] == list(range(1, 21))
