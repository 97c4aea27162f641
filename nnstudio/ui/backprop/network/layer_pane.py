"""Layers that have no neurons of their own, shown for what they are: masks, statistics, routing."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.analysis.network_pass import Number, Values
from nnstudio.analysis.network_pass.accounts import input_name
from nnstudio.analysis.network_pass.known import is_known, note_on
from nnstudio.ui.backprop.expression.labels import line
from nnstudio.ui.backprop.network.number_list import Line, NumberList

MOST = 200


class LayerPane(QWidget):
    """A sentence on the layer and its numbers for the sample, the largest first."""

    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.title = line("title")
        self.words = line("small", wrap=True)
        self.lines = NumberList("Numbers of this layer")
        self.lines.opened.connect(self.opened)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 6, 12, 8)
        outer.setSpacing(5)
        outer.addWidget(self.title)
        outer.addWidget(self.words)
        outer.addWidget(self.lines, 1)

    def show_layer(
        self, values: Values, node: str, sample: int, digits: int, backward: bool
    ) -> None:
        """Show a layer for a sample."""
        step = values.step(node)
        self.title.setText(step.title)
        self.words.setText(_words(values, node, sample))
        what = "dy" if backward and values.has(node, "dy") else "y"
        array = np.asarray(values.array(node, what)[sample])
        flat = array.reshape(-1)
        order = np.argsort(-np.abs(np.nan_to_num(flat)), kind="stable")[:MOST]
        shown = []
        for k in order:
            index = (sample, *(int(i) for i in np.unravel_index(int(k), array.shape)))
            if flat[k] == 0:
                break
            number = Number(node, what, index)
            name = input_name(values, node, index) or _place(index[1:])
            shown.append(Line(name, "", float(flat[k]), number))
        self.lines.show_lines(shown, digits)


def _place(index: tuple[int, ...]) -> str:
    return f"[{', '.join(str(i) for i in index)}]"


def _words(values: Values, node: str, sample: int) -> str:
    """What this layer did here, in a sentence or two."""
    step = values.step(node)
    layer = step.layer
    if not is_known(layer):
        return note_on(layer)
    if not step.sources:
        x = np.asarray(values.array(node, "y")[sample])
        kind = "words of the text" if values.tape.fitted.words is not None else "numbers"
        return f"The data itself: {np.count_nonzero(x):,} of {x.size:,} {kind} are not zero."
    if layer.name == "dropout":
        if not values.has(node, "mask"):
            return "Dropout is off: outside training every number passes unchanged."
        mask = np.asarray(values.array(node, "mask")[sample])
        off = int(np.count_nonzero(mask == 0))
        return (
            f"The mask of this pass: {off:,} of {mask.size:,} outputs are 0; the others are "
            f"multiplied by {float(mask.max()):.4g}, so that the sum keeps its size on average."
        )
    if layer.name == "batch_normalization":
        training = values.passed().training
        n = values.passed().count
        where = f"this batch of {n:,}" if training else "the training so far (moving averages)"
        words = f"Mean and variance come from {where}."
        if training and n == 1:
            words += " With a single sample every deviation from the mean is 0: look at a batch."
        return words
    if layer.name == "layer_normalization":
        return "Mean and variance come from the features of this sample alone."
    if layer.name in ("add", "multiply", "concatenate"):
        names = ", ".join(values.step(source).title for source in step.sources)
        how = {
            "add": "The branches are added number by number; each gets the whole gradient.",
            "multiply": "The branches are multiplied number by number; each is the other's slope.",
            "concatenate": "The branches are put side by side; each gets its part of the gradient.",
        }[layer.name]
        return f"{names}. {how}"
    return layer.sentence()
