"""Building a network on the canvas by hand: palette, drops, wires, and the plan that results."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from nnstudio.project import commands, templates
from nnstudio.ui.canvas.palette import LayerPalette
from tests.gui.canvas_hands import (
    chain,
    click,
    drag,
    drop,
    edges,
    entry,
    hover_with,
    load_data,
    move,
    on_screen,
    open_canvas,
    press,
    titles,
    wire,
)

SIX = ("input", "dense", "dropout", "dense", "dropout", "dense")


@pytest.fixture
def empty(qtbot):
    return open_canvas(qtbot, "empty")


@pytest.fixture
def view(qtbot):
    return open_canvas(qtbot)


def test_six_cards_are_dropped_and_wired_by_mouse_and_make_the_course_network(qtbot):
    view = open_canvas(qtbot, "sentiment")
    bridge = view.bridge
    bridge.do("Clear", commands.delete, list(bridge.project.graph.by_id))
    assert view.empty.isVisible()
    for i, key in enumerate(SIX):
        drop(view, key, QPointF(120 + 230 * (i % 4), 100 + 190 * (i // 4)))
    assert not view.empty.isVisible()
    ids = [node.id for node in bridge.project.graph.nodes]
    for source, target in itertools.pairwise(ids):
        wire(view, source, target)
    assert chain(view) == ids
    dense = [id for id in ids if id.startswith("dense")]
    for id, units, activation in zip(
        dense, (256, 256, 5), ("relu", "relu", "softmax"), strict=True
    ):
        drop(view, activation, view.canvas.cards[id].rect.center())
        bridge.do("Units", commands.configure_layer, id, units=units)
    load_data(qtbot, view)
    plan = bridge.session.check.plan
    assert [step.layer.name for step in plan.steps] == list(SIX)
    assert [step.output_shape for step in plan.steps] == [(800,), *[(256,)] * 4, (5,)]
    assert plan.parameter_count == 272_133
    assert plan.output == ids[-1]
    assert [step.layer.activation.name for step in plan.steps if step.layer.name == "dense"] == [
        *("relu", "relu", "softmax")
    ]
    assert view.canvas.wires[f"{ids[0]}>{ids[1]}:0"].label == "800"
    assert "loss" in view.canvas.cards


def test_double_clicks_in_the_palette_build_a_wired_chain(qtbot, empty):
    palette = LayerPalette(empty.bridge)
    qtbot.addWidget(palette)
    palette.resize(224, 700)
    palette.show()
    for key in SIX:
        QTest.mouseDClick(palette.tile(key), Qt.MouseButton.LeftButton)
    assert titles(empty) == ["Input", "Dense 1", "Dropout 1", "Dense 2", "Dropout 2", "Dense 3"]
    assert len(chain(empty)) == 6
    assert commands.tidy(empty.bridge.project) is empty.bridge.project


def test_the_palette_works_by_keyboard_alone(qtbot, empty):
    palette = LayerPalette(empty.bridge)
    qtbot.addWidget(palette)
    palette.resize(224, 700)
    palette.show()
    QTest.keyClicks(palette.search, "inp")
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    palette.search.clear()
    QTest.keyClicks(palette.search, "drop")
    assert [tile.entry.key for tile in palette.tiles if tile.isVisible()] == ["dropout"]
    QTest.keyClick(palette.search, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: palette.tile("dropout").hasFocus())
    QTest.keyClick(palette.tile("dropout"), Qt.Key.Key_Return)
    assert chain(empty) == ["input-1", "dropout-1"]


def test_the_palette_lists_every_layer_once_with_its_sentence(qtbot, empty):
    palette = LayerPalette(empty.bridge)
    qtbot.addWidget(palette)
    keys = [tile.entry.key for tile in palette.tiles]
    assert len(keys) == len(set(keys))
    assert {"input", "dense", "relu", "softmax", "dropout", "add", "concatenate"} <= set(keys)
    for tile in palette.tiles:
        assert tile.entry.sentence.endswith(".")
        assert tile.accessibleName() == f"Add {tile.entry.title}"


def test_tab_and_typing_adds_a_layer(qtbot, empty):
    QTest.keyClick(empty, Qt.Key.Key_Tab)
    assert empty.chooser.isVisible()
    QTest.keyClicks(empty.chooser.field, "inp")
    QTest.keyClick(empty.chooser.field, Qt.Key.Key_Return)
    QTest.keyClick(empty, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(empty.chooser.field, "soft")
    QTest.keyClick(empty.chooser.field, Qt.Key.Key_Return)
    assert titles(empty) == ["Input", "Softmax 1"]
    assert edges(empty) == {"input-1>activation-1:0"}
    assert not empty.chooser.isVisible()


def test_a_layer_dropped_on_a_wire_is_inserted_there(view):
    before = len(edges(view))
    spot = view.canvas.wires["dense-1>dropout-1:0"].middle
    hover_with(view, "batch_normalization", spot)
    assert view.canvas.wires["dense-1>dropout-1:0"].landing
    assert view.hint.text() == "Insert between Dense 1 and Dropout 1"
    drop(view, "batch_normalization", spot)
    assert chain(view)[1:4] == ["dense-1", "batch-normalization-1", "dropout-1"]
    assert len(edges(view)) == before + 1
    assert view.bridge.store.undo_label == "Insert Batch normalization"
    rects = [card.rect for card in view.canvas.cards.values()]
    assert not any(a.intersects(b) for a in rects for b in rects if a is not b)
    view.bridge.store.undo()
    assert len(edges(view)) == before


def test_an_activation_dropped_on_a_dense_card_snaps_into_it(view):
    drop(view, "tanh", view.canvas.cards["dense-1"].rect.center())
    assert view.bridge.project.graph.node("dense-1").layer.activation.name == "tanh"
    assert len(view.bridge.project.graph.nodes) == 6
    assert view.canvas.cards["dense-1"].face.settings == "256 · tanh"


def test_something_else_dragged_over_the_canvas_is_left_alone(view):
    from PySide6.QtCore import QMimeData
    from PySide6.QtGui import QDragEnterEvent
    from PySide6.QtWidgets import QApplication

    mime = QMimeData()
    mime.setText("not a layer")
    at = on_screen(view, QPointF(100, 100))
    event = QDragEnterEvent(
        at,
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(view.viewport(), event)
    assert not event.isAccepted()
    assert view.gesture is None


def test_a_wire_that_would_close_a_circle_is_refused_with_a_sentence(view):
    before = edges(view)
    cards = view.canvas.cards
    press(view, cards["dense-2"].output_port())
    move(view, cards["dense-1"].rect.center())
    assert cards["dense-1"].refused
    assert view.hint.isVisible()
    assert "circle" in view.hint.text()
    said = []
    view.bridge.message.connect(said.append)
    QTest.mouseRelease(
        view.viewport(),
        Qt.MouseButton.LeftButton,
        pos=on_screen(view, cards["dense-1"].rect.center()),
    )
    assert edges(view) == before
    assert "circle" in said[0]
    assert not view.hint.isVisible()


def test_a_wire_can_be_drawn_backwards_from_an_input_port(empty):
    drop(empty, "input", QPointF(120, 100))
    drop(empty, "dense", QPointF(420, 100))
    cards = empty.canvas.cards
    drag(empty, cards["dense-1"].input_port(0), cards["input-1"].rect.center())
    assert edges(empty) == {"input-1>dense-1:0"}


def test_two_clicks_draw_a_wire_without_dragging(empty):
    drop(empty, "input", QPointF(120, 100))
    drop(empty, "dense", QPointF(420, 100))
    cards = empty.canvas.cards
    click(empty, cards["input-1"].output_port())
    move(empty, cards["dense-1"].rect.center())
    click(empty, cards["dense-1"].rect.center())
    assert edges(empty) == {"input-1>dense-1:0"}


def test_the_end_of_a_wire_is_plugged_into_another_card_or_pulled_off(view):
    cards = view.canvas.cards
    drag(view, cards["dropout-1"].input_port(0), cards["dense-2"].rect.center())
    assert "dense-1>dense-2:0" in edges(view)
    assert "dense-1>dropout-1:0" not in edges(view)
    assert view.bridge.store.undo_label == "Connect"
    view.bridge.store.undo()
    assert "dense-1>dropout-1:0" in edges(view)
    loose = cards["dropout-1"].input_port(0) + QPointF(-30, 220)
    drag(view, cards["dropout-1"].input_port(0), loose)
    assert "dense-1>dropout-1:0" not in edges(view)
    assert view.bridge.store.undo_label == "Disconnect"


def test_a_wire_drawn_to_nowhere_asks_for_the_layer_that_shall_stand_there(empty):
    drop(empty, "input", QPointF(120, 100))
    drag(empty, empty.canvas.cards["input-1"].output_port(), QPointF(500, 300))
    assert empty.chooser.isVisible()
    QTest.keyClicks(empty.chooser.field, "dense")
    QTest.keyClick(empty.chooser.field, Qt.Key.Key_Return)
    assert edges(empty) == {"input-1>dense-1:0"}
    node = empty.bridge.project.graph.node("dense-1")
    assert abs(node.x + 84 - 500) < 10
    assert abs(node.y + 62 - 300) < 10


def test_branches_join_in_an_add_card(view):
    drop(view, "add", QPointF(400, 460))
    add = view.canvas.cards["add-1"]
    drag(view, view.canvas.cards["dense-1"].output_port(), add.input_port(0))
    drag(view, view.canvas.cards["dropout-1"].output_port(), add.rect.center())
    assert {"dense-1>add-1:0", "dropout-1>add-1:1"} <= edges(view)
    assert add.face.ports == 3


def test_the_keyboard_connects_two_cards(empty):
    for key in ("input", "dense"):
        drop(empty, key, QPointF(120 if key == "input" else 420, 100))
    empty.bridge.select(["input-1"])
    QTest.keyClick(empty, Qt.Key.Key_C)
    assert empty.chooser.isVisible()
    QTest.keyClicks(empty.chooser.field, "dense")
    QTest.keyClick(empty.chooser.field, Qt.Key.Key_Return)
    assert edges(empty) == {"input-1>dense-1:0"}


def test_a_wire_that_cannot_work_says_why_and_its_button_mends_it(qtbot):
    view = open_canvas(qtbot, templates.new("sentiment"))
    load_data(qtbot, view)
    spot = view.canvas.wires["dense-1>dropout-1:0"].middle
    drop(view, "reshape", spot)
    from nnstudio.nn.layers.reshape import Reshape

    view.bridge.do("Shape", commands.change_layer, "reshape-1", Reshape(target_shape=(10, 10)))
    chip = view.canvas.chips["edge", "dense-1>reshape-1:0"]
    assert "256" in chip.problem.title
    assert view.canvas.wires["dense-1>reshape-1:0"].problem is chip.problem
    move(view, chip.body_rect().center())
    assert chip.opened
    click(view, chip.button_rect().center())
    assert not view.canvas.chips
    assert view.bridge.session.check.plan is not None


def test_the_empty_canvas_says_what_to_do_and_its_button_begins(empty):
    from PySide6.QtWidgets import QPushButton

    assert empty.empty.isVisible()
    button = empty.empty.findChild(QPushButton)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert titles(empty) == ["Input"]
    assert not empty.empty.isVisible()


def test_every_entry_can_be_added(qtbot, empty):
    from nnstudio.ui.canvas import adding
    from nnstudio.ui.canvas.catalogue import entries

    assert entry("dense").icon == "dense"
    for known in entries():
        adding.add_layer(empty.bridge, known.layer)
    assert len(empty.canvas.cards) >= len(entries())
    empty.grab()


def test_dragging_a_tile_carries_its_layer(qtbot, empty, monkeypatch):
    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QDrag

    from nnstudio.ui.canvas import catalogue

    carried = []
    monkeypatch.setattr(
        QDrag, "exec", lambda drag, *args: carried.append(catalogue.dragged_layer(drag.mimeData()))
    )
    palette = LayerPalette(empty.bridge)
    qtbot.addWidget(palette)
    palette.resize(224, 700)
    palette.show()
    tile = palette.tile("dropout")
    QTest.mousePress(tile, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    QTest.mouseMove(tile, QPoint(60, 24))
    assert [layer.name for layer in carried] == ["dropout"]


def test_a_drag_that_leaves_the_canvas_leaves_no_trace(view):
    from PySide6.QtGui import QDragLeaveEvent
    from PySide6.QtWidgets import QApplication

    before, items = view.bridge.project, len(view.canvas.items())
    hover_with(view, "dropout", view.canvas.wires["dense-1>dropout-1:0"].middle)
    assert view.gesture is not None
    QApplication.sendEvent(view.viewport(), QDragLeaveEvent())
    assert view.gesture is None
    assert view.bridge.project is before
    assert len(view.canvas.items()) == items
    assert not any(wire.landing for wire in view.canvas.wires.values())
    assert not view.hint.isVisible()


def test_an_undo_under_the_hand_gives_the_gesture_up(view):
    drop(view, "dense", QPointF(140, 500))
    card = view.canvas.cards["dense-4"]
    press(view, card.rect.center())
    move(view, card.rect.center() + QPointF(30, 30))
    move(view, card.rect.center() + QPointF(60, 30))
    view.bridge.store.undo()
    assert view.gesture is None
    assert "dense-4" not in view.canvas.cards
