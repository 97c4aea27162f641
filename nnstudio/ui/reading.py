"""Reading modules ahead in a thread of their own, so that the window lives meanwhile.

Only modules without Qt are read there: what belongs to the window is read in the window's thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator

PAGES = (
    *("nnstudio.ui.panels.training", "nnstudio.ui.panels.data", "nnstudio.ui.panels.evaluate"),
    *("nnstudio.ui.panels.try_it", "nnstudio.ui.backprop.panel", "nnstudio.ui.canvas.outline"),
)
"""The modules of the pages that are built when they are first shown."""

READING = 4  # ms between two looks whether the modules have been read


def read_ahead(modules: Callable[[], None]) -> Generator[int]:
    """Read modules in a thread; yields the milliseconds until the next look whether it is done."""
    reading = threading.Thread(target=modules, name="reading", daemon=True)
    reading.start()
    try:
        while reading.is_alive():
            yield READING
    finally:
        reading.join()


def lower_floors() -> None:
    """What every session needs: the parts, data sets, projects, the engine and its worker."""
    import nnstudio.project.files
    import nnstudio.project.templates
    import nnstudio.session.session  # noqa: F401


def inspectors() -> None:
    """What the panels on results and on backpropagation need."""
    import nnstudio.analysis.evaluation
    import nnstudio.analysis.expression
    import nnstudio.analysis.network_pass
    import nnstudio.analysis.prediction  # noqa: F401
