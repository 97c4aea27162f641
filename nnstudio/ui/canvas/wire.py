"""A wire: the path along which one layer's output runs into another, and the shape that runs there.

Like a card it is only a painting; the scene tells it where it runs and what state it is in.
"""

from __future__ import annotations

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

from nnstudio.spec import Problem
from nnstudio.ui import theme
from nnstudio.ui.canvas import routing
from nnstudio.ui.canvas.drawing import scene_font
from nnstudio.ui.canvas.faces import severity_colour
from nnstudio.ui.canvas.values import CardValues

GRAB = 14.0
"""How near a pointer must be to take hold of a wire."""


class WireItem(QGraphicsItem):
    """Paints one wire along its corners."""

    def __init__(self, id: str, source: str, target: str, port: int = 0) -> None:
        super().__init__()
        self.id = id
        self.source = source
        self.target = target
        self.port = port
        self.points: list[routing.Point] = [(0.0, 0.0), (0.0, 0.0)]
        self.label = ""
        self.problem: Problem | None = None
        self.values: CardValues | None = None
        self.selected = False
        self.hovered = False
        self.landing = False  # something that is being dragged would be inserted here
        self.hidden_end = False  # its end is being re-plugged
        self._path = QPainterPath()
        self._grab = QPainterPath()
        self._bounds = QRectF()
        self.setZValue(5)

    @property
    def middle(self) -> QPointF:
        """Where the label stands."""
        return QPointF(*routing.middle(self.points)[0])

    def run(self, points: list[routing.Point]) -> None:
        """Run along other corners."""
        if points == self.points:
            return
        self.prepareGeometryChange()
        self.points = points
        self._path = routing.rounded(points)
        stroker = QPainterPathStroker()
        stroker.setWidth(GRAB)
        self._grab = stroker.createStroke(self._path)
        self._bounds = self._path.boundingRect().adjusted(-70, -24, 70, 40)
        self.update()

    def show_state(self, **state: object) -> None:
        """Set some of the attributes above and paint again if any differs."""
        changed = False
        for name, value in state.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
                changed = True
        if changed:
            lit = self.selected or self.hovered or self.landing or self.values is not None
            self.setZValue(7 if lit else 6 if self.problem else 5)
            self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def shape(self) -> QPainterPath:
        return self._grab

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        colours = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour, width = self._stroke(colours)
        pen = QPen(colour, width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        if self.hidden_end:
            pen.setDashPattern([2, 4])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        painter.drawPath(self._path)
        if self.values is not None and self.values.active:
            self._paint_arrow(painter, colour, self.values.backwards)
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        if zoom >= 0.5:
            self._paint_label(painter, colours, colour)

    def _stroke(self, colours: theme.Theme) -> tuple[QColor, float]:
        if self.landing:
            return colours.accent, 4.0
        if self.values is not None and self.values.active:
            return colours.accent, 3.5
        if self.selected:
            return colours.accent, 2.5
        if self.problem is not None:
            return severity_colour(self.problem.severity, colours), 2.5
        if self.hovered:
            return colours.border_strong if not colours.dark else colours.secondary, 2.5
        return colours.wire, 1.75

    def _paint_arrow(self, painter: QPainter, colour: QColor, backwards: bool) -> None:
        """Which way the pass goes along this wire."""
        length = max(1.0, self._path.length())
        share = min(0.5, 10.0 / length)
        tip = self._path.pointAtPercent(0.0 if backwards else 1.0)
        along = self._path.pointAtPercent(share if backwards else 1.0 - share) - tip
        across = QPointF(-along.y(), along.x()) * 0.6
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([tip, tip + along + across, tip + along - across]))

    def _paint_label(self, painter: QPainter, colours: theme.Theme, colour: QColor) -> None:
        at = self.middle
        if self.label:
            font = scene_font(11)
            ink = colour if self.problem is not None else colours.secondary
            above = -7 if routing.middle(self.points)[1] else 4
            place = QPointF(at.x(), at.y() + above)
            self._paint_text(painter, place, self.label, font, ink, colours)
        values = self.values
        if values is None or not values.text:
            return
        font = scene_font(11, 600)
        below = at + QPointF(0, 16)
        if values.forward:
            ink = colours.ink(values.forward)
            self._paint_text(painter, below, values.onward, font, ink, colours)
            below = below + QPointF(0, 14)
        if values.backward:
            ink = colours.ink(values.backward)
            self._paint_text(painter, below, values.back, font, ink, colours)

    def _paint_text(
        self,
        painter: QPainter,
        at: QPointF,
        text: str,
        font: object,
        ink: QColor,
        colours: theme.Theme,
    ) -> None:
        painter.setFont(font)  # type: ignore[arg-type]
        metrics = QFontMetricsF(painter.font())
        width = metrics.horizontalAdvance(text)
        ground = QRectF(at.x() - width / 2 - 2, at.y() - 10, width + 4, 13)
        backing = QColor(colours.canvas)
        backing.setAlphaF(0.85)
        painter.fillRect(ground, backing)
        painter.setPen(ink)
        painter.drawText(QPointF(at.x() - width / 2, at.y()), text)
