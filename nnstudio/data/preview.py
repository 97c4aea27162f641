"""A look into a learner's file before it becomes a data set: columns, first rows, guesses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from nnstudio.data.columns import guess_columns, is_number
from nnstudio.data.folders import read_folder, set_folders
from nnstudio.data.interrupting import in_parts, look_up
from nnstudio.data.labelled import class_names
from nnstudio.data.paths import written
from nnstudio.data.reading import ENCODINGS, Table, data_door
from nnstudio.data.text_files import TextFile, TextFolder, choose_columns, labelled, read_table
from nnstudio.spec import Problem, ProblemError

ROWS = 8
LONGEST_CELL = 300


@dataclass(frozen=True)
class ColumnPreview:
    """One column: how many different values it has, how many rows lack one, its first values."""

    name: str
    different: int
    missing: int
    numeric: bool
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What was seen in a file or folder. ``rows`` are the first few; long cells are cut.

    ``text_column`` and ``label_column`` are chosen or guessed, empty where nothing fits;
    ``class_counts`` are (class, rows). ``problems`` is what loading would refuse or remark.
    """

    source: TextFile | TextFolder
    description: str = ""
    columns: tuple[ColumnPreview, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    row_count: int = 0
    text_column: str = ""
    label_column: str = ""
    class_counts: tuple[tuple[str, int], ...] = ()
    problems: tuple[Problem, ...] = ()
    table: Table | None = field(default=None, repr=False, compare=False)


def source_for(path: str) -> TextFile | TextFolder:
    """The data source for a path: a text folder for a folder, else a text file.

    Raises `ProblemError` for a path that cannot be kept.
    """
    try:
        folder = written(path).is_dir()
    except OSError:  # a name too long
        folder = False
    return TextFolder(path=path) if folder else TextFile(path=path)


def preview(source: str | TextFile | TextFolder, before: Preview | None = None) -> Preview:
    """Look into a file or folder, given by its path or as a source with settings.

    The file is read as a whole, so the counts are exact; what was read `before` with other columns
    chosen is not read again. Whatever is wrong is among the preview's problems.
    """
    if isinstance(source, str):
        source = source_for(source)
    try:
        with data_door(source.path):
            if isinstance(source, TextFolder):
                return _of_folder(source)
            return _of_file(source, _same_table(source, before))
    except ProblemError as error:
        return Preview(source, problems=error.problems)


def _same_table(source: TextFile, before: Preview | None) -> Table | None:
    """The table that was read before, if it is the one to be read now."""
    if before is None or not isinstance(before.source, TextFile):
        return None
    chosen = {"text_column": source.text_column, "label_column": source.label_column}
    return before.table if before.source.replace(**chosen) == source else None


def _of_file(source: TextFile, table: Table | None = None) -> Preview:
    file = written(source.path)
    if table is None:
        table = read_table(file, source.encoding, source.header)
    columns = []
    for position, name in enumerate(table.columns):
        values = table.column_at(position)
        filled = [value for value in values if value]
        look_up()
        columns.append(
            ColumnPreview(
                name,
                len(set().union(*in_parts(filled))),
                len(values) - len(filled),
                bool(filled) and all(map(is_number, filled)),
                tuple(_cut(value) for value in dict.fromkeys(filled[:50]))[:5],
            )
        )
    guessed = guess_columns(table)
    text, label = source.text_column or guessed[0] or "", source.label_column or guessed[1] or ""
    counts: Counter[str] = Counter()
    problems: tuple[Problem, ...] = ()
    try:
        text, label = choose_columns(table, source.text_column, source.label_column, file)
        found = labelled(table, (text, label), file)
        counts.update(found.labels)
        problems = found.notes
        order = class_names(counts, file.name)
    except ProblemError as error:
        problems += error.problems
        order = tuple(counts)
    return Preview(
        source,
        f"{table.layout.describe()}, {ENCODINGS[source.encoding]}",
        tuple(columns),
        tuple(tuple(_cut(field) for field in row) for row in table.rows[:ROWS]),
        len(table.rows),
        text,
        label,
        tuple((name, counts[name]) for name in order),
        problems,
        table,
    )


def _of_folder(source: TextFolder) -> Preview:
    root = written(source.path)
    sets = set_folders(root)
    found = read_folder(sets.train, source.encoding)
    counts = Counter(found.labels)
    problems = found.notes
    try:
        order = class_names(counts, root.name, field="path")
    except ProblemError as error:
        problems += error.problems
        order = tuple(counts)
    first = {label: text for text, label in zip(found.texts, found.labels, strict=True)}
    divided = " with folders for training and test" if sets.test is not None else ""
    return Preview(
        source,
        f"one folder per class{divided}, {ENCODINGS[source.encoding]}",
        (),
        tuple((name, _cut(first[name])) for name in order[:ROWS]),
        len(found),
        "text",
        "folder",
        tuple((name, counts[name]) for name in order),
        problems,
    )


def _cut(value: str) -> str:
    value = " ".join(value.split())
    return value if len(value) <= LONGEST_CELL else value[: LONGEST_CELL - 1] + "…"
