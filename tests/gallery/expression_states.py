"""Expression mode in pictures: every step of the worked example, and what else can happen there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nnstudio.analysis.expression import EXAMPLES, FIRST, Term, neuron, start

if TYPE_CHECKING:
    from nnstudio.ui.backprop.expression.mode import ExpressionMode
    from tests.gallery.camera import Camera, State


def expression(camera: Camera) -> ExpressionMode:
    """The window with expression mode in it, at the beginning of the worked example."""
    camera.open("sentiment")
    camera.window.show_panel("backprop")
    camera.spin(0.1)
    panel = camera.panel("backprop")
    panel.show_mode("Expression")
    camera.spin(0.1)
    shown: ExpressionMode = panel.expression
    shown.bar.digits.setCurrentIndex(0)
    shown.view.setFocus()
    return shown


def _step(camera: Camera, position: int) -> None:
    expression(camera).go_to(position)


def _example(camera: Camera, number: int) -> None:
    shown = expression(camera)
    shown.open_example(number)
    shown.jump(1)
    shown.step(-1)


def _typed(camera: Camera, text: str, *, to_end: bool) -> None:
    shown = expression(camera)
    shown.bar.field.setText(text)
    shown.bar.field.textEdited.emit(text)
    if to_end:
        shown.jump(1)


def _collapsed(camera: Camera) -> None:
    shown = expression(camera)
    shown.bar.choose_gate("Collapse to σ")
    shown.go_to(7)


def _asked(camera: Camera, *, sign: bool) -> None:
    shown = expression(camera)
    shown.go_to(11)
    shown.bar.predict.setChecked(True)
    shown.step(1)
    if sign:
        shown.detail.predict.guess_sign(-1)


def _round_off(camera: Camera) -> None:
    shown = expression(camera)
    shown.go_to(17)
    shown.detail.check.slider.setValue(-13 * 4)


def _many_digits(camera: Camera) -> None:
    shown = expression(camera)
    shown.bar.digits.setCurrentIndex(2)
    shown.go_to(17)


def _low(camera: Camera) -> None:
    shown = expression(camera)
    camera.window.enlarge(False)
    shown.go_to(13)


def _neuron(camera: Camera, *, opened: bool) -> None:
    shown = expression(camera)
    terms = [
        Term(f"w_{i}", 0.3 * ((i * 37) % 23 - 11) / 11, f"x_{i}", float(i % 29 == 0))
        for i in range(800)
    ]
    sheet = neuron(terms, ("b", 0.4), "relu", title="dense-1, neuron 3")
    shown.open_worksheet(sheet)
    if opened:
        shown.open_card(next(g.root for g in sheet.graph.groups if "smaller" in g.title))
    shown.jump(1)
    shown.step(-1)


EXPRESSION_STATES: dict[str, State] = {
    **{
        f"expression_step_{position:02d}": partial(_step, position=position)
        for position in range(start(FIRST.worksheet()).of.last + 1)
    },
    **{
        f"expression_gallery_{number}": partial(_example, number=number)
        for number in range(1, len(EXAMPLES))
    },
    "expression_collapsed": _collapsed,
    "expression_predict_sign": partial(_asked, sign=False),
    "expression_predict_value": partial(_asked, sign=True),
    "expression_round_off": _round_off,
    "expression_many_digits": _many_digits,
    "expression_low": _low,
    "expression_unfinished": partial(_typed, text="f = log(x - 2) / (y", to_end=False),
    "expression_log_of_negative": partial(_typed, text="f = log(x - 2) / y", to_end=True),
    "expression_division_by_zero": partial(_typed, text="f = y/(x - 1)", to_end=True),
    "expression_overflow": partial(_typed, text="f = exp(1000*x)", to_end=True),
    "expression_neuron": partial(_neuron, opened=False),
    "expression_neuron_opened": partial(_neuron, opened=True),
}
