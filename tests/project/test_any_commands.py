"""Whatever a learner does, in whatever order: the graph stays valid and undo is exact."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from nnstudio.graph.check import check
from nnstudio.graph.plan import Signature
from nnstudio.nn.activations import Softmax
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.embedding import Embedding
from nnstudio.nn.layers.input import Input
from nnstudio.nn.layers.reshape import Reshape
from nnstudio.nn.losses import CategoricalCrossentropy, MeanSquaredError
from nnstudio.project import commands, fixes
from nnstudio.project.files import to_bytes
from nnstudio.project.model import Project, Trained
from nnstudio.project.names import is_id
from nnstudio.project.writing import graph_from_json, graph_to_json
from nnstudio.session.store import Store
from nnstudio.spec import ProblemError, parts

LAYERS = st.sampled_from(
    [
        *(layer() for layer in parts("layer").values()),
        Dense(5, Softmax()),
        Embedding(30, 4),
        Reshape((2, 3)),
    ]
)
PLACE = st.floats(-2e6, 2e6, allow_nan=False)
DATA = Signature((6,), "classification", classes=5)
SIGNATURES = (
    DATA,
    Signature((6,), "classification", classes=2, tokens=50),
    Signature((28, 28), "regression", outputs=3),
)


class Editing(RuleBasedStateMachine):
    """Random commands on a store, with a model of its history beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store()
        self.past: list[Project] = []
        self.future: list[Project] = []

    def do(self, command: Any, *args: Any, **settings: Any) -> None:
        before = self.store.project
        with contextlib.suppress(ProblemError):
            if self.store.do("Edit", command, *args, **settings):
                self.past.append(before)
                self.future.clear()

    def node(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from([node.id for node in self.store.project.graph.nodes]))

    def has_nodes(self) -> bool:
        return bool(self.store.project.graph.nodes)

    def has_edges(self) -> bool:
        return bool(self.store.project.graph.edges)

    @rule(layer=LAYERS, x=PLACE, y=PLACE)
    def add(self, layer: Any, x: float, y: float) -> None:
        self.do(commands.add_node, layer, x, y)

    @precondition(has_nodes)
    @rule(layer=LAYERS, data=st.data())
    def add_after(self, layer: Any, data: st.DataObject) -> None:
        self.do(commands.add_node, layer, 0, 0, after=self.node(data))

    @precondition(has_nodes)
    @rule(data=st.data(), port=st.none() | st.integers(0, 3))
    def connect(self, data: st.DataObject, port: int | None) -> None:
        self.do(commands.connect, self.node(data), self.node(data), port)

    @precondition(has_edges)
    @rule(data=st.data(), layer=LAYERS)
    def insert(self, data: st.DataObject, layer: Any) -> None:
        edge = data.draw(st.sampled_from(self.store.project.graph.edges))
        self.do(commands.insert_on_edge, edge.id, layer)

    @precondition(has_edges)
    @rule(data=st.data())
    def put_on_edge(self, data: st.DataObject) -> None:
        edge = data.draw(st.sampled_from(self.store.project.graph.edges))
        self.do(commands.put_on_edge, self.node(data), edge.id)

    @precondition(has_edges)
    @rule(data=st.data())
    def disconnect(self, data: st.DataObject) -> None:
        edge = data.draw(st.sampled_from(self.store.project.graph.edges))
        self.do(commands.disconnect, edge.id)

    @precondition(has_nodes)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        graph = self.store.project.graph
        ids = [node.id for node in graph.nodes] + [edge.id for edge in graph.edges]
        self.do(commands.delete, data.draw(st.sets(st.sampled_from(ids), max_size=4)))

    @precondition(has_nodes)
    @rule(data=st.data(), layer=LAYERS)
    def change(self, data: st.DataObject, layer: Any) -> None:
        self.do(commands.change_layer, self.node(data), layer)

    @precondition(has_nodes)
    @rule(data=st.data(), x=PLACE, y=PLACE)
    def move(self, data: st.DataObject, x: float, y: float) -> None:
        self.do(commands.move, {self.node(data): (x, y), "loss": (y, x)})

    @precondition(lambda self: len(self.store.project.graph.nodes) < 40)
    @rule(data=st.data())
    def duplicate(self, data: st.DataObject) -> None:
        ids = [node.id for node in self.store.project.graph.nodes]
        wanted = data.draw(st.sets(st.sampled_from(ids), max_size=5)) if ids else set()
        text = commands.copy(self.store.project, wanted)
        self.do(commands.paste, text, 10.0, 10.0)

    @rule()
    def tidy(self) -> None:
        self.do(commands.tidy)

    @rule()
    def train(self) -> None:
        self.do(commands.set_trained, Trained(weights={}))

    @rule()
    def press_the_first_button(self) -> None:
        project = self.store.project
        found = check(project.graph, DATA, project.training.loss)
        fix = next((p.fix for p in found.problems if p.fix), None)
        if fix is not None:
            self.do(fixes.apply, fix)

    @precondition(lambda self: self.past)
    @rule()
    def undo(self) -> None:
        self.future.append(self.store.project)
        assert self.store.undo()
        assert self.store.project is self.past.pop(), "undo is the earlier value itself"

    @precondition(lambda self: self.future)
    @rule()
    def redo(self) -> None:
        self.past.append(self.store.project)
        assert self.store.redo()
        assert self.store.project is self.future.pop()

    @invariant()
    def the_graph_is_valid(self) -> None:
        project = self.store.project
        graph = project.graph
        ids = [node.id for node in graph.nodes]
        assert len(set(ids)) == len(ids)
        assert all(is_id(id) for id in ids)
        assert len({edge.id for edge in graph.edges}) == len(graph.edges)
        for edge in graph.edges:
            assert edge.source in graph
            assert edge.target in graph
        for node in graph.nodes:
            ports = [edge.port for edge in graph.incoming[node.id]]
            assert ports == list(range(len(ports)))
            most = node.layer.most_inputs
            assert most is None or len(ports) <= most
        # The reader of files refuses circles and everything else that is not a graph.
        assert graph_from_json(graph_to_json(graph)) == graph

    @invariant()
    def the_check_understands_it(self) -> None:
        project = self.store.project
        for loss in (CategoricalCrossentropy(), MeanSquaredError(), None):
            found = check(project.graph, DATA, loss)
            assert set(found.shapes) <= set(project.graph.by_id)
            assert all(problem.title for problem in found.problems)
        for signature in SIGNATURES[1:]:
            for loss in (CategoricalCrossentropy(), MeanSquaredError()):
                check(project.graph, signature, loss)

    def teardown(self) -> None:
        assert to_bytes(self.store.project)


Editing.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestEditing = Editing.TestCase


def test_two_cards_that_stand_unwired_anywhere_never_break_the_check() -> None:
    """They are told about, and every later edit goes on as usual."""
    layers = [layer() for layer in parts("layer").values()]
    with_input = commands.add_node(Project(), Input(), 0, 0, id="input-1")
    beginnings = (
        Project(),
        with_input,
        commands.add_node(with_input, Dense(4), 0, 0, id="dense-1", after="input-1"),
    )
    losses = (CategoricalCrossentropy(), MeanSquaredError())
    for project, first, second in itertools.product(beginnings, layers, layers):
        unwired = commands.add_node(project, first, 0, 200, id="first-7")
        with contextlib.suppress(ProblemError):
            unwired = commands.add_node(unwired, second, 200, 200, id="second-8", after="first-7")
        for signature, loss in itertools.product(SIGNATURES, losses):
            found = check(unwired.graph, signature, loss)
            assert found.problems
