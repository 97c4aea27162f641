"""The tab in the window: the switch, the room it asks for, and numbers from elsewhere."""

from collections.abc import Iterator

import pytest

from nnstudio.analysis.expression import Term, neuron
from nnstudio.analysis.references import Probability
from nnstudio.app import open_window
from nnstudio.project.commands import configure_training
from nnstudio.ui.backprop.panel import EXPRESSION, NETWORK, NETWORK_HEIGHT
from nnstudio.ui.window import MainWindow

# Drawing into memory there is no window manager that could bring a window to the front.
pytestmark = pytest.mark.qt_log_ignore("does not support raise", extend=True)


@pytest.fixture
def window(qtbot) -> Iterator[MainWindow]:
    made = open_window()
    made.resize(1440, 900)
    made.show()
    made.documents.new("spiral")
    session = made.bridge.session
    qtbot.waitUntil(lambda: session.dataset is not None, timeout=20_000)
    yield made
    made.bridge.close()
    made.documents.close()
    made.hide()
    made.deleteLater()


def test_an_expression_gets_the_centre_and_the_network_keeps_the_canvas(window, qtbot):
    bottom = window.docks["bottom"]
    before = bottom.height()
    window.show_panel("backprop")
    qtbot.waitUntil(lambda: bottom.height() > 700, timeout=3000)
    assert window.canvas.height() == 0 or not window.docks["right"].isVisible()
    panel = bottom.page("backprop")
    panel.show_mode(NETWORK)
    qtbot.waitUntil(lambda: abs(bottom.height() - NETWORK_HEIGHT) < 12, timeout=3000)
    assert window.docks["right"].isVisible()
    panel.show_mode(EXPRESSION)
    qtbot.waitUntil(lambda: bottom.height() > 700, timeout=3000)
    window.show_panel("curves")
    qtbot.waitUntil(lambda: abs(bottom.height() - before) < 12, timeout=3000)


def test_a_number_opens_before_the_tab_was_ever_shown(window, qtbot):
    assert not window.docks["bottom"].is_built("backprop")
    window.bridge.open_number(Probability("train", 0, 1))
    panel = window.docks["bottom"].page("backprop")
    qtbot.waitUntil(lambda: panel.network.opener.window.isVisible(), timeout=10_000)
    assert len(panel.network.opener.window.way) == 1


def test_a_neuron_of_the_network_is_worked_in_expression_mode(window, qtbot):
    window.show_panel("backprop")
    panel = window.docks["bottom"].page("backprop")
    panel.show_mode(NETWORK)
    sheet = neuron([Term("w0", 0.5, "x0", 2.0)], ("b", -0.5), "sigmoid", title="dense-1, neuron 0")
    panel.network.expression_requested.emit(sheet)
    assert panel.mode == EXPRESSION
    assert panel.expression.sheet is sheet
    assert panel.expression.bar.field.text() == "a = sigmoid(w0*x0 + b)"


def test_the_windows_undo_is_not_taken_for_the_expressions(window, qtbot):
    window.show_panel("backprop")
    mode = window.docks["bottom"].page("backprop").expression
    mode.set_value("w0", 7.0)
    before = window.bridge.project
    mode.history.undo()
    assert mode.sheet.values["w0"] == 2.0
    assert window.bridge.project is before


def test_a_figure_in_the_toolbar_opens(window, qtbot):
    window.bridge.do("Epochs", configure_training, epochs=2)
    window.run_commands.train()
    qtbot.waitUntil(lambda: window.bridge.project.trained is not None, timeout=20_000)
    readout = window.toolbar.readout

    def found():
        return {readout.figure_at(x) for x in range(0, readout.width(), 4)}

    qtbot.waitUntil(lambda: "loss" in found(), timeout=5000)
    readout.open_figure("loss")
    opener = window.docks["bottom"].page("backprop").network.opener
    qtbot.waitUntil(lambda: opener.window.isVisible(), timeout=10_000)
