"""The worked example on the screen: stepped by keyboard, every number compared."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.analysis.expression.test_golden import GRADIENTS, VALUES
from tests.gui.backprop.hands import press, screen

KEY = Qt.Key
FORWARD, BACKWARD = 8, 8
SEED = FORWARD + 1
UPDATE = SEED + BACKWARD + 1


def lit(mode):
    """The cards the step works on, by symbol."""
    return [card.face.symbol for card in mode.scene.cards.values() if card.face.light]


def expected(position):
    """What the cards must show after so many steps, from the course's numbers alone."""
    texts = list(VALUES)
    leaves = {"w0", "x0", "w1", "x1", "w2"}
    operations = [text for text in texts if text not in leaves]
    shown = {text: VALUES[text] for text in leaves}
    shown |= {text: VALUES[text] for text in operations[:position]}
    got: set[str] = {texts[-1]} if position >= SEED else set()
    inputs = {
        texts[12]: [texts[11]],
        texts[11]: [texts[10]],
        texts[10]: [texts[9]],
        texts[9]: [texts[8]],
        texts[8]: [texts[6], "w2"],
        texts[6]: [texts[2], texts[5]],
        texts[5]: ["w1", "x1"],
        texts[2]: ["w0", "x0"],
    }
    for text in list(inputs)[: max(0, position - SEED)]:
        got.update(inputs[text])
    return {text: (shown.get(text, ""), GRADIENTS[text] if text in got else "") for text in texts}


def test_every_number_of_every_step_forward_and_back_again(mode):
    assert screen(mode) == expected(0)
    for position in range(1, UPDATE + 1):
        press(mode, KEY.Key_Right)
        assert screen(mode) == expected(position), position
    for position in range(UPDATE - 1, -1, -1):
        press(mode, KEY.Key_Left)
        assert screen(mode) == expected(position), position


def test_the_highlighted_card_is_the_one_the_step_works_on(mode):
    symbols = ["×", "×", "+", "+", "×(−1)", "exp", "+1", "1/x"]
    for symbol in symbols:
        press(mode, KEY.Key_Right)
        assert lit(mode) == [symbol]
    press(mode, KEY.Key_Right)
    assert lit(mode) == ["1/x"]  # the seed
    for symbol in reversed(symbols):
        press(mode, KEY.Key_Right)
        assert lit(mode) == [symbol]


def test_home_and_end_and_the_ends_hold(mode):
    press(mode, KEY.Key_End)
    assert mode.walk.phase == "update"
    press(mode, KEY.Key_Right)
    assert mode.walk.position == UPDATE
    press(mode, KEY.Key_Home)
    press(mode, KEY.Key_Left)
    assert mode.walk.position == 0


def test_the_details_say_three_numbers_and_the_rule(mode):
    press(mode, KEY.Key_Right, SEED + 4)
    text = mode.detail.texts()
    assert "multiply by −1" in text
    assert "−0.1966 × (−1) = 0.1966" in text
    assert "f(x) = a·x" in text
    assert "df/dx = a" in text
    assert "(f(x+ε) − f(x−ε)) / 2ε = 0.1966  ✓" in text
    assert mode.bar.phases.text() == "Forward ✓ → Backward: step 4 of 8 → Update"


def test_the_wires_carry_the_local_derivatives(mode):
    press(mode, KEY.Key_End)
    labels = sorted(wire.label for wire in mode.scene.wires.values())
    expected_labels = ["−0.5344", "1", "0.3679", "−1", "1", "1", "1", "1", "−1", "2", "−2", "−3"]
    assert labels == sorted(expected_labels)


def test_space_plays_to_the_end_and_stops(mode, qtbot):
    mode.bar.transport.speed.setCurrentIndex(5)
    press(mode, KEY.Key_Right, UPDATE - 2)
    press(mode, KEY.Key_Space)
    assert mode.bar.transport.playing
    qtbot.waitUntil(lambda: mode.walk.position == UPDATE, timeout=3000)
    qtbot.waitUntil(lambda: not mode.bar.transport.playing, timeout=2000)
    mode.bar.transport.speed.setCurrentIndex(2)


def test_a_screen_reader_is_told_the_step(mode):
    press(mode, KEY.Key_Right)
    assert mode.view.accessibleDescription() == "This step: multiply. 2.000·(−1.000) = −2.000"


def test_collapsing_keeps_the_gradient_and_undo_takes_it_back(mode):
    mode.bar.choose_gate("Collapse to σ")
    press(mode, KEY.Key_End)
    shown = screen(mode)
    assert shown["w1"] == ("−3.000", "−0.3932")
    assert "Expand σ" in mode.bar.gate_texts()
    mode.view.setFocus()
    QTest.keyClick(mode.view, KEY.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(mode.scene.cards) == 13
    mode.bar.choose_gate("Collapse to σ")
    mode.bar.choose_gate("Expand σ")
    press(mode, KEY.Key_End)
    assert screen(mode) == expected(UPDATE)


def test_more_digits_widen_the_cards_and_show_more(mode):
    press(mode, KEY.Key_End)
    width = max(card.width for card in mode.scene.cards.values())
    mode.bar.digits.setCurrentIndex(3)
    assert mode.scene.cards[mode.sheet.graph.output].face.value == "0.731058578630"
    assert max(card.width for card in mode.scene.cards.values()) > width
    mode.bar.digits.setCurrentIndex(0)


def test_hovering_tells_all_digits(mode):
    press(mode, KEY.Key_End)
    hint = mode.scene.hint(mode.sheet.graph.output)
    assert "0.7310585786300049" in hint
