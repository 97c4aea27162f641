"""A copy of the project in the middle of training, and training that does not notice."""

from __future__ import annotations

import time

import numpy as np

from nnstudio.engine.events import EpochFinished
from nnstudio.project import commands, files
from nnstudio.session.events import BatchesFinished, ResultReady, SnapshotReady
from tests.session.studio import spiral, studio, wait, wait_for, wait_state


def test_a_snapshot_in_the_middle_of_an_epoch_has_the_weights_and_the_curves(tmp_path) -> None:
    with studio(spiral(epochs=100_000, batch_size=1, early_stopping=None)) as session:
        session.train()
        wait(session, lambda event: isinstance(event, EpochFinished))
        wait_for(session, BatchesFinished)
        ticket = session.snapshot()
        ready = wait_for(session, SnapshotReady)
        assert ready.ticket == ticket
        assert session.state == "running"
        assert session.store.project.trained is None
        trained = ready.project.trained
        assert trained is not None
        assert trained.history
        files.save(ready.project, tmp_path / "copy.nns")
    with studio(files.load(tmp_path / "copy.nns")) as again:
        again.step()
        went_on = wait_for(again, ResultReady).trained
        assert went_on.history[: len(trained.history)] == trained.history
        assert any(
            not np.array_equal(went_on.weights[key], trained.weights[key])
            for key in trained.weights
        )


def test_training_that_was_copied_learns_the_same_as_training_that_was_not() -> None:
    results = []
    for copied in (False, True):
        with studio(spiral(epochs=40, early_stopping=None)) as session:
            session.train()
            heard: set[type] = set()
            while ResultReady not in heard:
                if copied:
                    session.snapshot()
                heard.update(type(event) for event in session.drain())
                time.sleep(0.002)  # a processor of its own for the worker, also on a busy machine
            results.append(session.store.project.trained)
            assert (SnapshotReady in heard) is copied
    plain, watched = results
    for key, weights in plain.weights.items():
        assert np.array_equal(weights, watched.weights[key])
    assert [r.loss for r in plain.history] == [r.loss for r in watched.history]


def test_a_snapshot_keeps_edits_made_while_training_and_leaves_out_what_does_not_fit_them() -> None:
    with studio(spiral(epochs=100_000, early_stopping=None)) as session:
        session.train()
        wait_state(session, "running")
        wait(session, lambda event: isinstance(event, EpochFinished))
        session.store.do("Epochs", commands.configure_training, epochs=7)
        session.snapshot()
        project = wait_for(session, SnapshotReady).project
        assert project.training.epochs == 7
        assert project.trained is not None
        last = project.graph.nodes[-1]
        session.store.do("Units", commands.change_layer, last.id, last.layer.replace(units=5))
        session.snapshot()
        ready = wait_for(session, SnapshotReady)
        assert ready.project is session.store.project
        assert ready.apart is not None
        assert ready.apart.trained.history
        assert ready.apart.graph is project.graph


def test_a_snapshot_without_a_run_is_the_project_itself() -> None:
    with studio(spiral()) as session:
        session.snapshot()
        assert wait_for(session, SnapshotReady).project is session.store.project
