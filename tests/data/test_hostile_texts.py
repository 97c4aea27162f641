"""Data files of the odd kind: refused in a sentence, or read; and never read for ever."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nnstudio.data import reading
from nnstudio.data.preview import preview, source_for
from nnstudio.data.rows import number_rows, text_rows
from nnstudio.data.text_files import TextFile, TextFolder
from nnstudio.project import commands, files
from nnstudio.project.model import Fitted, Project, Trained
from nnstudio.spec import ProblemError


def told(path: Path) -> str:
    with pytest.raises(ProblemError) as caught:
        TextFile(path=str(path)).load()
    found = preview(str(path))
    assert found.problems
    return str(caught.value)


@pytest.mark.parametrize("text", [",,\n", ",", ";;;\n;;;\n", ",,\n,,\n,,\n", "\t\t\n", "|"])
def test_a_table_of_separators_alone_holds_no_rows(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    assert told(path)


def test_equal_names_of_columns_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label,a,a (2),a,,a\n" + "good film,1,,,,,\n" * 4, encoding="utf-8")
    names = [column.name for column in preview(str(path)).columns]
    assert names == ["text", "label", "a", "a (2)", "a (3)", "column 6", "a (4)"]


def test_tens_of_thousands_of_equal_names_are_told_apart() -> None:
    names = reading._column_names(["name", "name (7)"] * 30_000)
    assert len(set(names)) == 60_000


def test_a_name_without_end_is_shortened_so_that_it_can_be_saved(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"text,{'x' * 20_000}\n" + "good film,1\nbad film,0\n" * 9, encoding="utf-8")
    source = TextFile(path=str(path), text_column="text")
    dataset = source.load()
    assert len(dataset.target_name) == reading.LONGEST_NAME
    project = commands.set_data(Project(), source)
    project = project.replace(trained=Trained({}, fitted=Fitted.of(dataset)))
    files.save(project, tmp_path / "a.nns")
    assert files.load(tmp_path / "a.nns").data == source


def test_labels_without_end_are_no_classes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + f"good film,{'x' * 9_000}\nbad film,b\n" * 9, encoding="utf-8")
    assert "has 9,000 characters" in told(path)


def test_a_table_of_too_many_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + ("1," * 60_000 + "\n") * 3, encoding="utf-8")
    path.write_text(("good film," * 60_000 + "\n") * 3, encoding="utf-8")
    assert "60,001 columns" in told(path)


def test_a_file_that_grows_while_it_is_read_is_not_read_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGEST_FILE", 3_000_000)
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "good film,1\n" * 300_000, encoding="utf-8")
    assert "too large" in told(path)


def test_a_preview_of_a_file_that_vanished_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    for name in ("good", "bad"):
        (folder / name).mkdir(parents=True)
        (folder / name / "1.txt").write_text("a film", encoding="utf-8")
    source = source_for(str(folder))
    assert preview(source).row_count == 2
    for name in ("good", "bad"):
        (folder / name / "1.txt").unlink()
        (folder / name / "1.txt").symlink_to(tmp_path / "nowhere")
    assert preview(source).problems
    assert preview(str(tmp_path / "gone.csv")).problems
    assert preview("~nobody-of-this-name/a.csv").problems


@pytest.mark.parametrize(
    "name", ["a\0b.csv", "x" * 11_000, "caf\udce9.csv"], ids=["zero", "long", "half"]
)
def test_a_path_that_cannot_be_kept_is_refused(name: str) -> None:
    with pytest.raises(ProblemError, match="File"):
        source_for(name)


@pytest.mark.skipif(os.name != "posix", reason="names of bytes")
def test_a_class_folder_with_a_latin_1_name_can_be_learned_from_and_saved(tmp_path: Path) -> None:
    for name in (b"caf\xe9", b"tea"):
        folder = os.fsencode(tmp_path / "drinks") + b"/" + name
        os.makedirs(folder)  # noqa: PTH103 - a name of bytes
        for n in range(4):
            with open(folder + b"/%d.txt" % n, "wb") as file:  # noqa: PTH123
                file.write(b"a cup of %d" % n)
    source = TextFolder(path=str(tmp_path / "drinks"))
    assert [name for name, _ in preview(source).class_counts] == ["café", "tea"]
    dataset = source.load()
    assert dataset.class_names == ("café", "tea")
    project = Project(data=source, trained=Trained({}, fitted=Fitted.of(dataset)))
    files.save(project, tmp_path / "a.nns")
    back = files.load(tmp_path / "a.nns").trained
    assert back is not None
    assert back.fitted is not None
    assert back.fitted.class_names == ("café", "tea")


def test_rows_to_predict_are_read_as_distrustfully(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("".join(f"{'9' * 5_000},{n},{n}\n" for n in range(4)), encoding="utf-8")
    for read in (
        lambda: number_rows(str(path), (), 2),
        lambda: text_rows("~nobody-of-this-name/a.csv"),
        lambda: text_rows("/dev/zero"),
    ):
        with pytest.raises(ProblemError):
            read()
