"""A bar that says that something went wrong inside the app, and stands in nobody's way.

An exception in a slot may come back thirty times a second. Each cause is told once, without a
dialog: everything else can be used meanwhile, above all Save.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QToolButton,
    QVBoxLayout,
)

from nnstudio.session import trouble
from nnstudio.spec import Problem
from nnstudio.ui import theme
from nnstudio.ui.dialogs import plain_label

WIDTH, GAP = 720, 12
MOST = 400  # characters of a message that are shown; the details have all of it


class TroubleBar(QFrame):
    """Lies over the lower edge of a window until it is closed."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._more = 0
        self.setProperty("role", "card")
        self.setAutoFillBackground(True)
        self._picture = QLabel()
        self.title = plain_label("", "title")
        self.text = plain_label("", "secondary")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.text)
        self.copy = QPushButton("Copy details")
        self.copy.setToolTip("Where it happened, for a report: text without your data")
        self.copy.clicked.connect(self._copy)
        self.save = QPushButton("Save the project")
        self.save.clicked.connect(self._save)
        self.close_button = QToolButton()
        self.close_button.setIcon(theme.icon("close"))
        self.close_button.setAccessibleName("Close this message")
        self.close_button.setToolTip("Close this message")
        self.close_button.setAutoRaise(True)
        self.close_button.clicked.connect(self._dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 10, 12)
        row.setSpacing(10)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self.copy)
        row.addWidget(self.save)
        row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        theme.notifier.changed.connect(self._restyle)
        window.installEventFilter(self)
        self._restyle()
        self.hide()

    def say(self, problem: Problem) -> None:
        """Show a problem, or behind one that is shown how many came after it."""
        if self.isHidden():
            self._more = 0
            self.title.setText(problem.title)
            self.text.setText(_short(problem.explain))
            self.setAccessibleDescription(problem.explain)
        else:
            self._more += 1
            self.title.setText(f"{self.title.text().split(' · ')[0]} · and {self._more} more")
        self.setAccessibleName(self.title.text())
        self.copy.setText("Copy details")
        self.save.setVisible(self._save_action() is not None)
        self.show()
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._place()
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # what lies under the bar is not meant

    def _place(self) -> None:
        room, width = self._window.rect(), min(WIDTH, self._window.width() - 2 * GAP)
        self.setFixedWidth(width)
        height = (
            self.heightForWidth(width) if self.hasHeightForWidth() else self.sizeHint().height()
        )
        self.setFixedHeight(max(height, self.minimumSizeHint().height()))
        lowest = room.bottom() - GAP
        status = self._window.statusBar()
        if status.isVisible():
            lowest = status.y() - GAP
        self.move((room.width() - width) // 2, lowest - self.height())
        self.raise_()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(trouble.details())
        self.copy.setText("Copied")

    def _save_action(self) -> QAction | None:
        found = self._window.findChild(QAction, "save")
        return found if isinstance(found, QAction) else None

    def _save(self) -> None:
        if (action := self._save_action()) is not None:
            action.trigger()

    def _dismiss(self) -> None:
        self.hide()

    def _restyle(self) -> None:
        self._picture.setPixmap(theme.pixmap("warning", 24, theme.current().warning))
        if not self.isHidden():
            self._place()


def tell(error: BaseException) -> None:
    """Say in the open window that this went wrong, unless its like was said before.

    Nothing is raised: this is where exceptions end.
    """
    try:
        if not trouble.note(error):
            return
        problem = trouble.told_of(error)
        app = QApplication.instance()
        if app is not None:  # not at once: the error may come out of the painting of a widget
            QTimer.singleShot(0, app, lambda: _say(problem))
    except Exception as second:
        sys.__excepthook__(type(second), second, second.__traceback__)


def _say(problem: Problem) -> None:
    window = _window()
    if window is not None:
        bar = window.findChild(TroubleBar) or TroubleBar(window)
        bar.say(problem)


def _window() -> QMainWindow | None:
    """The main window that is seen, the active one first."""
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMainWindow)]
    shown = [window for window in found if window.isVisible()]
    return max(shown, key=lambda window: window.isActiveWindow(), default=None)


def _short(text: str) -> str:
    return text if len(text) <= MOST else text[: MOST - 1] + "…"
