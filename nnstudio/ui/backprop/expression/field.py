"""The line in which an expression is typed; what is wrong in it is underlined at its place."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QInputMethodEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QTextCharFormat,
)
from PySide6.QtWidgets import QLineEdit, QStyle, QStyleOptionFrame

from nnstudio.ui import theme


class ExpressionField(QLineEdit):
    """A line of text with a wavy line under a range, and a tint under another."""

    left_with_return = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._wrong: tuple[int, int] | None = None
        self._lit: tuple[int, int] | None = None
        self.setFont(theme.font(15))
        self.setAccessibleName("Expression")
        self.setPlaceholderText("Type an expression, such as 1/(1 + exp(-(w*x + b)))")
        self.setMinimumHeight(34)
        theme.notifier.changed.connect(self._restyle)

    def set_wrong(self, wrong: tuple[int, int] | None) -> None:
        """Underline these characters (from, to) as wrong."""
        if wrong != self._wrong:
            self._wrong = wrong
            self._apply()

    def set_lit(self, lit: tuple[int, int] | None) -> None:
        """Tint these characters: the part of the expression a step works on."""
        if lit != self._lit:
            self._lit = lit
            self._apply()

    @property
    def wrong(self) -> tuple[int, int] | None:
        return self._wrong

    def _restyle(self) -> None:
        self.setFont(theme.font(15))
        self._apply()

    def _apply(self) -> None:
        """A QLineEdit takes character formats only by way of an input method's event."""
        attributes = []
        if self._lit is not None and self._wrong is None:
            shown = QTextCharFormat()
            shown.setBackground(theme.current().selection)
            attributes.append(self._attribute(self._lit, shown))
        QCoreApplication.sendEvent(self, QInputMethodEvent("", attributes))
        self.update()

    def _attribute(
        self, span: tuple[int, int], shown: QTextCharFormat
    ) -> QInputMethodEvent.Attribute:
        return QInputMethodEvent.Attribute(
            QInputMethodEvent.AttributeType.TextFormat,
            span[0] - self.cursorPosition(),
            span[1] - span[0],
            shown,
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.left_with_return.emit()
            event.accept()
            return
        super().keyPressEvent(event)

    @theme.painting
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._wrong is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(self.font())
        text = self.text()
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        room = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, self)
        # The cursor's place tells how far a long text is scrolled.
        cursor = (
            self.cursorRect().center().x()
            + 2
            - metrics.horizontalAdvance(text[: self.cursorPosition()])
        )
        left = cursor + metrics.horizontalAdvance(text[: self._wrong[0]])
        right = cursor + metrics.horizontalAdvance(text[: self._wrong[1]])
        right = max(right, left + 7)
        left, right = max(left, room.left()), min(right, room.right())
        base = self.rect().center().y() + metrics.height() / 2 - 1
        wave, x, up = QPolygonF(), left, True
        while x <= right:
            wave.append(QPointF(x, base - (2 if up else 0)))
            x, up = x + 2.5, not up
        painter.setClipRect(QRectF(room).adjusted(-2, -4, 2, 6))
        painter.setPen(QPen(theme.current().error, 1.4))
        painter.drawPolyline(wave)
