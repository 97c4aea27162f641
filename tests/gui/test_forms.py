"""The forms made from declarations: every kind of field, refusals in place, nested parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

import nnstudio.data
import nnstudio.nn  # noqa: F401  both make their parts known
from nnstudio.nn.activations import Relu
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.dropout import Dropout
from nnstudio.project.setup import EarlyStopping, TrainingSetup
from nnstudio.spec import FieldSpec, parts
from nnstudio.ui.forms import PartForm
from nnstudio.ui.forms.reading import NotReadableError, read, shortest, write
from nnstudio.ui.forms.samples import activation_curve, loss_curve


class Ears:
    """Remembers what a form told."""

    def __init__(self, form):
        self.parts = []
        form.changed.connect(lambda part, name: self.parts.append((part, name)))


def shown(qtbot, part, **options):
    form = PartForm(part, **options)
    qtbot.addWidget(form)
    form.show()
    return form, Ears(form)


def type_into(form, name, text):
    line = form.row(name).editor.line
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def test_a_typed_number_takes_effect_without_an_apply_button(qtbot):
    form, ears = shown(qtbot, Dense(64))
    type_into(form, "units", "128")
    assert ears.parts == [(Dense(128), "units")]


def test_typing_takes_effect_by_itself_after_a_pause(qtbot):
    form, ears = shown(qtbot, Dense(64))
    line = form.row("units").editor.line
    line.selectAll()
    QTest.keyClicks(line, "32")
    assert ears.parts == []
    qtbot.waitUntil(lambda: ears.parts == [(Dense(32), "units")], timeout=3000)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0", "Units must lie between 1 and 10,000,000, not 0."),
        ("2.5", "Units must be a whole number, not “2.5”."),
        ("many", "Units must be a whole number, not “many”."),
        ("", "Units needs a value."),
    ],
)
def test_a_bad_value_is_refused_in_place_with_a_sentence_and_never_clipped(qtbot, text, sentence):
    form, ears = shown(qtbot, Dense(64))
    line = form.row("units").editor.line
    line.setText(text)
    line.textEdited.emit(text)
    QTest.keyClick(line, Qt.Key.Key_Return)
    row = form.row("units")
    assert row.refusal.text() == sentence
    assert row.refusal.isVisible()
    assert line.text() == text
    assert ears.parts == []


def test_escape_brings_the_last_good_value_back(qtbot):
    form, _ = shown(qtbot, Dense(64))
    type_into(form, "units", "0")
    line = form.row("units").editor.line
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == "64"
    assert not form.row("units").refusal.isVisible()


def test_the_arrow_keys_step_a_number(qtbot):
    form, ears = shown(qtbot, Dense(64))
    QTest.keyClick(form.row("units").editor.line, Qt.Key.Key_Up)
    assert ears.parts[-1][0] == Dense(65)


def test_text_that_looks_like_markup_is_shown_as_it_is(qtbot):
    form, _ = shown(qtbot, Dense(64))
    type_into(form, "units", "<b>9</b>")
    label = form.row("units").refusal
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert "<b>9</b>" in label.text()


def test_a_slider_and_its_field_agree(qtbot):
    form, ears = shown(qtbot, Dropout(0.5))
    editor = form.row("rate").editor
    assert editor.slider is not None
    editor.slider.setValue(editor.slider.maximum() // 4)
    part, name = ears.parts[-1]
    assert name == "rate"
    assert part.rate == pytest.approx(0.25, abs=0.02)
    assert editor.line.text() == shortest(part.rate)


def test_the_learning_rate_slider_goes_in_powers_of_ten(qtbot):
    form, ears = shown(qtbot, parts("optimizer")["sgd"](learning_rate=0.3))
    editor = form.row("learning_rate").editor
    half = editor.slider.maximum() // 2
    editor.slider.setValue(half)
    assert ears.parts[-1][0].learning_rate == pytest.approx(0.01, rel=0.1)
    editor.slider.setValue(editor.slider.maximum())
    assert ears.parts[-1][0].learning_rate == pytest.approx(10)


def test_a_value_beyond_the_slider_is_kept(qtbot):
    sgd = parts("optimizer")["sgd"](learning_rate=300.0)
    form, ears = shown(qtbot, sgd)
    editor = form.row("learning_rate").editor
    assert editor.slider.value() == editor.slider.maximum()
    assert editor.line.text() == "300"
    assert ears.parts == []


def test_choosing_another_activation_shows_its_formula_and_curve(qtbot):
    form, ears = shown(qtbot, Dense(64, Relu()))
    editor = form.row("activation").editor
    index = editor.combo.findData("leaky_relu")
    editor.combo.setCurrentIndex(index)
    editor.combo.activated.emit(index)
    part, name = ears.parts[-1]
    assert name == "activation"
    assert part.activation.name == "leaky_relu"
    assert editor.plot.isVisible()
    assert "z" in editor.plot.accessibleDescription()


def test_a_nested_setting_changes_the_outer_part(qtbot):
    form, ears = shown(qtbot, Dense(64, parts("activation")["leaky_relu"]()))
    nested = form.row("activation").editor._form
    type_into(nested, "slope", "0.3")
    assert ears.parts[-1][0].activation.slope == 0.3


def test_another_optimizer_keeps_a_learning_rate_that_was_chosen(qtbot):
    setup = TrainingSetup(optimizer=parts("optimizer")["sgd"](learning_rate=0.05))
    form, ears = shown(qtbot, setup)
    combo = form.row("optimizer").editor.combo
    index = combo.findData("adam")
    combo.setCurrentIndex(index)
    combo.activated.emit(index)
    assert ears.parts[-1][0].optimizer.name == "adam"
    assert ears.parts[-1][0].optimizer.learning_rate == 0.05


def test_an_optional_part_is_switched_by_a_check_box(qtbot):
    form, ears = shown(qtbot, TrainingSetup(early_stopping=None))
    box = form.row("early_stopping").editor.box
    assert box.text() == "off"
    box.setChecked(True)
    assert ears.parts[-1][0].early_stopping == EarlyStopping()
    assert box.text() == "patience 5"


def test_an_empty_optional_field_means_none(qtbot):
    form, ears = shown(qtbot, TrainingSetup(batch_size=128))
    line = form.row("batch_size").editor.line
    line.clear()
    line.textEdited.emit("")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert ears.parts[-1][0].batch_size is None
    assert line.placeholderText() == "full batch"


def test_what_comes_back_from_the_store_is_shown_without_an_echo(qtbot):
    form, ears = shown(qtbot, Dense(64))
    form.show_part(Dense(7, parts("activation")["tanh"]()))
    assert form.row("units").editor.line.text() == "7"
    assert form.row("activation").editor.combo.currentData() == "tanh"
    assert ears.parts == []


def test_advanced_settings_are_folded_away(qtbot):
    form, _ = shown(qtbot, Dense(64))
    row = form.row("kernel_initializer")
    assert not row.isVisible()
    form.focus("kernel_initializer")
    assert row.isVisible()


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in ("layer", "optimizer", "loss", "dataset") for name in parts(kind)],
)
def test_every_part_has_a_form_whose_fields_have_names_and_help(qtbot, kind, name):
    part = parts(kind)[name]()
    form, _ = shown(qtbot, part)
    for row in form.rows():
        target = row.editor.focusProxy()
        assert target.accessibleName().startswith(row.spec.label)
        assert target.toolTip()


@pytest.mark.parametrize("name", parts("activation"))
def test_every_activation_has_a_curve_whose_slope_is_its_derivative(name):
    import numpy as np

    curve = activation_curve(parts("activation")[name]())
    assert curve is not None
    middle = (curve.slope[1:] + curve.slope[:-1]) / 2
    steps = np.diff(curve.y) / np.diff(curve.x)
    smooth = np.abs(np.diff(curve.slope)) < 0.2
    assert np.allclose(middle[smooth], steps[smooth], atol=0.05) or name == "step"


@pytest.mark.parametrize("name", parts("loss"))
def test_every_loss_has_a_curve(name):
    assert loss_curve(parts("loss")[name]()) is not None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_reads_back_the_same(value):
    spec = FieldSpec("real", "Rate", "help")
    assert read(spec, write(spec, value)) == value


def test_numbers_may_be_grouped_and_shapes_written_with_any_sign_between():
    whole = FieldSpec("integer", "Units", "help")
    sizes = FieldSpec("shape", "Shape", "help")
    assert read(whole, "65,536") == 65536
    assert read(whole, "1e3") == 1000
    assert read(sizes, "28 × 28") == (28, 28)
    assert read(sizes, "(3, 4)") == (3, 4)
    with pytest.raises(NotReadableError, match=r"Write 0\.5"):
        read(FieldSpec("real", "Rate", "help"), "0,5")


def test_a_hint_says_typical_and_a_refusal_says_the_limits(qtbot):
    form, _ = shown(qtbot, Dense(64))
    row = form.row("units")
    assert row.editor.line.hint == "typical 8–1,024"
    assert "Typical: 8–1,024" in row.label.toolTip()
    assert "Allowed: 1–" in row.label.toolTip()
    type_into(form, "units", "0")
    assert row.refusal.text().startswith("Units must lie between 1 and ")


def test_no_hint_of_any_part_can_be_read_as_its_limits():
    from nnstudio.spec import parts
    from nnstudio.ui.text import typical

    for kind in ("layer", "activation", "optimizer", "loss", "schedule", "dataset", "training"):
        for cls in parts(kind).values():
            for spec in cls.fields():
                assert typical(spec).startswith("typical ") == bool(spec.typical)
                assert " to " not in typical(spec)
