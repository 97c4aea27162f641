"""The learner's own texts: a file of labelled sentences, or one folder per class."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from nnstudio.data.columns import guess_columns
from nnstudio.data.dataset import Dataset, DataSource
from nnstudio.data.folders import read_folder, set_folders
from nnstudio.data.labelled import Labelled, assign, class_names, note, tidy_labels
from nnstudio.data.paths import written
from nnstudio.data.reading import (
    ENCODINGS,
    Layout,
    Table,
    data_door,
    parse,
    read_text,
    recognise,
    refusal,
)
from nnstudio.data.splits import SplitSource
from nnstudio.data.texts import TextSource
from nnstudio.spec import Fix, Place, Problem, ProblemError, choice, path, text


@dataclass(frozen=True)
class _Place(DataSource):
    path: str = path("", label="File", help="A CSV or TSV table, or lines of label and text.")
    encoding: str = choice(
        "utf-8",
        label="Encoding",
        help="How the bytes of the file stand for letters.",
        options=tuple(ENCODINGS.items()),
        advanced=True,
    )


@dataclass(frozen=True)
class _Columns(_Place):
    text_column: str = text(
        "", label="Text column", help="The column with the sentences; empty: found by itself."
    )
    label_column: str = text(
        "", label="Label column", help="The column with the classes; empty: found by itself."
    )
    header: str = choice(
        "auto",
        label="Header",
        help="Whether the first row of a table names its columns.",
        options=(("auto", "found by itself"), ("yes", "first row"), ("no", "none")),
        advanced=True,
    )
    validation_path: str = path(
        "",
        label="Validation file",
        help="A file of the same kind for validation; empty: a part of the first file.",
    )
    test_path: str = path(
        "",
        label="Test file",
        help="A file of the same kind for the test; empty: a part of the first file.",
    )


@dataclass(frozen=True)
class TextFile(SplitSource, TextSource, _Columns):
    """Your own sentences: a table with a text and a label column, or lines of label and text."""

    name: ClassVar[str] = "text_file"
    title: ClassVar[str] = "Text file"
    group: ClassVar[str] = "own"

    def summary(self) -> str:
        """The file's name."""
        return Path(self.path).name or "no file"

    def load(self) -> Dataset:
        """Read the files, find text and label, divide what is not divided, count the words."""
        with data_door(self.path):
            return self._load()

    def _load(self) -> Dataset:
        if not self.path:
            raise refusal("", "No file is chosen", "Choose a file with sentences and their labels.")
        try:
            train, layout, columns = self._read(written(self.path), None, None)

            def read(other: str) -> Labelled | None:
                if not other:
                    return None
                return self._read(written(other), layout, columns)[0]

            others = read(self.validation_path), read(self.test_path)
        except ProblemError as error:
            raise ProblemError(*map(self._with_fix, error.problems)) from None
        names = class_names(train.labels, Path(self.path).name)
        parts, notes = assign(
            train, others, names, self.validation_fraction, self.test_fraction, self.seed
        )
        return self.assemble(
            Path(self.path).stem,
            names,
            parts,
            target_name=columns[1],
            card=f"{len(train):,} sentences in {len(names)} classes, read from "
            f"{Path(self.path).name} ({layout.describe()}).",
            notes=notes,
        )

    def _read(
        self, file: Path, layout: Layout | None, columns: tuple[str, str] | None
    ) -> tuple[Labelled, Layout, tuple[str, str]]:
        """The sentences of one file; `layout` and `columns` are those of the training file."""
        table = read_table(file, self.encoding, self.header, layout)
        if columns is None or not set(columns) <= set(table.columns):
            columns = choose_columns(table, self.text_column, self.label_column, file)
        return labelled(table, columns, file), table.layout, columns

    def _with_fix(self, problem: Problem) -> Problem:
        if self.encoding == "utf-8" and "is not UTF-8" in problem.title:
            fix = Fix(
                "Read it as Windows-1252",
                "set_data",
                {"source": self.replace(encoding="cp1252")},
            )
            return dataclasses.replace(problem, fix=fix)
        return problem


@dataclass(frozen=True)
class _FolderPlace(DataSource):
    path: str = path(
        "", label="Folder", help="A folder with one folder per class, which hold the text files."
    )
    encoding: str = choice(
        "utf-8",
        label="Encoding",
        help="How the bytes of the files stand for letters.",
        options=tuple(ENCODINGS.items()),
        advanced=True,
    )


@dataclass(frozen=True)
class TextFolder(SplitSource, TextSource, _FolderPlace):
    """Your own documents: a folder per class with a file per text, perhaps under train and test."""

    name: ClassVar[str] = "text_folder"
    title: ClassVar[str] = "Text folder"
    group: ClassVar[str] = "own"

    def summary(self) -> str:
        """The folder's name."""
        return Path(self.path).name or "no folder"

    def load(self) -> Dataset:
        """Read all text files; the names of their folders are the classes."""
        with data_door(self.path):
            return self._load()

    def _load(self) -> Dataset:
        if not self.path:
            raise refusal("", "No folder is chosen", "Choose a folder with one folder per class.")
        root = written(self.path)
        sets = set_folders(root)
        train = read_folder(sets.train, self.encoding)

        def read(folder: Path | None) -> Labelled | None:
            return None if folder is None else read_folder(folder, self.encoding)

        others = read(sets.validation), read(sets.test)
        names = class_names(train.labels, root.name, field="path")
        parts, notes = assign(
            train, others, names, self.validation_fraction, self.test_fraction, self.seed
        )
        return self.assemble(
            root.name,
            names,
            parts,
            target_name="folder",
            card=f"{len(train):,} texts in {len(names)} classes, read from the folder {root.name}.",
            notes=notes,
        )


def read_table(
    file: Path, encoding: str = "utf-8", header: str = "auto", layout: Layout | None = None
) -> Table:
    """The rows of a file; with `layout` it is read like an earlier file if that fits."""
    content = read_text(file, encoding)
    found = recognise(content, file.name)
    if layout is not None and layout.delimiter != found.delimiter:
        table = parse(content, dataclasses.replace(layout, header=found.header), file)
        if len(table.columns) > 1 and len(table.misfits) <= 0.1 * len(table.rows):
            return table
    if header != "auto" and found.delimiter:
        found = dataclasses.replace(found, header=header == "yes")
    elif layout is not None and layout.delimiter == found.delimiter:
        found = layout
    return parse(content, found, file)


def choose_columns(table: Table, text: str, label: str, file: Path) -> tuple[str, str]:
    """The names of the text and the label column, guessed where they are empty.

    Raises `ProblemError` if a column is missing or none looks right.
    """
    guessed_text, guessed_label = guess_columns(table)
    listed = ", ".join(f"“{name}”" for name in table.columns[:12])
    for field, wanted in (("text_column", text), ("label_column", label)):
        if wanted and wanted not in table.columns:
            raise ProblemError(
                Problem(
                    f"{file.name} has no column named “{wanted}”",
                    f"Its columns are {listed}.",
                    Place("data", id=str(file), field=field),
                )
            )
    if len(table.columns) < 2:
        raise refusal(
            file,
            f"{file.name} has only one column",
            "A text and its label are needed: as two columns separated by a comma or a tab, or as "
            "lines that begin with the label.",
        )
    text = text or (guessed_text if guessed_text not in (None, label) else "") or ""
    if not text:
        raise ProblemError(
            Problem(
                f"No column of {file.name} looks like sentences",
                f"Its columns are {listed}. Choose the text column.",
                Place("data", id=str(file), field="text_column"),
            )
        )
    if not label and guessed_label in (None, text):
        raise ProblemError(
            Problem(
                f"No column of {file.name} looks like labels",
                f"A label column has a few values that repeat. The columns are {listed}: choose "
                "one, or add one.",
                Place("data", id=str(file), field="label_column"),
            )
        )
    label = label or guessed_label or ""
    if text == label:
        raise ProblemError(
            Problem(
                f"Text and label are the same column, “{text}”",
                "Choose another column for one of them.",
                Place("data", id=str(file), field="label_column"),
            )
        )
    return text, label


def labelled(table: Table, columns: tuple[str, str], file: Path) -> Labelled:
    """The complete rows of a table as labelled texts, with notes on those left out."""
    notes = _misfits(table, file)
    texts, labels = table.column(columns[0]), table.column(columns[1])
    whole = [bool(text and label) for text, label in zip(texts, labels, strict=True)]
    for values, what in ((texts, "text"), (labels, "label")):
        missing = [line for line, value in zip(table.lines, values, strict=True) if not value]
        if missing:
            notes.append(
                note(
                    f"{len(missing):,} {'row' if len(missing) == 1 else 'rows'} of {file.name} "
                    f"without {what} {'is' if len(missing) == 1 else 'are'} left out",
                    f"{_lines(missing)}.",
                )
            )
    if not any(whole):
        raise refusal(
            file,
            f"{file.name} has no row with both a text and a label",
            f"The text was looked for in column “{columns[0]}”, the label in “{columns[1]}”.",
        )
    return Labelled(
        tuple(text for text, kept in zip(texts, whole, strict=True) if kept),
        tuple(tidy_labels([label for label, kept in zip(labels, whole, strict=True) if kept])),
        tuple(notes),
    )


def _misfits(table: Table, file: Path) -> list[Problem]:
    if not table.misfits:
        return []
    line, fields = table.misfits[0]
    total = len(table.misfits) + len(table.rows)
    if not table.layout.delimiter:
        title = f"{len(table.misfits):,} of {total:,} lines of {file.name} hold only one word"
        explain = (
            f"A line needs a label, a blank and a text. {_lines([n for n, _ in table.misfits])}."
        )
    else:
        title = (
            f"{len(table.misfits):,} of {total:,} rows of {file.name} do not have "
            f"{len(table.columns)} columns"
        )
        explain = (
            f"The first is line {line:,} with {fields}. A text that holds the separator must stand "
            "in double quotes."
        )
    if len(table.misfits) > 0.2 * total:
        raise refusal(file, title, explain)
    return [note(title + " and are left out", explain)]


def _lines(numbers: list[int]) -> str:
    shown = ", ".join(f"{number:,}" for number in numbers[:5])
    more = f" and {len(numbers) - 5:,} more" if len(numbers) > 5 else ""
    return f"{'Line' if len(numbers) == 1 else 'Lines'} {shown}{more}"
