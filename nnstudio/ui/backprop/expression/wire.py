"""A wire between two cards; on the way back it carries its local derivative."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPainterPathStroker,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.analysis.expression import Edge
from nnstudio.ui import theme
from nnstudio.ui.text import tooltip

State = Literal["idle", "forward", "passed", "backward"]
"""At rest; read by this forward step; gone back along before; gone back along in this step."""

LABEL = 11.5
ARROW = 9.0


class WireItem(QGraphicsItem):
    """Draws one edge and its label."""

    def __init__(self, edge: Edge) -> None:
        super().__init__()
        self.edge = edge
        self.state: State = "idle"
        self.label = ""
        self.hint = ""
        self._path = QPainterPath()
        self._middle = QPointF()
        self.setZValue(1)

    def route(
        self, start: QPointF, end: QPointF, lanes: Sequence[tuple[float, float, float]] = ()
    ) -> None:
        """Run from one card's right side to another's left side, along the lanes between."""
        self.prepareGeometryChange()
        path = QPainterPath(start)
        for left, right, y in lanes:
            _bend(path, QPointF(left, y))
            path.lineTo(QPointF(right, y))
        last = path.currentPosition()
        _bend(path, end)
        self._path = path
        # The label stands above a level wire, and on a steep one, which it interrupts.
        level = abs(end.y() - last.y()) < 20
        self._middle = (last + end) / 2 - QPointF(0, 13 if level else 0)

    def show_state(self, state: State, label: str, hint: str = "") -> None:
        """Colour and label; the whole number is in the tooltip."""
        if (state, label, hint) == (self.state, self.label, self.hint):
            return
        self.prepareGeometryChange()
        self.state, self.label, self.hint = state, label, hint
        self.setToolTip(tooltip(hint))
        self.setZValue(3 if state in ("forward", "backward") or label else 1)
        self.update()

    def path(self) -> QPainterPath:
        return self._path

    def label_rect(self) -> QRectF:
        """The pill the label stands in, empty without a label."""
        if not self.label:
            return QRectF()
        metrics = QFontMetricsF(theme.font(LABEL, 600, scaled=False))
        box = QRectF(0, 0, metrics.horizontalAdvance(self.label) + 10, 17)
        box.moveCenter(self._middle)
        return box

    def boundingRect(self) -> QRectF:
        return self._path.boundingRect().adjusted(-4, -4, 4, 4) | self.label_rect()

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(10)
        made = stroker.createStroke(self._path)
        made.addRect(self.label_rect())
        return made

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        colours = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour, width = {
            "idle": (colours.wire, 1.6),
            "forward": (colours.accent, 3.0),
            "passed": (colours.secondary, 1.6),
            "backward": (colours.accent, 3.2),
        }[self.state]
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._path)
        if self.state != "idle":
            self._paint_arrow(painter, colour)
        box = self.label_rect()
        if box.isEmpty():
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.canvas)
        painter.drawRoundedRect(box, 5, 5)
        strong = self.state == "backward"
        painter.setFont(theme.font(LABEL, 600 if strong else 500, scaled=False))
        painter.setPen(colours.ink(self.label) if strong else colours.secondary)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.label)

    def _paint_arrow(self, painter: QPainter, colour: QColor) -> None:
        """Which way the numbers run: into the user, or back into what it was computed from."""
        share = min(0.5, ARROW / max(1.0, self._path.length()))
        back = self.state in ("passed", "backward")
        tip = self._path.pointAtPercent(0.0 if back else 1.0)
        inner = self._path.pointAtPercent(share if back else 1.0 - share)
        along = inner - tip
        across = QPointF(-along.y(), along.x()) * 0.5
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([tip, inner + across, inner - across]))


def _bend(path: QPainterPath, end: QPointF) -> None:
    """On to a point, leaving and arriving level."""
    start = path.currentPosition()
    reach = max(12.0, min(90.0, abs(end.x() - start.x()) * 0.5))
    path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
