"""A stand-in for a graphics card: arrays that refuse to mix with NumPy's.

`xp` behaves like CuPy as far as the engine uses it. Its arrays live "on the device": a NumPy array
(other than a bare number) in any of its functions is an error, and so is handing one of its arrays
to NumPy. What crosses the border is counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class Leak(AssertionError):
    """A host array met a device array."""


crossings = {"up": 0, "down": 0}


class DeviceArray:
    """An array on the pretended device."""

    __array_priority__ = 1000

    def __init__(self, hidden: np.ndarray[Any, Any]) -> None:
        self._hidden = hidden

    # What CuPy's arrays have.
    shape = property(lambda self: self._hidden.shape)
    dtype = property(lambda self: self._hidden.dtype)
    ndim = property(lambda self: self._hidden.ndim)
    size = property(lambda self: self._hidden.size)
    nbytes = property(lambda self: self._hidden.nbytes)
    flags = property(lambda self: self._hidden.flags)
    T = property(lambda self: DeviceArray(self._hidden.T))

    def reshape(self, *shape: Any) -> DeviceArray:
        return DeviceArray(self._hidden.reshape(*shape))

    def astype(self, dtype: Any) -> DeviceArray:
        return DeviceArray(self._hidden.astype(dtype))

    def fill(self, value: float) -> None:
        self._hidden.fill(value)

    def get(self) -> np.ndarray[Any, Any]:
        """The way to the host."""
        crossings["down"] += 1
        return self._hidden.copy()

    def __getitem__(self, index: Any) -> DeviceArray:
        return DeviceArray(self._hidden[_inside(index)])

    def __len__(self) -> int:
        return len(self._hidden)

    def __float__(self) -> float:
        crossings["down"] += 1
        return float(self._hidden)

    def __int__(self) -> int:
        crossings["down"] += 1
        return int(self._hidden)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise Leak("a device array was handed to NumPy")

    def __array_ufunc__(self, *_: Any, **__: Any) -> Any:
        raise Leak("a NumPy function was called on a device array")

    def __array_function__(self, *_: Any, **__: Any) -> Any:
        raise Leak("a NumPy function was called on a device array")

    def __bool__(self) -> bool:
        raise Leak("a step branched on a value on the device")


def _inside(value: Any) -> Any:
    """The hidden array of a device array; anything of NumPy's is a leak."""
    if isinstance(value, DeviceArray):
        return value._hidden
    if isinstance(value, np.ndarray):
        raise Leak(f"a NumPy array of shape {value.shape} came to the device")
    if isinstance(value, tuple | list):
        return type(value)(_inside(item) for item in value)
    return value


class _Function:
    """A function of the module, or an in-place method of one such as ``add.at``."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        hidden = {name: _inside(value) for name, value in kwargs.items()}
        result = self.function(*(_inside(value) for value in args), **hidden)
        for given in (*args, *kwargs.values()):
            if isinstance(given, DeviceArray) and given._hidden is result:
                return given
        return None if result is None else DeviceArray(np.asarray(result))

    @property
    def at(self) -> _Function:
        return _Function(self.function.at)


class _Module:
    """The pretended device's array module."""

    dtype = staticmethod(np.dtype)

    def asarray(self, value: Any, dtype: Any = None) -> DeviceArray:
        """The way to the device: the only function that takes NumPy's arrays."""
        if isinstance(value, DeviceArray):
            return value if dtype in (None, value.dtype) else value.astype(dtype)
        crossings["up"] += np.ndim(value) > 0
        return DeviceArray(np.array(value, dtype))

    array = asarray

    def erf(self, *args: Any) -> Any:
        from scipy.special import erf

        return _Function(erf)(*args)

    def count_nonzero(self, a: DeviceArray) -> DeviceArray:
        return DeviceArray(np.asarray(np.count_nonzero(_inside(a))))

    def __getattr__(self, name: str) -> _Function:
        function = _Function(getattr(np, name))
        setattr(self, name, function)
        return function


xp = _Module()
