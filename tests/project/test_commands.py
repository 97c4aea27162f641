"""Commands: pure, total on valid projects, and honest about what cannot be done."""

from __future__ import annotations

import itertools
import json

import pytest

from nnstudio.graph.layout import FURTHEST
from nnstudio.graph.model import Edge
from nnstudio.nn.activations import Relu, Tanh
from nnstudio.nn.layers.activation import Activation
from nnstudio.nn.layers.add import Add
from nnstudio.nn.layers.concatenate import Concatenate
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.dropout import Dropout
from nnstudio.nn.layers.input import Input
from nnstudio.nn.losses import MeanSquaredError
from nnstudio.project import commands, fixes, templates
from nnstudio.project.model import Project, Trained
from nnstudio.spec import Fix, ProblemError


def three() -> Project:
    """Input → Dense 1 → Dense 2, side by side."""
    project = commands.add_node(Project(), Input(), 0, 0)
    project = commands.add_node(project, Dense(8), 224, 0, after="input-1")
    return commands.add_node(project, Dense(5), 448, 0, after="dense-1")


def wires(project: Project) -> list[str]:
    return [edge.id for edge in project.graph.edges]


def test_cards_get_short_ids_and_titles() -> None:
    project = three()
    assert [(node.id, node.title) for node in project.graph.nodes] == [
        ("input-1", "Input"),
        ("dense-1", "Dense 1"),
        ("dense-2", "Dense 2"),
    ]
    relu = commands.add_node(project, Activation(Relu()), 0, 0)
    assert relu.graph.nodes[-1].title == "ReLU 1"


def test_an_id_is_never_given_twice_even_after_deleting() -> None:
    project = commands.delete(three(), ["dense-2"])
    assert commands.next_id(project, Dense()) == "dense-3"
    assert commands.add_node(project, Dense(), 0, 0).graph.nodes[-1].id == "dense-3"


def test_a_taken_id_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="dense-1"):
        commands.add_node(three(), Dense(), 0, 0, id="dense-1")
    with pytest.raises(ValueError, match="Weird"):
        commands.add_node(three(), Dense(), 0, 0, id="Weird id")


def test_a_wire_to_a_layer_with_one_input_replaces_the_old_one() -> None:
    project = commands.connect(three(), "input-1", "dense-2")
    assert wires(project) == ["input-1>dense-1:0", "input-1>dense-2:0"]


def test_wires_to_a_merge_take_the_next_port_and_close_ranks() -> None:
    project = commands.add_node(three(), Add(), 672, 0)
    for source in ("input-1", "dense-1", "dense-2"):
        project = commands.connect(project, source, "add-1")
    assert [e.port for e in project.graph.incoming["add-1"]] == [0, 1, 2]
    assert commands.connect(project, "dense-1", "add-1") is project
    project = commands.disconnect(project, "input-1>add-1:0")
    assert [(e.source, e.port) for e in project.graph.incoming["add-1"]] == [
        ("dense-1", 0),
        ("dense-2", 1),
    ]
    project = commands.connect(project, "input-1", "add-1", port=1)
    assert [e.source for e in project.graph.incoming["add-1"]] == ["dense-1", "input-1"]


def test_a_circle_is_refused_with_a_sentence() -> None:
    with pytest.raises(ProblemError, match="circle"):
        commands.connect(three(), "dense-2", "dense-1")
    with pytest.raises(ProblemError, match="circle"):
        commands.connect(three(), "dense-1", "dense-1")


def test_a_wire_into_the_input_is_refused_and_can_be_turned() -> None:
    project = commands.add_node(Project(), Input(), 0, 0)
    project = commands.add_node(project, Dense(), 0, 0)
    with pytest.raises(ProblemError, match="takes no wire") as refused:
        commands.connect(project, "dense-1", "input-1")
    fix = refused.value.problems[0].fix
    assert fix is not None
    assert wires(fixes.apply(project, fix)) == ["input-1>dense-1:0"]


def test_a_card_is_inserted_into_a_wire_half_way() -> None:
    project = commands.insert_on_edge(three(), "dense-1>dense-2:0", Dropout(0.5))
    assert wires(project) == ["input-1>dense-1:0", "dense-1>dropout-1:0", "dropout-1>dense-2:0"]
    assert project.graph.node("dropout-1").x == 336


def test_an_input_cannot_be_inserted_into_a_wire() -> None:
    with pytest.raises(ProblemError, match="middle of a wire"):
        commands.insert_on_edge(three(), "dense-1>dense-2:0", Input())


def test_a_loose_card_joins_the_wire_it_is_dropped_on_and_a_wired_one_does_not() -> None:
    project = commands.add_node(three(), Dropout(0.5), 300, 0)
    joined = commands.put_on_edge(project, "dropout-1", "dense-1>dense-2:0")
    assert "dropout-1>dense-2:0" in wires(joined)
    assert commands.put_on_edge(joined, "dropout-1", "input-1>dense-1:0") is joined


def test_deleting_heals_the_wire() -> None:
    project = commands.delete(three(), ["dense-1"])
    assert wires(project) == ["input-1>dense-2:0"]


def test_deleting_several_in_a_row_heals_across_all_of_them() -> None:
    project = templates.new("sentiment")
    project = commands.delete(project, ["dropout-1", "dense-2", "dropout-2"])
    assert wires(project) == ["input-1>dense-1:0", "dense-1>dense-3:0"]


def test_deleting_the_input_leaves_its_reader_without_a_wire() -> None:
    assert wires(commands.delete(three(), ["input-1"])) == ["dense-1>dense-2:0"]


def test_deleting_a_branch_does_not_count_the_other_twice() -> None:
    project = commands.add_node(three(), Concatenate(), 672, 0)
    project = commands.connect(project, "dense-1", "concatenate-1")
    project = commands.connect(project, "dense-2", "concatenate-1")
    project = commands.delete(project, ["dense-2"])
    assert [e.id for e in project.graph.incoming["concatenate-1"]] == ["dense-1>concatenate-1:0"]


def test_a_wire_deleted_by_its_id_stays_away() -> None:
    project = commands.delete(three(), ["dense-1>dense-2:0", "loss"])
    assert wires(project) == ["input-1>dense-1:0"]
    with pytest.raises(KeyError):
        commands.delete(three(), ["dense-9"])


def test_moving_cards_and_the_loss_card_together() -> None:
    project = three()
    moved = commands.move(project, {"dense-1": (10, 20), "loss": (700, 5)})
    assert (moved.graph.node("dense-1").x, moved.graph.node("dense-1").y) == (10, 20)
    assert moved.loss_position == (700, 5)
    assert moved.graph.same_structure(project.graph)
    assert commands.move(moved, {"dense-1": (10, 20)}) is moved
    assert commands.move(project, {"dense-1": (1e12, 0)}).graph.node("dense-1").x == FURTHEST
    with pytest.raises(ValueError, match="finite"):
        commands.move(project, {"dense-1": (float("nan"), 0)})
    with pytest.raises(KeyError):
        commands.move(project, {"dense-9": (0, 0)})


def test_changing_a_layer_keeps_wires_it_has_room_for() -> None:
    project = commands.add_node(three(), Add(), 672, 0)
    project = commands.connect(project, "dense-1", "add-1")
    project = commands.connect(project, "dense-2", "add-1")
    project = commands.change_layer(project, "add-1", Dropout(0.1))
    assert [e.id for e in project.graph.incoming["add-1"]] == ["dense-1>add-1:0"]
    assert project.graph.node("add-1").title == "Dropout 1"


def test_the_same_layer_is_no_change() -> None:
    project = three()
    assert commands.change_layer(project, "dense-1", Dense(8)) is project
    assert commands.configure_layer(project, "dense-1", units=8) is project


def test_a_setting_out_of_range_is_refused_and_nothing_changes() -> None:
    with pytest.raises(ProblemError, match="Units"):
        commands.configure_layer(three(), "dense-1", units=0)


def test_an_activation_snaps_into_a_dense_layer_only() -> None:
    project = commands.snap_activation(three(), "dense-1", Tanh())
    layer = project.graph.node("dense-1").layer
    assert isinstance(layer, Dense)
    assert layer.activation == Tanh()
    with pytest.raises(ProblemError, match="no activation of its own"):
        commands.snap_activation(three(), "input-1", Tanh())


def test_titles_are_tidied_and_come_back() -> None:
    project = commands.rename(three(), "dense-1", "  The   hidden layer ")
    assert project.graph.node("dense-1").title == "The hidden layer"
    changed = commands.change_layer(project, "dense-1", Dropout(0.2))
    assert changed.graph.node("dense-1").title == "The hidden layer"
    assert commands.rename(project, "dense-1", " ").graph.node("dense-1").title == "Dense 1"
    with pytest.raises(ProblemError, match="title"):
        commands.rename(project, "dense-1", "x" * 200)


def test_copy_and_paste_brings_cards_and_the_wires_between_them() -> None:
    project = three()
    text = commands.copy(project, ["dense-1", "dense-2", "loss"])
    after = commands.paste(project, text, 10, 20)
    assert wires(after)[-1] == "dense-3>dense-4:0"
    node = after.graph.node("dense-3")
    assert (node.x, node.y, node.title) == (234, 20, "Dense 3")
    assert commands.duplicate(project, ["dense-1", "dense-2"], 10, 20).graph == after.graph


def test_cards_can_be_pasted_into_another_project() -> None:
    text = commands.copy(templates.new("sentiment"), ["dense-1", "dropout-1"])
    after = commands.paste(Project(), text)
    assert [node.id for node in after.graph.nodes] == ["dense-1", "dropout-1"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{}",
        '{"type": "nnstudio cards", "nodes": 3}',
        '{"type": "nnstudio cards", "nodes": [{"id": "dense-1", "layer": {"type": "bomb"}}]}',
        '{"type": "nnstudio cards", "nodes": [], "edges": [["a", "b", 0]]}',
        "[" * 100_000,
        '{"type": "nnstudio cards", "type": "x"}',
    ],
)
def test_other_text_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ProblemError) as refused:
        commands.paste(Project(), text)
    assert refused.value.problems[0].title


def test_copied_text_is_json_a_person_can_read() -> None:
    written = json.loads(commands.copy(three(), ["dense-1"]))
    assert written["nodes"][0]["layer"]["units"] == 8


@pytest.mark.parametrize(
    ("how", "xs", "ys"),
    [
        ("left", {0}, None),
        ("right", {448}, None),
        ("centre", {224}, None),
        ("top", None, {-50}),
        ("middle", None, {25}),
        ("bottom", None, {100}),
        ("across", {0, 224, 448}, None),
        ("down", None, {-50, 25, 100}),
    ],
)
def test_cards_are_aligned(how: str, xs: set[float] | None, ys: set[float] | None) -> None:
    project = commands.move(three(), {"dense-1": (100, 100), "dense-2": (448, -50)})
    ids = ["input-1", "dense-1", "dense-2", "loss"]
    nodes = commands.align(project, ids, how).graph.nodes  # type: ignore[arg-type]
    assert xs is None or {node.x for node in nodes} == xs
    assert ys is None or {node.y for node in nodes} == ys


def test_one_card_is_aligned_already() -> None:
    project = three()
    assert commands.align(project, ["dense-1"], "left") is project


def test_tidy_puts_all_cards_and_the_loss_in_rows() -> None:
    project = commands.move(templates.new("sentiment"), {"dense-2": (3, 3), "loss": (9, 9)})
    assert commands.tidy(project).graph == templates.new("sentiment").graph
    assert commands.tidy(project).loss_position == (704, 216)


def test_training_data_and_results_are_commands_too() -> None:
    project = templates.new("spiral")
    assert commands.change_loss(project, MeanSquaredError()).training.loss == MeanSquaredError()
    assert commands.set_learning_rate(project, 0.5).training.optimizer.learning_rate == 0.5
    assert commands.configure_training(project, batch_size=None).training.batch_size is None
    assert commands.configure_training(project, epochs=project.training.epochs) is project
    assert commands.configure_data(project, seed=7).data.seed == 7  # type: ignore[union-attr]
    assert commands.set_data(project, None).data is None
    assert commands.set_data(project, project.data) is project
    trained = Trained(weights={})
    assert commands.set_trained(project, trained).trained is trained
    assert commands.set_trained(project, None) is project
    with pytest.raises(ProblemError, match="Epochs"):
        commands.configure_training(project, epochs=0)
    with pytest.raises(ValueError, match="no data"):
        commands.configure_data(Project(), seed=1)


def test_a_project_has_a_name() -> None:
    project = Project()
    assert commands.rename_project(project, " My  net ").name == "My net"
    assert commands.rename_project(project, "Untitled") is project
    for name in ("", "x" * 500, "a\x07b"):
        with pytest.raises(ProblemError, match="name"):
            commands.rename_project(project, name)


def test_a_fix_can_only_name_a_command_on_projects() -> None:
    for name in ("copy", "next_id", "is_tidy", "__class__", "no_such_thing"):
        with pytest.raises(ValueError, match="not a command"):
            fixes.apply(Project(), Fix("Do", name))


def test_room_is_made_for_a_card_in_the_middle_and_not_where_there_is_enough() -> None:
    project = commands.move(three(), {"loss": (672, 0)})
    project = commands.insert_on_edge(project, "dense-1>dense-2:0", Dropout(0.5))
    project = commands.make_room(project, "dropout-1")
    places = {node.id: (node.x, node.y) for node in project.graph.nodes}
    assert places == {
        "input-1": (0, 0),
        "dense-1": (224, 0),
        "dropout-1": (448, 0),
        "dense-2": (672, 0),
    }
    assert project.loss_position == (896, 0)
    assert commands.make_room(project, "dropout-1") is project


def test_a_fix_keeps_tidy_rows_tidy_and_covers_no_card_elsewhere() -> None:
    fix = Fix("Insert", "insert_on_edge", {"edge": "dense-1>dense-2:0", "layer": Dropout(0.5)})
    tidy = fixes.apply(commands.tidy(three()), fix)
    assert commands.is_tidy(tidy)
    loose = fixes.apply(commands.move(three(), {"input-1": (-40, 0)}), fix)
    xs = sorted(node.x for node in loose.graph.nodes)
    assert all(b - a >= 224 for a, b in itertools.pairwise(xs))


def test_no_command_changes_the_value_it_was_given() -> None:
    project = three()
    before = (project.graph, project.graph.nodes, project.graph.edges, dict(project.issued))
    commands.add_node(project, Dense(), 0, 0, after="dense-2")
    commands.delete(project, ["dense-1"])
    commands.move(project, {"dense-1": (5, 5)})
    assert (project.graph, project.graph.nodes, project.graph.edges, project.issued) == before


def test_edges_keep_their_order_when_a_card_is_moved() -> None:
    project = commands.move(three(), {"input-1": (1, 1)})
    assert project.graph.edges == (Edge("input-1", "dense-1"), Edge("dense-1", "dense-2"))
