"""A scalar expression worked node by node: text → graph → values → gradients → a step of descent.

`read` makes a `Worksheet` of a text, `neuron` one of a neuron of the network; `start` begins a
`Walk` through its forward and backward pass.
"""

from nnstudio.analysis.expression.descent import Descent, LeafChange, descend
from nnstudio.analysis.expression.evaluation import Evaluation, Failure, evaluate
from nnstudio.analysis.expression.gallery import EXAMPLES, FIRST, Example
from nnstudio.analysis.expression.gates import collapse, collapsible, expand, expandable
from nnstudio.analysis.expression.gradients import Backward, Flow, backward
from nnstudio.analysis.expression.graph import Edge, Graph, Group, Node
from nnstudio.analysis.expression.neuron import Term, neuron
from nnstudio.analysis.expression.numbers import exact, plain, short, significant
from nnstudio.analysis.expression.numeric import Check, central, complex_step, error_curve
from nnstudio.analysis.expression.parser import FUNCTIONS, Parsed, parse
from nnstudio.analysis.expression.spelling import ExpressionError
from nnstudio.analysis.expression.walk import Gradient, Pass, Phase, Walk, start
from nnstudio.analysis.expression.worksheet import Worksheet, read

__all__ = [
    "EXAMPLES",
    "FIRST",
    "FUNCTIONS",
    "Backward",
    "Check",
    "Descent",
    "Edge",
    "Evaluation",
    "Example",
    "ExpressionError",
    "Failure",
    "Flow",
    "Gradient",
    "Graph",
    "Group",
    "LeafChange",
    "Node",
    "Parsed",
    "Pass",
    "Phase",
    "Term",
    "Walk",
    "Worksheet",
    "backward",
    "central",
    "collapse",
    "collapsible",
    "complex_step",
    "descend",
    "error_curve",
    "evaluate",
    "exact",
    "expand",
    "expandable",
    "neuron",
    "parse",
    "plain",
    "read",
    "short",
    "significant",
    "start",
]
