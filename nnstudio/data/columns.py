"""Guessing what the columns of a learner's table are for: names, sentences, labels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnstudio.data.reading import Table

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")

_TEXT_NAMES = """
text review sentence comment content body message tweet phrase document verified_reviews reviews
review_text reviewtext review_body summary description question headline
"""
_LABEL_NAMES = """
label labels class sentiment category target stars star rating polarity score y topic emotion
intent spam overall feedback grade
"""
TEXT_NAMES = tuple(_TEXT_NAMES.split())
LABEL_NAMES = tuple(_LABEL_NAMES.split())  # the likeliest first


def is_number(value: str) -> bool:
    """Whether a field holds a plain decimal number."""
    return _NUMBER.fullmatch(value) is not None


def has_header(records: list[list[str]]) -> bool:
    """Whether the first record names the columns."""
    if len(records) < 2:
        return False
    first = [field.strip() for field in records[0]]
    below = [record for record in records[1:] if len(record) == len(first)]
    if any(is_number(field) for field in first) or not any(first):
        return False
    for position in range(len(first)):
        values = [record[position] for record in below if record[position].strip()]
        if values and first[position] and all(is_number(value) for value in values):
            return True
    filled = [field.lower() for field in first if field]
    if any(field in TEXT_NAMES or field in LABEL_NAMES for field in filled):
        return True
    if len(set(filled)) < len(filled) or any(len(f) > 40 or f.count(" ") > 4 for f in filled):
        return False
    for position in range(len(first)):
        values = [record[position].strip() for record in below if record[position].strip()]
        few = 2 * len(set(values)) <= len(values)
        if len(values) >= 4 and few and first[position] not in values:
            return True
    return False


def guess_columns(table: Table) -> tuple[str | None, str | None]:
    """The columns that probably hold the text and the label; None where nothing fits."""
    if not table.layout.delimiter:
        return "text", "label"
    sample = table.rows[:2_000]
    values = {
        name: [row[position].strip() for row in sample if row[position].strip()]
        for position, name in enumerate(table.columns)
    }
    text = _guess_text(values)
    return text, _guess_label({name: v for name, v in values.items() if name != text})


def _guess_text(values: dict[str, list[str]]) -> str | None:
    length = {
        name: sum(map(len, column)) / len(column)
        for name, column in values.items()
        if column and not all(map(is_number, column))
    }
    wordy = {
        name: size
        for name, size in length.items()
        if name.lower() in TEXT_NAMES
        or (
            size >= 8
            and sum(" " in value for value in values[name]) >= 0.3 * len(values[name])
            and len(set(values[name])) > 0.1 * len(values[name])
        )
    }
    named = [name for name in wordy if name.lower() in TEXT_NAMES]
    return max(named or wordy, key=wordy.__getitem__, default=None)


def _guess_label(values: dict[str, list[str]]) -> str | None:
    distinct = {name: len(set(column)) for name, column in values.items() if column}
    for known in LABEL_NAMES:
        for name in distinct:
            if name.lower() == known and distinct[name] <= 100:
                return name
    few = [
        name
        for name, different in distinct.items()
        if 2 <= different <= 50 and 2 * different <= len(values[name])
    ]
    return min(few, key=distinct.__getitem__, default=None)
