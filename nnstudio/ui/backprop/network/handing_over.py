"""A neuron of the network as a worksheet of expression mode, with its real numbers."""

from __future__ import annotations

import numpy as np

from nnstudio.analysis.expression import Worksheet
from nnstudio.analysis.expression.neuron import ACTIVATIONS, Term, neuron
from nnstudio.analysis.network_pass import NeuronView, Values


def worksheet_of(values: Values, view: NeuronView) -> Worksheet | None:
    """The neuron's sum and activation as an expression; None for a layer without a sum.

    Larger sums are grouped as Σ cards, which open. An activation that has no expression is left
    out: then the worksheet ends with z.
    """
    if view.sum is None or view.activation is None:
        return None
    terms = [_term(term.operands[0], term.operands[1]) for term in view.sum.terms]
    bias = None
    if view.sum.operands:
        bias = ("b", view.sum.operands[0].value)
    name = view.activation.name if view.activation.name in ACTIVATIONS else "linear"
    slope = float(getattr(view.activation, "slope", getattr(view.activation, "alpha", 0.1)))
    rivals = _rivals(values, view) if name == "softmax" else []
    title = f"{values.step(view.node).title}, neuron {view.unit}"
    if name != view.activation.name:
        title += f": the weighted sum, without {view.activation.title or view.activation.name}"
    if not terms and bias is None:
        return None
    return neuron(terms, bias, name, slope=slope, rivals=rivals, title=title)


def _term(x: object, w: object) -> Term:
    from nnstudio.analysis.network_pass import Operand

    assert isinstance(x, Operand)
    assert isinstance(w, Operand)
    i = w.number.index[0]
    word = (
        x.note.strip("“”") if x.note.startswith("“") and x.note.strip("“”").isidentifier() else ""
    )
    return Term(f"w_{word or i}", w.value, f"x_{word or i}", x.value)


def _rivals(values: Values, view: NeuronView) -> list[tuple[str, float]]:
    """The other scores in a softmax."""
    assert view.sum is not None
    index = view.sum.number.index
    row = np.asarray(values.array(view.node, "z")[index[:-1]])
    return [(f"z_{k}", float(z)) for k, z in enumerate(row) if k != index[-1]]
