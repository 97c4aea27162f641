"""The studio without a screen: a project, a worker that trains it, and what the worker tells.

All methods belong to the thread that owns the store; none of them waits. What comes of them is
heard through `Session.drain`, which that thread calls some 30 times a second: it returns the events
since the last call and, before that, lets results of training enter the project.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio.data.dataset import Dataset
from nnstudio.engine.events import Diverged, TrainingFinished, TrainingStarted
from nnstudio.graph.plan import Check
from nnstudio.project.commands import set_learning_rate, set_trained
from nnstudio.project.model import Project, Trained
from nnstudio.project.start import Start
from nnstudio.session import readiness
from nnstudio.session.desk import Amount, Copied, Desk, Rested, Result
from nnstudio.session.events import (
    BatchesFinished,
    BegunAnew,
    CheckChanged,
    DataLoaded,
    ProblemFound,
    Progress,
    ResultReady,
    RunStale,
    SnapshotReady,
    State,
    StateChanged,
)
from nnstudio.session.loading import Loaded, Loader
from nnstudio.session.mailbox import Mailbox
from nnstudio.session.order import Order
from nnstudio.session.origins import Origins
from nnstudio.session.pace import Pace
from nnstudio.session.standing import fits
from nnstudio.session.store import Change, Store
from nnstudio.session.worker import Worker
from nnstudio.spec import Place, Problem

if TYPE_CHECKING:
    from nnstudio.analysis.tape import ProbeRequest


TRAINING = "Training"


class Session:
    """Trains and inspects the store's project in the background.

    ``check`` is the latest check of the graph, ``dataset`` the project's data as far as it is
    loaded, ``state`` and ``text`` what is going on, ``progress`` how far training is, ``diverged``
    the event of a run that blew up until something is done about it.
    """

    def __init__(self, store: Store, device: str = "cpu") -> None:
        self.store = store
        self.device = device
        self.dataset: Dataset | None = None
        self.diverged: Diverged | None = None
        self.origins = Origins(store)
        self.mailbox = Mailbox()
        self._incoming: deque[Any] = deque()
        self._outgoing: list[Any] = []
        self._tickets = itertools.count(1)
        self._phase: State = "ready"
        self._told: tuple[State, str] = ("idle", "")
        self._text = ""
        self._run = 0
        self._results_seen = 0
        self._loading = False
        self._then: Amount | None = None
        self._stale = False
        self._orphan: Result | None = None
        self._began: Project | None = None
        self._began_with: Dataset | None = None
        self._steps_back: tuple[Trained, Dataset | None] | None = None
        self._pace = Pace()
        self._watching = False
        self._worker = Worker(self.mailbox, "training")
        self._desk = Desk(self._worker)
        self._loader = Loader(self.mailbox.put)
        self._unsubscribe = store.subscribe(self._changed)
        self.check: Check = Check()
        self._recheck()
        self.load_data()

    # ---- what there is to know ------------------------------------------------------------------

    @property
    def state(self) -> State:
        """What the session does now (see `StateChanged`)."""
        if self._phase in ("running", "busy"):
            return self._phase
        if self._loading:
            return "loading"
        if self._phase == "paused":
            return "paused"
        return "ready" if self.dataset is not None and self.obstacle is None else "idle"

    @property
    def text(self) -> str:
        """One line for the status bar; while training, how far it is."""
        state, text = self._told
        if state == "running" and text == TRAINING and self._pace.progress is not None:
            return self._pace.text
        return text

    @property
    def progress(self) -> Progress | None:
        """How far the present or last run is; None before the first."""
        return self._pace.progress

    @property
    def obstacle(self) -> Problem | None:
        """Why Train cannot begin, or None. Loading is no obstacle: training begins after it."""
        loaded = self.dataset is not None
        return readiness.obstacle(self.store.project, self.check, loaded, self._loading)

    def drain(self) -> list[Any]:
        """Everything that happened since the last call, in order. Call it often."""
        self._incoming.extend(self.mailbox.drain())
        while self._incoming:  # if somebody who hears of one raises, the others come next time
            self._hear(self._incoming.popleft(), self._outgoing)
        self.origins.running = self._phase == "running"
        self._tell_state(self._outgoing)
        told, self._outgoing = self._outgoing, []
        return told

    def giving_way(self) -> AbstractContextManager[None]:
        """A context in which training rests between two batches, for the screen to paint."""
        return self._worker.giving_way()

    # ---- data -----------------------------------------------------------------------------------

    def load_data(self, again: bool = False) -> None:
        """Make the project's data ready; `again` reads it anew even if it is loaded already."""
        source = self.store.project.data
        known = None if again else self._loader.cached(source)
        self.dataset = known
        self._loading = False
        if source is None:
            self._loader.forget()
        elif known is not None:
            self._loader.forget()
            self.mailbox.put(DataLoaded(source, known))
        else:
            self._loading = True
            self._loader.load(source)
        self._recheck()

    # ---- training -------------------------------------------------------------------------------

    def train(self) -> None:
        """Begin, or go on where the run was paused; after its end train some more."""
        self._go("all")

    def step(self) -> None:
        """Train one batch; while training runs, pause after the present batch."""
        self._go("step")

    def epoch(self) -> None:
        """Train to the end of the present epoch, or one epoch."""
        self._go("epoch")

    @property
    def can_step_back(self) -> bool:
        """Whether the weights of the epoch before are still known."""
        if self._steps_back is None or self.state not in ("ready", "paused"):
            return False
        trained, dataset = self._steps_back
        order = self._order(training=True)
        return order is not None and order.trained is trained and order.dataset is dataset

    def step_back(self) -> None:
        """Back to the end of the epoch before, or of this one's beginning. Undo takes it back."""
        order = self._order(training=True)
        if self._phase == "running" or order is None:
            return
        self._then = None
        self.diverged = None
        self._worker.post(self._desk.step_back, order, self._run)

    def pause(self) -> None:
        """Rest after the present batch; the result so far enters the project."""
        self._then = None
        self._worker.post(self._desk.pause)

    def stop(self) -> None:
        """End the run after the present batch; the best weights are restored if asked for."""
        self._then = None
        self._worker.post(self._desk.stop)

    def snapshot(self) -> int:
        """Copy the project with what the present run has learned; `SnapshotReady` answers.

        The run goes on as if nobody had asked.
        """
        ticket = next(self._tickets)
        self._worker.post(self._desk.snapshot, ticket, ticket=ticket)
        return ticket

    def reset(self) -> None:
        """Forget what was learnt: the same initial weights again. Undo brings it back."""
        self._forget_run()
        self.store.do("Reset weights", set_trained, None)
        self._refresh()

    def reinitialise(self, seed: int | None = None) -> None:
        """Forget what was learnt and draw other initial weights, from `seed` or the next one."""
        self._forget_run()
        present = self.store.project.training.seed
        self.store.do("New weights", _reseeded, (present + 1) % 2**31 if seed is None else seed)
        self._refresh()

    def set_learning_rate(self, learning_rate: float) -> None:
        """Change the learning rate, also of a run that is going on, from its next batch."""
        self.store.do("Learning rate", set_learning_rate, learning_rate, merge="learning rate")

    def halve_and_go_on(self) -> None:
        """After a run diverged: halve the learning rate and go on from its last good epoch."""
        rate = self.store.project.training.optimizer.learning_rate
        self.store.do("Halve the learning rate", set_learning_rate, rate / 2)
        self.train()

    def _go(self, amount: Amount) -> None:
        self._then = None
        if self._phase == "running" and amount == "all":
            return
        if (obstacle := self.obstacle) is not None:
            self.mailbox.put(ProblemFound(obstacle))
            return
        if self.dataset is None:
            self._then = amount
            return
        order = self._order(training=True)
        if order is None:
            return
        if self._phase != "running":
            if why := self.origins.begins_anew:
                text = f"Training begins anew: {why} changed since the last training"
                self.mailbox.put(BegunAnew(text))
            self._phase, self._text = "running", "Preparing to train"
            self.diverged = None
            self._stale = False
            self._began, self._began_with = self.store.project, self.dataset
        self._worker.post(self._desk.train, order, amount, self._run)

    def _forget_run(self) -> None:
        self._run += 1
        self._then = None
        self._stale = False
        self._orphan = None
        self._began = None
        self._steps_back = None
        self.diverged = None
        self._pace.reset()
        self._phase, self._text = "ready", ""
        self._worker.post(self._desk.forget)

    # ---- looking inside -------------------------------------------------------------------------

    def evaluate(self, part: str = "test") -> int:
        """Measure on ``train``, ``validation`` or ``test``; `EvaluationReady` answers."""
        return self._ask(self._desk.evaluate, part)

    def predict(self, raw: Any) -> int:
        """Predict a text or a row of raw features; `PredictionReady` answers."""
        return self._ask(self._desk.predict, raw)

    def probe(self, request: ProbeRequest) -> int:
        """Record a full pass over some samples; `ProbeReady` answers. Disturbs nothing."""
        return self._ask(self._desk.probe, request)

    def gradient_check(self, per_parameter: int = 20, seed: int = 0) -> int:
        """Compare gradients with central differences; `GradientCheckReady` answers."""
        return self._ask(self._desk.gradient_check, per_parameter, seed)

    def export(self, path: str | Path) -> int:
        """Write the trained model as .npz; `ExportReady` answers.

        Trained weights that the changed network cannot hold are no reason to write initial ones.
        """
        standing, trained = self.origins.standing, self.store.project.trained
        lost = trained is not None and standing is not None and standing.trained is None
        if lost and self._phase != "running":
            ticket = next(self._tickets)
            self.mailbox.put(ProblemFound(readiness.UNFIT, ticket))
            return ticket
        return self._ask(self._desk.export, self.store.project.name, Path(path))

    def watch_pictures(self, on: bool) -> None:
        """Whether thumbnails of the cards are wanted (`PictureReady`), some 3 times a second."""
        self._watching = on
        self._worker.post(self._desk.watch, on)
        if on:
            self._refresh()

    def _ask(self, request: Callable[..., None], *args: Any) -> int:
        ticket = next(self._tickets)
        order = self._order(training=False)
        if order is None:
            problem = self.obstacle or Problem(
                "The data is still being loaded", "Try again in a moment.", Place("data")
            )
            self.mailbox.put(ProblemFound(problem, ticket))
        else:
            self._worker.post(request, ticket, order, *args, ticket=ticket)
        return ticket

    def _refresh(self) -> None:
        """New pictures of a network that is not being trained."""
        if self._watching and self._phase != "running":
            order = self._order(training=False)
            if order is not None:
                self._worker.post_latest(self._desk.show_pictures, order)

    def close(self, timeout: float = 2.0) -> bool:
        """Stop everything; whether the worker ended within `timeout` seconds."""
        self._unsubscribe()
        self._loader.forget()
        return self._worker.close(timeout)

    # ---- the project changes --------------------------------------------------------------------

    def _order(self, training: bool) -> Order | None:
        make = self.origins.order_to_train if training else self.origins.order_to_answer
        return make(self.device, self._results_seen)

    def _changed(self, change: Change) -> None:
        before, after = change.before, change.after
        if change.way == "open":
            self._forget_run()  # its results belong to the former project
        if "trained" in change.kinds:
            self.origins.measured_by_weights()
            self._steps_back = None  # until a result says that it can be stepped back from
            if change.way != "do" and self._phase != "running":
                self._pace.reset()  # undo and redo stand at another epoch than the last run
        if "data" in change.kinds:
            self.load_data()
        elif change.kinds & {"graph", "training"} or self.origins.data_news:
            self._recheck()
        if "training" in change.kinds:
            rate = after.training.optimizer.learning_rate
            if rate != before.training.optimizer.learning_rate:
                self._worker.post(self._desk.set_learning_rate, rate)
        self._notice_stale(after)
        if self._orphan is not None and change.way != "do":
            self._bring_home(after)
        began = self._began
        if (
            self._phase == "paused"
            and began is not None
            and self.origins.changes_since(Start.of(began))
        ):
            self._phase, self._text = "ready", ""
        if self._phase == "ready" and self.origins.behind:
            self._text = ""  # how the last run ended is no more about this network
        if change.kinds & {"graph", "training", "trained"}:
            self._refresh()

    def _recheck(self) -> None:
        self.check = readiness.check_project(self.store.project, self.dataset)
        self.origins.check, self.origins.dataset = self.check, self.dataset
        self.mailbox.put(CheckChanged(self.check))

    def _notice_stale(self, after: Project) -> None:
        if self._phase != "running" or self._began is None or self._stale:
            return
        if self.origins.changes_since(Start.of(self._began)):
            self._stale = True
            self.mailbox.put(
                RunStale(
                    "Training goes on with the network as it was; Train again to use the change"
                )
            )
        elif _apart_from_rate(self._began) != _apart_from_rate(after):
            self._stale = True
            self.mailbox.put(
                RunStale("The changed settings count from the next time you press Train")
            )

    def _bring_home(self, project: Project) -> None:
        """A result whose network had been changed meanwhile fits again: let it in."""
        orphan, plan = self._orphan, self.check.plan
        if orphan is not None and plan is not None and fits(orphan.trained, plan):
            self._orphan = None
            self.mailbox.put(orphan)

    # ---- what the worker tells ------------------------------------------------------------------

    def _hear(self, event: Any, told: list[Any]) -> None:
        if isinstance(event, Loaded):
            self._hear_loaded(event, told)
        elif isinstance(event, Result):
            self._hear_result(event, told)
        elif isinstance(event, Copied):
            told.append(self._snapshot(event))
        elif isinstance(event, Rested):
            if event.run == self._run:
                self._phase, self._text = event.phase, event.text
        elif isinstance(event, DataLoaded):
            told.append(event)
            self._begin_waiting()
            self._refresh()
        else:
            if isinstance(event, BatchesFinished):
                self._pace.batches(event)
            elif isinstance(event, TrainingStarted):
                self._pace.started(event)
                if self._began is not None:
                    self.origins.measured_by_run(Start.of(self._began), self._began_with)
            elif isinstance(event, Diverged):
                self.diverged = event
            elif isinstance(event, TrainingFinished):
                self._pace.finished(event)
            told.append(event)

    def _hear_loaded(self, event: Loaded, told: list[Any]) -> None:
        if event.source != self.store.project.data:
            return
        self._loading = False
        self.dataset = event.dataset
        self._recheck()
        for problem in event.problems:
            told.append(ProblemFound(problem))
        if event.dataset is None:
            self._then = None
            self._text = event.problems[0].title if event.problems else ""
            return
        self._text = ""
        told.append(DataLoaded(event.source, event.dataset))
        self._begin_waiting()
        self._refresh()

    def _begin_waiting(self) -> None:
        """Train was pressed while the data was on its way."""
        if self._then is not None:
            self._go(self._then)

    def _hear_result(self, result: Result, told: list[Any]) -> None:
        self._results_seen = max(self._results_seen, result.number)
        if result.run != self._run:
            return
        self._phase, self._text = result.phase, result.text
        plan = self.check.plan
        if plan is None or not fits(result.trained, plan):
            self._orphan = result
            told.append(ProblemFound(readiness.WAITING))
            return
        self.store.do(result.label, set_trained, result.trained)
        self._steps_back = (result.trained, self.dataset) if result.can_step_back else None
        if result.went_back:
            self._pace.reset()
        told.append(ResultReady(result.trained, result.label))

    def _snapshot(self, copied: Copied) -> SnapshotReady:
        """The project as it will be when the present run is put down now."""
        project, plan, trained = self.store.project, self.check.plan, copied.trained
        if trained is None or copied.run != self._run:
            return SnapshotReady(copied.ticket, project)
        if plan is not None and fits(trained, plan):
            return SnapshotReady(copied.ticket, project.replace(trained=trained))
        began = self._began
        apart = began.replace(trained=trained) if began is not None else None
        return SnapshotReady(copied.ticket, project, apart)

    def _tell_state(self, told: list[Any]) -> None:
        state = self.state
        text = self._text or _usual_text(state, self)
        if (state, text) != self._told:
            self._told = (state, text)
            told.append(StateChanged(state, text))


def _usual_text(state: State, session: Session) -> str:
    if state == "loading":
        source = session.store.project.data
        return f"Loading {source.title.lower()}" if source is not None else "Loading"
    if state == "idle":
        obstacle = session.obstacle
        return obstacle.title if obstacle is not None else "Ready"
    return "Ready to train" if session.store.project.trained is None else "Ready"


def _apart_from_rate(project: Project) -> Any:
    setup = project.training
    return setup.replace(optimizer=setup.optimizer.replace(learning_rate=1.0))


def _reseeded(project: Project, seed: int) -> Project:
    return project.replace(training=project.training.replace(seed=seed), trained=None)
