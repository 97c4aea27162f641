"""Type: Inter, shipped with the app, with figures of equal width so that numbers do not dance."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase

from nnstudio import resources
from nnstudio.ui.theme import state

FAMILY = "Inter"
FILES = ("Inter-Regular.ttf", "Inter-Medium.ttf", "Inter-SemiBold.ttf")

_loaded: list[str] = []


def load_fonts() -> None:
    """Register the shipped font with Qt; once. Without a system font, text would draw nothing."""
    if _loaded:
        return
    for file in FILES:
        identifier = QFontDatabase.addApplicationFont(str(resources.path(f"fonts/{file}")))
        _loaded.extend(QFontDatabase.applicationFontFamilies(identifier))


def font_names() -> tuple[str, ...]:
    """The families that were registered, for a check that the font is really there."""
    return tuple(_loaded)


def font(size: float = 13, weight: int = 400, *, scaled: bool = True) -> QFont:
    """Inter at `size` pixels (13 text, 12 secondary, 11 captions) in weight 400, 500 or 600.

    The size follows the font size chosen for projectors unless `scaled` is off, which is right
    for scenes that have a zoom of their own.
    """
    made = QFont(FAMILY)
    made.setPixelSize(max(1, round(size * (state.scale() if scaled else 1.0))))
    made.setWeight(QFont.Weight(weight))
    made.setFeature(QFont.Tag("tnum"), 1)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made
