"""What a user does with training: begin, pause, step, stop, reset, change things meanwhile."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnstudio.analysis.tape import ProbeRequest
from nnstudio.data.dataset import Dataset
from nnstudio.data.points import Spirals
from nnstudio.data.text_files import TextFile
from nnstudio.engine import Network, Trainer, measuring
from nnstudio.engine.events import Diverged, EpochFinished, TrainingFinished
from nnstudio.nn.layers.dropout import Dropout
from nnstudio.nn.optimizers.gradient_descent import SGD
from nnstudio.project.commands import (
    change_layer,
    configure_training,
    disconnect,
    insert_on_edge,
    set_data,
    set_learning_rate,
)
from nnstudio.project.setup import EarlyStopping
from nnstudio.session.events import (
    BatchesFinished,
    DataLoaded,
    EvaluationReady,
    ExportReady,
    GradientCheckReady,
    PictureReady,
    PredictionReady,
    ProbeReady,
    ProblemFound,
    ResultReady,
    RunStale,
)
from nnstudio.session.session import Session
from nnstudio.session.store import Store
from nnstudio.spec import Problem, ProblemError
from tests.session.studio import spiral, studio, wait, wait_for, wait_state


def same(one: Any, other: Any) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


def trained_without_a_session(epochs: int, project: Any) -> Any:
    with studio(project) as session:
        wait_for(session, DataLoaded)
        assert session.check.plan is not None
        assert session.dataset is not None
        network = Network(session.check.plan, project.training.loss, seed=project.training.seed)
        trainer = Trainer(network, session.dataset, project.training)
        for _ in trainer.run(epochs):
            pass
        return trainer.trained()


def test_the_data_of_a_project_is_loaded_by_itself() -> None:
    with studio(spiral()) as session:
        assert session.state == "loading"
        loaded = wait_for(session, DataLoaded)
        assert loaded.dataset is session.dataset
        assert session.state == "ready"


def test_train_pressed_while_data_loads_begins_as_soon_as_it_is_there() -> None:
    with studio(spiral(epochs=2)) as session:
        session.train()
        wait_for(session, TrainingFinished)


def test_training_through_the_session_gives_the_trainers_numbers_bit_for_bit() -> None:
    project = spiral(epochs=5)
    expected = trained_without_a_session(5, project)
    with studio(project) as session:
        session.watch_pictures(True)
        session.train()
        wait_for(session, ResultReady)
        trained = session.store.project.trained
        assert trained is not None
        assert same(trained.weights, expected.weights)
        assert [r.loss for r in trained.history] == [r.loss for r in expected.history]


def test_inspecting_while_training_changes_no_bit_of_the_result() -> None:
    project = spiral(epochs=40)
    expected = trained_without_a_session(40, project)
    with studio(project) as session:
        session.watch_pictures(True)
        session.train()
        tapes = 0
        heard: list[Any] = []
        while not any(isinstance(e, ResultReady) for e in heard):
            session.probe(ProbeRequest((tapes % 50,), around=tuple(range(32))))
            session.evaluate("validation")
            session.predict([0.1, 0.2])
            events = session.drain()
            heard += events
            tapes += sum(isinstance(e, ProbeReady) for e in events)
            time.sleep(0.005)
        assert tapes > 0
        trained = session.store.project.trained
        assert trained is not None
        assert same(trained.weights, expected.weights)


def test_one_step_is_one_batch_and_one_epoch_ends_with_the_epoch() -> None:
    with studio(spiral(epochs=20)) as session:
        session.step()
        heard = wait_state(session, "paused")
        (block,) = [e for e in heard if isinstance(e, BatchesFinished)]
        assert block.updates.tolist() == [1]
        session.epoch()
        wait_for(session, ResultReady)
        trained = session.store.project.trained
        assert trained is not None
        assert len(trained.history) == 1
        session.epoch()
        wait_for(session, ResultReady)
        trained = session.store.project.trained
        assert trained is not None
        assert len(trained.history) == 2


def test_steps_one_by_one_lead_to_the_same_weights_as_training_in_one_go() -> None:
    project = spiral(epochs=2)
    expected = trained_without_a_session(1, project)
    with studio(project) as session:
        heard: list[Any] = []
        while not any(isinstance(e, EpochFinished) for e in heard):
            session.step()
            heard += wait(session, lambda e: isinstance(e, ResultReady))
        trained = session.store.project.trained
        assert trained is not None
        assert same(trained.weights, expected.weights)


def test_pause_keeps_what_was_learnt_and_train_goes_on_from_there() -> None:
    with studio(spiral(epochs=100_000)) as session:
        session.train()
        wait_for(session, EpochFinished)
        session.pause()
        wait_for(session, ResultReady)
        assert session.state == "paused"
        first = session.store.project.trained
        assert first is not None
        assert first.checkpoint
        session.train()
        wait_for(session, EpochFinished)
        session.pause()
        wait_for(session, ResultReady)
        second = session.store.project.trained
        assert second is not None
        assert second.history[: len(first.history)] == first.history


def test_undo_of_training_brings_the_earlier_weights_back_for_the_next_step() -> None:
    with studio(spiral(epochs=100)) as session:
        session.step()
        wait_for(session, ResultReady)
        once = session.store.project.trained
        session.step()
        wait_for(session, ResultReady)
        twice = session.store.project.trained
        session.store.undo()
        assert session.store.project.trained is once
        session.step()
        wait_for(session, ResultReady)
        again = session.store.project.trained
        assert twice is not None
        assert again is not None
        assert same(again.weights, twice.weights)


def test_training_more_after_the_end_adds_epochs() -> None:
    with studio(spiral(epochs=3)) as session:
        for total in (3, 6):
            session.train()
            wait_for(session, ResultReady)
            trained = session.store.project.trained
            assert trained is not None
            assert len(trained.history) == total


def test_stop_ends_the_run_and_restores_the_best_weights() -> None:
    stopping = EarlyStopping(patience=10_000)
    with studio(spiral(epochs=100_000, early_stopping=stopping)) as session:
        session.train()
        wait_for(session, EpochFinished)
        session.stop()
        finished = wait_for(session, TrainingFinished)
        assert finished.reason == "stopped"
        assert finished.weights_epoch == finished.best_epoch
        wait_state(session, "ready")


def test_reset_gives_the_same_initial_weights_and_can_be_undone() -> None:
    project = spiral(epochs=2)
    with studio(project) as session:
        session.train()
        wait_for(session, ResultReady)
        first = session.store.project.trained
        session.reset()
        assert session.store.project.trained is None
        session.train()
        wait_for(session, ResultReady)
        second = session.store.project.trained
        assert first is not None
        assert second is not None
        assert same(first.weights, second.weights)
        session.store.undo()
        session.store.undo()
        assert session.store.project.trained is first


def test_new_weights_differ() -> None:
    with studio(spiral(epochs=1)) as session:
        session.train()
        wait_for(session, ResultReady)
        first = session.store.project.trained
        session.reinitialise()
        session.train()
        wait_for(session, ResultReady)
        second = session.store.project.trained
        assert first is not None
        assert second is not None
        assert not same(first.weights, second.weights)


def test_the_learning_rate_changes_in_the_middle_of_a_run() -> None:
    with studio(spiral(epochs=100_000)) as session:
        session.train()
        wait_for(session, EpochFinished)
        session.set_learning_rate(0.000123)
        wait(
            session,
            lambda e: isinstance(e, EpochFinished) and e.record.learning_rate == 0.000123,
        )
        assert session.state == "running"


def test_a_change_of_structure_during_a_run_is_told_and_disturbs_nothing() -> None:
    with studio(spiral(epochs=100_000)) as session:
        session.train()
        wait_for(session, EpochFinished)
        graph = session.store.project.graph
        edge = graph.edges[0].id
        session.store.do("Dropout", insert_on_edge, edge, Dropout(rate=0.1), 0.0, 0.0)
        wait_for(session, RunStale)
        wait_for(session, EpochFinished)
        session.pause()
        wait_for(session, ResultReady)


def test_a_result_whose_network_is_gone_waits_until_the_change_is_undone() -> None:
    with studio(spiral(epochs=100_000)) as session:
        session.train()
        wait_for(session, EpochFinished)
        node = session.store.project.graph.nodes[1]
        session.store.do("Units", change_layer, node.id, node.layer.replace(units=3))
        session.pause()
        wait_for(session, ProblemFound)
        assert session.store.project.trained is None
        session.store.undo()
        wait_for(session, ResultReady)
        assert session.store.project.trained is not None


def test_after_a_change_of_structure_training_starts_over() -> None:
    with studio(spiral(epochs=3)) as session:
        session.train()
        wait_for(session, ResultReady)
        graph = session.store.project.graph
        session.store.do("Dropout", insert_on_edge, graph.edges[0].id, Dropout(0.1), 0.0, 0.0)
        session.train()
        wait_for(session, ResultReady)
        trained = session.store.project.trained
        assert trained is not None
        assert len(trained.history) == 3


def test_a_changed_optimizer_goes_on_from_the_present_weights() -> None:
    with studio(spiral(epochs=2)) as session:
        session.train()
        wait_for(session, ResultReady)
        session.store.do("Optimizer", configure_training, optimizer=SGD(learning_rate=0.01))
        session.train()
        wait_for(session, ResultReady)
        trained = session.store.project.trained
        assert trained is not None
        assert len(trained.history) == 4


def test_a_saved_result_goes_on_in_a_new_session_bit_for_bit() -> None:
    project = spiral(epochs=4)
    expected = trained_without_a_session(4, project)
    with studio(project) as session:
        session.step()
        wait_for(session, ResultReady)
        session.epoch()
        wait_for(session, ResultReady)
        saved = session.store.project
    with studio(saved) as session:
        session.train()
        wait_for(session, ResultReady)
        trained = session.store.project.trained
        assert trained is not None
        assert same(trained.weights, expected.weights)


def test_a_run_that_blows_up_says_so_and_goes_on_from_the_last_good_epoch() -> None:
    with studio(spiral(epochs=30, optimizer=SGD(learning_rate=500.0))) as session:
        session.train()
        for _ in range(40):
            heard = wait_state(session, "ready")
            wait_state(session, "ready")
            if session.diverged is None and any(isinstance(e, TrainingFinished) for e in heard):
                break
            if session.diverged is not None:
                assert isinstance(session.diverged, Diverged)
                assert session.diverged.problem.title
                rate = session.store.project.training.optimizer.learning_rate
                session.halve_and_go_on()
                assert session.store.project.training.optimizer.learning_rate == rate / 2
                assert session.diverged is None
                wait(session, lambda e: isinstance(e, TrainingFinished))
        trained = session.store.project.trained
        assert trained is not None
        assert all(np.isfinite(w).all() for w in trained.weights.values())


def test_a_network_that_cannot_train_says_why_instead_of_training() -> None:
    with studio(spiral()) as session:
        wait_for(session, DataLoaded)
        edge = session.store.project.graph.edges[-1].id
        session.store.do("Cut", disconnect, edge)
        assert session.state == "idle"
        session.train()
        assert wait_for(session, ProblemFound).problem == session.obstacle


def test_an_exception_in_the_worker_becomes_a_problem_and_the_worker_lives_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("out of cheese")

    with studio(spiral(epochs=2)) as session:
        wait_for(session, DataLoaded)
        monkeypatch.setattr("nnstudio.analysis.evaluation.evaluate", broken)
        ticket = session.evaluate()
        found = wait_for(session, ProblemFound)
        assert found.ticket == ticket
        assert "out of cheese" in found.problem.explain
        session.train()
        wait_for(session, ResultReady)


def test_training_that_breaks_off_leaves_a_session_that_can_train_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with studio(spiral(epochs=2)) as session:
        with monkeypatch.context() as patched:
            patched.setattr(
                measuring, "measure", lambda *_: (_ for _ in ()).throw(MemoryError("no room"))
            )
            session.train()
            assert "memory" in wait_for(session, ProblemFound).problem.title
            wait_state(session, "ready")
        session.train()
        wait_for(session, ResultReady)


def test_loading_that_fails_says_why_and_a_change_of_the_data_mends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: Any) -> Dataset:
        raise ProblemError(Problem("The file is gone"))

    with monkeypatch.context() as patched:
        patched.setattr(Spirals, "load", refuse)
        with studio(spiral()) as session:
            assert wait_for(session, ProblemFound).problem.title == "The file is gone"
            assert session.state == "idle"
            patched.undo()
            session.load_data(again=True)
            wait_for(session, DataLoaded)
            assert session.state == "ready"


def test_closing_takes_no_longer_than_two_seconds_in_the_middle_of_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Session(Store(spiral(epochs=1_000_000)))
    session.train()
    wait_for(session, EpochFinished)
    began = time.monotonic()
    assert session.close(2.0)
    assert time.monotonic() - began < 2.0

    def slow(self: Any) -> Dataset:
        time.sleep(6.0)
        raise AssertionError("nobody waits for this")

    monkeypatch.setattr(Spirals, "load", slow)
    loading = Session(Store(spiral()))
    began = time.monotonic()
    assert loading.close(2.0)
    assert time.monotonic() - began < 2.0


def test_thumbnails_and_figures_come_for_every_card() -> None:
    with studio(spiral()) as session:
        session.watch_pictures(True)
        picture = wait_for(session, PictureReady)
        ids = {node.id for node in session.store.project.graph.nodes}
        assert set(picture.thumbnails) == ids | {"loss"}
        assert set(picture.figures) == ids


def test_questions_are_answered_with_their_tickets(tmp_path: Path) -> None:
    with studio(spiral()) as session:
        wait_for(session, DataLoaded)
        ticket = session.evaluate()
        answer = wait_for(session, EvaluationReady)
        assert answer.ticket == ticket
        assert answer.evaluation.confusion.sum() == answer.evaluation.count
        ticket = session.predict([0.5, -0.5])
        assert wait_for(session, PredictionReady).ticket == ticket
        ticket = session.gradient_check()
        checked = wait_for(session, GradientCheckReady)
        assert checked.ticket == ticket
        assert checked.result.passed
        ticket = session.export(tmp_path / "model.npz")
        assert wait_for(session, ExportReady).ticket == ticket
        assert (tmp_path / "model.npz").exists()


def test_a_question_before_there_is_data_is_answered_with_a_problem() -> None:
    with studio(spiral()) as session:
        ticket = session.evaluate()
        assert wait_for(session, ProblemFound).ticket == ticket


def test_progress_knows_the_epoch_and_the_time_left() -> None:
    with studio(spiral(epochs=100_000)) as session:
        session.train()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            session.drain()
            progress = session.progress
            if progress is not None and progress.seconds_left is not None:
                break
            time.sleep(0.01)
        assert progress is not None
        assert progress.seconds_left is not None
        assert progress.epochs == 100_000
        assert 0 < progress.fraction < 1


def test_a_setting_that_counts_later_is_told_once() -> None:
    with studio(spiral(epochs=100_000)) as session:
        session.train()
        wait_for(session, EpochFinished)
        session.store.do("Rate", set_learning_rate, 0.002)
        session.store.do("Epochs", configure_training, epochs=50)
        session.store.do("Batch", configure_training, batch_size=16)
        heard = wait(session, lambda e: isinstance(e, EpochFinished))
        assert sum(isinstance(e, RunStale) for e in heard) == 1


def test_a_long_check_does_not_hold_up_the_end() -> None:
    session = Session(Store(spiral()))
    wait_for(session, DataLoaded)
    session.gradient_check(per_parameter=10_000_000)
    time.sleep(0.1)
    began = time.monotonic()
    assert session.close(2.0)
    assert time.monotonic() - began < 2.0


def test_a_path_below_the_home_of_nobody_is_told_and_not_loaded_for_ever() -> None:
    project = set_data(spiral(), TextFile(path="~nobody-of-this-name/a.csv"))
    with studio(project) as session:
        session.load_data()
        found = wait_for(session, ProblemFound)
        assert "a.csv" in found.problem.title
        assert session.state != "loading"
