"""Expressions to begin with, each with values that show its point."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from nnstudio.analysis.expression.worksheet import Worksheet, read


@dataclass(frozen=True)
class Example:
    """An expression, the values of its leaves, and what to look at."""

    title: str
    text: str
    values: Mapping[str, float]
    look: str
    descends: tuple[str, ...] = ()

    def worksheet(self) -> Worksheet:
        """The worksheet this example opens. ``descends`` names the leaves a step may change."""
        sheet = read(self.text).with_values(self.values)
        for name in sheet.graph.variables:
            if self.descends:
                sheet = sheet.with_fixed(name, name not in self.descends)
        return dataclasses.replace(sheet, title=self.title, look=self.look)


def _chain(depth: int) -> str:
    text = "x"
    for number in range(1, depth + 1):
        text = f"sigmoid(w{number}*{text})"
    return text


EXAMPLES = (
    Example(
        "Perceptron with a sigmoid",
        "f = 1/(1 + exp(-(w0*x0 + w1*x1 + w2)))",
        {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0},
        "The course's example. Collapse the last four operations to σ: the same gradient in one "
        "step.",
    ),
    Example(
        "Logistic loss",
        "L = -(y*log(sigmoid(w*x + b)) + (1 - y)*log(1 - sigmoid(w*x + b)))",
        {"w": 0.5, "x": 2.0, "b": -0.5, "y": 0.0},
        "The sigmoid is used twice, so two gradients are summed there. "
        "Together they simplify to ŷ − y.",
    ),
    Example(
        "Squared error",
        "L = (w*x + b - y)**2",
        {"w": 1.5, "x": 2.0, "b": -1.0, "y": 3.0},
        "The gradient is twice the error. Take a descent step and watch the error shrink.",
    ),
    Example(
        "Softmax and cross-entropy, two classes",
        "L = -log(softmax([w1*x + b1, w2*x + b2])[0])",
        {"w1": 1.0, "x": 1.0, "b1": 0.0, "w2": 2.0, "b2": 0.5},
        "Collapse to CE: the slope is prediction minus target. Two classes behave like a sigmoid.",
    ),
    Example(
        "ReLU, switched on",
        "a = relu(w*x + b)",
        {"w": 2.0, "x": 1.5, "b": -1.0},
        "z is positive, so the gradient passes unchanged.",
    ),
    Example(
        "ReLU, switched off",
        "a = relu(w*x + b)",
        {"w": 2.0, "x": -1.5, "b": -1.0},
        "z is negative, so everything before the ReLU gets the gradient 0 and does not learn.",
    ),
    Example(
        "Leaky ReLU, switched off",
        "a = leaky_relu(w*x + b, 0.1)",
        {"w": 2.0, "x": -1.5, "b": -1.0},
        "A tenth of the gradient passes, so the neuron can recover.",
    ),
    Example(
        "A deep chain of sigmoids",
        f"f = {_chain(6)}",
        {"x": 1.0, "w1": 1.0, "w2": -1.0, "w3": 1.0, "w4": -1.0, "w5": 1.0, "w6": -1.0},
        "Each sigmoid multiplies the gradient by at most ¼, so it vanishes on the way back.",
    ),
    Example(
        "A shared variable",
        "f = (w*x + w)**2 + w*x",
        {"w": 0.5, "x": 2.0},
        "w is used twice and w·x twice: each gradient is a sum over its users.",
    ),
    Example(
        "Two ways to one value",
        "f = x*y + sin(x)",
        {"x": 0.5, "y": 4.2},
        "Griewank and Walther's textbook example: x is reached on two paths.",
        ("x", "y"),
    ),
)

FIRST = EXAMPLES[0]
"""What is shown first."""
