"""Paints the small picture on a card: from the session's arrays, or a quiet pattern without them.

Blue is positive, orange negative, the canvas's grey zero, as everywhere. Before there are numbers
a card shows its layer's kind as a faint drawing, never invented data; an activation shows its own
curve, which is known without any.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF

from nnstudio.analysis.thumbnails import Thumbnail
from nnstudio.spec import parts
from nnstudio.ui import theme
from nnstudio.ui.canvas.drawing import draw_icon
from nnstudio.ui.canvas.faces import Face

Array = np.ndarray[Any, Any]
BARS_INSET = 4
"""Pixels beside the first and the last bar."""

_SPAN = 4.0  # an activation's curve is drawn for z from -4 to 4


class Picture:
    """A thumbnail with its image, made once per theme."""

    def __init__(self, thumbnail: Thumbnail) -> None:
        self.thumbnail = thumbnail
        self._image: QImage | None = None

    @property
    def caption(self) -> str:
        return self.thumbnail.caption

    def forget(self) -> None:
        """The colours have changed: make the image anew."""
        self._image = None

    def image(self, colours: theme.Theme) -> QImage:
        """The heat map or mask, one pixel per cell."""
        if self._image is None:
            values = np.atleast_2d(self.thumbnail.values)
            mask = self.thumbnail.kind == "mask"
            self._image = mask_image(values, colours) if mask else heat_image(values, colours)
        return self._image


def paint(
    painter: QPainter, rect: QRectF, face: Face, picture: Picture | None, colours: theme.Theme
) -> None:
    """Fill a card's picture."""
    painter.save()
    ground = QPainterPath()
    ground.addRoundedRect(rect, 4, 4)
    painter.fillPath(ground, colours.canvas)
    painter.setClipPath(ground)
    if picture is None:
        _paint_pattern(painter, rect, face, colours)
    elif picture.thumbnail.kind == "bars":
        _paint_bars(painter, rect, picture.thumbnail.values, colours)
    elif picture.thumbnail.kind == "dots":
        _paint_dots(painter, rect, picture.thumbnail.values, colours)
    else:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(rect, picture.image(colours))
    painter.restore()


def heat_image(values: Array, colours: theme.Theme) -> QImage:
    """Values from -1 to 1 in the diverging colours; NaN and zero show the ground."""
    v = np.clip(np.nan_to_num(np.asarray(values, dtype=np.float32)), -1, 1)
    zero, high, low = (_rgb(c) for c in (colours.canvas, colours.positive, colours.negative))
    # A square root lets small weights be seen, without changing their order or sign.
    strength = np.sqrt(np.abs(v))[..., None]
    ends = np.where(v[..., None] >= 0, high, low)
    return _to_image(zero + (ends - zero) * strength)


def mask_image(values: Array, colours: theme.Theme) -> QImage:
    """1 in blue, 0 a hint of it, NaN the ground."""
    zero, high = _rgb(colours.canvas), _rgb(colours.positive)
    v = np.asarray(values, dtype=np.float32)
    strength = np.where(np.isnan(v), 0.0, np.where(v > 0, 0.78, 0.05))[..., None]
    return _to_image(zero + (high - zero) * strength)


def _rgb(colour: QColor) -> Array:
    return np.array([colour.red(), colour.green(), colour.blue()], dtype=np.float32)


def _to_image(rgb: Array) -> QImage:
    rows, columns = rgb.shape[:2]
    packed = np.full((rows, columns, 4), 255, np.uint8)
    packed[..., :3] = rgb.round()[..., ::-1]
    image = QImage(packed.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)
    return image.copy()  # the copy owns its pixels


def _paint_bars(painter: QPainter, rect: QRectF, values: Array, colours: theme.Theme) -> None:
    inner = rect.adjusted(BARS_INSET, 4, -BARS_INSET, 0)
    step = inner.width() / max(1, len(values))
    gap = min(2.0, step * 0.25)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.positive)
    for i, value in enumerate(values.tolist()):
        height = inner.height() * value
        if height > 0.2:
            left = inner.left() + i * step + gap / 2
            painter.drawRect(QRectF(left, inner.bottom() - height, step - gap, height))


def _paint_dots(painter: QPainter, rect: QRectF, values: Array, colours: theme.Theme) -> None:
    inner = rect.adjusted(6, 5, -6, -5)
    painter.setPen(Qt.PenStyle.NoPen)
    for x, y, which in values.tolist():
        at = QPointF(inner.left() + x * inner.width(), inner.bottom() - y * inner.height())
        painter.setBrush(colours.class_colour(int(which)))
        if int(which) % 2 == 0:
            painter.drawEllipse(at, 1.7, 1.7)
        else:
            painter.drawRect(QRectF(at.x() - 1.5, at.y() - 1.5, 3, 3))


def _paint_pattern(painter: QPainter, rect: QRectF, face: Face, colours: theme.Theme) -> None:
    ink = QColor(colours.family(face.family))
    ink.setAlphaF(0.55 if colours.dark else 0.45)
    if face.family == "activation" and face.activation:
        _paint_curve(painter, rect, face.activation, colours)
    elif face.icon == "dense":
        _paint_layers(painter, rect, ink)
    elif face.family == "regularisation":
        _paint_grid(painter, rect, ink)
    else:
        draw_icon(
            painter, face.icon, ink, QRectF(rect.center().x() - 13, rect.center().y() - 13, 26, 26)
        )


def _paint_layers(painter: QPainter, rect: QRectF, ink: QColor) -> None:
    """Every neuron looks at every input: five dots joined with seven."""
    thin = QColor(ink)
    thin.setAlphaF(ink.alphaF() * 0.5)
    left = [QPointF(rect.left() + 24, rect.top() + rect.height() * (i + 1) / 6) for i in range(5)]
    right = [
        QPointF(rect.right() - 24, rect.top() + rect.height() * (i + 0.5) / 7) for i in range(7)
    ]
    painter.setPen(QPen(thin, 0.75))
    for a in left:
        for b in right:
            painter.drawLine(a, b)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    for point in left + right:
        painter.drawEllipse(point, 2.2, 2.2)


def _paint_grid(painter: QPainter, rect: QRectF, ink: QColor) -> None:
    """Rings in rows: neurons of which some will be left out."""
    painter.setPen(QPen(ink, 1))
    for row in range(3):
        for column in range(11):
            x = rect.left() + rect.width() * (column + 0.5) / 11
            y = rect.top() + rect.height() * (row + 0.5) / 3
            painter.drawEllipse(QPointF(x, y), 2.6, 2.6)


def _paint_curve(painter: QPainter, rect: QRectF, name: str, colours: theme.Theme) -> None:
    inner = rect.adjusted(8, 5, -8, -5)
    curve = activation_curve(name)
    if curve is None:
        return
    z, a = curve
    low, high = min(0.0, min(a)), max(a)
    room = (high - low) or 1.0

    def place(x: float, y: float) -> QPointF:
        across = inner.left() + (x + _SPAN) / (2 * _SPAN) * inner.width()
        return QPointF(across, inner.bottom() - (y - low) / room * inner.height())

    painter.setPen(QPen(colours.border_strong, 0.75))
    painter.drawLine(place(-_SPAN, 0), place(_SPAN, 0))
    painter.drawLine(place(0, low), place(0, high))
    pen = QPen(colours.positive, 2)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.drawPolyline(QPolygonF([place(x, y) for x, y in zip(z, a, strict=True)]))


@lru_cache(maxsize=64)
def activation_curve(name: str) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """The points of an activation's curve, for softmax the share of one of two outputs."""
    from nnstudio.engine.ops import Ops

    cls = parts("activation").get(name)
    if cls is None:
        return None
    z = np.linspace(-_SPAN, _SPAN, 81)
    rows = np.stack([z, np.zeros_like(z)], axis=1)
    part: Any = cls()
    a = part.forward(Ops(np, "float64"), rows)[:, 0]
    return tuple(z.tolist()), tuple(np.asarray(a).tolist())
