"""The small plot beside an activation or a loss: the function solid, its derivative dashed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.ui import theme
from nnstudio.ui.forms.samples import Curve


class FunctionPlot(QWidget):
    """Draws a `Curve` with its formulas."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curve: Curve | None = None
        self._formula = ""
        self._slope_text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Plot of the function and its derivative")
        theme.notifier.changed.connect(self._restyled)

    def show_curve(self, curve: Curve | None, formula: str, slope_text: str) -> None:
        """Show another function; without a curve only the formulas."""
        self._curve, self._formula, self._slope_text = curve, formula, slope_text
        self.setAccessibleDescription(f"{formula}; {slope_text}" if slope_text else formula)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        lines = len(self._formula.splitlines()) + len(self._slope_text.splitlines())
        text = round(17 * theme.scale()) * lines + 12
        return QSize(200, text if self._curve is None else round(80 * theme.scale()) + text)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(colours.border, 1))
        painter.setBrush(colours.field)
        painter.drawRoundedRect(frame, 6, 6)
        top = self._draw_text(painter, frame)
        if self._curve is not None:
            self._draw_curve(
                painter, QRectF(12, top, frame.width() - 24, frame.bottom() - top - 20)
            )
        painter.end()

    def _draw_text(self, painter: QPainter, frame: QRectF) -> float:
        colours = theme.current()
        painter.setFont(theme.font(11))
        metrics = painter.fontMetrics()
        y = 6.0
        for text, colour in (
            (self._formula, colours.secondary),
            (self._slope_text, colours.link),
        ):
            painter.setPen(colour)
            for line in text.splitlines():
                width = frame.width() - 20
                shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, int(width))
                painter.drawText(QPointF(10, y + metrics.ascent()), shown)
                y += round(17 * theme.scale())
        return y + 4

    def _draw_curve(self, painter: QPainter, box: QRectF) -> None:
        curve, colours = self._curve, theme.current()
        assert curve is not None
        low = float(min(curve.y.min(), curve.slope.min(), 0.0))
        high = float(max(curve.y.max(), curve.slope.max(), 1.0 if low > -1 else 0.0))
        high = min(high, max(float(curve.y.max()), 1.05))
        low = max(low, min(float(curve.y.min()), -high))
        left, right = float(curve.x[0]), float(curve.x[-1])

        def at(x: float, y: float) -> QPointF:
            y = min(max(y, low), high)
            return QPointF(
                box.left() + (x - left) / (right - left) * box.width(),
                box.bottom() - (y - low) / (high - low) * box.height(),
            )

        painter.setPen(QPen(colours.border, 1))
        painter.drawLine(at(left, 0.0), at(right, 0.0))
        if left < 0 < right:
            painter.drawLine(at(0.0, low), at(0.0, high))
        painter.setFont(theme.font(10))
        painter.setPen(colours.faint)
        metrics = painter.fontMetrics()
        across = metrics.horizontalAdvance(curve.x_name)
        painter.drawText(QPointF(box.right() - across, box.bottom() + 13), curve.x_name)
        self._draw_line(
            painter, [at(x, y) for x, y in zip(curve.x, curve.slope, strict=True)], True
        )
        self._draw_line(painter, [at(x, y) for x, y in zip(curve.x, curve.y, strict=True)], False)

    def _draw_line(self, painter: QPainter, points: list[QPointF], derivative: bool) -> None:
        colours = theme.current()
        path = QPainterPath(points[0])
        for point in points[1:]:
            path.lineTo(point)
        pen = QPen(colours.accent if derivative else colours.text, 1.5 if derivative else 2.0)
        if derivative:
            pen.setDashPattern([3.0, 2.5])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)

    def _restyled(self) -> None:
        self.updateGeometry()
        self.update()
