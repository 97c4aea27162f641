"""The sizes everything on the canvas agrees on, in scene pixels."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF

CARD_WIDTH = 168.0
CARD_HEIGHT = 124.0
RADIUS = 8.0
PORT_RADIUS = 5.0
PORT_REACH = 15.0  # how near a pointer must be to take hold of a port
PORT_STEP = 20.0  # between the input ports of a merge
GRID = 8.0
DOTS = 20.0
SNAP = 6.0

LOSS = "loss"
"""The id of the derived Loss card, in the selection and in the scene."""


def card_rect(x: float, y: float) -> QRectF:
    """The rectangle of a card whose top left corner stands there."""
    return QRectF(x, y, CARD_WIDTH, CARD_HEIGHT)


def output_port(corner: QPointF) -> QPointF:
    """Where wires leave a card."""
    return corner + QPointF(CARD_WIDTH, CARD_HEIGHT / 2)


def input_port(corner: QPointF, port: int = 0, ports: int = 1) -> QPointF:
    """Where the wire into input `port` of `ports` arrives at a card."""
    step = min(PORT_STEP, (CARD_HEIGHT - 24) / max(ports - 1, 1))
    return corner + QPointF(0, CARD_HEIGHT / 2 + (port - (ports - 1) / 2) * step)
