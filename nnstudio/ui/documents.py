"""The project as a file: new, open, save, recent ones, and the one question before it is left."""

from __future__ import annotations

import errno
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from nnstudio.project import files, templates
from nnstudio.project.commands import set_trained
from nnstudio.project.disks import answers, no_answer
from nnstudio.project.model import Project
from nnstudio.project.saving import Fingerprint
from nnstudio.session.recovery import LeftBehind
from nnstudio.spec import Place, Problem, ProblemError
from nnstudio.ui import dialogs, settings
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.rescue import Rescue

PATIENCE = 1.5  # seconds for the batch in training to finish before the learner is told of it
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
        self._asking = False
        self._seen: Fingerprint | None = None  # what the file held when it was opened or saved
        self.path: Path | None = None
        self.rescue = Rescue(bridge, lambda: (self.name, self.path, self._seen), self)
        bridge.project_changed.connect(self.changed)

    @property
    def name(self) -> str:
        """What the window's title calls the project."""
        return self.path.stem if self.path is not None else self._bridge.project.name

    @property
    def begun(self) -> bool:
        """Whether there is a project to come back to from the welcome page."""
        return self.path is not None or bool(self._bridge.project.graph.nodes)

    # ---- ways into a project --------------------------------------------------------------------

    def new(self, template: str) -> bool:
        """Begin a project from a template, after asking about unsaved changes."""
        if not self.may_leave():
            return False
        self.rescue.clear()
        self._enter(templates.new(template), None, None)
        return True

    def open(self, path: Path | str | None = None) -> bool:
        """Open a project file, chosen in a dialog if no path is given; whether it was opened.

        The file is read first: one that cannot be opened disturbs neither project nor training.
        """
        if path is None:
            path = dialogs.choose_project(self._window, self._folder())
            if not path:
                return False
        path = Path(path)
        if not answers(path):
            dialogs.show_problems(self._window, [no_answer(path)])
            return False
        seen, project = Fingerprint.of(path), self._load(path)
        if project is None or not self.may_leave():
            return False
        if seen is not None and not seen.still(path):  # it was this file that was just saved
            seen, project = Fingerprint.of(path), self._load(path)
            if project is None:
                return False
        settings.remember_file(path)
        self.rescue.clear()
        self._enter(project, path, seen)
        return True

    def offer_recovery(self) -> bool:
        """Offer what crashed sessions left behind; whether something was taken back."""
        left = self.rescue.left_behind()
        try:
            while left:
                rows = [(_title(one), _about(one)) for one in left]
                answer, row = dialogs.ask_recover(self._window, rows)
                if answer == "recover":
                    if self._recover(left[row]):
                        del left[row]
                        return True
                elif answer == "discard":
                    if dialogs.ask_discard_copy(self._window, rows[row][0]):
                        left.pop(row).throw_away()
                else:
                    return False
        finally:
            for one in left:
                one.leave()
        return False

    def recover(self) -> None:
        """The command: offer what was left behind, or say that there is nothing."""
        left = self.rescue.left_behind()
        for one in left:
            one.leave()
        if left:
            self.offer_recovery()
        else:
            self._bridge.message.emit("No unsaved work of an earlier session was found")

    def _recover(self, left: LeftBehind) -> bool:
        try:
            project = left.project()
        except Exception as error:
            why = error.problems[0] if isinstance(error, ProblemError) else Problem(str(error))
            problem = Problem(
                "This copy cannot be read",
                f"{why} It is kept as {left.file}, until you discard it.",
                Place("file", str(left.file)),
            )
            dialogs.show_problems(self._window, [problem])
            return False
        if not self.may_leave():
            return False
        self.rescue.adopt(left)
        origin = Path(left.note.origin) if left.note.origin else None
        self._enter(project, origin, left.note.fingerprint, saved=False)
        return True

    def _load(self, path: Path) -> Project | None:
        try:
            return files.load(path)
        except ProblemError as error:
            problems = list(error.problems)
        except Exception as error:
            problems = [_cannot("opened", path, error)]
        if path in settings.recent_files() and _is_gone(path):
            settings.forget_file(path)
        dialogs.show_problems(self._window, problems)
        return None

    def _enter(
        self, project: Project, path: Path | None, seen: Fingerprint | None, *, saved: bool = True
    ) -> None:
        self.path, self._seen = path, seen
        self._bridge.store.open(project, saved=saved)
        self._bridge.select([])
        self.changed.emit()
        self.entered.emit()

    # ---- saving ---------------------------------------------------------------------------------

    def save(self) -> bool:
        """Save where the project came from, or ask where; whether it was saved."""
        if self.path is None:
            return self.save_as()
        if not answers(self.path):
            dialogs.show_problems(self._window, [no_answer(self.path)])
            return self.save_as()
        if self._seen is not None and not self._seen.still(self.path):
            answer = dialogs.ask_changed(self._window, self.path.name)
            if answer != "overwrite":
                return self.save_as() if answer == "save_as" else False
        return self._write(self.path)

    def save_as(self) -> bool:
        """Ask where to save, and save there; whether it was saved."""
        suggestion = str(Path(self._folder()) / f"{_file_name(self.name)}{SUFFIX}")
        chosen = dialogs.choose_save(
            self._window, "Save the project", suggestion, [("NN Studio projects", SUFFIX)]
        )
        return self._write(Path(chosen)) if chosen else False

    def _write(self, path: Path) -> bool:
        with_run = self._bridge.copy(PATIENCE) or self.rescue.present()
        project = self._bridge.project
        try:
            seen = files.save(with_run, path)
        except ProblemError as error:
            dialogs.show_problems(self._window, error.problems)
            return False
        except Exception as error:
            dialogs.show_problems(self._window, [_cannot("saved", path, error)])
            return False
        self.path, self._seen = path, seen
        self._bridge.store.mark_saved(project)
        settings.remember_file(path)
        if not self._bridge.store.unsaved:
            self.rescue.clear()
        self._bridge.message.emit(f"Saved {path.name}")
        self.changed.emit()
        return True

    # ---- the way out ----------------------------------------------------------------------------

    def may_leave(self) -> bool:
        """Whether the present project may go; asks when there is something unsaved.

        A run is paused first, so that the question is about what it has learned, too. After
        "cancel" it can be resumed. While the question is open, the answer to a second one is no.
        """
        if self._asking:
            return False
        self._asking = True
        try:
            running, before = self._bridge.session.state == "running", self._bridge.project.trained
            if not self._bring_home():
                return False
            if not self._bridge.store.unsaved:
                return True
            apart = self._bridge.project.trained is before
            run: dialogs.Run = "none" if not running else "apart" if apart else "paused"
            answer = dialogs.ask_unsaved(self._window, self.name, run)
            return self.save() if answer == "save" else answer == "discard"
        finally:
            self._asking = False

    def secure(self) -> None:
        """The app may be ended at any moment: what is unsaved is on the disk when this returns."""
        self._bridge.rest(PATIENCE)
        self.rescue.write_now()

    def close(self) -> None:
        """The app ends in order: nothing to rescue."""
        self.rescue.close()

    def _bring_home(self) -> bool:
        """Let what a run has learned enter the project; whether the learner goes on to leave."""
        bridge = self._bridge
        if bridge.rest(PATIENCE):
            return True
        answer = dialogs.wait_for_batch(self._window, lambda: bridge.session.state != "running")
        copied = self.rescue.copied
        if answer == "leave" and bridge.session.state == "running" and copied is not None:
            bridge.do("Train", set_trained, copied.trained)
        return answer != "stay"

    def _folder(self) -> str:
        """Where the file dialog begins: with the project, or with the one last worked on."""
        recent = settings.recent_files()
        path = self.path or (recent[0] if recent else None)
        if path is not None and answers(path.parent):
            return str(path.parent)
        return str(Path.home())


def _title(left: LeftBehind) -> str:
    return left.note.name or left.file.stem


def _about(left: LeftBehind) -> str:
    """When it was copied, how much training is in it, and where it came from."""
    note = left.note
    parts = []
    if note.written:
        parts.append(datetime.fromtimestamp(note.written).strftime("%d %B, %H:%M"))
    if note.epochs:
        parts.append(f"{note.epochs:,} epoch" + ("s" if note.epochs != 1 else ""))
    if note.name:
        parts.append(note.origin or "never saved")
    return " · ".join(parts)


def _is_gone(path: Path) -> bool:
    """Whether there can be no such file; a disk that does not answer now may answer later."""
    try:
        path.stat()
    except OSError as error:
        return error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)
    except ValueError:  # a null character in the name
        return True
    return False


def _cannot(done: str, path: Path, error: Exception) -> Problem:
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return Problem(
        f"{path.name} could not be {done}",
        f"{why}. Your project is unchanged; try another folder or name.",
        Place("file", str(path)),
    )


def _file_name(name: str) -> str:
    """A project's name as a file name that every system takes."""
    kept = "".join(c if c.isalnum() or c in " -_." else "-" for c in name).strip(" .")
    return kept[:80] or "project"
