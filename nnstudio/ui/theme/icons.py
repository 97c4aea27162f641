"""Line icons: one set of 20 × 20 SVGs whose strokes take the colour they are asked for."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from nnstudio import resources
from nnstudio.ui.theme import state
from nnstudio.ui.theme.painting import painting

_engines: list[_LineIcon] = []  # Qt keeps only the C++ half of an engine alive


def icon(name: str, colour: QColor | None = None) -> QIcon:
    """The icon `resources/icons/NAME.svg` in `colour`.

    Without a colour it takes the text colour of the moment and follows the theme by itself.
    Raises FileNotFoundError when there is no such icon.
    """
    return _icon(name, colour.rgba() if colour is not None else None)


@lru_cache(maxsize=512)
def _icon(name: str, rgba: int | None) -> QIcon:
    _source(name)
    engine = _LineIcon(name, QColor.fromRgba(rgba) if rgba is not None else None)
    _engines.append(engine)
    return QIcon(engine)


def pixmap(name: str, size: int = 20, colour: QColor | None = None, ratio: float = 2.0) -> QPixmap:
    """The icon as a picture of `size` logical pixels, drawn for a device pixel ratio."""
    colour = colour if colour is not None else state.current().text
    return _pixmap(name, size, colour.rgba(), ratio)


@lru_cache(maxsize=256)  # Qt caches what it makes of a picture, for each anew if it is a new one
@painting
def _pixmap(name: str, size: int, rgba: int, ratio: float) -> QPixmap:
    made = QPixmap(round(size * ratio), round(size * ratio))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    renderer(name, QColor.fromRgba(rgba)).render(painter, QRectF(made.rect()))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


def renderer(name: str, colour: QColor) -> QSvgRenderer:
    """What draws the icon into any rectangle, such as a card on the canvas."""
    return _renderer(name, colour.name(), colour.alphaF())


@lru_cache(maxsize=128)
def _source(name: str) -> str:
    return resources.path(f"icons/{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=1024)
def _renderer(name: str, colour: str, opacity: float) -> QSvgRenderer:
    svg = _source(name).replace("currentColor", colour)
    if opacity < 1.0:
        svg = svg.replace("<svg ", f'<svg opacity="{opacity:.3f}" ', 1)
    return QSvgRenderer(QByteArray(svg.encode()))


class _LineIcon(QIconEngine):
    """Draws the SVG at any size, in the theme's text colour when no colour was given."""

    def __init__(self, name: str, colour: QColor | None) -> None:
        super().__init__()
        self._name = name
        self._colour = colour

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state_: QIcon.State) -> None:
        theme = state.current()
        colour = QColor(self._colour if self._colour is not None else theme.text)
        if mode == QIcon.Mode.Disabled:
            colour = QColor(theme.text)
            colour.setAlphaF(0.38)
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        renderer(self._name, colour).render(painter, square)

    @painting
    def pixmap(self, size: QSize, mode: QIcon.Mode, state_: QIcon.State) -> QPixmap:
        made = QPixmap(size)
        if size.isEmpty():  # a button with no room asks for it, and nothing can be drawn there
            return made
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state_)
        painter.end()
        return made

    def clone(self) -> QIconEngine:
        copy = _LineIcon(self._name, self._colour)
        _engines.append(copy)
        return copy
