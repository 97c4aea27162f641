"""A neuron's activation curve with its z, its slope there, and the z of the whole batch as a rug.

Saturation and death are seen at a glance: marks on a flat stretch learn nothing.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.analysis.network_pass import NeuronView
from nnstudio.ui import theme
from nnstudio.ui.forms.samples import Curve, activation_curve
from nnstudio.ui.text import tooltip


class NeuronPlot(QWidget):
    """Paints the curve for one `NeuronView`."""

    def __init__(self) -> None:
        super().__init__()
        self._view: NeuronView | None = None
        self._curve: Curve | None = None
        self.setAccessibleName("Activation of this neuron")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.notifier.changed.connect(self.update)

    def show_neuron(self, view: NeuronView) -> None:
        """Show another neuron or sample."""
        self._view = view
        reach = float(np.nanmax(np.abs([*view.zs[:2000], view.z]))) if view.zs.size else abs(view.z)
        span = min(60.0, max(3.0, reach * 1.1)) if np.isfinite(reach) else 4.0
        self._curve = activation_curve(view.activation, span) if view.activation else None
        self.setAccessibleDescription(self._words())
        self.setToolTip(
            tooltip(
                "The marks below are the z of the whole batch. "
                "Where the slope of the curve is 0, no gradient passes."
            )
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(170 * theme.scale()), round(120 * theme.scale()))

    def minimumSizeHint(self) -> QSize:
        return QSize(round(90 * theme.scale()), round(60 * theme.scale()))

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        colours, view, curve = theme.current(), self._view, self._curve
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(colours.border, 1))
        painter.setBrush(colours.field)
        painter.drawRoundedRect(frame, 6, 6)
        if view is None or curve is None:
            painter.end()
            return
        painter.setFont(theme.font(10))
        painter.setPen(colours.secondary)
        line = painter.fontMetrics().height()
        words = painter.fontMetrics().elidedText(
            self._words(), Qt.TextElideMode.ElideRight, int(frame.width() - 16)
        )
        painter.drawText(QPointF(8, 4 + painter.fontMetrics().ascent()), words)
        box = QRectF(10, line + 10, frame.width() - 20, frame.height() - line - 24)
        if box.height() > 16:
            self._paint_curve(painter, box, view, curve)
        painter.end()

    def _paint_curve(self, painter: QPainter, box: QRectF, view: NeuronView, curve: Curve) -> None:
        colours = theme.current()
        low, high = min(0.0, float(curve.y.min())), max(0.2, float(curve.y.max()))
        left, right = float(curve.x[0]), float(curve.x[-1])

        def at(x: float, y: float) -> QPointF:
            x, y = min(max(x, left), right), min(max(y, low), high)
            return QPointF(
                box.left() + (x - left) / (right - left) * box.width(),
                box.bottom() - (y - low) / (high - low) * box.height(),
            )

        painter.setPen(QPen(colours.border, 1))
        painter.drawLine(at(left, 0.0), at(right, 0.0))
        painter.drawLine(at(0.0, low), at(0.0, high))
        path = QPainterPath(at(float(curve.x[0]), float(curve.y[0])))
        for x, y in zip(curve.x[1:], curve.y[1:], strict=True):
            path.lineTo(at(float(x), float(y)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.text, 2))
        painter.drawPath(path)
        rug = QColor(colours.text)
        rug.setAlphaF(0.4)
        painter.setPen(QPen(rug, 1))
        for z in view.zs[:400]:
            x = at(float(z), 0.0).x()
            painter.drawLine(QPointF(x, box.bottom() + 2), QPointF(x, box.bottom() + 8))
        if view.slope is not None:
            self._paint_slope(painter, at, view, right - left)
        point = at(view.z, view.a)
        painter.setPen(QPen(colours.panel, 1.5))
        painter.setBrush(colours.accent)
        painter.drawEllipse(point, 4.5, 4.5)
        painter.setPen(QPen(colours.accent, 2))
        painter.drawLine(
            QPointF(point.x(), box.bottom() + 1), QPointF(point.x(), box.bottom() + 10)
        )

    def _paint_slope(self, painter: QPainter, at: object, view: NeuronView, span: float) -> None:
        """The tangent, in the colour of its sign: a gradient is multiplied by its slope."""
        assert view.slope is not None
        assert callable(at)
        reach = span * 0.14
        pen = QPen(theme.current().ink(view.slope), 1.6)
        pen.setDashPattern([3.0, 2.0])
        painter.setPen(pen)
        painter.drawLine(
            at(view.z - reach, view.a - reach * view.slope),
            at(view.z + reach, view.a + reach * view.slope),
        )

    def _words(self) -> str:
        view = self._view
        if view is None or view.activation is None:
            return ""
        what = "zero" if view.activation.name == "relu" else "slope 0"
        if view.zs.size > 1 and view.dead == 1:
            return f"{view.activation.title} · dead: {what} for 100 % of the batch"
        if view.zs.size > 1 and view.dead > 0:
            return f"{view.activation.title} · {what} for {theme.percent(view.dead)} of the batch"
        if view.zs.size > 1 and view.saturated > 0.02:
            share = theme.percent(view.saturated)
            return f"{view.activation.title} · saturated for {share} of the batch"
        return view.activation.title
