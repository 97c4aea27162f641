"""The three palettes: light, dark and high contrast.

Colour carries meaning and never alone: blue is positive, orange negative, grey zero, whichever way
a pass goes (arrows and names say that); a layer's family tints the left edge of its card; classes
take the Okabe-Ito colours, each with its own marker. Text has a contrast of at least 4.5:1 on its
ground, graphics 3:1.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor

from nnstudio.ui.theme.numbers import sign_of


def _colours(*names: str) -> tuple[QColor, ...]:
    return tuple(QColor(name) for name in names)


@dataclass(frozen=True)
class Theme:
    """The colours of one palette.

    ``on_accent`` is text on the accent, ``link`` the accent as text, ``faint`` is for hints.
    ``positive_text`` and ``negative_text`` are blue and orange dark (or light) enough for text.
    """

    name: str
    dark: bool
    window: QColor
    panel: QColor
    canvas: QColor
    field: QColor
    hover: QColor
    border: QColor
    border_strong: QColor
    dot: QColor
    wire: QColor
    text: QColor
    secondary: QColor
    faint: QColor
    accent: QColor
    link: QColor
    accent_hover: QColor
    on_accent: QColor
    selection: QColor
    positive: QColor
    negative: QColor
    positive_text: QColor
    negative_text: QColor
    zero: QColor
    error: QColor
    warning: QColor
    success: QColor
    over_trained: QColor
    grid: QColor
    core: QColor
    activation: QColor
    regularisation: QColor
    normalisation: QColor
    shape: QColor
    merge: QColor
    input: QColor
    loss: QColor
    class_colours: tuple[QColor, ...]

    def ink(self, number: float | str) -> QColor:
        """The text colour of a number, or of a text that is one: its sign; any other is text."""
        sign = sign_of(number)
        if sign is None:
            return self.text
        return self.positive_text if sign > 0 else self.negative_text if sign else self.secondary

    def family(self, name: str) -> QColor:
        """The tint of a layer family such as ``"core"``; the input's grey for an unknown one."""
        found = getattr(self, name, None)
        return found if isinstance(found, QColor) else self.input

    def class_colour(self, index: int) -> QColor:
        """The colour of class number `index`; colours repeat, markers tell the repeats apart."""
        return self.class_colours[index % len(self.class_colours)]


LIGHT = Theme(
    name="light",
    dark=False,
    window=QColor("#f5f6f8"),
    panel=QColor("#ffffff"),
    canvas=QColor("#eef0f4"),
    field=QColor("#f7f8fa"),
    hover=QColor("#eef1f5"),
    border=QColor("#d9dde4"),
    border_strong=QColor("#8a94a3"),
    dot=QColor("#d3d8e0"),
    wire=QColor("#7d8798"),
    text=QColor("#1c2430"),
    secondary=QColor("#5d6878"),
    faint=QColor("#667080"),
    accent=QColor("#2f6fde"),
    link=QColor("#2763cc"),
    accent_hover=QColor("#2560c6"),
    on_accent=QColor("#ffffff"),
    selection=QColor("#dbe7fb"),
    positive=QColor("#2166ac"),
    negative=QColor("#d9722a"),
    positive_text=QColor("#2166ac"),
    negative_text=QColor("#ab5215"),
    zero=QColor("#e4e7ec"),
    error=QColor("#b3362b"),
    warning=QColor("#9a5b00"),
    success=QColor("#2a7d4f"),
    over_trained=QColor("#fbf1ea"),
    grid=QColor("#e3e6eb"),
    core=QColor("#4477aa"),
    activation=QColor("#b8860b"),
    regularisation=QColor("#8a5aa8"),
    normalisation=QColor("#8a5aa8"),
    shape=QColor("#3d8b7d"),
    merge=QColor("#3d8b7d"),
    input=QColor("#5d6878"),
    loss=QColor("#c2554b"),
    class_colours=_colours(
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a7f00", "#3b424d"
    ),
)

DARK = Theme(
    name="dark",
    dark=True,
    window=QColor("#15191f"),
    panel=QColor("#1d232b"),
    canvas=QColor("#181d24"),
    field=QColor("#222933"),
    hover=QColor("#28303b"),
    border=QColor("#323b47"),
    border_strong=QColor("#6d7989"),
    dot=QColor("#2a323d"),
    wire=QColor("#7f8b9b"),
    text=QColor("#e6eaf0"),
    secondary=QColor("#a3aebd"),
    faint=QColor("#8f9aaa"),
    accent=QColor("#5b94f5"),
    link=QColor("#7aa9f8"),
    accent_hover=QColor("#78a8f8"),
    on_accent=QColor("#0f141a"),
    selection=QColor("#2b3f63"),
    positive=QColor("#6aaef0"),
    negative=QColor("#f0954f"),
    positive_text=QColor("#6aaef0"),
    negative_text=QColor("#f0954f"),
    zero=QColor("#313945"),
    error=QColor("#f28b82"),
    warning=QColor("#e8b04b"),
    success=QColor("#6cc796"),
    over_trained=QColor("#2c2725"),
    grid=QColor("#2a323c"),
    core=QColor("#4f86bd"),
    activation=QColor("#c8931a"),
    regularisation=QColor("#9c6cba"),
    normalisation=QColor("#9c6cba"),
    shape=QColor("#459c8c"),
    merge=QColor("#459c8c"),
    input=QColor("#768295"),
    loss=QColor("#d0635a"),
    class_colours=_colours(
        "#3fa0e0", "#f08237", "#1fbf93", "#e098c0", "#e69f00", "#7fcaf5", "#f0e442", "#b8c0cc"
    ),
)

CONTRAST = Theme(
    name="contrast",
    dark=True,
    window=QColor("#000000"),
    panel=QColor("#000000"),
    canvas=QColor("#000000"),
    field=QColor("#0a0a0a"),
    hover=QColor("#262626"),
    border=QColor("#b4b4b4"),
    border_strong=QColor("#ffffff"),
    dot=QColor("#3c3c3c"),
    wire=QColor("#ffffff"),
    text=QColor("#ffffff"),
    secondary=QColor("#e4e4e4"),
    faint=QColor("#d2d2d2"),
    accent=QColor("#ffd84d"),
    link=QColor("#ffd84d"),
    accent_hover=QColor("#ffe685"),
    on_accent=QColor("#000000"),
    selection=QColor("#5a4a00"),
    positive=QColor("#7cc4ff"),
    negative=QColor("#ffb066"),
    positive_text=QColor("#7cc4ff"),
    negative_text=QColor("#ffb066"),
    zero=QColor("#4a4a4a"),
    error=QColor("#ff9d94"),
    warning=QColor("#ffcf66"),
    success=QColor("#7df0ac"),
    over_trained=QColor("#33241a"),
    grid=QColor("#4a4a4a"),
    core=QColor("#6cb4ff"),
    activation=QColor("#ffc93c"),
    regularisation=QColor("#d9a3ff"),
    normalisation=QColor("#d9a3ff"),
    shape=QColor("#5fe0c8"),
    merge=QColor("#5fe0c8"),
    input=QColor("#c8d0dc"),
    loss=QColor("#ff8a80"),
    class_colours=_colours(
        "#56b4e9", "#ff8a3d", "#2fe0ae", "#f0a8d4", "#ffb92e", "#a8dcff", "#f0e442", "#ffffff"
    ),
)
