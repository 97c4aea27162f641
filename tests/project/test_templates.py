"""Projects to start from: they fit their data and train well as they stand."""

from __future__ import annotations

import pytest

from nnstudio.engine import Network, Trainer, TrainingFinished
from nnstudio.graph.check import check
from nnstudio.nn.activations import Relu, Softmax
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.dropout import Dropout
from nnstudio.nn.layers.input import Input
from nnstudio.project import templates
from nnstudio.project.setup import EarlyStopping

#: The least validation accuracy that each must reach; guessing gives 0.2, 0.5 and 0.1.
REACHED = {"sentiment": 0.38, "spiral": 0.95, "digits": 0.93}


def test_the_names_that_commands_and_the_welcome_page_use() -> None:
    assert list(templates.TEMPLATES) == ["sentiment", "spiral", "digits", "empty"]
    for template in templates.TEMPLATES.values():
        assert template.title
        assert template.sentence.endswith(".")


def test_an_unknown_template_is_a_programmers_mistake() -> None:
    with pytest.raises(KeyError):
        templates.new("nothing")


def test_the_sentiment_network_is_that_of_the_course() -> None:
    project = templates.new("sentiment")
    assert [node.layer for node in project.graph.nodes] == [
        Input(),
        Dense(256, Relu()),
        Dropout(0.5),
        Dense(256, Relu()),
        Dropout(0.5),
        Dense(5, Softmax()),
    ]
    setup = project.training
    assert (setup.loss.name, setup.optimizer.name) == ("categorical_crossentropy", "adam")
    assert setup.optimizer.learning_rate == 0.001
    assert (setup.batch_size, setup.epochs) == (128, 50)
    assert setup.early_stopping == EarlyStopping(patience=5)


def test_each_call_gives_a_project_of_its_own_and_the_same() -> None:
    one, other = templates.new("digits"), templates.new("digits")
    assert one is not other
    assert one.graph == other.graph


@pytest.mark.parametrize("name", REACHED)
def test_a_template_fits_its_data_and_trains_well(name: str) -> None:
    project = templates.new(name)
    assert project.data is not None
    dataset = project.data.load()
    found = check(project.graph, dataset.signature, project.training.loss)
    assert found.problems == ()
    assert found.plan is not None
    network = Network(found.plan, project.training.loss, seed=project.training.seed)
    *_, last = Trainer(network, dataset, project.training).run()
    assert isinstance(last, TrainingFinished)
    assert last.figures["validation_accuracy"] >= REACHED[name]


def test_the_empty_template_is_empty() -> None:
    project = templates.new("empty")
    assert not project.graph.nodes
    assert project.data is None
