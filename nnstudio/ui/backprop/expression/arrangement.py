"""Where the cards stand: the general layout, evened out for the trees most expressions are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnstudio.graph.layout import layered

Position = tuple[float, float]
_ROUNDS = 12


def arrange(
    ids: Sequence[str],
    links: Sequence[tuple[str, str]],
    sizes: Mapping[str, tuple[float, float]],
    column_gap: float,
    row_gap: float,
) -> dict[str, Position]:
    """Top left corners. Where every wire runs from one column to the next, an operation stands in
    the middle of its inputs; where one runs further, the general layout keeps the way free for it.
    """
    placed = layered(ids, links, sizes, column_gap=column_gap, row_gap=row_gap)
    columns: dict[float, list[str]] = {}
    centre = {id: placed[id][0] + sizes[id][0] / 2 for id in ids}
    # Cards of different widths share a column by their middle or by their left edge.
    for id in sorted(ids, key=lambda id: (placed[id][0], placed[id][1])):
        home = next(
            (x for x in columns if any(_overlap(id, other, placed, sizes) for other in columns[x])),
            centre[id],
        )
        columns.setdefault(home, []).append(id)
    order = sorted(columns)
    number = {id: order.index(x) for x, members in columns.items() for id in members}
    if any(number[user] - number[source] != 1 for source, user in links):
        return placed
    return _evened([columns[x] for x in order], links, placed, sizes, row_gap)


def _overlap(
    a: str, b: str, placed: Mapping[str, Position], sizes: Mapping[str, tuple[float, float]]
) -> bool:
    left, right = (
        max(placed[a][0], placed[b][0]),
        min(placed[a][0] + sizes[a][0], placed[b][0] + sizes[b][0]),
    )
    return right - left > 1


def _evened(
    columns: Sequence[Sequence[str]],
    links: Sequence[tuple[str, str]],
    placed: Mapping[str, Position],
    sizes: Mapping[str, tuple[float, float]],
    gap: float,
) -> dict[str, Position]:
    """The same columns and orders, each card as near to the mean height of its neighbours as the
    gaps allow; first to its inputs from left to right, then to its users on the way back.
    """
    inputs: dict[str, list[str]] = {id: [] for id in placed}
    users: dict[str, list[str]] = {id: [] for id in placed}
    for source, user in links:
        inputs[user].append(source)
        users[source].append(user)
    middle = {id: placed[id][1] + sizes[id][1] / 2 for id in placed}
    ranked = [sorted(column, key=lambda id: placed[id][1]) for column in columns]
    for round_ in range(_ROUNDS):
        last = round_ == _ROUNDS - 1
        ways = ((ranked, inputs),) if last else ((ranked[::-1], users), (ranked, inputs))
        for way, neighbours in ways:
            for column in way:
                wanted = [
                    sum(middle[n] for n in neighbours[id]) / len(neighbours[id])
                    if neighbours[id]
                    else middle[id]
                    for id in column
                ]
                heights = [sizes[id][1] for id in column]
                for id, y in zip(column, _apart(wanted, heights, gap), strict=True):
                    middle[id] = y
    top = min(middle[id] - sizes[id][1] / 2 for id in placed)
    return {id: (placed[id][0], middle[id] - sizes[id][1] / 2 - top) for id in placed}


def _apart(wanted: Sequence[float], heights: Sequence[float], gap: float) -> list[float]:
    """The heights nearest to ``wanted`` (least squares) that keep order and gaps.

    Blocks that would overlap are merged and placed at their mean, as in isotonic regression.
    """
    offsets, offset = [], 0.0
    for number, height in enumerate(heights):
        if number:
            offset += (heights[number - 1] + height) / 2 + gap
        offsets.append(offset)
    blocks: list[tuple[float, int]] = []
    for target, shift in zip(wanted, offsets, strict=True):
        mean, count = target - shift, 1
        while blocks and blocks[-1][0] > mean:
            before, size = blocks.pop()
            mean = (before * size + mean * count) / (size + count)
            count += size
        blocks.append((mean, count))
    base = [mean for mean, count in blocks for _ in range(count)]
    return [b + shift for b, shift in zip(base, offsets, strict=True)]
