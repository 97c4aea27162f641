"""What the worker does when it is asked: train, pause, look inside, answer.

Every method runs in the worker's thread, between two batches if training goes on. The desk alone
holds live arrays; what leaves it goes through the mailbox and is a copy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

from nnstudio.analysis import thumbnails
from nnstudio.analysis.tape import ProbeRequest, record, training_weights
from nnstudio.data.dataset import Dataset
from nnstudio.engine.events import (
    BatchFinished,
    EpochFinished,
    MovedToCpu,
    TrainingFinished,
)
from nnstudio.engine.snapshots import no_epoch_before
from nnstudio.project import monitoring
from nnstudio.project.model import Trained
from nnstudio.session.events import (
    EvaluationReady,
    ExportReady,
    GradientCheckReady,
    PictureReady,
    PredictionReady,
    ProbeReady,
    ProblemFound,
    State,
)
from nnstudio.session.order import Order
from nnstudio.session.run import Run
from nnstudio.session.worker import Worker
from nnstudio.spec import Place, Problem, ProblemError

Amount = Literal["all", "step", "epoch"]

PICTURES_EVERY = 0.3  # seconds of training, at the least
PICTURES_SHARE = 0.015  # of the training time, at the most

BROKEN = "Training stopped with an error"

_DONE = {
    "step": "One step",
    "epoch": "One epoch",
    "all": "Train",
}


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Trained weights on their way into the project, and what the worker does now."""

    run: int
    number: int
    trained: Trained
    label: str
    phase: State
    text: str
    can_step_back: bool = False
    went_back: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Copied:
    """The state of the run between two batches; None if no run goes on."""

    run: int
    ticket: int
    trained: Trained | None


@dataclass(frozen=True, slots=True)
class Rested:
    """What the worker is doing now."""

    run: int
    phase: State
    text: str


class Desk:
    """The worker's side of a session."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.mailbox = worker.mailbox
        worker.hear = self._hear
        worker.failed = self._broke_off
        self.run: Run | None = None
        self._number = 0  # of the run, as the session counts
        self._results = 0
        self._amount: Amount = "all"
        self._watching = False
        self._next_picture = 0.0
        self._phase: State = "ready"  # as it was told last
        self._copied: tuple[int, Trained] | None = None  # of the present run, by its updates
        self._moved: set[Problem] = set()  # why networks went to the CPU, as far as it was told
        self._rows: tuple[Any, Any] = (None, None)
        self._limits: Any = None

    # ---- training -------------------------------------------------------------------------------

    def train(self, order: Order, amount: Amount, number: int) -> None:
        """Begin or go on; while training runs, stop earlier than was asked for at first."""
        if self._running():
            self._amount = amount
            return
        self._number = number
        try:
            run = self._present(order)
            trainer = run.ready_to_train(order.setup)
            if run.network.device_problem is not None:
                self._tell_move(run.network.device_problem)
            if run.events is None:
                run.events = trainer.run()
            self._amount = amount
            self._next_picture = 0.0
            self._copied = None
            self._limit_threads()
        except BaseException:
            self._rest("ready", "")
            raise
        self._rest("running", "Training")
        self.worker.activity = run.events

    def _tell_move(self, why: Problem) -> None:
        """Training goes on on the CPU: said once a session, not at every press of Train."""
        if why not in self._moved:
            self._moved.add(why)
            self.mailbox.put(ProblemFound(why))

    def pause(self) -> None:
        """Rest before the next batch."""
        if self._running():
            self._put_down("Train", "Paused")

    def stop(self) -> None:
        """End the run; the trainer restores the best weights if the set-up says so."""
        run = self.run
        if run is None or run.trainer is None or run.events is None:
            return
        run.trainer.stop()
        self._amount = "all"
        self.worker.activity = run.events
        self._limit_threads()

    def step_back(self, order: Order, number: int) -> None:
        """Back to the end of the epoch before; the run begins anew from there."""
        if self._running():
            return
        self._number = number
        trainer = self._present(order).trainer
        if trainer is None:
            raise ProblemError(no_epoch_before())
        epoch = trainer.step_back()
        if self.run is not None and self.run.events is not None:
            self.run.events.close()  # it stands in the middle of an epoch that is no more
            self.run.events = None
        back = f"Back at epoch {epoch:,}" if epoch else "Back at the initial weights"
        self._deliver("Step back one epoch", "ready", back, went_back=True)

    def snapshot(self, ticket: int) -> None:
        """Copy what was learned so far and go on."""
        going = self.run is not None and self.run.trainer is not None and self._running()
        trained = self.run.copy() if self.run is not None and going else None
        if trained is not None and self.run is not None and self.run.trainer is not None:
            self._copied = (self.run.trainer.update, trained)
        self.mailbox.put(Copied(self._number, ticket, trained))

    def forget(self) -> None:
        """Drop the run with its network."""
        self.worker.activity = None
        self.run = self._copied = None
        self._free_threads()

    def set_learning_rate(self, learning_rate: float) -> None:
        if self.run is not None and self.run.trainer is not None:
            self.run.trainer.set_learning_rate(learning_rate)

    def _present(self, order: Order) -> Run:
        """The run this order is about; a new one if the order differs from the present one."""
        run = self.run
        if self._running() and run is not None:
            return run
        newer = order.results_seen < self._results
        if (
            run is not None
            and run.order.same_network(order)
            and (newer or run.trained is order.trained)
        ):
            return run
        self.run = None  # free its memory before the next one is built
        self.run = run = Run(order)
        return run

    def _running(self) -> bool:
        return self.worker.activity is not None

    def _hear(self, event: Any) -> bool:
        """Pass on what the trainer tells; whether to go on."""
        kind = type(event)
        if kind is MovedToCpu:
            self._tell_move(event.problem)
            return True
        self.mailbox.put(event)
        if kind is BatchFinished:
            if self._watching and event.seconds >= self._next_picture:
                self._take_pictures(event.seconds)
            if self._amount == "step" and event.step < self._steps_per_epoch():
                self._put_down("One step", _at(event))
                return False
        elif kind is EpochFinished:
            if self._amount != "all" and not self._ends_with(event):
                self._put_down(_DONE[self._amount], f"Paused after epoch {event.record.epoch:,}")
                return False
        elif kind is TrainingFinished:
            if event.problem is not None:
                self.mailbox.put(ProblemFound(event.problem))
            self._finish(event)
            return False
        return True

    def _steps_per_epoch(self) -> int:
        assert self.run is not None
        assert self.run.trainer is not None
        return self.run.trainer.steps_per_epoch

    def _ends_with(self, event: EpochFinished) -> bool:
        """Whether the run is over with this epoch, so that its last word is worth waiting for."""
        assert self.run is not None
        assert self.run.trainer is not None
        trainer = self.run.trainer
        stopping = trainer.setup.early_stopping
        impatient = stopping is not None and (event.waited or 0) >= stopping.patience
        return impatient or event.record.epoch % trainer.setup.epochs == 0

    def _put_down(self, label: str, text: str) -> None:
        self.worker.activity = None
        self._free_threads()
        self._deliver(label, "paused", text)

    def _finish(self, event: TrainingFinished) -> None:
        assert self.run is not None
        assert self.run.trainer is not None
        self.worker.activity = None
        self.run.events = None
        self._free_threads()
        self._deliver(_DONE[self._amount], "ready", _ending(event, self.run))

    def _deliver(self, label: str, phase: State, text: str, went_back: bool = False) -> None:
        assert self.run is not None
        self._put(self.run.result(), label, phase, text, went_back)
        if self._watching:
            self._try_to_look(self.run)

    def _put(
        self, trained: Trained, label: str, phase: State, text: str, went_back: bool = False
    ) -> None:
        self._results += 1
        self._phase, self._copied = phase, None
        trainer = self.run.trainer if self.run is not None else None
        back = trainer is not None and trainer.can_step_back
        told = Result(self._number, self._results, trained, label, phase, text, back, went_back)
        self.mailbox.put(told)

    def _broke_off(self) -> None:
        """After an exception, told already: what was learned stays, and what is said is true."""
        if self._running():
            return  # a request failed beside the training, which goes on
        self._free_threads()
        run = self.run
        torn = run is not None and run.trainer is not None and run.trainer.torn
        if run is not None and (torn or self._phase == "running"):
            self._rescue(run)
        elif self._phase == "running":
            self._rest("ready", BROKEN)

    def _rescue(self, run: Run) -> None:
        """Deliver the last good state of a run that broke off."""
        copied, self._copied = self._copied, None
        try:
            trained, good = run.rescued(copied)
        except MemoryError:
            self._rest("paused", f"{BROKEN}; there is no memory to copy what it has learned")
            return
        if not good:
            self.run = None  # its weights are neither old nor new
        if trained is None:
            self._rest("ready", BROKEN)
        else:
            self._put(trained, "Train", "ready", f"{BROKEN}; what it had learned is kept")

    def _rest(self, phase: State, text: str) -> None:
        self._phase = phase
        self.mailbox.put(Rested(self._number, phase, text))

    # ---- processors -----------------------------------------------------------------------------

    def _limit_threads(self) -> None:
        """Leave one processor to the window, else it stutters while BLAS computes."""
        if self._limits is None:
            from threadpoolctl import threadpool_limits

            self._limits = threadpool_limits(max(1, (os.cpu_count() or 2) - 1), "blas")

    def _free_threads(self) -> None:
        if self._limits is not None:
            self._limits.restore_original_limits()
            self._limits = None

    # ---- pictures -------------------------------------------------------------------------------

    def watch(self, on: bool) -> None:
        """Whether anybody wants pictures while training runs."""
        self._watching = on

    def show_pictures(self, order: Order) -> None:
        """Pictures of a network that is not being trained."""
        self._look(self._present(order))

    def _take_pictures(self, seconds: float) -> None:
        assert self.run is not None
        began = perf_counter()
        self._try_to_look(self.run)
        cost = perf_counter() - began
        self._next_picture = seconds + max(PICTURES_EVERY, cost / PICTURES_SHARE)

    def _try_to_look(self, run: Run) -> None:
        """Pictures that fail are given up for this run; the training goes on."""
        if run.blind:
            return
        try:
            self._look(run)
        except BaseException as error:
            run.blind = True
            self.worker.report(error)

    def _look(self, run: Run) -> None:
        dataset = run.order.dataset
        if dataset is None:
            return
        if self._rows[0] is not dataset:
            self._rows = (dataset, thumbnails.rows_to_look_at(dataset))
        if not len(self._rows[1]):
            return
        run.settle()
        weights = training_weights(dataset, run.order.setup)
        look = thumbnails.look(run.network, dataset, self._rows[1], weights)
        plan = run.network.plan
        shapes = {step.id: step.output_shape for step in plan.steps}
        shown = PictureReady(look.thumbnails, look.figures, run.order.start, shapes, plan.output)
        self.mailbox.put_picture("cards", shown)

    # ---- looking inside -------------------------------------------------------------------------

    def evaluate(self, ticket: int, order: Order, part: str) -> None:
        from nnstudio.analysis.evaluation import TITLES, evaluate

        run = self._settled(order)
        dataset, left_out = _data_of(run), run.order.left_out.get(part, "")
        if left_out and not _size(dataset, part):
            raise ProblemError(
                Problem(f"Nothing of the {TITLES[part]} can be judged", left_out, Place("data"))
            )
        with self._busy("Evaluating"):
            evaluation = evaluate(run.network, dataset, part, self._cancelled)
        self.mailbox.put(EvaluationReady(ticket, evaluation, run.provenance, left_out))

    def predict(self, ticket: int, order: Order, raw: Any) -> None:
        from nnstudio.analysis.prediction import predict

        run = self._settled(order)
        prediction = predict(run.network, run.order.fitted, raw)
        self.mailbox.put(PredictionReady(ticket, prediction, run.provenance))

    def probe(self, ticket: int, order: Order, request: ProbeRequest) -> None:
        run = self._settled(order)
        setup = run.trainer.setup if self._running() and run.trainer else order.setup
        tape = record(run.network, _data_of(run), setup, request, run.standing())
        self.mailbox.put(ProbeReady(ticket, tape, run.provenance))

    def gradient_check(self, ticket: int, order: Order, per_parameter: int, seed: int) -> None:
        from nnstudio.analysis.gradient_check import check_gradient

        run = self._settled(order)
        with self._busy("Checking gradients"):
            result = check_gradient(
                run.network,
                _data_of(run),
                per_parameter=per_parameter,
                seed=seed,
                cancelled=self._cancelled,
            )
        self.mailbox.put(GradientCheckReady(ticket, result))

    def export(self, ticket: int, order: Order, name: str, path: Path) -> None:
        from nnstudio.export.npz import Model, save

        run = self._settled(order)
        network, fitted, graph = run.network, run.order.fitted, run.order.graph
        signature = network.plan.signature
        save(Model(name, graph, network.loss, signature, network.weights(), fitted), path)
        self.mailbox.put(ExportReady(ticket, path, run.provenance))

    def _cancelled(self) -> bool:
        return self.worker.closing

    def _settled(self, order: Order) -> Run:
        run = self._present(order)
        run.settle()
        return run

    @contextmanager
    def _busy(self, text: str) -> Iterator[None]:
        """Say that something takes a moment, and afterwards go back to what was said before."""
        if self._running():
            yield
            return
        self._rest("busy", text)
        try:
            yield
        finally:
            paused = self.run is not None and self.run.events is not None
            self._rest("paused" if paused else "ready", "Paused" if paused else "")


def _data_of(run: Run) -> Dataset:
    """The data of a run; raises `ProblemError` where the project's data is not at hand."""
    if run.order.dataset is None:
        raise ProblemError(
            Problem(
                "The data is not at hand",
                "Samples of the data are needed for this. The Data tab says what is missing.",
                Place("data"),
            )
        )
    return run.order.dataset


def _size(dataset: Dataset, part: str) -> int:
    samples = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}[part]
    return 0 if samples is None else len(samples)


def _at(event: BatchFinished) -> str:
    return f"Paused in epoch {event.epoch:,} after step {event.step:,}"


def _ending(event: TrainingFinished, run: Run) -> str:
    """One line on how the run ended, and what is wrong with what it left behind."""
    ended = _reason(event, run)
    return ended if event.problem is None else f"{ended}. {event.problem.title}"


def _reason(event: TrainingFinished, run: Run) -> str:
    assert run.trainer is not None
    last = len(run.trainer.history)
    stopping = run.trainer.setup.early_stopping
    if event.reason == "stopped early" and stopping is not None:
        figure = monitoring.title(stopping.monitor)
        waited = f"{stopping.patience:,} epoch" + ("s" if stopping.patience != 1 else "")
        return f"Stopped early at epoch {last:,}: {figure} has not improved for {waited}"
    if event.reason == "diverged":
        return f"Training diverged; the weights are those of epoch {last:,}"
    if event.reason == "target reached":
        return f"Target reached at epoch {last:,}"
    if event.reason == "time":
        return f"Time is up at epoch {last:,}"
    if event.reason == "stopped":
        return (
            f"Stopped in epoch {last + 1:,}"
            if run.trainer.position
            else f"Stopped at epoch {last:,}"
        )
    return f"Finished {last:,} epoch" + ("s" if last != 1 else "")
