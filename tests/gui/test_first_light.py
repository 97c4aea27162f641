"""The main job from start to end in the real window, with the hands of a learner.

Choose the reviews, drag six cards, wire them, set them up in the forms, press Train, watch the
curves and the early-stopping marker, undo, and take the model home as an .npz.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox

from nnstudio.ui import dialogs
from tests.gui.canvas_hands import LEFT, chain, click, drop, wire

SIX = ("input", "dense", "dropout", "dense", "dropout", "dense")
DENSE = (("dense-1", 96, "relu"), ("dense-2", 48, "relu"), ("dense-3", 5, "softmax"))


@pytest.fixture
def window(whole_window):
    whole_window.show_welcome()
    return whole_window


def press_button(window, name: str) -> None:
    """Click a button of the toolbar with the mouse."""
    QTest.mouseClick(window.toolbar.buttons[name], LEFT)


def show_tab(window, dock: str, name: str) -> None:
    """Click a tab of a dock."""
    tabs = window.docks[dock]
    bar = tabs.strip.bar
    index = list(tabs.pages()).index(name)
    QTest.mouseClick(bar, LEFT, pos=bar.tabRect(index).center())
    assert tabs.shown == name


def type_into(form, name: str, text: str) -> None:
    """Type a value into a line of a form and press Enter."""
    line = form.row(name).editor.line
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def pick(combo: QComboBox, name: str) -> None:
    """Choose an entry of a combo box by keyboard."""
    combo.setFocus()
    wanted = combo.findData(name)
    key = Qt.Key.Key_Down if wanted > combo.currentIndex() else Qt.Key.Key_Up
    for _ in range(abs(wanted - combo.currentIndex())):
        QTest.keyClick(combo, key)
    assert combo.currentData() == name


def points_of(window, title: str) -> int:
    """How many points the named line of the loss chart has."""
    curves = window.curves
    if curves.history.empty:
        return 0
    figure = curves.figure("loss")
    found = [line for line in figure.lines if line.name == title]
    return len(found[0].points(*figure.x_range, 600)[0]) if found else 0


def test_a_learner_builds_trains_and_takes_the_network_home(qtbot, window, monkeypatch, tmp_path):
    bridge, canvas = window.bridge, window.canvas

    # An empty studio, then the reviews.
    empty = next(card for card in window.welcome.cards if "mpty" in card.accessibleName())
    QTest.mouseClick(empty, LEFT)
    qtbot.waitUntil(canvas.isVisible)
    assert canvas.empty.isVisible()
    show_tab(window, "left", "data")
    data = window.docks["left"].page("data")
    row = next(row for row in data.rows if row.cls.name == "movie_reviews")
    QTest.mouseClick(row, LEFT)
    qtbot.waitUntil(lambda: bridge.dataset is not None, timeout=30_000)

    # Six cards and five wires.
    show_tab(window, "left", "layers")
    for i, key in enumerate(SIX):
        drop(canvas, key, QPointF(110 + 225 * (i % 4), 90 + 190 * (i // 4)))
    ids = [node.id for node in bridge.project.graph.nodes]
    for source, target in itertools.pairwise(ids):
        wire(canvas, source, target)
    assert chain(canvas) == ids

    # Their settings, in the form of the selected card.
    properties = window.properties
    for id, units, activation in DENSE:
        click(canvas, canvas.canvas.cards[id].rect.center() + QPointF(0, 30))
        assert bridge.selection == {id}
        type_into(properties.form, "units", str(units))
        pick(properties.form.row("activation").editor.combo, activation)
    for id in ("dropout-1", "dropout-2"):
        click(canvas, canvas.canvas.cards[id].rect.center() + QPointF(0, 30))
        type_into(properties.form, "rate", "0.3")
    layers = {node.id: node.layer for node in bridge.project.graph.nodes}
    for id, units, activation in DENSE:
        assert (layers[id].units, layers[id].activation.name) == (units, activation)
    assert layers["dropout-2"].rate == 0.3
    assert canvas.canvas.cards["dense-1"].face.settings == "96 · ReLU"

    # The training set-up.
    show_tab(window, "right", "training")
    training = window.docks["right"].page("training").training.form
    type_into(training, "epochs", "40")
    type_into(training, "batch_size", "64")
    stopping = training.row("early_stopping").editor
    if bridge.project.training.early_stopping is None:
        stopping.box.setFocus()
        QTest.keyClick(stopping.box, Qt.Key.Key_Space)
    assert bridge.project.training.early_stopping is not None
    bridge.store.settle()
    assert bridge.check.plan is not None, bridge.check.problems
    assert bridge.project.training.epochs == 40

    # Train, and see the curves grow.
    grown = []
    bridge.event.connect(lambda event: grown.append(points_of(window, "training")))
    press_button(window, "train")
    qtbot.waitUntil(lambda: bridge.session.state == "running", timeout=20_000)
    qtbot.waitUntil(lambda: points_of(window, "validation") >= 2, timeout=40_000)
    qtbot.waitUntil(lambda: bridge.session.state != "running", timeout=90_000)
    qtbot.waitUntil(lambda: bridge.project.trained is not None, timeout=5_000)
    assert len(set(grown)) > 2

    # Early stopping is there to be seen.
    trained = bridge.project.trained
    assert trained.reason == "stopped early"
    marker = window.curves.figure("loss").marker
    assert marker is not None
    assert marker.x == trained.best_epoch
    assert str(trained.best_epoch) in marker.title
    assert trained.weights_epoch == trained.best_epoch
    qtbot.waitUntil(lambda: "dense-1" in canvas.canvas.pictures, timeout=20_000)
    assert canvas.canvas.pictures["dense-1"].thumbnail.kind == "heat"
    assert window.grab().width() >= 1440

    # Take it home.
    path = tmp_path / "model.npz"
    monkeypatch.setattr(dialogs, "choose_save", lambda *args, **kwargs: str(path))
    window.actions_by_name["export_model"].trigger()
    qtbot.waitUntil(path.exists, timeout=20_000)
    qtbot.waitUntil(lambda: _complete(path), timeout=10_000)
    with np.load(path, allow_pickle=False) as archive:
        shapes = {archive[name].shape for name in archive.files}
    assert {(800, 96), (96, 48), (48, 5)} <= shapes

    # Undo takes back everything, training too.
    while bridge.store.undo_label is not None:
        bridge.store.undo()
    assert bridge.project.trained is None
    assert not bridge.project.graph.nodes
    assert canvas.empty.isVisible()


def _complete(path) -> bool:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return bool(archive.files)
    except (OSError, ValueError):
        return False
