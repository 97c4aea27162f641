"""Arithmetic on one device: what layers, activations, losses and optimizers compute with.

Every formula in this project is written with the functions of an `Ops`: ``ops.dot(x, W)``,
``ops.exp(z)``, ``ops.sum(dz, axis=0)``. They are named and behave like NumPy's, with these rules:

- **Every function takes an optional** ``out=`` and returns the array it wrote. Without ``out`` the
  result is a new array. ``out`` may be one of the arguments where the function is elementwise.
- **Scalars are plain Python numbers**; the result keeps the dtype of the arrays.
- **Formulas are recorded.** The network runs each layer and loss once for a batch size with an
  `Ops` that writes down every call and its arrays; afterwards it only replays the calls, into the
  same arrays. This is what makes small networks fast while the formulas stay readable. Therefore
  layers, activations and losses must not branch on *values* in arrays, must not use any array
  arithmetic but these functions (no ``a + b``, no ``a[i] = 1``), and must not change arrays made by
  ``zeros``, ``ones`` and ``full``, which are constants of the recording. An optimizer's rule is
  recorded too; the numbers in which its steps differ come as arrays that hold one. Clips are not
  recorded: they run anew at every step, in place with ``out=``.
- **Shapes are the caller's.** ``(n, features)`` for a batch; reductions name their axis.

What there is:
``zeros ones full empty`` (constants and buffers) ·
``add subtract multiply divide power maximum minimum negative abs sign square sqrt exp expm1 log
log1p tanh sin cos logaddexp erf clip where blend fma`` and the comparisons
``greater greater_equal less less_equal equal not_equal logical_and isfinite`` (elementwise) ·
``sum mean max argmax`` (``axis=None`` gives a 0-d array) · ``dot transpose reshape concatenate part
swap`` (linear algebra and views) · ``softmax log_softmax`` (over the last axis, stable) ·
``one_hot gather scatter_add whole dense`` (indices and sparse input) · ``keep normal`` (random) ·
``scratch copy`` (optimizers) · ``to_device to_host number count take`` (the way in and out; never
inside a formula).
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial, reduce
from typing import Any

#: The number of the work array that these functions themselves use.
_OWN = -1
#: Work arrays kept before they are all dropped.
_MOST_SCRATCH = 16

Array = Any
Step = Callable[[], Any]


class Ops:
    """Arithmetic with the array module ``xp`` (NumPy or one that behaves like it).

    With a list as ``record`` every call is appended to it as a step that can be run again.
    `nnstudio.engine.devices` makes the right one for a device's name.
    """

    #: Elementwise functions that ``xp`` has under the same name.
    # fmt: off
    ELEMENTWISE = (
        "add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "negative", "sign",
        "square", "sqrt", "exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "logaddexp",
        "greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and",
        "isfinite",
    )
    # fmt: on

    def __init__(
        self,
        xp: Any,
        dtype: str = "float32",
        device: str = "cpu",
        record: list[Step] | None = None,
    ) -> None:
        self.xp = xp
        self.dtype = xp.dtype(dtype) if hasattr(xp, "dtype") else dtype
        self.device = device
        self.record = record
        self._scratch: dict[tuple[Any, ...], Array] = {}
        self._constants: dict[tuple[Any, ...], Array] = {}
        self._softmax_of: tuple[Array, Array, Array] = (None, None, None)
        if record is None:
            # Optimizers call these at every step: hand out the bare functions.
            for name in self.ELEMENTWISE:
                setattr(self, name, getattr(xp, name))
            setattr(self, "abs", xp.absolute)  # noqa: B010 - it shadows a method on purpose

    def recording(self, steps: list[Step]) -> Ops:
        """The same arithmetic, writing every call down in ``steps``."""
        other = type(self)(self.xp, self.dtype, self.device, steps)
        other._constants = self._constants
        return other

    def run(self, function: Callable[..., Any], *args: Any) -> None:
        """Call ``function(*args)`` now and, when recording, again at every replay."""
        function(*args)
        if self.record is not None:
            self.record.append(partial(function, *args) if args else function)

    def stream(self, seed: int, *names: str) -> Any:
        """A stream of random numbers of this device, named by purpose and place."""
        raise NotImplementedError(f"{type(self).__name__} has no random numbers")

    def sparse_source(self, matrix: Any) -> Any:
        """A sparse matrix as this device's sparse batches take rows from it."""
        raise NotImplementedError(f"{type(self).__name__} takes no sparse data")

    def sparse_batch(self, n: int, source: Any) -> Any:
        """A batch of ``n`` rows like those of a sparse source."""
        raise NotImplementedError(f"{type(self).__name__} takes no sparse data")

    def _elementwise(self, function: Any, arguments: tuple[Any, ...], out: Array) -> Array:
        # Positional `out` is the quicker call, but NumPy no longer takes it for these two.
        named = function in (self.xp.maximum, self.xp.minimum)
        if out is None:
            result = self._place(self.xp.asarray(function(*arguments)))
        else:
            result = function(*arguments, out=out)
        if self.record is not None:
            # A scalar made an array once is not converted at every replay.
            fixed = [
                self.full((), a) if isinstance(a, float | int) and not isinstance(a, bool) else a
                for a in arguments
            ]
            self.record.append(
                partial(function, *fixed, out=result)
                if named
                else partial(function, *fixed, result)
            )
        return result

    def _place(self, result: Array) -> Array:
        """A new result as the recording keeps it, where the device reads and writes it fastest."""
        return result

    # ---- constants and buffers ----------------------------------------------------------------

    def zeros(self, shape: Any, dtype: Any = None) -> Array:
        """An array of zeros; as an argument of a formula a constant, never written to."""
        return self.xp.zeros(shape, dtype or self.dtype)

    def ones(self, shape: Any, dtype: Any = None) -> Array:
        """An array of ones, shared between all who ask for the same shape."""
        return self.full(shape, 1.0, dtype)

    def full(self, shape: Any, value: float, dtype: Any = None) -> Array:
        """An array of one value, shared between all who ask for the same: never written to."""
        key = (shape, value, dtype)
        if (found := self._constants.get(key)) is None:
            found = self._constants[key] = self.empty(shape, dtype)
            found.fill(value)
        return found

    def empty(self, shape: Any, dtype: Any = None) -> Array:
        """A new buffer; whoever asked for it writes it before reading."""
        return self.xp.empty(shape, dtype or self.dtype)

    def scratch(self, like: Array, slot: int = 0) -> Array:
        """A work array like ``like``, the same one at every call; its contents mean nothing."""
        key = (like.shape, like.dtype, slot)
        if (found := self._scratch.get(key)) is None:
            if len(self._scratch) >= _MOST_SCRATCH:
                self._scratch.clear()  # shapes that change all the time
            found = self._scratch[key] = self.empty(like.shape, like.dtype)
        return found

    def copy(self, a: Array, out: Array = None) -> Array:
        """The values of ``a`` in an array of their own."""
        out = self.empty(a.shape, a.dtype) if out is None else out
        self.run(self.xp.copyto, out, a)
        return out

    # ---- elementwise --------------------------------------------------------------------------

    def add(self, a: Array, b: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.add, (a, b), out)

    def subtract(self, a: Array, b: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.subtract, (a, b), out)

    def multiply(self, a: Array, b: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.multiply, (a, b), out)

    def divide(self, a: Array, b: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.divide, (a, b), out)

    def power(self, a: Array, b: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.power, (a, b), out)

    def maximum(self, a: Array, b: Array, out: Array = None) -> Array:
        if isinstance(b, float | int) and self.record is not None:
            # Three times as fast as with a scalar: NumPy then uses its vector instructions.
            b = self.full(a.shape, b)
        return self._elementwise(self.xp.maximum, (a, b), out)

    def minimum(self, a: Array, b: Array, out: Array = None) -> Array:
        if isinstance(b, float | int) and self.record is not None:
            b = self.full(a.shape, b)
        return self._elementwise(self.xp.minimum, (a, b), out)

    def negative(self, a: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.negative, (a,), out)

    def abs(self, a: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.absolute, (a,), out)

    def sign(self, a: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.sign, (a,), out)

    def square(self, a: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.square, (a,), out)

    def sqrt(self, a: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.sqrt, (a,), out)

    def exp(self, a: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.exp, (a,), out)

    def expm1(self, a: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.expm1, (a,), out)

    def log(self, a: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.log, (a,), out)

    def log1p(self, a: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.log1p, (a,), out)

    def tanh(self, a: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.tanh, (a,), out)

    def sin(self, a: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.sin, (a,), out)

    def cos(self, a: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.cos, (a,), out)

    def logaddexp(self, a: Array, b: Array, out: Array = None) -> Array:
        """log(eᵃ + eᵇ), which does not overflow."""
        return self._elementwise(self.xp.logaddexp, (a, b), out)

    def greater(self, a: Array, b: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.greater, (a, b), out)

    def greater_equal(self, a: Array, b: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.greater_equal, (a, b), out)

    def less(self, a: Array, b: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.less, (a, b), out)

    def less_equal(self, a: Array, b: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.less_equal, (a, b), out)

    def equal(self, a: Array, b: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.equal, (a, b), out)

    def not_equal(self, a: Array, b: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.not_equal, (a, b), out)

    def logical_and(self, a: Array, b: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.logical_and, (a, b), out)

    def isfinite(self, a: Array, out: Array = None) -> Array:
        return self._elementwise(self.xp.isfinite, (a,), out)

    def erf(self, a: Array, out: Array = None) -> Array:
        """The error function, the area under a bell curve."""
        from scipy.special import erf

        return self._elementwise(erf, (a,), out)

    def blend(self, a: Array, b: Array, alpha: Any, beta: Any, out: Array = None) -> Array:
        """α a + β b, in one pass where the device can; ``out`` may be one of the two."""
        if out is b:
            a, b, alpha, beta = b, a, beta, alpha
        if not _is_one(beta):
            b = self.multiply(b, beta, out=self.scratch(b, _OWN))
        if not _is_one(alpha):
            a = out = self.multiply(a, alpha, out=out)
        return self.add(a, b, out=out)

    def fma(self, a: Array, b: Array, c: Array, alpha: Any, beta: Any, out: Array = None) -> Array:
        """α a b + β c, in one pass where the device can; ``out`` may be ``c``."""
        product = self.multiply(a, b, out=self.scratch(a, _OWN))
        return self.blend(c, product, beta, alpha, out=out)

    def clip(self, a: Array, low: float, high: float, out: Array = None) -> Array:
        """``a`` with values below ``low`` raised to it and above ``high`` cut to it."""
        out = self.maximum(a, low, out=out)
        return self.minimum(out, high, out=out)

    def where(self, condition: Array, a: Array, b: Array, out: Array = None) -> Array:
        """``a`` where the condition holds, elsewhere ``b``."""
        out = self.xp.where(condition, a, b) if out is None else out
        self.run(_choose, self.xp.copyto, out, condition, a, b)
        return out

    # ---- reductions ---------------------------------------------------------------------------

    def sum(
        self, a: Array, axis: int | None = None, keepdims: bool = False, out: Array = None
    ) -> Array:
        """Σ a along an axis; along all of them for None."""
        return self._reduce(self.xp.add, a, axis, keepdims, out)

    def mean(
        self, a: Array, axis: int | None = None, keepdims: bool = False, out: Array = None
    ) -> Array:
        """Σ a / n along an axis; along all of them for None."""
        count = a.size if axis is None else a.shape[axis]
        total = self.sum(a, axis, keepdims, out)
        return self.multiply(total, 1.0 / count, out=total)

    def max(
        self, a: Array, axis: int | None = None, keepdims: bool = False, out: Array = None
    ) -> Array:
        """The largest value along an axis."""
        return self._reduce(self.xp.maximum, a, axis, keepdims, out)

    def argmax(self, a: Array, axis: int = -1, out: Array = None) -> Array:
        """The index of the largest value along an axis; the first of equal ones."""
        out = self.xp.argmax(a, axis) if out is None else out
        self.run(self.xp.argmax, a, axis, out)
        return out

    def _reduce(
        self, function: Any, a: Array, axis: int | None, keepdims: bool, out: Array
    ) -> Array:
        if out is None:
            out = self.xp.asarray(function.reduce(a, axis, None, None, keepdims))
        self.run(function.reduce, a, axis, None, out, keepdims)
        return out

    # ---- linear algebra and views -------------------------------------------------------------

    def dot(self, a: Array, b: Array, out: Array = None) -> Array:
        """The matrix product a·b; one of the two may be sparse (see `nnstudio.engine.sparse`)."""
        if hasattr(a, "product"):
            return a.product(self, b, out)
        if out is None:
            out = self._place(self.xp.asarray(self.xp.dot(a, b)))
        self.run(self.xp.dot, a, b, out)
        return out

    def transpose(self, a: Array) -> Array:
        """The same numbers with rows as columns: a view of a matrix, dense or sparse."""
        return a.T

    def reshape(self, a: Array, shape: tuple[int, ...]) -> Array:
        """The same numbers in another shape, as a view where memory allows."""
        if not a.flags.c_contiguous:
            a = self.copy(a)
        return a.reshape(shape)

    def concatenate(self, arrays: list[Array], axis: int = -1, out: Array = None) -> Array:
        """The arrays one behind the other along an axis."""
        out = self.xp.concatenate(arrays, axis) if out is None else out
        start = 0
        for a in arrays:
            self.run(self.xp.copyto, self.part(out, axis, start, start + a.shape[axis]), a)
            start += a.shape[axis]
        return out

    def part(self, a: Array, axis: int, start: int, stop: int) -> Array:
        """The slice ``start:stop`` along an axis, as a view."""
        index = [slice(None)] * a.ndim
        index[axis] = slice(start, stop)
        return a[tuple(index)]

    def swap(self, a: Array, first: int, second: int) -> Array:
        """A view with two axes swapped."""
        return self.xp.swapaxes(a, first, second)

    # ---- softmax ------------------------------------------------------------------------------

    def softmax(self, z: Array, out: Array = None) -> Array:
        """eᶻ / Σ eᶻ over the last axis; the largest z comes off first so that nothing overflows."""
        shifted, e, total = self._exponentials(z)
        self._softmax_of = z, shifted, total
        return self.divide(e, total, out=e if out is None else out)

    def log_softmax(self, z: Array, out: Array = None) -> Array:
        """log softmax(z) = z - max z - log Σ e^(z - max z), finite wherever z is."""
        shifted, total = self._shifted(z)
        return self.subtract(shifted, self.log(total), out=out)

    def _exponentials(self, z: Array) -> tuple[Array, Array, Array]:
        """z - max z over the last axis, the exponentials of that, and their sum."""
        shifted = self.subtract(z, self.max(z, axis=-1, keepdims=True))
        e = self.exp(shifted)
        return shifted, e, self.sum(e, axis=-1, keepdims=True)

    def _shifted(self, z: Array) -> tuple[Array, Array]:
        """z - max z and the sum of its exponentials; in a recording softmax has left them."""
        if self.record is not None and self._softmax_of[0] is z:
            return self._softmax_of[1:]
        shifted, _, total = self._exponentials(z)
        return shifted, total

    # ---- indices and sparse input -------------------------------------------------------------

    def one_hot(self, classes: Array, count: int, out: Array = None) -> Array:
        """Integer classes (n,) as rows with a one: (n, count); for one column, the class itself."""
        n = classes.shape[0]
        # Built lying on its side: n is long, count is short.
        flat = self.xp.empty((count, n), self.dtype) if out is None else self.transpose(out)
        labels = self.xp.arange(count).reshape(count, 1) if count > 1 else self.xp.ones((1, 1), int)
        self.run(self.xp.equal, labels, classes, flat)
        return flat.T

    def gather(self, table: Array, indices: Array, out: Array = None) -> Array:
        """The rows of ``table`` at integer ``indices`` of any shape; one outside is clipped."""
        if out is None:
            out = self.empty((*indices.shape, *table.shape[1:]), table.dtype)
        self.run(partial(self.xp.take, mode="clip"), table, indices, 0, out)
        return out

    def whole(self, x: Array) -> Array:
        """Numbers that stand for indices as whole numbers."""
        if x.dtype.kind in "iu":
            return x
        out = self.empty(x.shape, "int64")
        self.run(partial(self.xp.copyto, casting="unsafe"), out, x)
        return out

    def scatter_add(self, rows: Array, indices: Array, out: Array) -> Array:
        """Fill ``out`` with zeros, then add every row to the place its index names."""
        self.run(out.fill, 0)
        self.run(self.xp.add.at, out, indices, rows)
        return out

    def dense(self, x: Array) -> Array:
        """``x`` itself, or a sparse batch written out with its zeros."""
        return x.densify(self) if hasattr(x, "densify") else x

    # ---- random -------------------------------------------------------------------------------

    def keep(self, stream: Any, shape: tuple[int, ...], rate: float) -> Array:
        """A random mask: 0 with probability ``rate``, else 1/(1-rate); new at every replay."""
        out = self.empty(shape)
        self.run(stream.fill_mask, out, rate)
        return out

    def normal(self, stream: Any, shape: tuple[int, ...], stddev: float) -> Array:
        """Random numbers around 0 with this standard deviation, drawn anew at every replay."""
        out = self.empty(shape)
        self.run(stream.fill_normal, out, stddev)
        return out

    # ---- the way in and out -------------------------------------------------------------------

    def to_device(self, host: Any, dtype: Any = None) -> Array:
        """A NumPy array as an array of this device, in the working dtype unless one is given."""
        return self.xp.asarray(host, dtype or self.dtype)

    def to_host(self, a: Array) -> Any:
        """A copy as a NumPy array."""
        return self.xp.array(a)

    def number(self, a: Array) -> float:
        """The single number in an array, as a Python float."""
        return float(a)

    def count(self, a: Array) -> int:
        """How many elements of a boolean array hold."""
        return int(self.xp.count_nonzero(a))

    def take(self, source: Array, indices: Array, out: Array) -> None:
        """The rows of ``source`` at these indices, into ``out``; never recorded."""
        self.xp.take(source, indices, 0, out)


def _choose(copyto: Any, out: Array, condition: Array, a: Array, b: Array) -> None:
    copyto(out, b)
    copyto(out, a, where=condition)


def replay(steps: Iterable[Step]) -> None:
    """Run recorded steps one after the other, without a loop in Python around them."""
    _exhaust(map(operator.call, steps))


_exhaust: Callable[[Iterable[Any]], None] = deque(maxlen=0).extend


def _is_one(scalar: Any) -> bool:
    return isinstance(scalar, float | int) and scalar == 1


def size_of(shape: tuple[int, ...]) -> int:
    """The number of elements of an array of this shape, as an exact Python integer."""
    return reduce(operator.mul, shape, 1)
