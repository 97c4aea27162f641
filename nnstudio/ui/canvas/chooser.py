"""A small list to type into, at the pointer: quick add, and "Connect to …"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.theme.icons import renderer

_ROLE = Qt.ItemDataRole.UserRole
_MOST_ROWS = 8


@dataclass(frozen=True)
class Choice:
    """One row. A refused row can be read but not chosen; `note` then says why."""

    title: str
    note: str
    icon: str
    family: str
    value: object
    matches: Callable[[str], bool]
    refused: bool = False


class Chooser(QFrame):
    """Shows choices, narrows them while one types, and tells which one was taken.

    ``chosen`` carries the choice's value; ``closed`` comes after it, or alone on Escape.
    """

    chosen = Signal(object)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAutoFillBackground(True)
        self.field = QLineEdit(self)
        self.field.setAccessibleName("Search")
        self.list = QListWidget(self)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setStyleSheet("QListWidget { border: none; padding: 0; }")
        self.list.setItemDelegate(_Row(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName("Matches")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self.field.textChanged.connect(self._narrow)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self._take)
        self._choices: tuple[Choice, ...] = ()
        self.hide()

    def open(self, choices: Sequence[Choice], placeholder: str, typed: str = "") -> None:
        """Show these choices, with some text typed already."""
        self._choices = tuple(choices)
        self.field.setPlaceholderText(placeholder)
        self.field.setAccessibleName(placeholder)
        self.field.setText(typed)
        self._narrow(typed)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_list(self) -> None:
        """Go away without a choice."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def _narrow(self, query: str) -> None:
        self.list.clear()
        found = [choice for choice in self._choices if choice.matches(query)]
        # What begins with the typed letters comes first, as far as it can be chosen.
        typed = query.strip().lower()
        found.sort(key=lambda c: (c.refused, not c.title.lower().startswith(typed)))
        for choice in found:
            item = QListWidgetItem(choice.title)
            item.setData(_ROLE, choice)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{choice.title}. {choice.note}")
            if choice.refused:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        self.list.setCurrentRow(self._first_open())
        rows = max(1, min(_MOST_ROWS, self.list.count()))
        self.list.setFixedHeight(rows * _row_height() + 4)
        self.setFixedWidth(round(336 * max(1.0, theme.scale())))
        self.adjustSize()

    def _first_open(self) -> int:
        for row in range(self.list.count()):
            if self.list.item(row).flags() & Qt.ItemFlag.ItemIsEnabled:
                return row
        return -1

    def _take(self, item: QListWidgetItem | None) -> None:
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        choice = item.data(_ROLE)
        self.hide()
        self.chosen.emit(choice.value)
        self.closed.emit()

    def _step(self, by: int) -> None:
        row = self.list.currentRow()
        for _ in range(self.list.count()):
            row = (row + by) % self.list.count()
            if self.list.item(row).flags() & Qt.ItemFlag.ItemIsEnabled:
                self.list.setCurrentRow(row)
                return

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
            if event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
                self.close_list()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Tab):
                self._step(1)
                return True
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Backtab):
                self._step(-1)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take(self.list.currentItem())
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close_list()
                return True
        return super().eventFilter(watched, event)


class _Row(QStyledItemDelegate):
    """A row: icon in the family's tint, title, and a quieter note behind it."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(200, _row_height())

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        choice = index.data(_ROLE)
        colours = theme.current()
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state = option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.selection)
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 5, 5)
        tint = colours.faint if choice.refused else colours.family(choice.family)
        side = 17
        square = QRect(rect.x() + 8, rect.center().y() - side // 2, side, side)
        renderer(choice.icon, tint).render(painter, square.toRectF())
        font = theme.font(13, 500)
        metrics = QFontMetrics(font)
        painter.setFont(font)
        painter.setPen(colours.faint if choice.refused else colours.text)
        words = rect.adjusted(34, 0, -8, 0)
        title = metrics.elidedText(choice.title, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), title)
        left = metrics.horizontalAdvance(title) + 10
        small = theme.font(12)
        room = words.adjusted(left, 0, 0, 0)
        if room.width() > 40:
            painter.setFont(small)
            painter.setPen(colours.error if choice.refused else colours.faint)
            note = QFontMetrics(small).elidedText(
                choice.note, Qt.TextElideMode.ElideRight, room.width()
            )
            painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), note)
        painter.restore()


def _row_height() -> int:
    return round(30 * max(1.0, theme.scale()))
