"""The project as a file: new, open, save, recent ones, and what is rescued after a crash."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from nnstudio.project import files, templates
from nnstudio.project.model import Project
from nnstudio.spec import Place, Problem, ProblemError
from nnstudio.ui import dialogs, settings
from nnstudio.ui.bridge import Bridge

AUTOSAVE_PAUSE = 2000
SUFFIX = ".nns"


class Documents(QObject):
    """Opens and saves the bridge's project. ``changed`` tells of another path or saved state.

    ``entered`` says that a project was opened or begun, so that the welcome page can go.
    """

    changed = Signal()
    entered = Signal()

    def __init__(self, bridge: Bridge, window: QWidget) -> None:
        super().__init__(window)
        self._bridge = bridge
        self._window = window
        self.path: Path | None = None
        self._recovery = Recovery()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(AUTOSAVE_PAUSE)
        self._pause.timeout.connect(self._rescue)
        bridge.project_changed.connect(self._project_changed)

    @property
    def name(self) -> str:
        """What the window's title calls the project."""
        return self.path.stem if self.path is not None else self._bridge.project.name

    @property
    def begun(self) -> bool:
        """Whether there is a project to come back to from the welcome page."""
        return self.path is not None or bool(self._bridge.project.graph.nodes)

    def new(self, template: str) -> bool:
        """Begin a project from a template, after asking about unsaved changes."""
        if not self.may_leave():
            return False
        self._enter(templates.new(template), None)
        return True

    def open(self, path: Path | str | None = None) -> bool:
        """Open a project file, chosen in a dialog if no path is given; whether it was opened."""
        if not self.may_leave():
            return False
        if path is None:
            path = dialogs.choose_project(self._window, self._folder())
            if not path:
                return False
        path = Path(path)
        try:
            project = files.load(path)
        except ProblemError as error:
            dialogs.show_problems(self._window, error.problems)
            return False
        except OSError as error:
            dialogs.show_problems(self._window, [_cannot("opened", path, error)])
            return False
        settings.remember_file(path)
        self._enter(project, path)
        return True

    def save(self) -> bool:
        """Save where the project came from, or ask where; whether it was saved."""
        return self._write(self.path) if self.path is not None else self.save_as()

    def save_as(self) -> bool:
        """Ask where to save, and save there; whether it was saved."""
        suggestion = str(Path(self._folder()) / f"{_file_name(self.name)}{SUFFIX}")
        chosen = dialogs.choose_save(
            self._window, "Save the project", suggestion, [("NN Studio projects", SUFFIX)]
        )
        return self._write(Path(chosen)) if chosen else False

    def may_leave(self) -> bool:
        """Whether the present project may go; asks when there is something unsaved."""
        if not self._bridge.store.unsaved:
            return True
        answer = dialogs.ask_unsaved(self._window, self.name)
        return self.save() if answer == "save" else answer == "discard"

    def offer_recovery(self) -> bool:
        """Offer what a crashed session left behind; whether it was taken back."""
        left = self._recovery.left_behind()
        if left is None:
            return False
        try:
            project = files.load(left.file)
        except (ProblemError, OSError):
            left.throw_away()
            return False
        when = datetime.fromtimestamp(left.written).strftime("%d %B, %H:%M")
        wanted = dialogs.ask_recover(self._window, left.name or project.name, when)
        if wanted:
            self._enter(project, Path(left.origin) if left.origin else None)
            self._bridge.store.mark_saved(Project())
            self._rescue()
            self.changed.emit()
        left.throw_away()
        return wanted

    def close(self) -> None:
        """The app ends in order: nothing to rescue."""
        self._pause.stop()
        self._recovery.clear()

    def _enter(self, project: Project, path: Path | None) -> None:
        self.path = path
        self._bridge.store.open(project)
        self._pause.stop()
        self._recovery.clear()
        self._bridge.select([])
        self.changed.emit()
        self.entered.emit()

    def _write(self, path: Path) -> bool:
        project = self._bridge.project
        try:
            files.save(project, path)
        except ProblemError as error:
            dialogs.show_problems(self._window, error.problems)
            return False
        except OSError as error:
            dialogs.show_problems(self._window, [_cannot("saved", path, error)])
            return False
        self.path = path
        self._bridge.store.mark_saved(project)
        settings.remember_file(path)
        self._pause.stop()
        self._recovery.clear()
        self._bridge.message.emit(f"Saved {path.name}")
        self.changed.emit()
        return True

    def _project_changed(self, change: object) -> None:
        if self._bridge.store.unsaved:
            self._pause.start()
        self.changed.emit()

    def _rescue(self) -> None:
        if self._bridge.store.unsaved:
            self._recovery.write(self._bridge.project, self.name, self.path)

    def _folder(self) -> str:
        if self.path is not None:
            return str(self.path.parent)
        recent = settings.recent_files()
        return str(recent[0].parent if recent else Path.home())


class LeftBehind:
    """A recovery file whose app no longer runs."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.written = file.stat().st_mtime
        note = file.with_suffix(".txt")
        lines = note.read_text(encoding="utf-8").splitlines() if note.is_file() else []
        self.name = lines[0] if lines else ""
        self.origin = lines[1] if len(lines) > 1 else ""

    def throw_away(self) -> None:
        for file in (self.file, self.file.with_suffix(".txt")):
            with contextlib.suppress(OSError):
                file.unlink()


class Recovery:
    """Writes the project beside the app's settings shortly after each change, in a thread.

    A project is an immutable value, so writing it while the learner goes on is safe.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = (folder or settings.data_folder()) / "recovery"
        self._file = self._folder / f"{os.getpid()}{SUFFIX}"
        self._lock = threading.Lock()
        self._newest = 0

    def write(self, project: Project, name: str, origin: Path | None) -> None:
        """Begin writing; a failure is silent, because the learner's own file is not touched."""
        self._newest += 1
        number = self._newest

        def work() -> None:
            with self._lock, contextlib.suppress(OSError, ProblemError):
                if number != self._newest:
                    return
                self._folder.mkdir(parents=True, exist_ok=True)
                files.save(project, self._file)
                note = f"{name}\n{origin or ''}\n"
                self._file.with_suffix(".txt").write_text(note, encoding="utf-8")

        threading.Thread(target=work, name="recovery", daemon=True).start()

    def clear(self) -> None:
        """There is nothing to rescue any more."""
        self._newest += 1
        with self._lock:
            for file in (self._file, self._file.with_suffix(".txt")):
                with contextlib.suppress(OSError):
                    file.unlink()

    def left_behind(self) -> LeftBehind | None:
        """The newest recovery file of an app that no longer runs; older ones are swept away."""
        if not self._folder.is_dir():
            return None
        found = []
        for file in self._folder.glob(f"*{SUFFIX}"):
            if file == self._file or not file.stem.isdigit() or _runs(int(file.stem)):
                continue
            with contextlib.suppress(OSError):
                found.append(LeftBehind(file))
        found.sort(key=lambda left: left.written, reverse=True)
        month_ago = time.time() - 30 * 86_400
        for left in found[1:]:
            if left.written < month_ago:
                left.throw_away()
        return found[0] if found else None


def _runs(process: int) -> bool:
    """Whether a process of this number is there; on Windows, asking would end it, so never."""
    if os.name == "nt":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _cannot(done: str, path: Path, error: OSError) -> Problem:
    why = error.strerror or str(error)
    return Problem(
        f"{path.name} could not be {done}",
        f"{why}. Your project is unchanged; try another folder or name.",
        Place("file", str(path)),
    )


def _file_name(name: str) -> str:
    """A project's name as a file name that every system takes."""
    kept = "".join(c if c.isalnum() or c in " -_." else "-" for c in name).strip(" .")
    return kept[:80] or "project"
