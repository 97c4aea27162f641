"""One neuron of a pass: its sum, its activation among those of the batch, its weights' blame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnstudio.analysis.network_pass.derive import derive
from nnstudio.analysis.network_pass.known import is_known
from nnstudio.analysis.network_pass.numbers import Derivation, Number, Term
from nnstudio.analysis.network_pass.values import Values
from nnstudio.analysis.thumbnails import flat_ends
from nnstudio.nn.activation import Activation

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class NeuronView:
    """A neuron of a Dense or Activation layer for one sample.

    ``terms`` are its w·x by size, ``zs`` the z of the whole batch around (of the pass itself if
    there is none). ``dead`` is the share of the batch for which the slope is 0, ``saturated`` that
    on a flat end. Gradients are None where nothing flowed back. ``weights`` pairs every incoming
    weight's index with its gradient, by size.
    """

    node: str
    unit: int
    title: str
    activation: Activation | None
    sum: Derivation | None
    terms: tuple[Term, ...]
    bias: float | None
    z: float
    a: float
    slope: float | None
    upstream: float | None
    delta: float | None
    zs: Array
    dead: float
    saturated: float
    weights: tuple[tuple[int, float, float], ...]

    @property
    def flat(self) -> bool:
        return self.slope == 0.0


def neuron_view(values: Values, node: str, unit: int, sample: int = 0) -> NeuronView | None:
    """The neuron's view, or None for a layer that has no neurons of this kind."""
    step = values.step(node)
    activation = getattr(step.layer, "activation", None)
    if activation is None or not is_known(step.layer):
        return None
    shape = values.array(node, "y").shape
    index = (sample, *(int(i) for i in np.unravel_index(unit, shape[1:])))
    dense = step.layer.name == "dense"
    total = derive(values, Number(node, "z", index)) if dense else None
    z_at = Number(node, "z", index)
    batch = values.tape.batch is not None
    everywhere: Any = (slice(None), *index[1:])
    zs = values.array(node, "z", batch).reshape(-1, *shape[1:])[everywhere].astype(np.float64)
    slopes = _slopes(values, node, index, batch)
    flat = flat_ends(activation, zs)
    weights: list[tuple[int, float, float]] = []
    if dense and values.has(node, "dw:kernel"):
        column = values.array(node, "w:kernel")[:, index[-1]]
        gradients = values.array(node, "dw:kernel")[:, index[-1]]
        order = np.argsort(-np.abs(gradients), kind="stable")
        weights = [(int(i), float(column[i]), float(gradients[i])) for i in order[:200]]
    has_slope = values.has(node, "slope")
    return NeuronView(
        node=node,
        unit=unit,
        title=f"{step.title}, neuron {unit}",
        activation=activation,
        sum=total,
        terms=total.by_weight() if total is not None else (),
        bias=total.operands[0].value if total is not None and total.operands else None,
        z=values.value(z_at),
        a=float(values.array(node, "y")[index]),
        slope=float(values.array(node, "slope")[index]) if has_slope else None,
        upstream=_maybe(values, node, "dy", index),
        delta=_maybe(values, node, "dz", index),
        zs=zs,
        dead=float(np.mean(slopes == 0)) if slopes is not None else 0.0,
        saturated=float(flat.mean()) if zs.size else 0.0,
        weights=tuple(weights),
    )


def _slopes(values: Values, node: str, index: tuple[int, ...], batch: bool) -> Array | None:
    if not values.has(node, "slope", batch):
        return None
    everywhere: Any = (slice(None), *index[1:])
    return np.asarray(values.array(node, "slope", batch)[everywhere])


def _maybe(values: Values, node: str, what: str, index: tuple[int, ...]) -> float | None:
    return float(values.array(node, what)[index]) if values.has(node, what) else None


@dataclass(frozen=True, eq=False)
class WeightSpread:
    """One weight's gradient for every sample of the batch; their mean is what the update uses."""

    gradients: Array
    mean: float
    deviation: float
    of_sample: float

    @property
    def agreement(self) -> float:
        """The share of samples that pull in the direction of the mean."""
        pulling = self.gradients[self.gradients != 0]
        return float(np.mean(np.sign(pulling) == np.sign(self.mean))) if pulling.size else 0.0


def weight_spread(
    values: Values, node: str, i: int, j: int, sample: int = 0
) -> WeightSpread | None:
    """The spread of a Dense weight's per-sample gradients over the batch around."""
    batch = values.tape.batch is not None
    if not values.has(node, "dz", batch) or values.step(node).layer.name != "dense":
        return None
    n = values.passed(batch).count
    x = values.input(node, 0, batch)[..., i].astype(np.float64)
    dz = values.array(node, "dz", batch)[..., j].astype(np.float64)
    single = (x * dz).reshape(n, -1).sum(axis=1) * n
    own_x = values.input(node)[sample][..., i].astype(np.float64)
    own_dz = values.array(node, "dz")[sample][..., j].astype(np.float64)
    own = float((own_x * own_dz).sum()) * values.passed().count
    return WeightSpread(single, float(single.mean()), float(single.std()), own)
