"""The main job without a display: the real window does it offscreen and leaves the results.

Opens the sentiment project in the window, presses Train, waits for the end, evaluates on the test
set, and writes ``window.png``, ``curves.png``, ``model.npz``, ``project.nns`` and ``report.json``.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio.spec import Place, Problem, ProblemError

if TYPE_CHECKING:
    from nnstudio.analysis.evaluation import Evaluation
    from nnstudio.engine.events import TrainingFinished
    from nnstudio.ui.window import MainWindow

PATIENCE = 110.0  # seconds after which something is wrong
SETTLING = 0.4  # seconds in which the last pictures arrive


def run(folder: Path) -> int:
    """Do the demo and write its results into `folder`; returns the exit code."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProblemError(
            Problem(
                f"The folder {folder} cannot be made",
                f"{error.strerror or error}. Choose another one.",
                Place("file", str(folder)),
            )
        ) from None
    with tempfile.TemporaryDirectory(prefix="nnstudio-") as settings:
        return _Demo(folder, Path(settings)).run()


class _Demo:
    """One pass through the main job."""

    def __init__(self, folder: Path, settings: Path) -> None:
        from PySide6.QtCore import QSettings, QStandardPaths

        # The learner's own settings and recovery files are neither read nor changed.
        QStandardPaths.setTestModeEnabled(True)
        scope = QSettings.Scope.UserScope
        QSettings.setPath(QSettings.Format.IniFormat, scope, str(settings))

        from nnstudio import app
        from nnstudio.ui.screen import ROOMY

        self.folder = folder
        self.began = time.perf_counter()
        self.application = app.application()
        self.window: MainWindow = app.open_window()
        self.window.resize(ROOMY)  # whatever the screen, the picture is of a usual window
        self.heard: list[Any] = []
        self.window.bridge.event.connect(self.heard.append)
        sys.setswitchinterval(app.SWITCH_INTERVAL)

    def run(self) -> int:
        """The whole job; the summary goes to stdout."""
        from nnstudio.engine.events import TrainingFinished
        from nnstudio.project import files
        from nnstudio.session.events import EvaluationReady, ExportReady, ResultReady

        window, session = self.window, self.window.bridge.session
        window.show_welcome()
        window.show()
        window.documents.new("sentiment")
        self._wait("loading the reviews", lambda: session.dataset is not None)
        window.actions_by_name["train"].trigger()
        finished = self._hear("training", TrainingFinished)
        self._hear("the result", ResultReady)
        self._wait("the end of training", lambda: session.state != "running")
        window.actions_by_name["evaluate"].trigger()
        evaluation = self._hear("evaluating", EvaluationReady).evaluation
        ticket = session.export(self.folder / "model.npz")
        self._wait(
            "exporting",
            lambda: any(isinstance(e, ExportReady) and e.ticket == ticket for e in self.heard),
        )
        project = window.bridge.project
        files.save(project, self.folder / "project.nns")
        window.bridge.store.mark_saved(project)
        window.documents.changed.emit()
        window.show_panel("training")
        window.show_panel("curves")
        self._settle()
        self._save_picture(window.grab(), "window.png")
        self._save_picture(window.curves.image(), "curves.png")
        report = self._report(finished, evaluation)
        text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
        (self.folder / "report.json").write_text(text + "\n", encoding="utf-8")
        window.close()
        print(self._summary(report))
        return 0

    def _report(self, finished: TrainingFinished, evaluation: Evaluation) -> dict[str, Any]:
        import dataclasses

        from nnstudio import reports
        from nnstudio.analysis.evaluation import evaluate
        from nnstudio.export import npz
        from nnstudio.project.model import Trained

        dataset = self.window.bridge.session.dataset
        trained = self.window.bridge.project.trained
        assert dataset is not None
        assert isinstance(trained, Trained)
        assert evaluation.confusion is not None
        model = npz.load(self.folder / "model.npz")
        train = evaluate(model.network(), dataset, "train")
        validation = evaluate(model.network(), dataset, "validation")
        told = {
            "epochs_run": finished.epochs_run,
            "best_epoch": finished.best_epoch,
            "weights_epoch": finished.weights_epoch,
            "reason": finished.reason,
            "train_accuracy": train.figures["Accuracy"],
            "train_loss": train.loss,
            "validation_accuracy": validation.figures["Accuracy"],
            "validation_loss": validation.loss,
            "test_accuracy": evaluation.figures["Accuracy"],
            "test_loss": evaluation.loss,
            "class_names": list(evaluation.class_names),
            "confusion_matrix": evaluation.confusion.tolist(),
            "seconds": finished.seconds,
            "samples_per_second": finished.samples_per_second,
            "parameters": model.plan().parameter_count,
            "samples": {
                "train": train.count,
                "validation": validation.count,
                "test": evaluation.count,
            },
            "history": [dataclasses.asdict(record) for record in trained.history],
            "seconds_in_all": time.perf_counter() - self.began,
        }
        plain: dict[str, Any] = reports.plain(told)
        return plain

    def _summary(self, report: dict[str, Any]) -> str:
        from nnstudio.terminal import table

        rows = [
            [
                part,
                f"{report['samples'][part]:,}",
                f"{report[f'{part}_loss']:.4f}",
                f"{report[f'{part}_accuracy']:.4f}",
            ]
            for part in ("train", "validation", "test")
        ]
        return "\n".join(
            [
                f"Sentiment of movie reviews: {report['reason']} after {report['epochs_run']} "
                f"epochs, best epoch {report['best_epoch']}, {report['seconds']:.1f} s of training "
                f"at {report['samples_per_second']:,.0f} samples per second.",
                "",
                table(["", "samples", "loss", "accuracy"], rows),
                "",
                f"Written to {self.folder}: window.png, curves.png, model.npz, project.nns, "
                "report.json",
            ]
        )

    def _hear(self, what: str, kind: type) -> Any:
        """Wait for an event of this kind, and return it."""
        self._wait(what, lambda: any(isinstance(event, kind) for event in self.heard))
        return next(event for event in self.heard if isinstance(event, kind))

    def _wait(self, what: str, done: Callable[[], bool]) -> None:
        """Let the window live until something is done."""
        from nnstudio.session.events import ProblemFound

        while not done():
            problems = [e.problem for e in self.heard if isinstance(e, ProblemFound)]
            if problems:
                raise ProblemError(*problems)
            if time.perf_counter() - self.began > PATIENCE:
                raise ProblemError(
                    Problem(
                        f"The demo took too long: {what}",
                        f"It was given up after {PATIENCE:.0f} s. Is the machine very busy?",
                    )
                )
            self.application.processEvents()
            time.sleep(0.002)

    def _settle(self) -> None:
        until = time.perf_counter() + SETTLING
        self._wait("drawing", lambda: time.perf_counter() > until)

    def _save_picture(self, picture: Any, name: str) -> None:
        path = self.folder / name
        if not picture.save(str(path)):
            raise ProblemError(
                Problem(
                    f"{name} could not be written", "Is the disk full?", Place("file", str(path))
                )
            )
