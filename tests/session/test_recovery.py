"""What is rescued after a crash: found again however the app ended, and never removed unasked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nnstudio.project import files, templates
from nnstudio.project.commands import configure_training
from nnstudio.project.model import Project
from nnstudio.project.saving import Fingerprint
from nnstudio.session.recovery import Recovery, note_of

CRASHES = """
import os, sys
from pathlib import Path
from nnstudio.project import templates
from nnstudio.session.recovery import Recovery, note_of
recovery = Recovery(Path(sys.argv[1]))
project = templates.new(sys.argv[2])
recovery.write_now(project, note_of(project, sys.argv[3], None, None))
assert recovery.failure is None, recovery.failure
print("written", flush=True)
if sys.argv[4] == "stay":
    sys.stdin.read()
os.kill(os.getpid(), 9)
"""


def start(folder: Path, template: str, name: str, way: str = "crash") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CRASHES, str(folder), template, name, way]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.communicate()


def written(recovery: Recovery, project: Project, name: str = "Homework") -> None:
    recovery.write_now(project, note_of(project, name, None, None))
    assert recovery.failure is None


def names(recovery: Recovery) -> list[str]:
    found = recovery.left_behind()
    for left in found:
        left.leave()
    return [left.note.name for left in found]


def test_every_crashed_app_is_found_and_a_living_one_is_not(tmp_path: Path) -> None:
    end(start(tmp_path, "spiral", "First"))
    end(start(tmp_path, "digits", "Second"))
    living = start(tmp_path, "spiral", "Living", "stay")
    try:
        mine = Recovery(tmp_path)
        written(mine, templates.new("spiral"), "Mine")
        assert sorted(names(mine)) == ["First", "Second"]
    finally:
        end(living)
    assert sorted(names(mine)) == ["First", "Living", "Second"]


def test_what_is_offered_here_is_not_offered_by_another_app_at_the_same_time(
    tmp_path: Path,
) -> None:
    end(start(tmp_path, "spiral", "Homework"))
    one, other = Recovery(tmp_path), Recovery(tmp_path)
    (offered,) = one.left_behind()
    assert other.left_behind() == []
    offered.leave()
    assert names(other) == ["Homework"]


def test_what_was_taken_back_has_a_copy_at_every_moment(tmp_path: Path) -> None:
    end(start(tmp_path, "spiral", "Homework"))
    mine = Recovery(tmp_path)
    written(mine, templates.new("empty"), "Something else")
    (left,) = mine.left_behind()
    project = left.project()
    mine.adopt(left)
    assert mine.file == left.file
    assert left.file.exists()
    assert names(Recovery(tmp_path)) == []
    written(mine, configure_training(project, epochs=11))
    assert files.load(left.file).training.epochs == 11
    mine.close()
    assert list(tmp_path.iterdir()) == []


def test_an_unreadable_copy_is_kept_until_it_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "4711.nns").write_bytes(b"half of a pro")
    (tmp_path / "4711.json").write_bytes(b"{not json")
    for _ in range(2):
        (left,) = Recovery(tmp_path).left_behind()
        assert left.note.name == ""
        assert left.note.written == left.file.stat().st_mtime
        with pytest.raises(Exception, match="not a project"):
            left.project()
        left.leave()
    (left,) = Recovery(tmp_path).left_behind()
    left.throw_away()
    assert list(tmp_path.iterdir()) == []


def test_the_note_says_where_the_project_came_from_and_what_the_file_held(tmp_path: Path) -> None:
    origin = tmp_path / "größe.nns"
    files.save(templates.new("spiral"), origin)
    crashed = Recovery(tmp_path / "recovery")
    project = templates.new("spiral")
    crashed.write_now(project, note_of(project, "größe", origin, Fingerprint.of(origin)))
    assert crashed._held is not None
    crashed._held.close()  # as the system does when the process ends
    (left,) = Recovery(tmp_path / "recovery").left_behind()
    assert left.note.origin == str(origin)
    assert left.note.fingerprint is not None
    assert left.note.fingerprint.still(origin)


def test_a_copy_never_stands_without_the_note_that_says_what_it_is(tmp_path: Path) -> None:
    """Killed between the two files, the app leaves none or both."""
    recovery = Recovery(tmp_path)
    project = templates.new("spiral")
    seen = []
    real = os.replace

    def replace(source: str, target: str) -> None:
        real(source, target)
        seen.append(sorted(path.suffix for path in tmp_path.glob("2*") if path.suffix != ".lock"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", replace)
        written(recovery, project)
    assert seen == [[".json"], [".json", ".nns"]]


def test_a_copy_under_way_when_everything_was_saved_does_not_come_back(tmp_path: Path) -> None:
    recovery = Recovery(tmp_path)
    project = templates.new("spiral")
    for _ in range(20):
        recovery.write(project, note_of(project, "Homework", None, None))
        recovery.clear()
    for thread in threading.enumerate():
        if thread.name == "recovery":
            thread.join()
    assert [path.suffix for path in tmp_path.iterdir()] in ([], [".lock"])


def test_copies_asked_for_faster_than_they_can_be_written_are_written_all_the_same(
    tmp_path: Path,
) -> None:
    recovery = Recovery(tmp_path)
    project = templates.new("spiral")
    for epochs in range(1, 101):
        project = configure_training(project, epochs=epochs)
        recovery.write(project, note_of(project, "Homework", None, None))
    for thread in threading.enumerate():
        if thread.name == "recovery":
            thread.join()
    assert recovery.file is not None
    assert files.load(recovery.file).training.epochs == 100
    assert json.loads(recovery.file.with_suffix(".json").read_text())["name"] == "Homework"


def test_a_folder_that_cannot_be_written_is_a_problem_and_no_exception(tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("a file")
    recovery = Recovery(tmp_path / "in the way" / "recovery")
    project = templates.new("spiral")
    recovery.write_now(project, note_of(project, "Homework", None, None))
    assert recovery.failure is not None
    assert "Save your project" in recovery.failure.explain
    assert recovery.left_behind() == []
    recovery.close()


def test_locks_of_apps_that_left_nothing_are_swept(tmp_path: Path) -> None:
    (tmp_path / "gone.lock").write_bytes(b"")
    (tmp_path / "gone.json").write_bytes(b"{}")
    living = Recovery(tmp_path)
    written(living, templates.new("spiral"))
    living.clear()
    assert Recovery(tmp_path).left_behind() == []
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]
    written(living, templates.new("spiral"))
    assert Recovery(tmp_path).left_behind() == []
