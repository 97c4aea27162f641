"""The loss functions: one number per sample that says how wrong a prediction is.

Training makes the mean of that number smaller. Each loss stands with its derivative, because
backpropagation begins with dL/dŷ, the slope of the loss at the network's output. Losses on numbers
are in `regression`, losses on classes in `crossentropy` and `margins`; `fitting` holds the
sentences for a loss that does not fit the network's output.
"""

from nnstudio.nn.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KullbackLeibler,
)
from nnstudio.nn.losses.margins import Hinge, SquaredHinge
from nnstudio.nn.losses.regression import Huber, LogCosh, MeanAbsoluteError, MeanSquaredError

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Hinge",
    "Huber",
    "KullbackLeibler",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SquaredHinge",
]
