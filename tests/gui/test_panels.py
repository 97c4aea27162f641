"""The panels with a real session behind them: properties, training, data, curves, evaluation."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from nnstudio.nn.activations import Linear
from nnstudio.project import commands as edit
from nnstudio.project import templates
from nnstudio.spec import Fix, Place, Problem, parts
from nnstudio.ui import dialogs
from nnstudio.ui.panels.curves import CurvesPanel
from nnstudio.ui.panels.data import DataPanel
from nnstudio.ui.panels.evaluate import EvaluatePanel
from nnstudio.ui.panels.problems import ProblemsPanel
from nnstudio.ui.panels.properties import PropertiesPanel
from nnstudio.ui.panels.training import TrainingPanel
from nnstudio.ui.panels.try_inputs import DrawInput, NumbersInput, TextInput
from nnstudio.ui.panels.try_it import TryItPanel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def studio(open_studio):
    """Makes a bridge over a template, with its data loaded; closes it afterwards."""
    return lambda template: open_studio(templates.new(template))


def show(qtbot, panel, width=900, height=320):
    qtbot.addWidget(panel)
    panel.resize(width, height)
    panel.show()
    return panel


def train(qtbot, bridge, epochs=3):
    bridge.do("Epochs", edit.configure_training, epochs=epochs, early_stopping=None)
    bridge.session.train()
    qtbot.waitUntil(
        lambda: bridge.project.trained is not None and bridge.session.state == "ready",
        timeout=40_000,
    )


def type_into(form, name, text):
    line = form.row(name).editor.line
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def test_the_properties_follow_the_selection_and_change_the_layer(qtbot, studio):
    bridge = studio("spiral")
    panel = show(qtbot, PropertiesPanel(bridge), 300, 700)
    assert panel.form is None
    bridge.select(["dense-1"])
    assert panel.title == "Dense 1"
    type_into(panel.form, "units", "24")
    assert bridge.project.graph.node("dense-1").layer.units == 24
    bridge.store.undo()
    assert panel.form.row("units").editor.line.text() != "24"
    bridge.select(["loss"])
    assert panel.title == "Loss"
    bridge.select(["dense-1", "dense-2"])
    assert panel.title == "2 layers"


def test_a_slider_drag_is_one_step_back(qtbot, studio):
    bridge = studio("sentiment")
    panel = show(qtbot, PropertiesPanel(bridge), 300, 700)
    bridge.select(["dropout-1"])
    before = bridge.project
    slider = panel.form.row("rate").editor.slider
    slider.setSliderDown(True)
    for position in range(20, 90, 5):
        slider.setValue(position)
    slider.setSliderDown(False)
    slider.sliderReleased.emit()
    assert bridge.project.graph.node("dropout-1").layer.rate != 0.5
    bridge.store.undo()
    assert bridge.project is before


def test_figures_of_the_layer_now_appear_while_pictures_are_watched(qtbot, studio):
    bridge = studio("spiral")
    panel = show(qtbot, PropertiesPanel(bridge), 300, 700)
    bridge.session.watch_pictures(True)
    bridge.select(["dense-1"])
    rows = panel.now_figures._labels
    qtbot.waitUntil(lambda: any(n.text() == "Weights RMS" for _, n, _ in rows), timeout=10_000)


def test_batch_presets_set_one_mini_and_full(qtbot, studio):
    bridge = studio("spiral")
    panel = show(qtbot, TrainingPanel(bridge), 300, 700)
    one, mini, full = panel.training._presets.buttons
    QTest.mouseClick(one, LEFT)
    assert bridge.project.training.batch_size == 1
    assert one.isChecked()
    QTest.mouseClick(full, LEFT)
    assert bridge.project.training.batch_size is None
    assert "1 update per epoch" in panel.meaning.text()
    QTest.mouseClick(mini, LEFT)
    assert bridge.project.training.batch_size == 128


def test_choosing_a_data_set_loads_it_and_shows_its_first_samples(qtbot, studio):
    bridge = studio("spiral")
    panel = show(qtbot, DataPanel(bridge), 260, 800)
    row = next(row for row in panel.rows if row.cls.name == "iris")
    QTest.mouseClick(row, LEFT)
    qtbot.waitUntil(
        lambda: bridge.dataset is not None and len(bridge.dataset.class_names) == 3, timeout=20_000
    )
    assert panel.title.text() == bridge.dataset.title
    assert [bar.text for bar in panel.classes.bars]
    assert panel.preview._kind == "table"
    bridge.store.undo()
    assert bridge.project.data.name == "spirals"


def test_data_that_cannot_be_read_is_told_in_place(qtbot, studio):
    bridge = studio("spiral")
    panel = show(qtbot, DataPanel(bridge), 260, 800)
    panel.choose(parts("dataset")["text_file"](path="/no/such/file.csv"))
    qtbot.waitUntil(panel.problem.isVisible, timeout=5000)
    assert "file.csv" in panel.problem.title.text() + panel.problem.text.text()


def test_own_data_is_looked_at_before_it_is_used(qtbot, studio, tmp_path, monkeypatch):
    from nnstudio.ui.import_data import ImportData

    path = tmp_path / "own.csv"
    rows = [f"{n},text number {n} is {'good' if n % 2 else 'bad'},{n % 2}" for n in range(40)]
    path.write_text("\n".join(["id,words,verdict", *rows]), encoding="utf-8")
    dialog = ImportData(None, str(path))
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: not dialog.reading, timeout=10_000)
    assert dialog.text_combo.currentData() == "words"
    assert dialog.label_combo.currentData() == "verdict"
    assert dialog.table.rowCount() == 8
    assert dialog.use.isEnabled()
    bridge = studio("sentiment")
    panel = show(qtbot, DataPanel(bridge), 260, 800)
    monkeypatch.setattr(dialogs, "import_data", lambda parent, path: dialog.source)
    panel.open_own(str(path))
    qtbot.waitUntil(lambda: bridge.dataset is not None, timeout=10_000)
    assert bridge.dataset.signature.classes == 2


def test_curves_grow_while_training_and_can_be_taken_away(qtbot, studio, tmp_path):
    bridge = studio("spiral")
    panel = show(qtbot, CurvesPanel(bridge))
    assert panel.empty.isVisible()
    train(qtbot, bridge)
    figure = panel.figure("loss")
    assert {line.name for line in figure.lines} == {"batch", "training", "validation"}
    assert figure.marker is None
    for against, named in (("update", "update"), ("seconds", "time (s)"), ("epoch", "epoch")):
        panel.set_against(against)
        assert panel.figure("loss").x_name == named
    for suffix in ("csv", "png", "svg"):
        panel.write(tmp_path / f"curves.{suffix}")
    table = (tmp_path / "curves.csv").read_text().splitlines()
    assert len(table) == 4
    assert table[0].startswith("epoch,updates,seconds")
    assert (tmp_path / "curves.png").stat().st_size > 5000
    ElementTree.parse(tmp_path / "curves.svg")
    panel.write(tmp_path / "no" / "folder" / "curves.csv")


def test_the_early_stopping_marker_stands_at_the_best_epoch(qtbot, studio):
    bridge = studio("sentiment")
    panel = show(qtbot, CurvesPanel(bridge))
    bridge.do("Stop", edit.configure_training, epochs=40)
    bridge.session.train()
    qtbot.waitUntil(
        lambda: bridge.project.trained is not None and bridge.session.state == "ready",
        timeout=60_000,
    )
    trained = bridge.project.trained
    marker = panel.figure("loss").marker
    assert trained.reason == "stopped early"
    assert marker.x == trained.best_epoch
    assert marker.until == trained.history[-1].epoch
    assert marker.title.startswith(f"best: epoch {trained.best_epoch}, ")
    assert marker.text == "patience 5 of 5"
    assert panel.figure("accuracy").marker.title.startswith("weights restored: ")
    best = min(record.validation_loss for record in trained.history)
    assert marker.y == best


def test_diverged_training_offers_to_go_on_with_half_the_learning_rate(qtbot, studio):
    bridge = studio("spiral")
    panel = show(qtbot, CurvesPanel(bridge))
    for node in bridge.project.graph.nodes:
        if node.layer.name == "dense":
            layer = node.layer.replace(activation=Linear())
            bridge.do("Activation", edit.change_layer, node.id, layer)
    bridge.do("Loss", edit.configure_training, loss=parts("loss")["mean_squared_error"]())
    sgd = parts("optimizer")["sgd"](learning_rate=100.0)
    bridge.do("Optimizer", edit.configure_training, optimizer=sgd, early_stopping=None)
    bridge.session.train()
    qtbot.waitUntil(panel.note.isVisible, timeout=20_000)
    assert "Halve the learning rate" in panel.note.button.text()
    QTest.mouseClick(panel.note.button, LEFT)
    assert bridge.project.training.optimizer.learning_rate == 50.0
    assert not panel.note.isVisible()
    bridge.session.stop()


def test_a_problem_is_listed_shows_its_place_and_is_mended(qtbot, studio):
    bridge = studio("spiral")
    panel = show(qtbot, ProblemsPanel(bridge))
    assert panel.empty.isVisible()
    bridge.do(
        "Units",
        edit.change_layer,
        "dense-3",
        bridge.project.graph.node("dense-3").layer.replace(units=3),
    )
    card = panel.cards[0]
    assert panel.title.endswith("1")
    QTest.mouseClick(card, LEFT, pos=card.rect().topLeft() + QPointF(40, 8).toPoint())
    assert bridge.selection & {"dense-3", "loss"}
    card.mended.emit()
    assert bridge.project.graph.node("dense-3").layer.units == 2
    qtbot.waitUntil(panel.empty.isVisible)


def test_a_fix_that_no_longer_fits_is_told_and_does_no_harm(qtbot, studio):
    bridge = studio("spiral")
    panel = show(qtbot, ProblemsPanel(bridge))
    before = bridge.project
    told = []
    bridge.message.connect(told.append)
    gone = Problem(
        "Gone", "", Place("node", "x"), fix=Fix("Mend", "rename", {"id": "x", "title": "y"})
    )
    panel._mend(gone)
    assert bridge.project is before
    assert told


def test_evaluation_shows_the_matrix_and_the_samples_of_a_cell(qtbot, studio):
    bridge = studio("digits")
    panel = show(qtbot, EvaluatePanel(bridge), 1100, 320)
    train(qtbot, bridge, epochs=5)
    panel.run("test")
    qtbot.waitUntil(lambda: panel.evaluation is not None, timeout=10_000)
    assert panel.table.rowCount() == 10
    confusion = panel.evaluation.confusion
    cell = panel.matrix.cell_rect(3, 3).center().toPoint()
    QTest.mouseClick(panel.matrix, LEFT, pos=cell)
    assert panel.samples.count() == confusion[3, 3]
    assert "3" in panel.samples_title.text()
    QTest.keyClick(panel.matrix, Qt.Key.Key_Right)
    assert panel.matrix.cell == (3, 4)
    bridge.session.reset()
    assert panel.stale.isVisible()
    assert "before the weights changed" in panel.stale.title.text()


def test_a_typed_review_gets_probabilities_and_its_words_are_marked(qtbot, studio):
    bridge = studio("sentiment")
    panel = show(qtbot, TryItPanel(bridge))
    assert isinstance(panel.input, TextInput)
    panel.input.edit.setPlainText("A wonderful film, zzyzx 🎬 and the acting is superb")
    qtbot.waitUntil(lambda: panel.prediction is not None, timeout=10_000)
    assert len(panel.bars.bars) == 5
    assert sum(bar.share for bar in panel.bars.bars) == pytest.approx(1.0, abs=1e-5)
    marks = panel.input.edit.extraSelections()
    marked = {mark.cursor.selectedText().lower(): mark.format.fontStrikeOut() for mark in marks}
    assert marked["zzyzx"]
    assert "superb" in marked
    panel.input.edit.clear()
    qtbot.waitUntil(lambda: panel.prediction is None)
    assert panel.verdict.text() == "Type a review"


def test_sliders_try_points_and_a_drawing_tries_digits(qtbot, studio):
    bridge = studio("spiral")
    panel = show(qtbot, TryItPanel(bridge))
    assert isinstance(panel.input, NumbersInput)
    qtbot.waitUntil(lambda: panel.prediction is not None, timeout=10_000)
    first = panel.prediction
    panel.input.sliders[0].setValue(3)
    qtbot.waitUntil(lambda: panel.prediction is not first, timeout=10_000)
    bridge.store.open(templates.new("digits"))
    qtbot.waitUntil(lambda: isinstance(panel.input, DrawInput), timeout=20_000)
    pad = panel.input.pad
    assert panel.verdict.text() == "Draw a digit"
    QTest.mousePress(pad, LEFT, pos=pad.rect().center())
    assert pad.drawn
    qtbot.waitUntil(lambda: panel.prediction is not None, timeout=10_000)
    assert len(panel.bars.bars) == 10
    pad.clear()
    assert not pad.drawn
    QTest.keyClick(pad, Qt.Key.Key_Space)
    assert np.count_nonzero(pad.values > pad._low) >= 1


def test_opening_another_project_while_one_trains_leaves_nothing_of_it_behind(qtbot, studio):
    bridge = studio("spiral")
    panel = show(qtbot, CurvesPanel(bridge))
    bridge.do("Epochs", edit.configure_training, epochs=100_000, early_stopping=None)
    bridge.session.train()
    qtbot.waitUntil(lambda: not panel.history.empty, timeout=10_000)
    bridge.store.open(templates.new("spiral"))
    qtbot.waitUntil(lambda: bridge.session.state == "ready", timeout=20_000)
    for _ in range(5):
        bridge.drain()
    assert bridge.project.trained is None
    assert not bridge.store.unsaved


def test_the_ways_to_other_data_stand_at_the_top_of_the_panel(qtbot, studio):
    panel = show(qtbot, DataPanel(studio("spiral")), 236, 500)
    choose = next(b for b in panel.findChildren(QPushButton) if b.text() == "Choose…")
    QTest.mouseClick(choose, Qt.MouseButton.LeftButton)
    first = panel.rows[0]
    assert panel.viewport().rect().contains(first.mapTo(panel.viewport(), QPoint(2, 2)))


def test_the_crosshair_stands_on_a_measured_epoch_and_says_which(qtbot, studio):
    bridge = studio("spiral")
    panel = show(qtbot, CurvesPanel(bridge))
    train(qtbot, bridge)
    chart = panel.loss_chart
    for against in ("epoch", "update", "seconds"):
        panel.set_against(against)
        measured = panel.history.epochs(against).tolist()
        assert len(measured) > 1
        for share in (0.31, 0.5, 0.77, 0.99):
            QTest.mouseMove(chart, QPoint(round(60 + share * (chart.width() - 80)), 80))
            assert chart._pointer in measured
            assert panel.accuracy_chart._pointer == chart._pointer
    panel.set_against("epoch")
    chart.pointed.emit(1.4)
    assert panel.figure("loss").read_x(chart._pointer) == "epoch 1"
