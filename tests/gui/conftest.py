"""Before Qt is imported: draw into memory, and keep settings away from the tester's own."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from PySide6.QtCore import QSettings, QStandardPaths

QStandardPaths.setTestModeEnabled(True)


@pytest.fixture(autouse=True)
def same_look(qapp, tmp_path):
    """Every test begins with the light theme, the shipped font, no settings and no motion."""
    from nnstudio.ui import theme

    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path))
    theme.install(qapp)
    theme.set_mode("light")
    theme.set_scale(1.0)
    theme.set_reduced_motion(True)
