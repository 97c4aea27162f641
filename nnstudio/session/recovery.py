"""What is rescued after a crash: a copy of each unsaved project, beside the app's own settings.

Every running app writes under an id of its own and holds the lock of ``<id>.lock``. The system lets
go of a lock when its process ends, however it ends, so whoever gets the lock of another id knows
that nobody is behind it any more. A process number would not tell: it is given out again, and in
containers many have the same. ``<id>.nns`` is the project, ``<id>.json`` a note about it. Nothing
is removed here unless the app that wrote it has no more need of it or the learner says so.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from nnstudio.project import files
from nnstudio.project.model import Project
from nnstudio.project.saving import Fingerprint, write_safely
from nnstudio.spec import Place, Problem, ProblemError

_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)


@dataclass(frozen=True)
class Note:
    """What is known about a rescued project without reading it.

    ``origin`` is the path it was opened from or saved to, empty if there is none, ``fingerprint``
    what that file held then, ``written`` the time of the copy in seconds since 1970.
    """

    name: str
    origin: str = ""
    fingerprint: Fingerprint | None = None
    epochs: int = 0
    written: float = 0.0


class LeftBehind:
    """A rescued project whose app no longer runs. While this object lives, no other app offers it.

    Let go of it with `Recovery.adopt`, `throw_away` or `leave`.
    """

    def __init__(self, file: Path, lock: IO[bytes] | None) -> None:
        self.file = file
        self.lock = lock
        self.note = _read_note(file)

    def project(self) -> Project:
        """The project as it was; raises `ProblemError` if it cannot be read."""
        try:
            return files.load(self.file)
        except OSError as error:
            where = Place("file", str(self.file))
            raise ProblemError(
                Problem("The copy cannot be read", f"{error.strerror or error}.", where)
            ) from None

    def leave(self) -> None:
        """Not now: it will be offered again."""
        if self.lock is not None:
            self.lock.close()

    def throw_away(self) -> None:
        """Delete it for good."""
        _remove(self.file)
        _release(self.lock, self.file.with_suffix(".lock"))


class Recovery:
    """Writes the present project into the folder, in its own thread, and finds what others left.

    A project is an immutable value, so writing it while the learner goes on is safe. ``failure``
    says why the latest copy could not be written, None if it could.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.failure: Problem | None = None
        self._id = ""
        self._held: IO[bytes] | None = None
        self._guard = threading.Lock()  # around the files
        self._slot = threading.Lock()  # around what is to be written next
        self._next: tuple[Project, Note, int] | None = None
        self._writing = False
        self._cleared = 0  # how often; a copy asked for before the last time is not written

    @property
    def file(self) -> Path | None:
        """Where the copies go; None before the first."""
        return self.folder / f"{self._id}{files.SUFFIX}" if self._id else None

    def write(self, project: Project, note: Note) -> None:
        """Write a copy soon. A copy that waits gives way to a newer one, one begun is finished."""
        with self._slot:
            self._next = (project, note, self._cleared)
            if self._writing:
                return
            self._writing = True
        threading.Thread(target=self._write_waiting, name="recovery", daemon=True).start()

    def write_now(self, project: Project, note: Note) -> None:
        """Write a copy before this returns."""
        with self._slot:
            self._next = None
        self._write(project, note, self._cleared)

    def clear(self) -> None:
        """There is nothing to rescue any more."""
        with self._slot:
            self._next = None
        with self._guard:
            self._cleared += 1
            if (file := self.file) is not None:
                _remove(file)

    def close(self) -> None:
        """The app ends in order: nothing to rescue, and nobody behind this id any more."""
        self.clear()
        with self._guard:
            self._let_go()

    def left_behind(self) -> list[LeftBehind]:
        """The rescued projects of all apps that no longer run, newest first."""
        found = []
        with contextlib.suppress(OSError):
            for file in self.folder.glob(f"*{files.SUFFIX}"):
                if file.stem != self._id and (left := _left(file)) is not None:
                    found.append(left)
            self._sweep_locks()
        return sorted(found, key=lambda left: left.note.written, reverse=True)

    def adopt(self, left: LeftBehind) -> None:
        """Go on under the id of what was taken back, so that there is a copy at every moment."""
        with self._slot:
            self._next = None
        with self._guard:
            self._cleared += 1
            if (file := self.file) is not None:
                _remove(file)
            self._let_go()
            self._id, self._held = left.file.stem, left.lock

    def _write_waiting(self) -> None:
        while True:
            with self._slot:
                if self._next is None:
                    self._writing = False
                    return
                project, note, cleared = self._next
                self._next = None
            self._write(project, note, cleared)

    def _write(self, project: Project, note: Note, cleared: int) -> None:
        try:
            content = files.to_bytes(project)
            with self._guard:
                if cleared != self._cleared:
                    return
                self._hold()
                file = self.file
                assert file is not None
                # The note first: killed in between, there is no copy that nobody knows about.
                stated = json.dumps(asdict(note), ensure_ascii=True)
                write_safely(file.with_suffix(".json"), stated.encode())
                write_safely(file, content)
            self.failure = None
        except ProblemError as error:
            self.failure = _unprotected(error.problems[0].explain)
        except Exception as error:
            why = getattr(error, "strerror", None) or error
            self.failure = _unprotected(f"{type(error).__name__}: {why}.")

    def _hold(self) -> None:
        """Take an id and its lock, if there is none yet."""
        if self._id:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        for _ in range(10):
            id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
            path = self.folder / f"{id}.lock"
            try:
                lock = _take_lock(path)
            except OSError:
                lock = path.open("ab")  # a folder without locks: better a copy than none
            if lock is not None and _is_there(lock, path):
                self._id, self._held = id, lock
                return
        raise OSError(errno.EAGAIN, "no lock could be had")

    def _let_go(self) -> None:
        _release(self._held, self.folder / f"{self._id}.lock")
        self._id, self._held = "", None

    def _sweep_locks(self) -> None:
        """Locks that an app without anything unsaved left behind hold nothing."""
        for path in self.folder.glob("*.lock"):
            if path.stem == self._id or path.with_suffix(files.SUFFIX).exists():
                continue
            with contextlib.suppress(OSError):
                lock = _take_lock(path)
                if lock is not None:
                    _remove(path.with_suffix(files.SUFFIX))
                    _release(lock, path)


def _left(file: Path) -> LeftBehind | None:
    """A copy whose app no longer runs, or None; where nothing can be locked it is taken as such."""
    lock = None
    with contextlib.suppress(OSError):
        lock = _take_lock(file.with_suffix(".lock"))
        if lock is None:
            return None
    if file.exists():
        return LeftBehind(file, lock)
    if lock is not None:
        lock.close()  # another app took it back meanwhile
    return None


def note_of(
    project: Project, name: str, origin: Path | None, fingerprint: Fingerprint | None
) -> Note:
    """The note for a copy that is made now."""
    epochs = len(project.trained.history) if project.trained is not None else 0
    return Note(name, str(origin or ""), fingerprint, epochs, time.time())


def _take_lock(path: Path) -> IO[bytes] | None:
    """Hold a lock until the file is closed or the process ends; None if somebody holds it.

    Raises OSError where files cannot be locked.
    """
    file = path.open("ab")
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        if error.errno in _HELD:
            return None
        raise
    except BaseException:
        file.close()
        raise
    return file


def _is_there(lock: IO[bytes], path: Path) -> bool:
    """Whether the locked file still has its name: between making and locking it may be swept."""
    try:
        if os.path.samestat(os.fstat(lock.fileno()), path.stat()):
            return True
    except OSError:
        pass
    lock.close()
    return False


def _release(lock: IO[bytes] | None, path: Path) -> None:
    if lock is None:
        return
    if sys.platform == "win32":
        lock.close()  # an open file cannot be removed there
        with contextlib.suppress(OSError):
            path.unlink()
        return
    with contextlib.suppress(OSError):
        path.unlink()
    lock.close()


def _remove(file: Path) -> None:
    """Project, note, and what a write that broke off left of them."""
    begun = [
        left
        for suffix in (files.SUFFIX, ".json")
        for left in file.parent.glob(f".{file.stem}{suffix}.*.tmp")
    ]
    for path in (file, file.with_suffix(".json"), *begun):
        with contextlib.suppress(OSError):
            path.unlink()


def _read_note(file: Path) -> Note:
    """The note beside a copy; what is missing or damaged in it is left out."""
    try:
        written = file.stat().st_mtime
    except OSError:
        written = 0.0
    try:
        found = json.loads(file.with_suffix(".json").read_text(encoding="utf-8")[:100_000])
        print_of = found.get("fingerprint")
        return Note(
            str(found["name"])[:200],
            str(found["origin"]),
            Fingerprint(int(print_of["size"]), str(print_of["digest"])) if print_of else None,
            int(found["epochs"]),
            min(float(found["written"]), time.time()),
        )
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        OverflowError,
        RecursionError,
    ):
        return Note("", written=written)


def _unprotected(why: str) -> Problem:
    return Problem(
        "The copy for a crash could not be written",
        f"{why} Save your project, so that nothing is lost if the app should end.",
        Place("file"),
    )
