"""Before Qt is imported: draw into memory, and keep settings away from the tester's own."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from PySide6.QtCore import QStandardPaths

QStandardPaths.setTestModeEnabled(True)


@pytest.fixture(autouse=True)
def same_look(qapp):
    """Every test begins with the light theme, the shipped font and nothing that moves."""
    from nnstudio.ui import theme

    theme.install(qapp)
    theme.set_mode("light")
    theme.set_scale(1.0)
    theme.set_reduced_motion(True)
