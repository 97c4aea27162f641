"""The store: history, merging, notices, and the mark of what is saved."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.losses import MeanSquaredError
from nnstudio.project import commands, templates
from nnstudio.project.model import Project, Trained
from nnstudio.session import store as store_module
from nnstudio.session.store import Change, Store
from nnstudio.spec import ProblemError


def opened() -> tuple[Store, list[Change]]:
    store = Store(templates.new("sentiment"))
    heard: list[Change] = []
    store.subscribe(heard.append)
    return store, heard


def test_undo_gives_back_the_very_value_and_redo_too() -> None:
    store, _ = opened()
    first = store.project
    assert store.do("Add Dense", commands.add_node, Dense(), 0, 0)
    second = store.project
    assert store.undo_label == "Add Dense"
    assert store.undo()
    assert store.project is first
    assert store.redo_label == "Add Dense"
    assert store.redo()
    assert store.project is second


def test_undo_takes_back_training_too() -> None:
    store, heard = opened()
    store.do("Train", commands.set_trained, Trained(weights={}, reason="finished"))
    assert heard[-1].kinds == {"trained"}
    store.undo()
    assert store.project.trained is None
    assert heard[-1].kinds == {"trained"}


def test_nothing_to_undo_or_redo() -> None:
    store, heard = opened()
    assert not store.undo()
    assert not store.redo()
    assert (store.undo_label, store.redo_label, heard) == (None, None, [])


def test_a_command_that_changes_nothing_leaves_no_step_and_no_notice() -> None:
    store, heard = opened()
    assert not store.do("Move", commands.move, {})
    assert store.undo_label is None
    assert heard == []


def test_a_command_that_raises_changes_nothing() -> None:
    store, heard = opened()
    before = store.project
    with pytest.raises(ProblemError):
        store.do("Connect", commands.connect, "dense-3", "dense-1")
    assert store.project is before
    assert store.undo_label is None
    assert heard == []


def test_something_that_is_no_command_is_refused() -> None:
    store, _ = opened()
    with pytest.raises(TypeError, match="not a project"):
        store.do("Copy", commands.copy, ["dense-1"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("command", "arguments", "kinds"),
    [
        (commands.move, [{"dense-1": (1, 2)}], {"positions"}),
        (commands.move_loss, [1, 2], {"positions"}),
        (commands.add_node, [Dense(), 5, 5], {"graph", "positions"}),
        (commands.rename, ["dense-1", "Hidden"], {"graph"}),
        (commands.disconnect, ["input-1>dense-1:0"], {"graph"}),
        (commands.change_loss, [MeanSquaredError()], {"training"}),
        (commands.set_data, [None], {"data"}),
        (commands.rename_project, ["Mine"], {"name"}),
    ],
)
def test_a_notice_says_what_kind_of_thing_changed(
    command: object, arguments: list[object], kinds: set[str]
) -> None:
    store, heard = opened()
    before = store.project
    store.do("Do", command, *arguments)  # type: ignore[arg-type]
    assert [(c.before is before, c.after is store.project, c.label, c.way) for c in heard] == [
        (True, True, "Do", "do")
    ]
    assert heard[0].kinds == kinds
    store.undo()
    assert (heard[1].kinds, heard[1].way) == (kinds, "undo")


def test_a_drag_becomes_one_step() -> None:
    store, heard = opened()
    first = store.project
    for x in range(10):
        store.do("Move", commands.move, {"dense-1": (x, 0)}, merge="drag-1")
    assert len(heard) == 10, "every move is told, so that the picture follows"
    store.undo()
    assert store.project is first
    store.redo()
    assert store.project.graph.node("dense-1").x == 9


def test_another_key_another_command_or_the_end_of_the_edit_starts_a_new_step() -> None:
    def steps(store: Store) -> int:
        count = 0
        while store.undo():
            count += 1
        return count

    store, _ = opened()
    store.do("Move", commands.move, {"dense-1": (1, 0)}, merge="a")
    store.do("Move", commands.move, {"dense-1": (2, 0)}, merge="b")
    assert steps(store) == 2

    store, _ = opened()
    store.do("Move", commands.move, {"dense-1": (1, 0)}, merge="a")
    store.settle()
    store.do("Move", commands.move, {"dense-1": (2, 0)}, merge="a")
    assert steps(store) == 2

    store, _ = opened()
    store.do("Move", commands.move, {"dense-1": (1, 0)}, merge="a")
    store.do("Add", commands.add_node, Dense(), 0, 0)
    store.do("Move", commands.move, {"dense-1": (2, 0)}, merge="a")
    assert steps(store) == 3


def test_a_drag_after_undo_does_not_swallow_what_was_before() -> None:
    store, _ = opened()
    store.do("Move", commands.move, {"dense-1": (1, 0)}, merge="a")
    store.do("Move", commands.move, {"dense-1": (2, 0)})
    store.undo()
    store.do("Move", commands.move, {"dense-1": (3, 0)}, merge="a")
    store.undo()
    assert store.project.graph.node("dense-1").x == 1


def test_saving_in_the_middle_of_a_drag_ends_the_step() -> None:
    store, _ = opened()
    store.do("Move", commands.move, {"dense-1": (1, 0)}, merge="a")
    store.mark_saved()
    store.do("Move", commands.move, {"dense-1": (2, 0)}, merge="a")
    store.undo()
    assert not store.unsaved


def test_a_new_step_forgets_what_was_undone() -> None:
    store, _ = opened()
    store.do("One", commands.add_node, Dense(), 0, 0)
    store.undo()
    store.do("Two", commands.add_node, Dense(), 5, 5)
    assert not store.redo()


def test_unsaved_follows_undo_back_to_what_is_on_disk() -> None:
    store, _ = opened()
    assert not store.unsaved
    store.do("Add", commands.add_node, Dense(), 0, 0)
    assert store.unsaved
    store.mark_saved()
    assert not store.unsaved
    store.undo()
    assert store.unsaved
    store.redo()
    assert not store.unsaved


def test_what_was_written_meanwhile_is_what_is_saved() -> None:
    store, _ = opened()
    written = store.project
    store.do("Add", commands.add_node, Dense(), 0, 0)
    store.mark_saved(written)
    assert store.unsaved
    store.undo()
    assert not store.unsaved


def test_another_project_starts_without_history() -> None:
    store, heard = opened()
    store.do("Add", commands.add_node, Dense(), 0, 0)
    other = Project(name="Other")
    store.open(other)
    assert store.project is other
    assert not store.unsaved
    assert not store.undo()
    assert heard[-1].way == "open"
    assert heard[-1].kinds == store_module.KINDS


def test_who_unsubscribed_hears_no_more() -> None:
    store, _ = opened()
    heard: list[Change] = []
    leave = store.subscribe(heard.append)
    leave()
    leave()
    store.do("Add", commands.add_node, Dense(), 0, 0)
    assert heard == []


def test_a_change_made_by_a_listener_is_told_after_the_first_to_everyone() -> None:
    store, _ = opened()
    labels: list[str] = []

    def reacts(change: Change) -> None:
        if change.label == "First":
            store.do("Second", commands.rename_project, "Renamed")

    store.subscribe(reacts)
    store.subscribe(lambda change: labels.append(change.label))
    store.do("First", commands.add_node, Dense(), 0, 0)
    assert labels == ["First", "Second"]


def test_a_broken_listener_does_not_deafen_the_others() -> None:
    store, _ = opened()
    heard: list[Change] = []

    def breaks(change: Change) -> None:
        raise RuntimeError("broken view")

    store.subscribe(breaks)
    store.subscribe(heard.append)
    with pytest.raises(RuntimeError, match="broken view"):
        store.do("Add", commands.add_node, Dense(), 0, 0)
    assert len(heard) == 1
    assert store.undo_label == "Add"


def test_the_history_has_an_end() -> None:
    store, _ = opened()
    for x in range(store_module.MOST_STEPS + 20):
        store.do("Move", commands.move, {"dense-1": (x, 1)})
    count = 0
    while store.undo():
        count += 1
    assert count == store_module.MOST_STEPS


def test_weights_of_long_ago_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MOST_BYTES", 3_000)
    store, _ = opened()
    for _ in range(6):
        weights = {("dense-1", "kernel"): np.zeros(250, dtype=np.float32)}
        store.do("Train", commands.set_trained, Trained(weights=weights))
        store.do("Move", commands.move, {"dense-1": (len(weights), 0)})
    kept = set()
    while True:
        trained = store.project.trained
        kept.add(id(trained))
        if not store.undo():
            break
    assert len(kept) == 4, "the present weights and those that three thousand bytes hold"
