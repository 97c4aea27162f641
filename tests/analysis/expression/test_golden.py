"""The course's worked example, at every node, to the digits the course prints."""

import pytest

from nnstudio.analysis.expression import (
    FIRST,
    Pass,
    central,
    collapsible,
    complex_step,
    descend,
    expand,
    expandable,
    significant,
    start,
)

VALUES = {
    "w0": "2.000",
    "x0": "−1.000",
    "w0·x0": "−2.000",
    "w1": "−3.000",
    "x1": "−2.000",
    "w1·x1": "6.000",
    "w0·x0 + w1·x1": "4.000",
    "w2": "−3.000",
    "w0·x0 + w1·x1 + w2": "1.000",
    "−(w0·x0 + w1·x1 + w2)": "−1.000",
    "exp(−(w0·x0 + w1·x1 + w2))": "0.3679",
    "1 + exp(−(w0·x0 + w1·x1 + w2))": "1.368",
    "1/(1 + exp(−(w0·x0 + w1·x1 + w2)))": "0.7311",
}
GRADIENTS = {
    "w0": "−0.1966",
    "x0": "0.3932",
    "w0·x0": "0.1966",
    "w1": "−0.3932",
    "x1": "−0.5898",
    "w1·x1": "0.1966",
    "w0·x0 + w1·x1": "0.1966",
    "w2": "0.1966",
    "w0·x0 + w1·x1 + w2": "0.1966",
    "−(w0·x0 + w1·x1 + w2)": "−0.1966",
    "exp(−(w0·x0 + w1·x1 + w2))": "−0.5344",
    "1 + exp(−(w0·x0 + w1·x1 + w2))": "−0.5344",
    "1/(1 + exp(−(w0·x0 + w1·x1 + w2)))": "1.000",
}
SYMBOLS = ["×", "×", "+", "+", "×(−1)", "exp", "+1", "1/x"]


@pytest.fixture
def golden():
    return Pass(FIRST.worksheet())


def test_the_cards_are_the_courses_operations_in_its_order(golden):
    assert [node.symbol for node in golden.sheet.graph.operations] == SYMBOLS


def test_every_value_and_every_gradient_is_the_courses(golden):
    graph = golden.sheet.graph
    shown = {graph.written(id): id for id in golden.visible}
    assert list(shown) == list(VALUES)
    values = {text: significant(golden.forward.values[id]) for text, id in shown.items()}
    gradients = {text: significant(golden.backward.gradients[id]) for text, id in shown.items()}
    assert values == VALUES
    assert gradients == GRADIENTS


def test_the_steps_back_multiply_upstream_with_local(golden):
    walk = start(golden.sheet)
    seen = []
    while not walk.at_end:
        walk = walk.moved(1)
        seen += [
            (significant(f.upstream), significant(f.local), significant(f.downstream))
            for f in walk.flows
        ]
    assert seen[:4] == [
        ("1.000", "−0.5344", "−0.5344"),
        ("−0.5344", "1.000", "−0.5344"),
        ("−0.5344", "0.3679", "−0.1966"),
        ("−0.1966", "−1.000", "0.1966"),
    ]
    assert len(seen) == 12  # one for each wire


def test_the_collapsed_sigmoid_gives_the_same_gradients_and_expands_back(golden):
    sheet = golden.sheet
    match = next(m for m in collapsible(sheet.graph) if m.symbol == "σ")
    small = sheet.collapsed(match)
    assert [node.symbol for node in small.graph.operations] == ["×", "×", "+", "+", "σ"]
    short = Pass(small)
    local = short.backward.from_user[small.graph.output][0].local
    assert local == pytest.approx((1 - 0.7310585786300049) * 0.7310585786300049, rel=1e-14)
    for id in short.visible:
        assert short.backward.gradients[id] == pytest.approx(
            golden.backward.gradients[id], rel=1e-14
        )
    assert expandable(small.graph) == (small.graph.output,)
    again = expand(small.graph, small.graph.output)
    assert [node.symbol for node in again.operations] == SYMBOLS


def test_each_gradient_agrees_with_two_measurements(golden):
    sheet = golden.sheet
    for id in golden.visible:
        gradient = golden.backward.gradients[id]
        assert central(sheet.graph, golden.forward, id, gradient).agrees
        step = complex_step(sheet.graph, sheet.values, golden.forward, id)
        assert step == pytest.approx(gradient, rel=1e-13)


def test_a_descent_step_predicts_what_a_short_step_does(golden):
    output = golden.forward.values[golden.sheet.graph.output]
    descent = descend(golden.sheet, output, golden.backward, 1e-4)
    squares = sum(golden.backward.gradients[name] ** 2 for name in ("w0", "w1", "w2"))
    assert descent.predicted == pytest.approx(-1e-4 * squares)
    assert descent.actual == pytest.approx(descent.predicted, rel=1e-3)
    changed = {leaf.name for leaf in descent.leaves if leaf.after != leaf.before}
    assert changed == {"w0", "w1", "w2"}  # the inputs are data
