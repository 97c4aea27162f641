"""Numbers as a worked pass writes them: significant digits, a true minus sign, no noise."""

from __future__ import annotations

import math
from collections.abc import Callable

Format = Callable[[float], str]
"""How a number is written, such as `significant` with the digits fixed."""


def significant(value: float, digits: int = 4) -> str:
    """The value with so many significant digits: 0.7311, −0.1966, 2.000, 4.540e−5."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    power = int(exponent)
    if -4 < power < max(6, digits):
        written = f"{value:,.{max(0, digits - 1 - power)}f}"
    else:
        written = f"{mantissa}e{power}"
    return written.replace("-", "−")


def short(value: float) -> str:
    """The value as one writes a constant: −1, 0.5, 2, 1e−7; never more digits than it has."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value)).replace("-", "−")
    return f"{value:.10g}".replace("e-0", "e-").replace("e+0", "e").replace("-", "−")


def plain(value: float, digits: int = 4) -> str:
    """A local derivative: −1 rather than −1.000, else its significant digits."""
    brief = short(value)
    return brief if len(brief) <= digits else significant(value, digits)


def exact(value: float) -> str:
    """All digits that tell this number from its neighbours."""
    return repr(value).replace("-", "−")


def bracketed(value: float, write: Format) -> str:
    """The number, in parentheses if it starts with a minus, so that it can stand in a product."""
    written = write(value)
    return f"({written})" if written.startswith("−") else written
