"""A confusion matrix as a heat map: rows are true classes, columns predicted ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio.ui import theme
from nnstudio.ui.text import tooltip
from nnstudio.ui.theme.style import mixed

MOST_NAMED = 24


class ConfusionMatrix(QWidget):
    """``chosen`` carries (true class, predicted class) of the cell that was clicked, ``opened``
    that of one that was clicked twice.
    """

    chosen = Signal(int, int)
    opened = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._counts: np.ndarray[Any, Any] = np.zeros((0, 0), dtype=np.int64)
        self._names: tuple[str, ...] = ()
        self._cell: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Confusion matrix")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.notifier.changed.connect(self.update)

    @property
    def cell(self) -> tuple[int, int] | None:
        """The marked cell."""
        return self._cell

    def show_counts(self, counts: np.ndarray[Any, Any], names: tuple[str, ...]) -> None:
        """Show a matrix; the mark goes, unless it is the same one again."""
        if names != self._names or not np.array_equal(counts, self._counts):
            self._cell = None
        self._counts, self._names = counts, names
        right = int(np.trace(counts))
        self.setAccessibleDescription(f"{right:,} of {int(counts.sum()):,} are on the diagonal")
        self.update()

    def mark(self, cell: tuple[int, int] | None) -> None:
        """Mark a cell, or none."""
        self._cell = cell
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 150)

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell lies."""
        box, side = self._box()
        width, height = side
        return QRectF(box.left() + column * width, box.top() + row * height, width, height)

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        n = len(self._counts)
        if not n:
            return
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box, (width, height) = self._box()
        totals = np.maximum(self._counts.sum(axis=1, keepdims=True), 1)
        shares = self._counts / totals
        font = theme.font(min(12, max(8, height * 0.42)))
        figures = QFontMetricsF(font)
        widest = figures.horizontalAdvance(f"{int(self._counts.max()):,}")
        roomy = widest + 4 < width and figures.height() < height + 2
        for row in range(n):
            for column in range(n):
                share = float(shares[row, column])
                hue = colours.positive
                cell = self.cell_rect(row, column).adjusted(1, 1, -1, -1)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(_mixed(colours.field, hue, share))
                painter.drawRoundedRect(cell, 3, 3)
                count = int(self._counts[row, column])
                if count and roomy:
                    painter.setFont(font)
                    strong = share > 0.5
                    painter.setPen(
                        _ink(_mixed(colours.field, hue, share)) if strong else colours.text
                    )
                    painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, f"{count:,}")
        self._paint_names(painter, box, width, height)
        self._paint_scale(painter, box)
        if self._cell is not None:
            painter.setPen(QPen(colours.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.cell_rect(*self._cell).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def _paint_names(self, painter: QPainter, box: QRectF, width: float, height: float) -> None:
        colours, font = theme.current(), self._name_font()
        painter.setFont(font)
        metrics = painter.fontMetrics()
        painter.setPen(colours.secondary)
        if len(self._names) <= MOST_NAMED:
            for n, name in enumerate(self._names):
                if height >= metrics.height() * 0.8:
                    shown = metrics.elidedText(
                        name, Qt.TextElideMode.ElideRight, int(box.left() - 24)
                    )
                    at = QRectF(16, box.top() + n * height, box.left() - 22, height)
                    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    painter.drawText(at, right, shown)
                shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(width))
                at = QRectF(box.left() + n * width, box.bottom() + 2, width, metrics.height() + 2)
                if shown != "…":
                    painter.drawText(at, Qt.AlignmentFlag.AlignCenter, shown)
        painter.setPen(colours.faint)
        below = QRectF(
            box.left(), box.bottom() + metrics.height() + 3, box.width(), metrics.height()
        )
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, "predicted")
        painter.save()
        painter.translate(QPointF(2 + metrics.ascent(), box.center().y()))
        painter.rotate(-90)
        painter.drawText(QPointF(-metrics.horizontalAdvance("true") / 2, 0), "true")
        painter.restore()

    def _paint_scale(self, painter: QPainter, box: QRectF) -> None:
        """A bar at the right: which share of a true class each colour stands for."""
        colours = theme.current()
        bar = QRectF(box.right() + 8, box.top() + 2, 7, box.height() - 4)
        ramp = QLinearGradient(bar.bottomLeft(), bar.topLeft())
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            ramp.setColorAt(share, _mixed(colours.field, colours.positive, share))
        painter.setPen(QPen(colours.border, 1))
        painter.setBrush(ramp)
        painter.drawRect(bar)
        painter.setFont(self._name_font())
        painter.setPen(colours.secondary)
        metrics = painter.fontMetrics()
        painter.drawText(QPointF(bar.right() + 4, bar.top() + metrics.ascent() - 1), "100 %")
        painter.drawText(QPointF(bar.right() + 4, bar.bottom()), "0 %")
        words = "of true class"
        if metrics.horizontalAdvance(words) + 3 * metrics.height() < bar.height():
            painter.save()
            painter.setPen(colours.faint)
            painter.translate(bar.right() + 6 + metrics.ascent(), bar.center().y())
            painter.rotate(-90)
            painter.drawText(QPointF(-metrics.horizontalAdvance(words) / 2, 0), words)
            painter.restore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (cell := self._cell_at(event.position())) is not None:
            self._choose(cell)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if (cell := self._cell_at(event.position())) is not None:
            self.opened.emit(*cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position())
        self.setCursor(
            Qt.CursorShape.PointingHandCursor if cell is not None else Qt.CursorShape.ArrowCursor
        )
        if cell is None:
            QToolTip.hideText()
            return
        at = event.globalPosition().toPoint()
        QToolTip.showText(at, tooltip(self._describe(cell)), self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        n = len(self._counts)
        if event.key() in moves and n:
            step = moves[Qt.Key(event.key())]
            row, column = self._cell if self._cell is not None else (0, 0)
            if self._cell is not None:
                row = min(n - 1, max(0, row + step[0]))
                column = min(n - 1, max(0, column + step[1]))
            self._choose((row, column))
            return
        super().keyPressEvent(event)

    def _choose(self, cell: tuple[int, int]) -> None:
        self._cell = cell
        self.update()
        self.chosen.emit(*cell)

    def _describe(self, cell: tuple[int, int]) -> str:
        row, column = cell
        count = int(self._counts[row, column])
        share = theme.percent(count / max(1, int(self._counts[row].sum())))
        return (
            f"{count:,} of class {self._name(row)} predicted as {self._name(column)}: "
            f"{share} of the class"
        )

    def _name(self, n: int) -> str:
        return self._names[n] if n < len(self._names) else str(n)

    def _cell_at(self, at: QPointF) -> tuple[int, int] | None:
        n = len(self._counts)
        box, (width, height) = self._box()
        if not n or not box.contains(at):
            return None
        row = min(n - 1, int((at.y() - box.top()) / height))
        return row, min(n - 1, int((at.x() - box.left()) / width))

    def _name_font(self) -> QFont:
        return theme.font(11)

    def _box(self) -> tuple[QRectF, tuple[float, float]]:
        """The square of cells, and the size of a cell."""
        n = max(1, len(self._counts))
        metrics = QFontMetricsF(self._name_font())
        longest = max((metrics.horizontalAdvance(name) for name in self._names), default=20.0)
        left = 32 + min(longest, self.width() * 0.3)
        bottom = 2 * metrics.height() + 6
        scale = 20 + metrics.horizontalAdvance("100 %")
        room_x, room_y = self.width() - left - scale, self.height() - bottom - 6
        side = max(2.0, min(room_x, room_y) / n)
        return QRectF(left, 4, side * n, side * n), (side, side)


def _mixed(ground: QColor, hue: QColor, share: float) -> QColor:
    return mixed(ground, hue, max(0.0, share) ** 0.8)


def _ink(ground: QColor) -> QColor:
    """Black or white, whichever reads better on this ground."""
    r, g, b = ground.redF(), ground.greenF(), ground.blueF()
    bright = 0.2126 * r**2.2 + 0.7152 * g**2.2 + 0.0722 * b**2.2
    return QColor("#10151b") if bright > 0.18 else QColor("#ffffff")
