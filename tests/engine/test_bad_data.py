"""Data that cannot be trained on is refused with the place where it is wrong."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from nnstudio.data.dataset import Samples
from nnstudio.engine import Trainer
from nnstudio.spec import ProblemError

from .making import dataset, network, setup, with_x, with_y

DATA = dataset(30)


def refused(data: Any) -> str:
    with pytest.raises(ProblemError) as caught:
        Trainer(network(), data, setup())
    return str(caught.value)


def test_a_value_that_is_no_number_is_named_by_row_and_column() -> None:
    x = DATA.train.x.copy()
    x[7, 2] = np.nan
    x[9, 0] = np.inf
    text = refused(dataclasses.replace(with_x(DATA, x), feature_names=tuple("abcdef")))
    assert "2 values" in text
    assert "row 8" in text
    assert "column c" in text


def test_also_in_sparse_data() -> None:
    data = dataset(30, sparse=True)
    x = data.train.x.copy()
    x.data[3] = np.nan
    row = int(np.searchsorted(x.indptr, 3, side="right"))
    assert f"row {row}, column {x.indices[3]}" in refused(with_x(data, x))


@pytest.mark.parametrize("label", [3, -1, 2**40, -(2**31)])
def test_a_label_outside_the_classes(label: int) -> None:
    y = DATA.train.y.copy()
    y[4] = label
    text = refused(with_y(DATA, y))
    assert "outside its 3 classes" in text
    assert f"{label} in row 5" in text


def test_labels_that_are_no_classes() -> None:
    assert "not classes" in refused(with_y(DATA, DATA.train.y.astype(np.float32)))


def test_no_samples() -> None:
    empty = Samples(DATA.train.x[:0], DATA.train.y[:0])
    assert "empty" in refused(dataclasses.replace(DATA, train=empty))


def test_more_targets_than_samples() -> None:
    assert "31 targets" in refused(with_y(DATA, np.zeros(31, np.int64)))


def test_another_width() -> None:
    assert "(5,)" in refused(with_x(DATA, DATA.train.x[:, :5]))


def test_a_bad_validation_set_is_named() -> None:
    assert DATA.validation is not None
    bad = Samples(DATA.validation.x, DATA.validation.y + 3)
    assert "validation" in refused(dataclasses.replace(DATA, validation=bad))


def test_an_index_the_embedding_does_not_know() -> None:
    from nnstudio.data.dataset import Dataset
    from nnstudio.engine import Network, compile, sequential
    from nnstudio.graph.plan import Signature
    from nnstudio.nn.activations import Softmax
    from nnstudio.nn.layers import Dense, Embedding, Flatten
    from nnstudio.nn.losses import CategoricalCrossentropy

    sign = Signature((4,), "classification", 3, tokens=10)
    data = Dataset("t", sign, Samples(np.full((5, 4), 10), np.zeros(5, np.int64)), None, None)
    loss = CategoricalCrossentropy()
    layers = [Embedding(10, 2), Flatten(), Dense(3, Softmax())]
    net = Network(compile(sequential(layers), sign, loss), loss)
    with pytest.raises(ProblemError, match="indices"):
        Trainer(net, data, setup())
