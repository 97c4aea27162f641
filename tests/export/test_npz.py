"""An exported model gives the same numbers elsewhere, and a damaged one is refused in words."""

import dataclasses
import io
import json
import pickle
import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from nnstudio.data.bundled import Diabetes, Digits
from nnstudio.data.reviews import MovieReviews
from nnstudio.engine import Network, Trainer
from nnstudio.export import npz
from nnstudio.graph.check import check
from nnstudio.nn.activations import Linear, Relu
from nnstudio.nn.layers.batch_normalization import BatchNormalization
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.input import Input
from nnstudio.nn.losses import MeanSquaredError
from nnstudio.project import commands, templates
from nnstudio.project.model import Fitted, Project
from nnstudio.spec import ProblemError
from tests.readme import programs, reader


def trained(project, epochs=2):
    dataset = project.data.load()
    plan = check(project.graph, dataset.signature, project.training.loss).plan
    network = Network(plan, project.training.loss, seed=0)
    trainer = Trainer(network, dataset, project.training.replace(epochs=epochs))
    for _ in trainer.run():
        pass
    result = dataclasses.replace(trainer.trained(), fitted=Fitted.of(dataset))
    return npz.Model.of(project.replace(trained=result), dataset.signature), network, dataset


@pytest.fixture(scope="module")
def sentiment(tmp_path_factory):
    model, network, dataset = trained(templates.new("sentiment"))
    path = tmp_path_factory.mktemp("models") / "model.npz"
    npz.save(model, path)
    return path, network, dataset


def test_the_reader_of_the_readme_gives_the_same_probabilities_without_us(sentiment, tmp_path):
    path, network, dataset = sentiment
    texts = [*dataset.test.texts[:50], "", "Ünknown wörds only", "GOOD good Good film!"]
    reader, example = programs("Use a trained model with NumPy alone")
    program = f"""
{reader}
{example.replace('"model.npz"', repr(str(path)))}
import sys
outputs = run(model, count_words(model, json.load(sys.stdin)))["output"]
print(json.dumps([dict(zip(model["classes"].tolist(), row)) for row in outputs.tolist()]))
assert not [name for name in sys.modules if name.startswith(("nnstudio", "scipy"))]
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown, answer = done.stdout.splitlines()
    assert all(name in shown for name in dataset.class_names)
    found = json.loads(answer)
    assert [*found[0]] == list(dataset.class_names)
    probabilities = np.array([[*row.values()] for row in found])
    expected = network.predict(dataset.words.encode(texts))
    assert np.abs(probabilities - expected).max() < 1e-6


def test_a_file_without_a_program_is_read_and_gets_one_when_it_is_written_again(
    sentiment, tmp_path
):
    content = members(sentiment[0])
    program = content.pop("program.npy")
    npz.save(npz.load(write(tmp_path / "old.npz", content)), tmp_path / "new.npz")
    assert members(tmp_path / "new.npz")["program.npy"] == program


def test_a_model_read_back_predicts_as_before(sentiment):
    path, network, dataset = sentiment
    model = npz.load(path)
    assert np.array_equal(model.predict(dataset.test.texts), network.predict(dataset.test.x))
    assert model.fitted.words == dataset.words
    assert model.fitted.class_names == dataset.class_names
    assert model.signature == dataset.signature
    assert model.name == "Sentiment of movie reviews"


def test_equal_models_give_equal_bytes_and_no_pickle(sentiment):
    path, _, _ = sentiment
    assert npz.to_bytes(npz.load(path)) == path.read_bytes()
    with np.load(path, allow_pickle=False) as arrays:
        assert all(not arrays[name].dtype.hasobject for name in arrays.files)
        assert arrays["dense-1/kernel"].shape == (800, 256)
        assert arrays["dense-1/kernel"].dtype == np.float32


def test_numbers_in_and_out_are_scaled_as_the_table_was(tmp_path):
    project = Project(data=Diabetes())
    project = project.replace(training=project.training.replace(loss=MeanSquaredError()))
    last = None
    for layer in (Input(), Dense(8, Relu()), BatchNormalization(), Dense(1, Linear())):
        before = set(project.graph.by_id)
        project = commands.add_node(project, layer, 0.0, 0.0, after=last)
        (last,) = set(project.graph.by_id) - before
    model, network, dataset = trained(project)
    npz.save(model, tmp_path / "m.npz")
    read = npz.load(tmp_path / "m.npz")
    raw = dataset.test.x * dataset.scale + dataset.offset
    expected = network.predict(dataset.test.x) * dataset.target_scale + dataset.target_offset
    assert np.allclose(read.predict(raw), expected, rtol=1e-5)
    by_numpy = reader().run(np.load(tmp_path / "m.npz"), raw)["output"]
    assert np.allclose(by_numpy, expected, rtol=1e-5)
    assert read.fitted.feature_names == dataset.feature_names
    names = np.load(tmp_path / "m.npz").files
    assert any(name.startswith("batch-normalization-1/moving") for name in names)


def test_pictures_keep_their_shape(tmp_path):
    model, network, dataset = trained(templates.new("digits"), epochs=1)
    npz.save(model, tmp_path / "m.npz")
    found = npz.load(tmp_path / "m.npz").predict(dataset.test.x * 16)
    assert isinstance(dataset, type(Digits().load()))
    assert np.allclose(found, network.predict(dataset.test.x), atol=1e-6)
    by_numpy = reader().run(np.load(tmp_path / "m.npz"), dataset.test.x * 16)["output"]
    assert np.allclose(by_numpy, found, atol=1e-6)


def test_an_untrained_project_has_nothing_to_export():
    with pytest.raises(ProblemError, match="nothing to export"):
        npz.Model.of(templates.new("sentiment"), MovieReviews().load().signature)


# ---- bad files ----------------------------------------------------------------------------------


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, content, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def array(value):
    buffer = io.BytesIO()
    np.save(buffer, value)
    return buffer.getvalue()


def refused(path, says):
    with pytest.raises(ProblemError) as caught:
        npz.load(path)
    said = str(caught.value)
    assert re.search(says, said), said
    assert "Traceback" not in said


def test_other_files_are_refused(tmp_path, sentiment):
    refused(tmp_path / "gone.npz", "no file")
    (tmp_path / "a.npz").write_text("hello")
    refused(tmp_path / "a.npz", "not a model")
    (tmp_path / "p.npz").write_bytes(pickle.dumps({"a": 1}))
    refused(tmp_path / "p.npz", "pickle")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    refused(tmp_path / "other.npz", "not a model of NN Studio")
    content = sentiment[0].read_bytes()
    for share in (0.2, 0.9, 0.999):
        (tmp_path / "cut.npz").write_bytes(content[: int(len(content) * share)])
        refused(tmp_path / "cut.npz", "damaged")


def test_a_swelling_file_is_refused_before_it_swells(tmp_path, sentiment):
    content = members(sentiment[0]) | {"bomb/kernel.npy": array(np.zeros(50_000_000, np.float32))}
    path = write(tmp_path / "bomb.npz", content, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2_000_000
    refused(path, "swell")


def test_a_pickle_inside_is_never_opened(tmp_path, sentiment):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was opened",))

    objects = np.empty(1, dtype=object)
    objects[0] = Trap()
    for name in ("dense-1/kernel.npy", "vocabulary.npy", "about.npy"):
        for data in (array(objects), pickle.dumps(Trap())):
            path = write(tmp_path / "m.npz", members(sentiment[0]) | {name: data})
            refused(path, "pickle")


def test_arrays_that_lie_about_their_sizes_are_refused(tmp_path, sentiment):
    content = members(sentiment[0])
    kernel = content["dense-1/kernel.npy"]
    lie = kernel.replace(b"(800, 256)", b"(900, 256)")
    refused(write(tmp_path / "a.npz", content | {"dense-1/kernel.npy": lie}), "states the shape")
    huge = array(np.zeros(1, np.float32)).replace(b"(1,)", b"(99999999999,)")[:128] + b"\0" * 4
    refused(write(tmp_path / "b.npz", content | {"dense-1/kernel.npy": huge}), "dense-1|kernel")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dense-1/kernel", np.zeros((3, 3), np.float32)),
        ("dense-1/kernel", np.zeros((800, 256), np.float64)),
        ("dense-1/kernel", np.full((800, 256), np.nan, np.float32)),
        ("vocabulary", np.array(["one", "two"])),
        ("vocabulary", np.array([["one"] * 800])),
        ("vocabulary", np.array(["same"] * 800)),
        ("vocabulary", np.arange(800)),
        ("classes", np.array(["a"])),
        ("counts", np.array([1, 2])),
        ("target_scale", np.array(np.nan)),
        ("about", np.array("{")),
        ("about", np.array("[]")),
        ("about", np.array('{"format": "nnstudio model", "version": 99}')),
        ("about", np.array('{"format": "nnstudio model", "version": 1}')),
        ("about", np.array(7)),
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path, sentiment, name, value):
    content = members(sentiment[0]) | {f"{name}.npy": array(value)}
    refused(write(tmp_path / "m.npz", content), ".")


@pytest.mark.parametrize(
    "name", ["dense-1/kernel", "about", "vocabulary", "classes", "counts", "target_scale"]
)
def test_a_missing_part_is_refused(tmp_path, sentiment, name):
    content = members(sentiment[0])
    del content[f"{name}.npy"]
    if name == "vocabulary":
        model = npz.load(write(tmp_path / "m.npz", content))
        with pytest.raises(ProblemError):
            model.predict(["a text"])
    else:
        refused(write(tmp_path / "m.npz", content), ".")


def test_flipped_bytes_never_crash_the_reader(tmp_path, sentiment):
    content = bytearray(sentiment[0].read_bytes())
    random = np.random.default_rng(0)
    size = len(content)
    places = [*random.integers(0, size, 40), *random.integers(size - 2000, size, 60)]
    for position in places:
        damaged = bytearray(content)
        damaged[position] ^= int(random.integers(1, 256))
        path = tmp_path / "m.npz"
        path.write_bytes(damaged)
        try:
            npz.load(path)
        except ProblemError:
            continue


def test_a_failed_write_leaves_the_old_model_alone(tmp_path, sentiment, monkeypatch):
    path = tmp_path / "m.npz"
    path.write_bytes(b"the old one")

    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(ProblemError, match="disk is full"):
        npz.save(npz.load(sentiment[0]), path)
    assert path.read_bytes() == b"the old one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.npz"]
