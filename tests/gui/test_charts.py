"""Axes, decimation and the history of a run: what the curves are drawn from."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from nnstudio.engine.events import EpochFinished, TrainingStarted
from nnstudio.project.model import EpochRecord, Trained
from nnstudio.session.events import BatchesFinished
from nnstudio.ui import theme
from nnstudio.ui.charts import Figure, Line
from nnstudio.ui.charts.chart import paint_figure
from nnstudio.ui.charts.decimate import GrowingSeries
from nnstudio.ui.charts.ticks import linear, logarithmic
from nnstudio.ui.panels.history import RunHistory

numbers = st.floats(-1e9, 1e9, allow_nan=False)


@given(numbers, numbers, st.integers(2, 9))
def test_a_linear_axis_holds_its_range_and_has_few_round_ticks(one, other, most):
    low, high = sorted((one, other))
    axis = linear(low, high, most)
    assert axis.low <= low <= high <= axis.high
    assert 2 <= len(axis.ticks) <= most + 2
    assert len(set(axis.labels)) == len(axis.labels) or abs(high - low) < 1e-3 * abs(high)


@given(st.floats(1e-12, 1e6), st.floats(1.1, 1e9), st.integers(2, 8))
def test_a_logarithmic_axis_holds_its_range(low, factor, most):
    axis = logarithmic(low, low * factor, most)
    assert axis.low <= low * 1.001
    assert axis.high >= low * factor * 0.999
    assert axis.share(axis.low) == pytest.approx(0)
    assert axis.share(axis.high) == pytest.approx(1)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.8, 1.8, ("0.8", "1.0", "1.2", "1.4", "1.6", "1.8")),
        (0, 16, ("0", "5", "10", "15", "20")),
        (0.0, 2.5e13, ("0", "5e12", "1e13", "1.5e13", "2e13", "2.5e13")),
    ],
)
def test_ticks_are_written_as_one_would_by_hand(low, high, labels):
    assert linear(low, high, 6).labels == labels


def test_an_axis_of_epochs_has_whole_ticks_only():
    axis = linear(0, 3, 9, whole=True, loose=False)
    assert axis.ticks == (0, 1, 2, 3)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=3000), st.integers(2, 40))
def test_decimation_keeps_the_extremes_and_never_more_points_than_asked(values, pixels):
    series = GrowingSeries()
    y = np.array(values)
    for start in range(0, len(y), 177):
        part = y[start : start + 177]
        series.add(np.arange(start, start + len(part), dtype=float), part)
    x, shown = series.for_pixels(0.0, float(len(y)), pixels)
    assert shown.min() == y.min()
    assert shown.max() == y.max()
    assert len(x) == len(shown) <= max(4 * pixels, 4)
    assert (np.diff(x) >= 0).all()
    assert series.extremes() == (y.min(), y.max())


def test_a_long_series_is_decimated_by_blocks_and_can_be_cut():
    series = GrowingSeries()
    n = 300_000
    y = np.sin(np.arange(n) / 5000)
    y[123_456] = 9.0
    series.add(np.arange(n, dtype=float), y)
    _, shown = series.for_pixels(0, n, 300)
    assert shown.max() == 9.0
    assert len(shown) <= 1200
    series.cut(100_000)
    assert len(series) == 100_000
    assert series.extremes()[1] == pytest.approx(1.0, abs=1e-3)


def batches(first, losses, per_epoch=4):
    n = len(losses)
    updates = np.arange(first, first + n)
    return BatchesFinished(
        epochs=(updates - 1) // per_epoch + 1,
        steps=(updates - 1) % per_epoch + 1,
        updates=updates,
        losses=np.array(losses, dtype=float),
        accuracies=None,
        seconds=updates / 10,
    )


def epoch(number, loss, validation=None, best=None, waited=None):
    record = EpochRecord(number, 4 * number, 0.4 * number, 0.01, loss, validation_loss=validation)
    return EpochFinished(record, best, validation, waited)


def run_of_two_epochs():
    history = RunHistory()
    history.hear(TrainingStarted(5, 1, 4, 64, 16))
    history.hear(batches(1, [4, 3, 2, 1]))
    history.hear(epoch(1, 2.5, 2.0, 1, 0))
    history.hear(batches(5, [1, 0.9, 0.8, 0.7]))
    history.hear(epoch(2, 0.85, 2.2, 1, 1))
    return history


def test_the_same_run_stands_against_epochs_updates_and_seconds():
    history = run_of_two_epochs()
    assert history.epochs("epoch").tolist() == [1, 2]
    assert history.epochs("update").tolist() == [4, 8]
    assert history.epochs("seconds").tolist() == pytest.approx([0.4, 0.8])
    for against, end in (("epoch", 2.0), ("update", 8.0), ("seconds", 0.8)):
        assert history.x_range(against) == (0.0, pytest.approx(end))
        x, y = history.batches(False, against, 0, end, 500)
        assert x[-1] == pytest.approx(end)
        assert y[-1] == 0.7
    assert not history.has_accuracy


def test_training_anew_begins_with_an_empty_chart():
    history = run_of_two_epochs()
    history.hear(TrainingStarted(5, 1, 4, 64, 16))
    assert history.empty


def test_going_on_after_divergence_drops_what_came_after_the_last_good_epoch():
    history = run_of_two_epochs()
    history.hear(TrainingStarted(5, 2, 4, 64, 16))
    assert [record.epoch for record in history.records] == [1]
    history.hear(batches(5, [0.95]))
    _, y = history.batches(False, "update", 0, 99, 500)
    assert y.tolist() == [4, 3, 2, 1, 0.95]


def test_undoing_the_training_empties_the_chart_and_redoing_brings_the_epochs_back():
    history = run_of_two_epochs()
    records = tuple(history.records)
    history.take(None)
    assert history.empty
    trained = Trained({}, records, best_epoch=1, weights_epoch=1, reason="stopped early")
    history.take(trained)
    assert history.records == list(records)
    assert history.restored
    assert history.waited == 1


def test_a_figure_with_gaps_single_points_and_huge_values_can_be_painted(qapp):
    x = np.arange(6.0)
    y = np.array([1.0, math.nan, 2.0, 1e30, math.nan, 3.0])
    line = Line("training", lambda a, b, n: (x, y), (1.0, 1e30), theme.current().positive)
    for log in (False, True):
        image = QImage(300, 160, QImage.Format.Format_RGB32)
        image.fill(theme.current().panel)
        painter = QPainter(image)
        figure = Figure("Loss", (line,), (0.0, 5.0), "epoch", log=log)
        paint_figure(painter, QRectF(image.rect()), figure, pointer=2.0)
        painter.end()
        assert not image.isNull()
