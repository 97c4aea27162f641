"""The training commands: what each does, and when it can be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from nnstudio.engine.events import Diverged
from nnstudio.session.events import (
    DataLoaded,
    ExportReady,
    ProblemFound,
    ResultReady,
    StateChanged,
)
from nnstudio.ui import dialogs
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.commands import set_tip


class RunCommands(QObject):
    """Enables and names the training actions as the session's state asks, and carries them out."""

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._actions: Mapping[str, QAction] = {}
        self._exports: set[int] = set()

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What each training command does."""
        return {
            "train": self.train,
            "pause": lambda: self._bridge.session.pause(),
            "step": lambda: self._start(self._bridge.session.step),
            "step_epoch": lambda: self._start(self._bridge.session.epoch),
            "step_back": lambda: self._bridge.session.step_back(),
            "stop": lambda: self._bridge.session.stop(),
            "reset": lambda: self._bridge.session.reset(),
            "reinitialise": lambda: self._bridge.session.reinitialise(),
            "evaluate": self._evaluate,
        }

    def attach(self, actions: Mapping[str, QAction]) -> None:
        """Look after these actions from now on."""
        self._actions = actions
        bridge = self._bridge
        bridge.event.connect(self._heard)
        bridge.check_changed.connect(self.refresh)
        bridge.project_changed.connect(self.refresh)
        self.refresh()

    def train(self) -> None:
        """Train, or show what stands in the way."""
        self._start(self._bridge.session.train)

    def export(self, path: Path) -> None:
        """Write the trained model; a message tells when it is there."""
        self._exports.add(self._bridge.session.export(path))

    def refresh(self, _: object = None) -> None:
        """Enable what can be done now."""
        session, project = self._bridge.session, self._bridge.project
        state, trained = session.state, project.trained
        running, obstacle = state == "running", session.obstacle
        standing, anew = session.origins.standing, session.origins.begins_anew
        enabled = {
            "train": not running and state != "busy",
            "pause": running,
            "step": not running and state != "busy",
            "step_epoch": not running and state != "busy",
            "step_back": session.can_step_back,
            "stop": running or state == "paused",
            "reset": trained is not None or running or state == "paused",
            "reinitialise": bool(project.graph.nodes),
            "evaluate": standing is not None and standing.dataset is not None and not running,
            "export_model": standing is not None,
            "export_curves": bool(trained is not None and trained.history) or running,
        }
        for name, on in enabled.items():
            self._actions[name].setEnabled(on)
        train = self._actions["train"]
        going_on = trained is not None and bool(trained.history)
        train.setText("&Resume" if state == "paused" else "&Train")
        if obstacle is not None and not running:
            set_tip(train, f"Cannot train yet: {obstacle.title}")
        elif state == "paused":
            set_tip(train, "Go on where training was paused")
        elif anew:
            set_tip(train, f"Train anew, from initial weights: {anew} changed")
        else:
            set_tip(train, "Train some more" if going_on else "Train the network")

    def _start(self, begin: Callable[[], None]) -> None:
        obstacle = self._bridge.session.obstacle
        if obstacle is None:
            begin()
            self.refresh()
            return
        self._bridge.message.emit(str(obstacle))
        self._bridge.panel_wanted.emit("problems")
        self._bridge.show_place(obstacle.where)

    def _evaluate(self) -> None:
        self._bridge.panel_wanted.emit("evaluate")
        self._bridge.session.evaluate()

    def _heard(self, event: object) -> None:
        if isinstance(event, StateChanged | ResultReady | DataLoaded):
            self.refresh()
        elif isinstance(event, Diverged):
            self._bridge.panel_wanted.emit("curves")
        elif isinstance(event, ExportReady) and event.ticket in self._exports:
            self._exports.discard(event.ticket)
            weights = event.provenance.weights
            self._bridge.message.emit(f"Exported {event.path.name} with the {weights}")
        elif isinstance(event, ProblemFound) and event.ticket in self._exports:
            self._exports.discard(event.ticket)  # type: ignore[arg-type]
            dialogs.show_problems(None, [event.problem])
