"""The whole network in a corner, for graphs that do not fit on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from nnstudio.ui import theme

if TYPE_CHECKING:
    from nnstudio.ui.canvas.view import CanvasView

WIDTH, HEIGHT = 184, 116
_LEAST_CARDS = 8


class Minimap(QWidget):
    """Shows every card as a small block and what is on screen as a frame; drag to go there."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view.viewport())
        self._view = view
        self.setFixedSize(WIDTH, HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Overview of the network")
        self.setToolTip("Overview: click or drag to go there")
        self.hide()

    def refresh(self) -> None:
        """Appear when a large network does not fit, and paint what is new."""
        content = self._view.canvas.content_rect()
        inside = self._view.visible_rect().adjusted(-8, -8, 8, 8).contains(content)
        wanted = len(self._view.canvas.cards) >= _LEAST_CARDS and not inside
        self.setVisible(wanted)
        if wanted:
            self.update()

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(colours.panel)
        ground.setAlphaF(0.94)
        painter.setPen(QPen(colours.border, 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        origin, scale = self._mapping()
        painter.setClipRect(self.rect().adjusted(2, 2, -2, -2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.wire, 1))
        for wire in self._view.canvas.wires.values():
            painter.drawPolyline([QPointF(x, y) * scale + origin for x, y in wire.points])
        painter.setPen(Qt.PenStyle.NoPen)
        for card in self._view.canvas.cards.values():
            painter.setBrush(colours.accent if card.selected else colours.family(card.face.family))
            painter.drawRoundedRect(_mapped(card.rect, origin, scale), 1.5, 1.5)
        frame = _mapped(self._view.visible_rect(), origin, scale)
        fill = QColor(colours.accent)
        fill.setAlphaF(0.10)
        painter.setBrush(fill)
        painter.setPen(QPen(colours.accent, 1.5))
        painter.drawRoundedRect(frame, 3, 3)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

    def _go(self, at: QPointF) -> None:
        origin, scale = self._mapping()
        self._view.look_at((at - origin) / scale)

    def _mapping(self) -> tuple[QPointF, float]:
        shown = self._view.canvas.content_rect().adjusted(-60, -60, 60, 60)
        scale = min((WIDTH - 8) / shown.width(), (HEIGHT - 8) / shown.height())
        centre = QPointF(WIDTH / 2, HEIGHT / 2)
        return centre - shown.center() * scale, scale


def _mapped(rect: QRectF, origin: QPointF, scale: float) -> QRectF:
    return QRectF(rect.topLeft() * scale + origin, rect.size() * scale)
