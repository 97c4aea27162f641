"""A painter ends with the function that made it, whatever happens in there."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Made = TypeVar("Made")


def painting(paint: Callable[Arguments, Made]) -> Callable[Arguments, Made]:
    """For every function that makes a QPainter.

    An exception keeps the variables of the functions it came through, so the painter would still
    be at work when Qt takes the surface away, and that ends the program.
    """

    @functools.wraps(paint)
    def painted(*args: Arguments.args, **named: Arguments.kwargs) -> Made:
        try:
            return paint(*args, **named)
        except Exception as error:
            traceback.clear_frames(error.__traceback__)
            raise

    return painted
