"""No accuracy without what guessing would reach, no verdict before the words it rests on."""

from typing import Any

from nnstudio.data.bundled import BreastCancer
from nnstudio.project import templates
from nnstudio.ui import theme
from nnstudio.ui.panels.curves import CurvesPanel
from nnstudio.ui.panels.data import DataPanel
from nnstudio.ui.panels.evaluate import EvaluatePanel
from nnstudio.ui.panels.try_it import TryItPanel
from nnstudio.ui.toolbar import Readout
from tests.gui.studio import Make, show, train


def predict(qtbot: Any, panel: TryItPanel, text: str) -> Any:
    panel.input.edit.setPlainText(text)
    qtbot.waitUntil(
        lambda: panel.prediction is not None and panel.prediction.raw == text, timeout=20_000
    )
    return panel.prediction


# ---- guessing stands beside every accuracy ------------------------------------------------------


def test_toolbar_curves_evaluation_data_and_try_it_all_tell_what_guessing_would_reach(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("sentiment"))
    readout = show(qtbot, Readout(bridge), 1600, 30)
    curves, evaluation = show(qtbot, CurvesPanel(bridge)), show(qtbot, EvaluatePanel(bridge))
    data, trial = show(qtbot, DataPanel(bridge), 320, 900), show(qtbot, TryItPanel(bridge))
    train(qtbot, bridge, epochs=3)
    record = bridge.project.trained.history[-1]
    said = f"val. accuracy {theme.number(record.validation_accuracy)} (chance 0.200)"
    assert said in readout.text()
    levels = {line.name: line.read(1.0) for line in curves.figure("accuracy").lines if line.thin}
    assert levels == {"chance": 0.2}
    assert not [line for line in curves.figure("loss").lines if line.thin]
    evaluation.run("test")
    qtbot.waitUntil(lambda: evaluation.evaluation is not None, timeout=20_000)
    assert "(chance 0.200)" in evaluation.figures.text()
    rows = {name.text(): value.text() for _, name, value in data.figures._labels}
    assert rows["Chance"] == "20.0 %"
    predict(qtbot, trial, "A wonderful film")
    accuracy = theme.number(record.validation_accuracy, 3)
    assert f"validation accuracy {accuracy}, chance 0.200" in trial.detail.text()


def test_where_classes_are_uneven_the_majority_stands_there_too(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("spiral").replace(data=BreastCancer()))
    curves, readout = show(qtbot, CurvesPanel(bridge)), show(qtbot, Readout(bridge), 1800, 30)
    train(qtbot, bridge, epochs=2)
    levels = {line.name: line.read(1.0) for line in curves.figure("accuracy").lines if line.thin}
    share = bridge.dataset.baselines["validation"].majority
    assert levels == {"chance": 0.5, "majority class": share}
    assert f"(chance 0.500, majority class {theme.number(share, 3)})" in readout.text()


# ---- figures of a batch and of an epoch have places of their own --------------------------------


def test_stepping_never_turns_the_figure_of_an_epoch_into_that_of_a_batch(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("spiral"))
    readout = show(qtbot, Readout(bridge), 1800, 30)
    seen = []
    steps = -(-len(bridge.dataset.train) // bridge.project.training.batch_size)
    for _ in range(steps + 2):
        before = bridge.project.trained
        bridge.session.step()
        qtbot.waitUntil(lambda before=before: bridge.project.trained is not before)
        qtbot.waitUntil(lambda: bridge.session.state == "paused")
        bridge.drain()
        seen.append(readout.text())
    first, whole, after = seen[0], seen[steps - 1], seen[steps]
    assert "batch loss" in first
    assert "training loss" not in first
    record = bridge.project.trained.history[0]
    assert f"training loss {theme.number(record.loss)}" in whole
    assert "batch loss" not in whole
    assert "weights: epoch 1 + 1 steps" in after
    assert f"training loss {theme.number(record.loss)} after epoch 1 ·" in after
    assert f"val. accuracy {theme.number(record.validation_accuracy)} after epoch 1 (ch" in after
    assert "batch loss" in after
    bridge.store.undo()
    bridge.store.undo()
    bridge.drain()
    assert f"training loss {theme.number(record.loss)}" in readout.text()
    assert "batch loss" not in readout.text()


# ---- words before the verdict -------------------------------------------------------------------


def test_a_text_without_a_known_word_gets_no_class_but_what_an_empty_text_would_get(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("sentiment"))
    panel = show(qtbot, TryItPanel(bridge))
    train(qtbot, bridge, epochs=3)
    blank = predict(qtbot, panel, "Xyzzy qwertyuiop")
    assert panel.words.text() == ("Known words: 0 of 2. Not in the vocabulary: Xyzzy, qwertyuiop.")
    assert panel.verdict.text() == "The network has nothing to go on"
    assert "for an empty text" in panel.detail.text()
    assert len(panel.bars.bars) == 5
    assert not any(bar.strong for bar in panel.bars.bars)
    other = predict(qtbot, panel, "?!")
    assert panel.words.text() == "There is no word in this text."
    assert panel.verdict.text() == "The network has nothing to go on"
    assert other.shares.tolist() == blank.shares.tolist()


def test_the_words_stand_above_the_verdict_and_name_those_it_cannot_read(
    qtbot: Any, open_studio: Make
) -> None:
    bridge = open_studio(templates.new("sentiment"))
    panel = show(qtbot, TryItPanel(bridge))
    train(qtbot, bridge, epochs=3)
    predict(qtbot, panel, "The acting was qwertyuiop and Xyzzy, Xyzzy")
    assert panel.words.text() == ("Known words: 4 of 7. Not in the vocabulary: qwertyuiop, Xyzzy.")
    assert panel.words.isVisible()
    assert panel.words.y() < panel.verdict.y()
    assert panel.verdict.text() in bridge.dataset.class_names
