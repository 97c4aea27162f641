"""Figures of a whole layer over all samples of a pass, such as how many of its neurons are dead."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.analysis.thumbnails import flat_ends

if TYPE_CHECKING:
    from nnstudio.analysis.network_pass.values import Values

Array = np.ndarray[Any, Any]


def measure(values: Values, node: str, what: str, batch: bool) -> Array:
    """One of the `MEASURES` in double precision; raises KeyError where the layer has none."""
    return np.asarray(MEASURES[what](values, node, batch))


def columns(array: Array) -> Array:
    """Every sample and position in a row of its own, one column per neuron."""
    return array.reshape(-1, array.shape[-1])


def parameters(values: Values, node: str, kind: str, batch: bool) -> dict[str, Array]:
    """The layer's parameters ("w") or their gradients ("dw") by name."""
    specs = values.step(node).parameters
    found = {p.name: values.array(node, f"{kind}:{p.name}", batch) for p in specs}
    if not found:
        raise KeyError(f"{node} has no parameters")
    return found


def _peaks(values: Values, node: str, batch: bool) -> Array:
    return np.asarray(columns(values.array(node, "z", batch)).max(axis=0))


def _dead(values: Values, node: str, batch: bool) -> Any:
    return np.count_nonzero(values.array(node, "peak", batch) <= 0)


def _flat(values: Values, node: str, batch: bool) -> Array:
    activation = values.step(node).layer.activation  # type: ignore[attr-defined]
    return np.asarray(flat_ends(activation, columns(values.array(node, "z", batch))).sum(axis=0))


def _saturated(values: Values, node: str, batch: bool) -> Any:
    return values.array(node, "flat", batch).sum() / values.array(node, "z", batch).size


def _rms(kind: str) -> Callable[[Values, str, bool], Any]:
    def rms(values: Values, node: str, batch: bool) -> Any:
        arrays = parameters(values, node, kind, batch).values()
        flat = np.concatenate([array.reshape(-1) for array in arrays]).astype(np.float64)
        return np.sqrt(np.mean(flat * flat))

    return rms


def _outputs(values: Values, node: str, batch: bool) -> Array:
    return values.array(node, "y", batch).astype(np.float64)


def _means(values: Values, node: str, batch: bool) -> Array:
    outputs = _outputs(values, node, batch)
    return np.asarray(outputs.reshape(len(outputs), -1).mean(axis=0))


MEASURES: dict[str, Callable[[Values, str, bool], Any]] = {
    "peak": _peaks,
    "dead": _dead,
    "flat": _flat,
    "saturated": _saturated,
    "weights rms": _rms("w"),
    "gradient rms": _rms("dw"),
    "output mean": lambda values, node, batch: _outputs(values, node, batch).mean(),
    "output deviation": lambda values, node, batch: _outputs(values, node, batch).std(),
    "means": _means,
}
