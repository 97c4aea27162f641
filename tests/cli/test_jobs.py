"""The command line does what the app does, and says it in words or JSON, never in tracebacks."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nnstudio.cli import main
from nnstudio.data.reviews import read
from nnstudio.display import has_display, missing_library
from nnstudio.engine.events import BatchFinished, TrainingStarted
from nnstudio.nn.optimizers import SGD
from nnstudio.project import files
from nnstudio.terminal import Progress

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def project():
    assert main(["new", "sentiment", "p.nns"]) == 0
    return "p.nns"


def run(capsys, *arguments):
    """Exit code, stdout and stderr of a job."""
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, said.out, said.err


def wrong_usage(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        run(capsys, *arguments)
    return caught.value.code, capsys.readouterr().err


def review_files(folder=Path()):
    """The bundled reviews as lines of label and text, in three files."""
    texts, stars = read()
    for number, name in enumerate(("train", "dev", "test")):
        rows = range(number, 600, 3)
        lines = "".join(f"{stars[i] - 1} {texts[i]}\n" for i in rows)
        (folder / name).write_text(lines, encoding="utf-8")


# ---- new ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", ["sentiment", "spiral", "digits", "empty"])
def test_new_writes_a_project_that_opens(capsys, template):
    code, out, _ = run(capsys, "new", template, "a.nns")
    assert code == 0
    assert "Wrote a.nns" in out
    assert (files.load("a.nns").data is None) == (template == "empty")


def test_new_replaces_nothing_unless_told_to(capsys, project):
    before = Path(project).read_bytes()
    code, _, err = run(capsys, "new", "empty", project)
    assert code == 1
    assert "exists already" in err
    assert Path(project).read_bytes() == before
    assert run(capsys, "new", "empty", project, "--force")[0] == 0
    assert Path(project).read_bytes() != before


# ---- train --------------------------------------------------------------------------------------


def test_train_tells_in_json_what_came_out(capsys, project):
    code, out, err = run(
        capsys, "train", project, "--epochs", 3, "--json", "--out", "m.npz", "--save", "t.nns"
    )
    assert code == 0
    found = json.loads(out)
    assert found["epochs_run"] == 3
    assert found["best_epoch"] in (1, 2, 3)
    assert found["reason"] == "finished"
    for key in ("train_accuracy", "validation_accuracy", "test_accuracy"):
        assert 0.1 < found[key] < 1
    for key in ("train_loss", "validation_loss", "test_loss", "seconds", "samples_per_second"):
        assert found[key] > 0
    assert found["parameters"] == 272_133
    reviews = files.load(project).data.load()
    parts = {"train": reviews.train, "validation": reviews.validation, "test": reviews.test}
    assert found["samples"] == {name: len(part) for name, part in parts.items()}
    assert np.sum(found["confusion_matrix"]) == len(reviews.test)
    assert [record["epoch"] for record in found["history"]] == [1, 2, 3]
    assert found["written"] == ["m.npz", "t.nns"]
    assert "epoch 3/3" in err
    trained = files.load("t.nns").trained
    assert trained.fitted.class_names[0] == "1 star"
    assert set(np.load("m.npz")["vocabulary"]) == set(trained.fitted.words.vocabulary)


def test_train_tells_people_a_table(capsys, project):
    code, out, err = run(capsys, "train", project, "--epochs", 2, "--quiet")
    assert code == 0
    assert out.startswith("Trained for 2 epochs")
    assert "nothing was written" in out
    assert "Accuracy" in out
    assert err == ""


def test_the_same_seed_gives_the_same_result(capsys, project):
    def accuracy(seed):
        code, out, _ = run(capsys, "train", project, "--epochs", 2, "--seed", seed, "--json")
        assert code == 0
        return json.loads(out)["test_loss"]

    assert accuracy(1) == accuracy(1) != accuracy(2)


def test_patience_switches_early_stopping(capsys, project):
    def finished(patience):
        told = run(capsys, "train", project, "--patience", patience, "--epochs", 30, "--json")
        return json.loads(told[1])

    early = finished(2)
    assert early["reason"] == "stopped early"
    assert early["weights_epoch"] == early["best_epoch"] == early["epochs_run"] - 2
    off = finished(0)
    assert (off["reason"], off["epochs_run"], off["best_epoch"]) == ("finished", 30, None)


def test_early_stopping_watches_the_figure_that_was_asked_for(capsys, project):
    asked = ("--monitor", "validation_f1", "--patience", 2, "--epochs", 30, "--json")
    code, out, _ = run(capsys, "train", project, *asked)
    told = json.loads(out)
    figures = [epoch["metrics"]["validation_f1"] for epoch in told["history"]]
    assert code == 0
    assert figures[told["best_epoch"] - 1] == max(figures)
    code, _, err = run(capsys, "train", project, "--monitor", "happiness")
    assert code != 0
    assert "happiness" in err
    assert "validation_f1" in err


def test_files_of_ones_own_are_trained_on_and_measured_again(capsys, project):
    review_files()
    code, out, err = run(
        *(capsys, "train", project, "--data", "train", "--validation", "dev", "--test", "test"),
        *("--epochs", 3, "--words", 300, "--out", "m.npz", "--json"),
    )
    assert code == 0, err
    found = json.loads(out)
    assert found["samples"] == {"train": 200, "validation": 200, "test": 200}
    assert len(np.load("m.npz")["vocabulary"]) == 300
    code, out, _ = run(capsys, "evaluate", "m.npz", "--data", "test", "--json")
    assert code == 0
    again = json.loads(out)
    assert again["accuracy"] == found["test_accuracy"]
    assert (
        again["majority_accuracy"]
        == found["test_majority_accuracy"]
        == max(np.sum(again["confusion_matrix"], axis=1)) / again["samples"]
    )
    assert again["chance_accuracy"] == found["chance_accuracy"] == 1 / len(again["class_names"])
    assert again["loss"] == pytest.approx(found["test_loss"], rel=1e-5)
    assert again["confusion_matrix"] == found["confusion_matrix"]
    assert sum(row["samples"] for row in again["classes"].values()) == 200
    code, out, _ = run(capsys, "evaluate", "m.npz", "--data", "test")
    assert f"Accuracy   {again['accuracy']:.4f}" in out
    assert f"guessing at random would reach {again['chance_accuracy']:.4f}" in out
    assert f"always saying “{again['majority_class']}” would reach" in out
    assert "always saying" in out


def test_a_folder_per_class_is_trained_on(capsys, project):
    texts, stars = read()
    for index in range(100):
        folder = Path("texts") / str(stars[index])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{index}.txt").write_text(texts[index], encoding="utf-8")
    code, _, err = run(capsys, "train", project, "--data", "texts", "--epochs", 1, "--out", "m.npz")
    assert code == 0, err
    assert run(capsys, "evaluate", "m.npz", "--data", "texts")[0] == 0
    code, out, _ = run(capsys, "predict", "m.npz", "--data", "texts", "--json")
    assert len(json.loads(out)["predictions"]) == 100


def test_what_cannot_be_trained_is_explained(capsys, project):
    code, out, err = run(capsys, "train", "gone.nns")
    assert (code, out) == (1, "")
    assert err.startswith("error: There is no file gone.nns")
    review_files()
    lines = Path("train").read_text(encoding="utf-8").split("\n")
    Path("two").write_text("\n".join(li for li in lines if li[:1] in "01"), encoding="utf-8")
    code, _, err = run(capsys, "train", project, "--data", "two")
    assert code == 1
    assert "5" in err
    assert "2" in err
    main(["new", "empty", "e.nns"])
    assert "no data" in run(capsys, "train", "e.nns")[2]
    main(["new", "spiral", "s.nns"])
    assert "--data" in run(capsys, "train", "s.nns", "--test", "test")[2]
    assert "vocabulary" in run(capsys, "train", "s.nns", "--words", 10)[2]
    Path("broken.nns").write_bytes(Path(project).read_bytes()[:300])
    assert run(capsys, "train", "broken.nns")[0] == 1
    code, _, err = run(capsys, "train", project, "--epochs", 1, "--out", "no/such/m.npz")
    assert code == 1
    assert "could not be saved" in err


def test_a_run_that_diverges_ends_by_itself_and_says_so(capsys, project):
    wild = files.load(project)
    setup = wild.training.replace(optimizer=SGD(1000.0))
    files.save(wild.replace(training=setup), "wild.nns")
    code, out, err = run(
        *(capsys, "train", "wild.nns", "--epochs", 50, "--patience", 0, "--json"),
        *("--out", "m.npz"),
    )
    assert code == 1
    assert "error:" in err
    found = json.loads(out)
    assert found["reason"] == "diverged"
    assert found["written"] == (["m.npz"] if found["history"] else [])
    assert found["weights_epoch"] == len(found["history"])


def test_a_table_of_numbers_is_trained_measured_and_predicted(capsys):
    main(["new", "spiral", "s.nns"])
    code, _, err = run(capsys, "train", "s.nns", "--epochs", 60, "--out", "m.npz")
    assert code == 0, err
    data = files.load("s.nns").data.load()
    rows = [f"{x[0]},{x[1]},class {y}" for x, y in zip(data.test.x, data.test.y, strict=True)]
    Path("points.csv").write_text("\n".join(["x0,x1,class", *rows]))
    code, out, err = run(capsys, "evaluate", "m.npz", "--data", "points.csv", "--json")
    assert code == 0, err
    assert json.loads(out)["samples"] == len(rows)
    Path("bare.csv").write_text("0.1,0.2\n-0.5,0.5\n")
    code, out, err = run(capsys, "predict", "m.npz", "--data", "bare.csv")
    assert code == 0, err
    assert out.count("class ") == 2
    Path("bad.csv").write_text("x0,x1,class\n0.1,oops,class 0\n1,2,class 1\n")
    code, _, err = run(capsys, "evaluate", "m.npz", "--data", "bad.csv")
    assert code == 3  # the other row is measured
    assert "Line 2" in err
    assert "“oops”" in err
    Path("wide.csv").write_text("a,b,c,d\n1,2,3,4\n5,6,7,8\n")
    assert "takes 2 numbers" in run(capsys, "predict", "m.npz", "--data", "wide.csv")[2]
    assert "does not read text" in run(capsys, "predict", "m.npz", "--text", "hello")[2]


# ---- predict and evaluate -----------------------------------------------------------------------


@pytest.fixture
def model(capsys, project):
    assert run(capsys, "train", project, "--epochs", 2, "--out", "m.npz")[0] == 0
    return "m.npz"


def test_predict_gives_a_class_and_its_probability(capsys, model):
    code, out, _ = run(capsys, "predict", model, "--text", "a superb, gripping film", "--json")
    assert code == 0
    (found,) = json.loads(out)["predictions"]
    assert found["text"] == "a superb, gripping film"
    assert max(found["outputs"], key=found["outputs"].get) == found["class"]
    assert sum(found["outputs"].values()) == pytest.approx(1, abs=1e-5)
    code, out, _ = run(capsys, "predict", model, "--text", "dull", "--text", "fine")
    assert out.count("5 stars") >= 2
    Path("lines.txt").write_text("one fine film\n\nanother, dull one\n", encoding="utf-8")
    code, out, _ = run(capsys, "predict", model, "--data", "lines.txt")
    assert code == 0
    assert [line.split("\t")[::3] for line in out.splitlines()] == [
        ["1", "one fine film"],
        ["3", "another, dull one"],
    ]
    Path("table.csv").write_text("id,review\n1,a fine film\n2,a dull one\n", encoding="utf-8")
    assert "a dull one" in run(capsys, "predict", model, "--data", "table.csv")[1]
    told = run(capsys, "predict", model, "--data", "table.csv", "--text-column", "mood")
    assert "no column named “mood”" in told[2]


def test_models_and_data_that_do_not_fit_are_explained(capsys, model):
    Path("strange.csv").write_text("text,label\nsome words,up\nmore words,down\n" * 3)
    code, out, err = run(capsys, "evaluate", model, "--data", "strange.csv", "--json")
    assert (code, out) == (1, "")
    assert "labels the model does not know" in err
    assert "1 star" in err
    assert "no file" in run(capsys, "evaluate", "gone.npz", "--data", "strange.csv")[2]
    assert "not a model" in run(capsys, "predict", "strange.csv", "--text", "hi")[2]


# ---- usage --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["train"],
        ["train", "p.nns", "--epochs", "many"],
        ["train", "p.nns", "--epochs", "0"],
        ["train", "p.nns", "--nonsense"],
        ["new", "nonsense", "a.nns"],
        ["evaluate", "m.npz"],
        ["predict", "m.npz"],
        ["predict", "m.npz", "--text", "a", "--data", "b"],
        ["--nonsense"],
    ],
)
def test_wrong_usage_is_code_2_with_the_usage(capsys, arguments):
    code, err = wrong_usage(capsys, *arguments)
    assert code == 2
    assert "usage: nnstudio" in err


def test_help_names_all_commands(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("new", "train", "evaluate", "predict", "--demo"))


def test_without_a_display_a_file_is_not_opened_but_explained(capsys, monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert not has_display()
    code, _, err = run(capsys, "some.nns")
    assert code == 1
    assert "no display" in err
    assert "nnstudio train some.nns" in err


def test_a_missing_system_library_names_the_package():
    problem = missing_library(
        ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")
    )
    assert "libEGL.so.1" in problem.title
    assert "apt-get install libegl1" in problem.explain
    other = missing_library(ImportError("libxkbcommon.so.0: cannot open shared object file"))
    assert "libxkbcommon0" in other.explain
    assert "pip install" in missing_library(ImportError("DLL load failed")).explain


# ---- as a program -------------------------------------------------------------------------------


def start(*arguments, **settings):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "nnstudio", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **settings,
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_stops_after_the_batch_and_keeps_the_best_weights(project):
    job = start(
        *("train", project, "--epochs", 100_000, "--patience", 10_000, "--out", "m.npz", "--json")
    )
    for line in job.stderr:
        if line.startswith("epoch 5/"):
            break
    job.send_signal(signal.SIGINT)
    out, _ = job.communicate(timeout=30)
    assert job.returncode == 0
    found = json.loads(out)
    assert found["reason"] == "stopped"
    assert found["weights_epoch"] == found["best_epoch"]
    assert found["written"] == ["m.npz"]
    assert np.load("m.npz")["dense-1/kernel"].shape == (800, 256)


def test_a_job_needs_no_qt_and_starts_quickly(project):
    begun = time.perf_counter()
    code = (
        "import sys; from nnstudio.cli import main; main(['train', 'p.nns', '--epochs', '1']);"
        "print([m for m in ('PySide6', 'pyqtgraph', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert time.perf_counter() - begun < 20


def test_a_pipe_that_closes_early_is_no_error(model):
    texts = "".join(f"line number {i} of a very long file\n" for i in range(20_000))
    Path("long.txt").write_text(texts)
    job = start("predict", model, "--data", "long.txt")
    job.stdout.readline()
    job.stdout.close()
    assert job.wait(timeout=60) == 0
    assert "Traceback" not in job.stderr.read()


def test_on_a_terminal_one_line_moves_and_is_taken_away_at_the_end(monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True

    monkeypatch.setattr("nnstudio.terminal.PAUSE", 0.0)
    shown = Progress(Terminal())
    shown.follow(TrainingStarted(2, 1, 2, 4, 2))
    for step in (1, 2):
        shown.follow(BatchFinished(1, step, step, 0.5, 0.75, 0.1))
    drawn = shown.stream.getvalue()
    assert "\n" not in drawn
    assert drawn.split("\r")[1].startswith("epoch 1/2 ━━━━━━───")
    assert "loss 0.5000" in drawn
    shown.close()
    assert shown.stream.getvalue().endswith("\r")
