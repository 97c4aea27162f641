"""Stepping back an epoch, and what early stopping and a full graphics card tell the learner."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.cupy_ops import CupyOps
from nnstudio.engine.events import BatchFinished, MovedToCpu
from nnstudio.project import fixes
from nnstudio.project.commands import configure_layer
from nnstudio.project.model import Trained
from nnstudio.project.setup import EarlyStopping
from nnstudio.session.events import DataLoaded, ProblemFound, ResultReady
from nnstudio.session.session import Session
from nnstudio.spec import Severity
from tests.engine.strict import xp
from tests.session.studio import spiral, studio, wait, wait_for, wait_state


def same(one: Any, other: Any) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


def result(session: Session) -> Trained:
    """The next result of training, which by then stands in the project."""
    trained = wait_for(session, ResultReady).trained
    assert session.store.project.trained is trained
    assert isinstance(trained, Trained)
    return trained


def test_stepping_back_gives_exactly_the_epoch_before_and_can_be_undone() -> None:
    with studio(spiral(epochs=6)) as session:
        kept = []
        for _ in range(3):
            session.epoch()
            kept.append(result(session))
        assert session.can_step_back
        session.step_back()
        back = result(session)
        assert same(back.weights, kept[1].weights)
        assert back.history == kept[1].history
        assert back.weights_epoch == 2
        assert session.state == "ready"
        assert session.text == "Back at epoch 2"
        assert session.store.undo_label == "Step back one epoch"
        session.epoch()
        again = result(session)
        assert same(again.weights, kept[2].weights)
        assert [r.loss for r in again.history] == [r.loss for r in kept[2].history]
        session.step_back()
        result(session)
        session.store.undo()
        assert session.store.project.trained is again
        session.epoch()
        assert len(result(session).history) == 4


def test_the_first_step_back_in_an_epoch_goes_to_its_beginning() -> None:
    with studio(spiral(epochs=6)) as session:
        session.epoch()
        first = result(session)
        session.step()
        assert not same(result(session).weights, first.weights)
        assert session.can_step_back
        session.step_back()
        assert same(result(session).weights, first.weights)
        session.step_back()
        start = result(session)
        assert start.history == ()
        assert session.text == "Back at the initial weights"
        assert session.progress is None
        assert not session.can_step_back
        session.epoch()
        assert same(result(session).weights, first.weights)


def test_a_whole_run_after_going_back_ends_where_it_would_have_ended() -> None:
    with studio(spiral(epochs=5)) as session:
        session.train()
        whole = result(session)
        session.step_back()
        assert len(result(session).history) == 4
        session.train()
        again = result(session)
        assert again.reason == "finished"
        assert same(again.weights, whole.weights)


def test_it_can_only_be_asked_for_when_there_is_an_epoch_before() -> None:
    with studio(spiral(epochs=100_000)) as session:
        wait_for(session, DataLoaded)
        assert not session.can_step_back
        session.train()
        wait_state(session, "running")
        assert not session.can_step_back
        session.epoch()
        result(session)
        assert session.can_step_back
        session.store.do("Wider", configure_layer, "dense-1", units=3)
        assert not session.can_step_back
        session.store.undo()
        assert session.can_step_back
        session.store.undo()
        assert not session.can_step_back


def test_asked_for_all_the_same_it_says_why_not_and_changes_nothing() -> None:
    with studio(spiral(epochs=6)) as session:
        session.step_back()
        wait_for(session, DataLoaded)
        session.step_back()
        problem = wait_for(session, ProblemFound).problem
        assert "no earlier epoch" in problem.title
        assert session.state == "ready"
        assert session.store.project.trained is None


def test_a_monitor_that_does_not_suit_is_told_before_training_and_mended_by_its_button() -> None:
    project = spiral(early_stopping=EarlyStopping(monitor="validation_r2"))
    with studio(project) as session:
        wait_for(session, DataLoaded)
        assert session.state == "idle"
        (problem,) = [p for p in session.check.problems if p.severity is Severity.ERROR]
        assert session.obstacle is problem
        session.train()
        assert wait_for(session, ProblemFound).problem is problem
        assert problem.fix is not None
        session.store.do(problem.fix.label, fixes.apply, problem.fix)
        assert session.obstacle is None
        assert session.state == "ready"


def test_stopping_early_names_the_figure_it_watched() -> None:
    stopping = EarlyStopping(monitor="validation_f1", patience=1, min_delta=1.0)
    with studio(spiral(epochs=9, early_stopping=stopping)) as session:
        session.train()
        trained = result(session)
        assert trained.monitor == "validation_f1"
        assert all("validation_f1" in record.metrics for record in trained.history)
        assert "validation F1 (macro) has not improved for 1 epoch" in session.text


def test_a_full_graphics_card_is_told_and_training_goes_on() -> None:
    """The card is a stand-in whose memory is full in the second batch."""

    class OutOfMemoryError(MemoryError):
        pass

    with studio(spiral(epochs=3)) as session:
        wait_for(session, DataLoaded)
        order = session._order(training=True)
        assert order is not None

        def on_the_card() -> None:
            from nnstudio.engine import Network

            desk = session._desk
            run = desk._present(order)
            run.network = Network(
                order.plan, order.setup.loss, seed=order.setup.seed, ops=CupyOps(xp, "float32")
            )
            trainer = run.ready_to_train(order.setup)
            program = trainer._train.program(trainer.batch_size, training=True)

            def full() -> float:
                raise OutOfMemoryError("the card is full")

            program.step = full  # type: ignore[method-assign]

        session._worker.post(on_the_card)
        session.train()
        heard = wait(session, lambda event: isinstance(event, ResultReady))
        told = [e.problem for e in heard if isinstance(e, ProblemFound)]
        assert len(told) == 1
        assert "memory of the graphics card" in told[0].title
        assert told[0].severity is Severity.WARNING
        assert not any(isinstance(e, MovedToCpu | BatchFinished) for e in heard)
        trained = session.store.project.trained
        assert trained is not None
        assert len(trained.history) == 3
