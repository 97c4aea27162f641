"""What a gradient clip is; the clips themselves stand in `nnstudio.nn.clips`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.spec import Part


@dataclass(frozen=True)
class Clip(Part):
    """Base of all gradient clips, a step between the backward pass and the optimizer."""

    kind: ClassVar[str] = "clip"

    def apply(self, ops: Any, g: Any, views: Sequence[Any]) -> None:
        """Cut the flat gradient g in place; ``views`` are its parts, one for each parameter."""
        raise TypeError(f"{type(self).__name__} does not clip")
