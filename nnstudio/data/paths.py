"""A path as a learner writes it."""

from __future__ import annotations

import os
from pathlib import Path


def written(path: str | Path) -> Path:
    """The path meant: ``~`` is the home folder. One that nobody has is a name like any other."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises for strangers
