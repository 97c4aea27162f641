"""Numbers as a learner reads them: four significant digits, a true minus sign."""

from __future__ import annotations

import math
from typing import SupportsFloat


def number(value: SupportsFloat | None, digits: int = 4) -> str:
    """The value with `digits` significant digits, such as 0.8570, 1.571, 1.830e−4 or 272,133.

    Whole numbers (Python and NumPy integers) are written out with thousands separators.
    """
    if value is None:
        return "–"
    if hasattr(value, "__index__"):
        return f"{value.__index__():,}".replace("-", "−")
    real = float(value)
    if math.isnan(real):
        return "NaN"
    if math.isinf(real):
        return "∞" if real > 0 else "−∞"
    if real == 0:
        return "0"
    # Round first, so that 9.9996 takes the form of the 10.00 it is written as.
    mantissa, _, exponent = f"{real:.{digits - 1}e}".partition("e")
    power = int(exponent)
    if -4 < power < max(6, digits):
        decimals = max(0, digits - 1 - power)
        written = f"{real:,.{decimals}f}"
    else:
        written = f"{mantissa}e{power}"
    return written.replace("-", "−")


def three_digits(value: float) -> str:
    """The value with three significant digits, where it stands in the middle of a line."""
    return number(value, 3)


def sign_of(written: float | str) -> int | None:
    """1, -1 or 0 for a number or for the text of one; None for any other text and for NaN."""
    text = str(written).strip().replace("−", "-").replace(",", "").replace("∞", "inf")
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else (value > 0) - (value < 0)


def percent(share: float | None, decimals: int = 1) -> str:
    """A share of 1 as a percentage, such as 38.2 %."""
    if share is None or not math.isfinite(share):
        return "–"
    return f"{100 * share:.{decimals}f} %".replace("-", "−")
