"""Before Qt is imported: draw into memory, and keep settings away from the tester's own."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from PySide6.QtCore import QSettings, QStandardPaths

QStandardPaths.setTestModeEnabled(True)


@pytest.fixture(scope="session")
def look(qapp):
    """The shipped font and style, installed once."""
    from nnstudio.ui import theme

    theme.install(qapp)


@pytest.fixture(autouse=True)
def same_look(look, tmp_path):
    """Every test begins with the light theme, no settings and nothing that moves by itself."""
    from nnstudio.ui import theme

    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path))
    if theme.mode() != "light":
        theme.set_mode("light")
    if theme.scale() != 1.0:
        theme.set_scale(1.0)
    if not theme.reduced_motion():
        theme.set_reduced_motion(True)


@pytest.fixture
def open_studio(qtbot):
    """Makes a bridge over a project whose data has been loaded; ``idle``: has been refused."""
    from nnstudio.session.session import Session
    from nnstudio.session.store import Store
    from nnstudio.ui.bridge import Bridge

    made = []

    def make(project, state="ready"):
        bridge = Bridge(Session(Store(project)))
        made.append(bridge)
        qtbot.waitUntil(lambda: bridge.session.state == state, timeout=30_000)
        bridge.drain()
        return bridge

    yield make
    for bridge in made:
        assert bridge.close()


@pytest.fixture
def whole_window(qtbot, monkeypatch):
    """The app's window at its usual size, shown; it is left without a question."""
    from nnstudio.app import open_window
    from nnstudio.ui import dialogs

    monkeypatch.setattr(dialogs, "ask_unsaved", lambda *args: "discard")
    made = open_window()
    made.resize(1440, 900)
    made.show()
    yield made
    made.close()
    made.deleteLater()
