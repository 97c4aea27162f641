"""The error of the numerical derivative against ε, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.ui import theme
from nnstudio.ui.text import tooltip

LEAST, MOST = -15.0, 0.0  # powers of ten of ε
LOWEST, HIGHEST = -17.0, 1.0  # powers of ten of the error


class ErrorPlot(QWidget):
    """A V: round-off to the left, curvature to the right; a click or drag chooses ε."""

    epsilon_chosen = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._points: tuple[tuple[float, float], ...] = ()
        self._epsilon = 1e-5
        self.setMinimumSize(130, 84)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Error of the numerical gradient against ε")
        self.setCursor(Qt.CursorShape.CrossCursor)
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(230, 112)

    def show_curve(self, points: Sequence[tuple[float, float]], epsilon: float) -> None:
        """Show (ε, relative error) pairs and the present ε."""
        self._points, self._epsilon = tuple(points), epsilon
        best = min(points, key=lambda point: point[1], default=None)
        self.setToolTip(
            ""
            if best is None
            else tooltip(
                f"Least error near ε = {best[0]:.0e}. To the left round-off takes over, "
                "to the right the curvature."
            )
        )
        self.update()

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        return self._points

    def _room(self) -> QRectF:
        return QRectF(self.rect()).adjusted(38, 8, -14, -26)

    def _place(self, epsilon: float, error: float) -> QPointF:
        room = self._room()
        x = (math.log10(epsilon) - LEAST) / (MOST - LEAST)
        y = (math.log10(max(error, 10.0**LOWEST)) - LOWEST) / (HIGHEST - LOWEST)
        return QPointF(
            room.left() + x * room.width(), room.bottom() - min(max(y, 0.0), 1.0) * room.height()
        )

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = self._room()
        painter.setFont(theme.font(10))
        painter.setPen(QPen(colours.grid, 1))
        for power in (-15, -10, -5, 0):
            x = self._place(10.0**power, 1.0).x()
            painter.setPen(QPen(colours.grid, 1))
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
            painter.setPen(colours.secondary)
            painter.drawText(
                QRectF(x - 20, room.bottom() + 2, 40, 12),
                Qt.AlignmentFlag.AlignCenter,
                f"1e{power}".replace("-", "−"),
            )
        for power in (-15, -10, -5, 0):
            y = self._place(1.0, 10.0**power).y()
            painter.setPen(QPen(colours.grid, 1))
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(colours.secondary)
            painter.drawText(
                QRectF(0, y - 7, 34, 14),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                f"1e{power}".replace("-", "−"),
            )
        title = QRectF(room.left() - 10, room.bottom() + 13, room.width() + 16, 13)
        painter.setPen(colours.secondary)
        for flag, text in (
            (Qt.AlignmentFlag.AlignLeft, "← round-off"),
            (Qt.AlignmentFlag.AlignHCenter, "ε"),
            (Qt.AlignmentFlag.AlignRight, "curvature →"),
        ):
            painter.drawText(title, flag | Qt.AlignmentFlag.AlignVCenter, text)
        self._paint_curve(painter, room)

    def _paint_curve(self, painter: QPainter, room: QRectF) -> None:
        colours = theme.current()
        x = self._place(self._epsilon, 1.0).x()
        painter.setPen(QPen(colours.accent, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
        line = QPolygonF([self._place(*point) for point in self._points])
        painter.setPen(QPen(colours.secondary, 1.6))
        painter.drawPolyline(line)
        near = min(
            self._points,
            key=lambda point: abs(math.log10(point[0]) - math.log10(self._epsilon)),
            default=None,
        )
        if near is not None:
            ground = QColor(colours.panel)
            painter.setPen(QPen(colours.accent, 2))
            painter.setBrush(ground)
            painter.drawEllipse(self._place(self._epsilon, near[1]), 3.6, 3.6)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._choose(event.position().x())

    def _choose(self, x: float) -> None:
        room = self._room()
        share = min(1.0, max(0.0, (x - room.left()) / max(1.0, room.width())))
        self.epsilon_chosen.emit(10.0 ** (LEAST + share * (MOST - LEAST)))
