"""The layers, one file each: settings, shape rule, and the two formulas one under the other.

``from nnstudio.nn.layers import Dense`` finds a layer in whatever file it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnstudio.spec import parts

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...

else:

    def __getattr__(name: str) -> Any:
        if not name.startswith("_"):
            for layer in parts("layer").values():
                if layer.__name__ == name:
                    return layer
        raise AttributeError(f"there is no layer named {name!r}")
