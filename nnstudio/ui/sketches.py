"""Small drawings of the data sets that a project can begin with, painted in the theme's colours."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from nnstudio.ui import theme

_THREE = (
    "..####..",
    ".#....#.",
    "......#.",
    "....##..",
    "......#.",
    "......##",
    ".#....#.",
    "..####..",
)


def reviews(painter: QPainter, box: QRectF) -> None:
    """Lines of text of which some words are blue (praise) and some orange (blame), five stars."""
    colours = theme.current()
    painter.setPen(Qt.PenStyle.NoPen)
    words = ((3, 2), (5, 0), (4, 0), (6, 1), (3, 0), (2, 0), (5, 1), (4, 0), (3, 2), (6, 0), (4, 1))
    unit = box.width() / 15.0
    x, y = box.left(), box.top() + 2
    for length, kind in words:
        if x + length * unit > box.right():
            x, y = box.left(), y + box.height() / 6
        colour = (colours.border_strong, colours.positive, colours.negative)[kind]
        painter.setBrush(_faded(colour, 0.45 if kind == 0 else 0.95))
        painter.drawRoundedRect(QRectF(x, y, (length - 0.6) * unit, box.height() / 15), 2, 2)
        x += length * unit
    for n in range(5):
        middle = QPointF(box.left() + box.width() * (n + 0.5) / 5, box.bottom() - 9)
        painter.setBrush(colours.activation if n < 4 else colours.border)
        painter.drawPolygon(_star(middle, box.width() / 12))


def spiral(painter: QPainter, box: QRectF) -> None:
    """Two arms of points, round and square."""
    colours = theme.current()
    painter.setPen(Qt.PenStyle.NoPen)
    for arm in range(2):
        painter.setBrush(colours.class_colour(arm))
        for n in range(3, 30):
            share = n / 29
            angle = 3.6 * math.pi * share * 0.62 + arm * math.pi
            jitter = 0.018 * math.sin(n * 12.9898 + arm * 78.233)
            radius = (share + jitter) * box.width() / 2
            x = box.center().x() + radius * math.cos(angle)
            y = box.center().y() + radius * math.sin(angle)
            if arm == 0:
                painter.drawEllipse(QPointF(x, y), 2.6, 2.6)
            else:
                painter.drawRect(QRectF(x - 2.3, y - 2.3, 4.6, 4.6))


def digit(painter: QPainter, box: QRectF) -> None:
    """A three in 8 × 8 pixels."""
    colours = theme.current()
    painter.setPen(Qt.PenStyle.NoPen)
    side = box.width() / 8
    for row, line in enumerate(_THREE):
        for column, mark in enumerate(line):
            near = mark == "." and any(
                0 <= column + d < 8 and line[column + d] == "#" for d in (-1, 1)
            )
            strength = 0.92 if mark == "#" else 0.22 if near else 0.05
            painter.setBrush(_faded(colours.text, strength))
            painter.drawRect(
                QRectF(box.left() + column * side, box.top() + row * side, side - 1, side - 1)
            )


def empty(painter: QPainter, box: QRectF) -> None:
    """A dot grid with the outline of a first card."""
    colours = theme.current()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.border_strong)
    for row in range(6):
        for column in range(6):
            painter.drawEllipse(
                QPointF(
                    box.left() + box.width() * (column + 0.5) / 6,
                    box.top() + box.height() * (row + 0.5) / 6,
                ),
                0.9,
                0.9,
            )
    card = QRectF(0, 0, box.width() * 0.62, box.height() * 0.5)
    card.moveCenter(box.center())
    pen = QPen(colours.accent, 1.5)
    pen.setDashPattern([3, 3])
    painter.setPen(pen)
    painter.setBrush(_faded(colours.panel, 0.9))
    painter.drawRoundedRect(card, 6, 6)
    arm = 8.0
    middle = card.center()
    painter.setPen(QPen(colours.accent, 1.75, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(middle - QPointF(arm, 0), middle + QPointF(arm, 0))
    painter.drawLine(middle - QPointF(0, arm), middle + QPointF(0, arm))


SKETCHES: dict[str, Callable[[QPainter, QRectF], None]] = {
    "sentiment": reviews,
    "spiral": spiral,
    "digits": digit,
    "empty": empty,
}


def _faded(colour: QColor, opacity: float) -> QColor:
    faded = QColor(colour)
    faded.setAlphaF(opacity)
    return faded


def _star(middle: QPointF, radius: float) -> list[QPointF]:
    points = []
    for n in range(10):
        reach = radius if n % 2 == 0 else radius * 0.45
        angle = -math.pi / 2 + n * math.pi / 5
        points.append(middle + QPointF(reach * math.cos(angle), reach * math.sin(angle)))
    return points
