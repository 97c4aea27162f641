"""Automatic layout: layers from left to right, few crossings, straight main chain.

The method is Sugiyama's in four steps: every node gets a column (longest path from the start);
wires that skip columns get invisible stand-ins there, so that other nodes make room for them; the
order within the columns is sorted by the mean position of the neighbours; and the final heights
are the least-squares solution that keeps the order and the gaps. K. Sugiyama, S. Tagawa, M. Toda,
"Methods for visual understanding of hierarchical system structures", 1981.

`layered` knows nothing of networks: the expression graph is drawn with it too. `arrange` and
`tidy` lay out the cards of the canvas. The same input always gives the same picture.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence

from nnstudio.graph.model import Graph

CARD = (168.0, 124.0)  # width and height of a card on the canvas, in pixels
GAP = (56.0, 60.0)  # between the columns and between the rows of cards
ORIGIN = (32.0, 32.0)
COLUMNS = 4
FURTHEST = 1_000_000.0  # pixels from the origin; further out no scroll bar reaches
LOSS = "loss"

_SWEEPS = 6
_STIFF = 1e6  # the weight that keeps the main chain in place

Link = tuple[str, str]
Size = tuple[float, float]
Position = tuple[float, float]


def on_canvas(value: float) -> float:
    """A coordinate kept where scroll bars reach; raises ValueError if it is not finite."""
    if not math.isfinite(value):
        raise ValueError(f"a position must be finite, not {value!r}")
    return max(-FURTHEST, min(FURTHEST, float(value)))


def layered(
    ids: Sequence[str],
    edges: Iterable[Link],
    sizes: Mapping[str, Size] | Size,
    *,
    column_gap: float = 56.0,
    row_gap: float = 24.0,
    wrap: int | None = None,
    wrap_gap: float = 60.0,
    origin: Position = (0.0, 0.0),
) -> dict[str, Position]:
    """Top left corners of nodes, laid out from left to right.

    ``edges`` are (source, target) pairs; one that closes a circle or names no node is passed
    over. ``sizes`` is one (width, height) for all or one for each id. With ``wrap`` the columns
    break into rows of that many; every row after the first is indented by one column, to leave
    room for the wire that comes from the row above. Parts that hang together nowhere are put one
    below the other. Positions are whole pixels from the origin.
    """
    if not ids:
        return {}
    known = set(ids)
    links = list(dict.fromkeys((s, t) for s, t in edges if s in known and t in known and s != t))
    links = _without_circles(ids, links)
    size = dict(sizes) if isinstance(sizes, Mapping) else dict.fromkeys(ids, sizes)
    placed: dict[str, Position] = {}
    top = origin[1]
    for members in _components(ids, links):
        inside = set(members)
        drawing = _Drawing(members, [link for link in links if link[0] in inside], size, row_gap)
        part, height = drawing.positions(column_gap, wrap, wrap_gap)
        placed.update({id: (x + origin[0], y + top) for id, (x, y) in part.items()})
        top += height + wrap_gap
    return {id: placed[id] for id in ids}


def arrange(graph: Graph, columns: int = COLUMNS) -> dict[str, Position]:
    """Positions of all cards in rows of ``columns``, the Loss card under the id ``loss``.

    The Loss card follows the one card that ends the network; with no such card it is left out.
    """
    ids = [node.id for node in graph.nodes]
    links = [(edge.source, edge.target) for edge in graph.edges]
    ends = [id for id in ids if graph.incoming[id] and not graph.outgoing[id]]
    if len(ends) == 1:
        ids.append(LOSS)
        links.append((ends[0], LOSS))
    # The part with the Input first, loose cards below it.
    ids.sort(key=lambda id: id != LOSS and graph.node(id).layer.most_inputs != 0)
    return layered(
        ids,
        links,
        CARD,
        column_gap=GAP[0],
        row_gap=GAP[1] / 2,
        wrap=max(2, columns),
        wrap_gap=GAP[1],
        origin=ORIGIN,
    )


def tidy(graph: Graph, columns: int = COLUMNS) -> Graph:
    """The graph with its cards arranged."""
    places = arrange(graph, columns)
    return dataclasses.replace(
        graph,
        nodes=tuple(
            dataclasses.replace(node, x=places[node.id][0], y=places[node.id][1])
            for node in graph.nodes
        ),
    )


class _Drawing:
    """One connected part on its way from nodes and links to positions."""

    def __init__(
        self,
        members: Sequence[str],
        links: Sequence[Link],
        sizes: Mapping[str, Size],
        row_gap: float,
    ) -> None:
        self.members = members
        self.sizes = sizes
        self.row_gap = row_gap
        self.column = _columns(members, links)
        self.chain = _main_chain(members, links, self.column)
        self.before: dict[str, list[str]] = {id: [] for id in members}
        self.after: dict[str, list[str]] = {id: [] for id in members}
        self.stand_ins: set[str] = set()
        self.columns: list[list[str]] = [[] for _ in range(max(self.column.values()) + 1)]
        for id in members:
            self.columns[self.column[id]].append(id)
        for source, target in links:
            self._link(source, target)

    def positions(
        self, column_gap: float, wrap: int | None, wrap_gap: float
    ) -> tuple[dict[str, Position], float]:
        """Positions with the least x and y at 0, and the height of it all."""
        self._order()
        middle = self._middles()
        count = len(self.columns)
        rows = _rows(count, wrap)
        widths = [
            max((self.sizes[id][0] for id in ids if id not in self.stand_ins), default=0.0)
            for ids in self.columns
        ]
        if wrap is not None and len(rows) > 1:
            # A grid reads better with one width for all its columns.
            widths = [max(widths)] * count
        places: dict[str, Position] = {}
        top = 0.0
        for number, row in enumerate(rows):
            here = [id for c in row for id in self.columns[c] if id not in self.stand_ins]
            upper = min(middle[id] - self.sizes[id][1] / 2 for id in here)
            lower = max(middle[id] + self.sizes[id][1] / 2 for id in here)
            left = widths[0] + column_gap if number > 0 else 0.0
            for c in row:
                for id in self.columns[c]:
                    if id not in self.stand_ins:
                        width, height = self.sizes[id]
                        x = left + (widths[c] - width) / 2
                        y = top + middle[id] - height / 2 - upper
                        places[id] = (float(round(x)), float(round(y)))
                left += widths[c] + column_gap
            top += lower - upper + wrap_gap
        return places, top - wrap_gap

    def _link(self, source: str, target: str) -> None:
        """Enter a link, through a stand-in in every column it passes."""
        last = source
        for c in range(self.column[source] + 1, self.column[target]):
            stand_in = f"\0{source}\0{target}\0{c}"
            self.stand_ins.add(stand_in)
            self.columns[c].append(stand_in)
            self.before[stand_in] = []
            self.after[stand_in] = []
            self._join(last, stand_in)
            last = stand_in
        self._join(last, target)

    def _join(self, source: str, target: str) -> None:
        self.after[source].append(target)
        self.before[target].append(source)

    def _height(self, id: str) -> float:
        return self.row_gap / 2 if id in self.stand_ins else self.sizes[id][1]

    def _order(self) -> None:
        """Sort every column by the mean place of its neighbours, to and fro, and keep the best."""
        rank: dict[str, float] = {}
        for ids in self.columns:
            rank.update({id: float(i) for i, id in enumerate(ids)})
        best = [list(ids) for ids in self.columns]
        fewest = self._crossings(best)
        for sweep in range(_SWEEPS):
            if fewest == 0:
                break
            forward = sweep % 2 == 0
            near = self.before if forward else self.after
            order = self.columns if forward else self.columns[::-1]
            for ids in order:
                mean = {
                    id: sum(rank[n] for n in near[id]) / len(near[id]) if near[id] else rank[id]
                    for id in ids
                }
                ids.sort(key=lambda id: mean[id])
                rank.update({id: float(i) for i, id in enumerate(ids)})
            crossings = self._crossings(self.columns)
            if crossings < fewest:
                fewest, best = crossings, [list(ids) for ids in self.columns]
        self.columns = best

    def _crossings(self, columns: Sequence[Sequence[str]]) -> int:
        total = 0
        for ids, following in itertools.pairwise(columns):
            rank = {id: i for i, id in enumerate(following)}
            ends: list[int] = []
            for id in ids:
                here = sorted(rank[t] for t in self.after[id])
                total += sum(1 for end in here for other in ends if other > end)
                ends.extend(here)
        return total

    def _middles(self) -> dict[str, float]:
        """The height of every node's middle; the main chain stands at 0."""
        middle: dict[str, float] = {}
        for ids in self.columns:
            y = 0.0
            for id in ids:
                middle[id] = y + self._height(id) / 2
                y += self._height(id) + self.row_gap
            pivot = next((middle[id] for id in ids if id in self.chain), y / 2)
            for id in ids:
                middle[id] -= pivot
        for sweep in range(_SWEEPS):
            order = self.columns if sweep % 2 == 0 else self.columns[::-1]
            for ids in order:
                wanted, weights = [], []
                for id in ids:
                    near = self.before[id] + self.after[id]
                    on_chain = id in self.chain
                    wanted.append(0.0 if on_chain else _median([middle[n] for n in near]))
                    weights.append(_STIFF if on_chain else 1.0 + len(near))
                heights = [self._height(id) for id in ids]
                for id, y in zip(ids, _spread(wanted, weights, heights, self.row_gap), strict=True):
                    middle[id] = y
        return middle


def _median(values: Sequence[float]) -> float:
    """The middle value, which keeps more wires straight than the mean does; 0 for none."""
    return statistics.median(values) if values else 0.0


def _spread(
    wanted: Sequence[float], weights: Sequence[float], heights: Sequence[float], gap: float
) -> list[float]:
    """Middles nearest to the wanted ones that keep the order and the gaps.

    Least Σ weight·(y - wanted)² under y[i+1] - y[i] ≥ the room between them: isotonic regression
    by pooling adjacent violators.
    """
    offset = [0.0]
    for above, below in itertools.pairwise(heights):
        offset.append(offset[-1] + above / 2 + gap + below / 2)
    pools: list[list[float]] = []  # mean, weight, count
    for want, weight, room in zip(wanted, weights, offset, strict=True):
        pools.append([want - room, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, heavy, count = pools.pop()
            last = pools[-1]
            last[0] = (last[0] * last[1] + mean * heavy) / (last[1] + heavy)
            last[1] += heavy
            last[2] += count
    spread = [mean for mean, _, count in pools for _ in range(int(count))]
    return [mean + room for mean, room in zip(spread, offset, strict=True)]


def _columns(members: Sequence[str], links: Sequence[Link]) -> dict[str, int]:
    """The column of each node: its longest path from a start; a start stands next to its reader."""
    readers: dict[str, list[str]] = {id: [] for id in members}
    missing = dict.fromkeys(members, 0)
    for source, target in links:
        readers[source].append(target)
        missing[target] += 1
    starts = [id for id in members if missing[id] == 0]
    column = dict.fromkeys(members, 0)
    ready = list(starts)
    for id in ready:
        for target in readers[id]:
            column[target] = max(column[target], column[id] + 1)
            missing[target] -= 1
            if missing[target] == 0:
                ready.append(target)
    for id in starts:
        if readers[id]:
            column[id] = min(column[target] for target in readers[id]) - 1
    least = min(column.values())
    return {id: c - least for id, c in column.items()}


def _main_chain(
    members: Sequence[str], links: Sequence[Link], column: Mapping[str, int]
) -> set[str]:
    """The nodes of the longest path, which is drawn as one straight line."""
    sources: dict[str, list[str]] = {id: [] for id in members}
    for source, target in links:
        sources[target].append(source)
    length: dict[str, int] = {}
    for id in sorted(members, key=lambda id: column[id]):
        length[id] = 1 + max((length[source] for source in sources[id]), default=0)
    here = max(members, key=lambda id: length[id])
    chain = {here}
    while sources[here]:
        here = max(sources[here], key=lambda source: length[source])
        chain.add(here)
    return chain


def _rows(count: int, wrap: int | None) -> list[range]:
    """Columns 0 ... count-1 broken into rows, the later ones shorter by their indent."""
    if wrap is None or count <= wrap:
        return [range(count)]
    rows = [range(wrap)]
    while rows[-1].stop < count:
        start = rows[-1].stop
        rows.append(range(start, min(count, start + max(1, wrap - 1))))
    return rows


def _components(ids: Sequence[str], links: Sequence[Link]) -> list[list[str]]:
    """The parts that hang together, in the order of their first node."""
    near: dict[str, list[str]] = {id: [] for id in ids}
    for source, target in links:
        near[source].append(target)
        near[target].append(source)
    part: dict[str, int] = {}
    count = 0
    for id in ids:
        if id in part:
            continue
        waiting = [id]
        part[id] = count
        while waiting:
            for other in near[waiting.pop()]:
                if other not in part:
                    part[other] = count
                    waiting.append(other)
        count += 1
    found: list[list[str]] = [[] for _ in range(count)]
    for id in ids:
        found[part[id]].append(id)
    return found


def _without_circles(ids: Sequence[str], links: Sequence[Link]) -> list[Link]:
    """The links without those that lead back to a node being visited, depth first."""
    targets: dict[str, list[str]] = {id: [] for id in ids}
    for source, target in links:
        targets[source].append(target)
    state: dict[str, int] = {}  # 1 being visited, 2 done
    back: set[Link] = set()
    for start in ids:
        if start in state:
            continue
        state[start] = 1
        stack = [(start, iter(targets[start]))]
        while stack:
            id, following = stack[-1]
            onward = next(following, None)
            if onward is None:
                state[id] = 2
                stack.pop()
            elif onward not in state:
                state[onward] = 1
                stack.append((onward, iter(targets[onward])))
            elif state[onward] == 1:
                back.add((id, onward))
    return [link for link in links if link not in back]
