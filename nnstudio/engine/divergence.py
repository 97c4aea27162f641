"""Finding out where a number became NaN or infinite, and saying what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnstudio.engine.ops import Array
from nnstudio.spec import Fix, Place, Problem

if TYPE_CHECKING:
    from nnstudio.engine.network import Network
    from nnstudio.engine.program import Program


def first_bad_layer(network: Network, program: Program) -> tuple[str, str]:
    """The id of the first layer whose weights or outputs are not finite, and what is wrong there.

    Layers are looked at in the order of computation, so a layer that only passes on what another
    one broke is not blamed.
    """
    for step in network.plan.steps:
        for (node, name), array in (network.parameters | network.state).items():
            if node == step.id and (kind := _bad(network, array)):
                return step.id, f"the {name} of {step.title} became {kind}"
        c = program.contexts.get(step.id)
        if c is not None and hasattr(c.output, "dtype") and (kind := _bad(network, c.output)):
            return step.id, f"the output of {step.title} became {kind}"
    return network.plan.output, "the loss became infinite"


def problem(network: Network, node: str, what: str, learning_rate: float, last: int) -> Problem:
    """What a learner is told, with the usual way out."""
    halved = learning_rate / 2
    back = (
        f"The weights are those of the end of epoch {last}."
        if last
        else ("The weights are the initial ones.")
    )
    return Problem(
        f"Training diverged: {what}",
        f"The steps grew instead of getting smaller, most often because the learning rate "
        f"{learning_rate:g} is too large for this network. {back} Halve the learning "
        "rate and go on from there, clip the gradients, or scale the inputs.",
        Place("node", node),
        fix=Fix(
            "Halve the learning rate and go on from the last good epoch",
            "set_learning_rate",
            {"learning_rate": halved},
        ),
    )


def _bad(network: Network, array: Array) -> str:
    ops: Any = network.ops
    if array.dtype.kind != "f":
        return ""
    finite = ops.isfinite(array)
    if ops.count(finite) == finite.size:
        return ""
    return "NaN (not a number)" if ops.count(ops.not_equal(array, array)) else "infinite"
