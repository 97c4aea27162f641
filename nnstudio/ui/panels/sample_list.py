"""A list of samples, each with a note: sentences, pictures or rows of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.ui import theme
from nnstudio.ui.panels.sample_preview import picture, picture_shape
from nnstudio.ui.text import tooltip

MOST = 200
NOTE, TEXT, IMAGE, ROW = (Qt.ItemDataRole.UserRole + n for n in range(4))


class SampleList(QListWidget):
    """Shows the samples of some rows."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Samples")
        self.setItemDelegate(_SampleDelegate(self))
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)

    def show_samples(
        self,
        samples: Samples | None,
        rows: np.ndarray[Any, Any],
        notes: list[str],
        dataset: Dataset | None,
    ) -> None:
        """List these rows of `samples`, with a note above each."""
        self.clear()
        if samples is None or dataset is None:
            return
        pictures = picture_shape(dataset.signature)
        for row, note in zip(rows[:MOST], notes, strict=False):
            item = QListWidgetItem()
            item.setData(NOTE, note)
            item.setData(ROW, int(row))
            text = _text(samples, int(row), dataset)
            item.setData(TEXT, "" if pictures else text)
            if pictures:
                item.setData(IMAGE, picture(np.asarray(samples.x[int(row)], dtype=float)))
            else:
                item.setToolTip(tooltip(text))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{note}: {text[:200]}")
            self.addItem(item)


class _SampleDelegate(QStyledItemDelegate):
    """A note in bold, below it up to two lines of text, or a picture at the left."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(160, round((44 if index.data(IMAGE) else 58) * theme.scale()))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        colours, scale = theme.current(), theme.scale()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.selection)
            painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 4, 4)
        box = rect.adjusted(9, 5, -9, -3)
        image = index.data(IMAGE)
        if isinstance(image, QImage):
            side = round(34 * scale)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(QRect(box.left(), box.top(), side, side), image)
            box.setLeft(box.left() + side + 10)
        painter.setFont(theme.font(11, 600))
        painter.setPen(colours.secondary)
        painter.drawText(box, Qt.AlignmentFlag.AlignTop, str(index.data(NOTE)))
        painter.setFont(theme.font(12))
        painter.setPen(colours.text)
        below = box.adjusted(0, round(16 * scale), 0, 0)
        flags = int(Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
        below.setHeight(2 * painter.fontMetrics().lineSpacing())
        painter.setClipRect(below)
        painter.drawText(below, flags, str(index.data(TEXT) or ""))
        painter.restore()


def _text(samples: Samples, row: int, dataset: Dataset) -> str:
    if samples.texts is not None:
        return " ".join(str(samples.texts[row]).split())
    values: Any = samples.x[row]
    flat = np.asarray(values.todense() if hasattr(values, "todense") else values, dtype=float)
    flat = flat.reshape(-1)
    if dataset.offset is not None and dataset.scale is not None:
        flat = flat * np.reshape(dataset.scale, -1) + np.reshape(dataset.offset, -1)
    names = dataset.feature_names
    pairs = [
        f"{names[n]} {theme.number(value, 3)}" if n < len(names) else theme.number(value, 3)
        for n, value in enumerate(flat[:6])
    ]
    return ", ".join(pairs) + (" …" if len(flat) > 6 else "")
