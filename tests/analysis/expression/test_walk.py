"""A walk shows exactly what has been computed so far, in both directions."""

import math

import pytest

from nnstudio.analysis.expression import (
    EXAMPLES,
    central,
    descend,
    error_curve,
    evaluate,
    read,
    significant,
    start,
)
from nnstudio.analysis.expression.telling import tell


def state(walk):
    nodes = walk.of.visible
    return [(walk.value(n), walk.gradient(n)) for n in nodes], walk.active, walk.phase


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.title)
def test_a_step_back_is_exactly_the_state_before(example):
    walk = start(example.worksheet())
    seen = [state(walk)]
    while not walk.at_end:
        walk = walk.moved(1)
        seen.append(state(walk))
    while not walk.at_start:
        assert state(walk) == seen.pop()
        walk = walk.moved(-1)
    assert [state(walk)] == seen


def test_contributions_to_a_shared_value_are_counted_until_all_are_there():
    walk = start(read("x*x + x").with_value("x", 3.0))
    shares = []
    while not walk.at_end:
        walk = walk.moved(1)
        gradient = walk.gradient("x")
        if gradient is not None:
            shares.append((len(gradient.flows), gradient.expected, gradient.value))
    assert shares == [(1, 3, 1.0), (3, 3, 7.0), (3, 3, 7.0)]


def test_the_telling_writes_the_sum_out():
    walk = start(read("x*x + x").with_value("x", 3.0))
    walk = walk.to(walk.of.last - 1)
    telling = tell(walk, significant)
    assert telling.additions[0].text == "1.000 + 3.000 + 3.000"
    assert telling.additions[0].total == "7.000"


def test_a_leaf_alone_is_a_pass_too():
    walk = start(read("x"))
    assert [walk.moved(n).phase for n in range(3)] == ["start", "seed", "update"]


def test_a_broken_calculation_ends_the_way_there_and_the_rest_still_has_values():
    sheet = read("log(x) + y*y").with_value("x", -1.0)
    forward = evaluate(sheet.graph, sheet.values)
    assert [failure.title for failure in forward.failures.values()] == [
        "Logarithm of a negative number"
    ]
    assert len(forward.values) == 3  # x, y and y·y
    walk = start(sheet, 99)
    assert walk.failure is not None
    assert walk.phase == "forward"
    assert walk.gradient("x") is None


def test_a_broken_slope_leaves_the_gradients_that_do_not_depend_on_it():
    sheet = read("sqrt(x) + y*y").with_value("x", 0.0)
    walk = start(sheet, 99)
    assert walk.failure is not None
    assert walk.failure.in_slope
    assert "y" in walk.of.backward.gradients
    assert "x" not in walk.of.backward.gradients


def test_the_error_of_the_difference_falls_and_rises_with_epsilon():
    passed = start(EXAMPLES[0].worksheet()).of
    gradient = passed.backward.gradients["w1"]
    curve = dict(error_curve(passed.sheet.graph, passed.forward, "w1", gradient))
    best = min(curve, key=curve.get)
    assert 1e-7 < best < 1e-3
    assert curve[max(curve)] > 1e4 * curve[best]
    assert curve[min(curve)] > 1e4 * curve[best]
    # Where the bend of the curve rules, a tenth of ε means a hundredth of the error.
    assert curve[1e-1] / curve[1e-2] == pytest.approx(100, rel=0.1)


def test_a_corner_is_recognised():
    sheet = read("relu(x)").with_value("x", 0.0)
    passed = start(sheet).of
    assert central(sheet.graph, passed.forward, "x", 0.0).corner
    sheet = sheet.with_value("x", 1.0)
    assert not central(sheet.graph, start(sheet).of.forward, "x", 1.0).corner


def test_a_long_step_overshoots_and_says_so():
    passed = start(EXAMPLES[2].worksheet()).of
    output = passed.forward.values[passed.sheet.graph.output]
    assert not descend(passed.sheet, output, passed.backward, 0.05).overshoots
    assert descend(passed.sheet, output, passed.backward, 10.0).overshoots


def test_a_step_into_the_void_is_told():
    sheet = read("log(w)").with_value("w", 0.01)
    passed = start(sheet).of
    descent = descend(sheet, math.log(0.01), passed.backward, 1.0)
    assert descent.after is None
    assert descent.failure is not None
