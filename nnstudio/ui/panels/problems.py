"""The problems: what is wrong or worth knowing, why, and a button that mends it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
)

from nnstudio.project import fixes
from nnstudio.session.events import DataLoaded, ProblemFound, ResultReady, StateChanged
from nnstudio.session.readiness import WAITING
from nnstudio.spec import Place, Problem, Severity
from nnstudio.ui import theme
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.dialogs import plain_label
from nnstudio.ui.panels.common import EmptyState, Page, clear_layout
from nnstudio.ui.text import ampersand

MOST_FOUND = 20
ICONS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "hint"}
WORDS = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.HINT: "Hint"}
ORDER = (Severity.ERROR, Severity.WARNING, Severity.HINT)


class ProblemCard(QFrame):
    """One problem; a click or Enter shows its place, the button mends it."""

    chosen = Signal()
    mended = Signal()
    dismissed = Signal()

    def __init__(self, problem: Problem, *, dismissable: bool, place: str) -> None:
        super().__init__()
        self.problem = problem
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{WORDS[problem.severity]}: {problem.title}")
        self.setAccessibleDescription(problem.explain)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 9, 9, 9)
        row.setSpacing(10)
        colours = theme.current()
        colour = {
            Severity.ERROR: colours.error,
            Severity.WARNING: colours.warning,
            Severity.HINT: colours.accent,
        }[problem.severity]
        picture = QLabel()
        picture.setPixmap(theme.pixmap(ICONS[problem.severity], 20, colour))
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(plain_label(problem.title, "title"))
        if problem.explain:
            words.addWidget(plain_label(problem.explain, "small"))
        if place:
            words.addWidget(plain_label(place, "hint"))
        row.addLayout(words, 1)
        if problem.fix is not None:
            fix = QPushButton(ampersand(problem.fix.label))
            fix.setIcon(theme.icon("wand"))
            fix.clicked.connect(self.mended)
            row.addWidget(fix, 0, Qt.AlignmentFlag.AlignVCenter)
        if dismissable:
            close = QPushButton()
            close.setProperty("role", "icon")
            close.setIcon(theme.icon("close"))
            close.setAccessibleName("Dismiss this message")
            close.setToolTip("Dismiss this message")
            close.clicked.connect(self.dismissed)
            row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self.rect().contains(event.position().toPoint()):
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
            return
        super().keyPressEvent(event)


class ProblemsPanel(Page):
    """The problems of the graph check, and those that came up in the background."""

    title_changed = Signal(str)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__("Problems")
        self._bridge = bridge
        self._found: list[Problem] = []
        self._shown: tuple[object, ...] | None = None
        self.title = "Problems"
        self.cards: list[ProblemCard] = []
        self.body.setContentsMargins(12, 12, 12, 12)
        self.body.setSpacing(8)
        self.empty = EmptyState(
            "check", "No problems", "The network fits its data and its loss, and can be trained."
        )
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self.body.addLayout(self._list)
        self.body.addWidget(self.empty, 1)
        self.body.addStretch(0)
        bridge.check_changed.connect(lambda check: self.refresh())
        bridge.event.connect(self._heard)
        bridge.opened.connect(self._opened)
        theme.notifier.changed.connect(self._restyled)
        self.refresh()

    def _present(self) -> list[Problem]:
        """What the check and the session say now; mended, it is said no more."""
        obstacle = self._bridge.session.obstacle
        return [*self._bridge.check.problems, *([obstacle] if obstacle is not None else [])]

    def problems(self) -> list[Problem]:
        """All problems, errors first."""
        check = list(self._bridge.check.problems)
        dataset = self._bridge.dataset
        notes = [note for note in dataset.notes if isinstance(note, Problem)] if dataset else []
        obstacle = self._bridge.session.obstacle
        first = [obstacle] if obstacle is not None and obstacle.where.kind == "data" else []
        known: list[Problem] = []
        for problem in [*first, *check, *self._found, *notes]:
            if problem not in known:
                known.append(problem)
        return sorted(known, key=lambda problem: ORDER.index(problem.severity))

    def refresh(self) -> None:
        """Show the problems of the moment."""
        problems = self.problems()
        key = tuple(id(problem) for problem in problems)
        if key == self._shown:
            return
        self._shown = key
        clear_layout(self._list)
        self.cards = [self._card(problem) for problem in problems]
        for card in self.cards:
            self._list.addWidget(card)
        self.empty.setVisible(not problems)
        self.body.setStretch(2, 0 if not problems else 1)
        errors = sum(problem.severity is Severity.ERROR for problem in problems)
        counted = errors or sum(problem.severity is Severity.WARNING for problem in problems)
        self.title = f"Problems  {counted}" if counted else "Problems"
        self.title_changed.emit(self.title)

    def _card(self, problem: Problem) -> ProblemCard:
        dismissable = problem in self._found
        card = ProblemCard(problem, dismissable=dismissable, place=self._place(problem.where))
        card.chosen.connect(lambda: self._bridge.show_place(problem.where))
        card.mended.connect(lambda: self._mend(problem))
        card.dismissed.connect(lambda: self._dismiss(problem))
        return card

    def _place(self, where: Place) -> str:
        graph = self._bridge.project.graph
        if where.kind == "node" and where.id in graph:
            return graph.node(where.id).title
        if where.kind == "edge":
            edge = next((edge for edge in graph.edges if edge.id == where.id), None)
            if edge is not None and edge.source in graph and edge.target in graph:
                return f"{graph.node(edge.source).title} → {graph.node(edge.target).title}"
        return {"training": "Training", "data": "Data", "file": where.id, "run": "This run"}.get(
            where.kind, ""
        )

    def _mend(self, problem: Problem) -> None:
        if problem.fix is None:
            return
        try:
            self._bridge.do(problem.fix.label, fixes.apply, problem.fix)
        except KeyError:
            self._bridge.message.emit("The network has changed; this fix no longer fits.")
            return
        self._dismiss(problem)

    def _dismiss(self, problem: Problem) -> None:
        self._found = [other for other in self._found if other != problem]
        self.refresh()

    def _heard(self, event: object) -> None:
        if isinstance(event, ProblemFound):
            if event.problem not in self._found and event.problem not in self._present():
                self._found = [event.problem, *self._found][:MOST_FOUND]
            if event.ticket is None and event.problem.severity is Severity.ERROR:
                self._bridge.message.emit(str(event.problem))
            self.refresh()
        elif isinstance(event, ResultReady):
            self._found = [p for p in self._found if p != WAITING]
            self.refresh()
        elif isinstance(event, DataLoaded):
            self._found = [p for p in self._found if p.where.kind not in ("data", "file")]
            self.refresh()
        elif isinstance(event, StateChanged):
            if event.state == "running":
                self._found = []
            self.refresh()

    def _opened(self, project: object) -> None:
        self._found = []
        self.refresh()

    def _restyled(self) -> None:
        """The same cards in other colours, with the focus and the scroll bar where they were."""
        focus, scrolled = self._focus(), self.verticalScrollBar().value()
        self._shown = None
        self.refresh()
        if focus is not None and focus[0] < len(self.cards):
            buttons = self.cards[focus[0]].findChildren(QAbstractButton)
            buttons[min(focus[1], len(buttons) - 1)].setFocus()
        self.body.activate()
        self.verticalScrollBar().setValue(scrolled)

    def _focus(self) -> tuple[int, int] | None:
        """The card and the button in it that have the focus."""
        for n, card in enumerate(self.cards):
            for place, button in enumerate(card.findChildren(QAbstractButton)):
                if button.hasFocus():
                    return n, place
        return None
