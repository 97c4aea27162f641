"""A number's colour tells its sign, in both directions of a pass; the direction has an arrow."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem

from nnstudio.analysis.expression import Edge
from nnstudio.ui import theme
from nnstudio.ui.backprop.expression.card import CardItem, Face
from nnstudio.ui.backprop.expression.labels import formula, marked
from nnstudio.ui.backprop.expression.wire import WireItem
from nnstudio.ui.canvas.values import overlays


def drawn(item: object, width: int = 240, height: int = 120) -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(theme.current().panel)
    painter = QPainter(image)
    painter.translate(10, 30)
    item.paint(painter, QStyleOptionGraphicsItem())  # type: ignore[attr-defined]
    painter.end()
    return image


def holds(image: QImage, colour: QColor) -> bool:
    return any(
        image.pixelColor(x, y) == colour
        for x in range(image.width())
        for y in range(image.height())
    )


@pytest.mark.parametrize("mode", ["light", "dark", "contrast"])
@pytest.mark.parametrize("place", ["value", "gradient"])
@pytest.mark.parametrize("number", ["−3.000", "3.000"])
def test_a_card_of_the_expression_prints_a_number_in_the_colour_of_its_sign(
    qtbot, mode, place, number
):
    theme.set_mode(mode)
    card = CardItem("w", lambda id: "")
    card.show_face(Face("w", leaf=True, **{place: number}))
    card.set_width(140)
    colours, image = theme.current(), drawn(card)
    own, other = colours.positive_text, colours.negative_text
    if number.startswith("−"):
        own, other = other, own
    assert holds(image, own)
    assert not holds(image, other)


@pytest.mark.parametrize(
    ("written", "ink"),
    [
        ("−3.000", "negative_text"),
        ("1.830e−4", "positive_text"),
        ("−1,024", "negative_text"),
        ("0", "secondary"),
        ("∞", "positive_text"),
        ("NaN", "text"),
        ("no value", "text"),
    ],
)
def test_a_written_number_has_one_ink_everywhere(qtbot, written, ink):
    colours = theme.current()
    assert colours.ink(written) == getattr(colours, ink)
    label = formula(13)
    marked(label, ("f = ", ""), (written, "nb"))
    assert getattr(colours, ink).name() in label.text()


def test_wires_of_both_directions_have_one_colour_and_opposite_arrows(qtbot):
    pictures = {}
    for state in ("forward", "backward"):
        wire = WireItem(Edge("a", "b", 0))
        wire.route(QPointF(0, 20), QPointF(200, 20))
        wire.show_state(state, "")
        image = drawn(wire)
        accent = theme.current().accent
        assert holds(image, accent)
        pictures[state] = {
            end: sum(image.pixelColor(x, y) == accent for y in range(120) for x in columns)
            for end, columns in (("start", range(11, 21)), ("end", range(199, 209)))
        }
    assert pictures["forward"]["end"] > 1.5 * pictures["forward"]["start"]
    assert pictures["backward"]["start"] > 1.5 * pictures["backward"]["end"]


def test_over_the_network_an_arrow_says_which_way_a_number_goes():
    shown = overlays({"a": ("0.5", "−0.1"), "b": "2"}, ["a"], "backward")
    assert (shown["a"].onward, shown["a"].back) == ("→ 0.5", "← −0.1")
    assert (shown["b"].onward, shown["b"].back) == ("", "← 2")
