"""Writing a file so that the old one survives whatever happens.

The content goes to a temporary file in the same folder, is forced to the disk, and only then takes
the place of the old file in one step. A full disk, a crash or a pulled cable leaves the old file
as it was. Leftovers of earlier crashes are swept away. Since a file is replaced and not written to,
what would have stopped a writer is looked at first: a device or a pipe stays what it is, and so
does a file that is marked read-only. Mode, owner and extended attributes go over to the new file.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from nnstudio.spec import Place, Problem, ProblemError

_STALE = 3600.0  # seconds after which a temporary file has no owner any more


def write_safely(path: str | Path, content: bytes) -> None:
    """Put `content` into the file, or raise `ProblemError` and leave the old file alone."""
    asked = Path(path)
    try:
        target = asked.resolve()  # a link stays a link; what it points to is replaced
        old = _old(target)
        if old is not None and (problem := _irreplaceable(asked, target, old)) is not None:
            raise ProblemError(problem)
        _sweep(target)
        _replace(target, content, old)
    except OSError as error:
        raise ProblemError(_cannot_write(asked, error)) from None
    except (RuntimeError, ValueError) as error:  # links in a circle; a name with a null character
        raise ProblemError(_bad_name(asked, error)) from None


@dataclass(frozen=True)
class Fingerprint:
    """What a file held when it was opened or saved: how many bytes, and their SHA-256."""

    size: int
    digest: str

    @classmethod
    def of_content(cls, content: bytes) -> Fingerprint:
        """What a file holds that was just written."""
        return cls(len(content), hashlib.sha256(content).hexdigest())

    @classmethod
    def of(cls, path: Path) -> Fingerprint | None:
        """The file's present content; None if there is none that can be read."""
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                return None  # a pipe would let everybody wait who opens it
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                return cls(os.fstat(file.fileno()).st_size, digest)
        except (OSError, ValueError):
            return None

    def still(self, path: Path) -> bool:
        """Whether the file is as it was. One that is gone can be written without loss, too."""
        try:
            if path.stat().st_size != self.size:
                return False
        except FileNotFoundError:
            return True
        except (OSError, ValueError):
            pass  # writing will tell what is the matter
        present = Fingerprint.of(path)
        return present is None or present == self


def _old(target: Path) -> os.stat_result | None:
    try:
        return target.stat()
    except FileNotFoundError:
        return None


def _irreplaceable(asked: Path, target: Path, old: os.stat_result) -> Problem | None:
    """Why what is there must not be replaced, or None."""
    where = Place("file", str(asked))
    if stat.S_ISDIR(old.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(old.st_mode):
        return Problem(
            f"{asked.name or asked} could not be saved",
            "It is not a file but a device or a pipe. Choose another name.",
            where,
        )
    # The owner root may write anything, but a file without any right to write is meant to stay.
    if not old.st_mode & 0o222 or not os.access(target, os.W_OK):
        return Problem(
            f"{asked.name or asked} could not be saved",
            "The file is read-only. Save under another name, or allow writing to it first. "
            "The file on the disk is as it was before.",
            where,
        )
    return None


def _replace(target: Path, content: bytes, old: os.stat_result | None) -> None:
    temporary = target.with_name(f".{_short(target.name)}.{secrets.token_hex(4)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(temporary, flags, 0o600 if old is not None else 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if old is not None:
                _resemble(file.fileno(), target, old)
            file.flush()
            os.fsync(file.fileno())
            written = os.fstat(file.fileno()).st_size
        if written != len(content):
            raise OSError(errno.ENOSPC, f"only {written} of {len(content)} bytes were written")
        os.replace(temporary, target)  # noqa: PTH105 - tests break exactly this call
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _settle_folder(target.parent)


def _resemble(handle: int, target: Path, old: os.stat_result) -> None:
    """Give the new file the owner, mode and extended attributes of the old one, where allowed."""
    if not hasattr(os, "fchown"):
        return
    mode = stat.S_IMODE(old.st_mode)
    try:
        os.fchown(handle, -1, old.st_gid)
    except OSError:
        mode &= ~0o070 | (mode & 0o007) << 3  # another group may no more than everybody may
    with contextlib.suppress(OSError):
        os.fchown(handle, old.st_uid, -1)
    os.fchmod(handle, mode)
    if hasattr(os, "listxattr"):
        with contextlib.suppress(OSError):
            for name in os.listxattr(target):
                with contextlib.suppress(OSError):
                    os.setxattr(handle, name, os.getxattr(target, name))


def _settle_folder(folder: Path) -> None:
    """Force the new name to the disk, where the system can do that for a folder."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sweep(target: Path) -> None:
    for left in target.parent.glob(f".{_escaped(_short(target.name))}.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE:
                left.unlink()


def _short(name: str) -> str:
    """A name as long as a folder takes leaves no room for what the temporary file adds."""
    return name if len(os.fsencode(name)) <= 200 else name[:50]


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _bad_name(path: Path, error: Exception) -> Problem:
    return Problem(
        "The file could not be saved",
        f"Its name cannot be used: {error}. Choose another name.",
        Place("file", repr(str(path))),
    )


def _cannot_write(path: Path, error: OSError) -> Problem:
    there = os.path.exists(path)  # noqa: PTH110 - says no where Path.exists may raise
    kept = "The file on the disk is as it was before." if there else "No file was left."
    reasons = {
        errno.ENOSPC: "The disk is full. Free some space, or save to another disk.",
        errno.EDQUOT: "Your share of the disk is used up. Free some space, or save elsewhere.",
        errno.EACCES: "You may not write here. Save to a folder of your own.",
        errno.EPERM: "You may not write here. Save to a folder of your own.",
        errno.EROFS: "The disk cannot be written to. Save to another one.",
        errno.ENOENT: "There is no such folder. Save to one that exists.",
        errno.ENOTDIR: "There is no such folder. Save to one that exists.",
        errno.EISDIR: "There is a folder with this name. Choose another name.",
        errno.ELOOP: "The name leads through links in a circle. Choose another name.",
        errno.ENAMETOOLONG: "The name is too long. Choose a shorter one.",
    }
    why = reasons.get(error.errno or 0, f"The system says: {error.strerror or error}.")
    return Problem(
        f"{path.name or path} could not be saved", f"{why} {kept}", Place("file", str(path))
    )
