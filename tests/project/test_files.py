"""Project files: everything comes back, and nothing in a hostile file does harm."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import io
import json
import os
import pickle
import stat
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnstudio.data.words import BagOfWords
from nnstudio.engine import EpochFinished, Network, Trainer
from nnstudio.graph.check import check
from nnstudio.graph.plan import Signature
from nnstudio.nn.activations import LeakyRelu
from nnstudio.nn.initializers import HeNormal
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.reshape import Reshape
from nnstudio.project import archive, commands, files, templates
from nnstudio.project.model import EpochRecord, Fitted, Project, Trained
from nnstudio.project.saving import Fingerprint, write_safely
from nnstudio.project.setup import EarlyStopping
from nnstudio.project.start import Start
from nnstudio.spec import Problem, ProblemError


def trained() -> Trained:
    random = np.random.default_rng(1)
    words = BagOfWords(("film", "good", "größe", '"quoted"'), counts=False)
    return Trained(
        weights={
            ("dense-1", "kernel"): random.normal(size=(800, 256)).astype(np.float32),
            ("dense-1", "bias"): np.zeros(256, dtype=np.float32),
            ("dense-3", "kernel"): np.asfortranarray(random.normal(size=(3, 5))),
        },
        history=(
            EpochRecord(1, 67, 0.5, 0.001, 1.57, 0.3, 1.5, 0.35),
            EpochRecord(2, 134, 1.0, 0.001, float("nan"), None, float("inf"), None),
            EpochRecord(3, 201, 1.5, 0.001, 1.0, metrics={"validation_roc_auc": float("nan")}),
            EpochRecord(4, 268, 2.0, 0.001, 1.0, metrics={"validation_f1": 0.25}),
        ),
        best_epoch=1,
        weights_epoch=1,
        reason="stopped early",
        monitor="validation_f1",
        seed=42,
        checkpoint=bytes(range(256)),
        fitted=Fitted(
            class_names=("1 star", "5 stars"),
            feature_names=words.vocabulary,
            target_name="stars",
            words=words,
            offset=np.array([1.0, 2.0], dtype=np.float32),
            scale=np.array([0.5, 3.0], dtype=np.float32),
            target_offset=2.5,
            target_scale=1.25,
            signature=Signature((4,), "classification", classes=2, target_title="stars"),
            samples=67,
            fingerprint="0123abc",
            ranges=np.array([[0.0, -1.0], [0.5, 0.0], [1.0, 2.0]]),
        ),
        step=3,
        start=Start.of(templates.new("digits")),
    )


def full() -> Project:
    project = templates.new("sentiment")
    project = commands.rename_project(project, "Größer ✓ <b>")
    project = commands.configure_layer(
        project, "dense-1", activation=LeakyRelu(0.2), kernel_initializer=HeNormal(), max_norm=3.0
    )
    project = commands.add_node(project, Reshape((2, 3)), -12.5, 1e5)
    project = commands.rename(project, "reshape-1", "Ümlaut")
    project = commands.delete(commands.add_node(project, Dense(), 0, 0), ["dense-4"])
    project = commands.configure_training(
        project, batch_size=None, early_stopping=EarlyStopping(patience=9), stop_after=12.5
    )
    return commands.set_trained(project, trained())


def same(a: Any, b: Any) -> bool:
    """Equal through and through, arrays and NaN included."""
    if isinstance(a, np.ndarray):
        return bool(a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b))
    if isinstance(a, float) and a != a:
        return bool(b != b)
    if dataclasses.is_dataclass(a) and not isinstance(a, type):
        return type(a) is type(b) and all(
            same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a)
        )
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


@pytest.mark.parametrize("name", [*templates.TEMPLATES, "full"])
def test_everything_comes_back(name: str, tmp_path: Path) -> None:
    project = full() if name == "full" else templates.new(name)
    files.save(project, tmp_path / "a.nns")
    back = files.load(tmp_path / "a.nns")
    assert same(project, back)
    assert commands.next_id(back, Dense()) == commands.next_id(project, Dense())


def test_weights_come_back_read_only(tmp_path: Path) -> None:
    files.save(full(), tmp_path / "a.nns")
    back = files.load(tmp_path / "a.nns").trained
    assert back is not None
    with pytest.raises(ValueError, match="read-only"):
        back.weights["dense-1", "bias"][0] = 1.0


def test_the_same_project_gives_the_same_bytes() -> None:
    assert files.to_bytes(full()) == files.to_bytes(full())


def test_the_file_is_a_zip_that_other_tools_can_read(tmp_path: Path) -> None:
    files.save(full(), tmp_path / "a.nns")
    with zipfile.ZipFile(tmp_path / "a.nns") as opened:
        assert opened.testzip() is None
        kernel = np.load(io.BytesIO(opened.read("weights/dense-1.kernel.npy")), allow_pickle=False)
        written = json.loads(opened.read("project.json"))
    assert kernel.shape == (800, 256)
    assert written["format"] == "nnstudio project"
    assert written["nodes"][1]["layer"]["units"] == 256


def test_training_goes_on_from_a_file_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    project = commands.configure_training(templates.new("spiral"), epochs=6)
    assert project.data is not None
    dataset = project.data.load()
    plan = check(project.graph, dataset.signature, project.training.loss).plan
    assert plan is not None

    def trainer() -> Trainer:
        return Trainer(Network(plan, project.training.loss), dataset, project.training)

    through = trainer()
    list(through.run())
    paused = trainer()
    for event in paused.run():
        if isinstance(event, EpochFinished) and event.record.epoch == 3:
            break
    so_far = dataclasses.replace(paused.trained(), fitted=Fitted.of(dataset))
    files.save(commands.set_trained(project, so_far), tmp_path / "a.nns")
    back = files.load(tmp_path / "a.nns").trained
    assert back is not None
    assert same(back.fitted, Fitted.of(dataset))
    resumed = trainer()
    resumed.resume(back.checkpoint)
    list(resumed.run())
    for key, array in through.network.weights().items():
        assert np.array_equal(array, resumed.network.weights()[key])


# What a file can do wrong


def refused(path: Path) -> Problem:
    with pytest.raises(ProblemError) as caught:
        files.load(path)
    problem = caught.value.problems[0]
    assert problem.where.kind == "file"
    assert problem.where.id == str(path)
    assert problem.explain, "it says what to do"
    return problem


def changed(path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """A project file whose project.json was tampered with."""
    written = json.loads(json.dumps(_json(full())))
    text = change(written)
    return with_json(path, text if isinstance(text, str) else json.dumps(written))


def _json(project: Project) -> Any:
    with zipfile.ZipFile(io.BytesIO(files.to_bytes(project))) as opened:
        return json.loads(opened.read("project.json"))


def with_json(path: Path, text: str) -> Path:
    return with_entries(path, {"project.json": text.encode()}, keep=True)


def with_entries(path: Path, entries: dict[str, bytes], *, keep: bool) -> Path:
    all_entries: dict[str, bytes] = {}
    if keep:
        with zipfile.ZipFile(io.BytesIO(files.to_bytes(full()))) as opened:
            all_entries = {name: opened.read(name) for name in opened.namelist()}
    all_entries.update(entries)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in all_entries.items():
            out.writestr(name, content)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bad.nns"


def test_a_file_that_is_not_there_or_not_a_file(tmp_path: Path) -> None:
    assert "no file" in refused(tmp_path / "missing.nns").title
    assert "folder" in refused(tmp_path).title


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"hello, this is text", "not a project"),
        (pickle.dumps({"a": 1}), "pickle"),
        (b"PK\x03\x04" + b"\0" * 50, "damaged"),
        (b"\x89HDF\r\n\x1a\n", "not a project"),
    ],
)
def test_a_file_of_another_kind(content: bytes, words: str, path: Path) -> None:
    path.write_bytes(content)
    assert words in refused(path).title


def test_a_file_cut_off_anywhere(path: Path) -> None:
    whole = files.to_bytes(full())
    for share in (0.01, 0.3, 0.7, 0.99, 0.9999):
        path.write_bytes(whole[: int(len(whole) * share)])
        assert "damaged" in refused(path).title


def test_a_file_with_any_byte_changed_is_refused_or_unharmed(path: Path) -> None:
    whole = bytearray(files.to_bytes(templates.new("spiral")))
    for place in range(0, len(whole), 7):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        path.write_bytes(broken)
        with contextlib.suppress(ProblemError):
            files.load(path)


def test_a_zip_of_something_else(path: Path) -> None:
    with_entries(path, {"word/document.xml": b"<x/>"}, keep=False)
    assert "not a project" in refused(path).title
    with_entries(path, {"project.json": b'{"format": "other"}'}, keep=False)
    assert "not a project" in refused(path).title
    with_entries(path, {"project.json": b"[]"}, keep=False)
    assert "not a project" in refused(path).title


def test_a_newer_format_is_refused_with_what_to_do(path: Path) -> None:
    changed(path, lambda written: written.update(version=99))
    problem = refused(path)
    assert "newer NN Studio" in problem.title
    assert "Install" in problem.explain
    changed(path, lambda written: written.update(version="1"))
    refused(path)


def test_a_pickle_instead_of_weights(path: Path) -> None:
    class Harm:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(path.parent / "harm"),)

    with_entries(path, {"weights/dense-1.bias.npy": pickle.dumps(Harm())}, keep=True)
    assert "pickle" in refused(path).explain
    buffer = io.BytesIO()
    np.save(buffer, np.array([Harm()], dtype=object), allow_pickle=True)
    with_entries(path, {"weights/dense-1.bias.npy": buffer.getvalue()}, keep=True)
    assert "pickle" in refused(path).explain
    assert not (path.parent / "harm").exists()


def npy(shape: str, descr: str = "'<f4'", content: bytes = b"\0" * 16) -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}".encode()
    header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


@pytest.mark.parametrize(
    "content",
    [
        npy("(1000000000000,)"),
        npy("(5,)"),
        npy("(3,)"),
        npy("(-4,)"),
        npy("(4, -1)"),
        npy("('a',)"),
        npy("(4,)", "'|O'"),
        npy("(1,)", "'<U4'"),
        npy("(1,)", "'<c16'"),
        npy("(4,)", "[('a', '<f4')]"),
        npy("(4,)", "__import__('os')"),
        npy("(4,)")[:20],
        b"",
        b"\x93NUMPY\x09\x00" + b"\0" * 100,
    ],
)
def test_arrays_that_lie_about_themselves(content: bytes, path: Path) -> None:
    with_entries(path, {"weights/dense-1.bias.npy": content}, keep=True)
    assert "weights/dense-1.bias.npy" in refused(path).title


def test_weights_must_be_real_numbers(path: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.arange(4))
    with_entries(path, {"weights/dense-1.bias.npy": buffer.getvalue()}, keep=True)
    assert "int64" in refused(path).title


def test_a_bomb_is_refused_before_it_unpacks(path: Path) -> None:
    with_entries(path, {"checkpoint": bytes(200_000_000)}, keep=True)
    assert path.stat().st_size < 2_000_000
    before = time.perf_counter()
    assert "swell" in refused(path).title
    assert time.perf_counter() - before < 1.0


def test_an_entry_that_states_a_wrong_size(path: Path) -> None:
    content = bytearray(files.to_bytes(full()))
    name = b"weights/dense-1.bias.npy"
    place = content.rfind(name) - 46  # its record in the zip's directory
    assert content[place : place + 4] == b"PK\x01\x02"
    for offset in (24, 20):  # unpacked size, packed size
        lying = bytearray(content)
        lying[place + offset : place + offset + 4] = struct.pack("<I", 100)
        path.write_bytes(lying)
        refused(path)


def test_a_part_that_is_missing_or_stands_twice(path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(files.to_bytes(full()))) as opened:
        entries = {name: opened.read(name) for name in opened.namelist()}
    del entries["weights/dense-1.bias.npy"]
    with_entries(path, entries, keep=False)
    assert "lacks" in refused(path).title
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("project.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            out.writestr("project.json", "{}")
    assert "twice" in refused(path).title


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not valid JSON"),
        ('{"format": "nnstudio project", "version": NaN}', "NaN"),
        ('{"format": "nnstudio project", "version": -Infinity}', "-Infinity"),
        ('{"format": "nnstudio project", "version": 1e999}', "too large"),
        ('{"format": "nnstudio project", "format": "nnstudio project"}', "twice"),
        ("[" * 100_000 + "]" * 100_000, "nested"),
        ('{"a":' * 50 + "1" + "}" * 50, "nested"),
        ('{"version": ' + "9" * 5000 + "}", "too long"),
        ("\ufeff{}", "not valid JSON"),
    ],
)
def test_json_that_is_none(text: str, words: str, path: Path) -> None:
    problem = refused(with_json(path, text))
    assert words in f"{problem.title} {problem.explain}"


def test_brackets_inside_texts_are_no_nesting(path: Path) -> None:
    project = commands.rename_project(Project(), "[" * 60 + '"\\')
    files.save(project, path)
    assert files.load(path).name == project.name


@pytest.mark.parametrize(
    "text", ['"' * 200_001, '"' + '\\"' * 200_000, '"' + '\\"' * 200_000 + "\\"]
)
def test_strings_without_an_end_take_no_time(text: str, path: Path) -> None:
    before = time.perf_counter()
    refused(with_json(path, text))
    assert time.perf_counter() - before < 2.0


def test_text_that_is_not_utf8(path: Path) -> None:
    with_entries(path, {"project.json": b'{"name": "\xff\xfe"}'}, keep=True)
    assert "not text" in refused(path).title


def _cards(written: dict[str, Any]) -> list[dict[str, Any]]:
    found = written["nodes"]
    assert isinstance(found, list)
    return found


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a circle": (
        lambda w: w.update(edges=[["dense-1", "dense-2", 0], ["dense-2", "dense-1", 0]]),
        "circle",
    ),
    "a card wired to itself": (
        lambda w: w.update(edges=[["dense-1", "dense-1", 0]]),
        "circle",
    ),
    "a dangling wire": (lambda w: w["edges"].append(["dense-3", "dense-77", 0]), "hangs"),
    "two wires on a port": (
        lambda w: w["edges"].append(["input-1", "dense-2", 0]),
        "same place",
    ),
    "a port too many": (lambda w: w["edges"].append(["input-1", "dense-2", 1]), "no room"),
    "a wire into the input": (lambda w: w["edges"].append(["dense-3", "input-1", 0]), "no room"),
    "a wire that is none": (lambda w: w["edges"].append("dense-1"), "[from, to, port]"),
    "a port that is no number": (lambda w: w["edges"][0].__setitem__(2, "0"), "whole number"),
    "units out of range": (lambda w: _cards(w)[1]["layer"].update(units=-1), "Units"),
    "units that are text": (lambda w: _cards(w)[1]["layer"].update(units="9"), "Units"),
    "an unknown layer": (lambda w: _cards(w)[1]["layer"].update(type="wormhole"), "wormhole"),
    "an unknown setting": (lambda w: _cards(w)[1]["layer"].update(colour=3), "colour"),
    "a layer that is none": (lambda w: _cards(w)[1].update(layer=7), "dense-1"),
    "a doubled id": (lambda w: _cards(w)[1].update(id="input-1"), "Two cards"),
    "an id with a path": (lambda w: _cards(w)[1].update(id="../../etc"), "id must look"),
    "a title that is a list": (lambda w: _cards(w)[1].update(title=[]), "title"),
    "a position far out": (lambda w: _cards(w)[1].update(x=1e300), "position"),
    "a position that is text": (lambda w: _cards(w)[1].update(x="left"), "position"),
    "something unknown on a card": (lambda w: _cards(w)[1].update(spell=1), "spell"),
    "something unknown": (lambda w: w.update(magic=1), "magic"),
    "cards that are no list": (lambda w: w.update(nodes={}), "list"),
    "too many cards": (lambda w: w.update(nodes=[1] * 3000), "3,000"),
    "no name": (lambda w: w.update(name=None), "name"),
    "an unknown optimizer": (
        lambda w: w["training"]["optimizer"].update(type="magic"),
        "magic",
    ),
    "no training": (lambda w: w.update(training=None), "training"),
    "a negative rate": (
        lambda w: w["training"]["optimizer"].update(learning_rate=-1),
        "Learning rate",
    ),
    "an unknown data set": (lambda w: w["data"].update(type="the_internet"), "the_internet"),
    "a loss card nowhere": (lambda w: w.update(loss_position=[1]), "Loss card"),
    "a record of numbers that is none": (lambda w: w.update(issued=[1]), "card numbers"),
    "a number below one": (lambda w: w["issued"].update(dense=0), "dense"),
    "a number of no card": (lambda w: w["issued"].update({"../x": 1}), "../x"),
    "weights that are none": (lambda w: w["trained"].update(weights=3), "weights"),
    "a weight without a card": (
        lambda w: w["trained"]["weights"][0].update(node="../x"),
        "cannot be placed",
    ),
    "a weight twice": (
        lambda w: w["trained"]["weights"].append(w["trained"]["weights"][0]),
        "cannot be placed",
    ),
    "a weight from elsewhere": (
        lambda w: w["trained"]["weights"][0].update(file="/etc/passwd"),
        "lacks",
    ),
    "an epoch without a loss": (lambda w: w["trained"]["history"][0].update(loss=None), "loss"),
    "an epoch that is none": (lambda w: w["trained"].update(history=["x"]), "epoch"),
    "a best epoch below zero": (lambda w: w["trained"].update(best_epoch=-1), "best epoch"),
    "a result that is none": (lambda w: w.update(trained=[]), "training result"),
    "a vocabulary with doubles": (
        lambda w: w["trained"]["fitted"]["words"].update(vocabulary=["a", "a"]),
        "vocabulary",
    ),
    "class names that are numbers": (
        lambda w: w["trained"]["fitted"].update(class_names=[1]),
        "class names",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_project_changed_by_another_hand(name: str, path: Path) -> None:
    change, words = CHANGES[name]
    problem = refused(changed(path, change))
    assert words in problem.title


def test_an_unchanged_copy_opens(path: Path) -> None:
    assert same(files.load(changed(path, lambda written: None)), full())


# Saving


def test_saving_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a [1]*.nns"
    files.save(templates.new("spiral"), target)
    files.save(templates.new("digits"), target)
    assert files.load(target).name == "Handwritten digits"
    assert [entry.name for entry in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_full_disk_keeps_the_old_file(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.nns"
    files.save(templates.new("spiral"), target)
    before = target.read_bytes()

    def full_disk(*args: Any, **settings: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    if step == "write":
        real = os.fdopen

        def breaking(*args: Any, **settings: Any) -> Any:
            file = real(*args, **settings)

            class Full:
                def __enter__(self) -> Any:
                    return self

                def __exit__(self, *about: Any) -> None:
                    file.close()

                write = staticmethod(full_disk)

            return Full()

        monkeypatch.setattr(os, "fdopen", breaking)
    else:
        monkeypatch.setattr(os, step, full_disk)
    with pytest.raises(ProblemError, match="disk is full") as caught:
        files.save(templates.new("digits"), target)
    assert "as it was" in caught.value.problems[0].explain
    monkeypatch.undo()
    assert target.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.nns"]


def test_a_short_write_that_nobody_reported_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.nns"
    target.write_bytes(b"old")
    real = os.fstat

    def short(handle: int) -> Any:
        found = real(handle)
        return os.stat_result((*found[:6], 1, *found[7:10]))

    monkeypatch.setattr(os, "fstat", short)
    with pytest.raises(ProblemError):
        write_safely(target, b"new content")
    monkeypatch.undo()
    assert target.read_bytes() == b"old"


def test_a_folder_that_is_not_there_or_a_folder_in_the_way(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="no such folder"):
        files.save(Project(), tmp_path / "missing" / "a.nns")
    (tmp_path / "taken").mkdir()
    with pytest.raises(ProblemError, match="could not be saved"):
        files.save(Project(), tmp_path / "taken")
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]


def test_leftovers_of_a_crash_are_swept_and_those_of_others_are_not(tmp_path: Path) -> None:
    old = tmp_path / ".a.nns.01234567.tmp"
    young = tmp_path / ".a.nns.89abcdef.tmp"
    other = tmp_path / ".b.nns.01234567.tmp"
    for left in (old, young, other):
        left.write_bytes(b"x")
    for left in (old, other):
        os.utime(left, (0, 0))
    files.save(Project(), tmp_path / "a.nns")
    assert not old.exists()
    assert young.exists()
    assert other.exists()


@pytest.mark.skipif(os.name != "posix", reason="links and modes of POSIX")
def test_links_and_permissions_are_kept(tmp_path: Path) -> None:
    real = tmp_path / "real.nns"
    files.save(Project(), real)
    real.chmod(0o640)
    link = tmp_path / "link.nns"
    link.symlink_to(real)
    files.save(templates.new("spiral"), link)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert files.load(real).name == "Spiral"


def test_arrays_are_written_without_pickles() -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        archive.array_bytes(np.array([object()]))
    fortran = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert np.array_equal(archive.read_array(archive.array_bytes(fortran)), fortran)
    big_endian = np.arange(3, dtype=">f4")
    assert archive.read_array(archive.array_bytes(big_endian)).dtype == np.float32


@pytest.mark.skipif(os.name != "posix", reason="devices and pipes of POSIX")
def test_saving_onto_a_device_or_a_pipe_leaves_it_what_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.nns"
    os.mkfifo(pipe)
    to_pipe = tmp_path / "link.nns"
    to_pipe.symlink_to(pipe)
    for target in (pipe, to_pipe):
        with pytest.raises(ProblemError, match="could not be saved") as caught:
            files.save(Project(), target)
        assert "device or a pipe" in caught.value.problems[0].explain
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link.nns", "pipe.nns"]


def test_a_read_only_file_stays_and_is_said_to_be_read_only(tmp_path: Path) -> None:
    target = tmp_path / "a.nns"
    target.write_bytes(b"old")
    target.chmod(0o444)
    with pytest.raises(ProblemError, match="could not be saved") as caught:
        write_safely(target, b"new")
    assert "read-only" in caught.value.problems[0].explain
    assert target.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.nns"]


@pytest.mark.skipif(os.name != "posix", reason="modes and owners of POSIX")
def test_a_mode_wider_than_the_mask_and_the_owner_are_kept(tmp_path: Path) -> None:
    target = tmp_path / "a.nns"
    target.write_bytes(b"old")
    target.chmod(0o666)
    if os.geteuid() == 0:
        os.chown(target, 1234, 4321)
    before = target.stat()
    mask = os.umask(0o077)
    try:
        write_safely(target, b"new")
        write_safely(tmp_path / "fresh.nns", b"new")
    finally:
        os.umask(mask)
    after = target.stat()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(after.st_mode) == 0o666
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert stat.S_IMODE((tmp_path / "fresh.nns").stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_name_that_leads_nowhere_is_a_sentence_and_one_as_long_as_can_be_is_saved(
    tmp_path: Path,
) -> None:
    (tmp_path / "one.nns").symlink_to(tmp_path / "two.nns")
    (tmp_path / "two.nns").symlink_to(tmp_path / "one.nns")
    for name in ("one.nns", "a\0b.nns", "n" * 300 + ".nns"):
        with pytest.raises(ProblemError, match="could not be saved"):
            files.save(Project(), tmp_path / name)
    longest = tmp_path / ("n" * 251 + ".nns")
    files.save(Project(), longest)
    assert files.load(longest).name == Project().name


def test_a_fingerprint_tells_another_content_from_the_same_saved_again(tmp_path: Path) -> None:
    path = tmp_path / "a.nns"
    write_safely(path, b"one")
    seen = Fingerprint.of(path)
    assert seen is not None
    os.utime(path, (0, 0))
    assert seen.still(path)
    times = path.stat()
    write_safely(path, b"two")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert not seen.still(path)
    path.unlink()
    assert seen.still(path)
    assert Fingerprint.of(path) is None
