"""What an activation function is; the functions themselves stand in `nnstudio.nn.activations`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nnstudio.spec import Part


@dataclass(frozen=True)
class Activation(Part):
    """Base of all activation functions a = f(z).

    ``derivative_formula`` is shown beside ``formula``. ``saturates`` is the range of z outside of
    which the slope is nearly zero, None on a side that does not saturate.
    """

    kind: ClassVar[str] = "activation"
    derivative_formula: ClassVar[str] = ""
    saturates: ClassVar[tuple[float | None, float | None]] = (None, None)
    elementwise: ClassVar[bool] = True

    @classmethod
    def in_words(cls) -> str:
        """The title within a sentence or a row of settings: sigmoid, leaky ReLU, ELU."""
        title = cls.title or cls.name
        return (
            title if title[:2].isupper() or title[2:3].isupper() else title[0].lower() + title[1:]
        )

    def forward(self, ops: Any, z: Any, out: Any = None) -> Any:
        """a = f(z), element by element (softmax: over the last axis)."""
        raise TypeError(f"{type(self).__name__} does not compute")

    def backward(self, ops: Any, z: Any, a: Any, da: Any, out: Any = None) -> Any:
        """dL/dz from dL/da, the pre-activation z and the activation a."""
        raise TypeError(f"{type(self).__name__} does not compute")
