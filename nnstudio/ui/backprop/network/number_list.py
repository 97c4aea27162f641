"""A list of named numbers with bars: the terms of a sum, or the gradients of a neuron's weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from nnstudio.analysis.expression.numbers import exact, significant
from nnstudio.ui import theme
from nnstudio.ui.keeping import place_kept
from nnstudio.ui.text import tooltip

LINE = Qt.ItemDataRole.UserRole
MOST = 60


@dataclass(frozen=True)
class Line:
    """One line: its name, how it was computed, its value, and what opens on a click."""

    name: str
    how: str
    value: float
    opens: Any = None
    detail: str = ""
    key: Any = None


class NumberList(QListWidget):
    """``opened`` carries what a line opens, ``chosen`` its key."""

    opened = Signal(object)
    chosen = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setItemDelegate(_LineDelegate(self))
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.digits = 4
        self.limit = 1.0
        self.itemActivated.connect(self._open)
        self.itemClicked.connect(self._open)
        self.currentItemChanged.connect(self._choose)

    def show_lines(self, lines: Sequence[Line], digits: int) -> None:
        """Show these lines, the first at the top; the same ones again keep their place."""
        if [line.name for line in lines[:MOST]] == [line.name for line in self.lines()]:
            with place_kept(self):
                self._fill(lines, digits)
        else:
            self._fill(lines, digits)

    def _fill(self, lines: Sequence[Line], digits: int) -> None:
        self.blockSignals(True)
        self.clear()
        self.digits = digits
        self.limit = max((abs(line.value) for line in lines), default=0.0) or 1.0
        for line in lines[:MOST]:
            item = QListWidgetItem()
            item.setData(LINE, line)
            shown = significant(line.value, digits)
            item.setToolTip(tooltip(f"{line.name} = {exact(line.value)}", line.detail))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{line.name} {line.how} {shown}")
            self.addItem(item)
        self.blockSignals(False)

    def lines(self) -> list[Line]:
        """What is shown."""
        return [self.item(place).data(LINE) for place in range(self.count())]

    def _open(self, item: QListWidgetItem) -> None:
        line = item.data(LINE)
        if line.opens is not None:
            self.opened.emit(line.opens)

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None and item.data(LINE).key is not None:
            self.chosen.emit(item.data(LINE).key)

    def sizeHint(self) -> QSize:
        return QSize(220, 120)


class _LineDelegate(QStyledItemDelegate):
    """Name and calculation at the left, a signed bar and the value at the right."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(120, round(22 * theme.scale()))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        colours, scale = theme.current(), theme.scale()
        owner = self.parent()
        assert isinstance(owner, NumberList)
        line: Line = index.data(LINE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect)  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            selected = bool(state & QStyle.StateFlag.State_Selected)
            painter.setBrush(colours.selection if selected else colours.hover)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 4, 4)
        value_width = 78 * scale
        bar_width = min(90 * scale, rect.width() * 0.26) if rect.width() > 230 * scale else 0.0
        text = rect.adjusted(6, 0, -(value_width + bar_width + 10), 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.font(12))
        metrics = painter.fontMetrics()
        painter.setPen(colours.text)
        name = metrics.elidedText(line.name, Qt.TextElideMode.ElideRight, int(text.width()))
        painter.drawText(text, middle, name)
        across = metrics.horizontalAdvance(name) + 10
        if line.how and across < text.width() - 30:
            painter.setFont(theme.font(11))
            painter.setPen(colours.faint)
            how = painter.fontMetrics().elidedText(
                line.how, Qt.TextElideMode.ElideRight, int(text.width() - across)
            )
            painter.drawText(text.adjusted(across, 0, 0, 0), middle, how)
        if bar_width:
            self._paint_bar(painter, rect, line.value / owner.limit, bar_width, value_width)
        painter.setFont(theme.font(12, 600))
        painter.setPen(colours.ink(line.value))
        value = rect.adjusted(rect.width() - value_width, 0, -6, 0)
        right = middle | Qt.AlignmentFlag.AlignRight
        painter.drawText(value, right, significant(line.value, owner.digits))
        painter.restore()

    def _paint_bar(
        self, painter: QPainter, rect: QRectF, share: float, width: float, value_width: float
    ) -> None:
        colours = theme.current()
        centre = rect.right() - value_width - width / 2 - 4
        length = min(1.0, abs(share)) * width / 2
        tall = 8 * theme.scale()
        top = rect.center().y() - tall / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.border)
        painter.drawRect(QRectF(centre - 0.5, top - 2, 1, tall + 4))
        painter.setBrush(colours.positive if share >= 0 else colours.negative)
        start = centre if share >= 0 else centre - length
        painter.drawRect(QRectF(start, top, length, tall))
