"""A network as lines that plain NumPy works off, written down from the layers' own formulas.

Every layer's ``forward`` runs once with an arithmetic that computes and writes each call down. A
line is a JSON list: the name of the result, the operation, its arguments. A text names an array of
the model's file or an earlier result, numbers and lists stand for themselves::

    ["dense-1/1", "dot", "x", "dense-1/kernel"]
    ["dense-1/2", "add", "dense-1/1", "dense-1/bias"]
    ["dense-1/output", "maximum", "dense-1/2", 0.0]

``x`` is a batch of raw inputs, ``output`` the result in the target's own units, and
``<layer>/output`` what comes out of a layer on the way. No formula stands here a second time, so a
new layer or activation is exported as it is written.
"""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.context import Context
from nnstudio.engine.devices import open_device
from nnstudio.engine.ops import Ops

if TYPE_CHECKING:
    from nnstudio.engine.network import Network
    from nnstudio.project.model import Fitted

Array = np.ndarray[Any, Any]

#: What a line may ask for; whoever reads a program needs these and no others.
# fmt: off
OPERATIONS = frozenset((
    "add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "negative", "abs",
    "sign", "square", "sqrt", "exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "logaddexp",
    "erf", "clip", "where", "greater", "greater_equal", "less", "less_equal", "equal", "not_equal",
    "sum", "mean", "max", "dot", "transpose", "reshape", "concatenate", "part", "softmax",
    "log_softmax", "gather", "whole", "copy",
))
# fmt: on


def written(network: Network, fitted: Fitted) -> tuple[str, ...]:
    """The lines from raw inputs to outputs in the target's own units.

    They hold for any number of samples: two sizes of a batch give the same lines.
    """
    lines = _lines(network, fitted, 2)
    assert lines == _lines(network, fitted, 3), "no line may depend on the size of the batch"
    return lines


def _lines(network: Network, fitted: Fitted, n: int) -> tuple[str, ...]:
    plan = network.plan
    writing: Any = _Writing()
    shape = plan.signature.input_shape
    x = _Value("x", np.zeros((n, *shape), "int64" if plan.signature.tokens else "float32"))
    if fitted.offset is not None and fitted.scale is not None:
        kept = (("offset", fitted.offset), ("scale", fitted.scale))
        # Laid out as the samples are: a file may hold them as one row.
        offset, scale = (
            writing.reshape(_Value(name, np.asarray(a)[None]), (1, *shape)) for name, a in kept
        )
        x = writing.divide(writing.subtract(x, offset), scale)
    outputs: dict[str, _Value] = {}
    for step in plan.steps:
        writing.node = step.id
        c: Any = Context(
            writing,
            step.id,
            _values(step.id, network.parameters),
            {},
            _values(step.id, network.state),
            None,
            False,
        )
        xs = tuple(outputs[source] for source in step.sources) or (x,)
        outputs[step.id] = writing.named(f"{step.id}/output", step.layer.forward(c, *xs))
    result, writing.node = outputs[plan.output], "target"
    if (fitted.target_scale, fitted.target_offset) != (1.0, 0.0):
        result = writing.multiply(result, _Value("target_scale", np.float64(fitted.target_scale)))
        result = writing.add(result, _Value("target_offset", np.float64(fitted.target_offset)))
    writing.named("output", result)
    return tuple(json.dumps(line) for line in writing.lines)


def _values(node: str, arrays: Any) -> dict[str, _Value]:
    return {
        name: _Value(f"{id}/{name}", np.asarray(array))
        for (id, name), array in arrays.items()
        if id == node
    }


class _Value:
    """An array with the name by which lines speak of it; a constant is named by its number."""

    def __init__(self, name: str | float, array: Any) -> None:
        self.name = name
        self.array = array

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape)

    @property
    def ndim(self) -> int:
        return len(self.array.shape)

    @property
    def dtype(self) -> Any:
        return self.array.dtype


class _Writing:
    """The arithmetic of a layer's formulas (see `nnstudio.engine.ops`), written down."""

    def __init__(self) -> None:
        self.node = "x"
        self.lines: list[list[Any]] = []
        self._real: Any = open_device("cpu", "float32")[0]
        self._count: dict[str, int] = {}

    def __getattr__(self, operation: str) -> Any:
        if operation not in OPERATIONS:
            raise AttributeError(
                f"the operation {operation!r} cannot be exported: name it in "
                "nnstudio.export.program.OPERATIONS and in the reader that the README shows"
            )
        order = inspect.signature(getattr(Ops, operation))

        def call(*given: Any, **settings: Any) -> Any:
            bound = order.bind(None, *given, **settings)
            bound.apply_defaults()
            arguments = {k: a for k, a in bound.arguments.items() if k not in ("self", "out")}
            computed = {name: _computed(a) for name, a in arguments.items()}
            with np.errstate(all="ignore"):
                array = getattr(self._real, operation)(*computed.values())
            if operation == "reshape":  # the batch comes first, and any number of samples fits
                arguments["shape"] = (-1, *array.shape[1:])
            return self._write(operation, arguments.values(), array, bound.arguments.get("out"))

        return call

    # ---- what needs no line ----------------------------------------------------------------------

    def dense(self, x: Any) -> Any:
        return x

    def whole(self, x: Any) -> Any:
        if x.dtype.kind in "iu":
            return x
        return self._write("whole", (x,), x.array.astype("int64"), None)

    def full(self, shape: Any, value: float, dtype: Any = None) -> Any:
        return _Value(float(value), np.full(shape, value, dtype or "float32"))

    def zeros(self, shape: Any, dtype: Any = None) -> Any:
        return self.full(shape, 0.0, dtype)

    def ones(self, shape: Any, dtype: Any = None) -> Any:
        return self.full(shape, 1.0, dtype)

    # ---- writing ---------------------------------------------------------------------------------

    def named(self, name: str, value: Any) -> Any:
        """The value under this name; where nothing was computed, as a line that copies it."""
        if (
            self.lines
            and self.lines[-1][0] == value.name
            and value.name.startswith(f"{self.node}/")
        ):
            self.lines[-1][0] = name
        else:
            self.lines.append([name, "copy", value.name])
        return _Value(name, value.array)

    def _write(self, operation: str, arguments: Any, array: Any, out: Any) -> Any:
        self._count[self.node] = number = self._count.get(self.node, 0) + 1
        name = f"{self.node}/{number}"
        self.lines.append([name, operation, *map(_named, arguments)])
        if out is None:
            return _Value(name, array)
        out.name, out.array = name, array
        return out


def _computed(argument: Any) -> Any:
    if isinstance(argument, list):
        return [_computed(item) for item in argument]
    return argument.array if isinstance(argument, _Value) else argument


def _named(argument: Any) -> Any:
    if isinstance(argument, list | tuple):
        return [_named(item) for item in argument]
    return argument.name if isinstance(argument, _Value) else argument
