"""Loss and accuracy over the epochs as an SVG drawing: no other library is needed to see it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from nnstudio.project.model import EpochRecord

WIDTH, HEIGHT = 420, 280
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 38, 46
CURVE, AXIS, GRID, BEST = "#2f6fde", "#5d6878", "#d9dde4", "#1c2430"

Values = Sequence[float | None]


class Curves(str):
    """An SVG drawing as text; a notebook shows it as a picture."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)


def draw(records: Sequence[EpochRecord], best: int | None) -> Curves:
    """The curves of these epochs: training solid, validation dashed, the best epoch marked."""
    panels = [
        (name, [[getattr(r, figure) for r in records] for figure in (name, f"validation_{name}")])
        for name in ("loss", "accuracy")
    ]
    panels = [panel for panel in panels if any(v is not None for v in panel[1][0])] or panels[:1]
    epochs = [record.epoch for record in records]
    drawn = "".join(
        f'<g transform="translate({place * WIDTH},0)">{_panel(title, epochs, curves, best)}</g>'
        for place, (title, curves) in enumerate(panels)
    )
    width = WIDTH * len(panels)
    return Curves(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" '
        f'viewBox="0 0 {width} {HEIGHT}" font-family="Inter, sans-serif" font-size="12">'
        f'<rect width="{width}" height="{HEIGHT}" fill="#ffffff"/>{drawn}</svg>'
    )


def _panel(title: str, epochs: Sequence[int], curves: Sequence[Values], best: int | None) -> str:
    values = [v for curve in curves for v in curve if v is not None and math.isfinite(v)]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    first, last = (epochs[0], epochs[-1]) if epochs else (0, 1)

    def across(epoch: float) -> float:
        share = (epoch - first) / (last - first) if last > first else 0.5
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    shapes = [_text(LEFT, 20, title, anchor="start", weight=600)]
    for value in _ticks(low, high):
        shapes.append(_line(LEFT, up(value), WIDTH - RIGHT, up(value), GRID))
        shapes.append(_text(LEFT - 6, up(value) + 4, f"{value:.4g}", anchor="end"))
    for epoch in _ticks(first, last, least=1.0):
        shapes.append(_text(across(epoch), HEIGHT - BOTTOM + 18, f"{epoch:,.0f}"))
    shapes.append(_line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, AXIS))
    shapes.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "epoch"))
    if best is not None:
        x, right = across(best), 2 * best > first + last
        shapes.append(_line(x, TOP, x, HEIGHT - BOTTOM, BEST, "2 3"))
        shapes.append(
            _text(
                x + (-5 if right else 5), TOP + 10, f"best: {best:,}", "end" if right else "start"
            )
        )
    styles = (("training", ""), ("validation", "6 4"))
    for place, (curve, (name, dashes)) in enumerate(zip(curves, styles, strict=True)):
        points = [
            f"{across(epoch):.1f},{up(value):.1f}"
            for epoch, value in zip(epochs, curve, strict=True)
            if value is not None and math.isfinite(value)
        ]
        if not points:
            continue
        if len(points) == 1:
            cx, cy = points[0].split(",")
            shapes.append(f'<circle cx="{cx}" cy="{cy}" r="3" fill="{CURVE}"/>')
        shapes.append(
            f'<polyline points="{" ".join(points)}" fill="none" stroke="{CURVE}" '
            f'stroke-width="1.8" stroke-dasharray="{dashes or "none"}"/>'
        )
        x = WIDTH - RIGHT - 190 + 95 * place
        shapes.append(_line(x, 16, x + 22, 16, CURVE, dashes))
        shapes.append(_text(x + 27, 20, name, anchor="start"))
    return "".join(shapes)


def _ticks(low: float, high: float, least: float = 0.0) -> list[float]:
    """Round numbers from low to high, about five, at least ``least`` apart."""
    size = 10.0 ** math.floor(math.log10((high - low) / 5)) if high > low else 1.0
    steps = [size * k for k in (1, 2, 5, 10)]
    step = max(least, next((s for s in steps if (high - low) / s <= 6), steps[-1]))
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, dashes: str = "") -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-dasharray="{dashes or "none"}"/>'
    )


def _text(x: float, y: float, said: str, anchor: str = "middle", weight: int = 400) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{AXIS}" '
        f'font-weight="{weight}">{escape(said)}</text>'
    )
