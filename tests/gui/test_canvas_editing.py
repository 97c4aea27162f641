"""Editing on the canvas: moving, selecting, clipboard, deleting, renaming, looking around."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.project import commands
from nnstudio.ui.canvas import placing, tips
from tests.gui.canvas_hands import (
    CTRL,
    NONE,
    SHIFT,
    chain,
    click,
    drag,
    drop,
    edges,
    entry,
    move,
    on_screen,
    open_canvas,
    press,
    titles,
    wire,
)


@pytest.fixture
def view(qtbot):
    return open_canvas(qtbot)


def body(view, id: str) -> QPointF:
    """A point on a card where nothing else is."""
    return view.canvas.cards[id].rect.center() + QPointF(0, 10)


def test_a_card_is_moved_in_one_step_of_the_history(view):
    graph = view.bridge.project.graph
    before = (graph.node("dense-3").x, graph.node("dense-3").y)
    drag(view, body(view, "dense-3"), body(view, "dense-3") + QPointF(40, 150))
    node = view.bridge.project.graph.node("dense-3")
    assert abs(node.x - before[0] - 40) <= 8
    assert abs(node.y - before[1] - 150) <= 8
    assert view.bridge.store.undo_label == "Move"
    view.bridge.store.undo()
    node = view.bridge.project.graph.node("dense-3")
    assert (node.x, node.y) == before
    assert view.canvas.cards["dense-3"].pos() == QPointF(*before)
    assert view.bridge.store.undo_label is None


def test_escape_gives_a_move_up_without_a_trace(view):
    before = view.bridge.project
    place = view.canvas.cards["dense-1"].pos()
    press(view, body(view, "dense-1"))
    move(view, body(view, "dense-1") + QPointF(60, 60))
    move(view, body(view, "dense-1") + QPointF(90, 90))
    assert view.canvas.cards["dense-1"].pos() != place
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.canvas.cards["dense-1"].pos() == place
    assert view.bridge.project is before
    assert view.gesture is None


def test_a_card_that_is_dragged_beside_another_lines_up_with_it(view):
    drop(view, "dense", QPointF(140, 500))
    drag(view, body(view, "dense-4"), body(view, "dense-4") + QPointF(450, 3))
    target = view.canvas.cards["dense-4"]
    wanted = view.canvas.cards["dropout-2"].rect.left()
    away = wanted + 4 - target.rect.left()
    drag(view, body(view, "dense-4"), body(view, "dense-4") + QPointF(away, 0))
    assert view.bridge.project.graph.node("dense-4").x == wanted


def test_the_loss_card_can_be_moved_but_not_deleted(view):
    drag(view, body(view, "loss"), body(view, "loss") + QPointF(0, 120))
    assert view.bridge.project.loss_position is not None
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert "loss" in view.canvas.cards
    assert len(titles(view)) == 6


def test_a_rubber_band_selects_what_it_touches(view):
    cards = view.canvas.cards
    rect = cards["dropout-2"].rect.united(cards["dense-3"].rect)
    drag(view, rect.bottomLeft() + QPointF(-20, 30), rect.topRight() + QPointF(-10, 20))
    assert view.bridge.selection == {"dropout-2", "dense-3"}
    click(view, rect.bottomLeft() + QPointF(-20, 60))
    assert view.bridge.selection == frozenset()


def test_shift_adds_to_the_selection_and_takes_away(view):
    click(view, body(view, "dense-1"))
    click(view, body(view, "dense-2"), SHIFT)
    assert view.bridge.selection == {"dense-1", "dense-2"}
    click(view, body(view, "dense-1"), CTRL)
    assert view.bridge.selection == {"dense-2"}


def test_several_cards_are_dragged_together(view):
    click(view, body(view, "dense-1"))
    click(view, body(view, "dropout-1"), SHIFT)
    before = {id: view.canvas.cards[id].pos() for id in ("dense-1", "dropout-1", "dense-2")}
    drag(view, body(view, "dense-1"), body(view, "dense-1") + QPointF(16, 300))
    after = {id: view.canvas.cards[id].pos() for id in before}
    moved = after["dense-1"] - before["dense-1"]
    assert after["dropout-1"] - before["dropout-1"] == moved
    assert after["dense-2"] == before["dense-2"]
    assert view.bridge.store.undo_label == "Move cards"


def test_arrow_keys_move_the_selection_and_undo_takes_them_back_together(view):
    click(view, body(view, "dense-1"))
    x = view.bridge.project.graph.node("dense-1").x
    for _ in range(5):
        QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Right, SHIFT)
    assert view.bridge.project.graph.node("dense-1").x == x + 41
    view.bridge.store.undo()
    assert view.bridge.project.graph.node("dense-1").x == x


def test_control_and_arrows_walk_along_the_wires(view):
    view.bridge.select(["input-1"])
    walked = ["input-1"]
    for _ in range(7):
        QTest.keyClick(view, Qt.Key.Key_Right, CTRL)
        walked.append(next(iter(view.bridge.selection)))
    assert walked[:7] == [*chain(view), "loss"]
    QTest.keyClick(view, Qt.Key.Key_Left, CTRL)
    assert view.bridge.selection == {"dense-3"}


def test_deleting_a_card_heals_the_wire(view):
    click(view, body(view, "dropout-1"))
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert "dense-1>dense-2:0" in edges(view)
    assert set(view.canvas.wires) == edges(view) | {"dense-3>loss:0"}


def test_a_selected_wire_is_deleted_and_stays_away(view):
    click(view, view.canvas.wires["dense-1>dropout-1:0"].middle)
    assert view.canvas.selected_wire == "dense-1>dropout-1:0"
    assert view.actions_by_name["delete"].isEnabled()
    QTest.keyClick(view, Qt.Key.Key_Backspace)
    assert "dense-1>dropout-1:0" not in edges(view)


def test_copy_paste_cut_and_duplicate_work_with_the_wires_between(view):
    view.bridge.select(["dense-1", "dropout-1"])
    QTest.keyClick(view, Qt.Key.Key_C, CTRL)
    assert "dense" in QGuiApplication.clipboard().text()
    QTest.keyClick(view, Qt.Key.Key_V, CTRL)
    assert view.bridge.selection == {"dense-4", "dropout-3"}
    assert "dense-4>dropout-3:0" in edges(view)
    QTest.keyClick(view, Qt.Key.Key_X, CTRL)
    assert "dense-4" not in view.bridge.project.graph
    view.bridge.select(["dense-2"])
    QTest.keyClick(view, Qt.Key.Key_D, CTRL)
    assert len(titles(view)) == 7


def test_pasting_anything_else_says_so(view):
    said = []
    view.bridge.message.connect(said.append)
    QGuiApplication.clipboard().setText("a shopping list")
    QTest.keyClick(view, Qt.Key.Key_V, CTRL)
    assert "no cards" in said[0]


def test_a_title_is_edited_in_place(view):
    QTest.mouseDClick(
        view.viewport(),
        Qt.MouseButton.LeftButton,
        NONE,
        on_screen(view, view.canvas.cards["dense-1"].title_rect().center()),
    )
    assert view.title_editor.isVisible()
    QTest.keyClicks(view.title_editor, "Hidden")
    QTest.keyClick(view.title_editor, Qt.Key.Key_Return)
    assert view.canvas.cards["dense-1"].face.title == "Hidden"
    click(view, body(view, "dense-1"))
    QTest.keyClick(view, Qt.Key.Key_F2)
    QTest.keyClicks(view.title_editor, "Nothing")
    QTest.keyClick(view.title_editor, Qt.Key.Key_Escape)
    assert view.canvas.cards["dense-1"].face.title == "Hidden"


def test_align_and_tidy(view):
    view.bridge.select(["dense-1", "dropout-2"])
    view.bridge.do("Move", commands.move, {"dropout-2": (700.0, 333.0)})
    view.actions_by_name["align_left"].trigger()
    graph = view.bridge.project.graph
    assert graph.node("dense-1").x == graph.node("dropout-2").x
    QTest.keyClick(view, Qt.Key.Key_L, CTRL)
    assert placing.tidy_columns(view.bridge.project) == 4


def test_a_loose_card_dropped_on_a_wire_joins_it(view):
    drop(view, "gaussian_noise", QPointF(140, 500))
    noise = view.canvas.cards["gaussian-noise-1"]
    middle = view.canvas.wires["dense-1>dropout-1:0"].middle
    drag(view, noise.rect.center(), middle)
    assert chain(view)[1:4] == ["dense-1", "gaussian-noise-1", "dropout-1"]


def test_the_wheel_zooms_at_the_pointer(view):
    at = QPoint(300, 200)
    before = view.mapToScene(at)
    event = QWheelEvent(
        QPointF(at), QPointF(view.viewport().mapToGlobal(at)), QPoint(), QPoint(0, 240),
        Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.viewport(), event)
    assert view.zoom > 1.3
    after = view.mapToScene(at)
    assert abs(after.x() - before.x()) < 2
    assert abs(after.y() - before.y()) < 2


def test_keys_zoom_and_fit(view):
    size = view.zoom
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.zoom > size
    QTest.keyClick(view, Qt.Key.Key_0)
    assert abs(view.zoom - 1) < 1e-6
    for _ in range(30):
        QTest.keyClick(view, Qt.Key.Key_Minus)
    assert view.zoom >= 0.14
    QTest.keyClick(view, Qt.Key.Key_F)
    assert view.visible_rect().contains(view.canvas.content_rect())


def test_space_and_the_middle_button_pan(view):
    centre = view.centre()
    drag(
        view,
        body(view, "dense-1"),
        body(view, "dense-1") + QPointF(80, 40),
        button=Qt.MouseButton.MiddleButton,
    )
    moved = view.centre() - centre
    assert abs(moved.x() + 80) < 3
    assert abs(moved.y() + 40) < 3
    QTest.keyPress(view, Qt.Key.Key_Space)
    before = view.bridge.project
    drag(view, body(view, "dense-1"), body(view, "dense-1") + QPointF(-80, -40))
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert view.bridge.project is before
    assert (view.centre() - centre).manhattanLength() < 4


def big(view, count: int = 60) -> None:
    """A long network of `count` cards."""
    project = view.bridge.project
    for i in range(count - len(project.graph.nodes)):
        layer = entry("dense" if i % 2 else "dropout").layer
        id = commands.next_id(project, layer)
        end = placing.end_of_network(project.graph)
        project = commands.add_node(project, layer, 0, 0, id=id, after=end)
    view.bridge.store.do("Many", lambda _: commands.tidy(project))


def test_a_large_network_has_a_minimap_that_leads_anywhere(view):
    assert not view.minimap.isVisible()
    big(view, 40)
    view.zoom_to(1.0)
    assert view.minimap.isVisible()
    QTest.mouseClick(view.minimap, Qt.MouseButton.LeftButton, pos=QPoint(92, 20))
    high = view.centre().y()
    QTest.mouseClick(view.minimap, Qt.MouseButton.LeftButton, pos=QPoint(92, 100))
    assert view.centre().y() > high + 300


def test_sixty_cards_stay_smooth_while_one_is_dragged(view):
    from time import perf_counter

    big(view, 60)
    view.fit()
    id = chain(view)[30]
    press(view, body(view, id))
    slowest = []
    for step in range(1, 12):
        start = perf_counter()
        move(view, body(view, chain(view)[30]) + QPointF(step, step))
        view.viewport().repaint()
        slowest.append(perf_counter() - start)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert sorted(slowest)[len(slowest) // 2] < 0.1  # generous: test machines share their cores


def test_a_change_touches_only_the_items_it_concerns(view):
    cards, wires = dict(view.canvas.cards), dict(view.canvas.wires)
    faces = {id: card.face for id, card in cards.items()}
    view.bridge.do("Rate", commands.configure_layer, "dropout-1", rate=0.2)
    assert view.canvas.cards == cards
    assert view.canvas.wires == wires
    changed = {id for id, card in cards.items() if card.face != faces[id]}
    assert changed == {"dropout-1"}


def test_values_light_up_cards_and_wires(view):
    view.canvas.show_values(
        {"dense-1": ("a 0.34", "δ -0.01")}, {"input-1>dense-1:0": "0.5"}, ["dense-1"], "backward"
    )
    card = view.canvas.cards["dense-1"]
    assert (card.values.forward, card.values.backward) == ("a 0.34", "δ -0.01")
    assert card.values.active
    assert view.canvas.wires["input-1>dense-1:0"].values.backward == "0.5"
    assert view.canvas.cards["dense-2"].values is None
    view.grab()
    view.canvas.clear_values()
    assert card.values is None


def test_context_menus_offer_what_can_be_done(view):
    view.bridge.select(["dense-1"])
    words = [a.text() for a in view._actions.menu("dense-1", None, QPoint(5, 5)).actions()]
    assert {"Rename", "Connect to …", "Duplicate", "Delete"} <= set(words)
    words = [a.text() for a in view._actions.menu(None, "dense-1>dropout-1:0", QPoint()).actions()]
    assert "Insert Layer …" in words
    words = [a.text() for a in view._actions.menu(None, None, QPoint()).actions()]
    assert {"Add Layer …", "Paste", "Tidy Layout"} <= set(words)


def test_tooltips_and_spoken_words_say_what_is_there(view):
    view.bridge.do("Rename", commands.rename, "dense-1", "<b>mine</b>")
    text = tips.tip(view.canvas, body(view, "dense-1"))
    assert "&lt;b&gt;mine&lt;/b&gt;" in text
    assert "256 · ReLU" in text
    assert tips.tip(view.canvas, QPointF(-500, -500)) == ""
    port = tips.tip(view.canvas, view.canvas.cards["dense-2"].output_port())
    assert "Output of Dense 2" in port
    said = view.accessibleDescription()
    assert said.startswith("6 layers, 5 wires.")
    assert "Dropout 1, rate 0.5" in said


def test_every_theme_and_zoom_can_be_drawn(view):
    from nnstudio.ui import theme

    for mode in ("light", "dark", "contrast"):
        theme.set_mode(mode)
        for zoom in (0.2, 0.6, 1.0, 2.0):
            view.zoom_to(zoom)
            assert not view.grab().isNull()


def test_opening_another_project_shows_it_from_the_start(view):
    from nnstudio.project import templates

    view.bridge.store.open(templates.new("spiral"))
    assert set(view.canvas.cards) - {"loss"} == set(view.bridge.project.graph.by_id)
    assert view.visible_rect().contains(view.canvas.content_rect())


def test_a_stranger_wire_between_far_rows_crosses_no_card(view):
    wire(view, "dense-1", "dense-3")
    drop(view, "add", QPointF(780, 480))
    wire(view, "input-1", "add-1")
    points = view.canvas.wires["input-1>add-1:0"].points
    for id, card in view.canvas.cards.items():
        if id in ("input-1", "add-1"):
            continue
        for a, b in itertools.pairwise(points):
            line = QRectF(QPointF(*a), QPointF(*b)).normalized().adjusted(-1, -1, 1, 1)
            assert not line.intersects(card.rect), id
