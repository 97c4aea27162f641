"""A sentence that lies over the graph, so that nothing jumps when it comes and goes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from nnstudio.ui import theme

INSET = 12


class Note(QLabel):
    """An error in the upper left corner of its parent; hidden while there is nothing to say."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setMargin(8)
        self.setWordWrap(True)
        self.hide()

    def say(self, text: str) -> None:
        """Show a sentence, nothing if it is empty; as wide as it needs and the parent allows."""
        self.setText(text)
        self.setVisible(bool(text))
        if not text:
            return
        colours = theme.current()
        self.setStyleSheet(
            f"QLabel {{ background: {colours.panel.name()}; color: {colours.error.name()};"
            f" border: 1px solid {colours.error.name()}; border-radius: 6px; }}"
        )
        self.setFont(theme.font(12, 500))
        parent = self.parentWidget()
        room = max(240, (parent.width() if parent is not None else 0) - 2 * INSET)
        self.setFixedWidth(min(self.fontMetrics().horizontalAdvance(text) + 28, room))
        self.adjustSize()
        self.move(INSET, INSET)
        self.raise_()
