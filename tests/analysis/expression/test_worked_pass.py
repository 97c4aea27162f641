"""The worked pass as text: complete, and with the numbers of the screen."""

import re

import pytest

from nnstudio.analysis.expression import EXAMPLES, FIRST, Pass, Term, neuron, read, start
from nnstudio.analysis.expression.worked_pass import latex, markdown, numbers


def test_the_markdown_holds_every_number_of_the_worked_example():
    text = markdown(Pass(FIRST.worksheet()))
    for line in (
        "| 1 | w0·x0 | 2.000·(−1.000) | −2.000 |",
        "| 3 | w0·x0 + w1·x1 | −2.000 + 6.000 | 4.000 |",
        "| 4 | multiply by −1 | df/dx = a | −0.1966 × (−1) = 0.1966 |",
        "| w1 | −3.000 | −0.3932 | −0.3932 |",
        "Predicted change −η‖g‖² = −0.02319; actual change −0.02382",
    ):
        assert line in text


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.title)
def test_latex_is_balanced_and_free_of_signs_it_does_not_know(example):
    text = latex(Pass(example.worksheet()))
    assert text.count("{") == text.count("}")
    assert len(re.findall(r"\\left\b", text)) == len(re.findall(r"\\right\b", text))
    assert text.count(r"\begin{") == text.count(r"\end{")
    assert text.isascii(), [c for c in text if not c.isascii()]


def test_a_broken_pass_is_written_down_to_where_it_breaks():
    sheet = read("log(x)*y").with_value("x", -2.0)
    assert "**Logarithm of a negative number.**" in markdown(Pass(sheet))
    assert "no value" in latex(Pass(sheet))


def test_a_grouped_neuron_is_written_with_its_groups():
    terms = [Term(f"w{i}", 0.1 * i, f"x{i}", 1.0) for i in range(40)]
    passed = Pass(neuron(terms, ("b", 1.0), "relu", title="dense-1, neuron 3"))
    text = markdown(passed)
    assert text.startswith("# dense-1, neuron 3")
    assert "Σ 34 smaller terms" in text
    assert "w0" not in text.split("## Forward pass")[1]  # it is behind a Σ
    assert latex(passed).isascii()
    assert "w_{0}" not in latex(passed)


def test_the_numbers_are_copied_with_all_their_digits():
    walk = start(FIRST.worksheet(), 99)
    rows = numbers(walk).split("\n")
    assert rows[0] == "node\texpression\tvalue\tgradient"
    assert "0.7310585786300049" in rows[-1]
    assert len(rows) == 14
    assert len(numbers(walk, "w0").split("\n")) == 2
