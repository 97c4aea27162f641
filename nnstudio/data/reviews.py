"""The movie reviews that come with the app."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from nnstudio import resources
from nnstudio.data.dataset import Dataset
from nnstudio.data.splits import SplitSource, split
from nnstudio.data.texts import TextSource

COUNT = 2_555
RIGHT, WITHIN_ONE = 0.58, 0.80
"""Shares of the test reviews for which the network of the course gives the exact number of stars,
and one that is off by one at most: means over ten divisions of the set, each with a standard error
below 0.01, as `python -m tests.benchmarks.reviews_curve --seeds 10 --card` measures them."""

CARD = f"""Movie reviews, one to five stars.

{COUNT:,} short reviews of films that do not exist, {COUNT // 5:,} for each number of stars, 15 to \
80 words long. They are synthetic: written for this project, whose licence (MIT) they share.

Expect about {100 * RIGHT:.0f} % of the test reviews to get the right number of stars; chance is \
20 %. About {100 * WITHIN_ONE:.0f} % are right or off by one star. It is no better because the set \
is small, neighbouring stars read alike, and a bag of words does not tell what a "not" belongs to. \
Texts by other people are harder than these, which are all of one kind."""

CLASS_NAMES = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")


@dataclass(frozen=True)
class MovieReviews(TextSource, SplitSource):
    """Short reviews of invented films, with one to five stars; written for this app."""

    name: ClassVar[str] = "movie_reviews"
    title: ClassVar[str] = "Movie reviews"

    def load(self) -> Dataset:
        """Read the bundled reviews and divide them, every number of stars alike."""
        texts, stars = read()
        y = stars - 1
        parts = [
            ([texts[i] for i in indices], y[indices]) if len(indices) else None
            for indices in split(y, self.validation_fraction, self.test_fraction, self.seed)
        ]
        return self.assemble(self.title, CLASS_NAMES, parts, target_name="stars", card=CARD)


def read(path: Path | None = None) -> tuple[list[str], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """All bundled reviews and their stars, 1 to 5, in the order of the file; or those of a file."""
    content = (path or resources.path("data/movie_reviews.tsv")).read_text(encoding="utf-8")
    rows = [line.split("\t", 1) for line in content.split("\n")[1:] if line]
    return [text for _, text in rows], np.array([int(stars) for stars, _ in rows], dtype=np.int64)
