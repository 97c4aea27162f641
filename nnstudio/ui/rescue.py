"""Copies for a crash: when they are made, so that none is older than half a minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from nnstudio.project.model import Project
from nnstudio.project.saving import Fingerprint
from nnstudio.session.events import ProblemFound, ResultReady, SnapshotReady
from nnstudio.session.recovery import LeftBehind, Note, Recovery, note_of
from nnstudio.session.standing import fits
from nnstudio.ui import settings
from nnstudio.ui.bridge import Bridge

QUIET = 2.0  # seconds without an edit after which a copy is written
LONGEST = 10.0  # seconds after an edit until it is written, however many follow
WHILE_TRAINING = 10.0  # seconds between two copies of a run that goes on
LARGE = 64 * 2**20  # bytes of weights and checkpoint from which half as many copies are made

Origin = tuple[str, Path | None, Fingerprint | None]


class Rescue(QObject):
    """Writes a copy of what is unsaved soon after each edit and every few seconds of a run.

    `origin` tells the project's name, the path it belongs to and what that file held.
    """

    def __init__(self, bridge: Bridge, origin: Callable[[], Origin], parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._origin = origin
        folder = settings.data_folder() / "recovery"
        self._recovery = Recovery(folder)
        self._apart = Recovery(folder)  # of a run whose network was changed meanwhile
        self._written: Project | None = None
        self._copied: Project | None = None
        self._ticket = 0
        self._told = ""
        self._since = 0.0  # when the first edit was made that is not written yet; 0: there is none
        self._edits = QTimer(self)
        self._edits.setSingleShot(True)
        self._edits.timeout.connect(self._write_edits)
        self._run = QTimer(self)
        self._run.setInterval(round(WHILE_TRAINING * 1000))
        self._run.timeout.connect(self._ask)
        self._run.start()
        bridge.project_changed.connect(self._edited)
        bridge.event.connect(self._heard)

    @property
    def copied(self) -> Project | None:
        """The latest copy of the run that goes on, None if there is none."""
        return self._copied

    def present(self) -> Project:
        """The project as it stands, with what is known of a run that goes on."""
        project, plan = self._bridge.project, self._bridge.check.plan
        trained = self._copied.trained if self._copied is not None else None
        if trained is None or plan is None or not fits(trained, plan):
            return project
        return project.replace(trained=trained)

    def write_now(self) -> None:
        """Have a copy on the disk before this returns, if anything is unsaved."""
        if self._bridge.store.unsaved or self._copied is not None:
            project = self.present()
            self._recovery.write_now(project, self._note(project))
            self._is_written(project)

    def clear(self) -> None:
        """The project was saved or left: there is nothing to rescue."""
        self._forget()
        self._recovery.clear()
        self._apart.clear()

    def close(self) -> None:
        """The app ends in order."""
        self._forget()
        self._run.stop()
        self._recovery.close()
        self._apart.close()

    def left_behind(self) -> list[LeftBehind]:
        """What apps that ended without closing had not saved, newest first."""
        return self._recovery.left_behind()

    def adopt(self, left: LeftBehind) -> None:
        """What was left behind is the present project now, its copy the present copy."""
        self._forget()
        self._recovery.adopt(left)
        self._apart.clear()

    def _forget(self) -> None:
        self._edits.stop()
        self._since = 0.0
        self._written = self._copied = None
        self._ticket = 0

    def _edited(self, change: object) -> None:
        if not self._bridge.store.unsaved:
            if self._written is not None and self._bridge.session.state != "running":
                self.clear()  # every edit was undone
            return
        if self._bridge.project is self._written:
            return
        now = time.monotonic()
        if not self._since:
            self._since = now
        left = max(0.0, min(QUIET, self._since + LONGEST - now))
        self._edits.start(round(left * 1000))

    def _write_edits(self) -> None:
        self._write(self.present())

    def _ask(self) -> None:
        self._tell_failure()
        if self._recovery.failure is not None:
            self._written = None
            self._write(self.present())  # the disk may have room again
        if self._bridge.session.state != "running":
            self._copied = None
        elif not self._ticket:  # else the present batch takes long
            self._ticket = self._bridge.session.snapshot()

    def _heard(self, event: object) -> None:
        if isinstance(event, SnapshotReady) and event.ticket == self._ticket:
            running = self._bridge.session.state == "running"
            self._copied = event.project if running else None
            self._ticket = 0
            self._write(event.project)
            if event.apart is not None:
                name = f"{self._origin()[0]}, trained before its network was changed"
                self._apart.write(event.apart, note_of(event.apart, name, None, None))
        elif isinstance(event, ProblemFound) and event.ticket == self._ticket:
            self._ticket = 0
        elif isinstance(event, ResultReady):
            self._copied = None  # the project itself is newer
            self._apart.clear()

    def _write(self, project: Project) -> None:
        saved = project is self._bridge.project and not self._bridge.store.unsaved
        if not saved and project is not self._written:
            self._recovery.write(project, self._note(project))
            self._is_written(project)
            large = project.trained is not None and _bytes_of(project) > LARGE
            self._run.setInterval(round(WHILE_TRAINING * 1000) * (2 if large else 1))

    def _is_written(self, project: Project) -> None:
        self._written = project
        self._since = 0.0

    def _note(self, project: Project) -> Note:
        return note_of(project, *self._origin())

    def _tell_failure(self) -> None:
        """Once for each reason: without copies a crash would cost what is unsaved."""
        failure = self._recovery.failure
        told = str(failure) if failure is not None else ""
        if told and told != self._told:
            self._bridge.message.emit(told)
        self._told = told


def _bytes_of(project: Project) -> int:
    assert project.trained is not None
    weights = sum(array.nbytes for array in project.trained.weights.values())
    return weights + len(project.trained.checkpoint)
