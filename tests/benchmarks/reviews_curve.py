"""What more reviews would bring: validation accuracy against the number of training reviews.

    python -m tests.benchmarks.reviews_curve [--seeds 5] [--extra FILE] [--card]

The network of the course (800 words, Dense 256, Dropout 0.5, twice, Dense 5; Adam, early stopping)
learns from 25, 50, 75 and 100 % of the training reviews, every number of stars alike; each seed
divides the set anew and draws other initial weights. A line is fitted to accuracy against the
logarithm of the number of reviews and carried on; its error is that of the fit over the seeds, and
says nothing about whether the line stays straight.

With ``--extra`` (a file like the bundled one: stars, tab, text) its reviews join each training set,
and what they bring on the very same validation sets is told. The accuracies are those of the
restored weights on the set that chose them, so they are high by a little. ``--card`` opens the test
set instead and prints what the card of the data set promises (`nnstudio.data.reviews`): the share
of the test reviews it gets right, and of those it misses by one star at most.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np

from nnstudio.analysis.evaluation import evaluate
from nnstudio.data.dataset import Dataset
from nnstudio.data.reviews import CLASS_NAMES, MovieReviews, read
from nnstudio.data.splits import split
from nnstudio.engine.network import Network
from nnstudio.engine.trainer import Trainer
from nnstudio.graph.check import check
from nnstudio.project import templates

SHARES = (0.25, 0.5, 0.75, 1.0)
Extra = tuple[list[str], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--extra", type=Path)
    parser.add_argument("--card", action="store_true")
    options = parser.parse_args()
    seeds = range(options.seeds)
    if options.card:
        told = np.array([promised(seed) for seed in seeds])
        for title, values in zip(("right", "within one star"), told.T, strict=True):
            print(f"| test reviews {title} | {_spread(values)} |")
        return
    print("| training reviews | validation accuracy |\n|---|---|")
    rows = [[accuracy(seed, share) for share in SHARES] for seed in seeds]
    counts = [count for count, _ in rows[0]]
    measured = np.array([[value for _, value in row] for row in rows])
    for count, values in zip(counts, measured.T, strict=True):
        print(f"| {count:,} | {_spread(values)} |")
    _extrapolate(np.array(counts), measured)
    if options.extra is not None:
        added = read(options.extra)
        more = [accuracy(seed, 1.0, added) for seed in seeds]
        values = np.array([value for _, value in more])
        print(f"| {more[0][0]:,} (with {options.extra.name}) | {_spread(values)} |")
        print(f"gain, seed by seed: {_spread(values - measured[:, -1])}")


def accuracy(seed: int, share: float, extra: Extra | None = None) -> tuple[int, float]:
    """How many reviews it learned from, and its accuracy on the validation set of this seed."""
    dataset = part_of(seed, share, extra)
    network = trained(dataset, seed)
    return len(dataset.train), evaluate(network, dataset, "validation").figures["Accuracy"]


def promised(seed: int) -> tuple[float, float]:
    """The shares of test reviews that are right, and that are one star off at most."""
    dataset = MovieReviews(seed=seed).load()
    found = evaluate(trained(dataset, seed), dataset, "test")
    assert found.predicted is not None
    off = np.abs(found.predicted - found.target)
    return float(np.mean(off == 0)), float(np.mean(off <= 1))


def trained(dataset: Dataset, seed: int) -> Network:
    """The network of the course after it has learned from this data."""
    project = templates.new("sentiment")
    plan = check(project.graph, dataset.signature, project.training.loss).plan
    assert plan is not None, "the network of the course suits the reviews"
    network = Network(plan, project.training.loss, seed=seed)
    for _ in Trainer(network, dataset, project.training.replace(seed=seed)).run():
        pass
    return network


def part_of(seed: int, share: float, extra: Extra | None) -> Dataset:
    """The set as this seed divides it, with a share of its training reviews and the extra ones."""
    texts, stars = read()
    train, validation, _ = split(stars, 0.15, 0.15, seed)
    kept = np.concatenate(
        [
            train[stars[train] == star][: round(share * np.sum(stars[train] == star))]
            for star in range(1, 6)
        ]
    )
    learned, known = [texts[i] for i in kept], stars[kept]
    if extra is not None:
        learned, known = learned + extra[0], np.concatenate([known, extra[1]])
    parts = [(learned, known - 1), ([texts[i] for i in validation], stars[validation] - 1), None]
    return MovieReviews().assemble("", CLASS_NAMES, parts, target_name="stars", card="")


def _extrapolate(counts: np.ndarray, measured: np.ndarray) -> None:
    """A straight line in log n for each seed; their mean and standard error further on."""
    lines = [np.polyfit(np.log(counts), row, 1) for row in measured]
    for further in (300, 1_500):
        count = int(counts[-1]) + further
        there = np.array([np.polyval(line, math.log(count)) for line in lines])
        print(f"| {count:,} (a straight line in log n) | {_spread(there)} |")


def _spread(values: np.ndarray) -> str:
    error = values.std(ddof=1) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return f"{values.mean():.3f} ± {error:.3f} (standard error)"


if __name__ == "__main__":
    main()
