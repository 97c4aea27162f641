"""A loss that does not fit says so in a sentence, and names the change that mends it."""

from __future__ import annotations

import pytest

from nnstudio.graph.plan import Signature
from nnstudio.nn.activations import Linear, Relu, Sigmoid, Softmax, Softplus, Step, Tanh
from nnstudio.nn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Hinge,
    Huber,
    KullbackLeibler,
    LogCosh,
    MeanAbsoluteError,
    MeanSquaredError,
    SquaredHinge,
)
from nnstudio.spec import Severity, parts

FIVE = Signature((800,), "classification", classes=5, target_title="stars")
TWO = Signature((2,), "classification", classes=2)
HOUSES = Signature(
    (13,), "regression", outputs=1, target_minimum=-2.5, target_maximum=40.0, target_title="price"
)
SHARES = Signature((4,), "regression", outputs=3, target_minimum=0.0, target_maximum=1.0)

PAIRS = [
    (CategoricalCrossentropy(), (5,), Softmax(), FIVE),
    (CategoricalCrossentropy(), (2,), Softmax(), TWO),
    (BinaryCrossentropy(), (1,), Sigmoid(), TWO),
    (BinaryCrossentropy(), (3,), Sigmoid(), SHARES),
    (KullbackLeibler(), (3,), Softmax(), SHARES),
    (KullbackLeibler(), (5,), Softmax(), FIVE),
    (Hinge(), (1,), Linear(), TWO),
    (Hinge(), (5,), None, FIVE),
    (SquaredHinge(), (1,), Tanh(), TWO),
    (MeanSquaredError(), (1,), Linear(), HOUSES),
    (MeanSquaredError(), (1,), None, HOUSES),
    (MeanAbsoluteError(), (3,), Sigmoid(), SHARES),
    (Huber(), (3,), Relu(), SHARES),
    (LogCosh(), (1,), Linear(), HOUSES),
]


@pytest.mark.parametrize(("loss", "shape", "activation", "signature"), PAIRS)
def test_what_fits_needs_no_words(loss, shape, activation, signature) -> None:
    assert loss.problems(shape, activation, signature) == ()


def only(problems):
    assert len(problems) == 1
    return problems[0]


def test_three_outputs_for_five_classes_are_refused_with_the_right_number() -> None:
    problem = only(CategoricalCrossentropy().problems((3,), Softmax(), FIVE))
    assert problem.severity is Severity.ERROR
    assert problem.title == "The network has 3 outputs, the data 5 classes"
    assert "stars" in problem.explain
    assert (problem.where.kind, problem.where.field) == ("node", "units")
    assert problem.fix is not None
    assert problem.fix.command == "configure_layer"
    assert problem.fix.arguments == {"units": 5}


def test_softmax_with_squared_error_is_allowed_and_explained() -> None:
    problem = only(MeanSquaredError().problems((5,), Softmax(), FIVE))
    assert problem.severity is Severity.HINT
    assert "slope" in problem.explain
    assert problem.fix is not None
    assert problem.fix.arguments == {"loss": CategoricalCrossentropy()}


def test_sigmoid_with_categorical_crossentropy_is_a_warning() -> None:
    problem = only(CategoricalCrossentropy().problems((5,), Sigmoid(), FIVE))
    assert problem.severity is Severity.WARNING
    assert problem.fix is not None
    assert problem.fix.arguments == {"activation": Softmax()}


@pytest.mark.parametrize("activation", [None, Linear(), Relu(), Tanh(), Softplus(), Step()])
@pytest.mark.parametrize(
    ("loss", "shape", "signature", "better"),
    [
        (CategoricalCrossentropy(), (5,), FIVE, Softmax()),
        (KullbackLeibler(), (5,), FIVE, Softmax()),
        (BinaryCrossentropy(), (1,), TWO, Sigmoid()),
    ],
)
def test_logarithms_of_what_is_no_probability_are_refused(
    loss, shape, signature, better, activation
) -> None:
    problem = only(loss.problems(shape, activation, signature))
    assert problem.severity is Severity.ERROR
    assert "logarithm" in problem.explain
    assert problem.fix is not None
    assert problem.fix.arguments == {"activation": better}


@pytest.mark.parametrize("loss", [cls() for cls in parts("loss").values()])
def test_softmax_of_one_output_is_refused_by_every_loss(loss) -> None:
    found = loss.problems((1,), Softmax(), TWO)
    assert found[0].severity is Severity.ERROR


@pytest.mark.parametrize(
    "loss", [CategoricalCrossentropy(), Hinge(), SquaredHinge(), BinaryCrossentropy()]
)
def test_losses_on_classes_refuse_numbers(loss) -> None:
    problem = only(loss.problems((1,), Linear(), HOUSES))
    assert problem.severity is Severity.ERROR
    assert "price goes from -2.5 to 40" in problem.explain
    assert problem.fix is not None
    assert problem.fix.arguments == {"loss": MeanSquaredError()}


def test_an_output_that_cannot_reach_the_targets_is_a_warning() -> None:
    problem = only(MeanSquaredError().problems((1,), Sigmoid(), HOUSES))
    assert problem.severity is Severity.WARNING
    assert "from -2.5 to 40" in problem.explain


@pytest.mark.parametrize("loss", [cls() for cls in parts("loss").values()])
@pytest.mark.parametrize("signature", [FIVE, TWO, HOUSES, SHARES])
@pytest.mark.parametrize("shape", [(), (1,), (2,), (3,), (5,), (28, 28), (0,)])
def test_every_combination_is_answered_in_whole_sentences(loss, shape, signature) -> None:
    for activation in (None, *(cls() for cls in parts("activation").values())):
        for problem in loss.problems(shape, activation, signature):
            assert problem.title
            assert problem.title[0] == problem.title[0].upper()
            assert not problem.title.endswith(".")
            assert problem.explain.endswith(".")
            assert problem.where.kind in ("node", "training")
            if problem.fix is not None:
                assert problem.fix.command in ("configure_layer", "change_loss")
                assert problem.fix.label


@pytest.mark.parametrize("loss", [cls() for cls in parts("loss").values()])
def test_several_axes_at_the_output_are_refused(loss) -> None:
    problem = loss.problems((28, 28), None, SHARES if "regression" in loss.tasks else FIVE)[0]
    assert problem.severity is Severity.ERROR
    assert "28 × 28" in problem.explain
