"""The optimizers: how a gradient becomes a step.

All of them go downhill; they differ in what they remember. `gradient_descent` remembers a velocity,
`scaled` the size of earlier gradients, so that every parameter gets a step of its own, `adaptive`
both. Each works on one flat vector of all parameters, in place; `decay` is a step of its own.
"""

from nnstudio.nn.optimizers.adaptive import Adam, Adamax, AdamW, Nadam
from nnstudio.nn.optimizers.decay import WeightDecay
from nnstudio.nn.optimizers.gradient_descent import SGD
from nnstudio.nn.optimizers.scaled import Adadelta, Adagrad, RMSprop

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Nadam",
    "RMSprop",
    "WeightDecay",
]
