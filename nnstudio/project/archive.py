"""Zip archives of JSON and arrays: written the same way every time, and distrusted when read.

A file may come from anywhere. Nothing in it is executed, nothing is unpacked to the disk, and
every size it states is checked before memory is taken for it.
"""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import numpy as np

from nnstudio.spec import Place, Problem, ProblemError

LARGEST_FILE = 4 * 2**30  # bytes on the disk
LARGEST_TOTAL = 4 * 2**30  # bytes unpacked
LARGEST_TEXT = 64 * 2**20  # bytes of one JSON text
MOST_ENTRIES = 20_000
HIGHEST_RATIO = 200  # unpacked to packed, for entries above a mebibyte
_EPOCH = (1980, 1, 1, 0, 0, 0)  # no clock in a file: equal content, equal bytes

Array = np.ndarray[Any, Any]


def pack(texts: Mapping[str, str], blobs: Mapping[str, bytes]) -> bytes:
    """A zip archive: texts compressed, blobs (arrays hardly shrink) as they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in texts.items():
            archive.writestr(_info(name, zipfile.ZIP_DEFLATED), text.encode("utf-8"))
        for name, blob in blobs.items():
            archive.writestr(_info(name, zipfile.ZIP_STORED), blob)
    return buffer.getvalue()


def array_bytes(array: Array) -> bytes:
    """An array in NumPy's .npy format; raises ValueError for arrays of Python objects."""
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array), allow_pickle=False)
    return buffer.getvalue()


class Archive:
    """A zip archive opened for distrustful reading; a context manager.

    ``what`` names the kind of file in messages, such as "project". Every method raises
    `ProblemError` for content that cannot be taken.
    """

    def __init__(self, path: str | Path, what: str) -> None:
        self.path = Path(path)
        self.what = what
        self.where = Place("file", str(path))
        self._zip = self._open()
        try:
            self._entries = self._trusted_entries()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def blob(self, name: str) -> bytes:
        """The bytes of an entry."""
        entry = self._entries.get(name)
        if entry is None:
            self.refuse(f"The {self.what} lacks its part {name}", _DAMAGED)
        try:
            with self._zip.open(entry) as file:
                content = file.read(entry.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            self.refuse(
                f"The part {name} of the {self.what} is damaged", f"{_said(error)} {_DAMAGED}"
            )
        if len(content) != entry.file_size:
            self.refuse(
                f"The part {name} has another size than the {self.what} states",
                f"{len(content):,} bytes were found, {entry.file_size:,} are promised. {_DAMAGED}",
            )
        return content

    def text(self, name: str) -> str:
        """The text of an entry."""
        entry = self._entries.get(name)
        if entry is not None and entry.file_size > LARGEST_TEXT:
            self.refuse(
                f"The part {name} is too long",
                f"It has {entry.file_size:,} bytes; at most {LARGEST_TEXT:,} are allowed.",
            )
        try:
            return self.blob(name).decode("utf-8")
        except UnicodeDecodeError:
            self.refuse(f"The part {name} is not text", _DAMAGED)

    def array(self, name: str, *, words: bool = False) -> Array:
        """The array of an entry, read-only; numbers (or `words`), never Python objects."""
        content = self.blob(name)
        try:
            array = read_array(content, words=words)
        except ValueError as error:
            what = "words" if words else "numbers"
            self.refuse(f"The part {name} is not an array of {what}", f"{error} {_DAMAGED}")
        return array

    def refuse(self, title: str, explain: str) -> NoReturn:
        """Raise a `ProblemError` about this file."""
        raise ProblemError(Problem(title, explain, self.where))

    def _open(self) -> zipfile.ZipFile:
        try:
            size = self.path.stat().st_size
            if self.path.is_dir():
                self.refuse(f"{self.path.name} is a folder", f"Choose a {self.what} file.")
            if size > LARGEST_FILE:
                self.refuse(f"{self.path.name} is too large", f"It has {size:,} bytes.")
            if size == 0:
                self.refuse(
                    f"{self.path.name} is empty", f"A {self.what} is never empty. {_DAMAGED}"
                )
            return zipfile.ZipFile(self.path)
        except FileNotFoundError:
            self.refuse(
                f"There is no file {self.path.name}", "It may have been moved or renamed since."
            )
        except PermissionError:
            self.refuse(f"{self.path.name} may not be read", "Ask its owner for access.")
        except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, OSError):
            self._refuse_other_file()

    def _refuse_other_file(self) -> NoReturn:
        try:
            with self.path.open("rb") as file:
                start = file.read(4)
        except OSError as error:
            self.refuse(f"{self.path.name} cannot be read", _said(error))
        if start[:2] == b"PK":
            self.refuse(
                f"{self.path.name} is damaged: its end is missing",
                "It was probably not copied or downloaded to the end. Copy it again.",
            )
        if start[:1] == b"\x80":
            self.refuse(
                f"{self.path.name} is a Python pickle, not a {self.what}",
                "A pickle can run any program when it is opened, so NN Studio never opens one.",
            )
        self.refuse(
            f"{self.path.name} is not a {self.what} of NN Studio",
            "Such a file is a zip archive, which this is not. Choose another file.",
        )

    def _trusted_entries(self) -> dict[str, zipfile.ZipInfo]:
        entries: dict[str, zipfile.ZipInfo] = {}
        infos = self._zip.infolist()
        if len(infos) > MOST_ENTRIES:
            self.refuse(
                f"{self.path.name} has {len(infos):,} parts",
                f"At most {MOST_ENTRIES:,} are allowed.",
            )
        total = 0
        for info in infos:
            total += info.file_size
            packed = max(1, info.compress_size)
            if info.filename in entries:
                self.refuse(f"The part {info.filename} stands twice in the {self.what}", _DAMAGED)
            if info.flag_bits & 0x1:
                self.refuse(f"{self.path.name} is locked with a password", "Unlock it first.")
            if total > LARGEST_TOTAL or (
                info.file_size > 2**20 and info.file_size / packed > HIGHEST_RATIO
            ):
                self.refuse(
                    f"{self.path.name} would swell when unpacked",
                    f"It says that {info.filename} has {info.file_size:,} bytes, packed into "
                    f"{info.compress_size:,}. NN Studio writes no such files, so it is not opened.",
                )
            entries[info.filename] = info
        return entries


def read_array(content: bytes, *, words: bool = False) -> Array:
    """An array from the bytes of a .npy file, read-only.

    Raises ValueError for anything but plain numbers (or `words`) of the stated shape. Memory is
    taken only for what is really there.
    """
    if content[:1] == b"\x80":
        raise ValueError("It is a Python pickle, which is never opened.")
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
        elif version == (2, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_2_0(file)
        else:
            raise ValueError(f"Its format is {version}.")
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, EOFError) as error:
        raise ValueError(f"Its beginning cannot be read: {str(error)[:100]}.") from None
    if dtype.hasobject:
        raise ValueError("It holds Python objects (a pickle), which are never opened.")
    if words and dtype.kind != "U":
        raise ValueError(f"It holds {dtype}, not words.")
    if not words and (dtype.kind not in "fiub" or dtype.itemsize > 8):
        raise ValueError(f"It holds {dtype}, not numbers.")
    if len(shape) > 32 or any(n < 0 for n in shape):
        raise ValueError(f"Its shape is {shape}.")
    there = len(content) - file.tell()
    if math.prod(shape) * dtype.itemsize != there:
        raise ValueError(
            f"It states the shape {shape} of {dtype}, which is "
            f"{math.prod(shape) * dtype.itemsize:,} bytes, and holds {there:,}."
        )
    flat: Array = np.frombuffer(content, dtype=dtype, offset=file.tell())
    array = flat.reshape(shape, order="F" if fortran else "C")
    if not dtype.isnative:
        array = array.astype(dtype.newbyteorder("="))
        array.flags.writeable = False
    return array


_DAMAGED = "The file is damaged or was changed outside NN Studio: use a copy of it."


def _info(name: str, method: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = method
    info.external_attr = 0o644 << 16
    return info


def _said(error: Exception) -> str:
    said = str(error).strip().rstrip(".")
    return f"{said}." if said else ""
