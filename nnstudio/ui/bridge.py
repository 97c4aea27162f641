"""The one bridge between the studio without a screen and the screen.

The GUI owns one `Bridge`. A timer empties the session's mailbox 30 times a second and tells every
event with one signal; a change of the project comes as one signal that says what kind of thing
changed. Panels get the bridge and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer, Signal

from nnstudio.session.events import DataLoaded, ProblemFound, SnapshotReady
from nnstudio.spec import Place, Problem, ProblemError

if TYPE_CHECKING:
    from nnstudio.data.dataset import Dataset
    from nnstudio.graph.plan import Check
    from nnstudio.project.model import Project
    from nnstudio.session.session import Session
    from nnstudio.session.store import Change, Store

LOSS = "loss"
"""The id that stands for the Loss card in a selection."""


class Bridge(QObject):
    """Owns the session for the GUI and tells the widgets what happened.

    ``event`` carries each event of the session, ``project_changed`` a `Change`, ``check_changed``
    the latest `Check`, ``selection_changed`` the selected ids, ``opened`` the project that took the
    place of another (after ``project_changed``). ``ticked`` comes 30 times a second, after what is
    new has been told, and carries the number of the tick: what is costly to show waits for it and
    takes a tick on which others rest. ``message`` is a sentence for the
    status bar, ``panel_wanted`` the name of a panel that should come to the front, and
    ``place_wanted`` the `Place` that should be shown and take the focus; ``values_shown`` the
    `ShownValues` that the inspector lays over the canvas, or None to take them away;
    ``number_wanted`` a number to open (see `open_number`), ``try_wanted`` a raw input to try.
    """

    event = Signal(object)  # type: ignore[assignment]  # hides QObject.event, which is not used
    ticked = Signal(int)
    project_changed = Signal(object)
    check_changed = Signal(object)
    selection_changed = Signal(object)
    opened = Signal(object)
    message = Signal(str)
    panel_wanted = Signal(str)
    place_wanted = Signal(object)
    values_shown = Signal(object)
    number_wanted = Signal(object)
    try_wanted = Signal(object)

    INTERVAL = 33

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.selection: frozenset[str] = frozenset()
        self.data_problem: Problem | None = None  # why the data could not be loaded
        self._ticks = 0
        self._check: Check = session.check
        self._unsubscribe = session.store.subscribe(self._project_changed)
        self._timer = QTimer(self)
        self._timer.setInterval(self.INTERVAL)
        self._timer.timeout.connect(self.drain)
        self._timer.start()

    @property
    def store(self) -> Store:
        return self.session.store

    @property
    def project(self) -> Project:
        return self.session.store.project

    @property
    def check(self) -> Check:
        return self.session.check

    @property
    def dataset(self) -> Dataset | None:
        return self.session.dataset

    def do(self, label: str, command: Any, *args: Any, merge: str | None = None, **kw: Any) -> bool:
        """Carry out a project command; what it refuses becomes a sentence in the status bar.

        Returns whether it was carried out.
        """
        try:
            self.store.do(label, command, *args, merge=merge, **kw)
        except ProblemError as error:
            self.message.emit(str(error))
            return False
        return True

    def drain(self) -> None:
        """Tell everything that has come in since the last time, and let it be painted.

        Training gives way meanwhile, so painting is short; it is done here and not when Qt comes
        round to it.
        """
        with self.session.giving_way():
            for event in self.session.drain():
                self._remember_data_problem(event)
                self.event.emit(event)
            self._tell_check()
            self._ticks += 1
            self.ticked.emit(self._ticks)
            if self.session.state == "running":
                for kind in (QEvent.Type.LayoutRequest, QEvent.Type.UpdateRequest):
                    QCoreApplication.sendPostedEvents(None, kind.value)

    def _remember_data_problem(self, event: object) -> None:
        if isinstance(event, DataLoaded):
            self.data_problem = None
        if not isinstance(event, ProblemFound) or event.ticket is not None:
            return
        if self.dataset is None and event.problem.where.kind in ("data", "file"):
            self.data_problem = event.problem

    def select(self, ids: Iterable[str]) -> None:
        """Select these nodes (``"loss"``: the Loss card) everywhere."""
        chosen = frozenset(ids)
        if chosen != self.selection:
            self.selection = chosen
            self.selection_changed.emit(chosen)

    def show_place(self, place: Place) -> None:
        """Bring what a problem is about into view: its card, wire, setting or panel."""
        if place.kind == "node" and place.id in self.project.graph:
            self.select([place.id])
        elif place.kind == "edge":
            self.select([self.card_of(place)])
        elif place.kind == "data":
            self.panel_wanted.emit("data")
        elif place.kind == "training":
            self.panel_wanted.emit("training")
        self.place_wanted.emit(place)

    def open_number(self, reference: Any) -> None:
        """Show where a number comes from; `reference` is one of `nnstudio.analysis.references`."""
        self.number_wanted.emit(reference)

    def try_out(self, raw: Any) -> None:
        """Show what the network says to an input: a text, or raw numbers."""
        self.panel_wanted.emit("try_it")
        self.try_wanted.emit(raw)

    def card_of(self, place: Place) -> str:
        """The card a problem is about: of a wire the one it runs to, or the one before the loss."""
        source, _, target = place.id.partition(">") if place.kind == "edge" else (place.id, "", "")
        target = target.rsplit(":", 1)[0]
        return target if target in self.project.graph else source

    def rest(self, within: float) -> bool:
        """Pause a run and let what it has learned enter the project; whether it did in time."""
        if self.session.state == "running":
            self.session.pause()
        until = time.monotonic() + within
        while self.session.state == "running" and time.monotonic() < until:
            time.sleep(0.005)
            self.drain()
        return self.session.state != "running"

    def copy(self, within: float) -> Project | None:
        """The project with what a run that goes on has learned; None if that takes too long."""
        if self.session.state != "running":
            return self.project
        ticket = self.session.snapshot()
        heard: list[SnapshotReady] = []

        def hear(event: object) -> None:
            if isinstance(event, SnapshotReady) and event.ticket == ticket:
                heard.append(event)

        self.event.connect(hear)
        until = time.monotonic() + within
        while not heard and time.monotonic() < until:
            time.sleep(0.005)
            self.drain()
        self.event.disconnect(hear)
        return heard[0].project if heard else None

    def close(self, timeout: float = 2.0) -> bool:
        """Stop the worker; whether it ended within `timeout` seconds."""
        self._timer.stop()
        self._unsubscribe()
        return self.session.close(timeout)

    def _project_changed(self, change: Change) -> None:
        if "data" in change.kinds:
            self.data_problem = None
        if "graph" in change.kinds:
            graph = change.after.graph
            self.select(id for id in self.selection if id == LOSS or id in graph)
        self.project_changed.emit(change)
        self._tell_check()
        if change.way == "open":
            self.opened.emit(change.after)

    def _tell_check(self) -> None:
        if (check := self.session.check) is not self._check:
            self._check = check
            self.check_changed.emit(check)
