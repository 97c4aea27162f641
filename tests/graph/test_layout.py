"""The automatic layout: readable, without overlaps, quick, and always the same."""

from __future__ import annotations

import itertools
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.graph import layout
from nnstudio.graph.layout import CARD, LOSS, arrange, layered, tidy
from nnstudio.graph.model import Graph
from nnstudio.nn.layers.add import Add
from nnstudio.nn.layers.dropout import Dropout
from nnstudio.nn.layers.input import Input
from tests.graph.building import chain, dense, graph

COURSE = chain(Input(), dense(256), Dropout(0.5), dense(256), Dropout(0.5), dense(5))


def overlaps(places: dict[str, layout.Position], sizes: dict[str, layout.Size]) -> list[str]:
    found = []
    for a, b in itertools.combinations(places, 2):
        (ax, ay), (bx, by) = places[a], places[b]
        (aw, ah), (bw, bh) = sizes[a], sizes[b]
        apart = ax + aw <= bx + 1e-6 or bx + bw <= ax + 1e-6
        apart = apart or ay + ah <= by + 1e-6 or by + bh <= ay + 1e-6
        if not apart:
            found.append(f"{a} on {b}")
    return found


def test_the_course_network_stands_in_two_rows_with_the_loss() -> None:
    places = arrange(COURSE)
    assert places == {
        "input-1": (32, 32),
        "dense-1": (256, 32),
        "dropout-1": (480, 32),
        "dense-2": (704, 32),
        "dropout-2": (256, 216),
        "dense-3": (480, 216),
        LOSS: (704, 216),
    }


def test_more_columns_give_fewer_rows() -> None:
    assert len({y for _, y in arrange(COURSE, columns=8).values()}) == 1
    assert len({y for _, y in arrange(COURSE, columns=2).values()}) == 6


def test_tidy_changes_positions_only_and_is_stable() -> None:
    once = tidy(COURSE)
    assert once.same_structure(COURSE)
    assert tidy(once) == once


def test_branches_stand_one_above_the_other_between_their_ends() -> None:
    branches = graph(
        [Input(), dense(4), dense(4), Add(), dense(5)],
        "input-1>dense-1 input-1>dense-2 dense-1>add-1:0 dense-2>add-1:1 add-1>dense-3",
    )
    places = arrange(branches, columns=8)
    assert places["dense-1"][0] == places["dense-2"][0]
    assert places["dense-1"][1] != places["dense-2"][1]
    assert places["input-1"][0] < places["dense-1"][0] < places["add-1"][0]
    assert not overlaps(places, dict.fromkeys(places, CARD))


def test_a_wire_around_a_chain_leaves_room_and_the_chain_straight() -> None:
    residual = graph(
        [Input(), dense(4), dense(4), Add(), dense(5)],
        "input-1>dense-1 dense-1>dense-2 dense-2>add-1:0 input-1>add-1:1 add-1>dense-3",
    )
    places = arrange(residual, columns=8)
    assert len({places[id][1] for id in ("input-1", "dense-1", "dense-2", "add-1")}) == 1


def test_loose_cards_stand_below_the_network() -> None:
    loose = graph([dense(9), Input(), dense(5)], "input-1>dense-2")
    places = arrange(loose)
    assert places["input-1"] == layout.ORIGIN
    assert places["dense-1"][1] > places["dense-2"][1]


def test_a_circle_and_unknown_ids_do_not_stop_the_layout() -> None:
    places = layered(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a"), ("x", "a")], (50, 20))
    assert len(set(places.values())) == 3


def test_nothing_and_one() -> None:
    assert layered([], [], (10, 10)) == {}
    assert layered(["a"], [("a", "a")], (10, 10), origin=(3, 4)) == {"a": (3, 4)}


def test_leaves_stand_beside_their_reader_in_an_expression() -> None:
    # f = (a·b) + c: c enters at the second operation and stands next to it.
    edges = [("a", "mul"), ("b", "mul"), ("mul", "add"), ("c", "add")]
    places = layered(["a", "b", "c", "mul", "add"], edges, (40, 30))
    assert places["c"][0] == places["mul"][0]
    assert places["a"][0] == places["b"][0] < places["mul"][0]


def test_crossings_that_need_not_be_are_undone() -> None:
    edges = [("a", "x"), ("b", "y"), ("x", "p"), ("y", "q"), ("p", "end"), ("q", "end")]
    places = layered(["a", "b", "y", "x", "q", "p", "end"], edges, (40, 30))
    upper = places["a"][1] < places["b"][1]
    assert (places["x"][1] < places["y"][1]) == upper
    assert (places["p"][1] < places["q"][1]) == upper


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str]], dict[str, layout.Size]]:
    count = draw(st.integers(1, 25))
    ids = [f"n{i}" for i in range(count)]
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = [(ids[a], ids[b]) for a, b in draw(st.lists(pairs, max_size=50))]
    size = st.tuples(st.integers(10, 200), st.integers(10, 120))
    sizes = {id: (float(w), float(h)) for id in ids for w, h in [draw(size)]}
    return ids, edges, sizes


@settings(max_examples=80, deadline=None)
@given(networks(), st.sampled_from([None, 2, 4]))
def test_cards_never_overlap_and_the_same_input_gives_the_same_picture(
    network: tuple[list[str], list[tuple[str, str]], dict[str, layout.Size]], wrap: int | None
) -> None:
    ids, edges, sizes = network
    places = layered(ids, edges, sizes, wrap=wrap)
    assert list(places) == ids
    assert overlaps(places, sizes) == []
    assert min(x for x, _ in places.values()) >= -1e-6
    assert min(y for _, y in places.values()) >= -1e-6
    assert layered(ids, edges, sizes, wrap=wrap) == places


def test_sixty_operations_are_laid_out_well_under_fifty_milliseconds() -> None:
    ids = [f"n{i}" for i in range(60)]
    edges = [(ids[max(0, i - 1 - i * 7 % 5)], ids[i]) for i in range(1, 60)]
    edges += [(ids[max(0, i - 1 - i * 3 % 8)], ids[i]) for i in range(1, 60)]
    times = []
    for _ in range(3):
        before = time.perf_counter()
        layered(ids, edges, (96, 64))
        times.append(time.perf_counter() - before)
    assert min(times) < 0.05


def test_an_empty_graph_needs_no_places() -> None:
    assert arrange(Graph()) == {}
