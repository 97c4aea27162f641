"""What lies near the pointer: ports and wires."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF

from nnstudio.ui.canvas import geometry, routing
from nnstudio.ui.canvas.card import CardItem
from nnstudio.ui.canvas.geometry import LOSS


@dataclass(frozen=True)
class PortHit:
    """A port under the pointer."""

    card: str
    side: str  # "in" or "out"
    port: int


def nearest_port(cards: Iterable[CardItem], at: QPointF, side: str | None = None) -> PortHit | None:
    """The nearest port within reach; inside a card only its very edge counts."""
    best, least = None, geometry.PORT_REACH
    for card in cards:
        near = card.rect.adjusted(-20, -4, 20, 4).contains(at)
        if not near or card.rect.adjusted(9, 0, -9, 0).contains(at):
            continue
        ports = []
        if side != "in" and card.face.output:
            ports.append((card.output_port(), PortHit(card.id, "out", 0)))
        if side != "out" and card.id != LOSS:
            for port in range(card.face.ports):
                ports.append((card.input_port(port), PortHit(card.id, "in", port)))
        for point, hit in ports:
            away = ((at.x() - point.x()) ** 2 + (at.y() - point.y()) ** 2) ** 0.5
            if away < least:
                best, least = hit, away
    return best


def distance(points: Sequence[routing.Point], at: QPointF) -> float:
    """How far a point is from a line of horizontal and vertical parts."""
    best = 1e9
    for a, b in itertools.pairwise(points):
        dx = max(min(a[0], b[0]) - at.x(), 0, at.x() - max(a[0], b[0]))
        dy = max(min(a[1], b[1]) - at.y(), 0, at.y() - max(a[1], b[1]))
        best = min(best, (dx * dx + dy * dy) ** 0.5)
    return best
