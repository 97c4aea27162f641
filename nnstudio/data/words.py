"""Text as numbers: the bag of words.

A classifier cannot read; it sees which words occur, and how often, but not in which order. The
vocabulary is what was most frequent in the *training* texts: fitting it on the test set would let
the network peek. A word is a run of two or more letters, digits or underscores, as in
scikit-learn's CountVectorizer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.spec import Place, Problem, ProblemError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

PATTERN = r"\w\w+"
LONGEST_WORD = 100  # a longer run is not a word but noise such as an encoded picture
_find = re.compile(PATTERN).findall
_iterate = re.compile(PATTERN).finditer

_STOP_WORDS = """
about after again all also am an and any are as at be because been before being but by can
could did do does doing down during each few for from had has have having he her here hers
him his how if in into is it its itself just me more most my no nor not of off on once only
or other our out over own same she should so some such than that the their them then there
these they this those through to too under until up very was we were what when where which
while who whom why will with would you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True)
class BagOfWords:
    """A fitted vocabulary and how texts are counted with it.

    ``vocabulary`` lists the words in the order of the columns, the most frequent first. With
    ``counts`` off a column says only whether the word occurs (0 or 1).
    """

    vocabulary: tuple[str, ...]
    lowercase: bool = True
    counts: bool = True
    stop_words: bool = False  # whether stop words were left out when the vocabulary was chosen

    @classmethod
    def fit(
        cls,
        texts: Iterable[str],
        size: int | None = 800,
        *,
        lowercase: bool = True,
        stop_words: bool = False,
        counts: bool = True,
    ) -> BagOfWords:
        """Choose the `size` most frequent words of `texts` (None: all); ties go by the alphabet.

        Raises `ProblemError` if the texts hold no word at all.
        """
        ids, words, _ = _number(texts, lowercase)
        frequency = np.bincount(ids, minlength=len(words))
        order = sorted(range(len(words)), key=words.__getitem__)
        ranked = sorted(order, key=frequency.__getitem__, reverse=True)  # stable: ties stay sorted
        chosen = [
            words[i]
            for i in ranked
            if not (stop_words and words[i].lower() in STOP_WORDS) and len(words[i]) <= LONGEST_WORD
        ]
        if not chosen:
            raise ProblemError(
                Problem(
                    "The training texts hold no word to count",
                    "A word is two or more letters or digits in a row"
                    + (", stop words aside." if stop_words else "."),
                    Place("data"),
                )
            )
        return cls(tuple(chosen[:size]), lowercase, counts, stop_words)

    def __len__(self) -> int:
        return len(self.vocabulary)

    @cached_property
    def columns(self) -> Mapping[str, int]:
        """The column of every word of the vocabulary."""
        return {word: column for column, word in enumerate(self.vocabulary)}

    def tokens(self, text: str) -> list[str]:
        """The words of a text in their order, known or not."""
        return list(_find(text.lower() if self.lowercase else text))

    def spans(self, text: str) -> list[tuple[int, int, int | None]]:
        """Where the words of a text stand: (start, end, column), column None if unknown."""
        columns = self.columns
        return [
            (
                match.start(),
                match.end(),
                columns.get(match[0].lower() if self.lowercase else match[0]),
            )
            for match in _iterate(text)
        ]

    def encode(self, texts: Iterable[str]) -> csr_matrix:
        """The texts as a float32 CSR matrix (texts, words), never made dense on the way."""
        ids, words, lengths = _number(texts, self.lowercase)
        lookup = np.array([self.columns.get(word, -1) for word in words], dtype=np.int64)
        columns = lookup[ids] if len(words) else ids
        rows = np.repeat(np.arange(len(lengths)), lengths)
        known = columns >= 0
        return _count_matrix(rows[known], columns[known], len(lengths), len(self), self.counts)

    def to_json(self) -> dict[str, Any]:
        """The vocabulary and its settings as plain JSON values."""
        return {
            "vocabulary": list(self.vocabulary),
            "lowercase": self.lowercase,
            "counts": self.counts,
            "stop_words": self.stop_words,
        }

    @classmethod
    def from_json(cls, written: Any) -> BagOfWords:
        """Read a vocabulary back; raises `ProblemError` if it is damaged."""
        values = written if isinstance(written, dict) else {}
        words = values.get("vocabulary")
        lowercase, counts, stop_words = (
            values.get(key) for key in ("lowercase", "counts", "stop_words")
        )
        if (
            not isinstance(words, list)
            or not words
            or not all(isinstance(word, str) for word in words)
            or len(set(words)) != len(words)
            or not isinstance(lowercase, bool)
            or not isinstance(counts, bool)
            or not isinstance(stop_words, bool)
        ):
            raise ProblemError(
                Problem(
                    "The vocabulary in this file is damaged",
                    "It must be a list of different words with three on/off settings.",
                    Place("file"),
                )
            )
        return cls(tuple(words), lowercase, counts, stop_words)


def _number(
    texts: Iterable[str], lowercase: bool
) -> tuple[np.ndarray[Any, Any], list[str], np.ndarray[Any, Any]]:
    """Number the words in order of appearance: (number of each token, words, tokens per text)."""
    numbers: dict[str, int] = _Counting()
    ids: list[int] = []
    lengths: list[int] = []
    for text in texts:
        found = _find(text.lower() if lowercase else text)
        ids.extend(map(numbers.__getitem__, found))
        lengths.append(len(found))
    return np.array(ids, dtype=np.int64), list(numbers), np.array(lengths, dtype=np.int64)


class _Counting(dict[str, int]):
    """Gives every new key the next number."""

    def __init__(self) -> None:
        self._next = count()

    def __missing__(self, key: str) -> int:
        self[key] = number = next(self._next)
        return number


def _count_matrix(
    rows: np.ndarray[Any, Any],
    columns: np.ndarray[Any, Any],
    height: int,
    width: int,
    counts: bool,
) -> csr_matrix:
    from scipy.sparse import csr_matrix

    cells, times = np.unique(rows * width + columns, return_counts=True)
    values = times.astype(np.float32) if counts else np.ones(len(cells), dtype=np.float32)
    starts = np.searchsorted(cells, np.arange(height + 1, dtype=np.int64) * width)
    matrix = csr_matrix(
        (values, (cells % width).astype(np.int32), starts.astype(np.int32)), shape=(height, width)
    )
    matrix.has_sorted_indices = True
    matrix.has_canonical_format = True
    return matrix


def empty_rows(x: csr_matrix) -> int:
    """How many texts contain no word of the vocabulary."""
    return int(np.count_nonzero(np.diff(x.indptr) == 0))
