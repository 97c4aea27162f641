"""Rows updated when they are needed learn the same as rows updated at every step."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.sparse import random as sparse_random

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine import BatchFinished, EpochFinished, Network, Trainer, compile, sequential
from nnstudio.engine.lazy_rows import LazyRows
from nnstudio.graph.plan import Signature
from nnstudio.nn.activations import Relu, Softmax
from nnstudio.nn.clips import ClipByGlobalNorm
from nnstudio.nn.layers import Dense, Dropout
from nnstudio.nn.losses import CategoricalCrossentropy
from nnstudio.nn.optimizers import SGD, Adam
from nnstudio.nn.schedules import ExponentialDecay
from nnstudio.project.setup import TrainingSetup

from .making import same_weights

WORDS = 6000


def data() -> Dataset:
    random = np.random.default_rng(0)

    def part(n: int) -> Samples:
        # Words as in a text: a few are frequent, most are rare.
        frequency = 1.0 / np.arange(1, WORDS + 1)
        columns = random.choice(WORDS, size=(n, 12), p=frequency / frequency.sum())
        x = sparse_random(n, WORDS, 0.0, format="lil", dtype=np.float32)
        for row, words in enumerate(columns):
            x[row, words] = 1.0
        return Samples(x.tocsr(), (columns.sum(axis=1) % 3).astype(np.int64))

    return Dataset("words", Signature((WORDS,), "classification", 3), part(400), part(50), None)


DATA = data()


def trainer(lazy: bool | None = True, **settings: Any) -> Trainer:
    """A run that goes lazy or not; None: as the engine decides."""
    layers = [Dense(8, Relu()), Dropout(0.2), Dense(3, Softmax())]
    loss = CategoricalCrossentropy()
    plan = compile(sequential(layers), DATA.signature, loss)
    net = Network(plan, loss, dtype=settings.pop("dtype", "float32"))
    settings.setdefault("optimizer", Adam(0.01))
    setup = TrainingSetup(**({"epochs": 4, "batch_size": 16} | settings))
    with pytest.MonkeyPatch.context() as patch:
        if lazy is False:
            patch.setattr("nnstudio.engine.lazy_rows.LEAST_ROWS", 10**9)
        run = Trainer(net, DATA, setup)
    assert lazy is None or isinstance(run.updater, LazyRows) == lazy
    return run


def losses(run: Trainer) -> list[float]:
    return [event.loss for event in run.run() if isinstance(event, BatchFinished)]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"optimizer": Adam(0.1)},
        {"optimizer": Adam(0.01, epsilon=1e-6)},
        {"optimizer": Adam(0.01, beta_1=0.5, beta_2=0.9)},
        {"optimizer": Adam(0.01, beta_1=0.0)},
        {"schedule": ExponentialDecay(0.5)},
    ],
    ids=["plain", "large rate", "large epsilon", "other betas", "no momentum", "schedule"],
)
def test_every_loss_is_that_of_plain_adam(settings: dict[str, Any]) -> None:
    lazy = trainer(dtype="float64", **settings)
    dense = trainer(lazy=False, dtype="float64", **settings)
    np.testing.assert_allclose(losses(lazy), losses(dense), rtol=1e-6)
    a, b = lazy.network.weights(), dense.network.weights()
    for key in a:
        np.testing.assert_allclose(a[key], b[key], atol=1e-4)
    assert [r.validation_loss for r in lazy.history] == pytest.approx(
        [r.validation_loss for r in dense.history], rel=1e-6
    )


@pytest.mark.parametrize("epsilon", [1e-7, 1e-6])
@pytest.mark.parametrize("beta_2", [0.0, 0.3, 0.5, 0.9, 0.95, 0.99, 0.999])
@pytest.mark.parametrize("beta_1", [0.0, 0.5, 0.9, 0.95, 0.99])
def test_whatever_the_betas_the_result_is_that_of_plain_adam(
    beta_1: float, beta_2: float, epsilon: float
) -> None:
    adam = Adam(0.003, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
    settings: dict[str, Any] = {"optimizer": adam, "epochs": 1, "batch_size": 2, "dtype": "float64"}
    chosen, dense = trainer(None, **settings), trainer(False, **settings)
    np.testing.assert_allclose(losses(chosen), losses(dense), rtol=1e-7, atol=1e-9)
    if np.isfinite(dense.history[-1].loss if dense.history else np.nan):
        for key, weights in dense.network.weights().items():
            np.testing.assert_allclose(chosen.network.weights()[key], weights, atol=1e-7)


def test_the_usual_betas_go_lazy() -> None:
    for betas in ({}, {"beta_1": 0.0}, {"beta_1": 0.95}, {"beta_2": 0.99}, {"beta_1": 0.5}):
        assert trainer(True, optimizer=Adam(0.01, **betas))


def test_in_single_precision_the_losses_differ_by_rounding_only() -> None:
    lazy, dense = losses(trainer()), losses(trainer(lazy=False))
    np.testing.assert_allclose(lazy, dense, rtol=1e-4)


def test_looking_at_the_weights_does_not_change_what_is_learnt() -> None:
    alone, watched = trainer(), trainer()
    list(alone.run())
    for event in watched.run():
        if isinstance(event, BatchFinished) and event.update % 7 == 0:
            net = watched.network
            net.weights()
            with net.undisturbed():
                net.forward(DATA.train.x[:16], training=True)
                net.loss_of(DATA.train.y[:16])
                net.backward()
            watched.trained()
    assert same_weights(alone.network.weights(), watched.network.weights())


def test_weights_read_in_between_are_up_to_date() -> None:
    lazy, dense = trainer(), trainer(lazy=False)
    for run in (lazy, dense):
        list(itertools.islice(run.run(), 12))
    a, b = lazy.network.weights(), dense.network.weights()
    np.testing.assert_allclose(a["dense-1", "kernel"], b["dense-1", "kernel"], atol=1e-6)


@pytest.mark.parametrize("events", [1, 12, 27, 40])
def test_a_checkpoint_goes_on_bit_for_bit(events: int) -> None:
    whole, parted, resumed = trainer(), trainer(), trainer()
    list(whole.run())
    list(itertools.islice(parted.run(), events))
    resumed.resume(parted.checkpoint())
    list(resumed.run())
    assert same_weights(whole.network.weights(), resumed.network.weights())


def test_stepping_back_and_on_again() -> None:
    run = trainer()
    weights = [run.network.weights()]
    weights += [run.network.weights() for e in run.run() if isinstance(e, EpochFinished)]
    assert run.step_back() == 3
    assert same_weights(run.network.weights(), weights[3])
    list(run.run(epochs=4))
    assert same_weights(run.network.weights(), weights[4])


def test_weights_changed_by_hand_count() -> None:
    run = trainer()
    events = run.run()
    list(itertools.islice(events, 12))
    weights = run.network.weights()
    weights["dense-1", "kernel"][:] = 0.5
    run.network.load_weights(weights)
    list(itertools.islice(events, 1))
    kernel = run.network.weights()["dense-1", "kernel"]
    assert np.abs(kernel - 0.5).max() < 0.05


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": SGD(0.1)},
        {"optimizer": Adam(epsilon=1e-3)},
        {"clip": ClipByGlobalNorm()},
        {"optimizer": Adam(amsgrad=True)},
    ],
)
def test_whatever_looks_at_all_weights_updates_all_weights(settings: dict[str, Any]) -> None:
    assert not isinstance(trainer(lazy=False, **settings).updater, LazyRows)


def test_another_trainer_takes_over_what_was_owed() -> None:
    lazy, dense = trainer(), trainer(lazy=False)
    found = []
    for run in (lazy, dense):
        list(itertools.islice(run.run(), 12))
        Trainer(run.network, DATA, TrainingSetup(optimizer=SGD(0.1), batch_size=16))
        found.append(run.network.weights()["dense-1", "kernel"])
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
