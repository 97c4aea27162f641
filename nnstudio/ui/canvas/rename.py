"""Typing a card's title where it stands."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from nnstudio.ui import theme


class TitleEditor(QLineEdit):
    """A line over the title: Enter or leaving it takes the new title, Escape keeps the old."""

    renamed = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._canvas = parent
        self._id = ""
        self.setAccessibleName("Title of the card")
        self.setMaxLength(80)
        self.hide()

    def open(self, id: str, title: str, zoom: float) -> None:
        """Edit the title of the card `id`."""
        self._id = id
        self.setFont(theme.font(13 * max(0.8, zoom), 600, scaled=False))
        self.setText(title)
        self.selectAll()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def _take(self) -> None:
        id, self._id = self._id, ""
        self.hide()
        if id:
            self.renamed.emit(id, self.text())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.isVisible():
            self._take()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take()
            self._canvas.setFocus()
        elif event.key() == Qt.Key.Key_Escape:
            self._id = ""
            self.hide()
            self._canvas.setFocus()
        else:
            super().keyPressEvent(event)
