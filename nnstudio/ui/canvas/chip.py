"""The chip on a wire or card that cannot work: what is wrong, why, and a button that mends it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.spec import Problem
from nnstudio.ui import theme
from nnstudio.ui.canvas.card import severity_colour
from nnstudio.ui.theme.icons import renderer

WIDTH = 288.0
_PAD = 11.0
_BUTTON = 26.0
_WRAP = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)


class ProblemChip(QGraphicsItem):
    """Stands below the wire or card it speaks of, joined to it by a short stem."""

    def __init__(self, problem: Problem, shapes: str = "") -> None:
        super().__init__()
        self.problem = problem
        self.shapes = shapes
        self.hot = False
        self.stem = 0.0
        self._title = QRectF()
        self._explain = QRectF()
        self._shapes = QRectF()
        self._button = QRectF()
        self._body = QRectF()
        self._measure()
        self.setZValue(30)

    def tell(self, problem: Problem, shapes: str = "") -> None:
        """Speak of another problem."""
        if problem == self.problem and shapes == self.shapes:
            return
        self.prepareGeometryChange()
        self.problem, self.shapes = problem, shapes
        self._measure()
        self.update()

    def stand(self, anchor: QPointF, stem: float) -> None:
        """Stand centred below `anchor`, `stem` pixels away from it."""
        if stem != self.stem:
            self.prepareGeometryChange()
            self.stem = stem
            self.update()
        self.setPos(anchor.x() - WIDTH / 2, anchor.y() + stem)

    def warm(self, hot: bool) -> None:
        """The pointer is over the button, or no longer."""
        if hot != self.hot:
            self.hot = hot
            self.update()

    def button_rect(self) -> QRectF:
        """Where the button is, in the scene; empty when nothing can be mended at a press."""
        return self._button.translated(self.pos()) if self.problem.fix else QRectF()

    def body_rect(self) -> QRectF:
        """The chip without its stem, in the scene."""
        return self._body.translated(self.pos())

    def boundingRect(self) -> QRectF:
        return self._body.adjusted(-2, -self.stem - 2, 2, 2)

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
        if self.stem > 0:
            painter.setPen(QPen(colour, 1.5))
            painter.drawLine(QPointF(WIDTH / 2, -self.stem), QPointF(WIDTH / 2, 0))
        painter.setPen(QPen(colour, 1))
        painter.setBrush(colours.panel)
        painter.drawRoundedRect(self._body.adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        renderer("error" if self.problem.severity.value == "error" else "warning", colour).render(
            painter, QRectF(_PAD - 1, _PAD - 1, 17, 17)
        )
        _text(painter, self._title, self.problem.title, _title_font(), colours.text)
        if self.shapes:
            _text(painter, self._shapes, self.shapes, _shape_font(), colour)
        if self.problem.explain:
            ink = colours.secondary
            _text(painter, self._explain, self.problem.explain, _explain_font(), ink)
        if self.problem.fix is not None:
            self._paint_button(painter, colours)

    def _paint_button(self, painter: QPainter, colours: theme.Theme) -> None:
        assert self.problem.fix is not None
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.accent_hover if self.hot else colours.accent)
        painter.drawRoundedRect(self._button, 6, 6)
        renderer("wand", colours.on_accent).render(
            painter, QRectF(self._button.x() + 8, self._button.y() + 5, 16, 16)
        )
        painter.setFont(_button_font())
        painter.setPen(colours.on_accent)
        room = self._button.adjusted(29, 0, -8, 0)
        label = QFontMetricsF(_button_font()).elidedText(
            self.problem.fix.label, Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), label)

    def _measure(self) -> None:
        inner = WIDTH - 2 * _PAD
        y = _PAD
        height = _height(self.problem.title, _title_font(), inner - 24)
        self._title = QRectF(_PAD + 24, y, inner - 24, height)
        y += height + 3
        if self.shapes:
            height = _height(self.shapes, _shape_font(), inner - 24)
            self._shapes = QRectF(_PAD + 24, y, inner - 24, height)
            y += height + 3
        if self.problem.explain:
            height = _height(self.problem.explain, _explain_font(), inner - 24)
            self._explain = QRectF(_PAD + 24, y, inner - 24, height)
            y += height + 3
        if self.problem.fix is not None:
            y += 5
            wanted = QFontMetricsF(_button_font()).horizontalAdvance(self.problem.fix.label) + 40
            self._button = QRectF(_PAD + 24, y, min(inner - 24, wanted), _BUTTON)
            y += _BUTTON + 2
        self._body = QRectF(0, 0, WIDTH, y + _PAD - 3)


def _title_font() -> QFont:
    return theme.font(12.5, 600, scaled=False)


def _shape_font() -> QFont:
    return theme.font(12, 600, scaled=False)


def _explain_font() -> QFont:
    return theme.font(11.5, scaled=False)


def _button_font() -> QFont:
    return theme.font(12, 600, scaled=False)


def _height(text: str, font: QFont, width: float) -> float:
    bounds = QFontMetricsF(font).boundingRect(QRectF(0, 0, width, 1000), _WRAP, text)
    return float(bounds.height())


def _text(painter: QPainter, rect: QRectF, text: str, font: QFont, colour: QColor) -> None:
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(rect.adjusted(0, 0, 1, 1), _WRAP, text)
