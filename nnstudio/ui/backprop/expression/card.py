"""One operation's card: its symbol, its value above, its gradient below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.ui import theme
from nnstudio.ui.text import tooltip
from nnstudio.ui.theme.icons import renderer

HEIGHT = 74.0
LEAST_WIDTH = 100.0
RADIUS = 8.0
PAD = 12.0
BACK = "← "  # before a gradient: it comes from behind, whatever its sign
MARGIN = 4.0  # around the card, for its outline

Light = Literal["", "forward", "backward"]
Mark = Literal["", "agrees", "differs"]


@dataclass(frozen=True)
class Face:
    """What a card shows at the moment. ``light`` says that the step works on this very card.

    ``arriving`` tints the card a gradient has just reached; ``knob`` is what a click on its corner
    does: open a gate or a group, close a group.
    """

    symbol: str
    value: str = ""
    gradient: str = ""
    share: str = ""
    mark: Mark = ""
    light: Light = ""
    arriving: bool = False
    reading: bool = False
    leaf: bool = False
    number: bool = False
    fixed: bool = False
    failed: bool = False
    asked: Light = ""
    selected: bool = False
    output: str = ""
    knob: Literal["", "open", "close"] = ""


@lru_cache(maxsize=16)
def _metrics(size: float, weight: int) -> QFontMetricsF:
    return QFontMetricsF(theme.font(size, weight, scaled=False))


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: int) -> float:
    """How long a text on a card or wire is, in pixels of the scene."""
    return _metrics(size, weight).horizontalAdvance(text)


def width_for(face: Face) -> float:
    """How wide a card must be for its texts."""
    symbol = text_width(face.symbol, 13, 600)
    value = text_width(face.value, 15, 600)
    below = text_width(BACK + face.gradient, 13, 500)
    share = text_width(face.share, 11, 400)
    corner = 22.0 if face.knob or face.fixed or face.leaf else 0.0
    tick = 16.0 if face.mark else 0.0
    wanted = max(symbol + corner, value, below + tick + (share + 6 if face.share else 0))
    return max(LEAST_WIDTH, wanted + 2 * PAD + 4)


class CardItem(QGraphicsItem):
    """Draws a `Face`. Everything about it is decided by the scene."""

    def __init__(self, id: str, hint: Callable[[str], str]) -> None:
        super().__init__()
        self.id = id
        self._hint = hint
        self.face = Face("")
        self.width = LEAST_WIDTH
        self.hovered = False
        self.setAcceptHoverEvents(True)
        self.setZValue(2)

    def show_face(self, face: Face) -> None:
        """Show something else; repaints only if it differs."""
        if face != self.face:
            self.face = face
            self.setCursor(
                Qt.CursorShape.SizeVerCursor
                if face.leaf and not face.number
                else Qt.CursorShape.PointingHandCursor
            )
            self.update()

    def set_width(self, width: float) -> None:
        if width != self.width:
            self.prepareGeometryChange()
            self.width = width

    def rect(self) -> QRectF:
        return QRectF(0, 0, self.width, HEIGHT)

    def knob_rect(self) -> QRectF:
        """Where a click opens or closes the card, or fixes a leaf."""
        return QRectF(self.width - 27, 3, 24, 24)

    def out_port(self) -> QPointF:
        return self.pos() + QPointF(self.width, HEIGHT / 2)

    def in_port(self, port: int, count: int) -> QPointF:
        """Where input number ``port`` of ``count`` arrives, spread along the left edge."""
        spread = min(18.0, (HEIGHT - 28) / max(1, count - 1)) if count > 1 else 0.0
        return self.pos() + QPointF(0, HEIGHT / 2 + (port - (count - 1) / 2) * spread)

    def boundingRect(self) -> QRectF:
        return self.rect().adjusted(-MARGIN, -MARGIN - 18, MARGIN, MARGIN)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRoundedRect(self.rect(), RADIUS, RADIUS)
        return path

    def hoverEnterEvent(self, event: object) -> None:
        self.hovered = True
        self.setToolTip(tooltip(self._hint(self.id)))
        self.update()

    def hoverLeaveEvent(self, event: object) -> None:
        self.hovered = False
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        colours = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        face = self.face
        inner = self.rect().adjusted(PAD + 2, 0, -PAD, 0)
        painter.setFont(theme.font(13, 600, scaled=False))
        painter.setPen(colours.text)
        painter.drawText(
            QRectF(inner.left(), 8, inner.width(), 20),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            face.symbol,
        )
        self._paint_corner(painter)
        self._paint_value(painter, inner)
        self._paint_gradient(painter, inner)
        if face.output:
            painter.setFont(theme.font(12, 600, scaled=False))
            painter.setPen(colours.secondary)
            painter.drawText(
                QRectF(0, -20, self.width, 16), Qt.AlignmentFlag.AlignRight, face.output
            )

    def _paint_ground(self, painter: QPainter) -> None:
        colours, face = theme.current(), self.face
        outline, width = colours.border, 1.0
        if face.light:
            outline, width = self._light(face.light), 2.5
        elif face.asked:
            outline, width = self._light(face.asked), 1.5
        elif face.failed:
            outline, width = colours.error, 2.0
        elif face.selected:
            outline, width = colours.accent, 2.0
        elif face.arriving or face.reading:
            outline, width = colours.accent, 1.5
        elif self.hovered:
            outline = colours.border_strong
        ground = QColor(colours.panel)
        if face.arriving or (face.light and not face.failed):
            ground = _mixed(colours.panel, colours.accent, 0.07)
        painter.setPen(QPen(outline, width))
        painter.setBrush(ground)
        painter.drawRoundedRect(self.rect(), RADIUS, RADIUS)
        stripe = QPainterPath()
        stripe.addRoundedRect(self.rect().adjusted(width / 2, width / 2, 0, -width / 2), 7, 7)
        clip = QPainterPath()
        clip.addRect(QRectF(0, 0, 4.5, HEIGHT))
        colour = colours.input if face.leaf else colours.core
        painter.fillPath(stripe & clip, colours.error if face.failed else colour)

    def _paint_corner(self, painter: QPainter) -> None:
        colours, face = theme.current(), self.face
        name = ""
        if face.failed:
            name, colour = "warning", colours.error
        elif face.knob:
            name = "zoom-in" if face.knob == "open" else "zoom-out"
            colour = colours.accent if self.hovered else colours.faint
        elif face.fixed:
            name, colour = "lock", colours.faint
        if name:
            box = QRectF(0, 0, 15, 15)
            box.moveCenter(self.knob_rect().center() + QPointF(0, 3))
            renderer(name, colour).render(painter, box)

    def _paint_value(self, painter: QPainter, inner: QRectF) -> None:
        colours, face = theme.current(), self.face
        box = QRectF(inner.left(), 28, inner.width(), 20)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.font(15, 600, scaled=False))
        if face.asked == "forward":
            painter.setPen(colours.text)
            painter.drawText(box, right, "?")
        elif face.value:
            painter.setPen(colours.ink(face.value))
            painter.drawText(box, right, face.value)
            if face.leaf and not face.number and self.hovered:
                length = QFontMetricsF(painter.font()).horizontalAdvance(face.value)
                painter.setPen(QPen(colours.secondary, 1, Qt.PenStyle.DotLine))
                painter.drawLine(
                    QPointF(box.right() - length, box.bottom()), QPointF(box.right(), box.bottom())
                )
        else:
            _paint_nothing(painter, box, colours.secondary)

    def _paint_gradient(self, painter: QPainter, inner: QRectF) -> None:
        colours, face = theme.current(), self.face
        box = QRectF(inner.left(), 48, inner.width(), 18)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.font(13, 500, scaled=False))
        if face.asked == "backward":
            painter.setPen(colours.text)
            painter.drawText(box, right, BACK + "?")
            return
        if not face.gradient:
            _paint_nothing(painter, box, colours.secondary)
            return
        painter.setPen(colours.ink(face.gradient))
        painter.drawText(box, right, face.gradient)
        length = QFontMetricsF(painter.font()).horizontalAdvance(BACK + face.gradient)
        before = QRectF(box.right() - length, box.top(), length, box.height())
        painter.setPen(colours.secondary)
        painter.drawText(before, Qt.AlignmentFlag.AlignVCenter, BACK)
        left = box.right() - length - 6
        if face.mark:
            agrees = face.mark == "agrees"
            tick = QRectF(left - 12, box.center().y() - 6, 12, 12)
            colour = colours.success if agrees else colours.warning
            renderer("check" if agrees else "warning", colour).render(painter, tick)
            left -= 16
        if face.share:
            painter.setFont(theme.font(11, 400, scaled=False))
            painter.setPen(colours.secondary)
            box.setRight(left)
            painter.drawText(box, right, face.share)

    def _light(self, light: Light) -> QColor:
        colours = theme.current()
        if self.face.failed:
            return colours.error
        return colours.accent


def _paint_nothing(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """A small dot where a number will stand."""
    faint = QColor(colour)
    faint.setAlphaF(0.55)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(faint)
    painter.drawEllipse(QPointF(box.right() - 2, box.center().y() + 2), 1.4, 1.4)


def _mixed(ground: QColor, ink: QColor, share: float) -> QColor:
    return QColor.fromRgbF(
        ground.redF() * (1 - share) + ink.redF() * share,
        ground.greenF() * (1 - share) + ink.greenF() * share,
        ground.blueF() * (1 - share) + ink.blueF() * share,
    )
