"""Expression mode under the learner's hands: typing, leaves, guessing, mistakes, exports."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget

from nnstudio.analysis.expression import EXAMPLES, Term, neuron
from nnstudio.ui import dialogs, theme
from tests.gui.backprop.hands import press, screen

KEY = Qt.Key


def type_text(mode, text):
    mode.bar.field.setFocus()
    mode.bar.field.selectAll()
    QTest.keyClicks(mode.bar.field, text)


def test_every_keystroke_of_another_expression_is_survived(mode):
    last_good = mode.sheet.graph
    for length, character in enumerate("log(x*y) - 2*(x + 1)", start=1):
        if length == 1:
            mode.bar.field.selectAll()
        QTest.keyClicks(mode.bar.field, character)
        if mode.error is None:
            last_good = mode.sheet.graph
        assert mode.sheet.graph == last_good
        assert len(mode.scene.cards) == len(last_good.nodes)
    assert mode.error is None
    assert mode.sheet.graph.variables == ("x", "y")


def test_an_unfinished_text_keeps_the_graph_and_is_underlined_where_it_hurts(mode):
    type_text(mode, "1/(1 + exp(-x)")
    assert mode.bar.field.wrong == (2, 3)
    assert "is not closed yet" in mode.note.text()
    assert mode.note.isVisible()
    assert mode.scene.cards
    type_text(mode, "1/(1 + exp(-x))")
    assert not mode.note.isVisible()


@pytest.mark.parametrize(
    ("text", "values", "symbol", "title", "fix"),
    [
        ("1/(x - 1)", {"x": 1.0}, "1/x", "Division by zero", "Move x − 1 away from 0"),
        ("x/y + 1", {"y": 0.0}, "÷", "Division by zero", "Move y away from 0"),
        ("2*log(x)", {"x": -1.0}, "log", "Logarithm of a negative number", "Make x positive"),
        ("exp(exp(x))", {"x": 7.0}, "exp", "exp overflows", "smaller"),
        ("sqrt(x) + 1", {"x": -4.0}, "√", "Square root of a negative number", "Make x positive"),
        ("(x*x*x)**99", {"x": 9e99}, "x⁹⁹", "The result is too large", "smaller"),
    ],
)
def test_a_calculation_without_a_result_fails_at_its_card_and_says_what_to_change(
    mode,
    text,
    values,
    symbol,
    title,
    fix,
):
    type_text(mode, text)
    for name, value in values.items():
        mode.set_value(name, value)
    assert title in mode.note.text()
    mode.jump(1)
    failed = [card.face for card in mode.scene.cards.values() if card.face.failed]
    assert [face.symbol for face in failed] == [symbol]
    assert failed[0].value == ""
    shown = mode.detail.texts()
    assert title in shown
    assert fix in shown
    assert mode.walk.at_end


def test_a_slope_without_a_value_stops_the_way_back_at_its_card(mode):
    type_text(mode, "sqrt(x*y)")
    mode.set_value("x", 0.0)
    mode.jump(1)
    assert mode.walk.phase == "backward"
    assert "The slope of √x at 0 is infinite" in mode.detail.texts()


def test_a_leaf_is_typed_into(mode):
    mode.view.edit("w0")
    editor = mode.view.findChild(QLineEdit)
    editor.setText("2,5")
    QTest.keyClick(editor, KEY.Key_Return)
    assert mode.sheet.values["w0"] == 2.5
    mode.view.edit("w0")
    QTest.keyClicks(mode.view._editor, "nonsense")
    QTest.keyClick(mode.view._editor, KEY.Key_Return)
    assert mode.sheet.values["w0"] == 2.5


def test_a_leaf_is_dragged_and_one_undo_takes_the_drag_back(mode):
    viewport = mode.view.viewport()
    at = mode.view.card_centre("w0").toPoint()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=at)
    for distance in (8, 16, 24):
        QTest.mouseMove(viewport, at - QPoint(0, distance))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=at - QPoint(0, 24))
    assert mode.sheet.values["w0"] == pytest.approx(2.6)
    mode.history.undo()
    assert mode.sheet.values["w0"] == 2.0


def test_the_wheel_changes_the_leaf_under_it_and_zooms_elsewhere(mode):
    def wheel(at, turn):
        event = QWheelEvent(
            QPointF(at),
            mode.view.viewport().mapToGlobal(QPointF(at)),
            QPoint(),
            QPoint(0, turn),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(mode.view.viewport(), event)

    wheel(mode.view.card_centre("x1"), 120)
    assert mode.sheet.values["x1"] == pytest.approx(-1.9)
    before = mode.view.zoom
    wheel(QPointF(600, 20), 120)
    assert mode.view.zoom > before


def test_changing_a_leaf_keeps_the_step_and_renews_its_numbers(mode):
    press(mode, KEY.Key_Right, 13)
    mode.set_value("w2", -4.0)
    assert mode.walk.position == 13
    assert screen(mode)["w0·x0 + w1·x1 + w2"] == ("0", "0.2500")


def test_keys_select_a_card_and_nudge_its_value(mode):
    press(mode, KEY.Key_Down)
    assert mode.selected == "w0"
    QTest.keyClicks(mode.view, "+")
    assert mode.sheet.values["w0"] == pytest.approx(2.1)


def test_predict_asks_for_the_sign_then_the_value_then_reveals(mode):
    press(mode, KEY.Key_Right, 10)
    mode.bar.predict.setChecked(True)
    mode.view.setFocus()
    press(mode, KEY.Key_Right)
    exp = next(c for c in mode.scene.cards.values() if c.face.symbol == "exp")
    assert (exp.face.gradient, exp.face.asked) == ("", "backward")
    assert "−0.5344 ×" not in mode.detail.texts()
    QTest.keyClicks(mode.view, "-")
    assert "Right: it is negative" in mode.detail.predict.words.text()
    QTest.keyClicks(mode.detail.predict.value, "-0.53")
    QTest.keyClick(mode.detail.predict.value, KEY.Key_Return)
    assert exp.face.gradient == "−0.5344"
    assert "1 of 1 right" in mode.detail.texts()
    press(mode, KEY.Key_Right)
    press(mode, KEY.Key_Right)  # reveal without guessing
    assert not mode.concealed
    assert "1 of 2 right" in mode.detail.texts()


def test_a_small_epsilon_shows_round_off_on_the_cards_and_in_the_curve(mode):
    press(mode, KEY.Key_End)
    press(mode, KEY.Key_Left)
    assert all(c.face.mark == "agrees" for c in mode.scene.cards.values())
    mode.detail.check.slider.setValue(-14 * 4)
    assert any(c.face.mark == "differs" for c in mode.scene.cards.values())
    assert "round-off has taken over" in mode.detail.check.words.text()
    errors = dict(mode.detail.check.plot.points)
    best = min(errors, key=errors.get)
    assert 1e-7 < best < 1e-3
    assert errors[min(errors)] > 1e3 * errors[best] < errors[max(errors)]


def test_a_descent_step_is_predicted_taken_and_undone(mode):
    press(mode, KEY.Key_End)
    assert "−0.02319" in mode.detail.texts()
    assert "−0.02382" in mode.detail.texts()
    press(mode, KEY.Key_Return)
    assert mode.sheet.values["w0"] == pytest.approx(2.0 + 0.1 * 0.19661193324148185)
    assert mode.walk.phase == "update"
    mode.history.undo()
    assert mode.sheet.values["w0"] == 2.0


def test_a_fanned_out_value_has_its_sum_written_out(mode):
    number = next(n for n, e in enumerate(EXAMPLES) if e.title == "A shared variable")
    mode.open_example(number)
    mode.jump(1)
    mode.step(-1)
    assert "w is used twice: 3.000 + 8.000 = 11.00" in mode.detail.texts()


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_is_walked_to_its_end_and_checked(mode, number):
    mode.open_example(number)
    while not mode.walk.at_end:
        mode.step(1)
    assert mode.walk.phase == "update"
    marks = {c.face.mark for c in mode.scene.cards.values() if c.face.gradient}
    assert marks == {"agrees"}


def test_no_two_cards_overlap_and_no_wire_runs_behind_one(mode):
    for number in range(len(EXAMPLES)):
        mode.open_example(number)
        cards = list(mode.scene.cards.values())
        boxes = [card.rect().translated(card.pos()) for card in cards]
        for first, box in enumerate(boxes):
            assert not any(box.intersects(other) for other in boxes[first + 1 :])
        for edge, wire in mode.scene.wires.items():
            for card, box in zip(cards, boxes, strict=True):
                if card.id not in (edge.source, edge.user):
                    path = wire.path()
                    points = (path.pointAtPercent(step / 200) for step in range(201))
                    assert not any(box.contains(point) for point in points)


def test_the_exports_hold_the_numbers(mode, tmp_path, monkeypatch):
    press(mode, KEY.Key_End)
    for kind, mark in (
        ("md", b"0.7311"),
        ("tex", rb"\frac"),
        ("png", b"\x89PNG"),
        ("svg", b"<svg"),
    ):
        target = tmp_path / f"pass.{kind}"
        monkeypatch.setattr(dialogs, "choose_save", lambda *_, target=target: str(target))
        mode.exports.export(kind)
        assert mark in target.read_bytes()
    mode.exports.copy()
    assert "0.7310585786300049" in QGuiApplication.clipboard().text()


def test_a_file_that_cannot_be_written_is_told(mode, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(dialogs, "choose_save", lambda *_: str(tmp_path / "no" / "f.png"))
    monkeypatch.setattr(dialogs, "show_problems", lambda _, problems: told.extend(problems))
    mode.exports.export("png")
    assert told[0].title == "f.png could not be written"


def test_a_large_neuron_opens_group_by_group(mode):
    terms = [Term(f"w[{i}]", 0.01 * (i - 200), f"x[{i}]", float(i % 7 == 0)) for i in range(400)]
    sheet = neuron(terms, ("b", 0.5), "relu", title="Neuron 3 of dense-1")
    mode.open_worksheet(sheet)
    assert len(mode.scene.cards) < 30
    mode.jump(1)
    root = next(g.root for g in sheet.graph.groups if "smaller" in g.title)
    mode.open_card(root)
    shown = [card.face.symbol for card in mode.scene.cards.values()]
    assert "Σ 10 terms" in shown
    total = sum(term.w * term.x for term in terms) + 0.5
    assert mode.walk.of.forward.values[sheet.graph.output] == pytest.approx(max(0.0, total))


def test_everything_has_a_name_for_a_screen_reader(mode):
    for widget in mode.findChildren(QWidget):
        if not widget.isVisible() or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        if isinstance(widget, QLabel) or widget.objectName().startswith("qt_"):
            continue
        name = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
        assert name, widget


@pytest.mark.parametrize("look", ["light", "dark", "contrast"])
def test_all_looks_paint(mode, look):
    theme.set_mode(look)
    press(mode, KEY.Key_End)
    assert not mode.grab().isNull()


def test_a_low_panel_puts_the_details_beside_the_graph(mode):
    mode.resize(1100, 300)
    assert mode.split.orientation() == Qt.Orientation.Horizontal
    mode.resize(1100, 760)
    assert mode.split.orientation() == Qt.Orientation.Vertical


def test_a_number_that_stands_by_itself_is_a_leaf_to_change_too(mode):
    type_text(mode, "exp(2)*x")
    mode.view.setFocus()
    number = next(c.id for c in mode.scene.cards.values() if c.face.symbol == "2")
    mode.set_value(number, 3.0)
    assert mode.bar.field.text() == "exp(3)*x"
    assert screen(mode)["3"][0] == "3.000"
    mode.history.undo()
    assert mode.bar.field.text() == "exp(2)*x"


def test_sixty_operations_are_laid_out_within_fifty_milliseconds(mode):
    import time

    type_text(mode, "x")
    text = "+".join(f"w{i}*sin(x{i}+{i}.5)" for i in range(15))
    mode.bar.field.setText(text)
    mode.bar.field.textEdited.emit(text)
    assert len(mode.sheet.graph.operations) == 59
    scene, best = mode.scene, 1.0
    assert scene.showing is not None
    faces = {id: card.face for id, card in scene.cards.items()}
    for _ in range(5):
        began = time.perf_counter()
        scene._place(mode.walk.of, scene.showing, faces)
        best = min(best, time.perf_counter() - began)
    assert best < 0.05


@pytest.mark.parametrize(
    ("typed", "button", "becomes"),
    [
        ("(w*x + b - y)^2 + x^2", "Write **", "(w*x + b - y)**2 + x**2"),
        ("(w*x - y)²", "Write **2", "(w*x - y)**2"),
    ],
)
def test_a_power_written_otherwise_is_refused_with_a_button_that_writes_it(
    mode, qtbot, typed, button, becomes
):
    field = mode.bar.field
    field.setText(typed)
    field.textEdited.emit(typed)
    assert mode.note.isVisible()
    assert "**" in mode.note.text()
    assert mode.note.repair.text() == button
    qtbot.mouseClick(mode.note.repair, Qt.MouseButton.LeftButton)
    assert field.text() == becomes
    assert mode.error is None
    assert not mode.note.isVisible()
    mode.bar.field.setText("(x +")
    field.textEdited.emit("(x +")
    assert mode.note.isVisible()
    assert not mode.note.repair.isVisible()
