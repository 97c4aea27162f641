"""Ends that come from outside: signals, and the end of the desktop session.

Both lead to the one question before a project is left. What is unsaved is on the disk before it is
asked, since whoever ends programs may not wait for an answer.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from nnstudio.ui.window import MainWindow

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class SessionManager(Protocol):
    """The part of Qt's QSessionManager that is used here."""

    def allowsInteraction(self) -> bool: ...
    def release(self) -> None: ...
    def cancel(self) -> None: ...


class Ending(QObject):
    """Closes the window when the system wants the app to end."""

    def __init__(self, app: QApplication, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._signalled = False
        app.commitDataRequest.connect(self.session_ends, Qt.ConnectionType.DirectConnection)

    def listen(self) -> None:
        """Take the signals that ask a program to end, but those that are ignored on purpose."""
        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda number, _: self.signalled(number))

    def signalled(self, number: int) -> None:
        """The first signal asks the question; one more ends the app, and the work is offered again.

        Python calls this between any two of its instructions, so everything is left for later.
        """
        if self._signalled:
            QTimer.singleShot(0, lambda: QApplication.exit(128 + number))
        else:
            self._signalled = True
            QTimer.singleShot(0, self._close)

    def session_ends(self, manager: SessionManager) -> None:
        """The learner logs out or shuts down: ask if that is allowed, and stop it at "cancel"."""
        self._window.secure()
        if manager.allowsInteraction():
            closed = self._closes()
            manager.release()
            if not closed:
                manager.cancel()

    def _close(self) -> None:
        self._window.secure()
        self._closes()
        self._signalled = False

    def _closes(self) -> bool:
        """Close the window; no if it is to stay, or if a question stands open already."""
        self._window.close()
        if self._window.isVisible():
            return False
        if QApplication.activeModalWidget() is not None:
            QApplication.exit(0)  # the dialog would keep the app alive, unseen
        return True
