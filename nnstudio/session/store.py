"""The one place where the present project stands, with its history.

Every change is a command applied to the present value; undo is the earlier value itself, so it
takes back everything, training too. Subscribers hear one notice for a change, with the kinds of
thing that changed. The store belongs to one thread and knows no screen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec

from nnstudio.project.model import Project, Trained

Arguments = ParamSpec("Arguments")
Listener = Callable[["Change"], None]

KINDS = frozenset({"graph", "positions", "training", "data", "trained", "name"})
MOST_STEPS = 500
MOST_BYTES = 128 * 1024 * 1024  # of weights that only the history still holds


@dataclass(frozen=True)
class Change:
    """One notice: the project before and after, and which kinds of thing differ.

    ``kinds`` holds some of graph (layers, wires, titles), positions, training, data, trained,
    name. ``label`` says what was done, ``way`` whether it was done, undone, redone or opened.
    """

    before: Project
    after: Project
    kinds: frozenset[str]
    label: str
    way: str = "do"


@dataclass(frozen=True)
class _Step:
    label: str
    before: Project
    after: Project
    merge: str | None


class Store:
    """Holds the project, applies commands, undoes and redoes them, tells who listens."""

    def __init__(self, project: Project | None = None) -> None:
        self._project = project or Project()
        self._saved: Project | None = self._project
        self._done: list[_Step] = []
        self._undone: list[_Step] = []
        self._listeners: list[Listener] = []
        self._notices: deque[Change] = deque()
        self._telling = False

    @property
    def project(self) -> Project:
        return self._project

    def do(
        self,
        label: str,
        command: Callable[Concatenate[Project, Arguments], Project],
        *args: Any,
        merge: str | None = None,
        **kwargs: Any,
    ) -> bool:
        """Apply a command; whether it changed anything.

        Steps in a row with the same ``merge`` key become one step of the history, as the many
        small moves of one drag. If the command raises, nothing has changed.
        """
        before = self._project
        after = command(before, *args, **kwargs)
        if not isinstance(after, Project):
            raise TypeError(f"{label!r} returned {type(after).__name__}, not a project")
        if after is before:
            return False
        last = self._done[-1] if self._done else None
        if merge is not None and last is not None and last.merge == merge and not self._undone:
            self._done[-1] = _Step(label, last.before, after, merge)
        else:
            self._done.append(_Step(label, before, after, merge))
        self._undone.clear()
        self._forget_oldest()
        self._become(after, label, "do")
        return True

    def settle(self) -> None:
        """End the present edit: the next step starts afresh even with the same merge key."""
        if self._done and self._done[-1].merge is not None:
            last = self._done[-1]
            self._done[-1] = _Step(last.label, last.before, last.after, None)

    def undo(self) -> bool:
        """Go back to the project before the last step; whether there was one."""
        if not self._done:
            return False
        self.settle()
        step = self._done.pop()
        self._undone.append(step)
        self._become(step.before, step.label, "undo")
        return True

    def redo(self) -> bool:
        """Do the last undone step again; whether there was one."""
        if not self._undone:
            return False
        step = self._undone.pop()
        self._done.append(step)
        self._become(step.after, step.label, "redo")
        return True

    @property
    def undo_label(self) -> str | None:
        """What undo would take back, or None."""
        return self._done[-1].label if self._done else None

    @property
    def redo_label(self) -> str | None:
        """What redo would do again, or None."""
        return self._undone[-1].label if self._undone else None

    def open(self, project: Project, *, saved: bool = True) -> None:
        """Put another project in place of this one; it has no history.

        ``saved`` says whether it is on the disk as it is, so that there is nothing to save.
        """
        self._done.clear()
        self._undone.clear()
        self._saved = project if saved else None
        before, self._project = self._project, project
        self._tell(Change(before, project, KINDS, "Open", "open"))

    @property
    def unsaved(self) -> bool:
        """Whether the project differs from the one last saved or opened."""
        return self._project is not self._saved

    def mark_saved(self, project: Project | None = None) -> None:
        """The present project, or the earlier value that was written meanwhile, is now on disk."""
        self.settle()
        self._saved = project or self._project

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` after every change; returns the function that ends it."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def _become(self, after: Project, label: str, way: str) -> None:
        before, self._project = self._project, after
        self._tell(Change(before, after, kinds_of_change(before, after), label, way))

    def _tell(self, change: Change) -> None:
        """Every listener hears of every change, in order, also of one that a listener makes."""
        self._notices.append(change)
        if self._telling:
            return
        self._telling = True
        failure: Exception | None = None
        try:
            while self._notices:
                notice = self._notices.popleft()
                for listener in tuple(self._listeners):
                    try:
                        listener(notice)
                    except Exception as error:  # one broken listener must not deafen the others
                        failure = failure or error
        finally:
            self._telling = False
        if failure is not None:
            raise failure

    def _forget_oldest(self) -> None:
        """Drop the oldest steps when there are too many or their weights take too much memory."""
        del self._done[: max(0, len(self._done) - MOST_STEPS)]
        if not any(step.before.trained is not step.after.trained for step in self._done):
            return
        seen: set[int] = set()
        total = 0
        for index in range(len(self._done) - 1, -1, -1):
            trained = self._done[index].before.trained
            if trained is None or id(trained) in seen:
                continue
            seen.add(id(trained))
            total += _bytes_of(trained)
            if total > MOST_BYTES and len(seen) > 1:  # the last training can always be undone
                del self._done[: index + 1]
                return


def kinds_of_change(before: Project, after: Project) -> frozenset[str]:
    """Which kinds of thing differ between two projects."""
    kinds = set()
    old, new = before.graph, after.graph
    if old is not new:
        if not old.same_structure(new) or [n.title for n in old.nodes] != [
            n.title for n in new.nodes
        ]:
            kinds.add("graph")
        if [(n.id, n.x, n.y) for n in old.nodes] != [(n.id, n.x, n.y) for n in new.nodes]:
            kinds.add("positions")
    if before.loss_position != after.loss_position:
        kinds.add("positions")
    if before.training != after.training:
        kinds.add("training")
    if before.data != after.data:
        kinds.add("data")
    if before.trained is not after.trained:
        kinds.add("trained")
    if before.name != after.name:
        kinds.add("name")
    return frozenset(kinds)


def _bytes_of(trained: Trained) -> int:
    return sum(array.nbytes for array in trained.weights.values()) + len(trained.checkpoint)
