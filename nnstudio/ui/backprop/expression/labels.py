"""Labels for formulas and numbers: selectable, and with no markup but our own."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy

from nnstudio.ui import theme


def line(role: str = "", *, wrap: bool = False) -> QLabel:
    """A label whose text can be marked and copied."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    if role:
        label.setProperty("role", role)
    return label


def formula(size: int) -> QLabel:
    """A line for a calculation, written by `marked`."""
    label = line(wrap=True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setProperty("px", size)
    return label


def marked(label: QLabel, *parts: tuple[str, str], size: int | None = None) -> None:
    """Write (text, style) parts: style "" or any of b (bold), n (number), s (secondary), e (error).

    A number has the colour of its sign.
    """
    colours = theme.current()
    px = round((size or label.property("px") or 13) * theme.scale())
    written = []
    for text, style in parts:
        css = []
        if "n" in style:
            css.append(f"color:{colours.ink(text).name()}")
        elif "s" in style:
            css.append(f"color:{colours.secondary.name()}")
        elif "e" in style:
            css.append(f"color:{colours.error.name()}")
        if "b" in style:
            css.append("font-weight:600")
        shown = html.escape(text).replace("  ", "&nbsp; ").replace("\n", "<br>")
        written.append(f'<span style="{";".join(css)}">{shown}</span>')
    label.setText(f'<span style="font-size:{px}px">{"".join(written)}</span>')
    label.setAccessibleName("".join(text for text, _ in parts))
