"""Texts for widgets. Qt takes what looks like markup for markup: user text passes through here."""

from __future__ import annotations

import html
import re

from nnstudio.spec import FieldSpec


def tooltip(*paragraphs: str) -> str:
    """A tooltip that wraps and shows its text as it is, whatever characters are in it.

    Every tooltip in the app comes from here or from `titled_tooltip`.
    """
    body = "".join(
        f"<p>{html.escape(paragraph).replace(chr(10), '<br>')}</p>"
        for paragraph in paragraphs
        if paragraph
    )
    return f"<qt>{body}</qt>" if body else ""


def titled_tooltip(title: str, *lines: str) -> str:
    """A tooltip of a strong first line and what follows it, each shown as it is."""
    written = [html.escape(line) for line in (title, *lines) if line]
    if not written:
        return ""
    return (
        f"<p style='white-space: pre-wrap'><b>{written[0]}</b>"
        + "".join(f"<br>{line}" for line in written[1:])
        + "</p>"
    )


def dashed(span: str) -> str:
    """A span of numbers as print sets it: 8–1,024 for ``8 to 1,024`` and ``8-1,024``."""
    return re.sub(r"(?<=\d)(?: to |-)(?=[\d.])", "–", span)


def typical(spec: FieldSpec) -> str:
    """What a setting's value is as a rule, such as ``typical 8–1,024``; empty if nobody knows."""
    return f"typical {dashed(spec.typical)}".replace("-0", "−0") if spec.typical else ""


def field_help(spec: FieldSpec) -> str:
    """The tooltip of a setting: its meaning, its range and a typical value."""
    range_text = dashed(spec.range_text())
    if range_text and spec.unit:
        range_text = f"{range_text} {spec.unit}"
    return tooltip(
        spec.help,
        f"Allowed: {range_text}" if range_text else "",
        typical(spec).replace("typical", "Typical:"),
    )


def ampersand(text: str) -> str:
    """Text for a button, tab or menu in which an ampersand is to be seen as one."""
    return text.replace("&", "&&")


def shortened(text: str, most: int = 60) -> str:
    """A name of any length on one line: the middle of a long one gives way to an ellipsis."""
    if len(text) <= most:
        return text
    kept = most - 1
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"


def duration(seconds: float) -> str:
    """A span of time as a learner reads it: 1.1 s, 42 s, 3 min 5 s, 2 h 10 min."""
    if seconds < 10:
        return f"{max(0.0, seconds):.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes < 10 and rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def memory(size: float) -> str:
    """A number of bytes: 512 B, 1.1 MB, 2.0 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("unreachable")


def shape(sizes: tuple[int, ...]) -> str:
    """The sizes of an array's axes: 800, or 28 × 28."""
    return " × ".join(f"{size:,}" for size in sizes) if sizes else "1 number"
