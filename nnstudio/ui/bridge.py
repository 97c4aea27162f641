"""The one bridge between the studio without a screen and the screen.

The GUI owns one `Bridge`. A timer empties the session's mailbox 30 times a second and tells every
event with one signal; a change of the project comes as one signal that says what kind of thing
changed. Panels get the bridge and nothing else: they read ``bridge.store.project`` and
``bridge.session`` whenever they need them, and keep neither, because opening a file replaces both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from nnstudio.data.dataset import Dataset
    from nnstudio.graph.plan import Check
    from nnstudio.project.model import Project
    from nnstudio.session.session import Session
    from nnstudio.session.store import Change, Store

ALL_KINDS = frozenset({"graph", "positions", "training", "data", "trained", "name"})
LOSS = "loss"
"""The id that stands for the Loss card in a selection."""


class Bridge(QObject):
    """Owns the session for the GUI and tells the widgets what happened.

    ``event`` carries each worker event; ``project_changed`` a `Change`; ``check_changed`` the
    latest `Check`; ``selection_changed`` the selected ids; ``opened`` the project that replaced the
    former one; ``message`` a sentence for the status bar; ``panel_wanted`` the name of a panel that
    some other panel wants to show.
    """

    event = Signal(object)
    project_changed = Signal(object)
    check_changed = Signal(object)
    selection_changed = Signal(object)
    opened = Signal(object)
    message = Signal(str)
    panel_wanted = Signal(str)
    place_wanted = Signal(object)

    INTERVAL = 33

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.selection: frozenset[str] = frozenset()
        self._session = session
        self._check: Check | None = session.check
        self._unsubscribe = session.store.subscribe(self._project_changed)
        self._timer = QTimer(self)
        self._timer.setInterval(self.INTERVAL)
        self._timer.timeout.connect(self.drain)
        self._timer.start()

    @property
    def session(self) -> Session:
        return self._session

    @property
    def store(self) -> Store:
        return self._session.store

    @property
    def project(self) -> Project:
        return self._session.store.project

    @property
    def check(self) -> Check:
        return self._session.check

    @property
    def dataset(self) -> Dataset | None:
        return self._session.dataset

    def do(self, label: str, command: Any, *args: Any, merge: str | None = None, **kw: Any) -> bool:
        """Carry out a project command; what it refuses becomes a sentence in the status bar.

        Returns whether it was carried out.
        """
        from nnstudio.spec import ProblemError

        try:
            self.store.do(label, command, *args, merge=merge, **kw)
        except ProblemError as error:
            self.message.emit(str(error))
            return False
        return True

    def drain(self) -> None:
        """Tell everything that has come in since the last time."""
        session = self._session
        for event in session.drain():
            self.event.emit(event)
            if session is not self._session:  # a listener opened another project
                return

    def select(self, ids: Iterable[str]) -> None:
        """Select these nodes (``"loss"``: the Loss card) everywhere."""
        chosen = frozenset(ids)
        if chosen != self.selection:
            self.selection = chosen
            self.selection_changed.emit(chosen)

    def open(self, session: Session) -> None:
        """Go on with another session; the former one is closed."""
        from nnstudio.session.store import Change

        before = self._session
        former = before.store.project
        self._unsubscribe()
        self._session = session
        self._unsubscribe = session.store.subscribe(self._project_changed)
        self.select(())
        self._check = session.check
        before.close()
        project = session.store.project
        self.opened.emit(project)
        self.project_changed.emit(Change(former, project, ALL_KINDS, "Open"))
        self.check_changed.emit(session.check)

    def close(self, timeout: float = 2.0) -> bool:
        """Stop the worker; whether it ended within `timeout` seconds."""
        self._timer.stop()
        self._unsubscribe()
        return self._session.close(timeout)

    def _project_changed(self, change: Change) -> None:
        if change.kinds & {"graph"}:
            graph = change.after.graph
            self.select(id for id in self.selection if id == LOSS or id in graph)
        self.project_changed.emit(change)
        if (check := self._session.check) is not self._check:
            self._check = check
            self.check_changed.emit(check)
