"""What can be typed, what it becomes, and what an unfinished text is told."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.analysis.expression import ExpressionError, evaluate, parse, read


def symbols(text):
    return [node.symbol for node in parse(text).graph.operations]


def refusal(text):
    """The error a text gets, None if it is an expression."""
    try:
        read(text)
    except ExpressionError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("w*x + b", ["×", "+"]),
        ("2*x", ["×2"]),
        ("x*2", ["×2"]),
        ("-x", ["×(−1)"]),
        ("x - 1", ["−1"]),
        ("1 - x", ["1−x"]),
        ("x/y", ["÷"]),
        ("x/2", ["÷2"]),
        ("1/x", ["1/x"]),
        ("3/x", ["3/x"]),
        ("x**2", ["x²"]),
        ("x**-1", ["x⁻¹"]),
        ("2**x", ["2ˣ"]),
        ("x**y", ["xʸ"]),
        ("exp(x)", ["exp"]),
        ("log(x)", ["log"]),
        ("ln(x)", ["log"]),
        ("sqrt(x)", ["√"]),
        ("sin(x) + cos(x)", ["sin", "cos", "+"]),
        ("tanh(x)", ["tanh"]),
        ("sigmoid(x)", ["σ"]),
        ("σ(x)", ["σ"]),
        ("relu(x)", ["ReLU"]),
        ("leaky_relu(x, 0.2)", ["leaky"]),
        ("max(x, y, z)", ["max"]),
        ("max(0, x)", ["max 0"]),
        ("min(x, y)", ["min"]),
        ("abs(x)", ["|x|"]),
        ("softmax([a, b, c])[1]", ["softmax₂"]),
        ("a×b − c·d", ["×", "×", "−"]),
        ("y = x + 1", ["+1"]),
        ("2 + 3", ["+"]),
    ],
)
def test_each_form_becomes_its_operation(text, expected):
    assert symbols(text) == expected


def test_equal_subexpressions_are_one_card_whatever_their_order():
    graph = parse("sigmoid(w*x + b) + (b + x*w)").graph
    assert [node.symbol for node in graph.operations] == ["×", "+", "σ", "+"]
    assert len(graph.users[graph.operations[1].id]) == 2


def test_a_variable_is_one_leaf_however_often_it_is_used():
    assert parse("x*x + x").graph.variables == ("x",)


@pytest.mark.parametrize(
    ("text", "start", "title"),
    [
        ("", 0, "Type an expression"),
        ("f =", 0, "Type an expression"),
        ("x +", 2, "Something is missing after +"),
        ("(x + 1", 0, "This ( is not closed yet"),
        ("exp((x)", 3, "This ( is not closed yet"),
        ("x)", 1, "This ) closes nothing"),
        ("(x]", 0, "( is closed by ]"),
        ("2x", 0, "A * is missing here"),
        ("w x", 0, "A * is missing here"),
        ("(a)(b)", 3, "A * is missing here"),
        ("1 + * 2", 2, "Something is missing between + and *"),
        ("x ^ 2", 2, "^ is not one of the operations"),
        ("x²", 1, "A raised digit cannot be read"),
        ("foo(x)", 0, "There is no function foo"),
        ("1 + exp", 4, "exp is a function and needs parentheses"),
        ("exp()", 3, "There is nothing between the brackets"),
        ("exp(x, y)", 0, "exp takes exactly one value"),
        ("max(x)", 0, "max needs at least two values"),
        ("softmax([a, b])", 0, "One number is needed here; this is a list"),
        ("softmax([a, b])[2]", 16, "There is no such place in the list"),
        ("softmax(a, b)", 0, "softmax needs one list"),
        ("x == 2", 2, "An equals sign may stand only at the very beginning"),
        ("x < 2", 0, "Comparisons have no derivative"),
        ("lambda", 0, "“lambda” is a word of the Python language"),
        ("1e999", 0, "This number is too large"),
        ("x.real", 1, ". has no meaning here"),
        ("'x'", 0, "' has no meaning here"),
        ("x; y", 1, "; has no meaning here"),
        ("x[0]", 0, "Only a list can be followed by [ ]"),
        ("λ + µ)", 5, "This ) closes nothing"),
    ],
)
def test_what_is_wrong_is_told_at_its_character(text, start, title):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert (caught.value.title, caught.value.start) == (title, start)
    assert caught.value.explain.endswith(".")
    assert caught.value.end > caught.value.start


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "x.__class__",
        "(lambda: 1)()",
        "[i for i in x]",
        "{1: 2}",
        "f'{x}'",
        "x if y else z",
        "not x",
        "x and y",
        "x := 1",
        "exp(*x)",
        "await x",
        "True",
        "1j",
        "x @ y",
    ],
)
def test_nothing_off_the_list_is_let_in(text):
    with pytest.raises(ExpressionError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 3000 + "x",
        "-" * 3900 + "x",
        "exp(" * 300 + "x" + ")" * 300,
        "+".join(["x*y"] * 1300),
        "x" * 5000,
    ],
)
def test_monsters_are_refused_and_not_choked_on(text):
    with pytest.raises(ExpressionError):
        parse(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=string.ascii_lowercase[:4] + "xyz0123.()[]+-*/^, =éσ²\n'#&", max_size=24))
def test_no_text_whatever_raises_anything_but_an_expression_error(text):
    error = refusal(text)
    assert error is None or 0 <= error.start < error.end


GOOD = "f = 1/(1 + exp(-(w0*x0 + w1*x1 + w2)))"


@pytest.mark.parametrize("length", range(len(GOOD)))
def test_every_beginning_of_the_example_is_either_read_or_explained(length):
    error = refusal(GOOD[:length])
    assert error is None or error.start <= length


def test_the_characters_of_every_node_are_known():
    parsed = parse("y2 = é*exp(x + 1)")
    shown = {parsed.text[slice(*parsed.spans[node.id])] for node in parsed.graph.nodes}
    assert shown == {"é", "x", "x + 1", "exp(x + 1)", "é*exp(x + 1)"}
    assert parsed.graph.name == "y2"


@pytest.mark.parametrize(
    "text",
    [
        "a - (b - c)",
        "a/(b*c)",
        "(a + b)*-c",
        "-(a**2)",
        "(-a)**2",
        "a**b**c",
        "(a**b)**c",
        "2*(a - 3)",
        "(a - 3)/2",
        "1/(a/b)",
        "abs(a - b)",
        "max(a, 2, b)",
        "a - -b",
        "(a*b)*(c*d)",
        "leaky_relu(a, 0.3)",
        "-log(softmax([a, b])[1])",
        "a/b/c",
        "a/(b/c)",
        "3 - (a - b)",
    ],
)
def test_what_is_written_back_means_the_same(text):
    leaves = {"a": 1.3, "b": 0.7, "c": -2.1, "d": 0.4}
    graph = parse(text).graph
    again = parse(graph.written(graph.output, "python")).graph
    values = [evaluate(each, leaves) for each in (graph, again)]
    first, second = (v.values.get(g.output) for v, g in zip(values, (graph, again), strict=True))
    assert first == pytest.approx(second, rel=1e-14) if first is not None else second is None


def test_leaves_keep_their_values_while_one_types():
    sheet = read("w*x").with_value("w", 5.0)
    more = read("w*x + b", sheet)
    assert more.values == {"w": 5.0, "x": 1.0, "b": 1.0}
    assert more.fixed == {"x"}


def test_a_number_that_is_a_leaf_is_changed_in_the_text():
    sheet = read("exp(2)*x + log(2) - y*2")
    number = next(node.id for node in sheet.graph.nodes if node.symbol == "2")
    assert sheet.leaf_value(number) == 2.0
    changed = sheet.with_value(number, -0.5)
    assert changed.text == "exp((-0.5))*x + log((-0.5)) - y*2"
    assert changed.leaf_value(number) == -0.5
    assert evaluate(changed.graph, changed.values).values[number] == -0.5
    assert read(changed.text).graph == changed.graph
    back = changed.with_value(number, 2.0)
    assert back.graph == sheet.graph
