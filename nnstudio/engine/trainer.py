"""Training: batch after batch, epoch after epoch, told as plain events.

The trainer is a generator: whoever iterates over `Trainer.run` decides about the pace, may look at
the network between two events, and may stop iterating whenever they like and go on later. It has no
threads, prints nothing and draws nothing.
"""

from __future__ import annotations

from collections.abc import Generator
from contextvars import Context, copy_context
from time import perf_counter
from typing import Any

import numpy as np

from nnstudio.data.dataset import Dataset
from nnstudio.engine import divergence, measuring, outcome, snapshots
from nnstudio.engine.batches import Batches, class_balance
from nnstudio.engine.checking import refuse_bad_data, refuse_bad_monitor
from nnstudio.engine.devices import card_is_full, out_of_memory
from nnstudio.engine.events import (
    BatchFinished,
    Diverged,
    EpochFinished,
    MovedToCpu,
    TrainingFinished,
    TrainingStarted,
)
from nnstudio.engine.lazy_rows import LazyRows, lazy_kernel
from nnstudio.engine.limits import machine_memory, refuse_if_too_large
from nnstudio.engine.network import Network
from nnstudio.engine.program import Program
from nnstudio.engine.randomness import Stream
from nnstudio.engine.snapshots import Best, Kept, Snapshot, Snapshots
from nnstudio.engine.updating import Updater
from nnstudio.engine.watching import Watch, figures, target_reached
from nnstudio.nn.optimizer import Schedule
from nnstudio.project.model import EpochRecord, Trained
from nnstudio.project.setup import TrainingSetup
from nnstudio.spec import ProblemError

Event = TrainingStarted | BatchFinished | EpochFinished | MovedToCpu | Diverged | TrainingFinished


class Trainer:
    """Trains a network on a data set as a set-up says.

    ``sample_weights`` let training samples count differently, on top of the set-up's class weights.
    ``history`` holds a record of every epoch, ``update`` counts the updates. Raises `ProblemError`
    if the data cannot be trained on or the network would not fit into memory.
    """

    def __init__(
        self,
        network: Network,
        dataset: Dataset,
        setup: TrainingSetup,
        sample_weights: np.ndarray[Any, Any] | None = None,
    ) -> None:
        refuse_bad_data(dataset, network.plan)
        refuse_bad_monitor(dataset, setup)
        self.network = network
        self.dataset = dataset
        self.setup = setup
        self.samples = len(dataset.train)
        self.batch_size = min(setup.batch_size or self.samples, self.samples)
        itemsize = np.dtype(network.dtype).itemsize
        refuse_if_too_large(
            network.plan, self.batch_size, itemsize, setup.optimizer, machine_memory()
        )
        self.steps_per_epoch = -(-self.samples // self.batch_size)
        self.learning_rate = setup.optimizer.learning_rate
        self.history: list[EpochRecord] = []
        self.first_loss: float | None = None  # of the first batch of all, None if it was not here
        self.update = 0
        self.position = 0  # samples of the present epoch that are done
        self.seconds = 0.0
        self.weights_epoch = 0
        self._from_epoch: int | None = None  # whose weights the present epoch began from, if odd
        self.reason = "paused"
        self.watch = Watch(setup.early_stopping) if setup.early_stopping else None
        self.best: Best | None = None
        self.schedule_memory: dict[str, float] = {}
        self.classifies = dataset.signature.task == "classification"
        self._weights = sample_weights
        self.shuffling = Stream(setup.seed, "shuffle")
        self.order_state = self.shuffling.state  # before the present epoch's order was drawn
        self._order: Any = None
        self._rate = 0.0
        self.loss_sum = 0.0
        self.correct = 0
        self._hits = 0  # how many samples of the last batch got their class
        self._stop = False
        self.torn = False  # an update or a restoring broke off: the weights are neither old nor new
        # An overflow shows in the loss; NumPy's warnings about it would reach nobody.
        self._quiet: Context = copy_context()
        self._quiet.run(np.seterr, all="ignore")
        self._upload()
        self._earlier = Snapshots()

    def _upload(self) -> None:
        """Put the data onto the network's device and make the optimizer's state there."""
        train = self.dataset.train
        weights = self._weights
        if self.setup.class_weights == "balanced" and self.classifies:
            balance = class_balance(train.y, self.dataset.signature.classes)
            weights = balance if weights is None else balance * weights
        self._train = Batches(self.network, train, weights)
        validation = self.dataset.validation
        self._validation = Batches(self.network, validation) if validation else None
        if self.network.updater is not None:
            self.network.updater.end_epoch()  # an earlier trainer's may still owe something
        kernel = lazy_kernel(self.network, self.setup) if self._train.sparse else None
        if kernel is None:
            self.updater = Updater(self.network, self.setup)
        else:
            self.updater = LazyRows(self.network, self.setup, kernel, self.steps_per_epoch)
        self.network.updater = self.updater

    # ---- training -----------------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return len(self.history)

    @property
    def unfinished(self) -> int:
        """How many updates of a further epoch the weights have seen on top of their epoch."""
        return -(-self.position // self.batch_size) if self.weights_epoch == self.epoch else 0

    def run(self, epochs: int | None = None) -> Generator[Event, None, None]:
        """Train until ``epochs`` epochs are finished in all, telling what happens.

        Without a number: the set-up's, and that many more if they are done already. A run that was
        left in the middle of an epoch goes on with the next batch.
        """
        if epochs is None:
            epochs = self.setup.epochs
            if self.epoch >= epochs:
                epochs += self.epoch
        self._stop = False
        self.reason = "paused"
        first_epoch, began = self.epoch, self.seconds
        if self.watch is not None:
            self.watch.waited = 0 if self.watch.out_of_patience else self.watch.waited
        if self._earlier.latest is None:
            self._keep()
        yield TrainingStarted(
            epochs,
            first_epoch + 1,
            self.steps_per_epoch,
            self.samples,
            self.batch_size,
            self.weights_epoch if self.weights_epoch < first_epoch else None,
        )
        seen = -self.position
        reason = "finished"
        while self.epoch < epochs:
            ended = yield from self._batches(epochs)
            if ended:
                reason = ended
                break
            seen += self.samples
            yield self._end_epoch()
            stopped = self._reason_to_stop(began)
            if stopped:
                reason = stopped
                break
        seen += self.position
        self.finish(reason)
        seconds = self.seconds - began
        problem = None if reason == "diverged" else outcome.looked_back(self)
        yield TrainingFinished(
            reason,
            self.epoch - first_epoch,
            self.watch.best_epoch if self.watch else None,
            self.weights_epoch,
            seconds,
            seen / seconds if seconds > 0 else 0.0,
            figures(self.history[self.weights_epoch - 1]) if self.weights_epoch else {},
            problem,
        )

    def stop(self) -> None:
        """End the run after the present batch."""
        self._stop = True

    def set_learning_rate(self, learning_rate: float) -> None:
        """Change the learning rate from the next update on; a schedule multiplies it."""
        if not learning_rate > 0:
            raise ValueError(f"the learning rate must be positive, not {learning_rate}")
        self.learning_rate = learning_rate

    def _batches(self, epochs: int) -> Generator[BatchFinished | MovedToCpu | Diverged, None, str]:
        """The updates of the present epoch still to be done; returns why if it stays unfinished."""
        epoch, batch_size, samples = self.epoch + 1, self.batch_size, self.samples
        if self.weights_epoch < self.epoch:  # training goes on from restored best weights
            self._from_epoch, self.weights_epoch = self.weights_epoch, self.epoch
        order = self._epoch_order()
        train, classifies = self._train, self.classifies
        quietly, learn = self._quiet.run, self._learn
        schedule = self.setup.schedule
        total_steps = max(epochs, 1) * self.steps_per_epoch
        program: Program | None = None
        clock = perf_counter
        if self.position == samples:  # gone on with after the epoch's last batch
            self._rate = self.learning_rate
            if schedule is not None:
                self._rate *= self._factor(schedule, self.update - 1, total_steps)
        while self.position < samples:
            if self._stop:
                return "stopped"
            began = clock()
            start = self.position
            stop = min(start + batch_size, samples)
            n = stop - start
            rate = self.learning_rate
            if schedule is not None:
                rate *= self._factor(schedule, self.update, total_steps)
            try:
                if program is None or program.n != n:
                    program = train.program(n, training=True)
                loss = quietly(learn, program, order[start:stop], rate)
            except Exception as error:
                if self.network.ops.device == "cpu" or not out_of_memory(error):
                    raise
                yield self._move_to_cpu()
                return (yield from self._batches(epochs))
            if loss is None or (stop == samples and not self._finite()):
                yield self._diverge(program)
                return "diverged"
            if self.update == 0:
                self.first_loss = loss
            self.update += 1
            self.loss_sum += loss * n
            self.correct += self._hits
            self.position = stop
            self._rate = rate
            self.seconds += clock() - began
            yield BatchFinished(
                epoch,
                -(-stop // batch_size),
                self.update,
                loss,
                self._hits / n if classifies else None,
                self.seconds,
            )
        return ""

    def _factor(self, schedule: Schedule, step: int, total_steps: int) -> float:
        """The schedule's factor on the learning rate for update number ``step`` (from 0)."""
        factor = schedule.factor(step, self.steps_per_epoch, total_steps)
        return factor * self.schedule_memory.get("factor", 1.0)

    def _learn(self, program: Program, indices: Any, rate: float) -> float | None:
        """One update for the samples at these indices; returns the loss, or None if it is none."""
        self._train.fill(program, indices)
        loss = self.updater.compute(program)
        if loss - loss != 0.0:  # NaN and infinity give NaN here
            return None
        if self.classifies:
            self._hits = program.count_correct()
        self.torn = True
        self.updater.update(self.update + 1, rate)
        self.torn = False
        return loss

    def _move_to_cpu(self) -> MovedToCpu:
        """Go on on the CPU after the graphics card's memory was full: this batch is done again."""
        ops = self.network.ops
        state = {name: ops.to_host(a) for name, a in self.updater.arrays.items()}
        order = ops.to_host(self._order)
        self.network.move("cpu")
        problem = card_is_full(ops.device)
        self.network.device_problem = problem
        self._upload()
        for name, target in self.updater.arrays.items():
            target[:] = state[name]
        self._order = self._train.order(order)
        return MovedToCpu(problem)

    def _epoch_order(self) -> Any:
        """The order of the samples in the present epoch, drawn when the epoch begins."""
        if self._order is None:
            self.order_state = self.shuffling.state
            if self.setup.shuffle:
                permutation = self.shuffling.permutation(self.samples)
            else:
                permutation = np.arange(self.samples)
            self._order = self._train.order(permutation)
        return self._order

    def began_anew(self) -> None:
        """Forget the present epoch's order: it is drawn again from where the shuffling stands."""
        self.order_state = self.shuffling.state
        self._order = None
        self._earlier = Snapshots()

    def _finite(self) -> bool:
        self.updater.end_epoch()
        return self._all_finite(self.network.theta)

    def _all_finite(self, values: Any) -> bool:
        ops: Any = self.network.ops
        return bool(ops.count(ops.isfinite(values)) == values.size)

    # ---- the end of an epoch ------------------------------------------------------------------

    def _end_epoch(self) -> EpochFinished:
        began = perf_counter()
        monitor = self.watch.stopping.monitor if self.watch else ""
        validation_loss, validation_accuracy, metrics = measuring.validate(
            self._validation, self.dataset, monitor
        )
        loss, correct = self.loss_sum / self.samples, self.correct
        self.position, self.loss_sum, self.correct, self._order = 0, 0.0, 0, None
        self.seconds += perf_counter() - began
        record = EpochRecord(
            self.epoch + 1,
            self.update,
            self.seconds,
            self._rate,
            loss,
            correct / self.samples if self.classifies else None,
            validation_loss,
            validation_accuracy,
            metrics,
            self._from_epoch,
        )
        self._from_epoch = None
        self.history.append(record)
        self.weights_epoch = self.epoch
        schedule = self.setup.schedule
        if schedule is not None and schedule.watches:
            value = record.figure(schedule.watches)
            if value is not None:
                self.schedule_memory = schedule.observe(self.schedule_memory, value)
        if self.watch is not None and self.watch.observe(record):
            ops, network = self.network.ops, self.network
            arrays = {"theta": network.theta, "memory": network.memory}
            kept = {name: Kept(ops, a, in_memory=True) for name, a in arrays.items()}
            self.best = Best(self.epoch, kept)
        if self._earlier.due(self.seconds):
            self._keep()
        best = self.watch
        return EpochFinished(
            record,
            best.best_epoch if best else None,
            best.best_value if best else None,
            best.waited if best else None,
            monitor,
        )

    def _reason_to_stop(self, began: float) -> str:
        setup = self.setup
        if self.watch is not None and self.watch.out_of_patience:
            return "stopped early"
        if target_reached(self.history[-1], setup):
            return "target reached"
        if setup.stop_after is not None and self.seconds - began >= setup.stop_after:
            return "time"
        return "stopped" if self._stop else ""

    def finish(self, reason: str) -> None:
        """Note why the run ended, and restore the best weights if the set-up says so."""
        self.reason = reason
        stopping = self.setup.early_stopping
        if stopping is None or not stopping.restore_best_weights or reason == "diverged":
            return
        if self.best is not None and self.best.epoch != self.weights_epoch:
            snapshots.put_back_arrays(self, self.best.arrays)
            self.weights_epoch = self.best.epoch

    def _diverge(self, program: Program) -> Diverged:
        network = self.network
        node, what = divergence.first_bad_layer(network, program)
        step = -(-min(self.position + self.batch_size, self.samples) // self.batch_size)
        epoch = self.epoch + 1
        last_good = self._earlier.latest
        assert last_good is not None
        self.restore(last_good)
        problem = divergence.problem(network, node, what, self.learning_rate, last_good.epoch)
        return Diverged(epoch, step, node, what, last_good.epoch, problem)

    # ---- going back and going on --------------------------------------------------------------

    def arrays(self) -> dict[str, Any]:
        """The live arrays in which the state of the run lies, by name."""
        self.updater.unsettle()
        network = self.network
        arrays = {"theta": network.stored, "memory": network.memory}
        return arrays | {f"optimizer/{name}": a for name, a in self.updater.arrays.items()}

    def _keep(self) -> None:
        """Keep the present state to go back to; a later one may go unkept if there is no room."""
        began = perf_counter()
        try:
            snapshot = snapshots.take(self)
        except (OSError, MemoryError):
            if self._earlier.latest is None:
                raise
            return
        cost = perf_counter() - began
        self.seconds += cost
        self._earlier.keep(snapshot, self.seconds, cost)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to an earlier state: weights, optimizer, random streams, history."""
        self.torn = True
        snapshots.put_back(self, snapshot)
        self.torn = False
        self.position, self.loss_sum, self.correct, self._order = 0, 0.0, 0, None
        self._from_epoch = None
        self._earlier.forget_after(snapshot.epoch)

    def recover(self) -> bool:
        """After an exception stand at the last good state; False if there is none any more.

        That is where the last whole update led, unless the exception came in the middle of one.
        """
        if not self.torn and self._all_finite(self.network.stored):
            return True
        if self._earlier.latest is None:
            return False
        self.restore(self._earlier.latest)
        return True

    def let_go(self) -> None:
        """Free what can be made again: the earlier states and the programs of all batch sizes."""
        self._earlier = Snapshots()
        self.network.forget_programs()

    def step_back(self) -> int:
        """Undo the present epoch, or the last one if none has begun; returns the epoch reached.

        Of a very large network not every epoch is kept: then it goes back to the one before.

        Raises `ProblemError` if there is nothing earlier to go back to.
        """
        snapshot = self._epoch_before()
        if snapshot is None:
            raise ProblemError(snapshots.no_epoch_before())
        self.restore(snapshot)
        self.reason = "paused"
        return self.epoch

    @property
    def can_step_back(self) -> bool:
        """Whether there is an earlier epoch to go back to."""
        return self._epoch_before() is not None

    def _epoch_before(self) -> Snapshot | None:
        return self._earlier.at(self.epoch if self.position else self.epoch - 1)

    def trained(self) -> Trained:
        """The result so far, as the project keeps it."""
        weights = self.network.weights()
        for array in weights.values():
            array.flags.writeable = False
        return Trained(
            weights,
            tuple(self.history),
            self.watch.best_epoch if self.watch else None,
            self.weights_epoch,
            self.reason,
            self.network.seed,
            self.checkpoint(),
            monitor=self.watch.stopping.monitor if self.watch else "",
            step=self.unfinished,
        )

    def checkpoint(self) -> bytes:
        """Everything needed to go on bit for bit, also from the middle of an epoch."""
        from nnstudio.engine.checkpoint import write

        return write(self)

    def resume(self, checkpoint: bytes) -> None:
        """Go on where a checkpoint was made; raises `ProblemError` if it is another network's."""
        from nnstudio.engine.checkpoint import read

        read(self, checkpoint)
