"""Passing marks that gestures draw: the rubber band, guide lines, the wire in the hand, a ghost."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.ui import theme
from nnstudio.ui.canvas import geometry, routing
from nnstudio.ui.canvas.drawing import draw_icon, scene_font


class BandItem(QGraphicsItem):
    """The rectangle of a rubber band."""

    def __init__(self) -> None:
        super().__init__()
        self._rect = QRectF()
        self.setZValue(40)

    def stretch(self, rect: QRectF) -> None:
        """Cover this rectangle."""
        self.prepareGeometryChange()
        self._rect = rect

    def boundingRect(self) -> QRectF:
        return self._rect.adjusted(-2, -2, 2, 2)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        accent = theme.current().accent
        fill = QColor(accent)
        fill.setAlphaF(0.10)
        pen = QPen(accent, 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(fill)
        painter.drawRect(self._rect)


class GuideItem(QGraphicsItem):
    """The lines along which a dragged card lines up with others."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[tuple[QPointF, QPointF]] = []
        self.setZValue(4)

    def draw_lines(self, lines: list[tuple[QPointF, QPointF]]) -> None:
        """Show these lines."""
        self.prepareGeometryChange()
        self._lines = lines

    def boundingRect(self) -> QRectF:
        rect = QRectF()
        for a, b in self._lines:
            rect = rect.united(QRectF(a, b).normalized().adjusted(-2, -2, 2, 2))
        return rect

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        pen = QPen(theme.current().accent, 1, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        painter.setPen(pen)
        for a, b in self._lines:
            painter.drawLine(a, b)


class LooseWireItem(QGraphicsItem):
    """A wire in the hand, from the port it began at to the pointer."""

    def __init__(self, anchor: QPointF, forwards: bool) -> None:
        super().__init__()
        self._anchor = anchor
        self._forwards = forwards
        self._end = anchor
        self._refused = False
        self._path = QPainterPath()
        self.setZValue(20)

    def reach(self, end: QPointF, refused: bool) -> None:
        """Run to this point, in the colour of a refusal if it may not end there."""
        self.prepareGeometryChange()
        self._end, self._refused = end, refused
        start, goal = (self._anchor, end) if self._forwards else (end, self._anchor)
        a, b = (start.x(), start.y()), (goal.x(), goal.y())
        self._path = routing.rounded(routing.route(a, b, (*a, *a), (*b, *b)))

    def boundingRect(self) -> QRectF:
        return self._path.boundingRect().adjusted(-9, -9, 9, 9)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        colours = theme.current()
        colour = colours.error if self._refused else colours.accent
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 2.5))
        painter.drawPath(self._path)
        painter.setBrush(colour)
        painter.setPen(QPen(colours.canvas, 1.5))
        painter.drawEllipse(self._end, geometry.PORT_RADIUS + 1, geometry.PORT_RADIUS + 1)


class GhostItem(QGraphicsItem):
    """Where a layer that is dragged from the palette would stand."""

    def __init__(self, title: str, icon: str, family: str) -> None:
        super().__init__()
        self._title, self._icon, self._family = title, icon, family
        self.setZValue(35)
        self.setOpacity(0.85)

    def boundingRect(self) -> QRectF:
        return geometry.card_rect(0, 0).adjusted(-2, -2, 2, 2)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        """Paint the ghost at the painter's origin."""
        colours = theme.current()
        tint = colours.family(self._family)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours.accent, 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(colours.panel)
        painter.drawRoundedRect(geometry.card_rect(0, 0), geometry.RADIUS, geometry.RADIUS)
        draw_icon(painter, self._icon, tint, QRectF(13, 9, 17, 17))
        painter.setFont(scene_font(13, 600))
        painter.setPen(colours.text)
        painter.drawText(QPointF(37, 22), self._title)
