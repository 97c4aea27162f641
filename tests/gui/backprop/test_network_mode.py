"""Network mode on the real window's parts: stepping, pointing, opening numbers, exporting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QListWidget
from pytestqt.qtbot import QtBot

from nnstudio.analysis.expression.numbers import significant
from nnstudio.analysis.network_pass import Number, derive
from nnstudio.analysis.references import OwnPrediction, Probability, Weight
from nnstudio.project import templates
from nnstudio.project.commands import configure_training, insert_on_edge
from nnstudio.session.session import Session
from nnstudio.session.store import Store
from nnstudio.ui.backprop.network.matrices import MatrixStrip
from nnstudio.ui.backprop.network.view import NetworkMode
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.canvas.scene import CanvasScene
from tests.analysis.newcomers import Amplifier, SignStep, register

# Drawing into memory there is no window manager that could bring a window to the front.
pytestmark = pytest.mark.qt_log_ignore("does not support raise", extend=True)


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    project = configure_training(templates.new("spiral"), epochs=3)
    made = Bridge(Session(Store(project)))
    yield made
    assert made.close(5.0)


@pytest.fixture
def mode(bridge: Bridge, qtbot: QtBot) -> NetworkMode:
    widget = NetworkMode(bridge)
    qtbot.addWidget(widget)
    widget.resize(1100, 330)
    with qtbot.waitExposed(widget):
        widget.show()
    qtbot.waitUntil(lambda: widget.walk is not None, timeout=10_000)
    return widget


def test_a_pass_over_the_first_sample_appears_by_itself(mode: NetworkMode) -> None:
    assert mode.step is not None
    assert mode.step.index == 0
    assert mode.bar.phases.text().startswith("Forward: step 1 of")


def test_arrow_keys_walk_to_the_end_and_back_to_the_very_same_screen(
    mode: NetworkMode, qtbot: QtBot
) -> None:
    assert mode.walk is not None
    there: list[str] = []
    for _ in range(len(mode.walk)):
        there.append(mode.bar.phases.text() + mode.step_pane.text())
        qtbot.keyClick(mode, Qt.Key.Key_Right)
    assert mode.step is not None
    assert mode.step.index == len(mode.walk) - 1
    back: list[str] = []
    for _ in range(len(mode.walk)):
        back.append(mode.bar.phases.text() + mode.step_pane.text())
        qtbot.keyClick(mode, Qt.Key.Key_Left)
    assert back == there[::-1]
    qtbot.keyClick(mode, Qt.Key.Key_End)
    assert mode.step.index == len(mode.walk) - 1
    qtbot.keyClick(mode, Qt.Key.Key_Home)
    assert mode.step.index == 0


def test_a_click_on_a_phase_goes_to_its_beginning(mode: NetworkMode, qtbot: QtBot) -> None:
    for phase in ("backward", "update", "loss", "forward"):
        qtbot.mouseClick(mode.bar.phases.button(phase), Qt.MouseButton.LeftButton)
        assert mode.step is not None
        assert mode.step.phase == phase


def test_at_neuron_granularity_the_result_on_screen_is_the_tapes_number(mode: NetworkMode) -> None:
    mode.bar.granularity.setCurrentIndex(1)
    assert mode.walk is not None
    for position in range(0, len(mode.walk), 5):
        mode.go_to(position)
        assert mode.step is not None
        if mode.step.number is not None:
            shown = significant(mode.walk.values.value(mode.step.number))
            assert shown in mode.step_pane.result.accessibleName()


def test_every_step_of_every_granularity_can_be_shown(mode: NetworkMode) -> None:
    for place in range(3):
        mode.bar.granularity.setCurrentIndex(place)
        assert mode.walk is not None
        every = max(1, len(mode.walk) // 60)
        for position in range(0, len(mode.walk), every):
            mode.go_to(position)
    mode.bar.scope.setCurrentIndex(1)


def test_the_whole_batch_shows_a_row_for_every_sample(mode: NetworkMode, qtbot: QtBot) -> None:
    mode.bar.scope.setCurrentIndex(1)
    qtbot.waitUntil(lambda: mode.walk is not None and mode.walk.values.passed().count > 1)
    mode.go_to(1)
    count = mode.walk.values.passed().count if mode.walk else 0
    assert mode.strip.sheets[-1].cells.shape[0] == count


def test_another_sample_is_worked_at_the_same_place(mode: NetworkMode, qtbot: QtBot) -> None:
    mode.go_to(3)
    mode.show_sample("validation", 4)
    qtbot.waitUntil(lambda: mode.walk is not None and mode.walk.values.passed().rows == (4,))
    assert mode.walk is not None
    assert mode.walk.values.passed().part == "validation"
    assert mode.step is not None
    assert mode.step.index == 3


def test_pointing_at_a_result_lights_the_column_and_row_it_came_from(mode: NetworkMode) -> None:
    mode.go_to(1)
    sheets = {sheet.shown.symbol: sheet for sheet in mode.strip.sheets}
    number = sheets["z"].number_at(0, 3)
    assert number is not None
    names = sheets["z"].names(number)
    lit = sheets["W"].lit(names)
    assert lit is not None
    column = number.index[-1]
    rows, columns = np.nonzero(lit)
    assert set(columns.tolist()) == {column}
    assert len(rows) == sheets["W"].cells.shape[0]
    of_weight = sheets["W"].number_at(1, 2)
    assert of_weight is not None
    lit_input = sheets["x"].lit(sheets["W"].names(of_weight))
    assert lit_input is not None
    assert np.count_nonzero(lit_input) == 1


def test_a_click_on_a_cell_opens_it_and_its_operands_lead_down_to_the_data(
    mode: NetworkMode, qtbot: QtBot
) -> None:
    mode.go_to(1)
    strip: MatrixStrip = mode.strip
    placed = strip._placed[-1]
    middle = placed.rect_of(0, 2).center().toPoint()
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=middle)
    window = mode.opener.window
    assert window.isVisible()
    assert window.way[0].account.value == pytest.approx(float(placed.sheet.cells[0, 2]))
    for _ in range(12):
        rows = [line for line in window.view.operands.lines() if line.opens is not None]
        inputs = [line for line in rows if line.opens.number.what == "y"]
        if not inputs:
            break
        click(window.view.operands, window.view.operands.lines().index(inputs[0]), qtbot)
    assert window.way[-1].account.note.startswith("Here the data begins")
    length = len(window.way)
    qtbot.keyClick(window, Qt.Key.Key_Backspace)
    assert len(window.way) == length - 1
    window.go_back(0)
    assert len(window.way) == 1
    assert window.view.text()


def click(view: QListWidget, row: int, qtbot: QtBot) -> None:
    item = view.item(row)
    view.scrollToItem(item)
    qtbot.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualItemRect(item).center()
    )


def test_a_reference_from_another_panel_opens_the_number_it_showed(
    mode: NetworkMode, bridge: Bridge, qtbot: QtBot
) -> None:
    for reference in (
        Probability("test", 5, 1),
        OwnPrediction([0.3, -0.2], 0),
        Weight("dense-1", "kernel", (1, 3)),
    ):
        bridge.open_number(reference)
        qtbot.waitUntil(lambda: mode.opener._waiting is None)
        assert mode.opener.window.isVisible()
        assert mode.opener.window.way[0].account.operands


def test_the_canvas_carries_the_values_and_lights_what_the_step_works_on(
    mode: NetworkMode, bridge: Bridge
) -> None:
    scene = CanvasScene(bridge)
    mode.go_to(1)
    assert scene.cards["dense-1"].values is not None
    assert scene.cards["dense-1"].values.active
    assert scene.cards["dense-1"].values.forward
    assert mode.walk is not None
    mode.go_to(mode.walk.begin_of("backward"))
    card = scene.cards[mode.walk.values.plan.output]
    assert card.values is not None
    assert card.values.backward
    mode.hide()
    assert scene.cards["dense-1"].values is None


def test_selecting_a_card_goes_to_what_happens_there(mode: NetworkMode, bridge: Bridge) -> None:
    bridge.select(["dense-2"])
    assert mode.step is not None
    assert mode.step.operation.node == "dense-2"
    bridge.select(["loss"])
    assert mode.step.phase == "loss"


def test_training_brings_the_present_weights_and_keeps_the_place(
    mode: NetworkMode, bridge: Bridge, qtbot: QtBot
) -> None:
    mode.go_to(2)
    assert mode.walk is not None
    before = mode.walk.values.array("dense-1", "w:kernel").copy()
    bridge.session.train()
    qtbot.waitUntil(lambda: bridge.project.trained is not None, timeout=20_000)
    trained = bridge.project.trained
    assert trained is not None

    def shows_them() -> bool:
        assert mode.walk is not None
        shown = mode.walk.values.array("dense-1", "w:kernel")
        return np.array_equal(shown, trained.weights["dense-1", "kernel"])

    qtbot.waitUntil(shows_them)
    assert not np.array_equal(before, trained.weights["dense-1", "kernel"])
    assert mode.step is not None
    assert mode.step.index == 2


def test_other_weights_can_be_worked(mode: NetworkMode, qtbot: QtBot) -> None:
    assert mode.walk is not None
    values = mode.walk.values
    weights = {
        (step.id, spec.name): np.full(spec.shape, 0.25, np.float32)
        for step in values.plan.steps
        for spec in step.parameters
    }
    mode.show_weights(weights)
    qtbot.waitUntil(
        lambda: (
            mode.walk is not None
            and bool(np.all(mode.walk.values.array("dense-1", "w:kernel") == 0.25))
        )
    )


def test_a_neuron_is_handed_to_expression_mode_with_its_numbers(
    mode: NetworkMode, qtbot: QtBot
) -> None:
    mode.go_to(1)
    sheets: list[Any] = []
    mode.expression_requested.connect(sheets.append)
    qtbot.mouseClick(mode.neuron.work, Qt.MouseButton.LeftButton)
    assert mode.neuron.view is not None
    from nnstudio.analysis.expression import start

    value = start(sheets[0]).of.forward.values[sheets[0].graph.output]
    assert value == pytest.approx(mode.neuron.view.a, abs=1e-5)


def test_the_gradient_check_names_the_worst_parameter_of_each_layer_and_opens_it(
    mode: NetworkMode, qtbot: QtBot
) -> None:
    mode.check_gradients()
    qtbot.waitUntil(lambda: mode._check_ticket is None, timeout=20_000)
    window = mode.check_window
    assert window.shown is not None
    assert window.shown.passed
    assert window.table.rowCount() == len(window.shown.layers)
    window._open(0)
    assert mode.opener.window.isVisible()


def test_copy_and_export(mode: NetworkMode, tmp_path: Path) -> None:
    mode.go_to(1)
    mode.exports.copy_step()
    assert "z = x·W + b" in QGuiApplication.clipboard().text()
    mode.exports.copy_arrays()
    assert "W" in QGuiApplication.clipboard().text()
    for kind, start in (
        ("png", b"\x89PNG"),
        ("svg", b"<?xml"),
        ("md", b"# One"),
        ("tex", b"\\doc"),
    ):
        path = tmp_path / f"pass.{kind}"
        mode.exports.write(kind, path)
        assert path.read_bytes().startswith(start)


def test_more_digits_are_shown_everywhere(mode: NetworkMode) -> None:
    mode.bar.granularity.setCurrentIndex(1)
    mode.go_to(4)
    assert mode.walk is not None
    assert mode.step is not None
    assert mode.step.number is not None
    value = mode.walk.values.value(mode.step.number)
    mode.bar.digits.setCurrentIndex(mode.bar.digits.findData(8))
    assert significant(value, 8) in mode.step_pane.result.accessibleName()


def test_a_network_that_cannot_run_says_why(mode: NetworkMode, bridge: Bridge) -> None:
    from nnstudio.project.commands import disconnect

    bridge.do("Cut", disconnect, bridge.project.graph.edges[-1].id)
    assert mode.walk is None
    assert mode.stack.currentWidget() is mode.empty
    assert bridge.session.obstacle is not None
    assert mode.empty.title.text() == bridge.session.obstacle.title


def test_hovering_shows_the_full_number(mode: NetworkMode, qtbot: QtBot) -> None:
    mode.go_to(1)
    placed = mode.strip._placed[-1]
    found = mode.strip._find(QPointF(placed.rect_of(0, 1).center()))
    assert found is not None
    assert found[1] == placed.sheet.number_at(0, 1)
    qtbot.mouseMove(mode.strip, QPoint(placed.rect_of(0, 1).center().toPoint()))


def test_all_numbers_of_the_update_open(mode: NetworkMode) -> None:
    assert mode.walk is not None
    mode.go_to(mode.walk.begin_of("update"))
    lines = mode.update_pane.lines.lines()
    assert len(lines) >= 6
    for line in lines:
        derive(mode.walk.values, line.opens)
    mode.jump(1)
    assert [line.opens for line in mode.update_pane.lines.lines()][1] == Number("update", "norm")


def test_a_layer_and_an_optimizer_that_no_explanation_knows_are_shown_with_their_numbers(
    bridge: Bridge, mode: NetworkMode, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    store = bridge.session.store
    wire = store.project.graph.outgoing["dense-1"][0]
    store.do("Insert", insert_on_edge, wire.id, Amplifier())
    store.do("Optimizer", configure_training, optimizer=SignStep(0.01))
    qtbot.waitUntil(
        lambda: mode.walk is not None and "amplifier-1" in mode.walk.values.steps, timeout=10_000
    )
    assert mode.walk is not None
    seen = []
    for place in range(len(mode.walk.operations)):
        mode.go_to(place)
        seen.append(mode.step_pane.text())
    assert sum("no worked account" in text and "Amplifier" in text for text in seen) >= 3
    assert sum("no worked account" in text and "Sign step" in text for text in seen) >= 2
    mode.open_number(Number("amplifier-1", "dx0", (0, 1)))
    view = mode.opener.window.view
    assert view.formula.accessibleName() == "no worked account"
    value = mode.walk.values.value(Number("amplifier-1", "dx0", (0, 1)))
    assert significant(value) in view.result.accessibleName()
