"""The app with its window: one application, one session, one main window."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

import nnstudio
from nnstudio import resources
from nnstudio.session import garbage
from nnstudio.ui import settings, theme
from nnstudio.ui.ending import Ending
from nnstudio.ui.window import MainWindow

if TYPE_CHECKING:
    from nnstudio.project.model import Project
    from nnstudio.ui.bridge import Bridge

# While a network trains, its thread and the window take turns at the interpreter, and the window
# waits this long at most calls into Qt. Python's usual 5 ms would show as late repaints; below a
# tenth of a millisecond training becomes slower.
SWITCH_INTERVAL = 0.0001

#: Milliseconds between two looks at whether garbage is to be collected.
_SWEEP = 200


def application() -> QApplication:
    """The one QApplication, made at the first call, with name, icon, fonts and the chosen look."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    app = QApplication(sys.argv[:1])
    app.setApplicationName("NN Studio")
    app.setApplicationVersion(nnstudio.__version__)
    app.setDesktopFileName("nnstudio")
    app.setWindowIcon(QIcon(str(resources.path("app/icon.svg"))))
    theme.install(app)
    take_settings()
    garbage.keep_to_one_thread()
    sweep = QTimer(app)
    sweep.timeout.connect(garbage.collect)
    sweep.start(_SWEEP)
    return app


def take_settings() -> None:
    """Theme, text size and motion as they were chosen."""
    mode = settings.get("theme", "system", str)
    if mode in ("light", "dark", "contrast"):
        theme.set_mode(mode)
    theme.set_scale(settings.get("text_scale", 1.0, float))
    theme.set_reduced_motion(settings.get("reduce_motion", False, bool))


def open_window(project: Project | None = None) -> MainWindow:
    """A main window with a session of its own, complete and not yet shown.

    Closing it ends the session.
    """
    window = MainWindow(lambda: _bridge(project))
    window.show_studio()
    return window


def run(path: str | None = None) -> int:
    """Start the app, with a project file or at the welcome page; returns when it is closed."""
    app = application()
    sys.setswitchinterval(SWITCH_INTERVAL)
    sys.excepthook = _tell
    window = open_welcome(furnish=path is None)
    Ending(app, window).listen()
    if path is not None:
        QTimer.singleShot(0, window, lambda: _begin_with(window, path))
    return app.exec()


def open_welcome(*, furnish: bool = True) -> MainWindow:
    """A main window at its welcome page, shown; its studio is built when there is time for it."""
    window = MainWindow(_bridge)
    window.show()
    if furnish:
        window.furnish_when_idle(then=window.offer_recovery)
    return window


def _begin_with(window: MainWindow, path: str) -> None:
    window.open(path)
    if window.isVisible():  # it may have been closed while it said what is wrong with the file
        window.offer_recovery()


def _bridge(project: Project | None = None) -> Bridge:
    from nnstudio.project.model import Project
    from nnstudio.session.session import Session
    from nnstudio.session.store import Store
    from nnstudio.ui.bridge import Bridge

    return Bridge(Session(Store(project or Project())))


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An error nobody foresaw, in a slot: say so once, and go on."""
    sys.__excepthook__(kind, error, trace)
    if isinstance(error, Exception):
        from nnstudio.ui import trouble_bar

        trouble_bar.tell(error)
    # Python remembers the last error with all its variables. A painter among them would go on
    # painting on a surface that Qt takes away, and the program would die.
    traceback.clear_frames(trace)
