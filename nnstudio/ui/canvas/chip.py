"""The chip on a wire or card that cannot work: what is wrong, and a button that mends it.

It is small, so that it fits between two rows of cards; under the pointer, or after a click, it
opens and says why. A warning or a hint, with which the network can train, is only an icon until
then.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.spec import Problem, Severity
from nnstudio.ui import theme
from nnstudio.ui.canvas.drawing import draw_icon, scene_font
from nnstudio.ui.canvas.faces import severity_colour, severity_icon

_LEAST, _MOST = 216.0, 348.0
_PAD = 8.0
_LEFT = _PAD + 23
_BUTTON = 24.0
_TINY = 20.0
_WRAP = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)


class ProblemChip(QGraphicsItem):
    """Stands below the wire or card it speaks of, joined to it by a short stem."""

    def __init__(self, problem: Problem, opened: bool = False) -> None:
        super().__init__()
        self.problem = problem
        self.hot = False
        self.pinned = opened
        self.opened = opened
        self.stem = 0.0
        self._anchor = QPointF()
        self._width = _LEAST
        self._title = QRectF()
        self._explain = QRectF()
        self._button = QRectF()
        self._more = QRectF()
        self._body = QRectF()
        self._measure()
        self.setZValue(30)

    def tell(self, problem: Problem) -> None:
        """Speak of another problem."""
        if problem == self.problem:
            return
        self.prepareGeometryChange()
        self.problem = problem
        self._measure()
        self._stand()
        self.update()

    def stand(self, anchor: QPointF, stem: float) -> None:
        """Stand centred below `anchor`, `stem` pixels away from it."""
        if (anchor, stem) != (self._anchor, self.stem):
            self.prepareGeometryChange()
            self._anchor, self.stem = anchor, stem
            self._stand()
            self.update()

    def warm(self, over: bool, on_button: bool) -> None:
        """The pointer is over the chip, over its button, or gone."""
        opened = over or self.pinned
        if opened != self.opened:
            self.prepareGeometryChange()
            self.opened = opened
            self._measure()
            self._stand()
            self.setZValue(31 if opened else 30)
        if on_button != self.hot:
            self.hot = on_button
        self.update()

    def pin(self, on: bool) -> None:
        """Keep the chip open, or let it close when the pointer goes."""
        if on != self.pinned:
            self.pinned = on
            self.warm(on, self.hot)

    @property
    def tiny(self) -> bool:
        """Whether only the icon is shown."""
        return not self.opened and self.problem.severity is not Severity.ERROR

    def button_rect(self) -> QRectF:
        """Where the button is, in the scene; empty when nothing can be mended at a press."""
        if self.tiny or self.problem.fix is None:
            return QRectF()
        return self._button.translated(self.pos())

    def body_rect(self) -> QRectF:
        """The chip without its stem, in the scene."""
        return self._body.translated(self.pos())

    def boundingRect(self) -> QRectF:
        return self._body.adjusted(-2, -2 if self.tiny else -self.stem - 2, 2, 2)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self._body)
        return path

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        colours = theme.current()
        colour = severity_colour(self.problem.severity, colours)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.tiny:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.canvas)
            painter.drawEllipse(self._body)
            icon = severity_icon(self.problem.severity)
            draw_icon(painter, icon, colour, self._body.adjusted(2, 2, -2, -2))
            return
        if self.stem > 0:
            painter.setPen(QPen(colour, 1.5))
            middle = self._body.center().x()
            painter.drawLine(QPointF(middle, -self.stem), QPointF(middle, 0))
        painter.setPen(QPen(colour, 1))
        painter.setBrush(colours.panel)
        painter.drawRoundedRect(self._body.adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        draw_icon(
            painter,
            severity_icon(self.problem.severity),
            colour,
            QRectF(_PAD, self._title.top() - 1, 17, 17),
        )
        _text(painter, self._title, self._title_words(), _title_font(), colours.text)
        if self.opened and self.problem.explain:
            ink = colours.secondary
            _text(painter, self._explain, self.problem.explain, _explain_font(), ink)
        if self.problem.fix is not None:
            self._paint_button(painter, colours)
        if not self.opened and self.problem.explain:
            _text(painter, self._more, "why?", _explain_font(), colours.secondary)

    def _paint_button(self, painter: QPainter, colours: theme.Theme) -> None:
        assert self.problem.fix is not None
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.accent_hover if self.hot else colours.accent)
        painter.drawRoundedRect(self._button, 6, 6)
        draw_icon(
            painter,
            "wand",
            colours.on_accent,
            QRectF(self._button.x() + 7, self._button.y() + 4, 16, 16),
        )
        painter.setFont(_button_font())
        painter.setPen(colours.on_accent)
        room = self._button.adjusted(28, 0, -6, 0)
        label = _elided(self.problem.fix.label, _button_font(), room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), label)

    def _title_words(self) -> str:
        if self.opened:
            return self.problem.title
        return _elided(self.problem.title, _title_font(), self._width - _LEFT - _PAD)

    def _measure(self) -> None:
        """Lay out the title, the reason if the chip is open, and the button."""
        if self.tiny:
            self._width = _TINY
            self._body = QRectF(0, 0, _TINY, _TINY)
            return
        title = QFontMetricsF(_title_font()).horizontalAdvance(self.problem.title) + 2
        why = QFontMetricsF(_explain_font()).horizontalAdvance("why?") + 2
        label = self.problem.fix.label if self.problem.fix is not None else ""
        button = QFontMetricsF(_button_font()).horizontalAdvance(label) + 38
        wanted = max(title, button + why + 8 if label else 0.0) + _LEFT + _PAD
        self._width = max(_LEAST, min(_MOST, wanted))
        room = self._width - _LEFT - _PAD
        line = QFontMetricsF(_title_font()).height()
        height = _height(self.problem.title, _title_font(), room) if self.opened else line
        self._title = QRectF(_LEFT, _PAD, room, height)
        y = _PAD + height + 4
        if self.opened and self.problem.explain:
            height = _height(self.problem.explain, _explain_font(), room)
            self._explain = QRectF(_LEFT, y, room, height)
            y += height + 6
        if self.problem.fix is not None:
            most = room if self.opened else room - why - 8
            self._button = QRectF(_LEFT, y, min(most, button), _BUTTON)
            self._more = QRectF(self._width - _PAD - why, y + 5, why, 16)
            y += _BUTTON + 2
        elif not self.opened and self.problem.explain:
            self._more = QRectF(_LEFT, y - 2, why, 16)
            y += 16
        self._body = QRectF(0, 0, self._width, y + _PAD - 2)

    def _stand(self) -> None:
        down = 4.0 if self.tiny else self.stem
        self.setPos(self._anchor.x() - self._width / 2, self._anchor.y() + down)


def _title_font() -> QFont:
    return scene_font(12.5, 600)


def _explain_font() -> QFont:
    return scene_font(12)


def _button_font() -> QFont:
    return scene_font(12, 600)


def _elided(text: str, font: QFont, room: float) -> str:
    return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room)


def _height(text: str, font: QFont, width: float) -> float:
    bounds = QFontMetricsF(font).boundingRect(QRectF(0, 0, width, 1000), _WRAP, text)
    return float(bounds.height())


def _text(painter: QPainter, rect: QRectF, text: str, font: QFont, colour: QColor) -> None:
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(rect.adjusted(0, 0, 2, 2), _WRAP, text)
