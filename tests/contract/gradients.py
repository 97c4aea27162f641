"""Central differences in float64, the judge of every backward pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine import Network, compile, sequential
from nnstudio.graph.model import Graph
from nnstudio.graph.plan import Signature

#: Step of the central difference: its error is about EPSILON² and 1e-16 / EPSILON.
EPSILON = 1e-5
TOLERANCE = 1e-6


def network(layers: Any, signature: Signature, loss: Any, dtype: str = "float64") -> Network:
    graph = layers if isinstance(layers, Graph) else sequential(layers)
    return Network(compile(graph, signature, loss), loss, dtype=dtype, seed=3)


def worst_error(net: Network, x: Any, y: Any, training: bool = True, count: int = 25) -> float:
    """The largest relative error of sampled gradients: of parameters and, for numbers, inputs."""
    random = np.random.default_rng(7)
    streams, memory = net.random_state(), net.memory.copy()

    def loss() -> float:
        net.restore_random_state(streams)
        net.memory[:] = memory
        net.forward(x, training=training, input_gradient=True)
        return net.loss_of(y)

    loss()
    analytic = net.backward().copy()
    first = net.contexts[net.plan.steps[0].id]
    worst = 0.0
    places = random.permutation(net.trainable)[:count]
    for place in places:
        worst = max(worst, _error(net.theta, place, analytic[place], loss))
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        loss()
        net.backward()
        dx = np.array(first.output_gradient).reshape(-1)
        flat = x.reshape(-1)
        for place in random.permutation(flat.size)[:count]:
            worst = max(worst, _error(flat, place, dx[place], loss))
    return worst


def _error(values: Any, place: int, analytic: float, loss: Any) -> float:
    kept = values[place]
    values[place] = kept + EPSILON
    above = loss()
    values[place] = kept - EPSILON
    below = loss()
    values[place] = kept
    numeric = (above - below) / (2 * EPSILON)
    return abs(numeric - analytic) / max(1e-3, abs(numeric) + abs(analytic))
