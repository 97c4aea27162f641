"""A run whose numbers stayed finite, but in which nothing was learned, says so at its end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnstudio.engine.events import TrainingFinished, TrainingStarted
from nnstudio.nn.activations import LeakyRelu, Relu, Softmax, Tanh
from nnstudio.nn.layers import Dense
from nnstudio.nn.optimizers import SGD, Adam
from nnstudio.project.setup import EarlyStopping
from nnstudio.spec import Severity

from .making import same_weights, trainer

SMALL = [Dense(8, Relu()), Dense(3, Softmax())]


def ending(run: Any) -> TrainingFinished:
    return list(run.run())[-1]


def test_a_loss_that_grew_by_orders_of_magnitude_is_a_divergence_with_cause_and_remedy() -> None:
    last = ending(trainer(layers=SMALL, optimizer=Adam(1000.0), epochs=2))
    assert last.reason == "finished"
    problem = last.problem
    assert problem is not None
    assert problem.title.startswith("Training diverged: the loss rose from ")
    assert "learning rate 1000" in problem.explain
    assert problem.severity is Severity.WARNING
    assert problem.fix is not None
    assert problem.fix.arguments["optimizer"] == Adam()


def test_dead_units_are_named_with_their_layer() -> None:
    run = trainer(layers=SMALL, optimizer=SGD(0.01), epochs=1)
    run.network.parameters["dense-1", "bias"][:] = -1e3
    streams, before = run.network.random_state(), None
    problem = ending(run).problem
    before = run.network.weights()
    assert problem is not None
    assert problem.title == "All units of Dense 1 are dead"
    assert problem.where.id == "dense-1"
    assert run.network.random_state() == streams
    assert same_weights(before, run.network.weights())


@pytest.mark.parametrize("activation", [Relu(), LeakyRelu(), Tanh()], ids=lambda a: a.name)
def test_an_ordinary_run_ends_without_a_word(activation: Any) -> None:
    layers = [Dense(8, activation), Dense(3, Softmax())]
    for optimizer in (Adam(0.01), SGD(0.1)):
        assert ending(trainer(layers=layers, optimizer=optimizer)).problem is None


def test_going_on_from_a_checkpoint_compares_with_the_first_epoch() -> None:
    first = trainer(layers=SMALL, epochs=1)
    list(first.run())
    again = trainer(layers=SMALL, epochs=3, optimizer=Adam(1000.0))
    again.resume(first.checkpoint())
    again.set_learning_rate(1000.0)
    problem = ending(again).problem
    assert problem is not None
    assert f"from {first.history[0].loss:.3g} to" in problem.title


def test_going_on_after_an_early_stop_says_from_which_epochs_weights() -> None:
    stopping = EarlyStopping(patience=2, monitor="loss", min_delta=0.5)
    run = trainer(layers=SMALL, epochs=20, early_stopping=stopping)
    first = list(run.run())
    assert first[0].from_epoch is None
    best, last = run.weights_epoch, run.epoch
    assert best < last
    again = list(run.run(last + 2))
    assert isinstance(again[0], TrainingStarted)
    assert (again[0].first_epoch, again[0].from_epoch) == (last + 1, best)
    came_from = [record.from_epoch for record in run.history]
    assert came_from == [None] * last + [best] + [None] * (len(came_from) - last - 1)
    other = trainer(layers=SMALL, epochs=20, early_stopping=stopping)
    other.resume(run.checkpoint())
    assert [record.from_epoch for record in other.history] == came_from
    assert np.isfinite(run.history[-1].loss)
