"""From labelled sentences to a data set: what all text sources share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnstudio.data.dataset import Dataset, DataSource, Samples
from nnstudio.data.words import BagOfWords, empty_rows
from nnstudio.graph.plan import Signature
from nnstudio.spec import Place, Problem, Severity, boolean, choice, integer


@dataclass(frozen=True)
class TextSource(DataSource):
    """Base of data sets made of texts, which a bag of words turns into numbers."""

    group = "text"
    icon = "text"

    vocabulary: int | None = integer(
        800,
        minimum=1,
        maximum=1_000_000,
        optional=True,
        none_title="all words",
        unit="words",
        label="Vocabulary",
        typical="500 to 20,000",
        help="How many of the most frequent words of the training texts become inputs.",
    )
    lowercase: bool = boolean(
        True, label="Lower-case", help="Treat 'Good' and 'good' as the same word."
    )
    stop_words: bool = boolean(
        False,
        label="Remove stop words",
        help="Leave out frequent words such as 'the' and 'of'. Such lists, this one too, usually "
        "hold 'not' and 'very': 'not good' then becomes 'good'.",
    )
    weighting: str = choice(
        "counts",
        label="Weighting",
        help="What a column holds: how often the word occurs, or only whether it does.",
        options=(("counts", "number of occurrences"), ("binary", "0 or 1")),
    )

    def summary(self) -> str:
        """The size of the vocabulary."""
        return "all words" if self.vocabulary is None else f"{self.vocabulary:,} words"

    def assemble(
        self,
        title: str,
        class_names: tuple[str, ...],
        parts: Sequence[tuple[Sequence[str], np.ndarray[Any, Any]] | None],
        *,
        target_name: str,
        card: str,
        notes: tuple[Problem, ...] = (),
    ) -> Dataset:
        """The data set of (texts, classes) for training, validation and test (None: no such set).

        The bag of words is fitted on the training texts only.
        """
        train = parts[0]
        assert train is not None, "there is always a training part"
        words = BagOfWords.fit(
            train[0],
            self.vocabulary,
            lowercase=self.lowercase,
            stop_words=self.stop_words,
            counts=self.weighting == "counts",
        )
        samples = [
            None if part is None else Samples(words.encode(part[0]), part[1], tuple(part[0]))
            for part in parts
        ]
        encoded, validation, test = samples
        assert encoded is not None, "the training part was encoded"
        return Dataset(
            title=title,
            signature=Signature(
                input_shape=(len(words),),
                task="classification",
                classes=len(class_names),
                target_maximum=float(len(class_names) - 1),
                target_title=target_name,
            ),
            train=encoded,
            validation=validation,
            test=test,
            class_names=class_names,
            feature_names=words.vocabulary,
            target_name=target_name,
            words=words,
            card=card,
            notes=notes + _wordless(words, samples),
        )


def _wordless(words: BagOfWords, samples: Sequence[Samples | None]) -> tuple[Problem, ...]:
    notes = []
    for name, part in zip(("training", "validation", "test"), samples, strict=True):
        if part is None or not (blank := empty_rows(part.x)):
            continue
        share = blank / len(part)
        if share >= 0.01:
            notes.append(
                Problem(
                    f"{blank:,} of the {len(part):,} {name} texts hold none of the "
                    f"{len(words):,} words",
                    "To the network they all look the same: a row of zeros. A larger vocabulary "
                    "helps.",
                    Place("data", field="vocabulary"),
                    Severity.HINT,
                )
            )
    return tuple(notes)
