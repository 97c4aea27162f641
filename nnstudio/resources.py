"""Where icons, the font and bundled data lie.

That is beside the package in a checkout, inside it when installed.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def path(name: str = "") -> Path:
    """The full path of a resource such as ``icons/play.svg``.

    Raises FileNotFoundError, naming the resource, if it is missing.
    """
    for folder in (_PACKAGE / "_resources", _PACKAGE.parent / "resources"):
        if (found := folder / name).exists():
            return found
    raise FileNotFoundError(f"NN Studio's resource {name!r} is missing; install the app anew")
