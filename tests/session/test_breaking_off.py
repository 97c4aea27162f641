"""Whatever goes wrong in the worker, what was learned before it is in the project."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnstudio.analysis import thumbnails
from nnstudio.data.points import Spirals
from nnstudio.engine import checkpoint, measuring, snapshots
from nnstudio.engine.events import EpochFinished, TrainingFinished
from nnstudio.engine.updating import Updater
from nnstudio.project.commands import configure_training, set_learning_rate
from nnstudio.project.model import Trained
from nnstudio.session.events import DataLoaded, ProblemFound, ResultReady, SnapshotReady
from nnstudio.session.session import Session
from nnstudio.spec import Problem, Severity
from tests.session.studio import spiral, studio, wait, wait_for, wait_state


@pytest.fixture
def whole() -> Trained:
    """Three epochs without any trouble."""
    with studio(project()) as session:
        session.train()
        wait_for(session, TrainingFinished)
        wait_state(session, "ready")
        return trained(session)


def project(**setup: Any) -> Any:
    return spiral(**{"epochs": 3, "batch_size": 32, "early_stopping": None, **setup})


def trained(session: Session) -> Trained:
    found = session.store.project.trained
    assert found is not None
    return found


def same(one: Trained, other: Trained) -> bool:
    return all(np.array_equal(one.weights[key], other.weights[key]) for key in other.weights)


def failing(call: Callable[..., Any], at: int, error: BaseException, late: bool = False) -> Any:
    """The same function, but its call number ``at`` raises, ``late`` after it was done."""
    calls = 0

    def tried(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at and late:
            call(*args, **named)
        if calls == at:
            raise error
        return call(*args, **named)

    return tried


ERRORS = [RuntimeError("out of cheese"), MemoryError(), SystemExit(3), KeyboardInterrupt()]


def steps_per_epoch(session: Session) -> int:
    assert session.dataset is not None
    return -(-len(session.dataset.train) // 32)


@pytest.mark.parametrize("error", ERRORS, ids=[type(error).__name__ for error in ERRORS])
def test_an_error_in_a_batch_keeps_the_batches_before_and_training_goes_on_from_them(
    monkeypatch: pytest.MonkeyPatch, whole: Trained, error: BaseException
) -> None:
    with studio(project()) as session:
        wait_for(session, DataLoaded)
        monkeypatch.setattr(Updater, "compute", failing(Updater.compute, 15, error))
        session.train()
        heard = wait(session, lambda event: isinstance(event, ResultReady))
        told = [event.problem for event in heard if isinstance(event, ProblemFound)]
        assert len(told) == 1
        assert session.state == "ready"
        assert "kept" in session.text
        steps = steps_per_epoch(session)
        assert (len(trained(session).history), trained(session).step) == divmod(14, steps)
        session.train()
        wait_for(session, TrainingFinished)
        wait_state(session, "ready")
        assert same(trained(session), whole), "not one batch was lost or done twice"


def test_an_error_in_the_middle_of_an_update_keeps_the_last_epoch_and_no_half_of_a_step(
    monkeypatch: pytest.MonkeyPatch, whole: Trained
) -> None:
    with studio(project()) as session:
        wait_for(session, DataLoaded)
        steps = steps_per_epoch(session)
        broken = failing(Updater.update, steps + 3, MemoryError(), late=True)
        monkeypatch.setattr(Updater, "update", broken)
        session.train()
        wait_for(session, ResultReady)
        assert len(trained(session).history) == 1
        assert trained(session).step == 0
        session.train()
        wait_for(session, TrainingFinished)
        wait_state(session, "ready")
        assert same(trained(session), whole)


def test_a_copy_that_is_later_than_the_last_epoch_is_kept_instead(
    monkeypatch: pytest.MonkeyPatch, whole: Trained
) -> None:
    with studio(project()) as session:
        wait_for(session, DataLoaded)
        steps, updates = steps_per_epoch(session), 0
        update = Updater.update

        def copied_and_broken(self: Updater, *args: Any) -> None:
            nonlocal updates
            updates += 1
            update(self, *args)
            if updates == steps + 2:
                session.snapshot()  # answered before the next batch
            if updates == steps + 4:
                raise MemoryError

        monkeypatch.setattr(Updater, "update", copied_and_broken)
        session.train()
        heard = wait(session, lambda event: isinstance(event, ResultReady))
        assert any(isinstance(event, SnapshotReady) for event in heard)
        assert (len(trained(session).history), trained(session).step) == (1, 2)
        session.train()
        wait_for(session, TrainingFinished)
        wait_state(session, "ready")
        assert same(trained(session), whole)


def test_an_error_in_the_first_batch_leaves_the_project_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with studio(project()) as session:
        wait_for(session, DataLoaded)
        before = session.store.project
        monkeypatch.setattr(Updater, "update", failing(Updater.update, 1, MemoryError(), True))
        session.train()
        wait_for(session, ProblemFound)
        wait_state(session, "ready")
        assert session.store.project is before


def test_an_error_while_the_validation_set_is_measured_keeps_the_epoch(
    monkeypatch: pytest.MonkeyPatch, whole: Trained
) -> None:
    with studio(project()) as session:
        wait_for(session, DataLoaded)
        monkeypatch.setattr(measuring, "measure", failing(measuring.measure, 2, MemoryError()))
        session.train()
        wait_for(session, ResultReady)
        assert len(trained(session).history) == 1
        session.train()
        wait_for(session, TrainingFinished)
        wait_state(session, "ready")
        assert same(trained(session), whole)
        assert [record.epoch for record in trained(session).history] == [1, 2, 3]


def test_pictures_that_fail_cost_the_pictures_and_not_the_training(
    monkeypatch: pytest.MonkeyPatch, whole: Trained
) -> None:
    def broken(*_: Any) -> None:
        raise MemoryError

    with studio(project()) as session:
        wait_for(session, DataLoaded)
        monkeypatch.setattr(thumbnails, "look", broken)
        session.watch_pictures(True)
        wait_for(session, ProblemFound)
        session.train()
        heard = wait(session, lambda event: isinstance(event, ResultReady))
        assert any(isinstance(event, TrainingFinished) for event in heard)
        assert len([event for event in heard if isinstance(event, ProblemFound)]) <= 1
        assert same(trained(session), whole)


@pytest.mark.parametrize("times", [1, 3])
def test_a_result_that_does_not_fit_into_memory_is_delivered_as_soon_or_as_bare_as_it_can(
    monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    write, failures = checkpoint.write, 0

    def tight(*args: Any) -> bytes:
        nonlocal failures
        failures += 1
        if failures <= times:
            raise MemoryError
        return write(*args)

    with studio(project(epochs=1000)) as session:
        session.train()
        wait_for(session, EpochFinished)
        monkeypatch.setattr(checkpoint, "write", tight)
        session.pause()
        wait_for(session, ResultReady)
        assert session.state != "running"
        assert trained(session).history
        assert bool(trained(session).checkpoint) == (times == 1)
        monkeypatch.undo()
        session.train()
        wait_for(session, EpochFinished)
        session.pause()
        wait_for(session, ResultReady)


def test_a_full_folder_for_temporary_files_neither_stops_training_nor_stepping_back(
    monkeypatch: pytest.MonkeyPatch, whole: Trained
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(snapshots, "_LARGE", 0)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with studio(project()) as session:
        session.train()
        heard = wait(session, lambda event: isinstance(event, ResultReady))
        assert not any(isinstance(event, ProblemFound) for event in heard)
        assert same(trained(session), whole)
        assert session.can_step_back
        session.step_back()
        wait_for(session, ResultReady)
        assert len(trained(session).history) == 2


def test_no_room_for_earlier_states_does_not_stop_training(
    monkeypatch: pytest.MonkeyPatch, whole: Trained
) -> None:
    take, taken = snapshots.take, 0

    def tight(*args: Any) -> Any:
        nonlocal taken
        taken += 1
        if taken > 1:
            raise MemoryError
        return take(*args)

    monkeypatch.setattr(snapshots, "take", tight)
    with studio(project()) as session:
        session.train()
        heard = wait(session, lambda event: isinstance(event, ResultReady))
        assert not any(isinstance(event, ProblemFound) for event in heard)
        assert same(trained(session), whole)


@pytest.mark.parametrize("error", ERRORS, ids=[type(error).__name__ for error in ERRORS])
def test_data_that_ends_with_any_error_is_not_loaded_for_ever(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def broken(self: Any) -> Any:
        raise error

    monkeypatch.setattr(Spirals, "load", broken)
    with studio(spiral()) as session:
        wait_for(session, ProblemFound)
        assert session.state == "idle"


def test_somebody_who_raises_on_hearing_of_a_change_does_not_leave_training_for_ever() -> None:
    with studio(project(epochs=2)) as session:
        wait_for(session, DataLoaded)

        def broken(change: Any) -> None:
            if "trained" in change.kinds:
                unsubscribe()
                raise RuntimeError("a panel is broken")

        unsubscribe = session.store.subscribe(broken)
        session.train()
        with pytest.raises(RuntimeError, match="a panel is broken"):
            wait(session, lambda event: isinstance(event, ResultReady))
        wait_state(session, "ready")
        assert session.store.project.trained is not None


def test_that_training_moved_to_the_cpu_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network of every run says that its device could not be had."""
    from nnstudio.engine import network

    why = Problem("There is no graphics card", "Training runs on the CPU.", severity=Severity.HINT)
    ops, _ = network.open_device("cpu", "float32")
    monkeypatch.setattr(network, "open_device", lambda device, dtype: (ops, why))
    with studio(project(epochs=1)) as session:
        wait_for(session, DataLoaded)
        told = []
        for rate in (0.1, 0.01, 0.02):
            session.store.do("Rate", set_learning_rate, rate)
            session.store.do("Seed", configure_training, seed=round(rate * 100))
            session.train()
            heard = wait(session, lambda event: isinstance(event, TrainingFinished))
            told += [event.problem for event in heard if isinstance(event, ProblemFound)]
            wait_state(session, "ready")
        assert told == [why]
