"""Every shown result says which network, data and weights it is from, and whether they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from nnstudio.data.bundled import Diabetes, Digits
from nnstudio.data.points import Circles
from nnstudio.data.text_files import TextFile
from nnstudio.nn.activations import Linear, Sigmoid
from nnstudio.nn.losses import BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError
from nnstudio.project import commands as edit
from nnstudio.project import files, templates
from nnstudio.project.setup import EarlyStopping
from nnstudio.session.events import BegunAnew, PictureReady
from nnstudio.ui import dialogs, theme
from nnstudio.ui.backprop.network.view import NetworkMode
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.canvas.scene import CanvasScene
from nnstudio.ui.panels.curves import CurvesPanel
from nnstudio.ui.panels.data import DataPanel
from nnstudio.ui.panels.evaluate import EvaluatePanel
from nnstudio.ui.panels.problems import ProblemsPanel
from nnstudio.ui.panels.properties import PropertiesPanel
from nnstudio.ui.panels.training import TrainingPanel
from nnstudio.ui.panels.try_inputs import NumbersInput, TextInput
from nnstudio.ui.panels.try_it import TryItPanel
from nnstudio.ui.status import Status
from nnstudio.ui.toolbar import Readout
from tests.gui.studio import Make, show, train

LEFT = Qt.MouseButton.LeftButton


def evaluate(qtbot: Any, panel: EvaluatePanel, part: str = "test") -> Any:
    before = panel.evaluation
    panel.run(part)
    qtbot.waitUntil(lambda: panel.evaluation is not before, timeout=20_000)
    return panel.evaluation


def change_units(bridge: Bridge, node: str, units: int) -> None:
    bridge.do("Units", edit.configure_layer, node, units=units)


# ---- which weights, which set -------------------------------------------------------------------


def test_after_the_best_weights_were_restored_every_figure_says_its_epoch(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("sentiment"))
    readout = show(qtbot, Readout(bridge), 1400, 30)
    panel = show(qtbot, EvaluatePanel(bridge))
    stopping = EarlyStopping(patience=3, restore_best_weights=True)
    trained = train(qtbot, bridge, epochs=40, early_stopping=stopping)
    best, last = trained.best_epoch, trained.history[-1].epoch
    assert best < last
    text = readout.text()
    assert f"weights: epoch {best} (best)" in text
    record = trained.history[best - 1]
    assert f"training loss {theme.number(record.loss)}" in text
    assert f"val. loss {theme.number(record.validation_loss)}" in text
    assert theme.number(trained.history[-1].loss) not in text
    evaluate(qtbot, panel)
    assert f"weights of epoch {best} (the best)" in panel.state.text()
    assert "of the test set" in panel.state.text()
    bridge.store.undo()
    evaluate(qtbot, panel)
    assert "initial weights" in panel.state.text()


def test_a_paused_epoch_is_part_of_what_the_weights_are_called(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("spiral"))
    panel = show(qtbot, EvaluatePanel(bridge))
    readout = show(qtbot, Readout(bridge), 1400, 30)
    for _ in range(2):
        before = bridge.project.trained
        bridge.session.step()
        qtbot.waitUntil(lambda before=before: bridge.project.trained is not before)
        qtbot.waitUntil(lambda: bridge.session.state == "paused")
    evaluate(qtbot, panel)
    assert "weights in epoch 1 after step 2" in panel.state.text()
    assert "weights: epoch 0 + 2 steps" in readout.text()


# ---- results that are no more the present network's ---------------------------------------------


def test_other_data_marks_curves_and_evaluation_and_takes_toolbar_and_speed_away(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("digits"))
    readout = show(qtbot, Readout(bridge), 1400, 30)
    status = show(qtbot, Status(bridge), 900, 26)
    curves, panel = show(qtbot, CurvesPanel(bridge)), show(qtbot, EvaluatePanel(bridge))
    train(qtbot, bridge, epochs=3)
    evaluate(qtbot, panel)
    assert "training accuracy" in readout.text()
    assert "samples/s" in status.device.text()
    assert not curves.stale.isVisible()
    assert not panel.stale.isVisible()
    assert "chance" in {line.name for line in curves.figure("accuracy").lines}
    bridge.do("Data", edit.set_data, Circles())
    qtbot.waitUntil(lambda: isinstance(bridge.project.data, Circles) and bridge.dataset is not None)
    bridge.drain()
    assert readout.text() == " not trained since the data changed"
    assert "chance" not in {line.name for line in curves.figure("accuracy").lines}
    assert "samples/s" not in status.device.text()
    for stale in (curves.stale, panel.stale):
        assert stale.isVisible()
        assert stale.title.text().startswith("From before your change: ")
        assert "the data changed" in stale.title.text()
    bridge.store.undo()
    qtbot.waitUntil(lambda: not curves.stale.isVisible())
    assert "training accuracy" in readout.text()
    assert not panel.stale.isVisible()


def test_a_changed_layer_marks_what_was_measured_until_it_is_trained_anew(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("spiral"))
    readout = show(qtbot, Readout(bridge), 1400, 30)
    curves, panel = show(qtbot, CurvesPanel(bridge)), show(qtbot, EvaluatePanel(bridge))
    train(qtbot, bridge, epochs=3)
    evaluate(qtbot, panel)
    change_units(bridge, "dense-1", 5)
    bridge.drain()
    assert "the layers changed" in curves.stale.title.text()
    assert "the layers changed" in panel.stale.title.text()
    assert readout.text() == " not trained since the layers changed"
    told: list[Any] = []
    bridge.event.connect(told.append)
    before = bridge.project.trained
    QTest.mouseClick(curves.stale.button, LEFT)
    qtbot.waitUntil(
        lambda: bridge.project.trained is not before and bridge.session.state == "ready",
        timeout=30_000,
    )
    bridge.drain()
    curves.refresh()
    assert [e.text for e in told if isinstance(e, BegunAnew)] == [
        "Training begins anew: the layers changed since the last training"
    ]
    assert not curves.stale.isVisible()
    assert len(curves.history.records) == 3
    assert panel.stale.isVisible(), "the evaluation is still the earlier network's"
    QTest.mouseClick(panel.stale.button, LEFT)
    qtbot.waitUntil(lambda: not panel.stale.isVisible())


def test_what_a_running_training_shows_says_that_the_network_was_changed_meanwhile(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("spiral"))
    readout, curves = show(qtbot, Readout(bridge), 1600, 30), show(qtbot, CurvesPanel(bridge))
    bridge.do("Epochs", edit.configure_training, epochs=100_000, early_stopping=None)
    bridge.session.train()
    qtbot.waitUntil(lambda: not curves.history.empty, timeout=10_000)
    change_units(bridge, "dense-1", 5)
    qtbot.waitUntil(curves.stale.isVisible)
    assert "Training goes on as it began" in curves.stale.title.text()
    assert "from before the layers changed" in readout.text()
    bridge.session.stop()
    qtbot.waitUntil(lambda: bridge.session.state != "running")
    bridge.drain()
    assert curves.stale.isVisible(), "also where the result waits for its network"
    assert "not trained since" in readout.text()


def test_a_reopened_project_remembers_that_it_was_changed_after_training(
    qtbot: Any, open_studio: Make, tmp_path: Path
) -> None:
    bridge = open_studio(templates.new("spiral"))
    train(qtbot, bridge, epochs=2)
    change_units(bridge, "dense-1", 5)
    files.save(bridge.project, tmp_path / "changed.nns")
    again = open_studio(files.load(tmp_path / "changed.nns"))
    curves = show(qtbot, CurvesPanel(again))
    assert curves.stale.isVisible()
    assert "the layers" in curves.stale.title.text()


def test_cards_and_properties_forget_figures_of_other_data_also_those_that_come_late(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("spiral"))
    scene, panel = CanvasScene(bridge), show(qtbot, PropertiesPanel(bridge), 300, 800)
    bridge.select(["dense-2"])
    told: list[Any] = []
    bridge.event.connect(told.append)
    bridge.session.watch_pictures(True)
    qtbot.waitUntil(lambda: "dense-2" in scene.pictures, timeout=10_000)
    assert "Weights RMS" in _shown(panel)
    late = [event for event in told if isinstance(event, PictureReady)][-1]
    bridge.session.watch_pictures(False)
    bridge.do("Data", edit.set_data, Digits())
    qtbot.waitUntil(lambda: bridge.dataset is not None, timeout=10_000)
    bridge.event.emit(late)
    for _ in range(3):  # pictures take turns with the curves
        bridge.drain()
    assert not scene.pictures
    qtbot.waitUntil(lambda: "Weights RMS" not in _shown(panel))


def test_the_loss_card_says_what_its_number_is_the_loss_of(qtbot: Any, open_studio: Make) -> None:
    bridge = open_studio(templates.new("spiral"))
    scene = CanvasScene(bridge)
    bridge.session.watch_pictures(True)
    qtbot.waitUntil(lambda: "loss" in scene.pictures, timeout=10_000)
    face = scene.cards["loss"].face
    assert face.left == "training set"
    assert "128 training samples" in face.right_help


def test_an_obstacle_that_train_met_goes_once_it_is_mended(qtbot: Any, open_studio: Make) -> None:
    bridge = open_studio(templates.new("spiral"))
    panel = show(qtbot, ProblemsPanel(bridge))
    change_units(bridge, "dense-3", 3)
    bridge.session.train()
    bridge.drain()
    assert len(panel.cards) == 1
    change_units(bridge, "dense-3", 2)
    bridge.drain()
    assert not panel.problems()


def test_how_a_run_ended_is_not_said_of_a_changed_network(qtbot: Any, open_studio: Make) -> None:
    bridge = open_studio(templates.new("spiral"))
    status = show(qtbot, Status(bridge), 900, 26)
    train(qtbot, bridge, epochs=2)
    assert "Finished 2 epochs" in status.state.text()
    change_units(bridge, "dense-1", 5)
    bridge.drain()
    assert "Finished" not in status.state.text()


def test_another_project_with_cards_of_the_same_names_begins_without_pictures_and_speed(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("spiral"))
    scene, status = CanvasScene(bridge), show(qtbot, Status(bridge), 900, 26)
    form = show(qtbot, TrainingPanel(bridge), 300, 700).training.form
    assert form.row("batch_size").editor.line.hint.startswith("of ")
    train(qtbot, bridge, epochs=2)
    bridge.session.watch_pictures(True)
    qtbot.waitUntil(lambda: scene.cards["dense-1"].picture is not None, timeout=10_000)
    bridge.session.watch_pictures(False)
    assert "samples/s" in status.device.text()
    bridge.store.open(edit.set_data(templates.new("spiral"), TextFile(path="/no/such/file.csv")))
    assert all(card.picture is None for card in scene.cards.values())
    assert "samples/s" not in status.device.text()
    assert form.row("batch_size").editor.line.hint == ""


def test_weights_trained_on_other_data_are_called_so_in_an_evaluation(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(edit.set_data(templates.new("spiral"), Circles()))
    panel = show(qtbot, EvaluatePanel(bridge), 1400, 340)
    train(qtbot, bridge, epochs=4)
    bridge.do("Data", edit.set_data, Circles(noise=0.3))
    qtbot.waitUntil(lambda: bridge.session.state == "ready" and bridge.dataset is not None)
    evaluate(qtbot, panel)
    assert "weights of epoch 4, trained before the data changed" in panel.state.text()
    assert not panel.stale.isVisible(), "it was measured on the data of now"


def test_a_point_of_curves_from_before_a_change_does_not_open_on_the_present_data(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("spiral"))
    curves = show(qtbot, CurvesPanel(bridge))
    train(qtbot, bridge, epochs=3)
    opened: list[Any] = []
    told: list[str] = []
    bridge.number_wanted.connect(opened.append)
    bridge.message.connect(told.append)
    curves.loss_chart.clicked.emit(2.0, "training")
    assert len(opened) == 1
    change_units(bridge, "dense-1", 5)
    curves.loss_chart.clicked.emit(2.0, "training")
    assert len(opened) == 1
    assert told == ["These curves are from before the layers changed."]


def test_the_worked_pass_says_which_weights_it_is_made_with(qtbot: Any, open_studio: Make) -> None:
    bridge = open_studio(templates.new("spiral"))
    mode = show(qtbot, NetworkMode(bridge), 1100, 500)
    qtbot.waitUntil(
        lambda: mode.step_pane.weights.text() == "With the initial weights.", timeout=10_000
    )
    train(qtbot, bridge, epochs=2)
    qtbot.waitUntil(
        lambda: mode.step_pane.weights.text() == "With the weights of epoch 2.", timeout=10_000
    )


def test_class_bars_go_where_the_data_has_no_classes(qtbot: Any, open_studio: Make) -> None:
    bridge = open_studio(templates.new("digits"))
    panel = show(qtbot, DataPanel(bridge), 300, 900)
    assert panel.classes.isVisible()
    bridge.do("Data", edit.set_data, Diabetes())
    qtbot.waitUntil(lambda: panel.title.text() == "Diabetes" and bridge.dataset is not None)
    bridge.drain()
    assert not panel.classes.isVisible()
    assert not panel.classes_title.isVisible()
    bridge.do("Data", edit.set_data, Digits())
    qtbot.waitUntil(panel.classes.isVisible)


def test_a_field_no_longer_shows_a_fault_that_was_mended_elsewhere(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("spiral"))
    panel = show(qtbot, PropertiesPanel(bridge), 300, 700)
    bridge.select(["dense-3"])
    bridge.do("Loss", edit.change_loss, CategoricalCrossentropy())
    bridge.do("Output", edit.configure_layer, "dense-3", units=1, activation=Sigmoid())
    bridge.drain()
    fault = "Categorical cross-entropy needs"
    qtbot.waitUntil(lambda: fault in _shown(panel))
    bridge.do("Loss", edit.change_loss, BinaryCrossentropy())
    bridge.drain()
    assert not bridge.check.problems
    assert fault not in _shown(panel)


def _shown(panel: QWidget) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


# ---- a data file that changed or is gone --------------------------------------------------------


def films(good: str = "good", bad: str = "bad") -> str:
    lines = ["review,label"]
    for n in range(40):
        lines.append(f"a {good} film number {n % 4},pos")
        lines.append(f"a {bad} film number {n % 4},neg")
    return "\n".join(lines) + "\n"


@pytest.fixture
def saved(qtbot: Any, open_studio: Make, tmp_path: Path) -> tuple[Path, Path]:
    data, path = tmp_path / "films.csv", tmp_path / "films.nns"
    data.write_text(films())
    project = edit.set_data(templates.new("sentiment"), TextFile(path=str(data), vocabulary=12))
    project = edit.delete(project, ["dropout-1", "dropout-2", "dense-2"])
    project = edit.configure_layer(project, "dense-1", units=8)
    project = edit.configure_layer(project, "dense-3", units=2)
    bridge = open_studio(project)
    train(qtbot, bridge, epochs=60)
    files.save(bridge.project, path)
    return data, path


def test_try_it_keeps_to_the_fitted_words_and_says_that_the_file_changed(
    qtbot: Any, open_studio: Make, saved: tuple[Path, Path]
) -> None:
    data, path = saved
    data.write_text(films(good="bad", bad="good"))
    panel = show(qtbot, TryItPanel(open_studio(files.load(path))))
    assert isinstance(panel.input, TextInput)
    panel.input.edit.setPlainText("a good film")
    qtbot.waitUntil(lambda: panel.prediction is not None, timeout=10_000)
    assert panel.verdict.text() == "pos"
    assert panel.note.isVisible()
    assert panel.note.title.text() == "The data has changed since the network was trained"
    assert "weights of epoch 60" in panel.detail.text()


def test_without_its_file_a_project_can_be_tried_and_the_file_located(
    qtbot: Any,
    open_studio: Make,
    saved: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    data, path = saved
    moved = tmp_path / "elsewhere.csv"
    data.rename(moved)
    bridge = open_studio(files.load(path), "idle")
    panel, judged = show(qtbot, TryItPanel(bridge)), show(qtbot, EvaluatePanel(bridge))
    assert isinstance(panel.input, TextInput)
    panel.input.edit.setPlainText("a bad film")
    qtbot.waitUntil(lambda: panel.prediction is not None, timeout=10_000)
    assert panel.verdict.text() == "neg"
    assert "There is no file" in panel.note.title.text()
    assert "There is no file" in judged.empty.title.text()
    monkeypatch.setattr(dialogs, "choose_path", lambda *_, **__: str(moved))
    assert judged.empty.button.text() == "Locate it…"
    QTest.mouseClick(judged.empty.button, LEFT)
    qtbot.waitUntil(lambda: bridge.dataset is not None, timeout=10_000)
    bridge.drain()
    assert not panel.note.isVisible(), "it is the same data, in another place"
    assert panel.input.edit.toPlainText() == "a bad film"
    evaluate(qtbot, judged)
    assert judged.evaluation.figures["Accuracy"] == 1.0
    assert bridge.session.origins.begins_anew == ""


def test_sliders_know_their_ranges_without_the_data(qtbot: Any, open_studio: Make) -> None:
    bridge = open_studio(templates.new("spiral"))
    trained = train(qtbot, bridge, epochs=1)
    least, _, most = trained.fitted.ranges
    panel = show(qtbot, TryItPanel(bridge))
    bridge.session.dataset = None
    bridge.session._recheck()
    panel._refresh()
    assert isinstance(panel.input, NumbersInput)
    panel.input.sliders[0].setValue(0)
    assert panel.input.value()[0] == pytest.approx(least[0])
    panel.input.sliders[1].setValue(panel.input.sliders[1].maximum())
    assert panel.input.value()[1] == pytest.approx(most[1])


def test_a_test_file_that_is_gone_is_the_one_to_be_located(
    qtbot: Any, open_studio: Make, saved: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, path = saved
    bridge = open_studio(files.load(path))
    gone, there = data.with_name("gone.csv"), data.with_name("there.csv")
    there.write_text(films())
    bridge.do("Test file", edit.configure_data, test_path=str(gone))
    panel = show(qtbot, DataPanel(bridge), 300, 900)
    qtbot.waitUntil(lambda: panel.problem.isVisible(), timeout=10_000)
    assert panel.problem.button.text() == "Locate it…"
    monkeypatch.setattr(dialogs, "choose_path", lambda *_, **__: str(there))
    QTest.mouseClick(panel.problem.button, LEFT)
    qtbot.waitUntil(lambda: bridge.dataset is not None, timeout=10_000)
    assert bridge.project.data.path == str(data)
    assert bridge.project.data.test_path == str(there)


def test_a_sample_of_earlier_data_is_not_put_where_it_does_not_fit(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("spiral"))
    panel = show(qtbot, TryItPanel(bridge))
    told: list[str] = []
    bridge.message.connect(told.append)
    bridge.try_out("a text of other data")
    bridge.try_out([1.0, 2.0, 3.0])
    assert len(told) == 2
    bridge.try_out([0.25, -0.5])
    assert panel.input.value() == [0.25, -0.5]


# ---- mistakes and regression --------------------------------------------------------------------


def test_a_mistake_that_is_double_clicked_is_tried(
    qtbot: Any, open_studio: Make, saved: tuple[Path, Path]
) -> None:
    bridge = open_studio(files.load(saved[1]))
    panel, tried = show(qtbot, EvaluatePanel(bridge)), show(qtbot, TryItPanel(bridge))
    fronts: list[str] = []
    bridge.panel_wanted.connect(fronts.append)
    evaluate(qtbot, panel, "train")
    panel._show_cell(0, 0)
    item = panel.samples.item(0)
    panel.samples.itemActivated.emit(item)
    assert fronts == ["try_it"]
    assert (
        tried.input.edit.toPlainText() == bridge.dataset.train.texts[panel.evaluation.cell(0, 0)[0]]
    )
    qtbot.waitUntil(lambda: tried.prediction is not None, timeout=10_000)
    assert tried.verdict.text() == "neg"


def test_a_regression_leads_with_figures_in_the_units_of_the_data(
    qtbot: Any, open_studio: Make
) -> None:
    project = edit.set_data(templates.new("spiral"), Diabetes())
    project = edit.configure_layer(project, "dense-3", units=1)
    project = edit.configure_layer(project, "dense-3", activation=Linear())
    project = edit.change_loss(project, MeanSquaredError())
    bridge = open_studio(project)
    panel = show(qtbot, EvaluatePanel(bridge))
    evaluate(qtbot, panel)
    assert "MAE" in panel.figures.text()
    assert "RMSE" in panel.figures.text()
    assert "Loss" not in panel.figures.text()
    assert "on the standardised target" in panel.state.text()
    assert "in units of progression" in panel.state.text()
