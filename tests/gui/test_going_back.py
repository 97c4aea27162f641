"""One epoch back, from the menu; and what the curves say of the best epoch."""

import csv

import pytest
from PySide6.QtWidgets import QComboBox

from nnstudio.app import open_window
from nnstudio.project import commands as edit
from nnstudio.project import templates
from nnstudio.project.setup import EarlyStopping
from nnstudio.ui import dialogs, theme
from nnstudio.ui.panels.curves import CurvesPanel
from nnstudio.ui.panels.training import TrainingPanel


@pytest.fixture
def bridge(open_studio):
    return open_studio(templates.new("spiral"))


def train(qtbot, bridge, epochs=8, **stopping):
    watching = EarlyStopping(restore_best_weights=False, **stopping)
    bridge.do("Train so", edit.configure_training, epochs=epochs, early_stopping=watching)
    bridge.session.train()
    done = lambda: bridge.project.trained is not None and bridge.session.state == "ready"  # noqa: E731
    qtbot.waitUntil(done, timeout=60_000)
    return bridge.project.trained


@pytest.mark.parametrize(
    ("monitor", "said"),
    [
        ("validation_loss", "validation loss "),
        ("loss", "training loss "),
        ("validation_accuracy", "validation accuracy "),
        ("validation_f1", "validation F1 (macro) "),
        ("validation_roc_auc", "validation ROC AUC "),
    ],
)
def test_the_marker_names_the_value_the_best_epoch_is_the_best_by(qtbot, bridge, monitor, said):
    panel = CurvesPanel(bridge)
    qtbot.addWidget(panel)
    panel.resize(900, 320)
    panel.show()
    trained = train(qtbot, bridge, monitor=monitor, patience=50)
    best = trained.history[trained.best_epoch - 1]
    value = theme.number(best.figure(monitor))
    expected = f"best: epoch {trained.best_epoch}, {said}{value}"
    assert panel.figure("loss").marker.title == expected
    # Another choice for the next run says nothing about this one.
    other = EarlyStopping(monitor="validation_precision")
    bridge.do("Watch another", edit.configure_training, early_stopping=other)
    assert panel.figure("loss").marker.title == expected


def test_the_watched_metric_is_a_column_of_the_table(qtbot, bridge):
    panel = CurvesPanel(bridge)
    qtbot.addWidget(panel)
    trained = train(qtbot, bridge, monitor="validation_f1", patience=50)
    rows = list(csv.DictReader(panel.table().splitlines()))
    assert [float(row["validation_f1"]) for row in rows] == [
        record.metrics["validation_f1"] for record in trained.history
    ]


def test_the_form_offers_every_figure_by_a_readable_title(qtbot, bridge):
    panel = TrainingPanel(bridge)
    qtbot.addWidget(panel)
    bridge.do("Watch", edit.configure_training, early_stopping=EarlyStopping())
    titles = max(
        ([box.itemText(k) for k in range(box.count())] for box in panel.findChildren(QComboBox)),
        key=lambda found: "validation loss" in found,
    )
    assert "validation F1 (macro)" in titles
    assert "validation MAE" in titles
    assert not any("_" in title for title in titles)


def test_one_epoch_back_from_the_menu_of_the_step_button(qtbot, monkeypatch):
    monkeypatch.setattr(dialogs, "ask_unsaved", lambda *_: "discard")
    window = open_window(templates.new("spiral"))
    qtbot.addWidget(window)
    window.show()
    bridge = window.bridge
    qtbot.waitUntil(lambda: bridge.session.state == "ready", timeout=30_000)
    action = window.actions_by_name["step_back"]
    entry = next(a for a in window.menus.of_buttons["step"].actions() if "Back" in a.text())
    assert not action.isEnabled()
    assert not entry.isEnabled()
    for epoch in (1, 2):
        window.actions_by_name["step_epoch"].trigger()
        qtbot.waitUntil(
            lambda epoch=epoch: len(getattr(bridge.project.trained, "history", ())) == epoch
        )
    trained = bridge.project.trained
    assert entry.isEnabled()
    entry.trigger()
    qtbot.waitUntil(lambda: len(bridge.project.trained.history) == 1)
    assert bridge.project.trained.history == trained.history[:1]
    qtbot.waitUntil(lambda: "epoch 1 " in window.toolbar.readout.text())
    assert theme.number(trained.history[0].loss) in window.toolbar.readout.text()
    window.actions_by_name["undo"].trigger()
    assert bridge.project.trained is trained
    assert not entry.isEnabled()
    window.close()
