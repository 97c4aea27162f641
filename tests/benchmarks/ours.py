"""NN Studio's engine, driven as the app drives it: a trainer that is iterated over."""

from __future__ import annotations

from typing import Any

from .common import BATCH, CLASSES


def sparse_matrix(arrays: tuple[Any, ...], words: int) -> Any:
    from scipy.sparse import csr_matrix

    indptr, indices, values = arrays[:3]
    return csr_matrix((values, indices, indptr), shape=(len(indptr) - 1, words))


def classifier(x: Any, y: Any, layers: list[Any], classes: int, validation: Any = None) -> Any:
    """A network, its data and its set-up: Adam at 0.001, batches of 128."""
    from nnstudio.data.dataset import Dataset, Samples
    from nnstudio.engine import Network, compile, sequential
    from nnstudio.graph.plan import Signature
    from nnstudio.nn.losses import CategoricalCrossentropy
    from nnstudio.project.setup import TrainingSetup

    sign = Signature(x.shape[1:], "classification", classes)
    held_back = Samples(*validation) if validation is not None else None
    data = Dataset("benchmark", sign, Samples(x, y), held_back, None)
    loss = CategoricalCrossentropy()
    network = Network(compile(sequential(layers), sign, loss), loss)
    return network, data, TrainingSetup(batch_size=BATCH, epochs=1_000_000)


def course_layers() -> list[Any]:
    """The course's network for sentiment."""
    from nnstudio.nn.activations import Relu, Softmax
    from nnstudio.nn.layers import Dense, Dropout

    return [
        Dense(256, Relu()),
        Dropout(0.5),
        Dense(256, Relu()),
        Dropout(0.5),
        Dense(CLASSES, Softmax()),
    ]


def leave_a_core() -> None:
    """One core less for matrix products, as in the app, where it belongs to the window.

    On sparse input more threads gain nothing, and on a busy machine they wait for each other.
    """
    import os

    from threadpoolctl import threadpool_limits

    threadpool_limits(max(1, (os.cpu_count() or 2) - 1), "blas")


def epochs_of(network: Any, data: Any, setup: Any) -> Any:
    """A function that trains one epoch through the trainer and counts the samples."""
    from nnstudio.engine import EpochFinished, Trainer

    if hasattr(data.train.x, "tocsr"):
        leave_a_core()

    events = Trainer(network, data, setup).run()

    def epoch() -> int:
        for event in events:
            if isinstance(event, EpochFinished):
                break
        return len(data.train)

    return epoch
