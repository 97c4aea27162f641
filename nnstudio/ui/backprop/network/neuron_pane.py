"""One neuron: its terms by size, its activation among the batch's, its weights' gradients."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from nnstudio.analysis.network_pass import (
    NeuronView,
    Number,
    Values,
    neuron_view,
    weight_spread,
)
from nnstudio.analysis.network_pass.numbers import subscript
from nnstudio.ui import theme
from nnstudio.ui.backprop.expression.labels import line
from nnstudio.ui.backprop.network.neuron_plot import NeuronPlot
from nnstudio.ui.backprop.network.number_field import NumberField
from nnstudio.ui.backprop.network.number_list import Line, NumberList
from nnstudio.ui.backprop.network.spread import SpreadPlot
from nnstudio.ui.text import tooltip

TALL, NARROW, ROOMY, LOW = 420, 380, 440, 230
WORK = "Show as computation graph"
FIRST, LATER = ("z", "y"), ("slope", "dy", "dz")


class NeuronPane(QWidget):
    """Signals: ``unit_chosen`` a neuron's number, ``opened`` a number, ``worked`` a neuron to work
    node by node in expression mode.
    """

    unit_chosen = Signal(int)
    opened = Signal(object)
    worked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.view: NeuronView | None = None
        self._values: Values | None = None
        self._sample = 0
        self._digits = 4
        self.title = line("title")
        self.unit = NumberField("Neuron")
        self.unit.changed.connect(self.unit_chosen)
        self.units = line("small")
        self.work = QPushButton(WORK)
        self.work.setProperty("role", "flat")
        self.work.setToolTip(tooltip("Hand this neuron to expression mode as a scalar graph"))
        self.work.clicked.connect(self._work)
        self.plot = NeuronPlot()
        self.facts = QHBoxLayout()
        self.facts.setSpacing(4)
        self.chips: dict[str, QPushButton] = {}
        self.caption = line("caption")
        self.terms = NumberList("Terms of this neuron's sum")
        self.terms.opened.connect(self.opened)
        self.terms.chosen.connect(self._show_spread)
        self.spread = SpreadPlot()
        self.spread.hide()
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a high pane the curve stands above the terms, in a low one beside them."""
        super().resizeEvent(event)
        scale, size = theme.scale(), event.size()
        high = size.height() > TALL * scale or size.width() < NARROW * scale
        self.work.setText(WORK if size.width() > ROOMY * scale else "As graph")
        way = Qt.Orientation.Vertical if high else Qt.Orientation.Horizontal
        if self.split.orientation() != way:
            self.split.setOrientation(way)
            self.split.setSizes([2, 3] if way == Qt.Orientation.Horizontal else [1, 2])

    def minimumSizeHint(self) -> QSize:
        return QSize(round(150 * theme.scale()), 100)

    def show_neuron(
        self, values: Values, node: str, unit: int, sample: int, digits: int, backward: bool
    ) -> bool:
        """Show a neuron; whether the layer has neurons of this kind."""
        view = neuron_view(values, node, unit, sample)
        if view is None:
            return False
        self.view, self._values = view, values
        self._sample, self._digits = sample, digits
        units = int(values.array(node, "y")[0].size)
        self.unit.set_maximum(units - 1)
        self.unit.set_value(unit)
        self.units.setText(f"of {units:,}")
        narrow = self.width() < NARROW * theme.scale()
        self.title.setText(values.step(node).title + ("" if narrow else ", neuron"))
        self.plot.show_neuron(view)
        self._show_chips(view, digits, backward)
        dense = view.sum is not None
        self.work.setVisible(dense)
        if backward and view.weights:
            self._show_gradients(view, digits)
        else:
            self._show_terms(view, digits)
        return True

    def _show_chips(self, view: NeuronView, digits: int, backward: bool) -> None:
        assert self._values is not None
        from nnstudio.analysis.expression.numbers import exact, significant

        shape = self._values.array(view.node, "y").shape
        index = (self._sample, *_inside(view.unit, shape[1:]))
        found: list[tuple[str, float | None, str]] = [
            ("z", view.z, "z"),
            ("a", view.a, "y"),
            ("f′(z)", view.slope, "slope"),
            ("dL/da", view.upstream, "dy"),
            ("δ", view.delta, "dz"),
        ]
        tight = self.width() < 420 * theme.scale()
        whats = tuple(what for _, _, what in found)
        for name, value, what in found:
            chip = self.chips[name]
            wanted = LATER if backward and tight else whats if backward else FIRST
            known = value is not None and what in wanted
            chip.setVisible(known)
            if value is None or not known:
                continue
            chip.setText(f"{name}  {significant(value, digits)}")
            chip.setToolTip(tooltip(exact(value), "Click: where it comes from"))
            chip.setAccessibleName(f"{name} {significant(value, digits)}")
            chip.setProperty("number", Number(view.node, what, index))

    def _show_terms(self, view: NeuronView, digits: int) -> None:
        from nnstudio.analysis.expression.numbers import significant

        lines = []
        for term in view.terms:
            x, w = term.operands[0], term.operands[1]
            name = x.note if x.note.startswith("“") else x.symbol
            how = f"{significant(x.value, digits)} · {significant(w.value, digits)}"
            detail = f"{x.symbol} · {w.symbol} = {how}"
            lines.append(Line(name, how, term.value, w.number, detail))
        if view.bias is not None and view.sum is not None:
            bias = view.sum.operands[0]
            lines.append(Line(f"bias {bias.symbol}", "", view.bias, bias.number))
        self.caption.setText(
            f"z = Σ of {len(view.terms):,} terms and the bias, by size"
            if view.sum
            else "z comes in"
        )
        self.spread.hide()
        self.terms.show_lines(lines, digits)

    def _show_gradients(self, view: NeuronView, digits: int) -> None:
        from nnstudio.analysis.expression.numbers import significant

        assert self._values is not None
        source = self._values.source(view.node)
        vocabulary = self._values.tape.fitted.words
        lines = []
        j = _inside(view.unit, self._values.array(view.node, "y").shape[1:])[-1]
        for i, w, gradient in view.weights:
            at = Number(view.node, "dw:kernel", (i, j))
            words = vocabulary is not None and not self._values.step(source).sources
            assert vocabulary is not None or not words
            name = f"“{vocabulary.vocabulary[i]}”" if words and vocabulary is not None else ""
            title = f"W{subscript(i, j)} {name}".strip()
            how = f"w {significant(w, digits)}"
            lines.append(Line(title, how, gradient, at, "its gradient dL/dW", key=(i, j)))
        self.caption.setText("dL/dW of its weights, by size")
        self.terms.show_lines(lines, digits)
        if lines:
            self._show_spread(lines[0].key)

    def _show_spread(self, key: tuple[int, int] | None) -> None:
        if key is None or self._values is None or self.view is None:
            self.spread.hide()
            return
        if self.height() < LOW * theme.scale():
            self.spread.hide()
            return
        found = weight_spread(self._values, self.view.node, *key, self._sample)
        self.spread.show_spread(found, f"dL/dW{subscript(*key)}", self._digits)

    def _open_chip(self, chip: QPushButton) -> None:
        number = chip.property("number")
        if number is not None:
            self.opened.emit(number)

    def _work(self) -> None:
        if self.view is not None:
            self.worked.emit(self.view)

    def _arrange(self) -> None:
        for name in ("z", "a", "f′(z)", "dL/da", "δ"):
            chip = QPushButton(name)
            chip.setProperty("role", "chip")
            chip.setCursor(Qt.CursorShape.PointingHandCursor)
            chip.clicked.connect(lambda _=False, chip=chip: self._open_chip(chip))
            self.chips[name] = chip
            self.facts.addWidget(chip)
        self.facts.addStretch(1)
        self.facts.setContentsMargins(0, 0, 0, 0)
        facts = QWidget()
        facts.setLayout(self.facts)
        facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for label in (self.title, self.units):
            label.setSizePolicy(QLabel().sizePolicy())
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.title)
        head.addWidget(self.unit)
        head.addWidget(self.units)
        head.addStretch(1)
        head.addWidget(self.work)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot, 1)
        right = QWidget()
        side = QVBoxLayout(right)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(3)
        side.addWidget(self.caption)
        side.addWidget(self.terms, 1)
        side.addWidget(self.spread)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(left)
        self.split.addWidget(right)
        self.split.setStretchFactor(0, 2)
        self.split.setStretchFactor(1, 3)
        self.split.setChildrenCollapsible(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 6, 12, 8)
        outer.setSpacing(5)
        outer.addLayout(head)
        outer.addWidget(facts)
        outer.addWidget(self.split, 1)


def _inside(unit: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    import numpy as np

    return tuple(int(i) for i in np.unravel_index(unit, shape))
