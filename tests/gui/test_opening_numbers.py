"""Numbers in the other panels open: a probability, a figure, a cell, a sample, a curve's point."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from nnstudio.analysis.references import (
    ConfusionCell,
    CurvePoint,
    Figure,
    Measured,
    OwnPrediction,
    account,
)
from nnstudio.project import templates
from nnstudio.project.commands import configure_training
from nnstudio.session.session import Session
from nnstudio.session.store import Store
from nnstudio.ui import theme
from nnstudio.ui.backprop.derivation import NumberOpener
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.panels.curves import CurvesPanel
from nnstudio.ui.panels.evaluate import EvaluatePanel
from nnstudio.ui.panels.properties import PropertiesPanel
from nnstudio.ui.panels.try_it import TryItPanel


@pytest.fixture
def bridge(qtbot: QtBot) -> Iterator[Bridge]:
    project = configure_training(templates.new("spiral"), epochs=6)
    made = Bridge(Session(Store(project)))
    qtbot.waitUntil(lambda: made.dataset is not None, timeout=10_000)
    yield made
    assert made.close(5.0)


@pytest.fixture
def wanted(bridge: Bridge) -> list[Any]:
    asked: list[Any] = []
    bridge.number_wanted.connect(asked.append)
    return asked


def shown(qtbot: QtBot, panel: Any, width: int = 1000, height: int = 320) -> None:
    qtbot.addWidget(panel)
    panel.resize(width, height)
    with qtbot.waitExposed(panel):
        panel.show()


def test_figures_cells_classes_and_samples_of_an_evaluation_open(
    bridge: Bridge, wanted: list[Any], qtbot: QtBot
) -> None:
    panel = EvaluatePanel(bridge)
    shown(qtbot, panel)
    tried: list[Any] = []
    bridge.try_wanted.connect(tried.append)
    panel.run("test")
    qtbot.waitUntil(lambda: panel.evaluation is not None)
    evaluation = panel.evaluation
    assert evaluation is not None
    panel.figures.linkActivated.emit("Accuracy")
    middle = panel.matrix.cell_rect(0, 1).center().toPoint()
    qtbot.mouseDClick(panel.matrix, Qt.MouseButton.LeftButton, pos=middle)
    panel.table.cellDoubleClicked.emit(1, 2)
    panel._show_cell(0, 0)
    panel.samples.itemActivated.emit(panel.samples.item(0))
    figure, cell, klass = wanted
    assert isinstance(figure, Figure)
    assert isinstance(cell, ConfusionCell)
    assert (cell.true, cell.predicted) == (0, 1)
    assert isinstance(klass, Figure)
    assert (klass.name, klass.klass) == ("recall", 1)
    assert bridge.dataset is not None
    assert bridge.dataset.test is not None
    row = evaluation.cell(0, 0)[0]
    assert np.allclose(tried[0], bridge.dataset.test.x[row], atol=1e-5), "a sample is tried"
    for reference in (figure, cell, klass):
        assert account(reference) is not None


def test_a_probability_of_an_own_input_opens(
    bridge: Bridge, wanted: list[Any], qtbot: QtBot
) -> None:
    panel = TryItPanel(bridge)
    shown(qtbot, panel)
    qtbot.waitUntil(lambda: panel.prediction is not None)
    qtbot.mouseClick(panel.bars, Qt.MouseButton.LeftButton, pos=QPoint(20, 30))
    (reference,) = wanted
    assert isinstance(reference, OwnPrediction)
    assert reference.output == 1


def test_a_point_of_a_curve_opens(bridge: Bridge, wanted: list[Any], qtbot: QtBot) -> None:
    panel = CurvesPanel(bridge)
    shown(qtbot, panel)
    bridge.session.train()
    qtbot.waitUntil(lambda: bridge.project.trained is not None, timeout=20_000)
    panel.refresh()
    chart = panel.loss_chart
    middle = QPoint(chart.width() // 2, chart.height() // 2)
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=middle)
    (reference,) = wanted
    assert isinstance(reference, CurvePoint)
    assert reference.figure in ("loss", "validation_loss")
    told = account(reference)
    assert told is not None
    assert told.value == getattr(reference.record, reference.figure)


@pytest.mark.qt_log_ignore("does not support raise", extend=True)
def test_the_figures_of_a_layer_open_by_mouse_and_by_key(
    bridge: Bridge, wanted: list[Any], qtbot: QtBot
) -> None:
    panel = PropertiesPanel(bridge)
    shown(qtbot, panel, 300, 700)
    opener = NumberOpener(bridge, panel)
    bridge.session.watch_pictures(True)
    bridge.select(["dense-1"])

    def labels() -> dict[str, Any]:
        return {n.text(): v for line, n, v in panel.now_figures._labels if not line.isHidden()}

    qtbot.waitUntil(lambda: "Weights RMS" in labels(), timeout=10_000)
    label = labels()["Weights RMS"]
    assert "<a " in label.text()
    assert "underline" not in label.text()
    label.linkHovered.emit("0")
    assert "underline" in label.text()
    label.linkHovered.emit("")
    height = label.fontMetrics().height()
    qtbot.mouseClick(label, Qt.MouseButton.LeftButton, pos=QPoint(6, height // 2 + 1))
    (reference,) = wanted
    assert isinstance(reference, Measured)
    assert reference.what == "weights rms"
    qtbot.waitUntil(lambda: bool(opener.window.way), timeout=10_000)
    told = opener.window.way[-1].account
    assert theme.number(told.value) == label.plain()
    opener.window.view.opened.emit(told.openable()[0])
    qtbot.waitUntil(lambda: len(opener.window.way) == 2)

    outputs = labels()["Outputs"]
    outputs.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(outputs, Qt.Key.Key_Tab)
    qtbot.keyClick(outputs, Qt.Key.Key_Return)
    assert wanted[-1].what in ("output mean", "output deviation")
    opener.window.close()
