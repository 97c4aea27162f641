"""Where does this number come from? One step back, from any number to its operands."""

from __future__ import annotations

from nnstudio.analysis.network_pass.backward import BACKWARD, parameter, passed_on
from nnstudio.analysis.network_pass.forward import FORWARD, weight
from nnstudio.analysis.network_pass.known import unknown_part, unworked
from nnstudio.analysis.network_pass.losses import of_loss
from nnstudio.analysis.network_pass.numbers import Derivation, Number
from nnstudio.analysis.network_pass.summaries import SUMMARIES
from nnstudio.analysis.network_pass.updates import of_update
from nnstudio.analysis.network_pass.values import LOSS, UPDATE, Values


def derive(values: Values, number: Number) -> Derivation:
    """The derivation of a number of the tape; raises KeyError for one that it does not hold."""
    what = number.what
    if (part := unknown_part(values, number)) is not None:
        return unworked(values, number, part)
    if number.node == LOSS:
        return of_loss(values, number)
    if number.node == UPDATE:
        return of_update(values, number)
    values.step(number.node)
    if what in FORWARD:
        return FORWARD[what](values, number)
    if what in BACKWARD:
        return BACKWARD[what](values, number)
    if what in SUMMARIES:
        return SUMMARIES[what](values, number)
    kind = what.split(":", 1)[0]
    if kind == "w":
        return weight(values, number)
    if kind == "dw":
        return parameter(values, number)
    if kind in ("g", "new", "before", "after"):
        return of_update(values, number)
    if what.startswith("dx"):
        return passed_on(values, number)
    raise KeyError(what)
