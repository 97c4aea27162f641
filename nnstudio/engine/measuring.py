"""Measuring a network on a whole data set, with dropout off."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.batches import Batches
from nnstudio.engine.checking import refuse_bad_samples
from nnstudio.engine.network import CHUNK, Network
from nnstudio.nn.metric import Metric
from nnstudio.project import monitoring
from nnstudio.spec import parts


def measure(
    batches: Batches, classifies: bool, outputs: list[Any] | None = None
) -> tuple[float, float | None]:
    """The loss and the accuracy; copies of the outputs (n, outputs) go to ``outputs``."""
    network = batches.network
    network.settle()
    total, correct = 0.0, 0
    order = batches.order(np.arange(batches.count))
    for start, stop in batches.pieces(CHUNK):
        program = batches.program(stop - start, training=False)
        batches.fill(program, order[start:stop])
        with np.errstate(all="ignore"):
            program.forward()
            total += program.measure() * (stop - start)
            correct += program.count_correct() if classifies else 0
        if outputs is not None:
            outputs.append(network.ops.to_host(program.prediction).reshape(stop - start, -1))
    if not classifies:
        return total / batches.count, None
    # Outputs that are no numbers stand for no class.
    return total / batches.count, correct / batches.count if total == total else total


def evaluate(
    network: Network, samples: Samples, target_offset: float = 0.0, target_scale: float = 1.0
) -> dict[str, float]:
    """The loss and every metric that suits the data, by name, with dropout off.

    Metrics of numbers are in the target's own unit (stored · scale + offset); the loss is the one
    that training makes smaller. Raises `ProblemError` for samples that do not fit the network.
    """
    signature = network.plan.signature
    refuse_bad_samples("evaluated", samples, network.plan)
    count, total = len(samples), 0.0
    with network.undisturbed():
        prediction = network.predict(samples.x)
        for start in range(0, count, CHUNK):
            piece = slice(start, min(start + CHUNK, count))
            network.forward(samples.x[piece])
            total += network.loss_of(samples.y[piece]) * (piece.stop - piece.start)
    target = samples.y
    if signature.task == "regression" and (target_offset, target_scale) != (0.0, 1.0):
        prediction = prediction * target_scale + target_offset
        target = target * target_scale + target_offset
    figures = {"loss": total / max(1, count)}
    for name, kind in parts("metric").items():
        metric: Any = kind()
        if metric.suits(signature):
            value = metric.value(prediction, target, None, network.loss.threshold)
            figures[name] = float(value)
    return figures


def validate(
    batches: Batches | None, dataset: Dataset, monitor: str
) -> tuple[float | None, float | None, dict[str, float]]:
    """Loss and accuracy on the validation set, and the figure ``monitor`` if it is another."""
    samples = dataset.validation
    if batches is None or samples is None:
        return None, None, {}
    classifies = dataset.signature.task == "classification"
    metric = monitoring.metric(monitor)
    if metric is None:
        return *measure(batches, classifies), {}
    outputs: list[Any] = []
    loss, accuracy = measure(batches, classifies, outputs)
    value = figure(metric, batches.network, dataset, samples, outputs)
    return loss, accuracy, {monitor: value}


def figure(
    metric: Metric, network: Network, dataset: Dataset, samples: Samples, outputs: list[Any]
) -> float:
    """A metric of the network's outputs for these samples, in the target's own unit."""
    prediction, target = np.concatenate(outputs), np.asarray(samples.y)
    if dataset.signature.task == "regression":
        scale, offset = dataset.target_scale, dataset.target_offset
        prediction = prediction * scale + offset
        target = target.reshape(len(target), -1) * scale + offset
    with np.errstate(all="ignore"):  # what has overflowed gives NaN, which is never the best
        return metric.value(prediction, target, None, network.loss.threshold)
