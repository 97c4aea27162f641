"""Which palette, font size and motion are in force, and who is told when they change."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QStyleFactory

from nnstudio.ui.theme.colours import CONTRAST, DARK, LIGHT, Theme

Mode = Literal["light", "dark", "contrast", "system"]


class _Notifier(QObject):
    """Tells of a change of colours, of font size or of motion; there is one, `notifier`."""

    changed = Signal()


notifier = _Notifier()

_mode: Mode = "system"
_theme: Theme = LIGHT
_scale: float = 1.0
_reduced: bool = False


def current() -> Theme:
    """The colours of the moment."""
    return _theme


def mode() -> Mode:
    """The mode that was chosen; ``system`` follows the desktop."""
    return _mode


def scale() -> float:
    """The factor on all font sizes, 1 at first; larger for a projector."""
    return _scale


def reduced_motion() -> bool:
    """Whether nothing should move by itself."""
    return _reduced


def install(app: QApplication) -> None:
    """Fusion, the shipped font and the palette for `app`; called once at start."""
    from nnstudio.ui.theme.fonts import load_fonts

    load_fonts()
    app.setStyle(QStyleFactory.create("Fusion"))
    hints = app.styleHints()
    hints.colorSchemeChanged.connect(_system_changed)
    apply()


def set_mode(mode: Mode) -> None:
    """Take the light, dark or high-contrast palette, or follow the system."""
    global _mode
    if mode not in ("light", "dark", "contrast", "system"):
        raise ValueError(f"no theme is named {mode!r}")
    _mode = mode
    apply()


def set_scale(factor: float) -> None:
    """Set the factor on all font sizes, between 0.75 and 2.5."""
    global _scale
    _scale = min(2.5, max(0.75, float(factor)))
    apply()


def set_reduced_motion(reduced: bool) -> None:
    """Switch motion off (or on again)."""
    global _reduced
    _reduced = bool(reduced)
    notifier.changed.emit()


def apply() -> None:
    """Put the chosen palette on the running application and tell everybody who paints."""
    global _theme
    _theme = _resolve()
    app = QApplication.instance()
    if isinstance(app, QApplication):
        from nnstudio.ui.theme.fonts import font
        from nnstudio.ui.theme.style import palette, stylesheet

        # Replacing one stylesheet by another takes Qt several times as long as none and then one.
        app.setStyleSheet("")
        app.setPalette(palette(_theme))
        app.setFont(font(13))
        app.setStyleSheet(stylesheet(_theme, _scale))
    notifier.changed.emit()


def _resolve() -> Theme:
    if _mode == "dark":
        return DARK
    if _mode == "contrast":
        return CONTRAST
    if _mode == "light" or QGuiApplication.instance() is None:
        return LIGHT
    hints = QGuiApplication.styleHints()
    if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
        return CONTRAST
    return DARK if hints.colorScheme() == Qt.ColorScheme.Dark else LIGHT


def _system_changed() -> None:
    if _mode == "system":
        apply()
