"""How a run ended, seen from its beginning: a loss that grew, units that are dead.

Both are finite numbers, so nothing stops such a run; but nothing was learned either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnstudio.graph.plan import PlanStep
from nnstudio.nn.activation import Activation
from nnstudio.project import advice
from nnstudio.spec import Fix, Place, Problem, Severity

if TYPE_CHECKING:
    from nnstudio.engine.trainer import Trainer

#: So many times the first loss is more than a bad run: the steps overshot.
_GREW = 100.0
#: Samples on which units are looked at.
_LOOKED_AT = 256


def looked_back(trainer: Trainer) -> Problem | None:
    """What went wrong in a run that ended with finite numbers; None if nothing did."""
    return _grown(trainer) or _dead(trainer)


def _grown(trainer: Trainer) -> Problem | None:
    history, at = trainer.history, trainer.weights_epoch
    if not history or not at:
        return None
    first = history[0].loss if trainer.first_loss is None else trainer.first_loss
    last = history[at - 1].loss
    if not last > _GREW * max(abs(first), 1e-3):
        return None
    return Problem(
        f"Training diverged: the loss rose from {first:.3g} to {last:.3g}",
        f"Each step overshot the minimum, most often because the learning rate "
        f"{trainer.learning_rate:g} is too large for this network. The weights are of no use: set "
        "a smaller learning rate, reset, and train anew.",
        Place("training", field="optimizer"),
        Severity.WARNING,
        _smaller(trainer),
    )


def _smaller(trainer: Trainer) -> Fix:
    if advice.is_far_above(trainer.setup):
        return advice.usual_rate(trainer.setup)
    rate = float(f"{trainer.learning_rate / 10:.3g}")
    optimizer = trainer.setup.optimizer.replace(learning_rate=rate)
    label = f"Set the learning rate to {rate:g}"
    return Fix(label, "configure_training", {"optimizer": optimizer})


def _dead(trainer: Trainer) -> Problem | None:
    """The first layer all of whose ReLUs give 0 for every sample: no gradient passes it."""
    network = trainer.network
    candidates = [step for step in network.plan.steps if _is_relu(step)]
    if not candidates or not trainer.update:
        return None
    x = trainer.dataset.train.x[:_LOOKED_AT]
    with network.undisturbed():
        network.forward(x)
        outputs = {step.id: network.ops.to_host(network.contexts[step.id].output)
                   for step in candidates}  # fmt: skip
    for step in candidates:
        if outputs[step.id].size and not np.any(outputs[step.id]):
            return Problem(
                f"All units of {step.title} are dead",
                "Each gives 0 for every sample, and where ReLU gives 0 its slope is 0 too: no "
                "gradient reaches this layer or those before it, so they learn nothing more. "
                f"Reset and train anew with a smaller learning rate than "
                f"{trainer.learning_rate:g}, or use Leaky ReLU, whose slope is never 0.",
                Place("node", step.id, "activation"),
                Severity.WARNING,
                _smaller(trainer),
            )
    return None


def _is_relu(step: PlanStep) -> bool:
    activation = getattr(step.layer, "activation", None)
    return isinstance(activation, Activation) and activation.name == "relu"
