"""How large the window is on a screen that it has not been on before."""

from __future__ import annotations

from PySide6.QtCore import QSize

LEAST = QSize(1000, 640)
ROOMY = QSize(1440, 900)
TITLE_BAR = 40  # pixels that a title bar and borders take at most


def first_size(available: QSize) -> QSize:
    """The size of the very first window, so that all of it is seen on a small screen."""
    return ROOMY.boundedTo(available - QSize(0, TITLE_BAR)).expandedTo(LEAST)
