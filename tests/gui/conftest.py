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
