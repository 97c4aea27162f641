"""The rows of a file for a trained network: what each of them says, or why it cannot be used.

Training may leave rows out; whoever asks for predictions wants an answer to every row. So a row
that cannot be used stays in its place, with the reason. Columns are found by their names; only a
table without a header is read by the order of its columns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from nnstudio.data.columns import guess_columns, is_number
from nnstudio.data.folders import read_file, text_files
from nnstudio.data.paths import written
from nnstudio.data.reading import Table, behind_door, read_text, refusal
from nnstudio.data.text_files import read_table

_TABLES = (".csv", ".tsv", ".tab")


@dataclass(frozen=True)
class Row:
    """One input: ``raw`` is a text, or a list with one number per input.

    ``line`` is where it begins in its file, ``source`` its own file in a folder. ``label`` is what
    the label column says. ``problem`` says why the row cannot be used; else it is empty.
    """

    raw: Any = None
    line: int | None = None
    source: str = ""
    label: str = ""
    problem: str = ""

    @property
    def place(self) -> str:
        """Where the row stands, such as ``line 3``; empty for a text that was typed."""
        return f"line {self.line:,}" if self.line is not None else self.source


def texts_as_rows(texts: Sequence[str]) -> list[Row]:
    """Typed texts as rows."""
    return [_of_text(text, None) for text in texts]


@behind_door
def text_rows(
    path: str, text_column: str = "", label_column: str = "", target: str = "", labels: bool = False
) -> list[Row]:
    """A row for every text of a file or folder, in its order; blank lines are none.

    A file is a table, or plain lines. The text column is found by itself where no name is given;
    ``target`` is what the label column was called in training. Raises `ProblemError` if there is
    no such column, or with ``labels`` no label column.
    """
    file = written(path)
    if file.is_dir():
        return [_of_text(read_file(f), None, f"{f.relative_to(file)}") for f in text_files(file)]
    table = read_table(file)
    _must_have(table, file, text_column, label_column)
    label = _label_column(table, label_column, target)
    text = text_column or _text_column(table, label)
    if labels and (not label or label == text):
        raise refusal(
            file,
            f"{file.name} has no column to compare with",
            f"Its columns are {_listed(table.columns)}. The labels are needed too: name their "
            f"column “{target}”, or say which it is with --label-column.",
        )
    if _is_lines(table, file):
        return [_of_text(line, number) for number, line in _lines(file)]
    if not text:
        raise refusal(
            file,
            f"No column of {file.name} looks like sentences",
            f"Its columns are {_listed(table.columns)}. Say which it is with --text-column.",
        )
    answers = table.column(label) if label and label != text else [""] * len(table.rows)
    rows = [
        _of_text(value, line, label=answer)
        for value, line, answer in zip(table.column(text), table.lines, answers, strict=True)
    ]
    return _with_misfits(rows, table)


@behind_door
def number_rows(
    path: str,
    names: Sequence[str],
    inputs: int,
    label_column: str = "",
    target: str = "",
    class_names: Sequence[str] = (),
    labels: bool = False,
) -> list[Row]:
    """A row for every row of a table of numbers, its inputs found by the names of the columns.

    ``names`` are the inputs as in training, empty if they have none; ``inputs`` says how many
    there are. Without a header the columns count by their order, the label last. Raises
    `ProblemError` if columns are missing, or with ``labels`` the label.
    """
    file = written(path)
    table = read_table(file)
    if not table.layout.header and table.rows and _matching(table.rows[0], names):
        table = read_table(file, header="yes")
    _must_have(table, file, label_column)
    chosen = _matching(table.columns, names) if table.layout.header else None
    if chosen is None:
        chosen = _by_order(table, file, names, inputs, target, class_names, labels)
    others = [name for name in table.columns if name not in chosen]
    label = _label_column(table, label_column, target) if table.layout.header else ""
    label = label if label in others else others[0] if len(others) == 1 else ""
    if labels and not label:
        raise refusal(
            file,
            f"{file.name} has no column to compare with",
            f"Besides the inputs it has {_listed(others) if others else 'none'}. Name the column "
            f"with the true values “{target}”, or say which it is with --label-column.",
        )
    places = [table.columns.index(name) for name in chosen]
    answers = table.column(label) if label else [""] * len(table.rows)
    rows = [
        _of_numbers([row[place].strip() for place in places], chosen, line, answer)
        for row, line, answer in zip(table.rows, table.lines, answers, strict=True)
    ]
    return _with_misfits(rows, table)


# ---- one row ----------------------------------------------------------------------------------


def _of_text(text: str, line: int | None, source: str = "", label: str = "") -> Row:
    text = text.strip()
    return Row(text or None, line, source, label, "" if text else "the text is empty")


def _of_numbers(values: list[str], names: Sequence[str], line: int, label: str) -> Row:
    numbers = []
    for name, value in zip(names, values, strict=True):
        if not value:
            return Row(None, line, label=label, problem=f"column “{name}” is empty")
        number = float(value) if is_number(value) else math.nan
        if not math.isfinite(number):
            why = "is not a number" if math.isnan(number) else "is too large a number"
            said = value if len(value) <= 30 else value[:29] + "…"
            problem = f"“{said}” in column “{name}” {why}"
            return Row(None, line, label=label, problem=problem)
        numbers.append(number)
    return Row(numbers, line, label=label)


def _with_misfits(rows: list[Row], table: Table) -> list[Row]:
    """The rows and, in their places, those that do not have a field for each column."""
    wanted = len(table.columns)
    strange = [
        Row(
            line=line,
            problem=f"it has {count} {'field' if count == 1 else 'fields'}, the table {wanted} "
            f"{'column' if wanted == 1 else 'columns'}",
        )
        for line, count in table.misfits
    ]
    return sorted([*rows, *strange], key=lambda row: row.line or 0)


# ---- columns ----------------------------------------------------------------------------------


def _must_have(table: Table, file: Path, *wanted: str) -> None:
    for name in wanted:
        if name and name not in table.columns:
            raise refusal(
                file,
                f"{file.name} has no column named “{name}”",
                f"Its columns are {_listed(table.columns)}.",
            )


def _label_column(table: Table, wanted: str, target: str) -> str:
    if wanted:
        return wanted
    named = _matching(table.columns, [target]) if target else None
    return named[0] if named else guess_columns(table)[1] or ""


def _text_column(table: Table, label: str) -> str:
    if len(table.columns) == 1:
        return table.columns[0]
    guessed = guess_columns(table)[0]
    others = [name for name in table.columns if name != label]
    return guessed if guessed and guessed != label else others[0] if len(others) == 1 else ""


def _matching(columns: Sequence[str], names: Sequence[str]) -> list[str] | None:
    """The columns with these names, in their order; capitals and blanks do not count."""
    if not names:
        return None
    if set(names) <= set(columns):
        return list(names)
    plain: dict[str, list[str]] = {}
    for column in columns:
        plain.setdefault(_plain(column), []).append(column)
    found = [plain.get(_plain(name), []) for name in names]
    chosen = [columns[0] for columns in found if len(columns) == 1]
    return chosen if len(set(chosen)) == len(names) else None


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


def _by_order(
    table: Table,
    file: Path,
    names: Sequence[str],
    inputs: int,
    target: str,
    class_names: Sequence[str],
    labels: bool,
) -> list[str]:
    """The inputs of a table whose columns have no names to go by: the first ones, the label last.

    Raises `ProblemError` where that would be a guess.
    """
    takes = f"the model takes {inputs:,} {'number' if inputs == 1 else 'numbers'}"
    width = len(table.columns)
    if table.layout.header and names:
        missing = [name for name in names if _matching(table.columns, [name]) is None]
        raise refusal(
            file,
            f"{file.name} lacks {_listed(missing)}: {takes}, each from a column of its name",
            f"The columns of the file are {_listed(table.columns)}. Name them as in training, or "
            "leave the header out: then they count by their order.",
        )
    if width not in (inputs, inputs + 1):
        raise refusal(
            file,
            f"{file.name} has {width:,} columns, {takes}",
            "Name the columns as in training, or give them in that order, the label last.",
        )
    if width > inputs and (
        _counts_rows(table) or not (labels or _holds_labels(table, target, class_names))
    ):
        raise refusal(
            file,
            f"{file.name} has one column more than the {inputs:,} numbers the model takes",
            "It does not say which is to be left out, such as a row number. Name the columns as "
            "in training, or leave that one out.",
        )
    return list(table.columns[:inputs])


def _counts_rows(table: Table) -> bool:
    """Whether the first column only numbers the rows."""
    first = table.column(table.columns[0])
    if len(first) < 3 or not all(value.isdecimal() and len(value) < 16 for value in first):
        return False
    numbers = [int(value) for value in first]
    return all(b - a == 1 for a, b in pairwise(numbers))


def _holds_labels(table: Table, target: str, class_names: Sequence[str]) -> bool:
    """Whether the last column can only be the label: by its name, or because it holds classes."""
    last = table.columns[-1]
    if table.layout.header and target and _plain(last) == _plain(target):
        return True
    return bool(class_names) and set(table.column(last)) <= {*class_names, ""}


# ---- plain lines ------------------------------------------------------------------------------


def _is_lines(table: Table, file: Path) -> bool:
    """Whether each line of the file is a text, with commas as they come."""
    plain = file.suffix.lower() not in _TABLES
    if len(table.columns) > 1:
        return plain and table.layout.delimiter == "," and not table.layout.header
    return plain or bool(table.misfits)


def _lines(file: Path) -> list[tuple[int, str]]:
    """(number, text) of the lines that are not blank; the header of a table is none."""
    found = [
        (number, line.strip())
        for number, line in enumerate(read_text(file).split("\n"), 1)
        if line.strip()
    ]
    if file.suffix.lower() in _TABLES and read_table(file).layout.header:
        return found[1:]
    return found


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:8])
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8:,} more"
