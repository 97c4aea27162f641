"""What the app remembers between two starts: geometry, theme, recent files. Nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings, QStandardPaths

MOST_RECENT = 8


def settings() -> QSettings:
    """The app's settings, in one readable file."""
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "NN Studio", "nnstudio")


def get(key: str, default: Any, type_: type | None = None) -> Any:
    """A remembered value; `default` when there is none or it is of another type."""
    value = settings().value(key, default)
    if type_ is bool:
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if type_ is not None:
        try:
            return type_(value)
        except (TypeError, ValueError):
            return default
    return value


def put(key: str, value: Any) -> None:
    """Remember a value."""
    settings().setValue(key, value)


def recent_files() -> list[Path]:
    """The projects last opened or saved that still exist, newest first."""
    value = settings().value("recent", [])
    names = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [path for path in map(Path, names) if path.is_file()]


def remember_file(path: Path) -> None:
    """Put a project at the head of the recent ones."""
    path = path.resolve()
    kept = [path, *(other for other in recent_files() if other != path)][:MOST_RECENT]
    put("recent", [str(other) for other in kept])


def forget_files() -> None:
    """Let no project be recent."""
    put("recent", [])


def data_folder() -> Path:
    """Where the app keeps its own files, such as the recovery file; made if missing."""
    where = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppLocalDataLocation)
    folder = Path(where)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
