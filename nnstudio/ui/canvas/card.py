"""A card: one layer, or the loss, as it stands on the canvas.

A card is only a painting. It is told its face, picture, place and state by the scene; the gestures
that happen on it belong to the view.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.spec import Severity
from nnstudio.ui import theme
from nnstudio.ui.canvas import geometry, thumbnails
from nnstudio.ui.canvas.drawing import draw_icon, scene_font
from nnstudio.ui.canvas.faces import Face, severity_colour, severity_icon
from nnstudio.ui.canvas.values import CardValues

_BODY = geometry.card_rect(0, 0)
_PICTURE = QRectF(14, 52, geometry.CARD_WIDTH - 22, 44)
_BADGE = QRectF(geometry.CARD_WIDTH - 26, 9, 18, 18)
_FAR = 0.5
"""Below this zoom a card shows its icon and a large title only: smaller text cannot be read."""


class CardItem(QGraphicsItem):
    """Paints one face at one place."""

    def __init__(self, face: Face) -> None:
        super().__init__()
        self.face = face
        self.picture: thumbnails.Picture | None = None
        self.values: CardValues | None = None
        self.selected = False
        self.hovered = False
        self.target = False  # something that is being dragged would land here
        self.refused = False
        self.hot_port: tuple[str, int] | None = None
        self.wired_in: frozenset[int] = frozenset()
        self.wired_out = False
        self.setZValue(10)

    @property
    def id(self) -> str:
        return self.face.id

    @property
    def rect(self) -> QRectF:
        """Where the card stands in the scene, without its ring."""
        return _BODY.translated(self.pos())

    def input_port(self, port: int) -> QPointF:
        """Where the wire into an input arrives, in the scene."""
        return geometry.input_port(self.pos(), port, self.face.ports)

    def output_port(self) -> QPointF:
        """Where wires leave, in the scene."""
        return geometry.output_port(self.pos())

    def badge_rect(self) -> QRectF:
        """Where the badge of a problem is, in the scene; empty without one."""
        return _BADGE.translated(self.pos()) if self.face.problem else QRectF()

    def title_rect(self) -> QRectF:
        """Where the title is, in the scene."""
        return QRectF(12, 6, geometry.CARD_WIDTH - 24, 24).translated(self.pos())

    def picture_rect(self) -> QRectF:
        """Where the picture is, in the scene."""
        return _PICTURE.translated(self.pos())

    def show_face(self, face: Face) -> None:
        """Paint another face, if it is another."""
        if face != self.face:
            self.face = face
            self.update()

    def show_state(self, **state: object) -> None:
        """Set some of the attributes above and paint again if any differs."""
        changed = False
        for name, value in state.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
                changed = True
        if changed:
            self.update()

    def boundingRect(self) -> QRectF:
        return _BODY.adjusted(-9, -9, 9, 9)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(_BODY)
        return path

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        colours = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        self._paint_body(painter, colours)
        if zoom < _FAR:
            self._paint_far(painter, colours)
        else:
            self._paint_words(painter, colours)
            thumbnails.paint(painter, _PICTURE, self.face, self.picture, colours)
            self._paint_caption(painter, colours)
        if self.face.problem is not None:
            _paint_badge(painter, self.face.problem.severity, colours)
        self._paint_ports(painter, colours)

    def _paint_body(self, painter: QPainter, colours: theme.Theme) -> None:
        ring = self._ring(colours)
        if ring is not None:
            painter.setPen(QPen(ring, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            around = _BODY.adjusted(-3, -3, 3, 3)
            painter.drawRoundedRect(around, geometry.RADIUS + 3, geometry.RADIUS + 3)
        outline = QPainterPath()
        outline.addRoundedRect(_BODY, geometry.RADIUS, geometry.RADIUS)
        painter.fillPath(outline, colours.panel)
        painter.save()
        painter.setClipPath(outline)
        painter.fillRect(QRectF(0, 0, 4, geometry.CARD_HEIGHT), colours.family(self.face.family))
        painter.restore()
        edge = colours.border_strong if self.hovered and ring is None else colours.border
        painter.setPen(QPen(edge, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        edge_rect = _BODY.adjusted(0.5, 0.5, -0.5, -0.5)
        # The border leaves the tinted edge alone.
        painter.setClipRect(QRectF(4, -1, geometry.CARD_WIDTH, geometry.CARD_HEIGHT + 2))
        painter.drawRoundedRect(edge_rect, geometry.RADIUS - 0.5, geometry.RADIUS - 0.5)
        painter.setClipping(False)

    def _ring(self, colours: theme.Theme) -> QColor | None:
        if self.refused:
            return colours.error
        if self.target:
            return colours.accent
        if self.values is not None and self.values.active:
            return colours.accent
        return colours.accent if self.selected else None

    def _paint_words(self, painter: QPainter, colours: theme.Theme) -> None:
        face = self.face
        draw_icon(painter, face.icon, colours.family(face.family), QRectF(13, 9, 17, 17))
        room = geometry.CARD_WIDTH - 37 - (28 if face.problem else 10)
        _line(painter, 37, 22, room, face.title, scene_font(13, 600), colours.text)
        font = scene_font(12)
        width = geometry.CARD_WIDTH - 24
        _line(painter, 14, 42, width, face.settings, font, colours.secondary)

    def _paint_caption(self, painter: QPainter, colours: theme.Theme) -> None:
        face, width = self.face, _PICTURE.width()
        if self.values is not None and self.values.text:
            self._paint_values(painter, colours)
            return
        font = scene_font(11)
        metrics = QFontMetricsF(font)
        right = min(metrics.horizontalAdvance(face.right), width) if face.right else 0.0
        if face.left:
            room = width - (right + 8 if right else 0)
            _line(painter, 14, 113, room, face.left, font, colours.faint)
        if face.right:
            _line(painter, 14 + width - right, 113, right + 1, face.right, font, colours.faint)

    def _paint_values(self, painter: QPainter, colours: theme.Theme) -> None:
        values = self.values
        assert values is not None
        font = scene_font(11.5, 600)
        metrics = QFontMetricsF(font)
        width = _PICTURE.width()
        if values.forward and values.backward:
            half = width / 2 - 3
            onward = _fitting(values.onward, metrics, half)
            _line(painter, 14, 113, half, onward, font, colours.ink(values.forward))
            back = _fitting(values.back, metrics, half)
            text = metrics.elidedText(back, Qt.TextElideMode.ElideRight, half)
            at = 14 + width - metrics.horizontalAdvance(text)
            _line(painter, at, 113, half + 1, text, font, colours.ink(values.backward))
        else:
            ink = colours.ink(values.forward or values.backward)
            _line(painter, 14, 113, width, values.onward or values.back, font, ink)

    def _paint_far(self, painter: QPainter, colours: theme.Theme) -> None:
        face = self.face
        draw_icon(painter, face.icon, colours.family(face.family), QRectF(16, 16, 30, 30))
        painter.setFont(scene_font(23, 600))
        painter.setPen(colours.text)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(QRectF(16, 54, geometry.CARD_WIDTH - 24, 66), int(flags), face.title)

    def _paint_ports(self, painter: QPainter, colours: theme.Theme) -> None:
        for port in range(self.face.ports):
            at = self.input_port(port) - self.pos()
            hot = self.hot_port == ("in", port)
            _paint_port(painter, at, port in self.wired_in, hot, colours)
        if self.face.output:
            at = self.output_port() - self.pos()
            _paint_port(painter, at, self.wired_out, self.hot_port == ("out", 0), colours)


def _paint_port(
    painter: QPainter, at: QPointF, wired: bool, hot: bool, colours: theme.Theme
) -> None:
    radius = geometry.PORT_RADIUS + (2 if hot else 0)
    colour = colours.accent if hot else colours.wire
    painter.setPen(QPen(colours.canvas if wired and not hot else colour, 1.5))
    painter.setBrush(colour if wired or hot else colours.panel)
    painter.drawEllipse(at, radius, radius)


def _paint_badge(painter: QPainter, severity: Severity, colours: theme.Theme) -> None:
    icon = severity_icon(severity)
    draw_icon(painter, icon, severity_colour(severity, colours), _BADGE)


def _fitting(text: str, metrics: QFontMetricsF, width: float) -> str:
    """The text, or without the symbol of its length where there is no room for that."""
    arrow, _, rest = text.partition(" ")
    if metrics.horizontalAdvance(text) <= width or not rest.startswith("‖"):
        return text
    return f"{arrow} {rest.rpartition(' ')[2]}"


def _line(
    painter: QPainter, x: float, y: float, room: float, text: str, font: QFont, colour: QColor
) -> None:
    """One line of text from x on the baseline y, shortened with an ellipsis if need be."""
    painter.setFont(font)
    painter.setPen(colour)
    text = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room)
    painter.drawText(QPointF(x, y), text)
