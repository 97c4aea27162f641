"""Zip archives of JSON and arrays: written the same way every time, and distrusted when read.

A file may come from anywhere. Nothing in it is executed, nothing is unpacked to the disk, and
every size it states is checked before memory is taken for it.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn, Self

import numpy as np

from nnstudio.project.writing import MOST_VALUES, read_json
from nnstudio.spec import Place, Problem, ProblemError, one_door, refuse_device

LARGEST_FILE = 4 * 2**30  # bytes on the disk
LARGEST_TOTAL = 4 * 2**30  # bytes unpacked
LARGEST_TEXT = 32 * 2**20  # bytes of one JSON text; a large file may hold a longer one
MOST_ENTRIES = 20_000
HIGHEST_RATIO = 200  # unpacked to packed, for entries above a mebibyte
HIGHEST_SWELLING = 50  # unpacked to the whole file, above `MODEST` bytes
MODEST = 64 * 2**20  # bytes unpacked, from however small a file
LONGEST_DIRECTORY = 8 * 2**20  # bytes of a zip's list of its entries
LONGEST_HEADER = 10_000  # bytes before the numbers of an array
EPOCH = (1980, 1, 1, 0, 0, 0)  # no clock in a file: equal content, equal bytes

Array = np.ndarray[Any, Any]


def pack(texts: Mapping[str, str], blobs: Mapping[str, bytes]) -> bytes:
    """A zip archive: texts compressed, blobs (arrays hardly shrink) as they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in texts.items():
            # Doors let no half of a pair in; a file is written even if one has slipped through.
            archive.writestr(_info(name, zipfile.ZIP_DEFLATED), text.encode("utf-8", "replace"))
        for name, blob in blobs.items():
            archive.writestr(_info(name, zipfile.ZIP_STORED), blob)
    return buffer.getvalue()


def array_bytes(array: Array) -> bytes:
    """An array in NumPy's .npy format; raises ValueError for arrays of Python objects."""
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array), allow_pickle=False)
    return buffer.getvalue()


class Archive:
    """A zip archive, on the disk or in memory, opened for distrustful reading; a context manager.

    ``what`` names the kind of file in messages, such as "project". Every method raises
    `ProblemError` for content that cannot be taken.
    """

    def __init__(self, source: str | Path | bytes, what: str, where: Place | None = None) -> None:
        self._bytes = source if isinstance(source, bytes) else None
        self.path = Path(f"the {what}" if isinstance(source, bytes) else source)
        self.what = what
        self.where = where or Place("file", str(self.path))
        with one_door(self.where, f"{self.path.name} cannot be read", _DAMAGED):
            self._size = self._looked_at()
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
        title = f"The part {name} of the {self.what} is damaged"
        with one_door(self.where, title, _DAMAGED), self._zip.open(entry) as file:
            content = file.read(entry.file_size + 1)
        if len(content) != entry.file_size:
            self.refuse(
                f"The part {name} has another size than the {self.what} states",
                f"{len(content):,} bytes were found, {entry.file_size:,} are promised. {_DAMAGED}",
            )
        return content

    def text(self, name: str) -> str:
        """The text of an entry."""
        entry = self._entries.get(name)
        most = max(LARGEST_TEXT, 16 * self._size)
        if entry is not None and entry.file_size > most:
            self.refuse(
                f"The part {name} is too long",
                f"It has {entry.file_size:,} bytes; at most {most:,} are allowed.",
            )
        try:
            return self.blob(name).decode("utf-8")
        except UnicodeDecodeError:
            self.refuse(f"The part {name} is not text", _DAMAGED)

    def json(self, name: str, *, constant: Callable[[str], float] | None = None) -> Any:
        """The values in the JSON text of an entry; see `nnstudio.project.writing.read_json`.

        A large file may hold more of them than a small one.
        """
        most = MOST_VALUES + self._size // 2
        return read_json(self.text(name), self.where, most=most, constant=constant)

    def door(self) -> AbstractContextManager[None]:
        """Whatever goes wrong while the file is read inside becomes a `ProblemError` about it."""
        return one_door(self.where, f"{self.path.name} is damaged", _DAMAGED)

    def array(
        self, name: str, *, words: bool = False, shape: tuple[int, ...] | None = None
    ) -> Array:
        """The array of an entry, read-only; numbers (or `words`), never Python objects.

        With a `shape`, an entry that is too long for it is refused before it is read.
        """
        entry = self._entries.get(name)
        if shape is not None and entry is not None:
            most = math.prod(shape) * 8 + LONGEST_HEADER + 100
            if entry.file_size > most:
                self._refuse_shape(name, shape, f"{entry.file_size:,} bytes")
        content = self.blob(name)
        try:
            array = read_array(content, words=words)
        except ValueError as error:
            what = "words" if words else "numbers"
            self.refuse(f"The part {name} is not an array of {what}", f"{error} {_DAMAGED}")
        if shape is not None and array.shape != shape:
            self._refuse_shape(name, shape, f"the shape {array.shape}")
        return array

    def _refuse_shape(self, name: str, shape: tuple[int, ...], found: str) -> NoReturn:
        self.refuse(
            f"The part {name} does not fit the network",
            f"The network asks for the shape {shape}, and the part has {found}. {_DAMAGED}",
        )

    def scaling(self, folder: str, inputs: int | None) -> tuple[Array | None, Array | None]:
        """Offset and scale of the inputs, both or none of them; `inputs` is how many there are."""
        names = f"{folder}offset.npy", f"{folder}scale.npy"
        if not any(name in self for name in names):
            return None, None
        offset, scale = map(self.array, names)
        if (
            len({offset.size, scale.size, offset.size if inputs is None else inputs}) > 1
            or not np.isfinite(offset).all()
            or not np.isfinite(scale).all()
            or not scale.all()
        ):
            wanted = "the" if inputs is None else f"{inputs:,}"
            self.refuse(f"The scaling does not fit {wanted} inputs", _DAMAGED)
        return offset, scale

    def refuse(self, title: str, explain: str) -> NoReturn:
        """Raise a `ProblemError` about this file."""
        raise ProblemError(Problem(title, explain, self.where))

    def _looked_at(self) -> int:
        """The size in bytes of something that can be opened."""
        try:
            if self._bytes is not None:
                size = len(self._bytes)
            else:
                refuse_device(self.path, self.where)
                size = self.path.stat().st_size
                if self.path.is_dir():
                    self.refuse(f"{self.path.name} is a folder", f"Choose a {self.what} file.")
        except FileNotFoundError:
            self.refuse(
                f"There is no file {self.path.name}", "It may have been moved or renamed since."
            )
        except PermissionError:
            self.refuse(f"{self.path.name} may not be read", "Ask its owner for access.")
        if size > LARGEST_FILE:
            self.refuse(f"{self.path.name} is too large", f"It has {size:,} bytes.")
        if size == 0:
            self.refuse(f"{self.path.name} is empty", f"A {self.what} is never empty. {_DAMAGED}")
        return size

    def _stream(self) -> IO[bytes]:
        return self.path.open("rb") if self._bytes is None else io.BytesIO(self._bytes)

    def _open(self) -> zipfile.ZipFile:
        try:
            with self._stream() as file:
                self._refuse_long_directory(file)
            return zipfile.ZipFile(self.path if self._bytes is None else io.BytesIO(self._bytes))
        except PermissionError:
            self.refuse(f"{self.path.name} may not be read", "Ask its owner for access.")
        except MemoryError:
            raise
        except ProblemError:
            raise
        except Exception:
            self._refuse_other_file()

    def _refuse_long_directory(self, file: IO[bytes]) -> None:
        """The list of entries is read as a whole before anything can be asked: see how long it is.

        A list of more entries than fit the classic format (zip64) is none of ours.
        """
        file.seek(max(0, self._size - 65_557))
        end = file.read(65_557)
        at = end.rfind(b"PK\x05\x06")
        if at < 0:
            return
        length = int.from_bytes(end[at + 12 : at + 16], "little")
        if length > LONGEST_DIRECTORY or end[max(0, at - 20) : at][:4] == b"PK\x06\x07":
            self.refuse(
                f"{self.path.name} lists too many parts",
                f"At most {MOST_ENTRIES:,} are allowed. {_DAMAGED}",
            )

    def _refuse_other_file(self) -> NoReturn:
        try:
            with self._stream() as file:
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
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                self.refuse(
                    f"{self.path.name} is packed in a way that NN Studio does not read",
                    f"The part {info.filename} is neither stored nor deflated. {_DAMAGED}",
                )
            if (
                total > LARGEST_TOTAL
                or total > max(MODEST, HIGHEST_SWELLING * self._size)
                or (info.file_size > 2**20 and info.file_size / packed > HIGHEST_RATIO)
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
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(file, LONGEST_HEADER)
        elif version == (2, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_2_0(file, LONGEST_HEADER)
        else:
            raise ValueError(f"Its format is {version}.")
    except Exception as error:  # NumPy reads the header as Python: whatever that raises
        raise ValueError("Its beginning cannot be read.") from error
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
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = method
    info.external_attr = 0o644 << 16
    return info


def _said(error: Exception) -> str:
    said = str(error).strip().rstrip(".")
    return f"{said}." if said else ""
