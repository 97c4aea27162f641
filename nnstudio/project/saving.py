"""Writing a file so that the old one survives whatever happens.

The content goes to a temporary file in the same folder, is forced to the disk, and only then takes
the place of the old file in one step. A full disk, a crash or a pulled cable leaves the old file
as it was. Leftovers of earlier crashes are swept away.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from pathlib import Path

from nnstudio.spec import Place, Problem, ProblemError

_STALE = 3600.0  # seconds after which a temporary file has no owner any more


def write_safely(path: str | Path, content: bytes) -> None:
    """Put `content` into the file, or raise `ProblemError` and leave the old file alone."""
    asked = Path(path)
    try:
        target = asked.resolve()  # a link stays a link; what it points to is replaced
        _sweep(target)
        _replace(target, content)
    except OSError as error:
        raise ProblemError(_cannot_write(asked, error)) from None


def _replace(target: Path, content: bytes) -> None:
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666
    handle = os.open(temporary, flags, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
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


def _settle_folder(folder: Path) -> None:
    """Force the new name to the disk, where the system can do that for a folder."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sweep(target: Path) -> None:
    for left in target.parent.glob(f".{_escaped(target.name)}.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE:
                left.unlink()


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _cannot_write(path: Path, error: OSError) -> Problem:
    kept = "The file on the disk is as it was before." if path.exists() else "No file was left."
    reasons = {
        errno.ENOSPC: "The disk is full. Free some space, or save to another disk.",
        errno.EDQUOT: "Your share of the disk is used up. Free some space, or save elsewhere.",
        errno.EACCES: "You may not write here. Save to a folder of your own.",
        errno.EPERM: "You may not write here. Save to a folder of your own.",
        errno.EROFS: "The disk cannot be written to. Save to another one.",
        errno.ENOENT: "There is no such folder. Save to one that exists.",
        errno.ENOTDIR: "There is no such folder. Save to one that exists.",
        errno.EISDIR: "There is a folder with this name. Choose another name.",
        errno.ENAMETOOLONG: "The name is too long. Choose a shorter one.",
    }
    why = reasons.get(error.errno or 0, f"The system says: {error.strerror or error}.")
    return Problem(
        f"{path.name or path} could not be saved", f"{why} {kept}", Place("file", str(path))
    )
