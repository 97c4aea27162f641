"""How much memory the process takes, and how fast it grows."""

from __future__ import annotations

import ctypes
import gc
import itertools
import os
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

MEGABYTE = 2**20


def resident() -> float:
    """Megabytes that the process holds, after everything that can be freed was freed."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    try:
        import psutil
    except ImportError:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE
    return float(psutil.Process().memory_info().rss) / MEGABYTE


def slope(times: Sequence[float], values: Sequence[float]) -> float:
    """Growth per unit of time: the median over all pairs of samples (Theil and Sen).

    The first third is left out: there caches fill and modules are read.
    """
    kept = [(t, v) for t, v in zip(times, values, strict=True) if t >= times[-1] / 3]
    rises = [(w - v) / (u - t) for (t, v), (u, w) in itertools.combinations(kept, 2) if u > t]
    return statistics.median(rises) if rises else 0.0


def population() -> Counter[str]:
    """How many objects of each class the collector knows, and how many Qt has of its own."""
    kinds = Counter(map(type, gc.get_objects()))
    found = Counter({f"{kind.__module__}.{kind.__qualname__}": n for kind, n in kinds.items()})
    found.update(f"Qt: {w.metaObject().className()}" for w in QApplication.allWidgets())
    for window in QApplication.topLevelWidgets():
        found.update(f"Qt: {o.metaObject().className()}" for o in window.findChildren(QObject))
    return found
