"""The look: contrast, numbers, icons, the font, and switching while the app runs."""

import itertools
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFontInfo

import nnstudio.data
import nnstudio.nn  # noqa: F401  both make their parts known
from nnstudio import resources
from nnstudio.spec import parts
from nnstudio.ui import theme
from nnstudio.ui.theme.colours import CONTRAST, DARK, LIGHT

ALL = (LIGHT, DARK, CONTRAST)
TEXTS = (
    "text",
    "secondary",
    "faint",
    "error",
    "warning",
    "success",
    "link",
    "positive_text",
    "negative_text",
)
GRAPHICS = (
    "positive",
    "negative",
    "wire",
    "border_strong",
    "core",
    "activation",
    "regularisation",
    "shape",
    "input",
    "loss",
)


def contrast(one: QColor, other: QColor) -> float:
    """The contrast ratio of the web content accessibility guidelines."""

    def luminance(colour: QColor) -> float:
        parts = (colour.redF(), colour.greenF(), colour.blueF())
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize(("colours", "name"), list(itertools.product(ALL, TEXTS)))
def test_text_can_be_read_on_every_ground(colours, name):
    for ground in (colours.panel, colours.window, colours.field):
        assert contrast(getattr(colours, name), ground) >= 4.5, (colours.name, name)


@pytest.mark.parametrize(("colours", "name"), list(itertools.product(ALL, GRAPHICS)))
def test_graphics_can_be_seen(colours, name):
    assert contrast(getattr(colours, name), colours.panel) >= 3.0, (colours.name, name)


@pytest.mark.parametrize("colours", ALL)
def test_text_on_the_accent_and_on_a_selection_can_be_read(colours):
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    assert contrast(colours.text, colours.selection) >= 4.5


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.857, "0.8570"),
        (1.571, "1.571"),
        (-0.5344, "−0.5344"),
        (9.99996, "10.00"),
        (1.83e-4, "1.830e−4"),
        (272133, "272,133"),
        (np.int64(1285), "1,285"),
        (0.0, "0"),
        (float("nan"), "NaN"),
        (float("-inf"), "−∞"),
        (None, "–"),
        (1234567.0, "1.235e6"),
        (np.float32(0.5), "0.5000"),
    ],
)
def test_numbers_have_four_significant_digits(value, text):
    assert theme.number(value) == text


def test_every_icon_is_a_line_drawing_of_twenty_by_twenty_in_the_current_colour():
    for path in resources.path("icons").glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        root = ElementTree.fromstring(text)
        assert root.attrib["viewBox"] == "0 0 20 20", path.name
        assert "currentColor" in text, path.name
        assert theme.pixmap(path.stem).width() == 40


def test_every_part_that_names_an_icon_has_one():
    for kind in ("layer", "dataset"):
        for cls in parts(kind).values():
            assert resources.path(f"icons/{cls.icon}.svg").is_file(), cls.name


def test_an_icon_takes_the_colour_it_is_asked_for_and_follows_the_theme(qapp):
    def ink(icon) -> set[str]:
        image = icon.pixmap(QSize(40, 40)).toImage()
        points = itertools.product(range(image.width()), range(image.height()))
        opaque = [image.pixelColor(x, y) for x, y in points]
        return {c.name() for c in opaque if c.alpha() == 255}

    assert QColor("#ff0000").name() in ink(theme.icon("stop", QColor("#ff0000")))
    icon = theme.icon("stop")
    assert LIGHT.text.name() in ink(icon)
    theme.set_mode("dark")
    assert DARK.text.name() in ink(icon)


def test_a_missing_icon_is_a_mistake_of_the_programmer():
    with pytest.raises(FileNotFoundError):
        theme.icon("no-such-icon")


def test_the_shipped_font_is_the_one_that_is_used():
    assert "Inter" in theme.font_names()
    for weight in (400, 500, 600):
        info = QFontInfo(theme.font(13, weight))
        assert info.family().startswith("Inter")
        assert info.weight() == weight


def test_figures_have_equal_width(qapp):
    from PySide6.QtGui import QFontMetricsF

    metrics = QFontMetricsF(theme.font(13))
    assert len({metrics.horizontalAdvance(figure * 10) for figure in "0123456789"}) == 1


def test_the_theme_switches_while_the_app_runs_and_tells_everybody(qapp, qtbot):
    with qtbot.waitSignal(theme.notifier.changed):
        theme.set_mode("dark")
    assert theme.current() is DARK
    assert qapp.palette().window().color() == DARK.window
    theme.set_mode("contrast")
    assert theme.current() is CONTRAST
    with pytest.raises(ValueError):
        theme.set_mode("pink")


def test_a_larger_text_size_reaches_the_fonts():
    plain = theme.font(13).pixelSize()
    theme.set_scale(1.5)
    assert theme.font(13).pixelSize() == round(13 * 1.5)
    assert theme.font(13, scaled=False).pixelSize() == plain
    theme.set_scale(99)
    assert theme.scale() == 2.5


def test_an_icon_for_a_button_without_any_room_is_nothing_and_no_warning(qapp):
    from PySide6.QtCore import QSize

    assert theme.icon("play").pixmap(QSize(0, 0)).isNull()
