"""The small pictures on the cards, and the figures of a layer as it is now.

A look at the network is one ordinary training pass over a fixed handful of samples, made between
two batches and without a trace. Everything it returns is small and a copy.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nnstudio.data.dataset import Dataset
from nnstudio.graph.plan import PlanStep

if TYPE_CHECKING:
    from nnstudio.engine.network import Network

Array = np.ndarray[Any, Any]
LOOKED_AT = 128  # samples
COLUMNS, ROWS = 36, 11  # cells of a heat map: as many as a card can show
BARS = 32


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """One small picture.

    ``kind`` says how ``values`` are meant: heat (rows, columns) from -1 to 1, where ``limit`` is
    what 1 stands for; mask (rows, columns) with 1 for kept and 0 for dropped, NaN for no cell; bars
    (n,) from 0 to 1; dots (n, 3) with x and y from 0 to 1 and the class. ``caption`` is a short
    figure for the corner, ``title`` says in words what is shown. ``what`` names the quantity that
    the cells show, as `Number.what` does, and ``places`` says for each cell which element of an
    array of this ``shape`` it is, -1 for none.
    """

    kind: Literal["heat", "mask", "bars", "dots"]
    values: Array
    title: str
    caption: str = ""
    limit: float = 1.0
    what: str = ""
    places: Array | None = None
    shape: tuple[int, ...] = ()

    def number_at(self, row: int, column: int) -> tuple[str, tuple[int, ...]] | None:
        """The quantity and the index of the number in a cell; None if it shows no single number."""
        if self.places is None:
            return None
        place = int(np.atleast_2d(self.places)[row, column])
        if place < 0:
            return None
        inside = np.unravel_index(place, self.shape) if self.shape else ()
        return self.what, tuple(int(i) for i in inside)


@dataclass(frozen=True)
class LayerFigures:
    """A layer in numbers; None where it has no such thing.

    ``dead`` counts the neurons that are switched off (slope 0) for every sample looked at,
    ``saturated`` is the share of activations on a flat end. RMS is the root of the mean square.
    """

    units: int
    dead: int | None = None
    saturated: float | None = None
    weights_rms: float | None = None
    gradient_rms: float | None = None
    output_mean: float | None = None
    output_deviation: float | None = None


@dataclass(frozen=True, eq=False)
class Look:
    """What a look at the whole network found, by node id ("loss" for the loss)."""

    thumbnails: Mapping[str, Thumbnail]
    figures: Mapping[str, LayerFigures]


def rows_to_look_at(dataset: Dataset, count: int = LOOKED_AT) -> Array:
    """The same handful of training samples every time, spread over the classes by chance."""
    n = len(dataset.train)
    return np.sort(np.random.default_rng(0).permutation(n)[: min(n, count)])


def look(network: Network, dataset: Dataset, rows: Array, weights: Array | None = None) -> Look:
    """Pictures and figures of every layer; leaves no trace in the network.

    ``weights`` are those of all training samples in the loss, None if all count the same.
    """
    x, y = dataset.train.x[rows], dataset.train.y[rows]
    host = network.ops.to_host
    thumbnails: dict[str, Thumbnail] = {}
    figures: dict[str, LayerFigures] = {}
    with network.undisturbed():
        network.forward(x, training=True)
        loss = network.loss_of(y, None if weights is None else weights[rows])
        network.backward()
        losses = host(network.last.losses)
        for step in network.plan.steps:
            context = network.contexts[step.id]
            saved = context.saved()
            matrix = _matrix(step)
            sparse = hasattr(context.output, "matrix")
            output = None if sparse else host(context.output).reshape(len(rows), -1)
            if not step.sources:
                thumbnails[step.id] = _of_input(step, x, y, dataset)
            elif "mask" in saved:
                thumbnails[step.id] = _of_mask(host(saved["mask"][0]))
            elif step.id == network.plan.output and output is not None and output.shape[1] > 1:
                thumbnails[step.id] = _of_means(output)
            elif matrix is not None:
                weight = host(network.parameters[step.id, matrix])
                thumbnails[step.id] = _of_weights(weight, f"w:{matrix}")
            elif output is not None:
                thumbnails[step.id] = _of_distribution(output, "How the outputs are distributed")
            figures[step.id] = _figures(network, step, saved, output)
    thumbnails["loss"] = _of_losses(losses, loss)
    return Look(thumbnails, figures)


def _matrix(step: PlanStep) -> str | None:
    return next((spec.name for spec in step.parameters if len(spec.shape) == 2), None)


def _of_weights(w: Array, what: str) -> Thumbnail:
    # Picked, not averaged: the average of many weights is always near zero.
    rows, columns = np.ix_(_spread(w.shape[0], ROWS), _spread(w.shape[1], COLUMNS))
    limit = _limit(w)
    cells = np.clip(w[rows, columns] / limit, -1, 1)
    places = rows * w.shape[1] + columns
    return Thumbnail(
        "heat", cells, "Some of its weights", "", limit, what, places, tuple(w.shape)
    )  # fmt: skip


def _of_mask(mask: Array) -> Thumbnail:
    flat = mask.reshape(-1)
    off = int(np.count_nonzero(flat == 0))
    rows = max(1, min(8, flat.size // 4))
    columns = -(-flat.size // rows)
    if columns > COLUMNS:
        shown = _spread(flat.size, rows * COLUMNS)
        columns = -(-shown.size // rows)
    else:
        shown = np.arange(flat.size)
    cells = np.full(rows * columns, np.nan)
    cells[: shown.size] = flat[shown] > 0
    places = np.full(rows * columns, -1)
    places[: shown.size] = shown
    title = "Which neurons one sample was allowed to use"
    caption = f"{off:,} of {flat.size:,} off"
    size = (rows, columns)
    shape = (1, *mask.shape)  # the first of the samples looked at
    return Thumbnail(
        "mask", cells.reshape(size), title, caption, 1.0, "mask", places.reshape(size), shape
    )  # fmt: skip


def _of_means(output: Array) -> Thumbnail:
    means = output.mean(axis=0)
    if len(means) > BARS:
        return _of_distribution(output, "How the outputs are distributed")
    places, shape = np.arange(len(means))[None, :], (len(means),)
    if means.min() < 0:
        limit = _limit(means)
        values = np.clip(means / limit, -1, 1)[None, :]
        return Thumbnail("heat", values, "Its mean outputs", "", limit, "means", places, shape)
    top = float(means.max()) or 1.0
    title = "Its mean outputs, one bar per neuron"
    return Thumbnail("bars", means / top, title, "", top, "means", places, shape)


def _of_distribution(values: Array, title: str, caption: str = "") -> Thumbnail:
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return Thumbnail("bars", np.zeros(BARS), title, "not finite")
    low, high = (float(v) for v in np.percentile(finite, (0.5, 99.5)))
    if high <= low:
        high = low + 1.0
    counts, _ = np.histogram(finite, bins=BARS, range=(low, high))
    top = max(1, int(counts.max()))
    return Thumbnail("bars", counts / top, title, caption)


def _of_losses(losses: Array, loss: float) -> Thumbnail:
    mean = f"{loss:.4g}" if np.isfinite(loss) else "not finite"
    shown = _of_distribution(losses, "How the losses of single samples are distributed", mean)
    return dataclasses.replace(shown, what="L", places=np.zeros((1, len(shown.values)), int))


def _of_input(step: PlanStep, x: Any, y: Array, dataset: Dataset) -> Thumbnail:
    shape = step.output_shape
    if hasattr(x, "tocsr"):
        picture = _blocks(x)
        caption = f"{dataset.density:.1%} non-zero"
        return Thumbnail("heat", picture, "Some samples: one row each, dots are words", caption)
    values = np.asarray(x, dtype=np.float64)
    if shape == (2,):
        low, high = values.min(axis=0), values.max(axis=0)
        scaled = (values - low) / np.where(high > low, high - low, 1.0)
        classes = y if y.ndim == 1 else np.zeros(len(y))
        return Thumbnail("dots", np.column_stack([scaled, classes]), "Some samples as points")
    if len(shape) >= 2 and shape[0] >= 4 and shape[1] >= 4:
        # Pictures stand side by side, as many as are visible.
        side = min(shape[0], 16)
        count = max(1, min(len(values), (3 * COLUMNS // 2) // side))
        pick = np.ix_(_spread(shape[0], side), _spread(shape[1], side))
        tiles = [v.reshape(shape[0], shape[1], -1).mean(axis=2)[pick] for v in values[:count]]
        strip = np.concatenate(tiles, axis=1)
        limit = _limit(strip)
        return Thumbnail("heat", np.clip(strip / limit, -1, 1), "Some samples", limit=limit)
    flat = values.reshape(len(values), -1)
    rows, columns = np.ix_(np.arange(min(len(flat), ROWS)), _spread(flat.shape[1], COLUMNS))
    limit = _limit(flat[rows, columns])
    cells = np.clip(flat[rows, columns] / limit, -1, 1)
    places = rows * flat.shape[1] + columns
    title = "Some samples, one row each"
    return Thumbnail("heat", cells, title, "", limit, "y", places, tuple(values.shape))


def _blocks(x: Any) -> Array:
    """A sparse batch as a small picture: a cell is on if any number in its block is."""
    csr = x.tocsr()[:ROWS]
    width = max(1, -(-csr.shape[1] // (2 * COLUMNS)))
    picture = np.zeros((ROWS, -(-csr.shape[1] // width)))
    rows = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
    picture[rows, csr.indices // width] = 1.0
    return picture


def _figures(
    network: Network, step: PlanStep, saved: Mapping[str, Any], output: Array | None
) -> LayerFigures:
    host = network.ops.to_host
    units = int(np.prod(step.output_shape, dtype=np.int64)) if step.output_shape else 1
    weights = [host(network.parameters[step.id, p.name]).reshape(-1) for p in step.parameters]
    gradients = [host(network.gradients[step.id, p.name]).reshape(-1) for p in step.parameters]
    dead = saturated = None
    activation = getattr(step.layer, "activation", None)
    if activation is not None and "z" in saved:
        z = host(saved["z"])
        z = z.reshape(-1, z.shape[-1])
        if activation.name == "relu":
            dead = int(np.count_nonzero((z <= 0).all(axis=0)))
        elif activation.saturates != (None, None):
            saturated = float(flat_ends(activation, z).mean())
    return LayerFigures(
        units=units,
        dead=dead,
        saturated=saturated,
        weights_rms=_rms(weights),
        gradient_rms=_rms(gradients),
        output_mean=float(output.mean()) if output is not None and output.size else None,
        output_deviation=float(output.std()) if output is not None and output.size else None,
    )


def flat_ends(activation: Any, z: Array) -> Array:
    """Which of these z lie on a flat end of the activation."""
    low, high = activation.saturates
    flat = np.zeros(z.shape, bool)
    if low is not None:
        flat |= z <= low
    if high is not None:
        flat |= z >= high
    return flat


def _rms(arrays: list[Array]) -> float | None:
    if not arrays:
        return None
    total = sum(float(np.dot(a, a)) for a in arrays)
    return float(np.sqrt(total / max(1, sum(a.size for a in arrays))))


def _spread(n: int, most: int) -> Array:
    """At most `most` indices spread evenly over 0 … n-1."""
    if n <= most:
        return np.arange(n)
    return np.linspace(0, n - 1, most).astype(np.int64)


def _limit(values: Array) -> float:
    """What full colour stands for: nearly the largest magnitude; outliers would hide the rest."""
    finite = np.abs(values[np.isfinite(values)]).reshape(-1)
    if finite.size > 20_000:
        finite = finite[:: finite.size // 20_000]
    return (float(np.percentile(finite, 98)) if finite.size else 0.0) or 1.0
