"""Remarks a good teacher makes: on a network that works, and only where they are due."""

from __future__ import annotations

import pytest

from nnstudio.graph.check import check
from nnstudio.graph.model import Graph
from nnstudio.graph.plan import Signature
from nnstudio.nn.initializers import Zeros
from nnstudio.nn.layers.activation import Activation
from nnstudio.nn.layers.batch_normalization import BatchNormalization
from nnstudio.nn.layers.dropout import Dropout
from nnstudio.nn.layers.embedding import Embedding
from nnstudio.nn.layers.flatten import Flatten
from nnstudio.nn.layers.global_average_pooling_1d import GlobalAveragePooling1D
from nnstudio.nn.layers.input import Input
from nnstudio.nn.layers.layer_normalization import LayerNormalization
from nnstudio.nn.losses import CategoricalCrossentropy
from nnstudio.project import fixes
from nnstudio.project.model import Project
from nnstudio.spec import Problem, Severity, parts
from tests.graph.building import PICTURES, REVIEWS, chain, dense

WORDS = Signature((40,), "classification", classes=5, tokens=1000)


def remarks(network: Graph, data: Signature = REVIEWS) -> tuple[Problem, ...]:
    return check(network, data, CategoricalCrossentropy()).problems


def layer(activation: str) -> Activation:
    return Activation(parts("activation")[activation]())  # type: ignore[arg-type]


DUE = {
    "No activation between": (chain(Input(), dense(64), dense(5, "softmax")), REVIEWS),
    "Softmax inside": (chain(Input(), dense(64, "softmax"), dense(5, "softmax")), REVIEWS),
    "Softmax twice": (chain(Input(), dense(5, "softmax"), layer("softmax")), REVIEWS),
    "stands behind the last": (chain(Input(), dense(5, "softmax"), Dropout(0.5)), REVIEWS),
    "switches off 90 %": (
        chain(Input(), dense(64, "relu"), Dropout(0.9), dense(5, "softmax")),
        REVIEWS,
    ),
    "Two Dropout": (
        chain(Input(), dense(64, "relu"), Dropout(0.2), Dropout(0.2), dense(5, "softmax")),
        REVIEWS,
    ),
    "sees one row": (
        chain(Input(), dense(16, "relu"), Flatten(), dense(10, "softmax")),
        PICTURES,
    ),
    "start equal": (
        chain(Input(), dense(64, "relu", kernel_initializer=Zeros()), dense(5, "softmax")),
        REVIEWS,
    ),
    "no slope": (chain(Input(), dense(64, "step"), dense(5, "softmax")), REVIEWS),
    "gradients fade": (
        chain(Input(), *[dense(16, "sigmoid") for _ in range(5)], dense(5, "softmax")),
        REVIEWS,
    ),
    "are frozen": (chain(Input(), dense(5, "softmax", frozen=True)), REVIEWS),
    "looks up whole numbers": (
        chain(Input(), Embedding(), GlobalAveragePooling1D(), dense(5, "softmax")),
        REVIEWS,
    ),
    "takes word numbers": (chain(Input(), dense(5, "softmax")), WORDS),
    "knows 10 words": (
        chain(Input(), Embedding(10), GlobalAveragePooling1D(), dense(5, "softmax")),
        WORDS,
    ),
}


@pytest.mark.parametrize("words", DUE)
def test_a_remark_is_made_once_and_its_button_answers_it(words: str) -> None:
    network, data = DUE[words]
    made = [p for p in remarks(network, data) if words in p.title]
    assert len(made) == 1
    problem = made[0]
    assert problem.explain
    assert problem.where.id
    assert problem.fix is not None
    after = fixes.apply(Project(graph=network), problem.fix).graph
    assert not [p for p in remarks(after, data) if words in p.title]


@pytest.mark.parametrize("words", [words for words in DUE if words != "knows 10 words"])
def test_a_remark_does_not_stop_training(words: str) -> None:
    found = check(*DUE[words], CategoricalCrossentropy())
    named = [p for p in found.problems if words in p.title]
    assert all(p.severity is not Severity.ERROR for p in named)


def test_an_activation_of_its_own_between_dense_layers_counts() -> None:
    assert remarks(chain(Input(), dense(64), layer("relu"), dense(5, "softmax"))) == ()
    normalised = chain(Input(), dense(64), BatchNormalization(), layer("relu"), dense(5, "softmax"))
    assert remarks(normalised) == ()
    assert remarks(chain(Input(), dense(64), LayerNormalization(), dense(5, "softmax"))) == ()


def test_linear_layers_are_seen_through_dropout() -> None:
    assert remarks(chain(Input(), dense(64), Dropout(0.5), dense(5, "softmax")))


def test_a_linear_output_is_no_missing_activation() -> None:
    data = Signature((4,), "regression", outputs=1)
    found = check(
        chain(Input(), dense(8, "relu"), dense(1)), data, parts("loss")["mean_squared_error"]()
    )  # type: ignore[arg-type]
    assert found.problems == ()


def test_gradients_through_relu_do_not_fade() -> None:
    layers = [dense(16, name) for name in ("sigmoid", "sigmoid", "relu", "sigmoid", "sigmoid")]
    assert remarks(chain(Input(), *layers, dense(5, "softmax"))) == ()
