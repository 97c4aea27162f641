"""Targets are read for what they are, or refused: never quietly taken for something else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnstudio.analysis.evaluation import evaluate as look_at
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine import Network, Trainer, compile, evaluate, sequential
from nnstudio.graph.plan import Signature
from nnstudio.nn.activations import Sigmoid, Softmax
from nnstudio.nn.layers import Dense
from nnstudio.nn.losses import BinaryCrossentropy, MeanSquaredError
from nnstudio.spec import ProblemError

from .making import CLASSES, NUMBERS, network, samples, setup


def regression(outputs: int = 1) -> Network:
    signature = Signature((6,), "regression", outputs=outputs)
    loss = MeanSquaredError()
    return Network(compile(sequential([Dense(outputs)]), signature, loss), loss)


def yes_or_no() -> Network:
    loss = BinaryCrossentropy()
    signature = Signature((6,), "classification", 2)
    return Network(compile(sequential([Dense(1, Sigmoid())]), signature, loss), loss)


def surprise(net: Network, x: Any, y: Any) -> float:
    """Categorical cross-entropy by hand."""
    p = net.predict(x)
    return float(-np.log(p[np.arange(len(y)), y]).mean())


@pytest.mark.parametrize("n", [1, 3, 5])
@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint32, np.float32])
def test_class_numbers_and_one_hot_rows_of_equal_count_are_told_apart(n: int, kind: Any) -> None:
    net, data = network([Dense(3, Softmax())]), samples(n)
    expected = surprise(net, data.x, data.y)
    forms = [np.eye(3, dtype=kind)[data.y]]
    if kind is not np.float32:
        forms = [data.y.astype(kind), *forms, data.y.astype(kind)]
    for y in forms:
        net.forward(data.x)
        assert net.loss_of(y) == pytest.approx(expected, rel=1e-5)
        net.backward()
        expected_gradient = (net.predict(data.x) - np.eye(3)[data.y]).sum(axis=0) / n
        net.forward(data.x, training=True)
        net.loss_of(y)
        net.backward()
        np.testing.assert_allclose(
            net.gradients["dense-1", "bias"], expected_gradient, rtol=1e-4, atol=1e-6
        )


@pytest.mark.parametrize(
    ("y", "quoted"),
    [
        (np.array([0.0, 1.0, 2.0]), "float64"),
        (np.zeros((3, 1)), r"\(3, 1\)"),
        (np.zeros((3, 2)), r"\(3, 2\)"),
        (np.array([0, 1]), r"\(2,\)"),
        (np.zeros((2, 3)), r"\(2, 3\)"),
        (np.array([0, 1, 3]), "0 to 3"),
        (np.array([0, -1, 1]), "-1 to 1"),
        (np.array(["a", "b", "c"]), "<U1"),
        (np.array(1), r"\(\)"),
    ],
)
def test_targets_of_another_form_are_refused_with_what_they_are(y: Any, quoted: str) -> None:
    net = network([Dense(3, Softmax())])
    data = samples(3)
    net.forward(data.x)
    with pytest.raises(ValueError, match=quoted):
        net.loss_of(y)
    assert net.loss_of(data.y) == pytest.approx(surprise(net, data.x, data.y), rel=1e-5)


@pytest.mark.parametrize("kind", [np.int64, np.int16, np.float64, np.float32])
@pytest.mark.parametrize("shape", [(5,), (5, 1)])
def test_whole_numbers_are_amounts_where_numbers_are_predicted(kind: Any, shape: Any) -> None:
    net, x = regression(), samples(5).x
    y = np.array([5, -2, 7, 0, 1]).astype(kind).reshape(shape)
    net.forward(x)
    expected = np.mean((net.predict(x)[:, 0] - y.reshape(-1)) ** 2)
    assert net.loss_of(y) == pytest.approx(expected, rel=1e-5)
    data = Dataset("amounts", NUMBERS, Samples(x, y), None, None)
    learning = Trainer(net, data, setup(loss=MeanSquaredError(), epochs=1, batch_size=5))
    list(learning.run())
    assert learning.history[0].loss == pytest.approx(expected, rel=1e-5)


def test_numbers_for_several_outputs_stand_in_rows() -> None:
    net, x = regression(outputs=3), samples(3).x
    net.forward(x)
    for y in (np.array([1, 2, 0]), np.ones(3), np.ones((3, 1)), np.ones((1, 3))):
        with pytest.raises(ValueError, match=r"\(3, 3\)|\(1, 3\)"):
            net.loss_of(y)
    assert net.loss_of(np.ones((3, 3))) == pytest.approx(np.mean((net.predict(x) - 1) ** 2), 1e-5)


def test_one_output_takes_yes_and_no_as_numbers_as_truth_values_and_as_chances() -> None:
    net, x = yes_or_no(), samples(4).x
    net.forward(x)
    y = np.array([0, 1, 1, 0])
    losses = [net.loss_of(form) for form in (y, y.astype(float), y.astype(bool), y[:, None])]
    assert losses == pytest.approx([losses[0]] * 4, rel=1e-6)
    assert np.isfinite(net.loss_of(np.array([0.1, 0.9, 0.5, 0.0])))


@pytest.mark.parametrize("n", [3, 8])
def test_an_evaluation_that_fails_does_not_spoil_the_next_of_its_size(n: int) -> None:
    data = samples(n)
    fresh = evaluate(network([Dense(3, Softmax())]), data)
    net = network([Dense(3, Softmax())])
    for wrong in (data.y.astype(np.float32), np.eye(3)[data.y], np.eye(3, dtype=int)[data.y]):
        with pytest.raises(ProblemError, match="evaluated targets"):
            evaluate(net, Samples(data.x, wrong))
        net.forward(data.x)
        with pytest.raises(ValueError, match="targets"):
            net.loss_of(data.y.astype(np.float32))
        assert evaluate(net, data) == fresh


def test_a_layer_that_fails_once_is_recorded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    net, data = network([Dense(4, Sigmoid()), Dense(3, Softmax())]), samples(6)
    expected = net.predict(data.x)
    other = network([Dense(4, Sigmoid()), Dense(3, Softmax())])
    with monkeypatch.context() as patched:
        calls = iter([True])

        def fails_at_first(self: Any, ops: Any, z: Any) -> Any:
            if next(calls, False):
                raise MemoryError
            return ops.sigmoid(z)

        patched.setattr(Sigmoid, "forward", fails_at_first)
        with pytest.raises(MemoryError):
            other.forward(data.x)
    for _ in range(2):
        np.testing.assert_array_equal(other.predict(data.x), expected)


def test_samples_are_never_stretched_to_the_network() -> None:
    net = network([Dense(3, Softmax())])
    net.forward(np.zeros((6, 6), np.float32))
    for x in (np.zeros((6, 1)), np.zeros(6), np.zeros((6, 6, 1))):
        with pytest.raises(ValueError, match=r"\(6,\)"):
            net.forward(x)
    with pytest.raises(ValueError, match="<U"):
        net.forward(np.full((6, 6), "1"))


def test_one_hot_rows_are_refused_as_training_data_with_the_way_out() -> None:
    data = samples(3)
    rows = Dataset("rows", CLASSES, Samples(data.x, np.eye(3, dtype=int)[data.y]), None, None)
    with pytest.raises(ProblemError, match="argmax"):
        Trainer(network([Dense(3, Softmax())]), rows, setup())


def test_a_test_set_that_holds_no_number_is_named_with_its_place() -> None:
    x = samples(4).x.copy()
    x[2, 1] = np.inf
    data = Dataset("t", CLASSES, samples(5), None, Samples(x, samples(4).y))
    with pytest.raises(ProblemError, match=r"test data.*\n?.*row 3, column 1"):
        look_at(network([Dense(3, Softmax())]), data)
