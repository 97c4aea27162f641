"""Where the cards stand and which way the wires go.

The general layout decides columns and orders; then every operation moves to the middle of the
operations it reads, as far as the others let it: chains run straight, and leaves make room. A wire
that skips columns gets a free lane in each of them, so that it never runs behind a card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from nnstudio.graph.layout import layered

Position = tuple[float, float]
Size = tuple[float, float]
Link = tuple[str, str]
Lane = tuple[float, float, float]
"""The left and right end of a lane, and its height."""

LANE = 20.0  # height of a lane
_ROUNDS = 5
_HEAVY = 50.0  # an operation moves a leaf out of its way, not the other way round


@dataclass(frozen=True)
class Arrangement:
    """Top left corners of cards, and for each link that skips columns its lanes: (left, right, y)
    of each column it passes.
    """

    places: Mapping[str, Position]
    lanes: Mapping[Link, tuple[Lane, ...]] = field(default_factory=dict)


def arrange(
    ids: Sequence[str],
    links: Sequence[Link],
    sizes: Mapping[str, Size],
    column_gap: float,
    row_gap: float,
) -> Arrangement:
    """Positions for cards of these sizes. ``links`` are (source, user) pairs without circles."""
    links = list(dict.fromkeys(links))
    placed = layered(ids, links, sizes, column_gap=column_gap, row_gap=row_gap)
    number = _columns(placed, sizes)
    chains = {
        (source, user): tuple(
            f"{source}>{user}@{column}" for column in range(number[source] + 1, number[user])
        )
        for source, user in links
        if number[user] - number[source] > 1
    }
    if not chains:
        return Arrangement(_evened(number, links, placed, sizes, row_gap))
    # Once more, with a small stand-in in every column a wire passes: now all links are short.
    widest: dict[int, float] = {}
    for id in ids:
        widest[number[id]] = max(widest.get(number[id], 0.0), sizes[id][0])
    all_sizes = dict(sizes)
    short: list[Link] = []
    for link in links:
        stops = [link[0], *chains.get(link, ()), link[1]]
        short += pairwise(stops)
        for offset, stop in enumerate(chains.get(link, ()), start=1):
            all_sizes[stop] = (widest[number[link[0]] + offset], LANE)
    placed = layered(list(all_sizes), short, all_sizes, column_gap=column_gap, row_gap=row_gap)
    number = _columns(placed, all_sizes)
    places = _evened(number, short, placed, all_sizes, row_gap)
    lanes = {
        link: tuple(
            (places[s][0], places[s][0] + all_sizes[s][0], places[s][1] + LANE / 2) for s in stops
        )
        for link, stops in chains.items()
    }
    return Arrangement({id: places[id] for id in ids}, lanes)


def _columns(placed: Mapping[str, Position], sizes: Mapping[str, Size]) -> dict[str, int]:
    """The column of each card: cards whose horizontal ranges meet share one."""
    found: dict[str, int] = {}
    column, right = -1, float("-inf")
    for id in sorted(placed, key=lambda id: placed[id][0]):
        left, width = placed[id][0], sizes[id][0]
        if left >= right - 1:
            column, right = column + 1, left + width
        right = max(right, left + width)
        found[id] = column
    return found


def _evened(
    number: Mapping[str, int],
    links: Sequence[Link],
    placed: Mapping[str, Position],
    sizes: Mapping[str, Size],
    gap: float,
) -> dict[str, Position]:
    """The same columns and orders, each card as near to the mean height of its neighbours as the
    gaps allow; to its inputs from left to right, to its users on the way back.
    """
    inputs: dict[str, list[str]] = {id: [] for id in placed}
    users: dict[str, list[str]] = {id: [] for id in placed}
    for source, user in links:
        inputs[user].append(source)
        users[source].append(user)
    middle = {id: placed[id][1] + sizes[id][1] / 2 for id in placed}
    columns: list[list[str]] = [[] for _ in range(max(number.values()) + 1)]
    for id in sorted(placed, key=lambda id: middle[id]):
        columns[number[id]].append(id)
    for round_ in range(_ROUNDS):
        last = round_ == _ROUNDS - 1
        ways = ((columns, inputs),) if last else ((columns[::-1], users), (columns, inputs))
        for way, neighbours in ways:
            for column in way:
                wanted = [_mean(middle, id, neighbours[id], inputs) for id in column]
                heights = [sizes[id][1] for id in column]
                weights = [_HEAVY if inputs[id] else 1.0 for id in column]
                for id, y in zip(column, _apart(wanted, heights, weights, gap), strict=True):
                    middle[id] = y
    top = min(middle[id] - sizes[id][1] / 2 for id in placed)
    return {id: (placed[id][0], middle[id] - sizes[id][1] / 2 - top) for id in placed}


def _mean(
    middle: Mapping[str, float],
    id: str,
    neighbours: Sequence[str],
    inputs: Mapping[str, Sequence[str]],
) -> float:
    """The mean height of the neighbours; leaves count only where there is nothing else."""
    counted = [each for each in neighbours if inputs[each]] or neighbours
    return sum(middle[each] for each in counted) / len(counted) if counted else middle[id]


def _apart(
    wanted: Sequence[float], heights: Sequence[float], weights: Sequence[float], gap: float
) -> list[float]:
    """The heights nearest to ``wanted`` (weighted least squares) that keep order and gaps.

    Blocks that would overlap are merged and placed at their mean, as in isotonic regression.
    """
    offsets, offset = [], 0.0
    for number, height in enumerate(heights):
        if number:
            offset += (heights[number - 1] + height) / 2 + gap
        offsets.append(offset)
    blocks: list[tuple[float, float, int]] = []
    for target, shift, weight in zip(wanted, offsets, weights, strict=True):
        mean, total, count = target - shift, weight, 1
        while blocks and blocks[-1][0] > mean:
            before, heavy, size = blocks.pop()
            mean = (before * heavy + mean * total) / (heavy + total)
            total, count = total + heavy, count + size
        blocks.append((mean, total, count))
    base = [mean for mean, _, count in blocks for _ in range(count)]
    return [b + shift for b, shift in zip(base, offsets, strict=True)]
