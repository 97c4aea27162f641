"""A recording of one full pass: every number of forward, loss, backward and update, as copies.

The worker makes a tape between two batches with the very network that is being trained. Random
streams, moving averages, gradient and weights are put back afterwards, so training with tapes gives
the same numbers bit for bit as training without. A tape refers to nothing live; any thread may
read it for as long as it likes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.dataset import Dataset
from nnstudio.engine.batches import class_balance
from nnstudio.engine.updating import Updater
from nnstudio.graph.plan import Plan
from nnstudio.nn.clip import Clip
from nnstudio.nn.loss import Loss
from nnstudio.nn.metrics import predicted_classes
from nnstudio.nn.optimizer import Optimizer
from nnstudio.nn.optimizers.decay import WeightDecay
from nnstudio.project.model import Fitted
from nnstudio.project.setup import TrainingSetup
from nnstudio.spec import Place, Problem, ProblemError

if TYPE_CHECKING:
    from nnstudio.engine.network import Network

Array = np.ndarray[Any, Any]
Key = tuple[str, str]


@dataclass(frozen=True)
class ProbeRequest:
    """Which samples to record.

    ``rows`` are samples of a ``part`` (train, validation or test) of the data; the pass is made
    over all of them at once, as over a batch, so their losses are averaged. ``around`` are rows of
    a second pass, the batch with which the chosen ones are compared; empty for none. ``training``
    switches dropout and the like on. ``weights`` replaces the present weights. ``raw`` is an input
    of the user's own, a text or a row of numbers, in place of ``rows``; it has no true target, so
    the predicted one stands in for it.
    """

    rows: tuple[int, ...] = ()
    part: str = "train"
    around: tuple[int, ...] = ()
    training: bool = True
    weights: Mapping[Key, Array] | None = field(default=None, compare=False)
    raw: Any = field(default=None, compare=False)


@dataclass(frozen=True, eq=False)
class LayerRecord:
    """One layer of a pass. Arrays have the batch axis first, except weights and their gradients.

    ``saved`` holds what the layer itself calls its values (x, z, a, mask, dz, mean, …). ``dy`` is
    the gradient that arrived from above, ``dxs`` what was passed on, None where nobody needs it.
    ``fused`` marks the output layer whose dz came directly from the loss.
    """

    node: str
    inputs: tuple[Array, ...]
    output: Array
    saved: Mapping[str, Array]
    weights: Mapping[str, Array]
    gradients: Mapping[str, Array]
    state: Mapping[str, Array]
    dy: Array | None
    dxs: tuple[Array | None, ...]
    fused: bool


@dataclass(frozen=True, eq=False)
class Pass:
    """Forward pass, loss and backward pass over the samples ``rows``.

    ``loss`` is the mean of ``losses`` plus the ``penalty`` of L1 and L2. ``d_prediction`` is
    dL/dŷ by the loss's own formula, also where the engine went straight to dz. ``weights`` say how
    much each sample's loss counts in the mean, None if all count the same.
    """

    rows: tuple[int, ...]
    part: str
    x: Array
    y: Array
    layers: Mapping[str, LayerRecord]
    prediction: Array
    losses: Array
    loss: float
    penalty: float
    d_prediction: Array
    training: bool
    weights: Array | None = None

    @property
    def count(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Update:
    """What the optimizer would do with the gradient of the pass.

    Mappings are by (node id, parameter name). ``before`` and ``after`` hold the visible state by
    its symbol (m, v, m̂, …). ``gradient`` is the gradient after clipping. ``loss_after`` is the loss
    of the same samples, with the same dropout mask, after the step.
    """

    optimizer: Optimizer
    t: int
    learning_rate: float
    weights: Mapping[Key, Array]
    gradient: Mapping[Key, Array]
    new_weights: Mapping[Key, Array]
    before: Mapping[str, Mapping[Key, Array]]
    after: Mapping[str, Mapping[Key, Array]]
    clip: Clip | None
    decay: WeightDecay | None
    loss_before: float
    loss_after: float

    @cached_property
    def squared_gradient(self) -> float:
        """‖g‖²"""
        return sum(float(np.vdot(g, g)) for g in _wide(self.gradient))

    @cached_property
    def predicted_change(self) -> float:
        """gᵀΔθ: by how much the loss would change if it were as straight as its tangent."""
        total = 0.0
        for key, g in self.gradient.items():
            step = self.new_weights[key].astype(np.float64) - self.weights[key]
            total += float(np.vdot(g.astype(np.float64), step))
        return total

    @property
    def actual_change(self) -> float:
        return self.loss_after - self.loss_before


@dataclass(frozen=True, eq=False)
class Tape:
    """A worked pass over the chosen samples, the batch around them, and what names the numbers.

    ``class_sizes`` counts the training samples of every class where the classes are balanced by
    weights, and is empty where they are not.
    """

    plan: Plan
    loss: Loss
    fused: bool
    chosen: Pass
    batch: Pass | None
    update: Update
    fitted: Fitted
    texts: tuple[str, ...] = ()
    class_sizes: tuple[int, ...] = ()

    def title(self, node: str) -> str:
        """The title on the node's card."""
        return self.plan.step(node).title


@dataclass(frozen=True, eq=False)
class OptimizerState:
    """The optimizer as it stands between two batches; ``state`` may be live, it is not changed."""

    optimizer: Optimizer
    state: Mapping[str, Any]
    t: int  # of the step that comes next
    learning_rate: float


def fresh_optimizer(network: Network, setup: TrainingSetup) -> OptimizerState:
    """The optimizer before its first step."""
    optimizer = setup.optimizer
    state = optimizer.init(network.ops, network.trainable)
    return OptimizerState(optimizer, state, 1, optimizer.learning_rate)


def record(
    network: Network,
    dataset: Dataset,
    setup: TrainingSetup,
    request: ProbeRequest,
    standing: OptimizerState | None = None,
) -> Tape:
    """Make the tape that `request` asks for; leaves no trace in the network.

    Raises `ProblemError` for samples that do not exist.
    """
    rows = request.rows if request.raw is None else (0,)
    x, y = _samples(network, dataset, request)
    balance = training_weights(dataset, setup)
    standing = standing or fresh_optimizer(network, setup)
    ops = network.ops
    theta = ops.to_host(network.theta)
    with network.undisturbed():
        try:
            if request.weights is not None:
                network.load_weights(request.weights)
            batch = None
            if request.around:
                part = "train" if request.raw is not None else request.part
                near = dataclasses.replace(request, rows=request.around, part=part, raw=None)
                others = _samples(network, dataset, near)
                with network.undisturbed():
                    shares = _weights_of(balance, near)
                    batch = _pass(network, *others, near.rows, near, shares)
            streams = network.random_state()
            weights = _weights_of(balance, request)
            chosen = _pass(network, x, y, rows, request, weights)
            update = _update(network, setup, standing, chosen, x, streams)
        finally:
            ops.xp.copyto(network.theta, ops.to_device(theta))
    return Tape(
        plan=network.plan,
        loss=network.loss,
        fused=network.fuses(request.training),
        chosen=chosen,
        batch=batch,
        update=update,
        fitted=Fitted.of(dataset),
        texts=_texts(dataset, request),
        class_sizes=() if balance is None else _class_sizes(dataset),
    )


def _samples(network: Network, dataset: Dataset, request: ProbeRequest) -> tuple[Any, Array]:
    """The inputs and targets of the rows asked for."""
    if request.raw is not None:
        from nnstudio.analysis.prediction import encode

        x = encode(dataset, request.raw, network.plan.signature)
        return x, _own_target(network, dataset, x)
    samples = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}.get(
        request.part
    )
    rows = list(request.rows)
    if samples is None or not rows or min(rows) < 0 or max(rows) >= len(samples):
        raise ProblemError(
            Problem(
                "There is no such sample",
                f"The {request.part} set has {0 if samples is None else len(samples):,} samples.",
                Place("data"),
            )
        )
    return samples.x[rows], samples.y[rows]


def _own_target(network: Network, dataset: Dataset, x: Any) -> Array:
    """The prediction, taken as the target of an input that has none."""
    outputs = network.predict(x)
    if dataset.signature.task == "regression":
        return outputs.reshape(1, -1)
    return predicted_classes(outputs, network.loss.threshold)


def training_weights(dataset: Dataset, setup: TrainingSetup) -> Array | None:
    """What each training sample counts in training's loss, None if all count the same."""
    if setup.class_weights != "balanced" or dataset.signature.task != "classification":
        return None
    return np.asarray(class_balance(dataset.train.y, dataset.signature.classes))


def _weights_of(balance: Array | None, request: ProbeRequest) -> Array | None:
    """The weights of the rows: only training weighs, and only training samples."""
    if balance is None or request.raw is not None:
        return None
    if request.part != "train" or not request.training:
        return None
    return np.asarray(balance[list(request.rows)])


def _class_sizes(dataset: Dataset) -> tuple[int, ...]:
    counts = np.bincount(dataset.train.y, minlength=dataset.signature.classes)
    return tuple(counts.tolist())


def _texts(dataset: Dataset, request: ProbeRequest) -> tuple[str, ...]:
    if request.raw is not None:
        return (request.raw,) if isinstance(request.raw, str) else ()
    part = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    samples = part[request.part]
    if samples is None or samples.texts is None:
        return ()
    return tuple(samples.texts[row] for row in request.rows)


def _pass(
    network: Network,
    x: Any,
    y: Array,
    rows: tuple[int, ...],
    request: ProbeRequest,
    weights: Array | None,
) -> Pass:
    host = _copier(network)
    prediction = network.forward(x, training=request.training, input_gradient=True)
    loss = network.loss_of(y, weights)
    network.backward()
    program = network.last
    losses = host(program.losses)
    layers = {}
    for step in network.plan.steps:
        c = network.contexts[step.id]
        layers[step.id] = LayerRecord(
            node=step.id,
            inputs=tuple(host(value) for value in c.inputs),
            output=host(c.output),
            saved={name: host(value) for name, value in c.saved().items()},
            weights=_of_node(network, step.id, network.parameters),
            gradients=_of_node(network, step.id, network.gradients),
            state=_of_node(network, step.id, network.state),
            dy=None if c.output_gradient is None else host(c.output_gradient),
            dxs=tuple(None if dx is None else host(dx) for dx in c.input_gradients),
            fused=c.fused,
        )
    with np.errstate(all="ignore"):
        d = host(network.loss.backward(network.ops, prediction, program.y))
    weighed = losses
    if weights is not None:
        weighed = losses * weights
        d = (d * weights.reshape(-1, *(1,) * (d.ndim - 1))).astype(d.dtype)
    d_prediction = d / len(rows)
    _unjoin(network, layers, d_prediction)
    return Pass(
        rows=rows,
        part=request.part if request.raw is None else "own",
        x=layers[network.plan.steps[0].id].output,
        y=np.array(y),
        layers=layers,
        prediction=host(prediction),
        losses=losses,
        loss=loss,
        penalty=loss - float(weighed.mean(dtype=np.float64)),
        d_prediction=d_prediction,
        training=request.training,
        weights=weights,
    )


def _unjoin(network: Network, layers: dict[str, LayerRecord], d_prediction: Array) -> None:
    """Give the layers behind the activation that is computed with the loss their gradients.

    They only hand on numbers, and what the engine hands back through them is already dL/dz.
    """
    joined = next((id for id, layer in layers.items() if layer.fused), network.plan.output)
    id = network.plan.output
    while id != joined:
        layer = layers[id]
        dx = d_prediction.reshape(layer.inputs[0].shape)
        layers[id] = dataclasses.replace(
            layer, dy=d_prediction.reshape(layer.output.shape), dxs=(dx,)
        )
        (id,) = network.plan.step(id).sources


def _update(
    network: Network,
    setup: TrainingSetup,
    standing: OptimizerState,
    chosen: Pass,
    x: Any,
    streams: Mapping[str, list[int]],
) -> Update:
    ops, optimizer = network.ops, standing.optimizer
    weights = _views(network, ops.to_host(network.theta))
    updater = Updater(network, setup.replace(optimizer=optimizer))
    for name, array in updater.state.items():
        ops.xp.copyto(array, standing.state[name])
    t = standing.t
    before = _by_name(network, optimizer.visible_state(ops, updater.state, t - 1))
    updater.update(t, standing.learning_rate)
    after = _by_name(network, optimizer.visible_state(ops, updater.state, t))
    gradient = _views(network, ops.to_host(network.grad))
    new = _views(network, ops.to_host(network.theta))
    network.restore_random_state(streams)
    network.forward(x, training=chosen.training, input_gradient=True)
    loss_after = network.loss_of(chosen.y, chosen.weights)
    return Update(
        optimizer=optimizer,
        t=t,
        learning_rate=standing.learning_rate,
        weights=weights,
        gradient=gradient,
        new_weights=new,
        before=before,
        after=after,
        clip=setup.clip,
        decay=setup.weight_decay,
        loss_before=chosen.loss,
        loss_after=loss_after,
    )


def _copier(network: Network) -> Any:
    def host(value: Any) -> Array:
        if hasattr(value, "densify"):  # a sparse batch
            value = value.densify(network.ops)
        return np.array(network.ops.to_host(value))

    return host


def _of_node(network: Network, node: str, arrays: Mapping[Key, Any]) -> dict[str, Array]:
    return {name: network.ops.to_host(a) for name, a in network.arrays_of(node, arrays).items()}


def _views(network: Network, flat: Array) -> dict[Key, Array]:
    """The trainable parameters as named parts of a flat vector."""
    return {
        p.key: flat[p.start : p.start + p.value.size].reshape(p.spec.shape)
        for p in network.layout
        if p.spec.trainable
    }


def _by_name(network: Network, state: Mapping[str, Any]) -> dict[str, dict[Key, Array]]:
    return {name: _views(network, network.ops.to_host(a)) for name, a in state.items()}


def _wide(arrays: Mapping[Key, Array]) -> list[Array]:
    return [a.astype(np.float64) for a in arrays.values()]
