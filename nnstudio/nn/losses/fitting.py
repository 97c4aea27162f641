"""The sentences for a loss that does not fit the network's output or the targets.

Errors stop what cannot be computed or cannot learn; warnings and hints let the learner try and say
what to expect. Wherever one change mends it, the problem carries that change as its fix.
"""

from __future__ import annotations

import math
from typing import Any

from nnstudio.nn.activation import Activation
from nnstudio.nn.activations import Linear, Sigmoid, Softmax
from nnstudio.nn.loss import Loss
from nnstudio.spec import Fix, Place, Problem, Severity

Shape = tuple[int, ...]
Problems = tuple[Problem, ...]

UNITS = Place("node", field="units")
ACTIVATION = Place("node", field="activation")
LOSS = Place("training", field="loss")


def number_loss(loss: Loss, shape: Shape, activation: Activation | None, data: Any) -> Problems:
    """What does not fit a loss on the difference ŷ - y."""
    wrong = _outputs(loss, shape, data, alone=True) or _softmax_alone(shape, activation)
    if wrong:
        return wrong
    name = _name(activation)
    if data.task == "regression":
        return _range(activation, data)
    if name == "softmax":
        return (
            _hint(
                f"{loss.title} on a softmax learns slowly",
                "It works, but where the network is sure and wrong the slope of the softmax is "
                "nearly zero, and so is the gradient. Categorical cross-entropy cancels that "
                "slope: there dL/dz is simply ŷ - y.",
                LOSS,
                _use("categorical_crossentropy"),
            ),
        )
    if name == "sigmoid":
        return (
            _hint(
                f"{loss.title} on a sigmoid learns slowly",
                "It works, but where the network is sure and wrong the slope (1 - σ)σ is nearly "
                "zero, and so is the gradient. Binary cross-entropy cancels that slope: there "
                "dL/dz is simply ŷ - y.",
                LOSS,
                _use("binary_crossentropy"),
            ),
        )
    if name == "step":
        return (
            _hint(
                "A step has no slope",
                "As the output it learns by the perceptron rule, which takes the slope for 1; "
                "layers before it get that signal too. Only classes that a straight line separates "
                "are learned for certain.",
                ACTIVATION,
            ),
        )
    return (
        _hint(
            "The outputs are not probabilities",
            f"{loss.title} pulls the output of the true class to 1 and the others to 0, but "
            f"{_called(activation)} can go beyond. The largest output still wins. With "
            f"{_fitting_activation(shape).name} and cross-entropy the outputs are probabilities.",
            ACTIVATION,
            _activate(_fitting_activation(shape)),
        ),
    )


def binary(loss: Loss, shape: Shape, activation: Activation | None, data: Any) -> Problems:
    """What does not fit binary cross-entropy."""
    if data.task == "regression" and (data.target_minimum < 0 or data.target_maximum > 1):
        return (_not_classes(loss, data, "probabilities between 0 and 1"),)
    wrong = _outputs(loss, shape, data, alone=True) or _softmax_alone(shape, activation)
    if wrong:
        return wrong
    name = _name(activation)
    if name == "softmax":
        return (
            _hint(
                "Binary cross-entropy asks about each class alone",
                "Softmax makes the classes share one probability. The usual partner of softmax is "
                "categorical cross-entropy, which is computed together with it and is faster.",
                LOSS,
                _use("categorical_crossentropy"),
            ),
        )
    if name != "sigmoid":
        return (
            _error(
                f"{loss.title} needs outputs between 0 and 1",
                f"It takes the logarithms of ŷ and 1 - ŷ, but {_called(activation)} can go beyond "
                "0 and 1. Sigmoid turns any number into a probability.",
                ACTIVATION,
                _activate(Sigmoid()),
            ),
        )
    if data.task == "classification" and shape[0] > 1:
        return (
            _hint(
                "Every class is a question of its own",
                f"The {shape[0]} sigmoids answer yes or no for each class and do not add up to 1; "
                "the largest wins. Where exactly one class is right, softmax with categorical "
                "cross-entropy says so to the network.",
                LOSS,
            ),
        )
    return ()


def categorical(loss: Loss, shape: Shape, activation: Activation | None, data: Any) -> Problems:
    """What does not fit a loss on a distribution over classes."""
    if data.task == "regression":
        within = data.target_minimum >= 0 and data.target_maximum <= 1
        if "regression" not in loss.tasks or not within or data.outputs < 2:
            return (_not_classes(loss, data, "classes"),)
    wrong = _outputs(loss, shape, data, alone=False) or _softmax_alone(shape, activation)
    if wrong:
        return wrong
    name = _name(activation)
    if name == "softmax":
        return ()
    if name == "sigmoid":
        return (
            Problem(
                "The probabilities do not add up to 1",
                f"{loss.title} only rewards the output of the true class; with sigmoid nothing "
                "pulls the others down, and all of them drift to 1. Softmax makes the classes "
                "share one probability.",
                ACTIVATION,
                Severity.WARNING,
                _activate(Softmax()),
            ),
        )
    return (
        _error(
            f"{loss.title} needs probabilities",
            f"It takes the logarithm of the outputs, but {_called(activation)} is not a "
            "probability: it can be negative or greater than 1. Softmax turns any numbers into "
            "probabilities that add up to 1.",
            ACTIVATION,
            _activate(Softmax()),
        ),
    )


def margin_loss(loss: Loss, shape: Shape, activation: Activation | None, data: Any) -> Problems:
    """What does not fit a loss on margins."""
    if data.task == "regression":
        return (_not_classes(loss, data, "classes (read as -1 and +1)"),)
    wrong = _outputs(loss, shape, data, alone=True) or _softmax_alone(shape, activation)
    if wrong:
        return wrong
    name = _name(activation)
    if name in ("sigmoid", "softmax", "relu", "softplus", "step"):
        return (
            Problem(
                f"{loss.title} needs scores on both sides of zero",
                f"It asks for at least +1 for the true class and at most -1 for the others, but "
                f"{_called(activation)} never becomes negative. Linear or tanh fits.",
                ACTIVATION,
                Severity.WARNING,
                _activate(Linear()),
            ),
        )
    return ()


def _outputs(loss: Loss, shape: Shape, data: Any, *, alone: bool) -> Problems:
    """The number of outputs against the data; `alone`: one output may stand for two classes."""
    wanted = data.classes if data.task == "classification" else data.outputs
    if len(shape) != 1:
        written = "has the shape " + " × ".join(str(n) for n in shape) if shape else "has no axis"
        return (
            _error(
                f"The output must be one row of {_count(wanted, 'number')}",
                f"It {written}. Put a Flatten layer behind it, and a Dense layer "
                f"with {_count(wanted, 'unit')}.",
                Place("node"),
            ),
        )
    units = shape[0]
    if units == wanted:
        return ()
    if data.task == "regression":
        return (
            _error(
                f"The network has {_count(units, 'output')}, the data "
                f"{_count(wanted, 'target value')}",
                f"Every target value{_of(data)} needs an output of its own.",
                UNITS,
                _resize(wanted),
            ),
        )
    if units == 1 and wanted == 2:
        if alone:
            return ()
        return (
            _error(
                f"{loss.title} needs one output per class",
                "The data has 2 classes and the network has 1 output. Either give it 2 outputs "
                "with softmax, or keep the one with sigmoid and take binary cross-entropy, which "
                "comes to the same.",
                UNITS,
                _resize(2),
            ),
        )
    many = "too many" if units > wanted else "too few"
    explain = (
        f"Each of the {_count(wanted, 'class')}{_of(data)} needs an output of its own; {units:,} "
        f"{'is' if units == 1 else 'are'} {many}."
    )
    if wanted == 2 and alone:
        explain += " For 2 classes a single sigmoid output would do as well."
    return (
        _error(
            f"The network has {_count(units, 'output')}, the data {_count(wanted, 'class')}",
            explain,
            UNITS,
            _resize(wanted),
        ),
    )


def _softmax_alone(shape: Shape, activation: Activation | None) -> Problems:
    if _name(activation) != "softmax" or shape != (1,):
        return ()
    return (
        _error(
            "Softmax of a single output is always 1",
            "There is nothing it could share the probability with, so nothing can be learned. For "
            "two classes take sigmoid with one output, or softmax with two: they are the same.",
            ACTIVATION,
            _activate(Sigmoid()),
        ),
    )


#: What an activation can put out; anything not named here reaches every number.
REACH = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "step": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, math.inf),
    "softplus": (0.0, math.inf),
}


def _range(activation: Activation | None, data: Any) -> Problems:
    """A warning where the output activation cannot reach the targets of a regression."""
    low, high = REACH.get(_name(activation), (-math.inf, math.inf))
    if data.target_minimum >= low and data.target_maximum <= high:
        return ()
    if math.isinf(high):
        reach = f"never goes below {low:g}"
    else:
        reach = f"stays between {low:g} and {high:g}"
    return (
        Problem(
            f"{_called(activation, 'The')} cannot reach all targets",
            f"It {reach}, but the targets{_of(data)} go from {data.target_minimum:.4g} to "
            f"{data.target_maximum:.4g}. A linear output reaches every number.",
            ACTIVATION,
            Severity.WARNING,
            _activate(Linear()),
        ),
    )


def _not_classes(loss: Loss, data: Any, wanted: str) -> Problem:
    title = data.target_title or "target"
    return _error(
        f"{loss.title} does not fit numbers",
        f"It expects {wanted} as the target, but {title} goes from {data.target_minimum:.4g} to "
        f"{data.target_maximum:.4g}. Mean squared error compares numbers.",
        LOSS,
        _use("mean_squared_error"),
    )


def _fitting_activation(shape: Shape) -> Activation:
    return Sigmoid() if shape == (1,) else Softmax()


def _name(activation: Activation | None) -> str:
    return "linear" if activation is None else activation.name


def _called(activation: Activation | None, article: str = "the") -> str:
    if activation is None or activation.name == "linear":
        return f"{article} linear output"
    return f"{article} output of {activation.title}"


def _of(data: Any) -> str:
    return f" ({data.target_title})" if data.target_title else ""


def _count(n: int, noun: str) -> str:
    many = noun + ("es" if noun.endswith("s") else "s")
    return f"{n:,} {noun if n == 1 else many}"


def _hint(title: str, explain: str, where: Place, fix: Fix | None = None) -> Problem:
    return Problem(title, explain, where, Severity.HINT, fix)


def _error(title: str, explain: str, where: Place, fix: Fix | None = None) -> Problem:
    return Problem(title, explain, where, Severity.ERROR, fix)


def _resize(units: int) -> Fix:
    return Fix(f"Set units to {units:,}", "configure_layer", {"units": units})


def _activate(activation: Activation) -> Fix:
    return Fix(f"Use {activation.in_words()}", "configure_layer", {"activation": activation})


def _use(name: str) -> Fix:
    """The fix that takes another loss; looked up late, because the losses read this module."""
    from nnstudio.spec import parts

    loss = parts("loss")[name]
    return Fix(f"Use {loss.title.lower()}", "change_loss", {"loss": loss()})
