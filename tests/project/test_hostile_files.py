"""Files of a few kB that would cost gigabytes, and what else a stranger can put into a file."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnstudio.data.text_files import TextFile
from nnstudio.engine import Network
from nnstudio.export import npz
from nnstudio.graph.plan import Signature
from nnstudio.nn.layers.dense import Dense
from nnstudio.project import archive, commands, files, templates
from nnstudio.project.archive import Archive
from nnstudio.project.model import EpochRecord, Fitted, Project, Trained
from nnstudio.spec import ProblemError
from tests.fuzz.bombs import many
from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import array_bytes, read, write


def refused(path: Path) -> str:
    with pytest.raises(ProblemError) as caught:
        npz.load(path) if path.suffix == ".npz" else files.load(path)
    return str(caught.value)


def project_with(path: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path.write_bytes(write(read(corpus().projects[0]) | entries, method))
    return path


def project_json() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read(corpus().projects[0])["project.json"])
    return found


def about(entries: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(str(np.load(io.BytesIO(entries["about.npy"]))))
    return found


def test_a_model_whose_layers_outgrow_its_weights_is_refused_before_a_network_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = read(corpus().models[0])
    description = about(entries)
    for node in description["nodes"]:
        if node["id"] == "dense-1":
            node["layer"]["units"] = 20_000
    hidden = json.loads(json.dumps(description["nodes"][1])) | {"id": "dense-9"}
    description["nodes"].append(hidden)
    description["edges"] = [
        ["dense-9" if source == "dense-1" else source, target, port]
        for source, target, port in description["edges"]
    ] + [["dense-1", "dense-9", 0]]
    path = tmp_path / "m.npz"
    path.write_bytes(write(entries | {"about.npy": array_bytes(np.array(json.dumps(description)))}))
    monkeypatch.setattr(Network, "__init__", lambda *_, **__: pytest.fail("a network was built"))
    assert path.stat().st_size < 30_000
    assert "does not fit" in refused(path) or "lacks" in refused(path)


def test_a_model_takes_only_the_weights_of_its_layers(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    more = {f"other-{n}/kernel.npy": array_bytes(np.zeros(10, np.float32)) for n in range(9)}
    path.write_bytes(write(read(corpus().models[0]) | more))
    assert {node for node, _ in npz.load(path).weights} == {
        "dense-1",
        "batch-normalization-1",
        "dense-2",
    }


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused_also_when_they_are_damaged(
    method: int, tmp_path: Path
) -> None:
    path = project_with(tmp_path / "a.nns", {}, method)
    assert "packed in a way" in refused(path)
    content = bytearray(path.read_bytes())
    content[120:140] = b"\xff" * 20
    path.write_bytes(content)
    refused(path)


def test_many_small_parts_that_swell_together_are_refused(tmp_path: Path) -> None:
    parts = {f"weights/{n}.npy": bytes(2**20) for n in range(300)}
    path = project_with(tmp_path / "a.nns", parts)
    assert path.stat().st_size < 500_000
    assert "swell" in refused(path)


def test_one_part_cannot_be_the_weights_of_many_cards(tmp_path: Path) -> None:
    written = project_json()
    weights = written["trained"]["weights"]
    weights += [weights[0] | {"node": f"dense-{n}"} for n in range(10, 20)]
    path = project_with(tmp_path / "a.nns", {"project.json": json.dumps(written).encode()})
    assert "two weights at once" in refused(path)


@pytest.mark.parametrize("part", ["[],", "{},", "1.5,", '"ab",'])
def test_a_text_of_millions_of_values_is_refused_before_it_is_read(
    part: str, tmp_path: Path
) -> None:
    text = f'{{"format": "nnstudio project", "x": [{many(part, 2_000_000)}0]}}'
    path = project_with(tmp_path / "a.nns", {"project.json": text.encode()})
    assert path.stat().st_size < 2_000_000
    assert "too many values" in refused(path)


def test_a_zip_with_an_endless_list_of_parts_is_refused_before_the_list_is_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.nns"
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(66_000):
            archive.writestr(f"{n:x}", b"")
    assert "too many parts" in refused(path)


@pytest.mark.parametrize("where", ["x", "version", "activation", "issued", "loss_position"])
def test_a_number_beyond_all_floats_is_refused_with_a_short_word(
    where: str, tmp_path: Path
) -> None:
    huge = 10**400
    written = project_json()
    dense = written["nodes"][1]
    if where == "x":
        dense["x"] = huge
    elif where == "activation":
        dense["layer"]["activation"]["slope"] = huge
    elif where == "loss_position":
        written["loss_position"] = [huge, -huge]
    elif where == "issued":
        written["issued"] = {"dense": huge}
    else:
        written["version"] = huge
    path = project_with(tmp_path / "a.nns", {"project.json": json.dumps(written).encode()})
    assert len(refused(path)) < 400


def test_a_header_that_is_no_python_is_refused(tmp_path: Path) -> None:
    header = b"{'descr': '''" + b" " * 50 + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    path = project_with(tmp_path / "a.nns", {"weights/dense-1.bias.npy": content})
    assert "beginning cannot be read" in refused(path)


def test_whatever_a_reader_raises_comes_out_as_one_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project_with(tmp_path / "a.nns", {})
    for error in (MemoryError(), RecursionError("deep"), KeyError("x"), OverflowError("far")):

        def broken(*_: Any, error: Exception = error, **__: Any) -> Any:
            raise error

        monkeypatch.setattr(Archive, "array", broken)
        assert "a.nns is damaged" in refused(path)
        monkeypatch.undo()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_pipes_and_devices_are_never_opened(tmp_path: Path) -> None:
    for suffix in (".nns", ".npz"):
        pipe = tmp_path / f"pipe{suffix}"
        os.mkfifo(pipe)
        assert "is a pipe, not a file" in refused(pipe)
    assert "is a device, not a file" in refused(Path("/dev/zero"))
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    for source in (pipe, Path("/dev/zero")):
        thread = threading.Thread(target=_load, args=(source, found := []), daemon=True)
        thread.start()
        thread.join(20)
        assert "not a file" in found[0]


def _load(path: Path, found: list[str]) -> None:
    try:
        TextFile(path=str(path)).load()
    except ProblemError as error:
        found.append(str(error))


# Text that no file can hold


HALF = "caf\udce9"  # what Python makes of a Latin-1 file name


def test_halves_of_characters_are_refused_at_every_field() -> None:
    project = corpus().cases[0].project
    with pytest.raises(ProblemError, match="rename the file"):
        TextFile(path=f"/home/{HALF}.csv")
    with pytest.raises(ProblemError, match="no character"):
        TextFile(text_column=HALF)
    with pytest.raises(ProblemError):
        commands.rename_project(project, HALF)
    with pytest.raises(ProblemError):
        commands.rename(project, "dense-1", HALF)
    cards = commands.copy(project, ["dense-1"]).replace("Dense 1", r"caf\udce9")
    assert r"\udce9" in cards
    with pytest.raises(ProblemError):
        commands.paste(project, cards)


def test_a_file_with_halves_of_characters_is_refused(tmp_path: Path) -> None:
    written = project_json() | {"name": HALF}
    path = project_with(tmp_path / "a.nns", {"project.json": json.dumps(written).encode()})
    assert "name must be a text" in refused(path)


def test_a_project_is_written_even_with_text_that_slipped_in(tmp_path: Path) -> None:
    project = dataclasses.replace(templates.new("spiral"), name=HALF)
    fitted = Fitted(class_names=(HALF, "b"), target_name=HALF)
    project = project.replace(trained=Trained({}, fitted=fitted, reason=HALF))
    files.save(project, tmp_path / "a.nns")
    back = files.load(tmp_path / "a.nns")
    assert back.name == "caf?"
    assert back.trained is not None
    assert back.trained.fitted is not None
    assert back.trained.fitted.class_names == ("caf?", "b")


def test_figures_at_the_edge_of_all_numbers_come_back(tmp_path: Path) -> None:
    """Whatever the app can hold can be saved, and whatever was saved can be opened."""
    edge = (1.7e308, float("inf"), float("-inf"), float("nan"))
    records = tuple(EpochRecord(n + 1, n + 1, 1e305, 0.1, value) for n, value in enumerate(edge))
    for value in edge:
        signature = Signature((2,), "regression", target_minimum=-value, target_maximum=value)
        fitted = Fitted(target_offset=value, target_scale=value, signature=signature)
        trained = Trained({}, history=records, fitted=fitted)
        project = templates.new("spiral").replace(trained=trained)
        files.save(project, tmp_path / "a.nns")
        back = files.load(tmp_path / "a.nns")
        assert files.to_bytes(back) == files.to_bytes(project)
        assert back.trained is not None
        assert back.trained.fitted is not None
        assert repr(back.trained.history) == repr(records)
        assert repr(back.trained.fitted.signature) == repr(signature)


def test_a_project_takes_no_more_cards_than_a_file_can_hold() -> None:
    project = commands.add_node(Project(), Dense(), 0.0, 0.0)
    cards = json.loads(commands.copy(project, ["dense-1"]))
    cards["nodes"] = [cards["nodes"][0] | {"id": f"dense-{n}"} for n in range(1, 2_000)]
    project = commands.paste(project, json.dumps(cards))
    assert len(project.graph.nodes) == 2_000
    for more in (
        lambda: commands.add_node(project, Dense(), 0.0, 0.0),
        lambda: commands.duplicate(project, ["dense-1"]),
        lambda: commands.paste(project, json.dumps(cards)),
    ):
        with pytest.raises(ProblemError, match="at most 2,000 cards"):
            more()
    assert len(files.to_bytes(project)) < 1_000_000


def test_a_long_history_is_no_hostile_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large file may hold more values than a small one."""
    monkeypatch.setattr(archive, "MOST_VALUES", 2_000)
    random = np.random.default_rng(0).random
    records = tuple(
        EpochRecord(n + 1, 10 * n, n + random(), 0.01, random(), 0.5, random(), 0.25)
        for n in range(3_000)
    )
    files.save(Project(trained=Trained({}, history=records)), tmp_path / "a.nns")
    back = files.load(tmp_path / "a.nns").trained
    assert back is not None
    assert back.history == records


def test_pasting_thousands_of_cards_takes_them_all_with_new_ids() -> None:
    project = Project()
    for n in range(3):
        project = commands.add_node(project, Dense(), n * 200.0, 0.0)
    cards = json.loads(commands.copy(project, project.graph.by_id))
    cards["nodes"] = [cards["nodes"][0] | {"id": f"dense-{n}"} for n in range(1, 1_900)]
    pasted = commands.paste(project, json.dumps(cards))
    assert len(pasted.graph.nodes) == 3 + 1_899
    assert commands.next_id(pasted, Dense()) == "dense-1903"


def test_a_scaling_that_does_not_fit_the_inputs_is_refused(tmp_path: Path) -> None:
    entries = read(corpus().projects[2])
    for strange in (np.zeros(0), np.arange(3.0), np.full(4, np.nan)):
        path = tmp_path / "a.nns"
        path.write_bytes(write(entries | {"fitted/offset.npy": array_bytes(strange)}))
        assert "scaling does not fit" in refused(path)
