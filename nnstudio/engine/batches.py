"""A data set on the device, from which batches are picked by index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.dataset import Samples
from nnstudio.engine import targets
from nnstudio.engine.network import is_sparse

if TYPE_CHECKING:
    from nnstudio.engine.network import Network
    from nnstudio.engine.program import Program


class Batches:
    """Samples uploaded once, in the network's working dtype.

    ``weights`` are the samples' weights in the loss, None if all count the same.
    """

    def __init__(self, network: Network, samples: Samples, weights: Any = None) -> None:
        ops = network.ops
        self.network = network
        self._take = ops.take
        self.count = len(samples)
        self.sparse = is_sparse(samples.x)
        if self.sparse:
            self.x = ops.sparse_source(samples.x)
        else:
            self.x = ops.to_device(samples.x, network.input_dtype(samples.x))
        y = targets.fitting(samples.y, network.plan, self.count)
        self.y = ops.to_device(y, network.target_dtype(y))
        self.weights = None if weights is None else ops.to_device(weights)

    def program(self, n: int, training: bool) -> Program:
        """The network's program for ``n`` of these samples."""
        program = self.network.program(n, training, False, self.x)
        program.expect((n, *self.y.shape[1:]), self.y.dtype)
        if self.weights is None:
            program.weigh(None)
        return program

    def order(self, permutation: Any) -> Any:
        """An order of the samples as indices on the device."""
        kind = self.x.indices.dtype if hasattr(self.x, "indices") else "int64"
        return self.network.ops.to_device(permutation, kind)

    def fill(self, program: Program, indices: Any) -> None:
        """Put the samples with these indices into the program."""
        if self.sparse:
            program.x.take(self.x, indices)
        else:
            self._take(self.x, indices, program.x)
        self._take(self.y, indices, program.y)
        if self.weights is not None:
            program.weigh(self.weights[indices])

    def pieces(self, size: int) -> Iterator[tuple[int, int]]:
        """Start and stop of batches of at most ``size`` samples, as equal as can be."""
        count = max(1, -(-self.count // size))
        size = -(-self.count // count)
        for start in range(0, self.count, size):
            yield start, min(start + size, self.count)


def class_balance(y: Any, classes: int) -> Any:
    """A weight for every sample, n / (k · size of its class): all classes count the same."""
    sizes = np.bincount(y, minlength=classes)
    present = np.count_nonzero(sizes)
    return (len(y) / (present * np.maximum(sizes, 1)))[y]
