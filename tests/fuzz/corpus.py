"""Small real files to mutate: saved projects, exported models, checkpoints, texts, expressions."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache

import numpy as np

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.data.points import Spirals
from nnstudio.data.words import BagOfWords
from nnstudio.engine import Network, Trainer, compile
from nnstudio.export import npz
from nnstudio.graph.plan import Plan, Signature
from nnstudio.nn.activations import LeakyRelu, Linear, Relu, Softmax
from nnstudio.nn.initializers import HeNormal
from nnstudio.nn.layer import Layer
from nnstudio.nn.layers import (
    Add,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    Reshape,
)
from nnstudio.nn.loss import Loss
from nnstudio.nn.losses import CategoricalCrossentropy, MeanSquaredError
from nnstudio.nn.optimizers import Adam
from nnstudio.nn.schedules import ReduceOnPlateau
from nnstudio.project import commands, files
from nnstudio.project.model import Fitted, Project
from nnstudio.project.setup import EarlyStopping, TrainingSetup

TEXTS = (
    "good film and a good story",
    "bad film",
    "a story without end, bad and long",
    "good actors, good fun",
    "long, dull and bad",
    "fun from the first to the last word",
)


@dataclass(frozen=True)
class Case:
    """A project with data of its own, small enough to be trained in a few milliseconds."""

    project: Project
    dataset: Dataset

    @property
    def loss(self) -> Loss:
        return self.project.training.loss

    @property
    def plan(self) -> Plan:
        return compile(self.project.graph, self.dataset.signature, self.loss)

    def trainer(self) -> Trainer:
        """A new trainer for this project."""
        return Trainer(Network(self.plan, self.loss), self.dataset, self.project.training)


def _chain(name: str, layers: list[Layer], **training: object) -> Project:
    settings: dict[str, object] = {"epochs": 3, "batch_size": 8, "optimizer": Adam(0.01)}
    project = Project(name=name, training=TrainingSetup(**(settings | training)))  # type: ignore[arg-type]
    last: str | None = None
    for layer in layers:
        before = set(project.graph.by_id)
        project = commands.add_node(project, layer, 0.0, 0.0, after=last)
        (last,) = set(project.graph.by_id) - before
    return commands.tidy(project)


def _points() -> Case:
    """Two classes in the plane, with normalisation, dropout, a schedule and early stopping."""
    project = _chain(
        "Größer ✓ <b>",
        [
            Input(),
            Dense(6, LeakyRelu(0.2), kernel_initializer=HeNormal(), l2=0.001),
            BatchNormalization(),
            Dropout(0.3),
            Dense(2, Softmax()),
        ],
        loss=CategoricalCrossentropy(),
        schedule=ReduceOnPlateau(patience=1),
        early_stopping=EarlyStopping(patience=2),
    )
    source = Spirals(size=40)
    return Case(project.replace(data=source), source.load())


def _table() -> Case:
    """A number from four standardised columns, with a branch that is added again."""
    random = np.random.default_rng(1)
    x = random.normal(size=(30, 4)).astype(np.float32)
    y = x.sum(axis=1, keepdims=True)
    project = _chain("Table", [Input(), Dense(4, Relu()), Add(), Dense(1, Linear())])
    project = commands.connect(project, "input-1", "add-1")
    project = commands.configure_training(project, loss=MeanSquaredError())
    return Case(
        project,
        Dataset(
            "table",
            Signature((4,), "regression", outputs=1, target_minimum=-9.0, target_maximum=9.0),
            Samples(x, y),
            Samples(x[:8], y[:8]),
            None,
            feature_names=("a", "b", "größe", "a (2)"),
            target_name="sum",
            offset=np.arange(4.0),
            scale=np.full(4, 2.0),
            target_offset=1.5,
            target_scale=2.0,
        ),
    )


def _words() -> Case:
    """Two classes of sentences as bags of words."""
    words = BagOfWords.fit(TEXTS)
    y = np.array([1, 0, 0, 1, 0, 1])
    project = _chain(
        "Words",
        [Input(), Dense(5, Relu()), Dropout(0.5), Dense(2, Softmax())],
        loss=CategoricalCrossentropy(),
        batch_size=None,
    )
    return Case(
        project,
        Dataset(
            "words",
            Signature((len(words),), "classification", 2, target_title="mood"),
            Samples(words.encode(TEXTS), y, texts=TEXTS),
            None,
            None,
            class_names=("bad", "good"),
            feature_names=words.vocabulary,
            words=words,
        ),
    )


def _indices() -> Case:
    """Three classes of index sequences, through an Embedding."""
    random = np.random.default_rng(2)
    x = random.integers(0, 9, size=(24, 5))
    project = _chain(
        "Indices",
        [
            Input(),
            Embedding(9, 3),
            Reshape((3, 5)),
            Flatten(),
            Dense(3, Softmax()),
        ],
        loss=CategoricalCrossentropy(),
    )
    return Case(
        project,
        Dataset(
            "indices",
            Signature((5,), "classification", 3, tokens=9),
            Samples(x, x[:, 0] // 3),
            Samples(x[:6], x[:6, 0] // 3),
            None,
            class_names=("low", "middle", "high"),
        ),
    )


@dataclass(frozen=True)
class Corpus:
    """What is mutated. The cases stand in the order of the files made from them."""

    cases: tuple[Case, ...]
    projects: tuple[bytes, ...]
    models: tuple[bytes, ...]
    checkpoints: tuple[bytes, ...]


@cache
def corpus() -> Corpus:
    """All cases, trained for an epoch or two and saved."""
    cases = (_points(), _table(), _words(), _indices())
    projects, models, checkpoints = [], [], []
    for case in cases:
        trainer = case.trainer()
        for _ in trainer.run():
            if trainer.update >= 5:
                break
        trained = dataclasses.replace(trainer.trained(), fitted=Fitted.of(case.dataset))
        done = case.project.replace(trained=trained)
        projects += [files.to_bytes(done), files.to_bytes(case.project)]
        models.append(npz.to_bytes(npz.Model.of(done, case.dataset.signature)))
        checkpoints.append(trained.checkpoint)
    return Corpus(cases, tuple(projects), tuple(models), tuple(checkpoints))


TABLES = {
    "reviews.csv": "text,label\n" + "".join(f'"{text}",{n % 2}\n' for n, text in enumerate(TEXTS)),
    "reviews.tsv": "label\ttext\n" + "".join(f"{n % 2}\t{text}\n" for n, text in enumerate(TEXTS)),
    "table.csv": "length;width;kind\n"
    + "".join(f"{n / 2};{n * n / 7:.3f};{'ab'[n % 2]}\n" for n in range(24)),
    "lines.txt": "".join(f"{n % 2} {text}\n" for n, text in enumerate(TEXTS * 4)),
    "fasttext.txt": "".join(f"__label__{'ab'[n % 2]} {text}\n" for n, text in enumerate(TEXTS * 4)),
    "quoted.csv": 'name,words,stars\r\n"A ""B""","one, two\nthree",5\r\nC,"four, five",1\r\n' * 3,
}

EXPRESSIONS = (
    "f = 1/(1 + exp(-(w0*x0 + w1*x1 + w2)))",
    "softmax([a, b, 2*c])[1] * leaky_relu(x, 0.1) ** 2",
    "max(0, x, y - 3) / sqrt(abs(t) + 1e-3) − log(σ(z))",
    "tanh(a*b + c)·(x − 2)×sin(x)**3 + gelu(u) - step(v)",
)
