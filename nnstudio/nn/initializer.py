"""How a parameter gets its first values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.spec import Part


@dataclass(frozen=True)
class Initializer(Part):
    """Base of all initialisers."""

    kind: ClassVar[str] = "initializer"

    def fill(self, shape: tuple[int, ...], random: Any) -> Any:
        """Values for a parameter of this shape, drawn from a NumPy `Generator`, as float64."""
        raise TypeError(f"{type(self).__name__} does not fill")
