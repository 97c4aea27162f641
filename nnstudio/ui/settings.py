"""What the app remembers between two starts: geometry, theme, recent files. Nothing else.

Settings may be damaged, and what they name may be gone or lie on a disk that does not answer. So
every value that makes no sense gives way to its default, and no file named here is looked at.
"""

from __future__ import annotations

import math
import os
import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings, QStandardPaths

MOST_RECENT = 8


def settings() -> QSettings:
    """The app's settings, in one readable file."""
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "NN Studio", "nnstudio")


def get(key: str, default: Any, type_: type | None = None) -> Any:
    """A remembered value; `default` when there is none or it is of another type."""
    try:
        value = settings().value(key, default)
        if type_ is bool:
            return value if isinstance(value, bool) else str(value).lower() == "true"
        if type_ is None:
            return value
        read = type_(value)
        return default if isinstance(read, float) and not math.isfinite(read) else read
    except Exception:  # whatever Qt or a conversion makes of a damaged value
        return default


def put(key: str, value: Any) -> None:
    """Remember a value."""
    settings().setValue(key, value)


def recent_files() -> list[Path]:
    """The projects last opened or saved, newest first, whether or not they are still there."""
    value = get("recent", [])
    names = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [Path(name) for name in names if isinstance(name, str) and name][:MOST_RECENT]


def remember_file(path: Path) -> None:
    """Put a project at the head of the recent ones."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 - links are not followed: no disk is asked
    _put_recent([path, *(other for other in recent_files() if other != path)])


def forget_file(path: Path) -> None:
    """Take a project out of the recent ones."""
    _put_recent([other for other in recent_files() if other != path])


def forget_files() -> None:
    """Let no project be recent."""
    put("recent", [])


def _put_recent(paths: list[Path]) -> None:
    put("recent", [str(path) for path in paths[:MOST_RECENT]])


def data_folder() -> Path:
    """Where the app keeps its own files, such as copies for a crash; it need not be there yet."""
    where = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppLocalDataLocation)
    return Path(where) if where else Path(tempfile.gettempdir(), "nnstudio")
