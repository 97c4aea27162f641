"""The gradient measured instead of derived, to check it.

Move a value by ±ε, look how far the output moves, divide. Too large an ε feels the curvature
(the error shrinks with ε²); too small an ε drowns in round-off, because the two outputs then agree
in all the digits a float has (the error grows with 1/ε). In between lies the best ε. The
complex-step derivative, Im f(x + ih)/h, subtracts nothing and so has no round-off to speak of.
(Squire and Trapp, "Using complex variables to estimate derivatives of real functions", 1998.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nnstudio.analysis.expression.evaluation import Evaluation, evaluate_complex, output_of
from nnstudio.analysis.expression.graph import Graph

DEFAULT_EPSILON = 1e-5
SWEEP = tuple(10.0 ** (-k / 4) for k in range(2, 61))
"""The ε of the error curve: from 0.3 down to 1e−15, four to a decade."""

TINY = 1e-17
"""An error below this is drawn here: a logarithm has no place for 0."""


@dataclass(frozen=True)
class Check:
    """One gradient, derived and measured. ``numeric`` is None where the output has no value.

    At a ``corner`` (a kink) the slopes ``left`` and ``right`` of the value differ.
    """

    node: str
    epsilon: float
    above: float | None
    below: float | None
    numeric: float | None
    analytic: float
    corner: bool
    left: float = 0.0
    right: float = 0.0

    @property
    def difference(self) -> float | None:
        """|numeric - analytic|, relative to the larger of the two."""
        if self.numeric is None:
            return None
        return relative(self.numeric, self.analytic)

    @property
    def agrees(self) -> bool:
        """Whether they agree as well as this ε allows one to expect."""
        return self.difference is not None and self.difference < 1e-4


def relative(a: float, b: float) -> float:
    """|a - b| relative to the larger of the two; 0 if both are 0."""
    scale = max(abs(a), abs(b))
    return abs(a - b) / scale if scale else 0.0


def central(
    graph: Graph,
    forward: Evaluation,
    node: str,
    analytic: float,
    epsilon: float = DEFAULT_EPSILON,
) -> Check:
    """The central difference (f(x + ε) - f(x - ε)) / 2ε for any node, beside its gradient."""
    value = forward.values[node]
    above = output_of(graph, forward.values, node, value + epsilon)
    below = output_of(graph, forward.values, node, value - epsilon)
    # What was really added, after rounding, is not quite 2ε.
    width = (value + epsilon) - (value - epsilon)
    numeric = None
    if above is not None and below is not None and width > 0:
        numeric = (above - below) / width
    elif width == 0:
        numeric = 0.0
    wide = _slopes(graph, forward, node, epsilon)
    corner = wide is not None and width >= 1e-9 and _apart(wide, analytic)
    if corner and wide is not None:
        # On a curve the slopes of the two sides come together with ε, at a kink they do not.
        close = _slopes(graph, forward, node, epsilon / 8)
        corner = close is not None and abs(close[1] - close[0]) > abs(wide[1] - wide[0]) / 2
    left, right = wide or (0.0, 0.0)
    return Check(node, epsilon, above, below, numeric, analytic, corner, left, right)


def _slopes(
    graph: Graph, forward: Evaluation, node: str, epsilon: float
) -> tuple[float, float] | None:
    """The slope of the output to the left and to the right; None where it has no value."""
    value, middle = forward.values[node], forward.values.get(graph.output)
    above = output_of(graph, forward.values, node, value + epsilon)
    below = output_of(graph, forward.values, node, value - epsilon)
    over, under = (value + epsilon) - value, value - (value - epsilon)
    if middle is None or above is None or below is None or over <= 0 or under <= 0:
        return None
    return (middle - below) / under, (above - middle) / over


def _apart(slopes: tuple[float, float], analytic: float) -> bool:
    """Whether two slopes differ by more than rounding and a little curvature would explain."""
    left, right = slopes
    return abs(right - left) > 1e-2 * max(abs(right), abs(left), abs(analytic), 1e-9)


def error_curve(
    graph: Graph,
    forward: Evaluation,
    node: str,
    analytic: float,
    epsilons: Sequence[float] = SWEEP,
) -> tuple[tuple[float, float], ...]:
    """(ε, error) pairs: the relative error of the central difference, never below `TINY`."""
    points = []
    for epsilon in epsilons:
        check = central(graph, forward, node, analytic, epsilon)
        if check.difference is not None:
            points.append((epsilon, max(check.difference, TINY)))
    return tuple(points)


def complex_step(
    graph: Graph, leaves: Mapping[str, float], forward: Evaluation, node: str, h: float = 1e-30
) -> float | None:
    """Im f(x + ih)/h: the derivative to all digits, None where the calculation breaks."""
    try:
        moved = evaluate_complex(graph, leaves, {node: complex(forward.values[node], h)})
    except (ArithmeticError, ValueError):
        return None
    slope = moved.imag / h
    return slope if math.isfinite(slope) else None
