"""The programs that the README shows, for the tests that run them."""

from __future__ import annotations

import re
import types
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parent.parent / "README.md"


def programs(heading: str) -> list[str]:
    """The Python programs under a heading of the README, in their order."""
    text = README.read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


def reader() -> Any:
    """The README's reader of model files, as a module: ``run`` and ``count_words``."""
    module = types.ModuleType("reader")
    exec(programs("Use a trained model with NumPy alone")[0], vars(module))
    return module
