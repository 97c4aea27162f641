"""Opens the real window, waits for what a state needs, and takes its pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from nnstudio import app as nnstudio_app
from nnstudio.ui import theme

if TYPE_CHECKING:
    from nnstudio.ui.window import MainWindow

LARGE, SMALL = QSize(1440, 900), QSize(1024, 680)
State = Callable[["Camera"], QWidget | None]


class Camera:
    """``window`` is the open window. A state acts on it; it may return another widget to draw."""

    def __init__(self, folder: Path, scratch: Path, *, quick: bool) -> None:
        self.folder = folder
        self.scratch = scratch
        self.count = 0
        self.themes: tuple[theme.Mode, ...] = ("light", "dark")
        self._quick = quick
        self._window: MainWindow | None = None
        self.app = nnstudio_app.application()
        theme.set_reduced_motion(True)
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def window(self) -> MainWindow:
        assert self._window is not None
        return self._window

    def photograph(self, name: str, state: State) -> None:
        """Bring the window into a state and draw it in every theme and size."""
        self.themes = ("light", "dark")
        theme.set_mode("light")
        theme.set_scale(1.0)
        self._window = nnstudio_app.open_window()
        self.window.resize(LARGE)
        self.window.show()
        try:
            shown = state(self)
            self.spin(0.15)
            if shown is None:
                self._draw_window(name)
            else:
                self._draw_dialog(name, shown)
        finally:
            self._close()

    def panel(self, name: str) -> Any:
        """A panel of the window."""
        return self.window.panel(name)

    def open(self, template: str) -> None:
        """Begin a project and wait for its data."""
        self.window.documents.new(template)
        session = self.window.bridge.session
        self.wait(lambda: session.state in ("ready", "idle") and session.dataset is not None)

    def open_empty(self) -> None:
        """Begin with nothing."""
        self.window.documents.new("empty")

    def wait(self, done: Callable[[], bool], seconds: float = 60.0) -> None:
        """Let the app work until something is so."""
        until = time.monotonic() + seconds
        while not done():
            if time.monotonic() > until:
                raise TimeoutError("the state did not come about")
            self.app.processEvents()
            time.sleep(0.004)

    def spin(self, seconds: float) -> None:
        """Let the app work for a while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.app.processEvents()
            time.sleep(0.004)

    def train(self) -> None:
        """Train to the end."""
        session = self.window.bridge.session
        self.window.run_commands.train()
        self.wait(lambda: session.state == "running", 20)
        self.wait(lambda: session.state not in ("running", "busy"))
        self.spin(0.5)

    def _draw_window(self, name: str) -> None:
        sizes = [("", LARGE, 1.0)]
        if not self._quick:
            sizes += [("-1024", SMALL, 1.0), ("-2x", LARGE, 2.0)]
        for suffix, size, ratio in sizes:
            self.window.resize(size)
            self.spin(0.1)
            for mode in self.themes:
                theme.set_mode(mode)
                self.spin(0.06)
                self._save(self.window, f"{name}-{mode}{suffix}", ratio)
        theme.set_mode("light")

    def _draw_dialog(self, name: str, dialog: QWidget) -> None:
        for mode in self.themes:
            theme.set_mode(mode)
            dialog.show()
            self.spin(0.06)
            self._save(dialog, f"{name}-{mode}", 1.0)
        dialog.close()
        dialog.deleteLater()

    def _save(self, widget: QWidget, name: str, ratio: float) -> None:
        image = QImage(widget.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(theme.current().window)
        widget.render(image, QPoint(0, 0))
        image.save(str(self.folder / f"{name}.png"))
        self.count += 1

    def _close(self) -> None:
        window = self.window
        window.bridge.close()
        window.documents.close()
        window.hide()
        window.deleteLater()
        self._window = None
        # Without a running event loop nobody carries out what deleteLater has asked for.
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        self.spin(0.02)
