"""Where an axis has its ticks, and how they are written. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass

MOST_DECADES = 40


@dataclass(frozen=True)
class Axis:
    """A range of values and its ticks; on a logarithmic one positions are powers of ten."""

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """Where a value lies between the ends, 0 to 1 (beyond them outside)."""
        if self.logarithmic:
            low, high = math.log10(self.low), math.log10(self.high)
            value = math.log10(max(value, 1e-300))
        else:
            low, high = self.low, self.high
        return (value - low) / (high - low)

    def at(self, share: float) -> float:
        """The value that lies at `share` of the way from end to end."""
        if self.logarithmic:
            low, high = math.log10(self.low), math.log10(self.high)
            return float(10 ** (low + share * (high - low)))
        return self.low + share * (self.high - self.low)


def linear(low: float, high: float, most: int, *, whole: bool = False, loose: bool = True) -> Axis:
    """An axis from `low` to `high` with at most `most` ticks on round numbers.

    `loose` widens the range to the ticks around it; `whole` allows whole numbers only.
    """
    if not math.isfinite(low) or not math.isfinite(high):
        low, high = 0.0, 1.0
    if high - low < 1e-12 * max(1.0, abs(low), abs(high)):
        pad = abs(low) * 0.1 if abs(low) > 1e-9 else 0.5
        low, high = low - pad, high + pad
    step = _nice((high - low) / max(1, most - 1))
    if whole:
        step = max(1.0, round(step))
    first = math.floor(low / step + 1e-9) if loose else math.ceil(low / step - 1e-9)
    last = math.ceil(high / step - 1e-9) if loose else math.floor(high / step + 1e-9)
    ticks = tuple(n * step for n in range(int(first), int(last) + 1))
    if loose and ticks:
        low, high = min(low, ticks[0]), max(high, ticks[-1])
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return Axis(low, high, ticks, tuple(_written(tick, decimals) for tick in ticks))


def logarithmic(low: float, high: float, most: int) -> Axis:
    """A logarithmic axis; both ends are positive. Ticks at powers of ten, or 1, 2, 5 between."""
    low = max(low, 1e-30)
    high = max(high, low * 1.0001)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    first = max(first, last - MOST_DECADES)
    span = math.log10(high / low)
    steps = (1.0, 2.0, 5.0) if span > 0.8 else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
    inner = [m * 10.0**n for n in range(first, last + 1) for m in steps]
    if span > 2.5:
        every = max(1, math.ceil((last - first) / max(1, most - 1)))
        ticks = tuple(10.0**n for n in range(first, last + 1, every))
    else:
        ticks = tuple(inner)
    below = [t for t in inner if t <= low * 1.0001] or [low]
    above = [t for t in inner if t >= high * 0.9999] or [high]
    bottom, top = max(below), min(above)
    shown = tuple(t for t in ticks if bottom * 0.999 <= t <= top * 1.001)
    if len(shown) < 2:
        shown = (bottom, top)
    return Axis(bottom, top, shown, tuple(_short(tick) for tick in shown), logarithmic=True)


def _nice(step: float) -> float:
    """The round number (1, 2, 2.5 or 5 times a power of ten) next above `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    for factor in (1.0, 2.0, 2.5, 5.0, 10.0):
        if factor * power >= step * (1 - 1e-9):
            return factor * power
    return 10.0 * power


def _written(value: float, decimals: int) -> str:
    if abs(value) < 1e-12:
        value = 0.0
    if decimals > 5 or abs(value) >= 1e6:
        return _short(value)
    # 0.25 steps need two decimals although their power of ten asks for one.
    if round(value, decimals) != round(value, decimals + 2):
        decimals += 1
    return f"{value:,.{decimals}f}".replace("-", "−")


def _short(value: float) -> str:
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:,.4g}".replace("-", "−")
    mantissa, exponent = f"{value:.3g}".partition("e")[::2]
    if not exponent:
        mantissa, exponent = f"{value:.2e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}".replace("-", "−")
