"""Disks that do not answer: whoever asks about a file on a lost network drive waits for ever.

The question is asked in a thread of its own, which waits in the caller's place.
"""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

from nnstudio.spec import Place, Problem

PATIENCE = 2.0  # seconds; a disk that has to spin up or a slow network takes less


def answers(path: Path) -> bool:
    """Whether the disk of a path says anything about it in time, be it that it is not there."""

    def ask() -> None:
        with contextlib.suppress(OSError, ValueError):
            os.stat(path)  # noqa: PTH116 - for the question alone

    asking = threading.Thread(target=ask, name="disk", daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return not asking.is_alive()


def no_answer(path: Path) -> Problem:
    """What is told about such a disk."""
    return Problem(
        f"The disk of {path.name} does not answer",
        f"{path.parent} is on a drive that is not connected or very slow. Connect it and try "
        "again, or use another folder.",
        Place("file", str(path)),
    )
