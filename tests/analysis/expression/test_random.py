"""Random expressions: three ways to the same gradient."""

import math

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nnstudio.analysis.expression import (
    Pass,
    backward,
    central,
    collapse,
    collapsible,
    complex_step,
    evaluate,
    expand,
    expandable,
    read,
)
from nnstudio.analysis.expression.numeric import relative

NAMES = ("w", "x", "y", "b")
numbers = st.floats(-3, 3).map(lambda v: round(v, 2))
leaves = st.one_of(st.sampled_from(NAMES), numbers.map(lambda v: f"({v})" if v < 0 else f"{v}"))


def _grow(inner):
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda p: f"({p[0]} + {p[1]})"),
        two.map(lambda p: f"({p[0]} - {p[1]})"),
        two.map(lambda p: f"({p[0]} * {p[1]})"),
        two.map(lambda p: f"({p[0]} / {p[1]})"),
        inner.map(lambda a: f"(-{a})"),
        inner.map(lambda a: f"({a})**2"),
        inner.map(lambda a: f"({a})**-1"),
        two.map(lambda p: f"softmax([{p[0]}, {p[1]}])[0]"),
        two.map(lambda p: f"max({p[0]}, {p[1]})"),
        two.map(lambda p: f"min({p[0]}, {p[1]})"),
        st.tuples(
            st.sampled_from(
                ["exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "leaky_relu", "abs"]
            ),
            inner,
        ).map(lambda p: f"{p[0]}({p[1]})"),
    )


expressions = st.recursive(leaves, _grow, max_leaves=9)
values = st.fixed_dictionaries({name: st.floats(-2.5, 2.5) for name in NAMES})
many = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def _worked(text, given_values):
    sheet = read(text)
    sheet = sheet.with_values({name: given_values[name] for name in sheet.graph.variables})
    passed = Pass(sheet)
    assume(sheet.graph.variables)
    assume(not passed.broken_forward and not passed.broken_backward)
    assume(all(abs(v) < 1e6 for v in passed.forward.values.values()))
    assume(all(abs(g) < 1e6 for g in passed.backward.gradients.values()))
    return passed


@many
@given(expressions, values)
def test_the_gradient_is_that_of_the_complex_step(text, given_values):
    passed = _worked(text, given_values)
    sheet = passed.sheet
    for name in sheet.graph.variables:
        gradient = passed.backward.gradients[name]
        exact = complex_step(sheet.graph, sheet.values, passed.forward, name)
        if exact is None:
            continue
        corner = central(sheet.graph, passed.forward, name, gradient, 1e-6).corner
        if not corner:
            scale = max(1.0, *(abs(flow.downstream) for flow in passed.backward.flows or ()), 1.0)
            assert abs(exact - gradient) <= 1e-9 * scale


@many
@given(expressions, values)
def test_the_gradient_is_that_of_the_central_difference(text, given_values):
    passed = _worked(text, given_values)
    sheet = passed.sheet
    for name in sheet.graph.variables:
        gradient = passed.backward.gradients[name]
        checks = [
            central(sheet.graph, passed.forward, name, gradient, epsilon)
            for epsilon in (1e-4, 1e-5, 1e-6, 1e-7)
        ]
        measured = [c for c in checks if c.numeric is not None]
        if not measured or any(c.corner for c in checks):
            continue
        output = abs(passed.forward.values[sheet.graph.output])
        grain = 1e-13 * max(1.0, output)  # the round-off in a difference of two outputs
        wrong = min(abs(c.numeric - gradient) - grain / c.epsilon for c in measured)
        assert wrong < 1e-4 * max(1.0, abs(gradient))


@many
@given(expressions, values)
def test_gates_collapse_and_expand_with_the_same_gradients(text, given_values):
    passed = _worked(text, given_values)
    sheet = passed.sheet
    graphs = [collapse(sheet.graph, match) for match in collapsible(sheet.graph)]
    graphs += [expand(sheet.graph, id) for id in expandable(sheet.graph)]
    for graph in graphs:
        forward = evaluate(graph, sheet.values)
        back = backward(graph, forward)
        if graph.output not in forward or back.failures:
            continue  # the single steps may overflow where the gate does not
        for name in graph.variables:
            a, b = back.gradients[name], passed.backward.gradients[name]
            largest = max((abs(flow.downstream) for flow in back.flows), default=1.0)
            assert relative(a, b) < 1e-7 or math.isclose(a, b, abs_tol=1e-9 * max(1.0, largest))
