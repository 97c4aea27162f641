"""A sentence that lies over the graph, so that nothing jumps when it comes and goes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from nnstudio.ui import theme
from nnstudio.ui.text import ampersand

INSET = 12


class Note(QLabel):
    """An error in the upper left corner of its parent; hidden while there is nothing to say.

    ``repair_wanted`` says that the button behind the sentence was pressed.
    """

    repair_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setMargin(8)
        self.setWordWrap(True)
        self.repair = QPushButton(self)
        self.repair.setCursor(Qt.CursorShape.PointingHandCursor)
        self.repair.clicked.connect(self.repair_wanted)
        self.repair.hide()
        self.hide()

    def say(self, text: str, repair: str = "") -> None:
        """Show a sentence, nothing if it is empty; as wide as it needs and the parent allows.

        ``repair`` is the text of a button behind it.
        """
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
        self.repair.setVisible(bool(repair))
        self.repair.setText(ampersand(repair))
        self.repair.setAccessibleName(repair)
        self.repair.adjustSize()
        beside = self.repair.width() + 8 if repair else 0
        self.setContentsMargins(0, 0, beside, 0)
        self.setFixedWidth(min(self.fontMetrics().horizontalAdvance(text) + 28 + beside, room))
        self.setMinimumHeight(self.repair.height() + 10 if repair else 0)
        self.adjustSize()
        self.move(INSET, INSET)
        self.repair.move(
            self.width() - self.repair.width() - 8, (self.height() - self.repair.height()) // 2
        )
        self.raise_()
