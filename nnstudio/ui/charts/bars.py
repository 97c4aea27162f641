"""Horizontal bars with names: class counts, class probabilities, what pushed a prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.ui import theme
from nnstudio.ui.text import tooltip


@dataclass(frozen=True)
class Bar:
    """One bar: ``share`` from -1 to 1 of the room (negative runs left), ``text`` at its end."""

    name: str
    share: float
    text: str
    colour: QColor | None = None
    strong: bool = False


class Bars(QWidget):
    """A column of bars of equal height; the names share one width.

    ``opened`` carries the place of a bar that was clicked, where `set_opens` invited to that.
    """

    opened = Signal(int)

    def __init__(self, name: str, row: int = 22, name_share: float = 0.36) -> None:
        super().__init__()
        self._bars: tuple[Bar, ...] = ()
        self._row = row
        self._name_share = name_share
        self._opens = False
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self._restyled)

    @property
    def bars(self) -> tuple[Bar, ...]:
        return self._bars

    def set_row(self, height: int) -> None:
        """Another height of a row, in pixels at the usual text size."""
        if height != self._row:
            self._row = height
            self.updateGeometry()

    def set_opens(self, hint: str) -> None:
        """Let a click on a bar open it; `hint` is the tooltip that says so."""
        self._opens = True
        self.setToolTip(tooltip(hint))
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = int(event.position().y() // round(self._row * theme.scale()))
        if self._opens and 0 <= place < len(self._bars):
            self.opened.emit(place)
        else:
            super().mousePressEvent(event)

    def show_bars(self, bars: Sequence[Bar]) -> None:
        grew = len(bars) != len(self._bars)
        self._bars = tuple(bars)
        self.setAccessibleDescription(", ".join(f"{bar.name}: {bar.text}" for bar in bars))
        if grew:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(180, round(self._row * theme.scale()) * max(1, len(self._bars)))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._bars:
            return
        colours, height = theme.current(), round(self._row * theme.scale())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plain, bold = theme.font(12), theme.font(12, 600)
        painter.setFont(bold)
        metrics = painter.fontMetrics()
        text_width = max(metrics.horizontalAdvance(bar.text) for bar in self._bars) + 10
        longest = max(metrics.horizontalAdvance(bar.name) for bar in self._bars) + 10
        name_width = min(longest, self.width() * self._name_share + 8)
        room = max(10.0, self.width() - name_width - text_width)
        signed = any(bar.share < 0 for bar in self._bars)
        for n, bar in enumerate(self._bars):
            top = n * height
            painter.setFont(bold if bar.strong else plain)
            painter.setPen(colours.text if bar.strong else colours.secondary)
            name = painter.fontMetrics().elidedText(
                bar.name, Qt.TextElideMode.ElideRight, int(name_width - 8)
            )
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, top, name_width, height), middle, name)
            track = QRectF(name_width, top + height * 0.28, room, height * 0.44)
            self._paint_bar(painter, track, bar, signed)
            painter.setPen(colours.text if bar.strong else colours.secondary)
            painter.drawText(
                QRectF(self.width() - text_width, top, text_width, height),
                middle | Qt.AlignmentFlag.AlignRight,
                bar.text,
            )
        painter.end()

    def _paint_bar(self, painter: QPainter, track: QRectF, bar: Bar, signed: bool) -> None:
        colours = theme.current()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.zero)
        painter.drawRoundedRect(track, 3, 3)
        share = min(1.0, max(-1.0, bar.share))
        colour = bar.colour or (colours.negative if share < 0 else colours.positive)
        painter.setBrush(colour)
        if not signed:
            filled = QRectF(track)
            filled.setWidth(max(track.width() * share, 2.0 if share > 0 else 0.0))
        else:
            centre, half = track.center().x(), track.width() / 2
            filled = QRectF(min(centre, centre + half * share), track.top(), 0, track.height())
            filled.setWidth(max(abs(half * share), 1.0))
        painter.drawRoundedRect(filled, 3, 3)

    def _restyled(self) -> None:
        self.updateGeometry()
        self.update()
