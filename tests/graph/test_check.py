"""The check says what is wrong where it is wrong, and its buttons mend it."""

from __future__ import annotations

import time

import pytest

from nnstudio.graph.check import check, memory_text, shape_text
from nnstudio.graph.model import Edge, Graph
from nnstudio.graph.plan import Check, Signature
from nnstudio.nn.layers.activation import Activation
from nnstudio.nn.layers.add import Add
from nnstudio.nn.layers.concatenate import Concatenate
from nnstudio.nn.layers.dropout import Dropout
from nnstudio.nn.layers.embedding import Embedding
from nnstudio.nn.layers.flatten import Flatten
from nnstudio.nn.layers.gaussian_noise import GaussianNoise
from nnstudio.nn.layers.global_average_pooling_1d import GlobalAveragePooling1D
from nnstudio.nn.layers.input import Input
from nnstudio.nn.layers.reshape import Reshape
from nnstudio.nn.loss import Loss
from nnstudio.nn.losses import BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError
from nnstudio.project import fixes
from nnstudio.project.model import Project
from nnstudio.project.setup import TrainingSetup
from nnstudio.spec import Problem, Severity, parts
from tests.graph.building import PICTURES, PRICES, REVIEWS, YES_NO, chain, dense, graph

CROSSENTROPY = CategoricalCrossentropy()


def errors(found: Check) -> list[Problem]:
    return [p for p in found.problems if p.severity is Severity.ERROR]


def mended(
    before: Graph, signature: Signature | None, loss: Loss | None = None, most: int = 6
) -> tuple[Check, list[str]]:
    """Press the button of the first problem until none is left; the labels pressed."""
    project = Project(graph=before, training=TrainingSetup(loss=loss) if loss else TrainingSetup())
    pressed = []
    for _ in range(most):
        found = check(project.graph, signature, project.training.loss if loss else None)
        if not found.problems:
            return found, pressed
        fix = found.problems[0].fix
        assert fix is not None, found.problems[0]
        project = fixes.apply(project, fix)
        pressed.append(fix.label)
    pytest.fail(f"still not right after {pressed}: {found.problems}")


COURSE = chain(
    Input(),
    dense(256, "relu"),
    Dropout(0.5),
    dense(256, "relu"),
    Dropout(0.5),
    dense(5, "softmax"),
)


def test_the_network_of_the_course_gives_a_plan_with_every_shape() -> None:
    found = check(COURSE, REVIEWS, CROSSENTROPY)
    assert found.problems == ()
    assert found.output == "dense-3"
    assert found.plan is not None
    assert [step.id for step in found.plan.steps] == [node.id for node in COURSE.nodes]
    assert found.plan.parameter_count == 272_133
    assert found.parameter_counts["dense-1"] == 800 * 256 + 256
    assert found.edge_shapes["input-1>dense-1:0"] == (800,)
    assert found.edge_shapes["dense-3>loss:0"] == (5,)
    assert found.plan.step("dense-1").input_shapes == ((800,),)


def test_an_empty_canvas_offers_an_input() -> None:
    found = check(Graph(), REVIEWS, CROSSENTROPY)
    assert found.plan is None
    after = fixes.apply(Project(), found.problems[0].fix)  # type: ignore[arg-type]
    assert [node.id for node in after.graph.nodes] == ["input-1"]


def test_from_nothing_to_a_plan_by_pressing_buttons_only() -> None:
    found, pressed = mended(Graph(), REVIEWS, CROSSENTROPY)
    assert found.plan is not None
    assert pressed == ["Add an Input", "Add Dense with 5 units"]


def test_without_data_there_are_shapes_but_no_plan() -> None:
    found = check(COURSE, None, CROSSENTROPY)
    assert found.plan is None
    assert errors(found) == []
    assert found.shapes["dropout-2"] == (256,)
    assert "input-1" not in found.shapes


def test_a_missing_input_is_put_before_the_first_card() -> None:
    found, pressed = mended(chain(dense(8, "relu"), dense(5, "softmax")), REVIEWS, CROSSENTROPY)
    assert pressed == ["Add an Input before Dense 1"]
    assert found.plan is not None


def test_an_input_that_leads_nowhere_is_connected() -> None:
    loose = graph([Input(), dense(5, "softmax")])
    _found, pressed = mended(loose, REVIEWS, CROSSENTROPY)
    assert pressed == ["Connect Input to Dense 1"]


def test_a_missing_wire_in_the_middle_is_said_once_and_the_loss_stays() -> None:
    cut = graph(
        [Input(), dense(8, "relu"), dense(5, "softmax"), Dropout(0.1), dense(5, "softmax")],
        "input-1>dense-1 dropout-1>dense-3",
    )
    cut = Graph(tuple(n for n in cut.nodes if n.id != "dense-2"), cut.edges)
    found = check(cut, REVIEWS, CROSSENTROPY)
    assert [p.title for p in errors(found)] == ["Dropout 1 has no input"]
    assert found.output == "dense-3"
    after, pressed = mended(cut, REVIEWS, CROSSENTROPY)
    assert pressed == ["Connect Dense 1 to Dropout 1"]
    assert after.plan is not None


def test_a_loose_card_is_left_out_with_a_warning() -> None:
    loose = graph([Input(), dense(5, "softmax"), dense(9, "relu")], "input-1>dense-1")
    found = check(loose, REVIEWS, CROSSENTROPY)
    assert found.plan is not None
    assert [step.id for step in found.plan.steps] == ["input-1", "dense-1"]
    assert [(p.severity, p.where.id) for p in found.problems] == [(Severity.WARNING, "dense-2")]


def test_a_circle_is_said_on_the_wire_that_closes_it() -> None:
    circle = graph(
        [Input(), Add(), dense(4, "relu"), dense(5, "softmax")],
        "input-1>add-1:0 add-1>dense-1 dense-1>add-1:1 dense-1>dense-2",
    )
    found = check(circle, Signature((4,), "classification", 5), CROSSENTROPY)
    first = found.problems[0]
    assert (first.where.kind, first.where.id) == ("edge", "dense-1>add-1:1")
    assert "circle" in first.title
    after, pressed = mended(circle, Signature((4,), "classification", 5), CROSSENTROPY)
    assert pressed[0] == "Remove the wire"
    assert after.plan is not None


def test_a_card_wired_to_itself_is_a_circle() -> None:
    own = graph(
        [Input(), Add(), dense(5, "softmax")], "input-1>add-1:0 add-1>add-1:1 add-1>dense-1"
    )
    assert check(own, REVIEWS).problems[0].where.id == "add-1>add-1:1"


def test_a_wire_that_hangs_in_the_air_can_be_removed() -> None:
    hanging = graph([Input(), dense(5, "softmax")], "input-1>dense-1 input-1>dense-7")
    found = check(hanging, REVIEWS, CROSSENTROPY)
    assert found.problems[0].where.id == "input-1>dense-7:0"
    assert mended(hanging, REVIEWS, CROSSENTROPY)[1] == ["Remove the wire"]


def test_two_wires_into_one_input_are_refused_on_the_second() -> None:
    crowded = graph(
        [Input(), dense(4, "relu"), dense(5, "softmax")],
        "input-1>dense-1 dense-1>dense-2 input-1>dense-2",
    )
    assert check(crowded, REVIEWS).problems[0].where.id == "input-1>dense-2:0"
    further = graph([Input(), dense(5, "softmax")], "input-1>dense-1 input-1>dense-1:1")
    assert "room for 1 wire" in check(further, REVIEWS).problems[0].title


def test_a_wire_into_the_input_is_refused() -> None:
    wrong = graph([Input(), dense(5, "softmax")], "input-1>dense-1")
    wrong = wrong.with_(edges=[Edge("dense-1", "input-1")])
    assert check(wrong, REVIEWS).problems[0].where.id == "dense-1>input-1:0"


def test_a_second_input_is_refused() -> None:
    two = graph(
        [Input(), Input(), Add(), dense(5, "softmax")],
        "input-1>add-1:0 input-2>add-1:1 add-1>dense-1",
    )
    found = check(two, REVIEWS)
    assert found.problems[0].where.id == "input-2"
    assert mended(two, REVIEWS, CROSSENTROPY)[1] == ["Remove Input 2", "Remove Add 1"]


def test_a_merge_with_one_wire_is_mended_by_removing_it() -> None:
    short = chain(Input(), Add(), dense(5, "softmax"))
    assert "at least 2 inputs" in check(short, REVIEWS).problems[0].title
    assert mended(short, REVIEWS, CROSSENTROPY)[1] == ["Remove Add 1"]


def test_several_ends_are_named_and_a_side_branch_can_go() -> None:
    forked = graph(
        [Input(), dense(8, "relu"), dense(5, "softmax"), dense(3, "relu"), Dropout(0.2)],
        "input-1>dense-1 dense-1>dense-2 input-1>dense-3 dense-3>dropout-1",
    )
    found = check(forked, REVIEWS, CROSSENTROPY)
    assert found.output == ""
    assert "ends twice" in found.problems[0].title
    after, pressed = mended(forked, REVIEWS, CROSSENTROPY)
    assert after.plan is not None
    assert pressed == ["Remove its 2 cards"]


def test_branches_that_do_not_fit_are_said_on_the_wire_with_both_shapes() -> None:
    branches = graph(
        [Input(), dense(64, "relu"), dense(32, "relu"), Add(), dense(5, "softmax")],
        "input-1>dense-1 input-1>dense-2 dense-1>add-1:0 dense-2>add-1:1 add-1>dense-3",
    )
    found = check(branches, REVIEWS, CROSSENTROPY)
    problem = errors(found)[0]
    assert (problem.where.kind, problem.where.id) == ("edge", "dense-2>add-1:1")
    assert "64" in problem.explain
    assert "32" in problem.explain
    assert found.shapes["dense-3"] == (5,), "shapes behind the trouble are known all the same"
    assert mended(branches, REVIEWS, CROSSENTROPY)[1] == ["Set Dense 2 to 64 units"]


def test_branches_of_different_rank_are_mended_by_flatten() -> None:
    branches = graph(
        [Input(), Flatten(), Concatenate(), dense(10, "softmax")],
        "input-1>flatten-1 flatten-1>concatenate-1:0 input-1>concatenate-1:1 concatenate-1>dense-1",
    )
    found = check(branches, PICTURES, CROSSENTROPY)
    assert errors(found)[0].where.id == "input-1>concatenate-1:1"
    assert mended(branches, PICTURES, CROSSENTROPY)[1] == ["Insert Flatten"]


def test_the_input_cannot_be_resized_so_a_dense_layer_is_put_between() -> None:
    residual = graph(
        [Input(), dense(64, "relu"), Add(), dense(5, "softmax")],
        "input-1>dense-1 dense-1>add-1:0 input-1>add-1:1 add-1>dense-2",
    )
    found = check(residual, REVIEWS, CROSSENTROPY)
    assert errors(found)[0].where.id == "input-1>add-1:1"
    assert mended(residual, REVIEWS, CROSSENTROPY)[1][0] == "Insert Dense with 64 units"


def test_pictures_meet_dense_layers_through_flatten() -> None:
    rows = chain(Input(), dense(32, "relu"), dense(10, "softmax"))
    found, pressed = mended(rows, PICTURES, CROSSENTROPY)
    assert pressed == ["Insert Flatten"]
    assert found.plan is not None
    assert found.plan.steps[1].layer == Flatten()


def test_word_vectors_meet_dense_layers_through_pooling() -> None:
    words = Signature((40,), "classification", classes=5, tokens=1000)
    sequence = chain(Input(), Embedding(1000, 16), dense(5, "softmax"))
    _found, pressed = mended(sequence, words, CROSSENTROPY)
    assert pressed == ["Insert Global average pooling"]
    pooled = chain(Input(), Embedding(1000, 16), GlobalAveragePooling1D(), dense(5, "softmax"))
    assert check(pooled, words, CROSSENTROPY).problems == ()


def test_a_reshape_that_loses_numbers_is_set_to_what_fits() -> None:
    wrong = chain(Input(), Reshape((7,)), dense(10, "softmax"))
    found = check(wrong, PICTURES, CROSSENTROPY)
    assert errors(found)[0].where.id == "input-1>reshape-1:0"
    assert mended(wrong, PICTURES, CROSSENTROPY)[1] == ["Set target shape to 64"]


def test_an_input_with_another_shape_than_the_data_follows_the_data() -> None:
    wrong = chain(Input((100,)), dense(5, "softmax"))
    found = check(wrong, REVIEWS, CROSSENTROPY)
    assert (found.problems[0].where.id, found.problems[0].where.field) == ("input-1", "shape")
    assert found.shapes["input-1"] == (800,)
    assert mended(wrong, REVIEWS, CROSSENTROPY)[1] == ["Use the shape of the data, 800"]


def test_too_few_outputs_are_said_on_the_wire_to_the_loss_and_set() -> None:
    few = chain(Input(), dense(3, "softmax"))
    found = check(few, REVIEWS, CROSSENTROPY)
    problem = errors(found)[0]
    assert (problem.where.kind, problem.where.id) == ("edge", "dense-1>loss:0")
    assert "3" in problem.title
    assert "5" in problem.title
    assert mended(few, REVIEWS, CROSSENTROPY)[1] == ["Set units to 5"]


def test_a_hidden_layer_at_the_end_gets_an_output_layer_behind_it() -> None:
    hidden = chain(Input(), dense(256, "relu"))
    found, pressed = mended(hidden, REVIEWS, CROSSENTROPY)
    assert pressed == ["Add Dense 5 · softmax behind it"]
    assert found.output == "dense-2"


def test_the_units_are_set_where_they_are_although_an_activation_stands_behind() -> None:
    softmax = Activation(parts("activation")["softmax"]())  # type: ignore[arg-type]
    apart = chain(Input(), dense(3), softmax)
    assert mended(apart, REVIEWS, CROSSENTROPY)[1] == ["Set units to 5"]


def test_an_output_that_is_no_probability_gets_softmax() -> None:
    raw = chain(Input(), dense(5))
    found = check(raw, REVIEWS, CROSSENTROPY)
    assert (errors(found)[0].where.id, errors(found)[0].where.field) == ("dense-1", "activation")
    assert check(mended_graph(raw, REVIEWS), REVIEWS, CROSSENTROPY).problems == ()


def mended_graph(before: Graph, signature: Signature) -> Graph:
    found = check(before, signature, CROSSENTROPY)
    project = fixes.apply(Project(graph=before), found.problems[0].fix)  # type: ignore[arg-type]
    return project.graph


def test_a_merge_at_the_end_gets_an_activation_as_a_layer() -> None:
    merged = graph(
        [Input(), dense(5), dense(5), Add()],
        "input-1>dense-1 input-1>dense-2 dense-1>add-1:0 dense-2>add-1:1",
    )
    assert mended(merged, REVIEWS, CROSSENTROPY)[1] == ["Add Softmax behind it"]


def test_a_loss_for_classes_on_numbers_is_changed() -> None:
    prices = chain(Input(), dense(1))
    _found, pressed = mended(prices, PRICES, CROSSENTROPY)
    assert pressed == ["Use mean squared error"]


def test_sigmoid_with_categorical_crossentropy_is_remarked_on() -> None:
    found = check(chain(Input(), dense(5, "sigmoid")), REVIEWS, CROSSENTROPY)
    assert found.plan is not None
    assert found.problems[0].severity is Severity.WARNING
    assert mended(chain(Input(), dense(5, "sigmoid")), REVIEWS, CROSSENTROPY)[1] == ["Use softmax"]


def test_mean_squared_error_on_softmax_is_allowed_and_explained() -> None:
    found = check(chain(Input(), dense(5, "softmax")), REVIEWS, MeanSquaredError())
    assert found.plan is not None
    assert [p.severity for p in found.problems] == [Severity.HINT]


def test_one_sigmoid_for_two_classes_is_fine() -> None:
    one = chain(Input(), dense(8, "tanh"), dense(1, "sigmoid"))
    assert check(one, YES_NO, BinaryCrossentropy()).problems == ()


def test_noise_behind_softmax_does_not_hide_it_from_the_loss() -> None:
    noisy = chain(Input(), dense(5, "softmax"), GaussianNoise(0.1))
    found = check(noisy, REVIEWS, CROSSENTROPY)
    assert errors(found) == []
    assert [p.where.id for p in found.problems] == ["gaussian-noise-1"]


def test_ten_million_units_are_refused_with_the_memory_they_would_take() -> None:
    huge = chain(Input(), dense(10_000_000, "relu"), dense(5, "softmax"))
    before = time.perf_counter()
    found = check(huge, REVIEWS, CROSSENTROPY)
    assert time.perf_counter() - before < 0.1, "nothing is allocated"
    problem = errors(found)[0]
    assert found.plan is None
    assert (problem.where.id, problem.where.field) == ("dense-1", "units")
    assert "GB" in problem.explain
    after, _ = mended(huge, REVIEWS, CROSSENTROPY)
    assert after.plan is not None


def test_two_large_layers_are_refused_together() -> None:
    huge = chain(Input(), dense(60_000, "relu"), dense(60_000, "relu"), dense(5, "softmax"))
    found = check(huge, REVIEWS, CROSSENTROPY)
    assert errors(found)[0].where.id == "dense-2"
    assert mended(huge, REVIEWS, CROSSENTROPY)[0].plan is not None


def test_a_sample_that_swells_is_refused() -> None:
    data = Signature((4096, 4096), "classification", classes=2, tokens=100)
    wide = chain(Input(), Embedding(100, 1000), Flatten(), dense(2, "softmax"))
    assert any("for every sample" in p.title for p in errors(check(wide, data, CROSSENTROPY)))


def test_two_hundred_cards_are_checked_in_a_few_milliseconds() -> None:
    long = chain(Input(), *[dense(64, "relu") for _ in range(198)], dense(5, "softmax"))
    times = []
    for _ in range(5):
        fresh = Graph(long.nodes, long.edges)
        before = time.perf_counter()
        found = check(fresh, REVIEWS, CROSSENTROPY)
        times.append(time.perf_counter() - before)
    assert found.plan is not None
    assert min(times) < 0.05


def test_two_hundred_loose_cards_are_no_slower() -> None:
    loose = graph(
        [Input(), dense(5, "softmax"), *[dense(4) for _ in range(198)]], "input-1>dense-1"
    )
    before = time.perf_counter()
    check(loose, REVIEWS, CROSSENTROPY)
    assert time.perf_counter() - before < 0.2


def test_the_order_of_the_plan_does_not_depend_on_the_order_of_the_wires() -> None:
    wires = "input-1>dense-1 input-1>dense-2 dense-1>add-1:0 dense-2>add-1:1 add-1>dense-3"
    layers = [Input(), dense(4, "relu"), dense(4, "relu"), Add(), dense(5, "softmax")]
    one = check(graph(layers, wires), REVIEWS, CROSSENTROPY).plan
    other = check(graph(layers, " ".join(wires.split()[::-1])), REVIEWS, CROSSENTROPY).plan
    assert one is not None
    assert one == other
    assert one.step("add-1").sources == ("dense-1", "dense-2")


@pytest.mark.parametrize(
    ("shape", "written"), [((800,), "800"), ((28, 28), "28 × 28"), ((), "1 number")]
)
def test_shapes_are_written_as_on_a_wire(shape: tuple[int, ...], written: str) -> None:
    assert shape_text(shape) == written


def test_memory_is_written_for_people() -> None:
    assert memory_text(512) == "512 bytes"
    assert memory_text(16.2e9) == "16 GB"
    assert memory_text(1_500_000) == "1.5 MB"
