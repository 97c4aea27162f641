"""Gradient clipping: one step across a cliff in the loss must not throw the weights away.

Where the loss is steep the gradient explodes, and a step of learning rate times gradient would
leave the region it was computed for. Clipping limits the gradient, by number or by length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.nn.clip import Clip
from nnstudio.spec import real


def shrink(ops: Any, g: Any, limit: float) -> None:
    """Scale the vector g in place so that its length is at most ``limit``.

    Squares of large numbers would overflow, so the length is measured in units of the largest
    element. A vector that is short enough stays exactly as it is.
    """
    work = ops.scratch(g)
    peak = ops.maximum(ops.max(ops.abs(g, out=work)), limit)
    ops.divide(g, peak, out=work)
    length = ops.sqrt(ops.dot(work, work))
    wanted = ops.divide(limit, peak)
    ops.multiply(g, ops.divide(wanted, ops.maximum(length, wanted)), out=g)


@dataclass(frozen=True)
class ClipByValue(Clip):
    """Cuts every number of the gradient on its own, which may change its direction."""

    name: ClassVar[str] = "clip_by_value"
    title: ClassVar[str] = "Clip by value"
    formula: ClassVar[str] = "g ← max(-c, min(c, g))"
    reference: ClassVar[str] = "Mikolov, Statistical Language Models, PhD thesis, 2012"

    value: float = real(
        0.5,
        minimum=0.0,
        maximum=1e6,
        open_minimum=True,
        logarithmic=True,
        label="Value",
        typical="0.1 to 5",
        help="No number of the gradient may be larger than this in absolute value.",
    )

    def summary(self) -> str:
        return f"±{self.value:g}"

    def apply(self, ops: Any, g: Any, views: Sequence[Any]) -> None:
        ops.clip(g, -self.value, self.value, out=g)


@dataclass(frozen=True)
class ClipByNorm(Clip):
    """Shortens the gradient of each parameter that is too long; its direction stays."""

    name: ClassVar[str] = "clip_by_norm"
    title: ClassVar[str] = "Clip by norm"
    formula: ClassVar[str] = "g ← g · min(1, c / ‖g‖)  for each parameter"
    reference: ClassVar[str] = (
        "Pascanu et al., Difficulty of Training Recurrent Networks, ICML 2013"
    )

    norm: float = real(
        1.0,
        minimum=0.0,
        maximum=1e6,
        open_minimum=True,
        logarithmic=True,
        label="Norm",
        typical="0.5 to 5",
        help="The length that the gradient of one parameter may have.",
    )

    def summary(self) -> str:
        return f"norm {self.norm:g}"

    def apply(self, ops: Any, g: Any, views: Sequence[Any]) -> None:
        for view in views:
            if view.size:
                shrink(ops, ops.reshape(view, (view.size,)), self.norm)


@dataclass(frozen=True)
class ClipByGlobalNorm(Clip):
    """Shortens the whole gradient when it is too long: all parameters by the same factor."""

    name: ClassVar[str] = "clip_by_global_norm"
    title: ClassVar[str] = "Clip by global norm"
    formula: ClassVar[str] = "g ← g · min(1, c / ‖g‖)  over all parameters together"
    reference: ClassVar[str] = (
        "Pascanu et al., Difficulty of Training Recurrent Networks, ICML 2013"
    )

    norm: float = real(
        1.0,
        minimum=0.0,
        maximum=1e6,
        open_minimum=True,
        logarithmic=True,
        label="Norm",
        typical="0.5 to 5",
        help="The length that the gradient of all parameters together may have.",
    )

    def summary(self) -> str:
        return f"norm {self.norm:g}"

    def apply(self, ops: Any, g: Any, views: Sequence[Any]) -> None:
        if g.size:
            shrink(ops, g, self.norm)
