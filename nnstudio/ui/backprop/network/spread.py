"""One weight's gradient for every sample of the batch: do they pull together?"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.analysis.expression.numbers import significant
from nnstudio.analysis.network_pass.neuron import WeightSpread
from nnstudio.ui import theme
from nnstudio.ui.text import tooltip

BINS = 31


class SpreadPlot(QWidget):
    """A histogram with marks at the mean and at the chosen sample."""

    def __init__(self) -> None:
        super().__init__()
        self._spread: WeightSpread | None = None
        self._name = ""
        self._digits = 4
        self.setAccessibleName("Gradients of this weight for single samples")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self.update)

    def show_spread(self, spread: WeightSpread | None, name: str, digits: int) -> None:
        """Show another weight's gradients."""
        self._spread, self._name, self._digits = spread, name, digits
        self.setVisible(spread is not None)
        self.setAccessibleDescription(self._words())
        self.setToolTip(tooltip(self._words()))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(180, round(66 * theme.scale()))

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        spread, colours = self._spread, theme.current()
        if spread is None or not spread.gradients.size:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(10))
        painter.setPen(colours.secondary)
        metrics = painter.fontMetrics()
        words = metrics.elidedText(self._words(), Qt.TextElideMode.ElideRight, self.width() - 8)
        painter.drawText(QPointF(4, metrics.ascent() + 1), words)
        box = QRectF(
            6, metrics.height() + 4, self.width() - 12, self.height() - metrics.height() - 10
        )
        values = spread.gradients[np.isfinite(spread.gradients)]
        reach = max(float(np.abs(values).max()), abs(spread.of_sample), 1e-12) * 1.05
        counts, _ = np.histogram(values, bins=BINS, range=(-reach, reach))
        # Most samples do not touch the weight at all; their bar must not hide the others.
        heights = np.sqrt(counts / max(1, counts.max()))
        width = box.width() / BINS
        painter.setPen(Qt.PenStyle.NoPen)
        for place, height in enumerate(heights):
            if height:
                middle = BINS // 2
                colour = colours.zero if place == middle else (
                    colours.positive if place > middle else colours.negative
                )  # fmt: skip
                painter.setBrush(colours.border_strong if place == middle else colour)
                tall = float(height) * box.height()
                painter.drawRect(
                    QRectF(box.left() + place * width + 0.5, box.bottom() - tall, width - 1, tall)
                )
        painter.setPen(QPen(colours.border, 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        for value, colour, dashed in (
            (spread.mean, colours.text, False),
            (spread.of_sample, colours.accent, True),
        ):
            x = box.left() + (value + reach) / (2 * reach) * box.width()
            pen = QPen(colour, 2)
            if dashed:
                pen.setDashPattern([2.0, 2.0])
            painter.setPen(pen)
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        painter.end()

    def _words(self) -> str:
        spread = self._spread
        if spread is None:
            return ""
        n = min(self._digits, 4)
        return (
            f"{self._name} by sample: mean {significant(spread.mean, n)} (line), "
            f"this one {significant(spread.of_sample, n)} (dashed), "
            f"{spread.agreement:.0%} have the sign of the mean"
        )
