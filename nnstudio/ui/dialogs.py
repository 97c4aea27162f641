"""All modal dialogs. Everybody else calls these functions, so a test can replace them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from nnstudio import __version__
from nnstudio.spec import Problem
from nnstudio.ui import theme
from nnstudio.ui.text import ampersand

if TYPE_CHECKING:
    from nnstudio.data.dataset import DataSource

Answer = Literal["save", "discard", "cancel"]
Run = Literal["none", "paused", "apart"]
PROJECTS = "NN Studio projects (*.nns)"


_AT_STAKE: dict[Run, str] = {
    "none": "If you do not save them, the changes since the last time are lost.",
    "paused": "Training is paused. The weights and curves so far are among the changes: if you do "
    "not save them, they are lost. After Cancel you can resume training.",
    "apart": "Training is stopped. The network was changed while it trained, so the trained "
    "weights do not fit it and are not among the changes. To keep them, choose Cancel, undo the "
    "change and save.",
}


class Question(QDialog):
    """A title, what it is about, and one button for each answer; the first is the suggested one."""

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        text: str,
        answers: Sequence[tuple[str, str]],
        *,
        icon: str = "help",
        cancel: str = "",
    ) -> None:
        super().__init__(parent)
        self.answer = cancel
        self.setWindowTitle("NN Studio")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 22, 24, 18)
        outer.setSpacing(18)
        top = QHBoxLayout()
        top.setSpacing(16)
        picture = QLabel()
        picture.setPixmap(theme.pixmap(icon, 28, _icon_colour(icon)))
        picture.setAccessibleName(icon)
        top.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(6)
        self.title = plain_label(title, "heading")
        self.title.setMinimumWidth(380)
        words.addWidget(self.title)
        if text:
            self.text = plain_label(text, "secondary")
            words.addWidget(self.text)
        top.addLayout(words, 1)
        outer.addLayout(top)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        made = [self._button(key, label, first=n == 0) for n, (key, label) in enumerate(answers)]
        for button in reversed(made):
            buttons.addWidget(button)
        outer.addLayout(buttons)
        self.setMaximumWidth(560)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)

    def _button(self, key: str, label: str, *, first: bool) -> QPushButton:
        button = QPushButton(ampersand(label))
        if first:
            button.setProperty("role", "primary")
            button.setDefault(True)
        button.clicked.connect(lambda: self.give(key))
        return button

    def give(self, key: str) -> None:
        """Answer and close."""
        self.answer = key
        self.accept()


class Shortcuts(QDialog):
    """Every command that has a shortcut, by menu."""

    def __init__(
        self, parent: QWidget | None, groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 16)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setAccessibleName("Keyboard shortcuts")
        page = QWidget()
        page.setProperty("role", "panel")
        columns = QHBoxLayout(page)
        columns.setContentsMargins(24, 20, 24, 20)
        columns.setSpacing(36)
        for packed in _columns(groups):
            grid = QGridLayout()
            grid.setHorizontalSpacing(24)
            grid.setVerticalSpacing(5)
            columns.addLayout(grid)
            row = 0
            for title, entries in packed:
                heading = plain_label(title, "caption")
                heading.setContentsMargins(0, 10 if row else 0, 0, 2)
                grid.addWidget(heading, row, 0, 1, 2)
                for label, keys in entries:
                    row += 1
                    grid.addWidget(plain_label(label, wrap=False), row, 0)
                    shown = plain_label(keys, "secondary", wrap=False)
                    grid.addWidget(shown, row, 1)
                row += 1
            grid.setRowStretch(row, 1)
        area.setWidget(page)
        outer.addWidget(area)
        outer.addLayout(_close_row(self))
        self.resize(QSize(880, 560))


class About(QDialog):
    """What this is, its version and its licences."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About NN Studio")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(28, 24, 28, 16)
        outer.setSpacing(10)
        outer.addWidget(plain_label("NN Studio", "headline"))
        outer.addWidget(plain_label(f"Version {__version__}", "secondary"))
        text = plain_label(
            "See a neural network think: build it from layers, train it on your own data, and open "
            "any number on the screen to see where it came from.\n\n"
            "Everything runs on this computer: no account, and nothing is sent anywhere.\n\n"
            "NN Studio is free software under the MIT licence. It is set in Inter (SIL Open Font "
            "License) and is built with Python, Qt, NumPy, SciPy and scikit-learn."
        )
        text.setMinimumWidth(420)
        outer.addWidget(text)
        outer.addSpacing(8)
        row = _close_row(self)
        row.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(row)


def ask_unsaved(parent: QWidget | None, name: str, run: Run = "none") -> Answer:
    """Whether to save the changes of project `name` before it is left.

    `run` says whether training rests for this question, and whether what it learned is in the
    project or fits the network no more.
    """
    answer = _run(unsaved_question(parent, name, run))
    return "save" if answer == "save" else "discard" if answer == "discard" else "cancel"


def unsaved_question(parent: QWidget | None, name: str, run: Run = "none") -> Question:
    """The dialog behind `ask_unsaved`."""
    return Question(
        parent,
        f"Save the changes to “{name}”?",
        _AT_STAKE[run],
        [("save", "Save"), ("cancel", "Cancel"), ("discard", "Do not save")],
        icon="save",
        cancel="cancel",
    )


def ask_changed(parent: QWidget | None, name: str) -> str:
    """What to do about a file that another program changed: overwrite, save_as or cancel."""
    return _run(changed_question(parent, name))


def changed_question(parent: QWidget | None, name: str) -> Question:
    """The dialog behind `ask_changed`."""
    return Question(
        parent,
        f"“{name}” was changed by another program",
        "Since it was opened or saved here, something else has written to this file. Overwriting "
        "it loses that change. To keep both, save under another name.",
        [("save_as", "Save as…"), ("cancel", "Cancel"), ("overwrite", "Overwrite")],
        icon="warning",
        cancel="cancel",
    )


def ask_replace(parent: QWidget | None, name: str) -> bool:
    """Whether to replace a file that the file dialog has not asked about."""
    return _run(replace_question(parent, name)) == "replace"


def replace_question(parent: QWidget | None, name: str) -> Question:
    """The dialog behind `ask_replace`."""
    return Question(
        parent,
        f"Replace “{name}”?",
        "A file with this name is there already. Replacing it loses what it holds.",
        [("", "Choose another name"), ("replace", "Replace")],
        icon="warning",
    )


def wait_for_batch(parent: QWidget | None, done: Callable[[], bool]) -> str:
    """Wait until the batch in training is `done`; what came of it: done, leave or stay."""
    dialog = Question(
        parent,
        "Waiting for the batch that is being trained",
        "Then training is paused with all that it has learned. Without waiting, the project is "
        "left with the latest copy of its weights and curves.",
        [("stay", "Cancel"), ("leave", "Do not wait")],
        icon="pause",
        cancel="stay",
    )
    look = QTimer(dialog)
    look.timeout.connect(lambda: dialog.give("done") if done() else None)
    look.start(50)
    return _run(dialog)


def ask_recover(parent: QWidget | None, rows: Sequence[tuple[str, str]]) -> tuple[str, int]:
    """Which of the projects of apps that crashed to take back; `rows` are (name, about).

    Returns recover, discard or later, and the row it is about.
    """
    from nnstudio.ui.recover_dialog import RecoverDialog

    dialog = RecoverDialog(parent, rows)
    return _run(dialog), dialog.row


def ask_discard_copy(parent: QWidget | None, name: str) -> bool:
    """Whether to delete a rescued project for good."""
    question = Question(
        parent,
        f"Discard the copy of “{name}”?",
        "It is the only one, and it cannot be brought back.",
        [("", "Keep it"), ("discard", "Discard")],
        icon="warning",
    )
    return _run(question) == "discard"


def show_problems(parent: QWidget | None, problems: Sequence[Problem]) -> None:
    """Tell of something that did not work: what happened, why, what to do."""
    _run(problem_message(parent, problems))


def problem_message(parent: QWidget | None, problems: Sequence[Problem]) -> Question:
    """The dialog behind `show_problems`."""
    first = problems[0]
    more = "\n".join(f"· {problem}" for problem in problems[1:6])
    text = f"{first.explain}\n\n{more}".strip() if more else first.explain
    return Question(parent, first.title, text, [("", "Close")], icon="warning")


def show_shortcuts(
    parent: QWidget | None, groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]
) -> None:
    """Show the list of keyboard shortcuts."""
    _run(Shortcuts(parent, groups))


def show_about(parent: QWidget | None) -> None:
    """Show what this app is."""
    _run(About(parent))


def choose_project(parent: QWidget | None, folder: str) -> str:
    """A project file to open; empty if none was chosen."""
    chosen, _ = QFileDialog.getOpenFileName(parent, "Open a project", folder, PROJECTS)
    return chosen


def choose_save(
    parent: QWidget | None, title: str, suggestion: str, filters: Sequence[tuple[str, str]]
) -> str:
    """Where to write a file; `filters` are (title, suffix) pairs, the first gives the suffix.

    Nothing is overwritten unasked: the file dialog asks about the name that was typed, and this
    function about the one that it makes of it with a suffix. Empty if nothing was chosen.
    """
    joined = ";;".join(f"{name} (*{suffix})" for name, suffix in filters)
    suffixes = [suffix for _, suffix in filters]
    while True:
        chosen, used = QFileDialog.getSaveFileName(parent, title, suggestion, joined)
        if not chosen or Path(chosen).suffix.lower() in suffixes:
            return chosen
        wanted = next((suffix for suffix in suffixes if f"*{suffix})" in used), suffixes[0])
        chosen += wanted
        if not os.path.lexists(chosen) or ask_replace(parent, Path(chosen).name):
            return chosen
        suggestion = chosen


def choose_path(parent: QWidget | None, title: str, start: str, *, folder: bool) -> str:
    """A file or a folder of the user's; empty if none was chosen."""
    if folder:
        return QFileDialog.getExistingDirectory(parent, title, start)
    chosen, _ = QFileDialog.getOpenFileName(
        parent, title, start, "Tables and texts (*.csv *.tsv *.txt *.data);;All files (*)"
    )
    return chosen


def plain_label(text: str, role: str = "", *, wrap: bool = True) -> QLabel:
    """A label that shows its text as it is, never as markup."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    if role:
        label.setProperty("role", role)
    return label


Groups = Sequence[tuple[str, Sequence[tuple[str, str]]]]


def _columns(groups: Groups) -> list[list[tuple[str, Sequence[tuple[str, str]]]]]:
    """The groups in three columns of about the same length."""
    columns: list[list[tuple[str, Sequence[tuple[str, str]]]]] = [[], [], []]
    for group in sorted(groups, key=lambda group: -len(group[1])):
        if group[1]:
            shortest = min(columns, key=lambda c: sum(len(entries) + 1 for _, entries in c))
            shortest.append(group)
    return columns


def _run(dialog: QDialog) -> str:
    """Show a dialog until it is answered; then it goes, although its parent stays."""
    try:
        dialog.exec()
        return str(getattr(dialog, "answer", ""))
    finally:
        dialog.deleteLater()


def _close_row(dialog: QDialog) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(24, 0, 24, 0)
    row.addStretch(1)
    close = QPushButton("Close")
    close.setProperty("role", "primary")
    close.setDefault(True)
    close.clicked.connect(dialog.accept)
    row.addWidget(close)
    return row


def _icon_colour(icon: str) -> QColor:
    colours = theme.current()
    return {"warning": colours.warning, "error": colours.error}.get(icon, colours.accent)


def import_data(parent: QWidget | None, path: str) -> DataSource | None:
    """Show what is in a file or folder; the data source to learn from, or None."""
    from nnstudio.ui.import_data import ImportData

    dialog = ImportData(parent, path)
    _run(dialog)
    return dialog.source if dialog.result() == QDialog.DialogCode.Accepted else None
