"""A network that computes: the plan's layers with their parameters on a device.

All trainable numbers lie in one flat vector ``theta`` and their gradient in one flat vector
``grad``; ``parameters`` and ``gradients`` are named views into them. Optimizers, snapshots and
checks therefore work on a single array, however many layers there are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnstudio.engine import targets
from nnstudio.engine.context import Context
from nnstudio.engine.devices import card_is_full, open_device, out_of_memory
from nnstudio.engine.limits import machine_memory, refuse_if_too_large
from nnstudio.engine.ops import Array, Ops, size_of
from nnstudio.engine.program import Program
from nnstudio.engine.randomness import Stream
from nnstudio.graph.fitting import ending, ending_activation
from nnstudio.graph.plan import Plan
from nnstudio.nn.activations import Step
from nnstudio.nn.layer import ParameterSpec
from nnstudio.nn.loss import Loss
from nnstudio.spec import Place, Problem, ProblemError

Weights = Mapping[tuple[str, str], "np.ndarray[Any, Any]"]

#: Programs kept at a time: training and validation batches, their remainders, and probes.
_PROGRAMS = 8
#: The largest batch used for predictions.
CHUNK = 512


@dataclass(frozen=True, eq=False)
class Parameter:
    """One trainable array in the flat vectors."""

    node: str
    spec: ParameterSpec
    value: Array
    gradient: Array
    start: int

    @property
    def key(self) -> tuple[str, str]:
        return self.node, self.spec.name


class Network:
    """A plan made of numbers: predicts, measures its loss, and finds its gradient.

    ``device`` is ``cpu`` or ``cuda:N``; where that cannot be used the network runs on the CPU and
    ``device_problem`` says why. ``dtype`` is float32, or float64 for gradient checks. Equal seeds
    give equal weights, for each layer independently of all others.

    Raises `ProblemError` if the network would not fit into memory.
    """

    def __init__(
        self,
        plan: Plan,
        loss: Loss,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        seed: int = 0,
        ops: Ops | None = None,
    ) -> None:
        if dtype not in ("float32", "float64"):
            raise ValueError(f"dtype must be float32 or float64, not {dtype!r}")
        refuse_if_too_large(plan, 1, np.dtype(dtype).itemsize, None, machine_memory())
        self.plan = plan
        self.loss = loss
        self.seed = seed
        self.device_problem: Problem | None = None
        if ops is None:
            ops, self.device_problem = open_device(device, dtype)
        self.dtype = dtype
        self.fused = self.fuses(training=True)
        self.perceptron = isinstance(ending_activation(plan, training=True), Step)
        #: By whether it is training: the node whose dL/dz comes straight from the loss, "" if none.
        self.joined = {training: _joined(plan, loss, training) for training in (False, True)}
        try:
            self._place(ops)
            self.initialise(seed)
        except Exception as error:
            if ops.device == "cpu" or not out_of_memory(error):
                raise
            self.device_problem = card_is_full(ops.device)
            self._place(open_device("cpu", dtype)[0])
            self.initialise(seed)

    def _place(self, ops: Ops) -> None:
        """Lay out all arrays on a device; their contents are not set."""
        self.ops = ops
        found = [(step.id, spec) for step in self.plan.steps for spec in step.parameters]
        found.sort(key=lambda item: not item[1].trainable)  # stable: the trainable ones first
        total = sum(size_of(spec.shape) for _, spec in found)
        self.trainable = sum(size_of(spec.shape) for _, spec in found if spec.trainable)
        self.updater: Any = None  # whoever moves the parameters, and may owe them something
        self._transient = False
        self.stored = ops.zeros(total)
        self.grad = ops.zeros(total)
        self.layout: list[Parameter] = []
        start = 0
        for node, spec in found:
            stop = start + size_of(spec.shape)
            value = self.stored[start:stop].reshape(spec.shape)
            gradient = self.grad[start:stop].reshape(spec.shape)
            self.layout.append(Parameter(node, spec, value, gradient, start))
            start = stop
        self._parameters = {parameter.key: parameter.value for parameter in self.layout}
        self.gradients = {parameter.key: parameter.gradient for parameter in self.layout}
        self.regularised = [p for p in self.layout if p.spec.trainable and (p.spec.l1 or p.spec.l2)]
        kept = [
            ((step.id, spec.name), spec)
            for step in self.plan.steps
            for spec in step.layer.state(*step.input_shapes)
        ]
        self.memory = ops.zeros(sum(size_of(spec.shape) for _, spec in kept))
        self.state: dict[tuple[str, str], Array] = {}
        self._state_specs = dict(kept)
        start = 0
        for key, spec in kept:
            stop = start + size_of(spec.shape)
            self.state[key] = self.memory[start:stop].reshape(spec.shape)
            start = stop
        learns = {p.node for p in self.layout if p.spec.trainable}
        self.learning: set[str] = set()
        for step in self.plan.steps:
            if step.id in learns or any(source in self.learning for source in step.sources):
                self.learning.add(step.id)
        self._programs: OrderedDict[tuple[Any, ...], Program] = OrderedDict()
        self._last: Program | None = None

    # ---- weights ------------------------------------------------------------------------------

    @property
    def theta(self) -> Array:
        """All parameters in one flat vector, the trainable ones first, up to date."""
        self.settle()
        return self.stored

    @property
    def parameters(self) -> dict[tuple[str, str], Array]:
        """Views into `theta` by (node id, name), up to date."""
        self.settle()
        return self._parameters

    def settle(self) -> None:
        """Bring the parameters up to date, as everything here does before reading them."""
        if self.updater is not None:
            self.updater.settle()

    def initialise(self, seed: int) -> None:
        """Draw new initial weights and start all random streams anew."""
        self.seed = seed
        self.updater = None  # what it owed belonged to the old weights
        for parameter in self.layout:
            self._fill(parameter.value, parameter.spec, parameter.node, seed)
        for (node, _), spec in self._state_specs.items():
            self._fill(self.state[node, spec.name], spec, node, seed)
        self.streams = {
            step.id: self.ops.stream(seed, step.layer.name, step.id)
            for step in self.plan.steps
            if step.layer.draws
        }
        self._programs.clear()

    def _fill(self, target: Array, spec: ParameterSpec, node: str, seed: int) -> None:
        random = Stream(seed, "init", node, spec.name).generator
        values = self.ops.to_device(spec.initializer.fill(spec.shape, random))
        self.ops.xp.copyto(target, values)

    def weights(self) -> dict[tuple[str, str], np.ndarray[Any, Any]]:
        """Copies of all parameters and moving averages on the host, by (node id, name)."""
        return {key: self.ops.to_host(a) for key, a in (self.parameters | self.state).items()}

    def load_weights(self, weights: Weights, *, strict: bool = True) -> tuple[tuple[str, str], ...]:
        """Take over weights by (node id, name); returns the keys that were taken.

        Strictly, every parameter must be there in its shape, else a `ProblemError` is raised and
        nothing is changed. Otherwise those that fit are taken, as between two versions of a graph.
        """
        taken = []
        for key, target in (self.parameters | self.state).items():
            given = weights.get(key)
            if given is not None and tuple(given.shape) == tuple(target.shape):
                taken.append(key)
            elif strict:
                what = "are missing" if given is None else f"have the shape {tuple(given.shape)}"
                raise ProblemError(
                    Problem(
                        "The weights belong to another network",
                        f"For {key[1]} of {key[0]} the shape {tuple(target.shape)} is needed, "
                        f"but its weights {what}.",
                        Place("node", key[0]),
                    )
                )
        targets = self.parameters | self.state
        for key in taken:
            target = targets[key]
            self.ops.xp.copyto(target, self.ops.to_device(np.asarray(weights[key])))
        if self.updater is not None and not self._transient:
            self.updater.adopt()
        return tuple(taken)

    # ---- computing ----------------------------------------------------------------------------

    def forward(self, x: Any, *, training: bool = False, input_gradient: bool = False) -> Array:
        """The prediction for a batch, a live array on the device.

        ``x`` is an array (n, *input shape) or a sparse matrix. Afterwards `contexts` holds what
        every layer saved, and `loss_of` and `backward` go on from here.
        """
        self.settle()
        program = self.program(len_of(x), training, input_gradient, x)
        program.network.feed(program, x)
        self._last = program
        with np.errstate(all="ignore"):
            return program.forward()

    def loss_of(self, y: Any, sample_weight: Any = None) -> float:
        """The mean loss of the last `forward` against the targets ``y``, penalties included."""
        program = self._forwarded()
        self.feed_targets(program, y, sample_weight)
        with np.errstate(all="ignore"):
            return program.measure()

    def backward(self, *, accumulate: bool = False) -> Array:
        """The gradient after `forward` and `loss_of`, in ``grad``; added to it to accumulate."""
        program = self._forwarded()
        before = self.ops.copy(self.grad) if accumulate else None
        with np.errstate(all="ignore"):
            program.backward()
        if before is not None:
            self.ops.add(self.grad, before, out=self.grad)
        return self.grad

    def predict(self, x: Any, batch_size: int = CHUNK) -> np.ndarray[Any, Any]:
        """The outputs for any number of samples, on the host; dropout and noise are off."""
        n = len_of(x)
        result = np.empty((n, *self.plan.step(self.plan.output).output_shape), self.dtype)
        if n == 0:
            return result
        size = min(n, batch_size)
        for start in range(0, n, size):
            # The last batch is moved back so that it is full: one program serves them all.
            start = min(start, n - size)
            prediction = self.forward(x[start : start + size])
            result[start : start + size] = self.ops.to_host(prediction)
        return result

    def fuses(self, training: bool) -> bool:
        """Whether the loss is computed from the output activation's z, stable for any z."""
        found = ending_activation(self.plan, training)
        return found is not None and found.name == self.loss.fuses

    @property
    def contexts(self) -> dict[str, Context]:
        """By node id the context of the last batch: inputs, output, gradients, saved values."""
        return self._forwarded().contexts

    @property
    def last(self) -> Program:
        """The program that ran last: its prediction, losses and scale."""
        return self._forwarded()

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Compute inside without a trace: random streams, moving averages, gradient come back."""
        streams = self.random_state()
        grad, memory, last = self.ops.copy(self.grad), self.ops.copy(self.memory), self._last
        transient, self._transient = self._transient, True
        try:
            yield
        finally:
            self._transient = transient
            self.restore_random_state(streams)
            self.ops.xp.copyto(self.grad, grad)
            self.ops.xp.copyto(self.memory, memory)
            self._last = last

    def random_state(self) -> dict[str, list[int]]:
        """Where the random stream of every node that has one stands."""
        return {id: stream.state for id, stream in self.streams.items()}

    def restore_random_state(self, state: Mapping[str, list[int]]) -> None:
        for id, numbers in state.items():
            self.streams[id].state = numbers

    def move(self, device: str) -> None:
        """Go on on another device with the same weights."""
        weights, streams = self.weights(), self.random_state()
        ops, self.device_problem = open_device(device, self.dtype)
        same_kind = type(ops) is type(self.ops)
        self._place(ops)
        self.initialise(self.seed)
        self.load_weights(weights)
        if same_kind:
            self.restore_random_state(streams)

    # ---- programs -----------------------------------------------------------------------------

    def forget_programs(self) -> None:
        """Free their memory; whoever needs one has it made anew."""
        self._programs.clear()

    def program(self, n: int, training: bool, input_gradient: bool, x: Any) -> Program:
        """The recording for batches of ``n`` samples of the kind of ``x``."""
        self._refuse_other_samples(x)
        key = (n, training, input_gradient, "sparse" if is_sparse(x) else self.input_dtype(x))
        program = self._programs.get(key)
        if program is None:
            program = Program(self, n, training, input_gradient, x)
            self._programs[key] = program
            if len(self._programs) > _PROGRAMS:
                self._programs.popitem(last=False)
        else:
            self._programs.move_to_end(key)
        return program

    def input_buffer(self, n: int, source: Any) -> Array:
        """The array, or sparse batch, that ``n`` samples like those of ``source`` are put into."""
        if is_sparse(source):
            return self.ops.sparse_batch(n, self.ops.sparse_source(source))
        shape = self.plan.steps[0].output_shape
        return self.ops.empty((n, *shape), self.input_dtype(source))

    def _refuse_other_samples(self, x: Any) -> None:
        """Raise a `ValueError` that quotes the shape or dtype of samples that do not fit."""
        shape = tuple(self.plan.steps[0].output_shape)
        if tuple(x.shape[1:]) != shape:
            raise ValueError(
                f"the network takes samples of shape {shape}, not {tuple(x.shape[1:])}"
            )
        if not is_sparse(x) and x.dtype.kind not in "fiub":
            raise ValueError(f"the network takes samples of numbers, not of the dtype {x.dtype}")

    def input_dtype(self, source: Any) -> Any:
        """Indices stay whole numbers; everything else is in the working dtype."""
        return "int64" if source.dtype.kind in "iu" and self.plan.signature.tokens else self.dtype

    def feed(self, program: Program, x: Any) -> None:
        """Put a batch of samples into a program's input."""
        if is_sparse(x):
            program.x.take(self.ops.sparse_source(x), np.arange(program.n))
        else:
            self.ops.xp.copyto(program.x, self.ops.to_device(x, program.x.dtype))

    def feed_targets(self, program: Program, y: Any, sample_weight: Any = None) -> None:
        """Put a batch of targets, and the samples' weights if any, into a program."""
        y = targets.fitting(y, self.plan, program.n)
        if sample_weight is not None and tuple(sample_weight.shape) != (program.n,):
            raise ValueError(
                f"there must be one weight for each of the {program.n:,} samples, not weights of "
                f"the shape {tuple(sample_weight.shape)}"
            )
        dtype = self.target_dtype(y)
        program.expect(tuple(y.shape), dtype)
        self.ops.xp.copyto(program.y, self.ops.to_device(y, dtype))
        program.weigh(None if sample_weight is None else self.ops.to_device(sample_weight))

    def target_dtype(self, y: Any) -> Any:
        """Class numbers stay whole numbers; everything else is in the working dtype."""
        classes = y.ndim == 1 and y.dtype.kind in "iu" and self.plan.signature.task != "regression"
        return "int64" if classes else self.dtype

    def values_of(self, node: str) -> dict[str, Array]:
        """A node's parameters, without asking whether they are up to date."""
        return self.arrays_of(node, self._parameters)

    def arrays_of(self, node: str, arrays: Mapping[tuple[str, str], Array]) -> dict[str, Array]:
        return {name: array for (id, name), array in arrays.items() if id == node}

    def _forwarded(self) -> Program:
        if self._last is None:
            raise RuntimeError("call forward before asking for what it left behind")
        return self._last


def is_sparse(x: Any) -> bool:
    """Whether ``x`` is a SciPy sparse matrix."""
    return hasattr(x, "tocsr")


def len_of(x: Any) -> int:
    """The number of samples in a batch."""
    return int(x.shape[0])


def _joined(plan: Plan, loss: Loss, training: bool) -> str:
    """The node whose activation is computed together with the loss, or learns as a perceptron."""
    activation = ending_activation(plan, training)
    if activation is None or not (activation.name == loss.fuses or isinstance(activation, Step)):
        return ""
    return ending(plan, training).id
