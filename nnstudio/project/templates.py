"""Projects to start from: each trains well as it stands, with one click.

The first is the network of the course: a bag of 800 words, two hidden layers, five stars.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nnstudio.data.bundled import Digits
from nnstudio.data.dataset import DataSource
from nnstudio.data.points import Spirals
from nnstudio.data.reviews import MovieReviews
from nnstudio.graph import layout
from nnstudio.nn.activations import Relu, Softmax
from nnstudio.nn.layer import Layer
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.dropout import Dropout
from nnstudio.nn.layers.flatten import Flatten
from nnstudio.nn.layers.input import Input
from nnstudio.nn.losses import CategoricalCrossentropy
from nnstudio.nn.optimizers import Adam
from nnstudio.project import commands
from nnstudio.project.model import Project
from nnstudio.project.names import next_id
from nnstudio.project.setup import EarlyStopping, TrainingSetup


@dataclass(frozen=True)
class Template:
    """A choice on the welcome page: identifier, title, one sentence, and what it gives."""

    name: str
    title: str
    sentence: str
    build: Callable[[], Project]


def new(name: str) -> Project:
    """A fresh project; raises KeyError for an unknown template."""
    return TEMPLATES[name].build()


def _sentiment() -> Project:
    return _chain(
        "Sentiment of movie reviews",
        MovieReviews(),
        (
            Input(),
            Dense(256, Relu()),
            Dropout(0.5),
            Dense(256, Relu()),
            Dropout(0.5),
            Dense(5, Softmax()),
        ),
        TrainingSetup(
            loss=CategoricalCrossentropy(),
            optimizer=Adam(0.001),
            batch_size=128,
            epochs=50,
            early_stopping=EarlyStopping(patience=5),
        ),
    )


def _spiral() -> Project:
    return _chain(
        "Spiral",
        Spirals(),
        (Input(), Dense(16, Relu()), Dense(16, Relu()), Dense(2, Softmax())),
        TrainingSetup(
            loss=CategoricalCrossentropy(),
            optimizer=Adam(0.01),
            batch_size=16,
            epochs=200,
        ),
    )


def _digits() -> Project:
    return _chain(
        "Handwritten digits",
        Digits(),
        (
            Input(),
            Flatten(),
            Dense(64, Relu()),
            Dropout(0.2),
            Dense(32, Relu()),
            Dense(10, Softmax()),
        ),
        TrainingSetup(
            loss=CategoricalCrossentropy(),
            optimizer=Adam(0.001),
            batch_size=32,
            epochs=50,
            early_stopping=EarlyStopping(patience=5),
        ),
    )


def _empty() -> Project:
    return Project()


def _chain(
    name: str, data: DataSource, layers: Sequence[Layer], training: TrainingSetup
) -> Project:
    """A project whose layers stand one behind the other."""
    project = Project(name=name, data=data, training=training)
    last: str | None = None
    for layer in layers:
        id = next_id(project, layer)
        project = commands.add_node(project, layer, *layout.ORIGIN, id=id, after=last)
        last = id
    return commands.tidy(project)


TEMPLATES: Mapping[str, Template] = {
    template.name: template
    for template in (
        Template(
            "sentiment",
            "Sentiment of movie reviews",
            "Reads short reviews as bags of 800 words and guesses the stars, one to five.",
            _sentiment,
        ),
        Template(
            "spiral",
            "Spiral",
            "Separates two entangled spiral arms of points: hidden layers at work.",
            _spiral,
        ),
        Template(
            "digits",
            "Handwritten digits",
            "Tells 0 to 9 apart in pictures of 8 × 8 pixels.",
            _digits,
        ),
        Template("empty", "Empty", "A canvas of your own: bring layers and data.", _empty),
    )
}
