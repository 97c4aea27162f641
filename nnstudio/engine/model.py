"""A network in a few lines, for programs without the app.

model = Model([Dense(256, Relu()), Dropout(0.5), Dense(5, Softmax())], data)
model.fit(epochs=50, batch_size=128)
print(model.evaluate(data.test))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.checking import refuse_bad_samples
from nnstudio.engine.events import Diverged, EpochFinished
from nnstudio.engine.network import CHUNK, Network
from nnstudio.engine.trainer import Trainer
from nnstudio.graph.check import check
from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.graph.plan import Plan, Signature
from nnstudio.nn.layer import Layer
from nnstudio.nn.layers.input import Input
from nnstudio.nn.loss import Loss
from nnstudio.nn.losses import CategoricalCrossentropy, MeanSquaredError
from nnstudio.nn.metrics import confusion_matrix, predicted_classes
from nnstudio.project.model import EpochRecord
from nnstudio.project.names import stem
from nnstudio.project.setup import TrainingSetup
from nnstudio.spec import ProblemError, Severity, parts


def sequential(layers: Sequence[Layer]) -> Graph:
    """A chain of layers as a graph, with an Input in front if there is none.

    Nodes are named by kind and number: ``dense-1``, ``dropout-1``, ``dense-2``.
    """
    if not layers or not isinstance(layers[0], Input):
        layers = [Input(), *layers]
    numbers: dict[str, int] = {}
    nodes = []
    for layer in layers:
        kind = stem(layer)
        numbers[kind] = numbers.get(kind, 0) + 1
        nodes.append(Node(f"{kind}-{numbers[kind]}", layer, f"{layer.title} {numbers[kind]}"))
    edges = [Edge(a.id, b.id) for a, b in pairwise(nodes)]
    return Graph(tuple(nodes), tuple(edges))


def compile(graph: Graph, signature: Signature, loss: Loss) -> Plan:
    """The plan of a graph for data of this kind; raises `ProblemError` with all that is wrong."""
    checked = check(graph, signature, loss)
    if checked.plan is None:
        raise ProblemError(*(p for p in checked.problems if p.severity is Severity.ERROR))
    return checked.plan


class Model:
    """A network for a data set, to be trained, measured, saved.

    ``layers`` is a list, or a graph if there are branches. Without a loss, classification uses
    categorical cross-entropy and regression the mean squared error. Raises `ProblemError` with
    everything that does not fit.
    """

    def __init__(
        self,
        layers: Sequence[Layer] | Graph,
        data: Dataset,
        loss: Loss | None = None,
        *,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        if loss is None:
            classifies = data.signature.task == "classification"
            loss = CategoricalCrossentropy() if classifies else MeanSquaredError()
        self.graph = layers if isinstance(layers, Graph) else sequential(layers)
        self.data = data
        self.network = Network(
            compile(self.graph, data.signature, loss), loss, seed=seed, device=device
        )
        self.history: list[EpochRecord] = []

    def fit(
        self,
        each_epoch: Callable[[EpochRecord], object] | None = None,
        **settings: Any,
    ) -> list[EpochRecord]:
        """Train; ``settings`` are the fields of a `TrainingSetup` such as epochs and batch_size.

        ``each_epoch`` is called with the figures of every epoch. Raises `ProblemError` if training
        blows up; the weights are then those of the last good epoch.
        """
        settings.setdefault("seed", self.network.seed)
        setup = TrainingSetup(loss=self.network.loss, **settings)
        for event in Trainer(self.network, self.data, setup).run():
            if isinstance(event, EpochFinished):
                self.history.append(event.record)
                if each_epoch is not None:
                    each_epoch(event.record)
            elif isinstance(event, Diverged):
                raise ProblemError(event.problem)
        return self.history

    def predict(self, x: Any) -> np.ndarray[Any, Any]:
        """The outputs for samples, such as the probabilities of the classes."""
        return self.network.predict(x)

    def evaluate(self, samples: Samples) -> dict[str, float]:
        """The loss and every metric that suits the data, by name."""
        return evaluate(self.network, samples)

    def confusion_matrix(self, samples: Samples) -> np.ndarray[Any, Any]:
        """How often each true class (row) was taken for each class (column)."""
        predicted = predicted_classes(self.predict(samples.x), self.network.loss.threshold)
        classes = max(2, self.data.signature.classes)
        return confusion_matrix(samples.y, predicted, classes)

    def save(self, path: str | Path) -> None:
        """Write the weights as .npz, each array under ``node/name``, readable by plain NumPy."""
        arrays: Any = {f"{node}/{name}": a for (node, name), a in self.network.weights().items()}
        np.savez(path, **arrays)

    def load(self, path: str | Path) -> None:
        """Read weights that `save` wrote; raises `ProblemError` if they are another network's."""
        with np.load(path, allow_pickle=False) as stored:
            keys = {name: tuple(name.rsplit("/", 1)) for name in stored.files}
            self.network.load_weights({(k[0], k[-1]): stored[name] for name, k in keys.items()})


def evaluate(network: Network, samples: Samples) -> dict[str, float]:
    """The loss and every metric that suits the data, by name, with dropout off."""
    signature = network.plan.signature
    refuse_bad_samples("evaluated", samples, network.plan)
    count, total = len(samples), 0.0
    with network.undisturbed():
        prediction = network.predict(samples.x)
        for start in range(0, count, CHUNK):
            piece = slice(start, min(start + CHUNK, count))
            network.forward(samples.x[piece])
            total += network.loss_of(samples.y[piece]) * (piece.stop - piece.start)
    figures = {"loss": total / max(1, count)}
    for name, metric in parts("metric").items():
        measured: Any = metric()
        if measured.suits(signature):
            value = measured.value(prediction, samples.y, None, network.loss.threshold)
            figures[name] = float(value)
    return figures
