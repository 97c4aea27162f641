"""A dialog that was answered leaves nothing behind in the window that asked."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QDialog, QWidget

from nnstudio.spec import Problem
from nnstudio.ui import dialogs


@pytest.mark.parametrize(
    "ask",
    [
        lambda parent: dialogs.show_problems(parent, [Problem("It did not work", "Try again.")]),
        lambda parent: dialogs.show_about(parent),
        lambda parent: dialogs.ask_recover(parent, [("A project", "yesterday")]),
        lambda parent: dialogs.import_data(parent, __file__),
    ],
    ids=["problems", "about", "recover", "import"],
)
def test_questions_do_not_pile_up_in_the_window(qtbot, monkeypatch, ask):
    window = QWidget()
    qtbot.addWidget(window)
    asked = []
    monkeypatch.setattr(QDialog, "exec", lambda dialog: asked.append(dialog.reject()))
    for _ in range(3):
        ask(window)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert len(asked) == 3
    assert window.findChildren(QDialog) == []
