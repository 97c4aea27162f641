"""Whoever gives rows to a trained model gets an answer to each of them, or the reason why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnstudio import Model, jobs
from nnstudio.cli import main
from nnstudio.data.bundled import Diabetes, Iris
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.data.text_files import TextFile
from nnstudio.engine import sequential
from nnstudio.export import npz
from nnstudio.graph.plan import Signature
from nnstudio.nn.activations import Relu, Softmax
from nnstudio.nn.layers import Dense
from nnstudio.nn.losses import MeanSquaredError
from nnstudio.nn.optimizers import Adam
from nnstudio.project.model import Project
from nnstudio.project.setup import TrainingSetup

GOOD = ("best coffee in our street", "warm fresh bread", "clean beds and quiet nights")
BAD = ("cold soup and rude waiters", "stale hard bread", "a noisy room with no view")
NAMES = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")


def train(folder: Path, data: Any, layers: Any, **settings: Any) -> Path:
    setup = TrainingSetup(optimizer=Adam(0.02), batch_size=16, **settings)
    project = Project(graph=sequential(layers), training=setup, data=data)
    path = folder / "model.npz"
    npz.save(jobs.train(project).model, path)
    return path


@pytest.fixture(scope="module")
def opinions(tmp_path_factory: Any) -> Path:
    """A model of texts: good or bad."""
    folder = tmp_path_factory.mktemp("opinions")
    when = ("today", "after work", "again", "this year", "on monday", "really")
    rows = [f"{text} {w},{label}" for label, texts in (("good", GOOD), ("bad", BAD))
            for text in texts for w in when]  # fmt: skip
    (folder / "train.csv").write_text("\n".join(["text,label", *rows]))
    data = TextFile(path=str(folder / "train.csv"))
    return train(folder, data, [Dense(8, Relu()), Dense(2, Softmax())], epochs=40)


@pytest.fixture(scope="module")
def flowers(tmp_path_factory: Any) -> Path:
    """A model of four named columns."""
    folder = tmp_path_factory.mktemp("flowers")
    return train(folder, Iris(), [Dense(8, Relu()), Dense(3, Softmax())], epochs=30)


@pytest.fixture
def ask(tmp_path: Path, capsys: Any) -> Any:
    """Write a file and ask a model about it: exit code, what it says, stderr."""

    def asked(
        job: str, model: Path, content: str, *options: str, name: str = "rows.csv"
    ) -> tuple[int, Any, str]:
        (tmp_path / name).write_text(content, encoding="utf-8")
        words = [job, str(model), "--data", str(tmp_path / name), *options]
        capsys.readouterr()
        code = main(words)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, json.loads(said.out) if "--json" in words and said.out else said.out, said.err

    return asked


# ---- texts --------------------------------------------------------------------------------------


def test_a_file_of_one_column_gives_one_answer_a_row_and_none_to_its_header(
    ask: Any, opinions: Path
) -> None:
    content = 'review\n"warm, fresh bread"\n"cold soup\nand rude waiters"\nbest coffee\n'
    code, told, err = ask("predict", opinions, content, "--json")
    assert (code, err) == (0, "")
    answers = told["predictions"]
    assert [(a["line"], a["class"]) for a in answers] == [(2, "good"), (3, "bad"), (5, "good")]
    assert answers[1]["text"] == "cold soup\nand rude waiters"
    _, out, _ = ask("predict", opinions, content)
    assert len(out.splitlines()) == 3


def test_rows_that_cannot_be_predicted_keep_their_place_and_say_why(
    ask: Any, opinions: Path
) -> None:
    content = "id,text\n1,warm bread\n2,\n3,cold soup, rude waiters\n4,stale bread\n"
    code, told, err = ask("predict", opinions, content, "--json")
    assert code == 3
    assert (told["rows"], told["predicted"]) == (4, 2)
    assert [a["line"] for a in told["predictions"]] == [2, 3, 4, 5]
    assert [a.get("class") for a in told["predictions"]] == ["good", None, None, "bad"]
    assert "empty" in told["predictions"][1]["problem"]
    assert "3 fields" in told["predictions"][2]["problem"]
    assert "2 of 4 rows could not be predicted" in err
    code, out, _ = ask("predict", opinions, content)
    assert code == 3
    assert [line.split("\t")[0] for line in out.splitlines()] == ["2", "3", "4", "5"]
    assert "cannot be predicted: the text is empty" in out.splitlines()[1]


def test_plain_lines_are_texts_with_their_commas(ask: Any, opinions: Path) -> None:
    content = "cold soup, rude waiters\n\nstale, hard bread\n"
    for name in ("texts.txt", "texts"):
        code, told, _ = ask("predict", opinions, content, "--json", name=name)
        assert code == 0
        found = [(a["line"], a["text"]) for a in told["predictions"]]
        assert found == [(1, "cold soup, rude waiters"), (3, "stale, hard bread")]


def test_the_label_column_is_not_read_as_the_text(ask: Any, opinions: Path) -> None:
    content = "label,words\n" + "bad,warm fresh bread\n" * 6
    _, told, _ = ask("predict", opinions, content, "--json")
    assert {a["text"] for a in told["predictions"]} == {"warm fresh bread"}


def test_a_text_without_a_known_word_is_pointed_out(ask: Any, opinions: Path) -> None:
    code, told, err = ask("predict", opinions, "text\nwarm bread\nxyzzy plugh\n", "--json")
    assert code == 0
    assert [a["known_words"] for a in told["predictions"]] == [2, 0]
    assert "knows no word of 1 text" in err
    assert "Line 3" in err


def test_a_folder_gives_an_answer_for_every_file(
    opinions: Path, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "texts").mkdir()
    for name, text in (("a.txt", "warm bread"), ("b.txt", ""), ("c.txt", "cold soup")):
        (tmp_path / "texts" / name).write_text(text)
    assert main(["predict", str(opinions), "--data", str(tmp_path / "texts"), "--json"]) == 3
    told = json.loads(capsys.readouterr().out)["predictions"]
    assert [(a["file"], a.get("class")) for a in told] == [
        ("a.txt", "good"), ("b.txt", None), ("c.txt", "bad")
    ]  # fmt: skip


def test_a_row_with_an_unknown_label_is_left_out_and_the_rest_is_measured(
    ask: Any, opinions: Path
) -> None:
    known = [f"{text},good" for text in GOOD] + [f"{text},bad" for text in BAD]
    content = "\n".join(["text,label", *known, "who can say,unsure", "stale bread,", ",good", ""])
    code, told, err = ask("evaluate", opinions, content, "--json")
    assert code == 3
    assert told["samples"] == 6
    assert told["accuracy"] == 1.0
    assert [row["line"] for row in told["left_out"]] == [8, 9, 10]
    assert "“unsure”" in told["left_out"][0]["problem"]
    assert "3 of 9 rows could not be measured" in err
    code, out, _ = ask("evaluate", opinions, content)
    assert "6 samples, 3 rows left out" in out


# ---- numbers ------------------------------------------------------------------------------------


def classes(told: Any) -> list[str | None]:
    return [a.get("class") for a in told["predictions"]]


def test_columns_are_found_by_their_names_in_any_order_beside_others(
    ask: Any, flowers: Path
) -> None:
    rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.2, 2.9, 4.3, 1.3], [6.5, 3.0, 5.8, 2.2]])
    kinds = ["setosa", "versicolor", "virginica"]

    def content(names: Any, columns: Any) -> str:
        lines = [",".join(f"{v}" for v in row) for row in np.column_stack(columns)]
        return "\n".join([",".join(names), *lines, ""])

    columns = list(rows.T)
    for names, given in (
        (NAMES, columns),
        (("Id", *NAMES), [np.arange(1, 4), *columns]),
        (NAMES[::-1], columns[::-1]),
        (("note", *(name.upper() for name in NAMES)), [np.array(list("abc")), *columns]),
    ):
        code, told, err = ask("predict", flowers, content(names, given), "--json")
        assert code == 0, err
        assert classes(told) == kinds, names


def test_columns_with_other_names_are_never_taken_by_their_order(ask: Any, flowers: Path) -> None:
    content = "Id,SepalLengthCm,SepalWidthCm,PetalLengthCm,PetalWidthCm\n1,5.1,3.5,1.4,0.2\n"
    code, out, err = ask("predict", flowers, content)
    assert (code, out) == (1, "")
    assert "lacks “sepal length (cm)”" in err
    assert "“SepalLengthCm”" in err
    code, out, err = ask("predict", flowers, "a,b,c,d\n5.1,3.5,1.4,0.2\n")
    assert (code, out) == (1, "")


def test_without_a_header_the_order_counts_unless_it_would_be_a_guess(
    ask: Any, flowers: Path
) -> None:
    code, told, _ = ask("predict", flowers, "5.1,3.5,1.4,0.2\n6.5,3,5.8,2.2\n", "--json")
    assert (code, classes(told)) == (0, ["setosa", "virginica"])
    labelled = "5.1,3.5,1.4,0.2,setosa\n6.5,3,5.8,2.2,virginica\n"
    code, told, _ = ask("predict", flowers, labelled, "--json")
    assert (code, classes(told)) == (0, ["setosa", "virginica"])
    numbered = "1,5.1,3.5,1.4,0.2\n2,6.5,3,5.8,2.2\n3,6.5,3,5.8,2.2\n"
    code, out, err = ask("predict", flowers, numbered)
    assert (code, out) == (1, "")
    assert "one column more" in err


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("1e400", "too large"),
        ("1e39", "too large"),
        ("nan", "is not a number"),
        ("oops", "“oops” in column “sepal length (cm)” is not a number"),
        ("", "column “sepal length (cm)” is empty"),
    ],
)
def test_what_is_no_ordinary_number_is_named_and_the_other_rows_predicted(
    ask: Any, flowers: Path, value: str, why: str
) -> None:
    content = f"{','.join(NAMES)}\n{value},3.5,1.4,0.2\n6.5,3,5.8,2.2\n"
    code, told, err = ask("predict", flowers, content, "--json")
    assert code == 3
    assert classes(told) == [None, "virginica"]
    assert why in told["predictions"][0]["problem"]
    assert "Line 2" in err
    with_labels = content.replace("0.2", "0.2,setosa").replace("2.2", "2.2,virginica")
    with_labels = with_labels.replace("petal width (cm)", "petal width (cm),species")
    code, told, _ = ask("evaluate", flowers, with_labels, "--json")
    assert (code, told["samples"], told["left_out"][0]["line"]) == (3, 1, 2)


def test_a_regression_is_measured_without_the_rows_whose_true_value_is_no_number(
    ask: Any, tmp_path: Path
) -> None:
    model = train(tmp_path, Diabetes(), [Dense(1)], epochs=30, loss=MeanSquaredError())
    data = Diabetes().load()
    raw = data.test.x * data.scale + data.offset
    true = [f"{y:.0f}" for y in data.test.y[:, 0] * data.target_scale + data.target_offset]
    true[1], true[2] = "n/a", ""
    names = ",".join((*data.feature_names, data.target_name))
    lines = [",".join([*map(str, row), y]) for row, y in zip(raw, true, strict=True)]
    code, told, err = ask("evaluate", model, "\n".join([names, *lines, ""]), "--json")
    assert code == 3
    assert told["samples"] == len(true) - 2
    assert told["figures"]["R²"] > 0.2
    assert [row["line"] for row in told["left_out"]] == [3, 4]
    assert "“n/a”" in err


def test_classes_without_names_are_called_by_their_numbers(ask: Any, tmp_path: Path) -> None:
    x, y = np.repeat(np.eye(3), 8, axis=0), np.repeat(np.arange(3), 8)
    part = Samples(x.astype(np.float32), y)
    data = Dataset("bare", Signature((3,), "classification", 3), part, None, None)
    model = Model([Dense(3, "softmax")], data)  # type: ignore[arg-type]
    model.fit(epochs=200, batch_size=None, optimizer=Adam(0.1))
    path = model.save(tmp_path / "bare.npz")
    content = "1,0,0,0\n0,1,0,1\n0,0,1,2\n"
    _, told, _ = ask("predict", path, content, "--json")
    assert classes(told) == ["0", "1", "2"]
    code, told, _ = ask("evaluate", path, content, "--json")
    assert (code, told["accuracy"]) == (0, 1.0)


def test_several_numbers_are_all_predicted(ask: Any, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(60, 2))
    model = Model([Dense(2)], Dataset.from_arrays(x, x * [3.0, -1.0], feature_names=["a", "b"]))  # type: ignore[arg-type]
    model.fit(epochs=150, batch_size=10, optimizer=Adam(0.05))
    path = model.save(tmp_path / "two.npz")
    _, told, _ = ask("predict", path, "b,a\n2,1\n", "--json")
    assert told["predictions"][0]["values"] == pytest.approx([3.0, -2.0], abs=0.05)
    _, out, _ = ask("predict", path, "b,a\n2,1\n")
    assert [float(v) for v in out.split("\t")] == pytest.approx([2, 3.0, -2.0], abs=0.05)
    code, _, err = ask("evaluate", path, "a,b,c\n1,2,3\n")
    assert code == 1
    assert "predicts 2 numbers a row" in err
