"""Training tells what happens, stops when it should, and can go back and on."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from nnstudio.engine import (
    BatchFinished,
    Diverged,
    EpochFinished,
    Trainer,
    TrainingFinished,
    TrainingStarted,
    measuring,
)
from nnstudio.nn.activations import Linear, Relu, Softmax, Step
from nnstudio.nn.layers import BatchNormalization, Dense, Dropout
from nnstudio.nn.losses import MeanSquaredError
from nnstudio.nn.optimizers import SGD, Adam, WeightDecay
from nnstudio.nn.schedules import ReduceOnPlateau, StepDecay
from nnstudio.project.setup import EarlyStopping
from nnstudio.spec import ProblemError, parts

from . import making
from .making import dataset, network, same_weights, setup, trainer


def kinds(events: Any) -> list[str]:
    return [type(event).__name__ for event in events]


def test_events_come_in_order() -> None:
    events = list(trainer(epochs=2, batch_size=40).run())
    batches = ["BatchFinished"] * 3
    assert kinds(events) == [
        "TrainingStarted", *batches, "EpochFinished", *batches, "EpochFinished", "TrainingFinished",
    ]  # fmt: skip
    started, last = events[0], events[-1]
    assert isinstance(started, TrainingStarted)
    assert (started.epochs, started.first_epoch, started.steps_per_epoch) == (2, 1, 3)
    steps = [(e.epoch, e.step, e.update) for e in events if isinstance(e, BatchFinished)]
    assert steps == [(1, 1, 1), (1, 2, 2), (1, 3, 3), (2, 1, 4), (2, 2, 5), (2, 3, 6)]
    assert isinstance(last, TrainingFinished)
    assert last.reason == "finished"
    assert last.samples_per_second > 0
    assert set(last.figures) == {"loss", "accuracy", "validation_loss", "validation_accuracy"}


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("batch_size", [None, 1, 16, 7])
def test_it_learns_with_any_batch_size(batch_size: int | None, sparse: bool) -> None:
    epochs = 300 if batch_size is None else 15
    run = trainer(dataset(200, sparse), [Dense(16, Relu()), Dense(3, Softmax())],
                  batch_size=batch_size, epochs=epochs)  # fmt: skip
    list(run.run())
    assert run.history[-1].loss < 0.5 * run.history[0].loss
    assert run.history[-1].validation_accuracy is not None
    assert run.history[-1].validation_accuracy > 0.6


def test_training_figures_are_the_mean_over_the_samples() -> None:
    run = trainer(epochs=1, batch_size=16)
    batches = [e for e in run.run() if isinstance(e, BatchFinished)]
    sizes = [16] * 6 + [4]
    mean = sum(e.loss * n for e, n in zip(batches, sizes, strict=True)) / 100
    assert run.history[0].loss == pytest.approx(mean, rel=1e-12)


def test_the_same_seed_gives_the_same_training() -> None:
    first, second, other = trainer(seed=4), trainer(seed=4), trainer(seed=5)
    for run in (first, second, other):
        list(run.run())
    assert same_weights(first.network.weights(), second.network.weights())
    assert not same_weights(first.network.weights(), other.network.weights())


def test_without_shuffling_the_order_is_that_of_the_data() -> None:
    run = trainer(shuffle=False)
    assert run._epoch_order().tolist() == list(range(100))


def test_early_stopping_restores_the_best_weights() -> None:
    run = trainer(dataset(40), [Dense(64, Relu()), Dense(3, Softmax())], epochs=200,
                  optimizer=Adam(0.02), early_stopping=EarlyStopping(patience=3))  # fmt: skip
    events = list(run.run())
    last = events[-1]
    assert isinstance(last, TrainingFinished)
    assert last.reason == "stopped early"
    losses = [record.validation_loss for record in run.history]
    best = int(np.argmin(losses)) + 1  # type: ignore[arg-type]
    assert last.best_epoch == best == run.weights_epoch
    assert len(run.history) == best + 3
    assert run._validation is not None
    assert measuring.measure(run._validation, True)[0] == pytest.approx(losses[best - 1], rel=1e-6)
    waited = [e.waited for e in events if isinstance(e, EpochFinished)][-4:]
    assert waited == [0, 1, 2, 3]


def test_early_stopping_can_keep_the_last_weights_and_start_late() -> None:
    stopping = EarlyStopping(patience=2, restore_best_weights=False, start_from_epoch=3)
    run = trainer(dataset(40), epochs=100, optimizer=Adam(0.05), early_stopping=stopping)
    list(run.run())
    assert run.watch is not None
    assert run.watch.best_epoch is not None
    assert run.watch.best_epoch > 3
    assert run.weights_epoch == len(run.history)


@pytest.mark.parametrize("monitor", ["validation_accuracy", "accuracy", "loss", "validation_loss"])
def test_early_stopping_watches_the_figure_it_is_told(monitor: str) -> None:
    run = trainer(epochs=8, early_stopping=EarlyStopping(monitor=monitor, patience=50))
    list(run.run())
    values = [getattr(record, monitor) for record in run.history]
    best = np.argmax(values) if "accuracy" in monitor else np.argmin(values)
    assert run.watch is not None
    assert run.watch.best_epoch == best + 1


def test_an_improvement_smaller_than_min_delta_does_not_count() -> None:
    run = trainer(epochs=30, early_stopping=EarlyStopping(patience=2, min_delta=1e5))
    list(run.run())
    assert len(run.history) == 3
    assert run.reason == "stopped early"


def test_it_stops_at_the_target_and_on_time() -> None:
    run = trainer(epochs=200, target_accuracy=0.6)
    list(run.run())
    assert run.reason == "target reached"
    assert run.history[-1].validation_accuracy >= 0.6  # type: ignore[operator]
    run = trainer(epochs=200, target_loss=1.0)
    list(run.run())
    assert run.history[-1].validation_loss <= 1.0  # type: ignore[operator]
    run = trainer(epochs=1_000_000, stop_after=0.1)
    list(run.run())
    assert run.reason == "time"
    assert run.seconds < 5.0


def test_stop_ends_the_run_after_the_batch() -> None:
    run = trainer(epochs=3)
    seen = []
    for event in run.run():
        seen.append(event)
        if isinstance(event, BatchFinished) and event.update == 9:
            run.stop()
    assert isinstance(seen[-1], TrainingFinished)
    assert seen[-1].reason == "stopped"
    assert run.update == 9


@pytest.mark.parametrize("epochs_before", [0, 1], ids=["fresh", "gone on with"])
def test_stop_before_the_first_batch_ends_the_run_without_one(epochs_before: int) -> None:
    run = trainer(epochs=3)
    if epochs_before:
        list(run.run(epochs_before))
    before = run.update
    going_on = run.run()
    assert isinstance(next(going_on), TrainingStarted)
    run.stop()
    events = list(going_on)
    assert [type(event) for event in events] == [TrainingFinished]
    assert (events[0].reason, run.update) == ("stopped", before)


def test_pausing_changes_nothing() -> None:
    whole, parted = trainer(), trainer()
    list(whole.run())
    list(itertools.islice(parted.run(), 12))  # left in the middle of the second epoch
    list(parted.run())
    assert same_weights(whole.network.weights(), parted.network.weights())
    assert [r.loss for r in whole.history] == [r.loss for r in parted.history]


def test_training_some_more_is_the_same_as_training_longer() -> None:
    longer, more = trainer(epochs=6), trainer(epochs=3)
    list(longer.run())
    list(more.run())
    events = list(more.run())
    assert events[0].first_epoch == 4  # type: ignore[union-attr]
    assert same_weights(longer.network.weights(), more.network.weights())


def test_stepping_back_an_epoch_and_on_again() -> None:
    run = trainer(
        layers=[Dense(8, Relu()), BatchNormalization(), Dropout(0.2), Dense(3, Softmax())]
    )
    weights = [run.network.weights()]
    for event in run.run():
        if isinstance(event, EpochFinished):
            weights.append(run.network.weights())
    assert run.step_back() == 3
    assert same_weights(run.network.weights(), weights[3])
    assert run.step_back() == 2
    list(run.run(epochs=4))
    assert same_weights(run.network.weights(), weights[4])
    for _ in range(4):
        run.step_back()
    assert same_weights(run.network.weights(), weights[0])
    with pytest.raises(ProblemError, match="no earlier epoch"):
        run.step_back()


def test_stepping_back_in_the_middle_of_an_epoch_undoes_that_epoch() -> None:
    run = trainer()
    events = run.run()
    list(itertools.islice(events, 12))
    assert run.step_back() == 1
    assert run.position == 0


def test_divergence_names_the_layer_and_keeps_the_last_good_weights() -> None:
    run = trainer(layers=[Dense(16, Relu()), Dense(16, Linear()), Dense(3, Softmax())], epochs=50,
                  optimizer=SGD(1.0))  # fmt: skip
    kept: dict[int, Any] = {0: run.network.weights()}
    diverged = None
    for event in run.run():
        if isinstance(event, EpochFinished):
            kept[event.record.epoch] = run.network.weights()
            if event.record.epoch == 2:
                run.set_learning_rate(1e30)
        elif isinstance(event, Diverged):
            diverged = event
    assert diverged is not None
    assert (diverged.epoch, diverged.last_good_epoch) == (3, 2)
    assert diverged.node.startswith("dense-")
    assert run.reason == "diverged"
    assert same_weights(run.network.weights(), kept[2])
    fix = diverged.problem.fix
    assert fix is not None
    assert fix.arguments == {"learning_rate": 5e29}
    run.set_learning_rate(0.01)
    list(run.run(epochs=4))
    assert len(run.history) == 4


def test_the_first_layer_that_shows_it_is_blamed() -> None:
    run = trainer(layers=[Dense(8, Relu()), Dense(8, Relu()), Dense(3, Softmax())])
    run.network.parameters["dense-2", "kernel"][0, 0] = np.nan
    events = list(run.run())
    assert isinstance(events[1], Diverged)
    assert events[1].node == "dense-2"
    assert "NaN" in events[1].what
    assert events[1].step == 1


def test_changing_the_learning_rate_counts_from_the_next_update() -> None:
    run = trainer(epochs=2)
    for event in run.run():
        if isinstance(event, EpochFinished) and event.record.epoch == 1:
            run.set_learning_rate(0.5)
    assert [r.learning_rate for r in run.history] == [0.01, 0.5]


def test_schedules_reach_the_optimizer() -> None:
    run = trainer(epochs=4, schedule=StepDecay(drop=0.5, every=2.0))
    list(run.run())
    assert [r.learning_rate for r in run.history] == pytest.approx([0.01, 0.01, 0.005, 0.005])
    run = trainer(epochs=6, schedule=ReduceOnPlateau(patience=1), optimizer=SGD(1e-12))
    list(run.run())
    assert run.history[-1].learning_rate < 1e-12


def test_max_norm_caps_every_neuron() -> None:
    layers = [Dense(16, Relu(), max_norm=0.5), Dense(3, Softmax())]
    run = trainer(layers=layers, optimizer=Adam(0.1))
    list(run.run())
    norms = np.linalg.norm(run.network.parameters["dense-1", "kernel"], axis=0)
    assert norms.max() <= 0.5 + 1e-6


def test_a_frozen_layer_keeps_its_weights_also_with_weight_decay() -> None:
    layers = [Dense(16, Relu(), frozen=True), Dense(3, Softmax())]
    run = trainer(layers=layers, weight_decay=WeightDecay(0.1))
    before = run.network.weights()
    list(run.run())
    after = run.network.weights()
    assert np.array_equal(before["dense-1", "kernel"], after["dense-1", "kernel"])
    assert not np.array_equal(before["dense-2", "kernel"], after["dense-2", "kernel"])


def test_balanced_classes_count_the_same() -> None:
    """With one class ten times as frequent, balancing makes the rare ones matter."""
    data = dataset(300)
    keep = np.flatnonzero((data.train.y == 0) | (np.arange(300) % 10 == 0))
    data = making.with_y(making.with_x(data, data.train.x[keep]), data.train.y[keep])
    recalls = []
    for balance in ("none", "balanced"):
        run = trainer(data, epochs=30, class_weights=balance)
        list(run.run())
        rare = data.train.y != 0
        predicted = run.network.predict(data.train.x).argmax(axis=1)
        recalls.append(np.mean(predicted[rare] == data.train.y[rare]))
    assert recalls[1] > recalls[0]


def test_a_sample_of_weight_zero_does_not_matter() -> None:
    data, weights = dataset(60), np.ones(60)
    weights[30:] = 0.0
    y = data.train.y.copy()
    y[30:] = (y[30:] + 1) % 3
    found = []
    for labels in (data.train.y, y):
        run = Trainer(network(), making.with_y(data, labels), setup(), sample_weights=weights)
        list(run.run())
        found.append(run.network.weights())
    assert same_weights(found[0], found[1])


def test_the_perceptron_rule_learns_what_a_line_can_separate() -> None:
    from nnstudio.data.dataset import Dataset, Samples
    from nnstudio.engine import Network, compile, sequential
    from nnstudio.graph.plan import Signature

    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    data = Dataset("AND", Signature((2,), "classification", 2),
                   Samples(x, np.array([0, 0, 0, 1])), None, None)  # fmt: skip
    plan = compile(sequential([Dense(1, Step())]), data.signature, MeanSquaredError())
    net = Network(plan, MeanSquaredError())
    assert net.perceptron
    run = Trainer(net, data, setup(loss=MeanSquaredError(), optimizer=SGD(0.1), epochs=40))
    list(run.run())
    assert run.history[-1].accuracy == 1.0
    assert net.predict(x).ravel().tolist() == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("name", sorted(parts("optimizer")))
def test_every_optimizer_learns(name: str) -> None:
    optimizer: Any = parts("optimizer")[name]()
    rate = {"adadelta": 1.0, "sgd": 0.3, "adagrad": 0.1}.get(name, 0.01)
    run = trainer(dataset(200), [Dense(16, Relu()), Dense(3, Softmax())],
                  optimizer=optimizer.replace(learning_rate=rate), epochs=30)  # fmt: skip
    list(run.run())
    assert run.history[-1].loss < 0.75 * run.history[0].loss


@pytest.mark.parametrize("scale", [1e-40, 1e-20, 1e4, 1e20, 1e38])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "selu", "gelu", "softplus"])
def test_extreme_inputs_train_or_end_in_a_named_problem(activation: str, scale: float) -> None:
    function: Any = parts("activation")[activation]()
    data = dataset(60)
    with np.errstate(all="ignore"):
        data = making.with_x(data, (data.train.x * scale).clip(-1e38, 1e38).astype(np.float32))
    run = trainer(data, [Dense(8, function), Dense(3, Softmax())], epochs=2)
    for event in run.run():
        if isinstance(event, BatchFinished):
            assert np.isfinite(event.loss)
        elif isinstance(event, Diverged):
            assert event.node in ("dense-1", "dense-2")
            assert event.problem.explain
    assert all(np.isfinite(a).all() for a in run.network.weights().values())
