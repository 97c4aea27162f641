"""The library: a network for one's own data, trained on and on, measured, saved and opened."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnstudio import Dataset, EarlyStopping, Model
from nnstudio.analysis.evaluation import evaluate
from nnstudio.data.bundled import Diabetes
from nnstudio.data.reviews import MovieReviews
from nnstudio.export import npz
from nnstudio.nn.activations import Relu
from nnstudio.nn.layers import Dense, Dropout, Reshape
from nnstudio.nn.optimizers import SGD, Adam
from nnstudio.project import files
from nnstudio.spec import ProblemError
from tests.engine.making import dataset, same_weights
from tests.readme import programs

LAYERS = [Dense(16, "relu"), Dropout(0.2), Dense(3, "softmax")]


def model(data: Dataset | None = None, **settings: Any) -> Model:
    return Model(LAYERS, data or dataset(), **settings)


def weights(trained: Model) -> Any:
    return trained.network.weights()


def test_the_readme_s_programs_run(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for program in programs("The engine without the app"):
        exec(program, names)
    assert {f.name for f in tmp_path.iterdir()} == {"curves.svg", "circle.nns", "circle.npz"}


def test_the_engine_hands_out_the_same_model() -> None:
    from nnstudio.engine import Model as Other

    assert Other is Model


def test_parts_are_given_by_name() -> None:
    assert Dense(3, "relu") == Dense(3, Relu()) == Dense(3, "ReLU")
    assert Dense(3, "leaky relu").activation.name == "leaky_relu"
    trained = model(loss="kl_divergence")
    trained.fit(epochs=1, optimizer="rmsprop")
    assert trained.trainer is not None
    assert trained.trainer.setup.optimizer.name == "rmsprop"
    with pytest.raises(ProblemError, match=r"not 'rellu'\. It is one of .*relu"):
        Dense(3, "rellu")


def test_numpy_s_numbers_and_lists_serve_as_settings() -> None:
    assert Dense(np.int64(3), l2=np.float32(0.5)) == Dense(3, l2=0.5)
    assert type(Dense(np.int64(3)).units) is int
    assert Reshape([np.int64(2), 3]) == Reshape((2, 3))
    with pytest.raises(ProblemError, match=r"3\.5"):
        Dense(np.float64(3.5))  # type: ignore[arg-type]
    with pytest.raises(ProblemError, match="True"):
        Reshape([True])  # type: ignore[arg-type]


# ---- fit goes on ----------------------------------------------------------------------------


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("optimizer", [Adam(0.01), "sgd"])
def test_fitting_twice_is_fitting_once_for_longer(optimizer: Any, sparse: bool) -> None:
    data = dataset(sparse=sparse)
    once, twice = model(data), model(data)
    once.fit(epochs=6, batch_size=16, optimizer=optimizer)
    for epochs in (2, 1, 3):
        history = twice.fit(epochs=epochs, batch_size=16, optimizer=optimizer)
    assert same_weights(weights(once), weights(twice))
    assert history["epoch"] == [1, 2, 3, 4, 5, 6]
    assert history["loss"] == once.history["loss"]
    assert history is twice.history


def test_another_optimizer_or_rate_goes_on_counting() -> None:
    trained = model()
    trained.fit(epochs=2, batch_size=16, optimizer=Adam(0.01))
    trained.fit(epochs=1, batch_size=16, optimizer=Adam(0.5))
    trained.fit(epochs=1, batch_size=32, optimizer=SGD(0.1))
    assert [r.epoch for r in trained.history] == [1, 2, 3, 4]
    assert [r.learning_rate for r in trained.history] == [0.01, 0.01, 0.5, 0.1]
    updates = trained.history["updates"]
    assert updates == sorted(set(updates))


def test_a_callback_ends_training_by_true_and_by_nothing_else() -> None:
    trained = model()
    history = trained.fit(lambda record: record.epoch == 3, epochs=10)
    assert (len(history), history.reason) == (3, "stopped")
    trained.fit(lambda record: "a text", epochs=2)
    assert (len(history), history.reason) == (5, "finished")


def test_the_history_knows_the_best_epoch_and_shows_it(tmp_path: Path) -> None:
    trained = model()
    assert repr(trained.history) == "History(no epoch yet)"
    history = trained.fit(epochs=40, optimizer=Adam(0.05), early_stopping=EarlyStopping(patience=3))
    losses = history["validation_loss"]
    assert history.best_epoch == 1 + int(np.argmin(losses)) == history.weights_epoch
    assert history.reason == "stopped early"
    assert f"best epoch {history.best_epoch}" in repr(history)
    drawing = history.plot(tmp_path / "curves.svg")
    root = ElementTree.fromstring(drawing)
    assert (tmp_path / "curves.svg").read_text() == drawing
    said = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"loss", "accuracy", "epoch", "validation", f"best: {history.best_epoch}"} <= said
    lines = list(root.iter("{http://www.w3.org/2000/svg}polyline"))
    assert [len(line.get("points", "").split()) for line in lines] == [len(history)] * 4


def test_samples_of_weight_zero_are_not_learned_from() -> None:
    data = dataset(300)
    trained = model(data)
    trained.fit(epochs=20, optimizer=Adam(0.01), sample_weights=(data.train.y != 2).astype(float))
    assert set(trained.predict_classes(data.train)) == {"0", "1"}


def test_a_validation_set_is_split_off_and_stays_the_same() -> None:
    data = dataset(200, validation=False)
    trained = model(data)
    once = model(data)
    once.fit(epochs=4, validation_split=0.25)
    for _ in range(2):
        history = trained.fit(epochs=2, validation_split=0.25)
    assert all(value is not None for value in history["validation_accuracy"])
    assert trained.trainer is not None
    assert 145 < trained.trainer.samples < 155
    assert same_weights(weights(once), weights(trained))


# ---- the data's own units -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def diabetes() -> tuple[Model, Dataset]:
    data = Diabetes().load()
    trained = Model([Dense(1)], data)
    trained.fit(epochs=30, optimizer=Adam(0.05))
    return trained, data


def test_numbers_are_measured_in_their_own_unit_as_in_the_app(
    diabetes: tuple[Model, Dataset],
) -> None:
    trained, data = diabetes
    figures = trained.evaluate(data.test)
    shown = evaluate(trained.network, data, "test").figures
    assert figures["mean_absolute_error"] > 20
    assert sorted(figures.values()) == pytest.approx(sorted(shown.values()), rel=1e-4)


def test_numbers_go_in_and_come_out_in_their_own_units(
    diabetes: tuple[Model, Dataset], tmp_path: Path
) -> None:
    trained, data = diabetes
    assert data.test is not None
    raw = data.test.x * data.scale + data.offset
    true = data.test.y * data.target_scale + data.target_offset
    found = trained.predict(raw.tolist())
    assert 100 < found.mean() < 200
    assert np.corrcoef(found.ravel(), true.ravel())[0, 1] > 0.6
    np.testing.assert_allclose(trained.predict(data.test), found, rtol=1e-4)
    np.testing.assert_allclose(trained.predict(data.test.x[:5]), found[:5], rtol=1e-4)
    exported = npz.load(trained.export(tmp_path / "m"))
    np.testing.assert_allclose(exported.predict(raw), found, rtol=1e-5)
    opened = Model.open(trained.save(tmp_path / "m.nns"), data)
    np.testing.assert_allclose(opened.predict(raw), found, rtol=1e-6)
    by_hand = trained.evaluate(raw, true.ravel())
    assert by_hand == pytest.approx(trained.evaluate(data.test), rel=1e-4)


def test_texts_and_class_names_are_understood(tmp_path: Path) -> None:
    data = MovieReviews().load()
    trained = Model([Dense(8, "relu"), Dense(5, "softmax")], data)
    trained.fit(epochs=1)
    texts = ["a superb film", "dull"]
    assert trained.predict(texts).shape == (2, 5)
    assert set(trained.predict_classes(texts)) <= set(data.class_names)
    figures = trained.evaluate(list(data.test.texts), [data.class_names[y] for y in data.test.y])
    assert figures == trained.evaluate(data.test)
    for name in ("m.npz", "m.nns"):
        opened = Model.open(trained.save(tmp_path / name), data)
        np.testing.assert_array_equal(opened.predict(texts), trained.predict(texts))


# ---- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["m", "m.npz", "m.nns"])
def test_what_is_saved_under_a_name_is_found_under_it(tmp_path: Path, name: str) -> None:
    data = dataset()
    trained = model(data)
    trained.fit(epochs=2)
    path = trained.save(tmp_path / name)
    assert path == tmp_path / (name if "." in name else f"{name}.npz")
    other = model(data, seed=9)
    other.load(tmp_path / name)
    opened = Model.open(tmp_path / name)
    for again in (other, opened):
        assert same_weights(weights(again), weights(trained))
        np.testing.assert_array_equal(again.predict(data.train), trained.predict(data.train))
    assert opened.network.loss == trained.network.loss
    assert opened.class_names == trained.class_names


def test_training_goes_on_from_a_project_as_if_it_had_not_been_saved(tmp_path: Path) -> None:
    data = dataset()
    once, saved = model(data), model(data)
    once.fit(epochs=5, batch_size=16, optimizer=Adam(0.01))
    saved.fit(epochs=3, batch_size=16, optimizer=Adam(0.01))
    saved.save(tmp_path / "m.nns")
    opened = Model.open(tmp_path / "m.nns", data)
    assert opened.history == saved.history
    opened.save(tmp_path / "m.nns")  # also without a training in between
    opened = Model.open(tmp_path / "m.nns", data)
    opened.fit(epochs=2, batch_size=16, optimizer=Adam(0.01))
    assert opened.history["epoch"] == [1, 2, 3, 4, 5]
    assert same_weights(weights(once), weights(opened))


def test_training_goes_on_from_a_project_with_the_same_samples_set_aside(tmp_path: Path) -> None:
    data = dataset(200, validation=False)
    once, saved = model(data, seed=5), model(data, seed=5)
    once.fit(epochs=4, validation_split=0.25)
    saved.fit(epochs=2, validation_split=0.25)
    saved.save(tmp_path / "m.nns")
    loaded = model(data, seed=9)
    loaded.load(tmp_path / "m.nns")
    for again in (loaded, Model.open(tmp_path / "m.nns", data)):
        again.fit(epochs=2, validation_split=0.25)
        assert same_weights(weights(once), weights(again))


def test_the_app_opens_what_was_saved(tmp_path: Path) -> None:
    trained = model()
    trained.fit(epochs=2)
    project = files.load(trained.save(tmp_path / "mine.nns"))
    assert project.name == "mine"
    assert len({(node.x, node.y) for node in project.graph.nodes}) == len(project.graph.nodes)
    assert project.trained is not None
    assert len(project.trained.history) == 2


def test_weights_of_an_earlier_version_are_read(tmp_path: Path) -> None:
    trained = model()
    trained.fit(epochs=1)
    arrays = {f"{node}/{name}": a for (node, name), a in weights(trained).items()}
    np.savez(tmp_path / "old.npz", **arrays)
    other = model(seed=4)
    other.load(tmp_path / "old.npz")
    assert same_weights(weights(other), weights(trained))


def test_a_file_of_another_network_or_other_data_is_refused(tmp_path: Path) -> None:
    trained = model()
    trained.save(tmp_path / "m")
    small = Model([Dense(3, "softmax")], dataset())
    before = weights(small)
    with pytest.raises(ProblemError, match="another network"):
        small.load(tmp_path / "m")
    assert same_weights(weights(small), before)
    x, y = np.eye(4).repeat(5, 0), np.arange(20) % 2
    with pytest.raises(ProblemError, match="other data"):
        Model.open(tmp_path / "m", Dataset.from_arrays(x, y))
    with pytest.raises(ProblemError, match="no data to train on"):
        Model.open(tmp_path / "m").fit()


# ---- looking, and sentences ---------------------------------------------------------------------


def test_a_model_and_its_data_show_what_they_are() -> None:
    trained = model()
    assert repr(trained) == (
        "Model(6 → Dense 16 · ReLU → Dropout rate 0.2 → Dense 3 · softmax; 163 parameters; "
        "0 epochs of training)"
    )
    lines = trained.summary().splitlines()
    assert lines[0].split() == ["layer", "settings", "output", "parameters"]
    assert [line.split()[0] for line in lines[1:]] == [
        "input-1", "dense-1", "dropout-1", "dense-2", "all"
    ]  # fmt: skip
    assert lines[-1].endswith("163")
    assert repr(trained.data) == (
        "Dataset('made up': 100 training + 40 validation samples of 6 inputs, 3 classes)"
    )


def test_what_works_but_badly_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="do not add up to 1"):
        Model([Dense(3, "sigmoid")], dataset())
    with pytest.warns(UserWarning, match="cuda:99 cannot be used"):
        model(device="cuda:99")
    with pytest.raises(ProblemError, match="'tpu:0'"):
        model(device="tpu:0")


ROW = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "seed": (lambda: model(seed=-1), ProblemError, "not -1"),
    "loss": (lambda: model(loss="mse"), ProblemError, "not 'mse'"),
    "a string for a layer": (lambda: Model(["relu"], dataset()), TypeError, "'relu'"),
    "arrays for data": (lambda: Model(LAYERS, (1, 2)), TypeError, r"\(1, 2\).*from_arrays"),
    "units": (lambda: Dense(0), ProblemError, "not 0"),
    "setting": (lambda: model().fit(epoch=3), TypeError, "'epoch'; did you mean epochs"),
    "epochs": (lambda: model().fit(epochs=-3), ProblemError, "not -3"),
    "optimizer": (lambda: model().fit(optimizer="adamm"), ProblemError, "not 'adamm'"),
    "one sample": (lambda: model().predict(ROW), ProblemError, r"shape \(6,\)"),
    "too few": (lambda: model().predict([ROW[:3]]), ProblemError, r"\(6,\), not \(3,\)"),
    "text": (lambda: model().predict("hello"), ProblemError, "'hello'"),
    "nothing": (lambda: model().predict(None), ProblemError, r"shape \(\)"),
    "a number": (lambda: model().predict(3.0), ProblemError, r"shape \(\)"),
    "names": (lambda: model().predict([["a"] * 6]), ProblemError, "text"),
    "nan": (lambda: model().predict([[*ROW[:5], np.nan]]), ProblemError, r"\[0, 5\]"),
    "no targets": (lambda: model().evaluate([ROW]), TypeError, "both x and y"),
    "labels": (lambda: model().evaluate([ROW], [7]), ProblemError, "7"),
    "lengths": (lambda: model().evaluate([ROW, ROW], [1]), ProblemError, "2 samples, y 1"),
    "weights": (lambda: model().fit(sample_weights=[1, 2]), ProblemError, r"\(2,\).*100"),
    "negative": (
        lambda: model().fit(sample_weights=[-1.0] * 100), ProblemError, "not negative.*-1"
    ),
    "split": (lambda: model().fit(validation_split=0.2), ProblemError, "40 samples already"),
    "share": (
        lambda: model(dataset(validation=False)).fit(validation_split=7), ProblemError, "not 7"
    ),
    "ending": (lambda: model().save("model.h5"), ProblemError, r"\.h5"),
    "missing": (lambda: model().load("nowhere"), ProblemError, r"nowhere\.npz"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(WRONG))
def test_what_does_not_fit_is_quoted_in_a_sentence(what: str) -> None:
    wrong, kind, says = WRONG[what]
    with pytest.raises(kind, match=f"(?s){says}"):
        wrong()
