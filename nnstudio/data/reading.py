"""Opening a learner's text file: bytes to text, text to rows, without asking questions first.

Three layouts are told apart by looking: a table with or without a header (CSV, TSV, semicolons),
and lines of ``label text``. Lines end at line feeds only; a NEL (U+0085) inside a sentence, which
`str.splitlines` would break at, is part of the sentence.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from nnstudio.data.columns import has_header
from nnstudio.data.interrupting import look_up, watched
from nnstudio.spec import Place, Problem, ProblemError, as_text, one_door, refuse_device

Given = ParamSpec("Given")
Result = TypeVar("Result")

LARGEST_FILE = 512 * 1024**2  # bytes
LONGEST_FIELD = 16 * 1024**2  # characters; csv's own limit of 128 KB is too low for documents
LONGEST_NAME = 200  # characters of a column's name
MOST_COLUMNS = 50_000
SAMPLE = 100_000  # characters looked at to recognise the layout
DELIMITERS = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}
ENCODINGS = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "utf-16": "UTF-16"}

_PART = 2**20  # bytes read at a time

_MAGIC = {
    b"PK\x03\x04": "a zip archive or an Office document (such as .xlsx or .docx)",
    b"\xd0\xcf\x11\xe0": "an old Office document (such as .xls or .doc)",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "compressed with gzip",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x93NUMPY": "a NumPy array",
    b"SQLite format 3": "a database",
}
_LABELLED = re.compile(r"(__label__\S+|[+-]?\d{1,4})[ \t]+(\S.*)")
_FIRST_WORD = re.compile(r"(\S{1,40})[ \t]+(\S.*)")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Layout:
    """How a file is laid out: ``delimiter`` is empty for lines of ``label text``."""

    delimiter: str
    header: bool

    def describe(self) -> str:
        """The layout in words."""
        if not self.delimiter:
            return "lines of label and text"
        named = "with a header" if self.header else "without a header"
        return f"table separated by {DELIMITERS[self.delimiter]}, {named}"


@dataclass(frozen=True)
class Table:
    """The rows of a file. ``lines`` are the line numbers, from 1, on which the rows begin.

    ``misfits`` are (line, number of fields) of rows that do not have one field per column; they
    are not among ``rows``.
    """

    columns: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    misfits: tuple[tuple[int, int], ...]
    layout: Layout

    def column(self, name: str) -> list[str]:
        """All values of a column, without surrounding blanks."""
        return self.column_at(self.columns.index(name))

    def column_at(self, position: int) -> list[str]:
        """All values of the column at this position, from 0, without surrounding blanks."""
        return [row[position].strip() for row in watched(self.rows)]


def refusal(path: Path | str, title: str, explain: str = "") -> ProblemError:
    """The error for a file that cannot be used; `title` names the file itself."""
    return ProblemError(Problem(as_text(title), as_text(explain), _place(path)))


@contextmanager
def data_door(path: str) -> Iterator[None]:
    """Whatever goes wrong while data is read inside becomes a `ProblemError` about it."""
    name = as_text(Path(path).name)
    explain = "It may be damaged, or be no text or table at all. Look into it with an editor."
    with one_door(_place(path), f"{name} cannot be read", explain):
        yield


def behind_door(
    read: Callable[Concatenate[str, Given], Result],
) -> Callable[Concatenate[str, Given], Result]:
    """A reader whose first argument is a path, put behind `data_door`."""

    @wraps(read)
    def guarded(path: str, /, *given: Given.args, **named: Given.kwargs) -> Result:
        with data_door(path):
            return read(path, *given, **named)

    return guarded


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """The text of a file, line ends made line feeds, without a byte order mark.

    A UTF-16 byte order mark is obeyed whatever `encoding` says. Raises `ProblemError` if the file
    is missing, too large, empty, not text, or not in this encoding.
    """
    name = path.name
    try:
        if path.is_dir():
            raise refusal(path, f"{name} is a folder", "Choose a file, or use a text folder.")
        refuse_device(path, _place(path))
        raw = read_bytes(path)
    except FileNotFoundError:
        raise refusal(
            path,
            f"There is no file {path}",
            "It may have been moved or renamed. Choose it again.",
        ) from None
    except OSError as error:
        raise refusal(path, f"{name} cannot be read", f"{error.strerror or error}.") from None
    except ValueError:  # a zero byte in the name
        raise refusal(path, f"There is no file {name!r}", "Choose another one.") from None
    if not raw or raw.isspace():
        raise refusal(path, f"{name} is empty", "It needs at least two rows of two classes.")
    return decode(raw, path, encoding)


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file; raises `ProblemError` if there are too many of them, OSError."""
    parts = []
    size = 0
    with path.open("rb") as file:
        while part := file.read(_PART):
            look_up()
            parts.append(part)
            size += len(part)
            if size > LARGEST_FILE:
                size = max(size, path.stat().st_size)
                raise refusal(
                    path,
                    f"{path.name} is too large: {size / 1024**2:,.0f} MB",
                    f"At most {LARGEST_FILE // 1024**2} MB can be read. Use a part of it; a few "
                    "hundred thousand rows teach as much.",
                )
    return b"".join(parts)


def decode(raw: bytes, path: Path, encoding: str = "utf-8") -> str:
    """The bytes of a file as text; see `read_text`."""
    name = path.name
    for magic, what in _MAGIC.items():
        if raw.startswith(magic):
            raise refusal(
                path, f"{name} is not a text file but {what}", "Save it as CSV or plain text first."
            )
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16"
    elif raw.startswith(b"\xef\xbb\xbf"):
        codec = "utf-8-sig"
    if b"\0" in raw and codec != "utf-16":
        raise refusal(
            path,
            f"{name} is not a text file",
            f"It holds a zero byte at position {raw.index(0):,}, which text does not have.",
        )
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        title = "UTF-8" if codec == "utf-8-sig" else ENCODINGS.get(codec, codec)
        other = (
            "It was probably saved as Windows-1252 (Western European): choose that encoding, or "
            "save the file again as UTF-8."
            if codec == "utf-8-sig"
            else "Choose another encoding."
        )
        raise refusal(
            path,
            f"{name} is not {title}: byte 0x{raw[error.start]:02x} in line {line:,}, "
            f"position {error.start:,} of the file",
            other,
        ) from None
    if "\0" in text:
        raise refusal(path, f"{name} is not a text file", "It holds characters without a meaning.")
    if "\r" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\r", " " if "\n" in text else "\n")


def recognise(text: str, name: str = "") -> Layout:
    """Tell the layout of a file by its beginning; `name` is the file's, for its ending."""
    sample = text[:SAMPLE]
    if len(text) > SAMPLE and "\n" in sample:
        sample = sample[: sample.rindex("\n")]
    lines = [line for line in sample.split("\n") if line.strip()]
    if _is_labelled(lines, _LABELLED) and sample.count("\t") <= len(lines):
        return Layout("", False)
    delimiter = _delimiter(sample, name)
    if delimiter is None:
        if len(lines) >= 20 and _is_labelled(lines, _FIRST_WORD, most=20):
            return Layout("", False)
        delimiter = ","
    records = [record for _, record in _records(sample, delimiter) if any(record)][:400]
    return Layout(delimiter, has_header(records))


def parse(text: str, layout: Layout, path: Path | str = "") -> Table:
    """The rows of a text in this layout.

    Raises `ProblemError` if a quotation mark is opened and never closed.
    """
    if not layout.delimiter:
        return _parse_labelled(text, layout)
    records = [
        (line, record)
        for line, record in watched(_records(text, layout.delimiter, path))
        if any(field.strip() for field in record)
    ]
    look_up()
    if not records:
        raise refusal(path, "The file holds no rows")
    if layout.header:
        columns = _column_names(records[0][1])
        records = records[1:]
    else:
        width = Counter(len(record) for _, record in records).most_common(1)[0][0]
        columns = tuple(f"column {position}" for position in range(1, width + 1))
    if len(columns) > MOST_COLUMNS:
        raise refusal(
            path,
            f"The table has {len(columns):,} columns",
            f"At most {MOST_COLUMNS:,} can be read. Leave out those that are not needed.",
        )
    fitting = [(line, record) for line, record in records if len(record) == len(columns)]
    misfits = tuple((line, len(record)) for line, record in records if len(record) != len(columns))
    return Table(
        columns,
        [record for _, record in fitting],
        [line for line, _ in fitting],
        misfits,
        layout,
    )


def _is_labelled(lines: list[str], pattern: re.Pattern[str], most: int = 100) -> bool:
    labels: Counter[str] = Counter()
    with_letters = 0
    for line in lines:
        if (match := pattern.match(line)) is None:
            continue
        labels[match[1]] += 1
        with_letters += _LETTER.search(match[2]) is not None
    labelled = labels.total()
    return (
        labelled >= max(1, 0.98 * len(lines))
        and with_letters >= 0.8 * labelled
        and len(labels) <= most
        and (len(labels) <= 0.34 * labelled or labelled < 20)
        and (pattern is _LABELLED or labelled >= 5 * len(labels))
    )


def _parse_labelled(text: str, layout: Layout) -> Table:
    rows: list[list[str]] = []
    lines: list[int] = []
    misfits: list[tuple[int, int]] = []
    for number, line in watched(enumerate(text.split("\n"), 1)):
        parts = line.strip(" \t").split(None, 1) if line.strip() else []
        if len(parts) == 2:
            rows.append([parts[0].removeprefix("__label__"), parts[1]])
            lines.append(number)
        elif parts:
            misfits.append((number, 1))
    return Table(("label", "text"), rows, lines, tuple(misfits), layout)


def _delimiter(sample: str, name: str) -> str | None:
    """The separator whose use is most regular, None if there is no regular one."""
    best, best_score = None, 0.6
    header = sample.lstrip("\n").split("\n", 1)[0]
    for delimiter in DELIMITERS:
        if delimiter not in sample:
            continue
        widths = Counter(len(record) for _, record in _records(sample, delimiter) if any(record))
        width, times = widths.most_common(1)[0] if widths else (0, 0)
        if width < 2:
            continue
        score = times / widths.total()
        if delimiter == "\t" and name.lower().endswith(".tsv"):
            score += 1.0
        elif name.lower().endswith(".csv") and delimiter in header and delimiter != "|":
            score += 0.3
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _records(text: str, delimiter: str, path: Path | str = "") -> list[tuple[int, list[str]]]:
    """(line, fields) of every record; quotation marks may hold separators and line feeds."""
    if delimiter == "\t":
        plain = [(n, line.split("\t")) for n, line in enumerate(text.split("\n"), 1) if line]
        if len({len(record) for _, record in plain}) == 1:
            # No field spans lines, so a lone quotation mark is just a character of the text.
            return [(n, [_unquote(field) for field in record]) for n, record in plain]
    limit = csv.field_size_limit(LONGEST_FIELD)
    try:
        reader = csv.reader(_lines(text), delimiter=delimiter)
        records = []
        begins = 1
        for record in watched(reader):
            if record:
                records.append((begins, record))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise refusal(path, "The table cannot be read", f"Line {begins:,}: {error}.") from None
    finally:
        csv.field_size_limit(limit)
    if path and records:
        _refuse_unclosed(text, records[-1][0], path)
    return records


def _lines(text: str) -> Iterator[str]:
    """The lines of a text with their line feeds, cut from pieces: a whole copy stops all else."""
    start = 0
    while start < len(text):
        stop = text.find("\n", start + _PART) + 1 or len(text)
        yield from io.StringIO(text[start:stop], newline="\n")
        start = stop


def _refuse_unclosed(text: str, last: int, path: Path | str) -> None:
    start = len(text)
    for _ in watched(range(text.count("\n") - last + 2)):
        start = text.rfind("\n", 0, start)
    rest = text[start + 1 :].split("\n")
    swallowed = sum(1 for line in rest if line.strip())
    if swallowed > 1 and sum(line.count('"') for line in rest) % 2:
        raise refusal(
            path,
            f"A quotation mark in line {last:,} is never closed",
            f"The {swallowed - 1:,} lines after it are read as part of it. Close it, or write a "
            'quotation mark inside a quoted text twice ("").',
        )


def _unquote(field: str) -> str:
    if len(field) >= 2 and field[0] == field[-1] == '"':
        inner = field[1:-1]
        if '"' not in inner.replace('""', ""):
            return inner.replace('""', '"')
    return field


def _column_names(header: list[str]) -> tuple[str, ...]:
    """Names as they stand, shortened, and counted where they are equal: name, name (2), …"""
    names: dict[str, None] = {}
    again: Counter[str] = Counter()
    for position, field in enumerate(header, 1):
        wanted = " ".join(field.split())[:LONGEST_NAME] or f"column {position}"
        name = wanted
        while name in names:
            again[wanted] += 1
            name = f"{wanted} ({again[wanted] + 1})"
        names[name] = None
    return tuple(names)


def _place(path: Path | str) -> Place:
    return Place("data", id=str(path), field="path")
