"""The operations an expression is made of, each with its value, its slopes and its rule."""

from nnstudio.analysis.expression.operations.arithmetic import (
    Add,
    Divide,
    DivideBy,
    Multiply,
    Reciprocal,
    Scale,
    Shift,
    Subtract,
    SubtractFrom,
    Sum,
)
from nnstudio.analysis.expression.operations.base import (
    Operation,
    Refusal,
    Style,
    Written,
    overflow,
)
from nnstudio.analysis.expression.operations.functions import Cos, Exp, Log, Sin, Tanh
from nnstudio.analysis.expression.operations.gates import (
    CrossEntropy,
    Gelu,
    LogisticLoss,
    Sigmoid,
    Softmax,
    Softplus,
    SquaredDifference,
)
from nnstudio.analysis.expression.operations.leaves import Constant, Variable
from nnstudio.analysis.expression.operations.powers import Power, Raise, RaiseBase, Sqrt
from nnstudio.analysis.expression.operations.switches import (
    Abs,
    Extreme,
    LeakyRelu,
    Relu,
    Step,
)

__all__ = [
    "Abs",
    "Add",
    "Constant",
    "Cos",
    "CrossEntropy",
    "Divide",
    "DivideBy",
    "Exp",
    "Extreme",
    "Gelu",
    "LeakyRelu",
    "Log",
    "LogisticLoss",
    "Multiply",
    "Operation",
    "Power",
    "Raise",
    "RaiseBase",
    "Reciprocal",
    "Refusal",
    "Relu",
    "Scale",
    "Shift",
    "Sigmoid",
    "Sin",
    "Softmax",
    "Softplus",
    "Sqrt",
    "SquaredDifference",
    "Step",
    "Style",
    "Subtract",
    "SubtractFrom",
    "Sum",
    "Tanh",
    "Variable",
    "Written",
    "overflow",
]
