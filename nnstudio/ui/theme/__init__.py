"""The look: colours, type, icons and numbers, the same everywhere and switchable while running.

``theme.current()`` holds the colours of the moment; whatever paints with them listens to
``theme.notifier.changed`` and paints again. ``theme.install(app)`` is called once at start.
"""

from nnstudio.ui.theme.colours import Theme
from nnstudio.ui.theme.fonts import font, font_names, load_fonts
from nnstudio.ui.theme.icons import icon, pixmap
from nnstudio.ui.theme.numbers import number, percent, three_digits
from nnstudio.ui.theme.painting import painting
from nnstudio.ui.theme.state import (
    Mode,
    current,
    install,
    mode,
    notifier,
    reduced_motion,
    scale,
    set_mode,
    set_reduced_motion,
    set_scale,
)

__all__ = [
    "Mode",
    "Theme",
    "current",
    "font",
    "font_names",
    "icon",
    "install",
    "load_fonts",
    "mode",
    "notifier",
    "number",
    "painting",
    "percent",
    "pixmap",
    "reduced_motion",
    "scale",
    "set_mode",
    "set_reduced_motion",
    "set_scale",
    "three_digits",
]
