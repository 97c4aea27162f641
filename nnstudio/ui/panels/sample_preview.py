"""A look at the first samples: sentences, points, pictures or rows of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.data.dataset import Dataset
from nnstudio.graph.plan import Signature
from nnstudio.ui import theme

SENTENCES = 4
MOST_POINTS = 500
PICTURES = (6, 3)
ROWS, COLUMNS = 5, 3


class SamplePreview(QWidget):
    """Paints a few training samples in the way that suits them."""

    def __init__(self) -> None:
        super().__init__()
        self._dataset: Dataset | None = None
        self._kind = ""
        self.setAccessibleName("First training samples")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self.update)

    def show_dataset(self, dataset: Dataset) -> None:
        """Show the first samples of this data set."""
        self._dataset = dataset
        self._kind = kind_of(dataset)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        height = {"text": 4 * 46, "points": 180, "pictures": 112, "table": 24 * (ROWS + 1)}
        return QSize(200, round(height.get(self._kind, 0) * theme.scale()))

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._dataset is None or not self._kind:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw = {
            "text": self._draw_texts,
            "points": self._draw_points,
            "pictures": self._draw_pictures,
            "table": self._draw_table,
        }[self._kind]
        draw(painter, self._dataset)
        painter.end()

    def _draw_texts(self, painter: QPainter, dataset: Dataset) -> None:
        colours, scale = theme.current(), theme.scale()
        texts = dataset.train.texts or ()
        row = 46 * scale
        for n, index in enumerate(_one_of_each(dataset, SENTENCES)):
            label = int(dataset.train.y[index])
            box = QRectF(0, n * row, self.width(), row - 6)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.class_colour(label))
            painter.drawRoundedRect(QRectF(0, box.top() + 1, 3, box.height() - 2), 1.5, 1.5)
            painter.setFont(theme.font(11, 600))
            painter.setPen(colours.secondary)
            inner = box.adjusted(10, 0, 0, 0)
            painter.drawText(inner, Qt.AlignmentFlag.AlignTop, _class_name(dataset, label))
            painter.setFont(theme.font(11))
            painter.setPen(colours.text)
            text = " ".join(str(texts[index])[:200].split())
            shown = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideRight, int(inner.width())
            )
            painter.drawText(inner.adjusted(0, 18 * scale, 0, 0), Qt.AlignmentFlag.AlignTop, shown)

    def _draw_points(self, painter: QPainter, dataset: Dataset) -> None:
        colours = theme.current()
        side = min(self.width(), self.height()) - 2
        box = QRectF((self.width() - side) / 2, 1, side, side)
        painter.setPen(QPen(colours.border, 1))
        painter.setBrush(colours.canvas)
        painter.drawRoundedRect(box, 6, 6)
        x = np.asarray(dataset.train.x[:MOST_POINTS], dtype=float)
        y = np.asarray(dataset.train.y[:MOST_POINTS]).reshape(-1)
        reach = max(1e-9, float(np.abs(x).max())) * 1.08
        painter.setPen(Qt.PenStyle.NoPen)
        for point, label in zip(x, y, strict=True):
            at = QPointF(
                box.center().x() + point[0] / reach * side / 2,
                box.center().y() - point[1] / reach * side / 2,
            )
            painter.setBrush(colours.class_colour(int(label)))
            if int(label) % 2 == 0:
                painter.drawEllipse(at, 2.1, 2.1)
            else:
                painter.drawRect(QRectF(at.x() - 1.9, at.y() - 1.9, 3.8, 3.8))

    def _draw_pictures(self, painter: QPainter, dataset: Dataset) -> None:
        columns, rows = PICTURES
        side = min((self.width() - 4.0 * (columns - 1)) / columns, 48 * theme.scale())
        chosen = _one_of_each(dataset, columns * rows)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        for n, index in enumerate(chosen):
            at = QRectF((n % columns) * (side + 4), (n // columns) * (side + 4), side, side)
            if at.bottom() > self.height():
                break
            painter.drawImage(at, picture(np.asarray(dataset.train.x[index], dtype=float)))

    def _draw_table(self, painter: QPainter, dataset: Dataset) -> None:
        colours, row = theme.current(), 24 * theme.scale()
        x = np.asarray(dataset.train.x[:ROWS], dtype=float).reshape(
            min(ROWS, len(dataset.train)), -1
        )
        if dataset.offset is not None and dataset.scale is not None:
            x = x * np.reshape(dataset.scale, -1) + np.reshape(dataset.offset, -1)
        names = [*dataset.feature_names[:COLUMNS], dataset.target_name or "target"]
        width = self.width() / len(names)
        middle = Qt.AlignmentFlag.AlignVCenter
        for column, name in enumerate(names):
            painter.setFont(theme.font(11, 600))
            painter.setPen(colours.secondary)
            shown = painter.fontMetrics().elidedText(
                name, Qt.TextElideMode.ElideRight, int(width - 6)
            )
            painter.drawText(QRectF(column * width, 0, width - 6, row), middle, shown)
            painter.setFont(theme.font(11))
            painter.setPen(colours.text)
            for n in range(len(x)):
                last = column == len(names) - 1
                text = _target(dataset, n) if last else theme.number(x[n, column], 3)
                shown = painter.fontMetrics().elidedText(
                    text, Qt.TextElideMode.ElideRight, int(width - 6)
                )
                painter.drawText(
                    QRectF(column * width, (n + 1) * row, width - 6, row), middle, shown
                )
        painter.setPen(QPen(colours.border, 1))
        painter.drawLine(QPointF(0, row), QPointF(self.width(), row))


def kind_of(dataset: Dataset) -> str:
    """How samples of this data set are best shown: text, points, pictures or table."""
    sizes = dataset.signature.input_shape
    if dataset.train.texts is not None:
        return "text"
    if (
        sizes == (2,)
        and dataset.signature.task == "classification"
        and not len(dataset.target_name) > 40
    ):
        return "points"
    if picture_shape(dataset.signature) is not None:
        return "pictures"
    return "table" if len(sizes) == 1 else ""


def picture_shape(signature: Signature) -> tuple[int, int] | None:
    """The height and width of the samples if they are grey pictures, else None."""
    sizes = signature.input_shape
    if len(sizes) == 3 and sizes[2] == 1:
        sizes = sizes[:2]
    if len(sizes) == 2 and 4 <= sizes[0] <= 64 and 4 <= sizes[1] <= 64:
        return int(sizes[0]), int(sizes[1])
    if sizes == (64,) and signature.classes == 10:
        return 8, 8
    return None


def picture(values: np.ndarray[Any, Any]) -> QImage:
    """Grey values as an image: ink in the text's colour on the panel's."""
    colours = theme.current()
    side = values.shape[:2] if values.ndim >= 2 else (int(values.size**0.5),) * 2
    grey = np.asarray(values, dtype=float).reshape(side)
    low, high = float(grey.min()), float(grey.max())
    share = (grey - low) / (high - low) if high > low else np.zeros_like(grey)
    ground = _rgb(colours.canvas)
    ink = _rgb(colours.text)
    pixels = (ground + share[..., None] * (ink - ground)).astype(np.uint8)
    pixels = np.ascontiguousarray(pixels)
    image = QImage(pixels.data, side[1], side[0], 3 * side[1], QImage.Format.Format_RGB888)
    return image.copy()


def _rgb(colour: QColor) -> np.ndarray[Any, Any]:
    return np.array([colour.red(), colour.green(), colour.blue()], dtype=np.float64)


def _one_of_each(dataset: Dataset, count: int) -> list[int]:
    """The first sample of each class, then the second of each ..., `count` in all."""
    y = np.asarray(dataset.train.y[:2000]).reshape(-1)
    if dataset.signature.task != "classification":
        return list(range(min(count, len(y))))
    by_class = [np.flatnonzero(y == k) for k in range(max(1, dataset.signature.classes))]
    chosen: list[int] = []
    for n in range(len(y)):
        for rows in by_class:
            if n < len(rows) and len(chosen) < count:
                chosen.append(int(rows[n]))
        if len(chosen) >= count:
            break
    return chosen


def _class_name(dataset: Dataset, label: int) -> str:
    names = dataset.class_names
    return names[label] if 0 <= label < len(names) else str(label)


def _target(dataset: Dataset, row: int) -> str:
    value = np.asarray(dataset.train.y[row]).reshape(-1)[0]
    if dataset.signature.task == "classification":
        return _class_name(dataset, int(value))
    return theme.number(float(value) * dataset.target_scale + dataset.target_offset, 3)
