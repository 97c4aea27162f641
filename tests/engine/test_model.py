"""Building, training, measuring and saving a network in a few lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine import Model, range_test, suggestion
from nnstudio.engine.range_test import RangePoint
from nnstudio.nn.activations import Relu, Softmax
from nnstudio.nn.layers import Dense, Dropout
from nnstudio.nn.optimizers import SGD, Adam
from nnstudio.spec import ProblemError

from .making import NUMBERS, dataset, network, same_weights, samples, setup

LAYERS = [Dense(16, Relu()), Dropout(0.1), Dense(3, Softmax())]


def test_a_network_in_a_few_lines(tmp_path: Path) -> None:
    data = dataset(300)
    model = Model(LAYERS, data)
    told = []
    history = model.fit(told.append, epochs=25, batch_size=16, optimizer=Adam(0.01))
    assert told == history
    figures = model.evaluate(samples(100, 5))
    assert figures["accuracy"] > 0.7
    assert {"loss", "accuracy", "f1"} <= set(figures)
    confusion = model.confusion_matrix(samples(100, 5))
    assert confusion.shape == (3, 3)
    assert np.trace(confusion) / 100 == pytest.approx(figures["accuracy"])
    model.save(tmp_path / "weights.npz")
    other = Model(LAYERS, data, seed=9)
    other.load(tmp_path / "weights.npz")
    np.testing.assert_array_equal(other.predict(data.train.x), model.predict(data.train.x))
    with np.load(tmp_path / "weights.npz") as stored:
        assert stored["dense-1/kernel"].shape == (6, 16)


def test_regression_too() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 6)).astype(np.float32)
    part = Samples(x, (x[:, :1] * 2 - x[:, 1:2]).astype(np.float32))
    model = Model([Dense(1)], Dataset("a plane", NUMBERS, part, part, None))
    model.fit(epochs=60, batch_size=20, optimizer=SGD(0.05))
    assert model.evaluate(part)["r2"] > 0.99
    np.testing.assert_allclose(
        model.network.weights()["dense-1", "kernel"].ravel()[:2], [2.0, -1.0], atol=0.01
    )


def test_what_does_not_fit_is_told_at_once() -> None:
    with pytest.raises(ProblemError):
        Model([Dense(4, Softmax())], dataset())


def test_a_blow_up_is_a_problem() -> None:
    with pytest.raises(ProblemError, match="diverged"):
        Model([Dense(16), Dense(3)], dataset(), _squares()).fit(epochs=50, optimizer=SGD(1000.0))


def _squares():  # type: ignore[no-untyped-def]
    from nnstudio.nn.losses import MeanSquaredError

    return MeanSquaredError()


def test_the_range_test_climbs_and_leaves_the_network_as_it_was() -> None:
    net, data = network(), dataset(200)
    before, streams = net.weights(), net.random_state()
    points = list(range_test(net, data, setup(), 1e-5, 100.0, 80))
    rates = [point.rate for point in points]
    assert rates == sorted(rates)
    assert rates[0] == pytest.approx(1e-5)
    best = suggestion(points)
    assert best is not None
    assert 1e-4 < best < 1.0
    assert same_weights(before, net.weights())
    assert net.random_state() == streams


def test_an_abandoned_range_test_leaves_the_network_as_it_was() -> None:
    net = network()
    before = net.weights()
    points = range_test(net, dataset(), setup(), 1e-2, 1.0)
    for _ in range(10):
        next(points)
    points.close()  # type: ignore[attr-defined]
    assert same_weights(before, net.weights())


def test_no_suggestion_where_the_loss_never_falls() -> None:
    assert suggestion([RangePoint(10.0**k, 1.0 + k, 1.0 + k) for k in range(20)]) is None
    with pytest.raises(ValueError, match="no range"):
        list(range_test(network(), dataset(), setup(), 1.0, 0.1))
