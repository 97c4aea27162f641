"""Cyclic garbage is collected in one thread alone, the window's.

Python collects in whichever thread happens to allocate. In the worker it would take apart widgets
and canvas items that refer to each other in a circle, and Qt objects must not be destroyed outside
the thread they live in: the heap is damaged, and the program dies some time later.
"""

from __future__ import annotations

import gc
from time import monotonic

#: Seconds between two collections of everything, which take some hundredths of a second each.
_PAUSE = 60.0

_last_whole = monotonic()


def keep_to_one_thread() -> None:
    """From now on garbage is collected only where `collect` is called."""
    gc.disable()


def collect(pause: float = _PAUSE) -> None:
    """What Python itself would collect by now; everything at most once in ``pause`` seconds."""
    global _last_whole
    young, middle, old = gc.get_count()
    most_young, most_middle, most_old = gc.get_threshold()
    if old > most_old and monotonic() - _last_whole >= pause:
        gc.collect(2)
        _last_whole = monotonic()
    elif middle > most_middle:
        gc.collect(1)
    elif young > most_young:
        gc.collect(0)
