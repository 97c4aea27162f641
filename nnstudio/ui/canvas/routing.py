"""How a wire runs from port to port: right angles, around cards, back between two rows.

`route` tries a handful of simple shapes and takes the one that crosses the fewest cards, then the
shortest, then the one with the fewest bends.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom

STUB_OUT = 18.0
STUB_IN = 28.0
CLEARANCE = 22.0
BEND = 10.0
LABEL_ROOM = 36.0


def route(
    start: Point,
    end: Point,
    source: Box,
    target: Box,
    others: Iterable[Box] = (),
    out: int = 0,
    into: int = 0,
) -> list[Point]:
    """The corners of a wire from an output port to an input port, both ends included.

    `source` and `target` are the cards at its ends, `others` the cards it should not cross. `out`
    and `into` count the wires beside it at either end, so that they keep apart.
    """
    others = list(others)
    bend = Bend(start[0] + STUB_OUT + 5 * out, end[0] - max(10.0, STUB_IN - 7 * into))
    direct = _direct(start, end, 6.0 * into)
    if direct is not None and _free(direct, others):
        return direct
    candidates = [] if direct is None else [direct]
    room = end[0] - start[0]
    if direct is not None and abs(start[1] - end[1]) > 0.5 and room > STUB_IN:
        candidates += [_bent(start, end, x) for x in (bend.leaving, bend.arriving)]
    for y in _lanes(start, end, source, target, others):
        candidates.append(_looped(start, end, y + 8 * into, bend))
    costs = _costs(candidates, others, source, target)
    return candidates[costs.index(min(costs))]


class Bend(NamedTuple):
    """Where a wire turns after leaving its source and before arriving at its target."""

    leaving: float
    arriving: float


def _direct(start: Point, end: Point, shift: float) -> list[Point] | None:
    """A straight wire, or one with two bends half-way; None when the target stands behind."""
    room = end[0] - start[0]
    if room < 12:
        return None
    if abs(start[1] - end[1]) < 0.5:
        return [start, end]
    return _bent(start, end, min((start[0] + end[0]) / 2 + shift, end[0] - 8))


def _bent(start: Point, end: Point, x: float) -> list[Point]:
    return [start, (x, start[1]), (x, end[1]), end]


def _looped(start: Point, end: Point, y: float, bend: Bend) -> list[Point]:
    out, back = bend
    return [start, (out, start[1]), (out, y), (back, y), (back, end[1]), end]


def _lanes(start: Point, end: Point, source: Box, target: Box, others: list[Box]) -> list[float]:
    """Heights at which a long horizontal part may run."""
    lanes = [
        min(source[1], target[1]) - CLEARANCE,
        max(source[3], target[3]) + CLEARANCE,
    ]
    if source[3] < target[1]:
        lanes.insert(0, (source[3] + target[1]) / 2)
    elif target[3] < source[1]:
        lanes.insert(0, (target[3] + source[1]) / 2)
    left, right = min(start[0], end[0]) - STUB_IN, max(start[0], end[0]) + STUB_OUT
    between = [box for box in others if box[0] < right and box[2] > left]
    for box in between[:12]:
        lanes += [box[1] - CLEARANCE, box[3] + CLEARANCE]
    return lanes


def _costs(
    candidates: list[list[Point]], others: list[Box], source: Box, target: Box
) -> list[float]:
    """What each candidate costs; all their parts are held against all cards at once."""
    parts, owner, stub = [], [], []
    for number, points in enumerate(candidates):
        for index, (a, b) in enumerate(itertools.pairwise(points)):
            parts.append((*a, *b))
            owner.append(number)
            stub.append(index in (0, len(points) - 2))
    ends = np.array(parts)
    low = np.minimum(ends[:, :2], ends[:, 2:]) - 4
    high = np.maximum(ends[:, :2], ends[:, 2:]) + 4
    boxes = np.array([*others, source, target])
    over = (low[:, None] < boxes[None, :, 2:]) & (high[:, None] > boxes[None, :, :2])
    crossed = over.all(axis=2)
    crossed[np.array(stub), -2:] = False  # the stubs touch their own cards and may
    length = np.abs(ends[:, :2] - ends[:, 2:]).sum(axis=1)
    total = np.bincount(owner, 10_000 * crossed.sum(axis=1) + length, len(candidates))
    bends = np.array([24 * len(points) for points in candidates])
    return [float(cost) for cost in total + bends]


def _free(points: Sequence[Point], boxes: Iterable[Box]) -> bool:
    """Whether a wire crosses no card."""
    for a, b in itertools.pairwise(points):
        left, right = (a[0], b[0]) if a[0] < b[0] else (b[0], a[0])
        top, bottom = (a[1], b[1]) if a[1] < b[1] else (b[1], a[1])
        for box in boxes:
            across = left < box[2] + 4 and right > box[0] - 4
            if across and top < box[3] + 4 and bottom > box[1] - 4:
                return False
    return True


def rounded(points: Sequence[Point], radius: float = BEND) -> QPainterPath:
    """The corners joined by lines, each corner rounded as far as its sides have room."""
    path = QPainterPath(QPointF(*points[0]))
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        first, second = _length(before, corner), _length(corner, after)
        bend = min(radius, first / 2, second / 2)
        if bend < 0.5:
            path.lineTo(QPointF(*corner))
            continue
        path.lineTo(QPointF(*_towards(corner, before, bend, first)))
        path.quadTo(QPointF(*corner), QPointF(*_towards(corner, after, bend, second)))
    path.lineTo(QPointF(*points[-1]))
    return path


def middle(points: Sequence[Point]) -> tuple[Point, bool]:
    """Where a wire's label stands, and whether the wire is level there.

    That is the middle of its longest level part, or of its longest part if that one is too short.
    """
    level, upright = (points[0], -1.0), (points[0], -1.0)
    for a, b in itertools.pairwise(points):
        found = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), _length(a, b)
        if abs(a[1] - b[1]) < 0.5 and found[1] > level[1]:
            level = found
        elif abs(a[1] - b[1]) >= 0.5 and found[1] > upright[1]:
            upright = found
    if level[1] >= LABEL_ROOM or level[1] >= upright[1]:
        return level[0], True
    return upright[0], False


def _length(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _towards(corner: Point, other: Point, distance: float, length: float) -> Point:
    share = distance / length
    return (
        corner[0] + (other[0] - corner[0]) * share,
        corner[1] + (other[1] - corner[1]) * share,
    )
