"""The main job, from first start to the model taken home, in the real window without a display."""

import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nnstudio.export import npz
from nnstudio.project import files

ROOT = Path(__file__).resolve().parents[2]
FILES = ("window.png", "curves.png", "model.npz", "project.nns", "report.json")


def nnstudio(*arguments, cwd, **environment):
    usual = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    usual.pop("QT_QPA_PLATFORM", None)
    return subprocess.run(
        [sys.executable, "-m", "nnstudio", *arguments],
        cwd=cwd,
        env={**usual, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=118,
        check=False,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_without_a_display_the_app_does_its_main_job_into_a_folder(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    begun = time.perf_counter()
    done = nnstudio(cwd=tmp_path, HOME=str(home), XDG_CONFIG_HOME=str(home / "config"))
    assert done.returncode == 0, done.stderr
    assert time.perf_counter() - begun < 120
    assert "no display" in done.stderr
    assert "Written to nnstudio-demo" in done.stdout
    folder = tmp_path / "nnstudio-demo"
    assert {entry.name for entry in folder.iterdir()} == set(FILES)
    assert not list(home.rglob("*.ini")), "the learner's settings are left alone"

    for name, least in (("window.png", (1440, 900)), ("curves.png", (800, 300))):
        head = (folder / name).read_bytes()[:24]
        assert head.startswith(b"\x89PNG")
        size = struct.unpack(">II", head[16:24])
        assert size >= least

    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["test_accuracy"] > 0.4
    assert report["train_accuracy"] > report["test_accuracy"]
    assert report["epochs_run"] == len(report["history"])
    assert np.sum(report["confusion_matrix"]) == report["samples"]["test"]

    model = npz.load(folder / "model.npz")
    project = files.load(folder / "project.nns")
    test = project.data.load().test
    found = model.predict(test.texts).argmax(axis=1)
    assert (found == test.y).mean() == pytest.approx(report["test_accuracy"])
    assert np.array_equal(
        project.trained.weights["dense-1", "kernel"], model.weights["dense-1", "kernel"]
    )


def test_a_folder_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = nnstudio("--demo", "file/below", cwd=tmp_path)
    assert done.returncode == 1
    assert "cannot be made" in done.stderr
    assert "Traceback" not in done.stderr
