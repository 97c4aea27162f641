"""The states that the gallery shows, each a function that brings the window there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.project import commands as edit
from nnstudio.spec import Fix, Place, Problem, parts
from nnstudio.ui import dialogs, settings, theme
from nnstudio.ui.commands import shortcut_table
from nnstudio.ui.recover_dialog import RecoverDialog
from tests.gallery.expression_states import EXPRESSION_STATES
from tests.gallery.network_states import NETWORK_STATES

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.import_data import ImportData
    from tests.gallery.camera import Camera, State

REVIEW = (
    "A wonderful film with a warm heart, although the second half is a bit slow and the ending "
    "felt rushed. The acting is superb."
)


def welcome(camera: Camera) -> None:
    camera.window.show_welcome()


def welcome_recent(camera: Camera) -> None:
    from nnstudio.project import files, templates

    for name in ("My sentiment network", "Spiral with three layers", "Homework 2"):
        path = camera.scratch / f"{name}.nns"
        files.save(templates.new("spiral"), path)
        settings.remember_file(path)
    camera.window.show_welcome()
    settings.forget_files()


def canvas_empty(camera: Camera) -> None:
    camera.open_empty()


def sentiment(camera: Camera) -> None:
    camera.open("sentiment")
    camera.window.bridge.select(["dense-1"])
    camera.spin(0.6)


def sentiment_nothing_selected(camera: Camera) -> None:
    camera.open("sentiment")
    camera.window.bridge.select([])


def loss_selected(camera: Camera) -> None:
    camera.open("sentiment")
    camera.window.bridge.select(["loss"])


def several_selected(camera: Camera) -> None:
    camera.open("sentiment")
    camera.window.bridge.select(["dense-1", "dense-2", "dropout-1"])


def canvas_problem(camera: Camera) -> None:
    camera.open("sentiment")
    bridge = camera.window.bridge
    last = bridge.project.graph.node("dense-3").layer
    bridge.do("Change units", edit.change_layer, "dense-3", last.replace(units=3))
    bridge.select(["dense-3"])
    camera.window.show_panel("problems")


def field_refused(camera: Camera) -> None:
    camera.open("sentiment")
    camera.window.bridge.select(["dense-1"])
    form = camera.window.properties.form
    assert form is not None
    line = form.row("units").editor.line  # type: ignore[attr-defined]
    line.setText("0")
    line.textEdited.emit("0")
    line.returnPressed.emit()


def training_panel(camera: Camera) -> None:
    camera.open("sentiment")
    camera.window.show_panel("training")


def training_panel_sgd(camera: Camera) -> None:
    camera.open("spiral")
    sgd = parts("optimizer")["sgd"]()
    camera.window.bridge.do("Optimizer", edit.configure_training, optimizer=sgd)
    camera.window.show_panel("training")


def data_reviews(camera: Camera) -> None:
    camera.open("sentiment")
    camera.window.show_panel("data")


def data_points(camera: Camera) -> None:
    camera.open("spiral")
    camera.window.show_panel("data")


def data_digits(camera: Camera) -> None:
    camera.open("digits")
    camera.window.show_panel("data")


def data_table(camera: Camera) -> None:
    camera.open("spiral")
    camera.window.bridge.do("Data", edit.set_data, parts("dataset")["iris"]())
    camera.wait(lambda: camera.window.bridge.dataset is not None)
    camera.window.show_panel("data")


def data_problem(camera: Camera) -> None:
    camera.open("sentiment")
    missing = parts("dataset")["text_file"](path="/home/learner/reviews.csv")
    camera.window.bridge.do("Data", edit.set_data, missing)
    camera.spin(0.5)
    camera.window.show_panel("data")


def running(camera: Camera) -> None:
    camera.open("spiral")
    bridge = camera.window.bridge
    bridge.do("Epochs", edit.configure_training, epochs=20_000, early_stopping=None)
    camera.window.run_commands.train()
    camera.wait(lambda: bridge.session.state == "running")
    camera.spin(1.5)


def paused(camera: Camera) -> None:
    running(camera)
    session = camera.window.bridge.session
    session.pause()
    camera.wait(lambda: session.state == "paused")
    camera.spin(0.4)


def stopped_early(camera: Camera) -> None:
    camera.open("sentiment")
    camera.window.bridge.select(["dense-1"])
    camera.train()


def curves_log_seconds(camera: Camera) -> None:
    stopped_early(camera)
    camera.window.curves.set_against("seconds")
    camera.window.curves.log_button.setChecked(True)


def curves_crosshair(camera: Camera) -> None:
    stopped_early(camera)
    camera.window.curves.loss_chart.pointed.emit(6.0)


def _predict_progression(camera: Camera) -> None:
    """The network of the diabetes data: linear, one output."""
    camera.open("spiral")
    bridge = camera.window.bridge
    bridge.do("Data", edit.set_data, parts("dataset")["diabetes"]())
    linear = parts("activation")["linear"]()
    for node in bridge.project.graph.nodes:
        if node.layer.name == "dense":
            layer = node.layer.replace(activation=linear)
            bridge.do("Activation", edit.change_layer, node.id, layer)
    last = bridge.project.graph.nodes[-1]
    bridge.do("Units", edit.change_layer, last.id, last.layer.replace(units=1))
    bridge.do("Loss", edit.change_loss, parts("loss")["mean_squared_error"]())
    camera.wait(lambda: bridge.session.state == "ready")


def diverged(camera: Camera) -> None:
    _predict_progression(camera)
    bridge = camera.window.bridge
    sgd = parts("optimizer")["sgd"](learning_rate=1.0)
    bridge.do("Training", edit.configure_training, optimizer=sgd, early_stopping=None)
    camera.window.run_commands.train()
    camera.wait(lambda: bridge.session.diverged is not None)
    camera.spin(0.5)


def settings_far_from_usual(camera: Camera) -> None:
    camera.open("spiral")
    bridge = camera.window.bridge
    adam = parts("optimizer")["adam"](learning_rate=1000.0)
    bridge.do("Training", edit.configure_training, optimizer=adam, batch_size=9999, epochs=3)
    camera.train()
    camera.window.show_panel("problems")


def gone_on_after_early_stop(camera: Camera) -> None:
    stopped_early(camera)
    camera.train()
    camera.window.show_panel("curves")


def evaluation_empty(camera: Camera) -> None:
    camera.open("sentiment")
    camera.window.show_panel("evaluate")


def evaluation(camera: Camera) -> None:
    stopped_early(camera)
    camera.window.run_commands.handlers()["evaluate"]()
    camera.wait(lambda: camera.panel("evaluate").evaluation is not None)
    camera.panel("evaluate").matrix.chosen.emit(0, 1)


def evaluation_digits(camera: Camera) -> None:
    camera.open("digits")
    camera.train()
    camera.window.run_commands.handlers()["evaluate"]()
    camera.wait(lambda: camera.panel("evaluate").evaluation is not None)


def evaluation_regression(camera: Camera) -> None:
    _predict_progression(camera)
    camera.train()
    camera.window.run_commands.handlers()["evaluate"]()
    camera.wait(lambda: camera.panel("evaluate").evaluation is not None)


def stale_evaluation(camera: Camera) -> None:
    evaluation(camera)
    bridge = camera.window.bridge
    bridge.do("Units", edit.configure_layer, "dense-2", units=64)
    camera.spin(0.4)


def stale_curves(camera: Camera) -> None:
    stopped_early(camera)
    bridge = camera.window.bridge
    bridge.do("Data", edit.set_data, parts("dataset")["circles"]())
    camera.wait(lambda: bridge.dataset is not None)
    camera.window.show_panel("data")
    camera.spin(0.4)


def try_without_data(camera: Camera) -> None:
    from nnstudio.project import files

    camera.open("sentiment")
    bridge = camera.window.bridge
    data = _table(camera.scratch / "stays.csv")
    bridge.do("Data", edit.set_data, parts("dataset")["text_file"](path=str(data)))
    bridge.do("Units", edit.configure_layer, "dense-3", units=3)
    camera.wait(lambda: bridge.session.state == "ready" and bridge.dataset is not None)
    camera.train()
    files.save(bridge.project, camera.scratch / "stays.nns")
    data.unlink()
    bridge.store.open(files.load(camera.scratch / "stays.nns"))
    camera.wait(lambda: bridge.data_problem is not None)
    camera.window.show_panel("try_it")
    panel = camera.panel("try_it")
    panel.input.edit.setPlainText("A spotless room and friendly staff")
    camera.wait(lambda: panel.prediction is not None)
    camera.spin(0.3)


def try_review(camera: Camera) -> None:
    stopped_early(camera)
    camera.window.show_panel("try_it")
    panel = camera.panel("try_it")
    panel.input.edit.setPlainText(REVIEW)  # type: ignore[union-attr]
    camera.wait(lambda: panel.prediction is not None and panel.prediction.raw == REVIEW)


def try_digit(camera: Camera) -> None:
    camera.open("digits")
    camera.train()
    camera.window.show_panel("try_it")
    panel = camera.panel("try_it")
    panel.input._example()  # type: ignore[union-attr]
    camera.wait(lambda: panel.prediction is not None)


def try_numbers(camera: Camera) -> None:
    camera.open("spiral")
    camera.train()
    camera.window.show_panel("try_it")
    camera.wait(lambda: camera.panel("try_it").prediction is not None)


def backprop_expression(camera: Camera) -> None:
    camera.open("sentiment")
    camera.window.show_panel("backprop")
    camera.window.enlarge(True)
    camera.spin(0.3)


def backprop_small(camera: Camera) -> None:
    camera.open("sentiment")
    camera.window.show_panel("backprop")


def large_text(camera: Camera) -> None:
    stopped_early(camera)
    theme.set_scale(1.35)
    camera.spin(0.2)


def high_contrast(camera: Camera) -> None:
    stopped_early(camera)
    camera.themes = ("contrast",)


def dialog_unsaved(camera: Camera) -> QWidget:
    return dialogs.unsaved_question(None, "My sentiment network")


def dialog_unsaved_training(camera: Camera) -> QWidget:
    return dialogs.unsaved_question(None, "My sentiment network", "paused")


def dialog_changed(camera: Camera) -> QWidget:
    return dialogs.changed_question(None, "sentiment.nns")


def dialog_replace(camera: Camera) -> QWidget:
    return dialogs.replace_question(None, "sentiment.nns")


def dialog_recover(camera: Camera) -> QWidget:
    rows = [
        ("My sentiment network", "12 May, 14:05 · 15 epochs · /home/ada/course/sentiment.nns"),
        ("Spiral", "11 May, 09:30 · never saved"),
        ("digits", "2 May, 17:12 · 120 epochs · /home/ada/a/long/way/down/to/the/digits.nns"),
    ]
    return RecoverDialog(None, rows)


def dialog_problem(camera: Camera) -> QWidget:
    problem = Problem(
        "homework.nns is not a project of NN Studio",
        "The file is damaged or is another kind of file. Open an earlier copy if there is one.",
        Place("file", "homework.nns"),
        fix=Fix("Open another", "open"),
    )
    return dialogs.problem_message(None, [problem])


def dialog_shortcuts(camera: Camera) -> QWidget:
    return dialogs.Shortcuts(None, shortcut_table(camera.window.actions_by_name))


def dialog_about(camera: Camera) -> QWidget:
    return dialogs.About(None)


def dialog_import(camera: Camera) -> QWidget:
    from nnstudio.ui.import_data import ImportData

    return _read(camera, ImportData(None, str(_table(camera.scratch / "hotel-reviews.csv"))))


def dialog_import_refused(camera: Camera) -> QWidget:
    from nnstudio.ui.import_data import ImportData

    path = camera.scratch / "one-class.csv"
    path.write_text("text,label\ngood film,yes\nfine film,yes\nnice film,yes\n", encoding="utf-8")
    return _read(camera, ImportData(None, str(path)))


def dialog_import_reading(camera: Camera) -> QWidget:
    """A file that takes a while."""
    from nnstudio.ui.import_data import ImportData

    path = camera.scratch / "all-hotel-reviews.csv"
    row = "A quiet room with a view of the lake and a friendly breakfast,good\n"
    path.write_text("text,label\n" + row * 300_000, encoding="utf-8")
    return ImportData(None, str(path))


def _read(camera: Camera, dialog: ImportData) -> ImportData:
    camera.wait(lambda: not dialog.reading)
    return dialog


def _table(path: Path) -> Path:
    rows = [
        "id,review,verdict",
        '1,"The room was spotless and the breakfast generous.",good',
        '2,"Noisy street, thin walls, no sleep at all.",bad',
        '3,"Average in every way, but the location is handy.",fair',
        '4,"Friendly staff who remembered our names.",good',
        '5,"The shower stayed cold for three days.",bad',
        '6,"You get what you pay for.",fair',
        '7,"We would come back at once.",good',
        '8,"Dust under the bed and a broken lamp.",bad',
        '9,"Fine for one night.",fair',
        '10,"The view over the lake alone is worth it.",good',
        '11,"Booked a double, got two singles.",bad',
        '12,"Neither here nor there.",fair',
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


STATES: dict[str, State] = {
    name: function
    for name, function in list(globals().items())
    if callable(function)
    and getattr(function, "__module__", "") == __name__
    and not name.startswith("_")
}
STATES |= EXPRESSION_STATES | NETWORK_STATES
