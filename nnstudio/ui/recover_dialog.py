"""What apps that ended without closing had not saved: take one back, discard it, or later."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.dialogs import plain_label
from nnstudio.ui.text import tooltip

MOST_SHOWN = 5  # rows before the list scrolls


class RecoverDialog(QDialog):
    """A list of (name, about); ``answer`` is recover, discard or later, ``row`` the chosen one.

    Closing the dialog means later: nothing is deleted by pressing Escape.
    """

    def __init__(self, parent: QWidget | None, rows: Sequence[tuple[str, str]]) -> None:
        super().__init__(parent)
        self.answer, self.row = "later", 0
        self.setWindowTitle("NN Studio")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 22, 24, 18)
        outer.setSpacing(14)
        top = QHBoxLayout()
        top.setSpacing(16)
        picture = QLabel()
        picture.setPixmap(theme.pixmap("reset", 28, theme.current().accent))
        picture.setAccessibleName("reset")
        top.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(6)
        title = "Recover unsaved work?"
        text = (
            "NN Studio ended before this project was saved."
            if len(rows) == 1
            else f"NN Studio ended before these {len(rows)} projects were saved."
        )
        words.addWidget(plain_label(title, "heading"))
        words.addWidget(plain_label(text, "secondary"))
        top.addLayout(words, 1)
        outer.addLayout(top)
        self.list = QListWidget()
        self.list.setAccessibleName("Projects that can be recovered")
        self.list.setSpacing(2)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for name, about in rows:
            item = QListWidgetItem(f"{name}\n{about}")
            item.setToolTip(tooltip(name, about))
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.itemDoubleClicked.connect(lambda _: self._give("recover"))
        outer.addWidget(self.list)
        outer.addLayout(self._buttons())
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        height = self.list.sizeHintForRow(0) + 4
        self.list.setFixedHeight(height * min(MOST_SHOWN, max(1, len(rows))) + 12)
        self.resize(QSize(560, self.sizeHint().height()))
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for answer, label in (("discard", "Discard…"), ("later", "Later"), ("recover", "Recover")):
            button = QPushButton(label)
            if answer == "recover":
                button.setProperty("role", "primary")
                button.setDefault(True)
            button.clicked.connect(lambda _=False, answer=answer: self._give(answer))
            row.addWidget(button)
        return row

    def _give(self, answer: str) -> None:
        self.answer, self.row = answer, max(0, self.list.currentRow())
        self.accept()
