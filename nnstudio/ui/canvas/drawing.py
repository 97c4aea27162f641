"""Fonts, icons and the dotted ground: drawn many times a frame, so each is made once."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPixmap, QTransform

from nnstudio.ui import theme
from nnstudio.ui.canvas import geometry


@lru_cache(maxsize=64)
def scene_font(size: float, weight: int = 400) -> QFont:
    """The app's font in scene pixels; the canvas has a zoom of its own."""
    return theme.font(size, weight, scaled=False)


def draw_icon(painter: QPainter, name: str, colour: QColor, rect: QRectF) -> None:
    """Draw a line icon into a rectangle of the scene, sharp at every zoom."""
    device = painter.device()
    ratio = device.devicePixelRatio() if device is not None else 1.0
    side = max(8, round(rect.width() * abs(painter.worldTransform().m11()) * ratio))
    picture = _icon(name, colour.rgba(), min(side, 256))
    painter.drawPixmap(rect, picture, QRectF(picture.rect()))


@lru_cache(maxsize=512)
def _icon(name: str, rgba: int, side: int) -> QPixmap:
    return theme.pixmap(name, side, QColor.fromRgba(rgba), ratio=1.0)


def draw_dots(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    """Cover a rectangle of the scene with the grid of dots, at least 14 pixels apart."""
    zoom = painter.worldTransform().m11()
    device = painter.device()
    ratio = device.devicePixelRatio() if device is not None else 1.0
    step = geometry.DOTS
    while step * zoom < 14:
        step *= 2
    tile = _dot(colour.rgba(), max(1, round(step * zoom * ratio)), ratio)
    brush = QBrush(tile)
    scale = step / tile.width()
    # The dot stands in the middle of its tile: half a step back it stands on the grid.
    brush.setTransform(QTransform().translate(-step / 2, -step / 2).scale(scale, scale))
    painter.fillRect(rect, brush)


@lru_cache(maxsize=64)
@theme.painting
def _dot(rgba: int, side: int, ratio: float) -> QPixmap:
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor.fromRgba(rgba))
    radius = 0.95 * ratio
    painter.drawEllipse(QRectF(side / 2 - radius, side / 2 - radius, 2 * radius, 2 * radius))
    painter.end()
    return picture
