"""Which gradients are measured, and how much measuring a step may cost."""

from __future__ import annotations

from nnstudio.analysis.expression import Check, Pass, Walk, central, error_curve

MOST_WORK = 30_000
"""Node evaluations that may be spent on checking every card's gradient; beyond, only one is."""


def measure(passed: Pass, epsilon: float) -> dict[str, Check]:
    """The numerical checks of all gradients on the screen; none if that would take too long."""
    graph = passed.sheet.graph
    cost = 2 * sum(len(graph.route(id)) for id in passed.visible)
    if passed.broken_forward or cost > MOST_WORK:
        return {}
    return {
        id: check_of(passed, id, epsilon)
        for id in passed.visible
        if id in passed.backward.gradients
    }


def check_of(passed: Pass, id: str, epsilon: float) -> Check:
    """The numerical check of one gradient."""
    gradient = passed.backward.gradients[id]
    return central(passed.sheet.graph, passed.forward, id, gradient, epsilon)


def curve_of(passed: Pass, id: str) -> tuple[tuple[float, float], ...]:
    """The error of one gradient's check against ε."""
    gradient = passed.backward.gradients[id]
    return error_curve(passed.sheet.graph, passed.forward, id, gradient)


def subject(known: Walk, selected: str) -> str:
    """Whose gradient is checked: the clicked card's, else that of the step's first input."""

    def has(id: str) -> bool:
        gradient = known.gradient(id)
        complete = gradient is not None and gradient.complete
        return complete and id in known.of.backward.gradients

    if selected and has(selected):
        return selected
    for flow in known.flows:
        if has(flow.edge.source):
            return flow.edge.source
    if known.active is not None and known.phase in ("seed", "backward") and has(known.active):
        return known.active
    return ""
