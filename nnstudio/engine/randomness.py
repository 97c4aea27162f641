"""Random numbers, each use on a stream of its own.

A stream is named by its purpose (``init``, ``shuffle``, ``dropout``) and its place (node id,
parameter), so that adding a layer shifts no other layer's numbers, and two networks that differ in
one layer start from the same weights and see the data in the same order.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np

Array = Any


class Stream:
    """A repeatable source of random numbers on the host: NumPy's SFC64, seeded by names."""

    def __init__(self, seed: int, *names: str) -> None:
        digest = hashlib.blake2b("/".join(names).encode(), digest_size=16).digest()
        words = np.frombuffer(digest, dtype="<u4").tolist()
        self.bits = np.random.SFC64(np.random.SeedSequence([seed, *words]))
        self.generator = np.random.Generator(self.bits)
        self._masks: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def fill_mask(self, out: Array, rate: float) -> None:
        """0 with probability ``rate``, else 1/(1-rate), to 16 bits: cheaper than random floats.

        Eight bits where they are exact, as for a rate of ¼, and a single one for a rate of ½.
        """
        key = (out.shape, out.dtype, rate)
        mask = self._masks.get(key) or self._masks.setdefault(key, _mask(*key))
        words, kind, threshold, scale = mask
        raw = self.bits.random_raw(words).view(kind)
        kept = np.unpackbits(raw) if rate == 0.5 else np.greater_equal(raw, threshold)
        np.copyto(out, kept[: out.size].reshape(out.shape))
        np.multiply(out, scale, out)

    def fill_normal(self, out: Array, stddev: float) -> None:
        """Normally distributed numbers around 0."""
        self.generator.standard_normal(out=out, dtype=out.dtype.type)
        np.multiply(out, out.dtype.type(stddev), out=out)

    def permutation(self, n: int) -> Array:
        """The numbers 0 … n-1 in random order."""
        return self.generator.permutation(n)

    @property
    def state(self) -> list[int]:
        """Where the stream stands, as plain integers."""
        state: Any = self.bits.state
        return [
            *map(int, state["state"]["state"]),
            int(state["has_uint32"]),
            int(state["uinteger"]),
        ]

    @state.setter
    def state(self, numbers: list[int]) -> None:
        self.bits.state = {
            "bit_generator": "SFC64",
            "state": {"state": np.array(numbers[:4], np.uint64)},
            "has_uint32": numbers[4],
            "uinteger": numbers[5],
        }


def _mask(shape: tuple[int, ...], dtype: np.dtype[Any], rate: float) -> tuple[Any, ...]:
    """What is the same for every mask of this kind: random words, their type, threshold, scale."""
    bits = 1 if rate == 0.5 else 8 if (rate * 256).is_integer() else 16
    kind: Any = np.uint16 if bits == 16 else np.uint8
    values = 2**bits
    threshold = min(round(rate * values), values - 1)
    words = -(-math.prod(shape) * bits // 64)
    return words, kind, np.array(threshold, kind), np.array(values / (values - threshold), dtype)


class CounterStream:
    """A repeatable source of random numbers on an accelerator.

    Every number is a hash of its place and of how many draws came before, so nothing crosses from
    the host, and two integers say where the stream stands.
    """

    def __init__(self, xp: Any, seed: int, *names: str) -> None:
        digest = hashlib.blake2b("/".join((str(seed), *names)).encode(), digest_size=4).digest()
        self.xp = xp
        self.key = int.from_bytes(digest, "little")
        self.count = 0

    def fill_mask(self, out: Array, rate: float) -> None:
        """0 with probability ``rate``, else 1/(1-rate)."""
        xp = self.xp
        raw = self._hash(out.size, 0).reshape(out.shape)
        kept = xp.greater_equal(raw, min(round(rate * 2**32), 2**32 - 1))
        xp.multiply(kept, 1.0 / (1.0 - rate), out)
        self.count += 1

    def fill_normal(self, out: Array, stddev: float) -> None:
        """Normally distributed numbers around 0 (Box and Muller's method)."""
        xp = self.xp
        scale = 1.0 / 2**32
        first = xp.multiply(xp.add(self._hash(out.size, 0), 0.5), scale)
        second = xp.multiply(self._hash(out.size, 1), 2.0 * np.pi * scale)
        radius = xp.sqrt(xp.multiply(xp.log(first), -2.0))
        normal = xp.multiply(xp.multiply(radius, xp.cos(second)), stddev)
        xp.copyto(out, normal.reshape(out.shape), casting="same_kind")
        self.count += 1

    def _hash(self, n: int, part: int) -> Array:
        """n numbers from 0 to 2³²-1 as float64 can hold them (two rounds of murmur's finaliser)."""
        xp = self.xp
        salt = (self.key + 0x9E3779B9 * (2 * self.count + part + 1)) % 2**32
        h = xp.bitwise_xor(xp.arange(n, dtype="uint32"), xp.asarray(salt, dtype="uint32"))
        for factor in (0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F):
            h = xp.bitwise_xor(h, xp.right_shift(h, 16))
            h = xp.multiply(h, xp.asarray(factor, dtype="uint32"))
        h = xp.bitwise_xor(h, xp.right_shift(h, 15))
        return h.astype("float64")

    @property
    def state(self) -> list[int]:
        return [self.key, self.count]

    @state.setter
    def state(self, numbers: list[int]) -> None:
        self.key, self.count = numbers
