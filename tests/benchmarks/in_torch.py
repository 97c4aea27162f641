"""PyTorch as its tutorials write it: eager, with the fused Adam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .common import BATCH, CLASSES


def course_layers(first: Any) -> Any:
    from torch import nn

    return nn.Sequential(
        first, nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(256, 256), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(256, CLASSES),
    )  # fmt: skip


def epochs_of(model: Any, batches: Callable[[Any], Any], y: Any, loss: Any, size: int) -> Any:
    """A function that trains one epoch; ``batches`` makes the inputs of some samples."""
    import torch

    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    model.train()

    def epoch() -> int:
        order = torch.randperm(len(y))
        total, correct = 0.0, 0
        for start in range(0, len(y), size):
            chosen = order[start : start + size]
            optimizer.zero_grad()
            prediction = model(batches(chosen))
            value = loss(prediction, y[chosen])
            value.backward()
            optimizer.step()
            total += value.item()  # the curves need it
            if y.ndim == 1:
                correct += int((prediction.argmax(dim=1) == y[chosen]).sum())
        return len(y)

    return epoch


def linear(words: int, x: Any, y: Any) -> Any:
    """The course's network on dense input."""
    import torch
    from torch import nn

    x, y = torch.from_numpy(x), torch.from_numpy(y)
    model = course_layers(nn.Linear(words, 256))
    return epochs_of(model, lambda chosen: x[chosen], y, nn.CrossEntropyLoss(), BATCH)


def embedding_bag(words: int, arrays: tuple[Any, ...], y: Any) -> Any:
    """The course's network with the first layer as a sum of rows: PyTorch's way to sparse input."""
    import numpy as np
    import torch
    from torch import nn

    class Bag(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rows = nn.EmbeddingBag(words, 256, mode="sum")
            self.bias = nn.Parameter(torch.zeros(256))

        def forward(self, batch: Any) -> Any:
            indices, offsets = batch
            return self.rows(indices, offsets) + self.bias

    indptr, indices, _ = (np.asarray(a) for a in arrays[:3])
    indices = indices.astype(np.int64)
    lengths = np.diff(indptr)

    def batch(chosen: Any) -> Any:
        rows = chosen.numpy()
        n = lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(n)[:-1]])
        places = np.arange(n.sum()) + np.repeat(indptr[rows] - offsets, n)
        return torch.from_numpy(indices[places]), torch.from_numpy(offsets)

    y = torch.from_numpy(y)
    return epochs_of(course_layers(Bag()), batch, y, nn.CrossEntropyLoss(), BATCH)
