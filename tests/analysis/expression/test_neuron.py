"""A neuron handed over as an expression: the same numbers, however it is grouped."""

import math

import pytest

from nnstudio.analysis.expression import Pass, Term, complex_step, neuron, read
from nnstudio.analysis.expression.neuron import ACTIVATIONS

FORMULAS = {
    "linear": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "relu": lambda z: max(0.0, z),
    "leaky_relu": lambda z: z if z > 0 else 0.1 * z,
    "elu": lambda z: z if z > 0 else 0.1 * math.expm1(z),
    "selu": lambda z: 1.0507009873554805 * (z if z > 0 else 1.6732632423543772 * math.expm1(z)),
    "gelu": lambda z: 0.5 * z * (1 + math.erf(z / math.sqrt(2))),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "softplus": lambda z: math.log1p(math.exp(z)),
    "softmax": lambda z: math.exp(z) / (math.exp(z) + math.exp(0.2) + math.exp(-1.0)),
    "step": lambda z: float(z >= 0),
}


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("bias", [0.4, -1.7])
def test_every_activation_gives_the_networks_value_and_a_right_gradient(activation, bias):
    terms = [Term("w0", 0.5, "x0", 1.5), Term("w1", -0.25, "x1", 0.8)]
    rivals = [("z2", 0.2), ("z3", -1.0)] if activation == "softmax" else []
    sheet = neuron(terms, ("b", bias), activation, rivals=rivals)
    passed = Pass(sheet)
    z = 0.5 * 1.5 - 0.25 * 0.8 + bias
    output = passed.forward.values[sheet.graph.output]
    assert output == pytest.approx(FORMULAS[activation](z), rel=1e-12)
    exact = complex_step(sheet.graph, sheet.values, passed.forward, "w0")
    if activation != "step":
        assert passed.backward.gradients["w0"] == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_text_of_a_small_neuron_can_be_typed_again(activation):
    rivals = [("z2", 0.2), ("z3", -1.0)] if activation == "softmax" else []
    sheet = neuron([Term("w0", 0.5, "x0", 1.5)], ("b", -1.2), activation, rivals=rivals)
    again = read(sheet.text, sheet)
    outputs = [Pass(each).forward.values[each.graph.output] for each in (sheet, again)]
    assert outputs[0] == pytest.approx(outputs[1], rel=1e-12)


@pytest.mark.parametrize("count", [1, 3, 9, 30, 800, 3000])
def test_a_large_sum_is_grouped_and_keeps_its_value(count):
    terms = [
        Term(f"w[{i}]", math.sin(i) / 7, f"x[{i}]", float(i % 5 == 0) * (1 + i % 3))
        for i in range(count)
    ]
    sheet = neuron(terms, ("b", 0.3))
    passed = Pass(sheet)
    z = math.fsum(t.w * t.x for t in terms) + 0.3
    assert passed.forward.values[sheet.graph.output] == pytest.approx(z, rel=1e-12)
    assert len(passed.forward_steps) <= 60
    for term in terms[:50]:
        id = term.weight.replace("[", "_").replace("]", "")
        assert passed.backward.gradients[id] == term.x


def test_groups_open_down_to_the_terms_and_never_too_many_at_once():
    terms = [Term(f"w{i}", 1.0 + i, f"x{i}", 1.0) for i in range(500)]
    sheet = neuron(terms)
    for group in sheet.graph.groups:
        opened = sheet
        for outer in sheet.graph.groups:
            if group.root in outer.members or outer is group:
                opened = opened.toggled(outer.root) if outer.root in opened.closed else opened
        assert len(Pass(opened).forward_steps) <= 60


def test_names_are_made_valid_and_different():
    terms = [Term("w don't", 1.0, "x", 1.0), Term("w don;t", 2.0, "x", 3.0)]
    sheet = neuron(terms, ("b", 0.5))
    assert sheet.graph.variables == ("w_don_t", "x", "w_don_t_2", "x_2", "b")
    assert Pass(sheet).forward.values[sheet.graph.output] == 7.5
    assert sheet.fixed == {"x", "x_2"}


def test_what_cannot_be_an_expression_is_refused():
    with pytest.raises(ValueError, match="swish2"):
        neuron([Term("w", 1.0, "x", 1.0)], activation="swish2")
    with pytest.raises(ValueError, match="at least one"):
        neuron([])
