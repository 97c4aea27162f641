"""A kink is called a kink where gradients are checked, with the slopes of both sides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnstudio.analysis.expression import read, start
from nnstudio.analysis.expression.numeric import central
from nnstudio.analysis.gradient_check import check_gradient
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine import Network, compile, sequential
from nnstudio.graph.plan import Signature
from nnstudio.nn.activations import Relu
from nnstudio.nn.layers import Dense
from nnstudio.nn.losses import MeanAbsoluteError
from nnstudio.ui.backprop.expression.check_pane import CheckPane
from nnstudio.ui.backprop.network.check_window import CheckWindow


def test_the_check_of_an_expression_says_both_slopes(qtbot: Any) -> None:
    pane = CheckPane()
    qtbot.addWidget(pane)
    sheet = read("relu(x)").with_value("x", 0.0)
    check = central(sheet.graph, start(sheet).of.forward, "x", 0.0)
    pane.show_check("x", check, [(1e-5, 1.0)], 4, "f")
    assert "a kink" in pane.result.text()
    assert "≠" not in pane.result.text()
    assert "0 to the left and 1.000 to the right" in pane.words.text()


@pytest.mark.qt_log_ignore(r"does not support raise")
def test_the_check_of_a_network_marks_the_row(qtbot: Any) -> None:
    loss, signature = MeanAbsoluteError(), Signature((1,), "regression")
    net = Network(compile(sequential([Dense(1, Relu())]), signature, loss), loss)
    data = Dataset("0", signature, Samples(np.zeros((1, 1)), np.ones((1, 1))), None, None)
    window = CheckWindow(None)
    qtbot.addWidget(window)
    window.show_result(check_gradient(net, data))
    assert "passed" in window.verdict.text()
    assert "1 parameter lies at a kink" in window.words.text()
