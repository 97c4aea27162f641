"""Early stopping can watch any figure that suits the data, and refuses any other beforehand."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest

from nnstudio.analysis.evaluation import evaluate
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine import EpochFinished, Network, Trainer, compile, measuring, sequential
from nnstudio.nn.activations import Linear, Relu, Sigmoid
from nnstudio.nn.layers import Dense
from nnstudio.nn.losses import BinaryCrossentropy, MeanSquaredError
from nnstudio.nn.metric import Metric
from nnstudio.nn.metrics import F1Score
from nnstudio.nn.schedules import ReduceOnPlateau
from nnstudio.project import fixes, monitoring, templates
from nnstudio.project.commands import configure_training
from nnstudio.project.setup import EarlyStopping
from nnstudio.spec import ProblemError, parts

from .making import NUMBERS, dataset, same_weights, setup, trainer

TWO = dataclasses.replace(NUMBERS, task="classification", classes=2)
METRICS = sorted(set(parts("metric")) - {"accuracy"})


def other_task(task: str, validation: bool = True) -> Dataset:
    """Two classes, or a number that was standardised, from the same inputs."""
    random = np.random.default_rng(0)
    x = random.normal(size=(140, 6)).astype(np.float32)
    score = x[:, 0] - x[:, 1] * x[:, 2]
    y: Any = (score > 0).astype(np.int64)
    if task == "regression":
        y = score[:, None].astype(np.float32)
    held_back = Samples(x[100:], y[100:]) if validation else None
    sign = NUMBERS if task == "regression" else TWO
    data = Dataset("made up", sign, Samples(x[:100], y[:100]), held_back, None)
    return dataclasses.replace(data, target_scale=7.0, target_offset=3.0)


def run_of(task: str, monitor: str, validation: bool = True, **settings: Any) -> Trainer:
    data = other_task(task, validation)
    loss: Any = MeanSquaredError() if task == "regression" else BinaryCrossentropy()
    last = Linear() if task == "regression" else Sigmoid()
    plan = compile(sequential([Dense(8, Relu()), Dense(1, last)]), data.signature, loss)
    stopping = EarlyStopping(monitor=monitor, patience=settings.pop("patience", 50))
    return Trainer(Network(plan, loss), data, setup(loss=loss, early_stopping=stopping, **settings))


def watched(name: str) -> tuple[Trainer, Metric]:
    metric = parts("metric")[name]()
    assert isinstance(metric, Metric)
    if "regression" in metric.tasks or metric.most_classes == 2:
        return run_of(metric.tasks[0], f"validation_{name}"), metric
    stopping = EarlyStopping(monitor=f"validation_{name}", patience=50)
    return trainer(early_stopping=stopping), metric


def test_every_metric_can_be_chosen_under_a_readable_name() -> None:
    options = dict(monitoring.OPTIONS)
    names = ["validation_loss", "validation_accuracy", "loss", "accuracy"]
    assert list(options)[:4] == names
    assert set(options) == {*names, *(f"validation_{name}" for name in METRICS)}
    assert options["validation_f1"] == "validation F1 (macro)"
    assert options["validation_roc_auc"] == "validation ROC AUC"
    assert options["validation_mean_absolute_error"] == "validation MAE"
    assert options["validation_top_k_accuracy"] == "validation top-k accuracy (k = 5)"
    assert len(set(options.values())) == len(options)


@pytest.mark.parametrize("name", METRICS)
def test_the_watched_figure_is_the_one_of_the_evaluation(name: str) -> None:
    """In the same unit and with the same threshold, and the best epoch is the best by it."""
    run, metric = watched(name)
    key = f"validation_{name}"
    values, told = [], None
    for event in run.run():
        if isinstance(event, EpochFinished):
            found = evaluate(run.network, run.dataset, "validation")
            threshold = run.network.loss.threshold
            target = found.target
            expected = metric.value(found.prediction, target, None, threshold)
            assert event.record.metrics == {key: expected}
            values.append(expected)
            told = event
    assert told is not None
    best = int(np.argmin(values) if metric.better == "min" else np.argmax(values))
    assert (told.best_epoch, told.best_value, told.monitor) == (best + 1, values[best], key)
    assert run.weights_epoch == best + 1
    assert run.trained().monitor == key


def test_a_metric_is_measured_only_when_it_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> float:
        raise AssertionError("measured although nobody asked")

    monkeypatch.setattr(measuring, "figure", refuse)
    run = trainer(early_stopping=EarlyStopping(monitor="validation_accuracy"))
    list(run.run())
    assert all(not record.metrics for record in run.history)


def test_it_is_measured_once_per_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    value = F1Score.value

    def counted(self: F1Score, *args: Any) -> float:
        calls.append(1)
        return value(self, *args)

    monkeypatch.setattr(F1Score, "value", counted)
    list(trainer(early_stopping=EarlyStopping(monitor="validation_f1")).run())
    assert len(calls) == 4


def test_watching_a_metric_changes_no_bit_of_the_training() -> None:
    stopping = EarlyStopping(monitor="validation_f1", restore_best_weights=False)
    plain, watching = trainer(), trainer(early_stopping=stopping)
    for run in (plain, watching):
        list(run.run())
    assert same_weights(plain.network.weights(), watching.network.weights())


@pytest.mark.parametrize("events", [9, 16, 20])
def test_a_resumed_run_watches_on_bit_for_bit(events: int) -> None:
    def fresh() -> Trainer:
        stopping = EarlyStopping(monitor="validation_f1", patience=2)
        return trainer(epochs=12, early_stopping=stopping)

    whole, parted, resumed = fresh(), fresh(), fresh()
    list(whole.run())
    list(itertools.islice(parted.run(), events))
    resumed.resume(parted.checkpoint())
    assert resumed.watch == parted.watch
    list(resumed.run())
    assert resumed.watch == whole.watch
    assert [r.metrics for r in resumed.history] == [r.metrics for r in whole.history]
    assert (resumed.reason, resumed.weights_epoch) == (whole.reason, whole.weights_epoch)
    assert same_weights(whole.network.weights(), resumed.network.weights())


@pytest.mark.parametrize(
    "change", [{"monitor": "validation_accuracy"}, {"monitor": "validation_loss", "mode": "max"}]
)
def test_another_monitor_begins_to_watch_anew(change: dict[str, str]) -> None:
    """The best loss says nothing about which accuracy is the best."""
    first = trainer(early_stopping=EarlyStopping())
    list(first.run())
    other = trainer(epochs=6, early_stopping=EarlyStopping(**change))  # type: ignore[arg-type]
    other.resume(first.checkpoint())
    assert other.watch is not None
    assert (other.watch.best_epoch, other.watch.best_value, other.best) == (None, None, None)
    list(other.run())
    assert other.watch.best_epoch in (5, 6)


@pytest.mark.parametrize(
    ("task", "monitor", "word"),
    [
        ("regression", "validation_accuracy", "classes"),
        ("regression", "accuracy", "classes"),
        ("regression", "validation_f1", "classes"),
        ("classification", "validation_r2", "numbers"),
        ("classification", "validation_top_k_accuracy", "3"),
    ],
)
def test_a_figure_that_does_not_suit_is_refused_with_a_way_out(
    task: str, monitor: str, word: str
) -> None:
    with pytest.raises(ProblemError) as refused:
        run_of(task, monitor)
    (problem,) = refused.value.problems
    assert word in problem.explain
    assert (problem.where.kind, problem.where.field) == ("training", "early_stopping")
    assert problem.fix is not None
    before = templates.new("spiral")
    before = configure_training(before, early_stopping=EarlyStopping(monitor=monitor, patience=50))
    after = fixes.apply(before, problem.fix)
    assert after.training.early_stopping == EarlyStopping(monitor="validation_loss", patience=50)


@pytest.mark.parametrize(
    ("settings", "field", "mended"),
    [
        ({"target_accuracy": 0.9}, "target_accuracy", {"target_accuracy": None}),
        (
            {"schedule": ReduceOnPlateau(monitor="validation_accuracy", patience=3)},
            "schedule",
            {"schedule": ReduceOnPlateau(monitor="validation_loss", patience=3)},
        ),
    ],
    ids=["target", "plateau"],
)
def test_an_accuracy_that_numbers_do_not_have_is_refused_with_a_way_out(
    settings: dict[str, Any], field: str, mended: dict[str, Any]
) -> None:
    with pytest.raises(ProblemError, match="accuracy") as refused:
        run_of("regression", "validation_loss", **settings)
    (problem,) = refused.value.problems
    assert (problem.where.kind, problem.where.field) == ("training", field)
    assert problem.fix is not None
    before = configure_training(templates.new("spiral"), **settings)
    after = fixes.apply(before, problem.fix)
    assert after.training == before.training.replace(**mended)
    list(run_of("regression", "validation_loss", **mended).run(1))


def test_roc_auc_of_three_classes_is_refused() -> None:
    with pytest.raises(ProblemError, match="ROC AUC"):
        trainer(early_stopping=EarlyStopping(monitor="validation_roc_auc"))


def test_without_a_validation_set_a_metric_is_refused_but_the_loss_falls_back() -> None:
    with pytest.raises(ProblemError, match="no validation set") as refused:
        run_of("regression", "validation_r2", validation=False)
    fix = refused.value.problems[0].fix
    assert fix is not None
    assert fix.arguments["early_stopping"].monitor == "loss"
    run = run_of("regression", "validation_loss", validation=False)
    list(run.run())
    assert run.watch is not None
    assert run.watch.best_value == min(record.loss for record in run.history)


def test_an_undefined_figure_is_never_the_best() -> None:
    """ROC AUC of a validation set with one class: training goes on until patience is over."""
    data = other_task("classification")
    assert data.validation is not None
    one = Samples(data.validation.x, np.ones_like(data.validation.y))
    run = run_of("classification", "validation_roc_auc", patience=3, epochs=20)
    run = Trainer(run.network, dataclasses.replace(data, validation=one), run.setup)
    list(run.run())
    assert run.reason == "stopped early"
    assert run.watch is not None
    assert run.watch.best_epoch is None
    assert run.epoch == 3


@pytest.mark.parametrize("monitor", [f"validation_{name}" for name in METRICS])
def test_the_direction_follows_the_metric(monitor: str) -> None:
    smaller = EarlyStopping(monitor=monitor).smaller_is_better
    assert smaller == ("error" in monitor)
    assert EarlyStopping(monitor=monitor, mode="min").smaller_is_better
    assert not EarlyStopping(monitor=monitor, mode="max").smaller_is_better


def test_targets_are_compared_with_the_validation_figures() -> None:
    """Far harder inputs to validate on: the training figures alone would have ended it."""
    data = dataset()
    assert data.validation is not None
    wrong = Samples(data.validation.x, (data.validation.y + 1) % 3)
    hard = dataclasses.replace(data, validation=wrong)
    for wanted in ({"target_accuracy": 0.5}, {"target_loss": 1.0}):
        easy = trainer(data, epochs=30, **wanted)
        list(easy.run())
        assert easy.reason == "target reached"
        value = easy.history[-1]
        assert value.validation_accuracy is not None
        assert value.validation_loss is not None
        assert value.validation_accuracy >= 0.5 or value.validation_loss <= 1.0
        never = trainer(hard, epochs=12, **wanted)
        list(never.run())
        assert never.reason == "finished"


def test_a_validation_accuracy_is_not_counted_from_outputs_that_are_no_numbers() -> None:
    from nnstudio.engine.batches import Batches
    from nnstudio.engine.measuring import measure

    from .making import network, samples

    net = network()
    net.parameters["dense-1", "kernel"][0, 0] = np.nan
    loss, accuracy = measure(Batches(net, samples(20)), classifies=True)
    assert np.isnan([loss, accuracy]).all()
