"""Evaluation, predictions, thumbnails, gradient checks and references on real small networks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from nnstudio.analysis.evaluation import evaluate
from nnstudio.analysis.gradient_check import check_gradient
from nnstudio.analysis.network_pass import Number, Values, derive
from nnstudio.analysis.prediction import predict
from nnstudio.analysis.references import (
    Activation,
    ConfusionCell,
    CurvePoint,
    Figure,
    Measured,
    OwnPrediction,
    Probability,
    SampleLoss,
    Weight,
    account,
    recording,
)
from nnstudio.analysis.tape import ProbeRequest, record, training_weights
from nnstudio.analysis.thumbnails import look, rows_to_look_at
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.data.words import BagOfWords
from nnstudio.graph.plan import Signature
from nnstudio.nn.losses import BinaryCrossentropy, MeanSquaredError
from nnstudio.project.model import EpochRecord
from nnstudio.session.run import Run
from nnstudio.spec import ProblemError
from tests.analysis.networks import branched, computed, numbers, pictures, reading, run_of
from tests.graph.building import chain, dense, start

TEXTS = (
    "good film", "bad film", "a good story", "very bad acting", "good good fun", "bad and dull",
    "fun story", "dull film", "good acting", "bad story",
)  # fmt: skip


def reviews() -> Dataset:
    words = BagOfWords.fit(TEXTS, 8)
    y = np.array([1, 0, 1, 0, 1, 0, 1, 0, 1, 0])
    samples = Samples(words.encode(TEXTS), y, TEXTS)
    signature = Signature((len(words),), "classification", 2)
    return Dataset(
        "reviews", signature, samples, samples, samples, ("bad", "good"), words.vocabulary,
        words=words,
    )  # fmt: skip


def reader() -> Run:
    network = chain(start(), dense(4, "relu"), dense(2, "softmax"))
    return run_of(network, reviews(), updates=40)


def classifier() -> Run:
    return run_of(chain(start(), dense(5, "tanh"), dense(3, "softmax")), numbers(60), updates=30)


def test_the_confusion_matrix_counts_every_sample_once_and_its_cells_name_them() -> None:
    run = classifier()
    found = evaluate(run.network, run.order.dataset)
    assert found.confusion is not None
    assert found.confusion.sum() == found.count == 60
    rows = np.concatenate([found.cell(i, j) for i in range(3) for j in range(3)])
    assert sorted(rows.tolist()) == list(range(60))
    assert found.figures["Accuracy"] == pytest.approx(np.trace(found.confusion) / 60)
    assert found.figures["Loss"] == pytest.approx(found.losses.mean(), rel=1e-5)
    assert found.classes is not None
    assert len(found.classes.f1) == 3
    worst = found.worst(5)
    assert all(found.losses[a] >= found.losses[b] for a, b in pairwise(worst))


def test_regression_is_measured_in_the_targets_own_unit() -> None:
    data = numbers(40, classes=0)
    scaled = Dataset(
        data.title, data.signature, data.train, None, data.test, target_scale=10.0,
        target_offset=100.0,
    )  # fmt: skip
    run = run_of(chain(start(), dense(2)), scaled, MeanSquaredError(), updates=5)
    found = evaluate(run.network, scaled)
    errors = (run.network.predict(data.train.x) - data.train.y) * 10.0
    assert found.figures["MAE"] == pytest.approx(np.abs(errors).mean(), rel=1e-4)
    assert found.confusion is None
    with pytest.raises(ProblemError, match="no validation set"):
        evaluate(run.network, scaled, "validation")


def test_a_sigmoid_output_gives_two_shares_that_sum_to_one() -> None:
    data = reviews()
    run = run_of(chain(start(), dense(1, "sigmoid")), data, BinaryCrossentropy(), updates=20)
    found = predict(run.network, data, "good film")
    assert found.shares is not None
    assert found.shares.sum() == pytest.approx(1.0)
    assert found.winner == int(found.shares[1] >= 0.5)


def test_a_words_push_is_exactly_what_the_prediction_loses_without_it() -> None:
    run = reader()
    found = predict(run.network, run.order.dataset, "a good film with unheard words")
    words = run.order.dataset.words
    assert words is not None
    without = predict(run.network, run.order.dataset, "a film with unheard words")
    assert found.shares is not None
    assert without.shares is not None
    push = found.push_of(words.columns["good"])
    assert push is not None
    assert push.by == pytest.approx(found.shares - without.shares, abs=1e-6)
    assert found.known == 2
    assert len(found.words) == 5


def test_a_text_without_a_known_word_is_still_predicted() -> None:
    run = reader()
    found = predict(run.network, run.order.dataset, "unheard of")
    assert found.pushes == ()
    assert found.shares is not None


@pytest.mark.parametrize("raw", [[1.0], [np.nan] * 6, "words", ["x"] * 6])
def test_what_cannot_be_read_is_refused_in_a_sentence(raw: object) -> None:
    run = classifier()
    with pytest.raises(ProblemError):
        predict(run.network, run.order.dataset, raw)


@pytest.mark.parametrize("network", ["branched", "reading", "pictures", "reader"])
def test_every_card_has_a_thumbnail_and_looking_leaves_no_trace(network: str) -> None:
    run = {
        "branched": lambda: run_of(branched(), numbers(), updates=2),
        "reading": lambda: run_of(reading(), numbers(shape=(5,), tokens=9), updates=2),
        "pictures": lambda: run_of(pictures(), numbers(shape=(3, 4)), updates=2),
        "reader": reader,
    }[network]()
    before = run.network.weights()
    streams = run.network.random_state()
    seen = look(run.network, run.order.dataset, rows_to_look_at(run.order.dataset))
    assert set(seen.thumbnails) == {step.id for step in run.order.plan.steps} | {"loss"}
    for thumbnail in seen.thumbnails.values():
        assert thumbnail.title
        assert thumbnail.values.size
        shown = thumbnail.values[np.isfinite(thumbnail.values)]
        if thumbnail.kind != "dots":
            assert np.abs(shown).max() <= 1.0
    after = run.network.weights()
    assert all(np.array_equal(before[key], after[key]) for key in before)
    assert run.network.random_state() == streams


def test_the_gradient_check_passes_on_a_right_gradient_and_fails_on_a_wrong_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = run_of(branched(), numbers(), updates=3)
    found = check_gradient(run.network, run.order.dataset)
    assert found.passed
    assert {layer.node for layer in found.layers} >= {"dense-1", "dense-2"}
    activation = type(run.network.plan.step("dense-1").layer.activation)  # type: ignore[attr-defined]
    right = activation.backward

    def wrong(
        self: object, ops: object, z: object, a: object, da: object, out: object = None
    ) -> object:
        return ops.multiply(right(self, ops, z, a, da), 1.01, out=out)  # type: ignore[attr-defined]

    monkeypatch.setattr(activation, "backward", wrong)
    assert not check_gradient(run.network, run.order.dataset).passed


def test_references_into_samples_open_at_the_number_that_was_shown() -> None:
    run = classifier()
    data, plan, setup = run.order.dataset, run.order.plan, run.order.setup
    shown = evaluate(run.network, data)
    cases = [
        (Probability("test", 7, 2), float(shown.prediction[7, 2])),
        (SampleLoss("test", 4), float(shown.losses[4])),
        (OwnPrediction([0.5] * 6, 1), float(predict(run.network, data, [0.5] * 6).outputs[1])),
    ]
    for reference, expected in cases:
        found = recording(reference, plan)
        assert found is not None
        tape = record(run.network, data, setup, found.request)
        opened = derive(Values(tape), found.number)
        assert opened.value == pytest.approx(expected, rel=1e-5)
    for other in (Weight("dense-1", "kernel", (1, 2)), Activation("dense-1", "test", 3, (1,))):
        found = recording(other, plan)
        assert found is not None
        tape = record(run.network, data, setup, found.request, run.standing())
        assert derive(Values(tape), found.number).operands


def test_figures_above_the_samples_are_accounts_that_add_up() -> None:
    run = classifier()
    shown = evaluate(run.network, run.order.dataset)
    references = [ConfusionCell(shown, i, j) for i in range(3) for j in range(3)]
    figures = [Figure(shown, name) for name in shown.figures]
    classes = [Figure(shown, name, k) for name in ("precision", "recall", "f1") for k in range(3)]
    for reference in (*references, *figures, *classes):
        found = account(reference)
        assert found is not None
        assert computed(found.python(repr)) == pytest.approx(found.value, rel=1e-5, abs=1e-9)


def test_every_point_of_a_curve_has_an_account() -> None:
    epoch = EpochRecord(3, 90, 1.0, 0.01, 0.7, 0.75, 0.9, 0.5)
    for figure in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
        point = CurvePoint(figure, epoch, 200, 30)
        found = account(point)
        assert found is not None
        assert found.value == getattr(epoch, figure)
        assert found.note


def test_a_validation_loss_of_the_present_weights_opens_down_to_its_samples() -> None:
    run = classifier()
    epoch = EpochRecord(1, 8, 1.0, 0.01, 0.7, 0.75, 0.9, 0.5)
    found = recording(CurvePoint("validation_loss", epoch, 60, 8, True), run.order.plan)
    assert found is not None
    tape = record(run.network, run.order.dataset, run.order.setup, found.request)
    opened = derive(Values(tape), found.number)
    assert len(opened.terms) == 60
    assert opened.value == pytest.approx(
        evaluate(run.network, run.order.dataset, "validation").loss
    )


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_figures_of_a_layer_open_at_the_number_that_was_shown(activation: str) -> None:
    network = chain(start(), dense(80, activation), dense(3, "softmax"))
    run = run_of(network, numbers(60), updates=30, class_weights="balanced")
    data, setup = run.order.dataset, run.order.setup
    rows = rows_to_look_at(data)
    seen = look(run.network, data, rows, training_weights(data, setup))
    whats = {
        "dead": "dead", "saturated": "saturated", "weights_rms": "weights rms",
        "gradient_rms": "gradient rms", "output_mean": "output mean",
        "output_deviation": "output deviation",
    }  # fmt: skip
    opened = set()
    for node, figures in seen.figures.items():
        for name, what in whats.items():
            if (shown := getattr(figures, name)) is None:
                continue
            found = recording(Measured(node, what, tuple(rows.tolist())), run.order.plan)
            assert found is not None
            values = Values(record(run.network, data, setup, found.request, run.standing()))
            told = derive(values, found.number)
            assert told.value == pytest.approx(shown, rel=1e-4, abs=1e-7)
            assert computed(told.python(repr)) == pytest.approx(told.value, rel=1e-4, abs=1e-7)
            assert told.openable()
            for operand in told.openable()[:3]:
                below = derive(values, operand.number)
                got = computed(below.python(repr))
                assert got == pytest.approx(below.value, rel=2e-3, abs=1e-6)
            opened.add(what)
    assert opened == set(whats.values()) - {"saturated" if activation == "relu" else "dead"}


@pytest.mark.parametrize("network", ["branched", "plain"])
def test_every_cell_of_a_picture_opens_the_number_it_shows(network: str) -> None:
    plain = chain(start(), dense(50, "relu"), dense(3, "softmax"))
    run = run_of(branched() if network == "branched" else plain, numbers(20), updates=3)
    data, setup = run.order.dataset, run.order.setup
    rows = rows_to_look_at(data)
    seen = look(run.network, data, rows)
    tape = record(run.network, data, setup, ProbeRequest(tuple(rows.tolist())), run.standing())
    values = Values(tape)
    kinds = set()
    for node, picture in seen.thumbnails.items():
        cells = np.atleast_2d(picture.values)
        for row, column in np.ndindex(cells.shape):
            found = picture.number_at(row, column)
            if found is None:
                continue
            what, index = found
            shown = values.value(Number(node, what, index))
            cell = float(cells[row, column])
            if what == "mask":
                assert (shown > 0) == (cell > 0)
            elif what == "L":
                assert picture.caption == f"{shown:.4g}"
            elif abs(cell) < 1:
                assert cell * picture.limit == pytest.approx(shown, rel=1e-4, abs=1e-6)
            kinds.add(what)
    wanted = {"w:kernel", "means", "y", "L"} | ({"mask"} if network == "branched" else set())
    assert kinds == wanted


def test_a_sample_that_does_not_exist_is_refused() -> None:
    run = classifier()
    with pytest.raises(ProblemError, match="no such sample"):
        record(run.network, run.order.dataset, run.order.setup, ProbeRequest((60,)))
