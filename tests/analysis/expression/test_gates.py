"""Patterns that collapse to gates, gates that open, and the numbers they share."""

import math

import pytest

from nnstudio.analysis.expression import (
    Pass,
    collapsible,
    expandable,
    read,
)

PATTERNS = [
    ("1/(1 + exp(-(w*x)))", "σ"),
    ("exp(w*x)/(1 + exp(w*x))", "σ"),
    ("log(1 + exp(w*x))", "softplus"),
    ("(exp(w*x) - exp(-(w*x)))/(exp(w*x) + exp(-(w*x)))", "tanh"),
    ("exp(w)/(exp(w) + exp(x) + exp(b))", "softmax₁"),
    ("-log(softmax([w, x, b])[2])", "CE"),
    ("-(y*log(sigmoid(w*x)) + (1 - y)*log(1 - sigmoid(w*x)))", "BCE"),
    ("-(log(1 - sigmoid(w*x))*(1 - y) + log(sigmoid(w*x))*y)", "BCE"),
    ("(w*x - y)**2", "(x−y)²"),
    ("w + x + y + b", "Σ"),
    ("max(0, w*x)", "ReLU"),
]
LEAVES = {"w": 0.7, "x": -1.3, "b": 0.4, "y": 0.25}


def worked(text):
    sheet = read(text)
    return sheet.with_values({name: LEAVES[name] for name in sheet.graph.variables})


@pytest.mark.parametrize(("text", "symbol"), PATTERNS)
def test_each_pattern_is_found_collapsed_and_opened_with_the_same_gradients(text, symbol):
    sheet = worked(text)
    match = next(m for m in collapsible(sheet.graph) if m.symbol == symbol)
    small = sheet.collapsed(match)
    assert len(small.graph.operations) <= len(sheet.graph.operations)
    large = small
    while gates := expandable(large.graph):
        large = large.expanded(gates[0])
    for other in (small, large):
        first, second = Pass(sheet), Pass(other)
        for name in sheet.graph.variables:
            assert second.backward.gradients[name] == pytest.approx(
                first.backward.gradients[name], rel=1e-9, abs=1e-12
            )


def test_a_pattern_whose_inside_is_used_elsewhere_stays_open():
    sheet = worked("1/(1 + exp(-w)) + exp(-w)")
    assert "σ" not in [match.symbol for match in collapsible(sheet.graph)]


def test_the_gate_stays_finite_where_the_single_steps_overflow():
    gate = read("sigmoid(x)").with_value("x", -800.0)
    steps = gate.expanded(expandable(gate.graph)[0])
    assert Pass(gate).forward.values[gate.graph.output] == 0.0
    failure = Pass(steps).forward.failure
    assert failure is not None
    assert failure.title == "exp overflows"
    assert "sigmoid" in failure.fix


def test_softmax_and_cross_entropy_have_the_slope_prediction_minus_target():
    sheet = worked("-log(softmax([w, x, b])[1])")
    small = sheet.collapsed(next(m for m in collapsible(sheet.graph) if m.symbol == "CE"))
    scores = [LEAVES[name] for name in ("w", "x", "b")]
    total = sum(math.exp(z) for z in scores)
    expected = [math.exp(z) / total - (i == 1) for i, z in enumerate(scores)]
    found = [Pass(small).backward.gradients[name] for name in ("w", "x", "b")]
    assert found == pytest.approx(expected, rel=1e-14)


def test_only_gates_can_be_expanded():
    sheet = read("w*x")
    with pytest.raises(ValueError, match="not a gate"):
        sheet.expanded(sheet.graph.output)
