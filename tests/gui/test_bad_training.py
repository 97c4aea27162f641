"""Settings far from the usual, runs that end badly, training that goes on from older weights."""

from __future__ import annotations

from nnstudio.project import commands as edit
from nnstudio.project.setup import EarlyStopping
from nnstudio.spec import parts
from nnstudio.ui.panels.curves import CurvesPanel
from nnstudio.ui.panels.problems import ProblemsPanel
from nnstudio.ui.panels.training import TrainingPanel

from .test_panels import show, studio, train, type_into  # noqa: F401 - the fixture


def test_a_huge_batch_is_taken_with_a_remark_below_the_field(qtbot, studio):  # noqa: F811
    bridge = studio("spiral")
    samples = len(bridge.dataset.train)
    panel = show(qtbot, TrainingPanel(bridge), 320, 800)
    form = panel.training.form
    type_into(form, "batch_size", "9999")
    assert bridge.project.training.batch_size == 9999
    advice = form.row("batch_size").advice
    qtbot.waitUntil(advice.isVisible)
    assert f"9,999 is larger than the training set ({samples:,} samples)" in advice.text()
    assert bridge.session.obstacle is None
    type_into(form, "batch_size", "16")
    qtbot.waitUntil(lambda: not advice.isVisible())


def test_an_absurd_learning_rate_is_remarked_on_and_its_run_does_not_just_finish(
    qtbot,
    studio,  # noqa: F811
):
    bridge = studio("spiral")
    problems = show(qtbot, ProblemsPanel(bridge), 900, 400)
    training = show(qtbot, TrainingPanel(bridge), 320, 800)
    adam = parts("optimizer")["adam"](learning_rate=1000.0)
    bridge.do("Optimizer", edit.configure_training, optimizer=adam)
    advice = training.training.form.row("optimizer").advice
    qtbot.waitUntil(advice.isVisible)
    assert "learning rate 1000 is far above the usual for Adam" in advice.text()
    assert any("far above the usual" in p.title for p in problems.problems())
    train(qtbot, bridge, epochs=3)
    assert bridge.session.text.startswith("Finished 3 epochs. Training diverged: the loss rose")

    def diverged():
        return [p for p in problems.problems() if p.title.startswith("Training diverged")]

    qtbot.waitUntil(lambda: len(diverged()) == 1)
    (said,) = diverged()
    assert said.fix is not None
    problems._mend(said)
    assert bridge.project.training.optimizer.learning_rate == 0.001
    qtbot.waitUntil(lambda: not advice.isVisible())


def test_training_on_after_an_early_stop_is_marked_in_the_curves(qtbot, studio):  # noqa: F811
    bridge = studio("spiral")
    panel = show(qtbot, CurvesPanel(bridge))
    stopping = EarlyStopping(patience=1, monitor="loss", min_delta=1e3)
    bridge.do("Stop", edit.configure_training, epochs=4, early_stopping=stopping)
    for epochs in (2, 3):
        bridge.session.train()
        qtbot.waitUntil(
            lambda epochs=epochs: (
                bridge.project.trained is not None
                and len(bridge.project.trained.history) >= epochs
                and bridge.session.state == "ready"
            ),
            timeout=40_000,
        )
    figure = panel.figure("loss")
    (first, *_) = figure.breaks
    assert first.text == "goes on from epoch 1's weights"
    assert first.x == 2.5
    line = next(line for line in figure.lines if line.name == "training")
    x, y = line.points(0.0, 4.0, 400)
    assert x.tolist()[:4] == [1.0, 2.0, 2.5, 3.0]
    assert (y[:4] == y[:4]).tolist() == [True, True, False, True]
