"""A network with its trainer, as they live in the worker's thread."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from inspect import GEN_CLOSED, getgeneratorstate
from typing import Any

from nnstudio.analysis.tape import OptimizerState
from nnstudio.engine import Network, Trainer
from nnstudio.project.model import Trained
from nnstudio.project.provenance import Provenance
from nnstudio.project.setup import TrainingSetup
from nnstudio.session.order import Order
from nnstudio.spec import ProblemError


class Run:
    """Builds the network of an order and trains it.

    ``trained`` is the result that the present weights correspond to, None for initial weights or
    while training goes on. ``events`` is the trainer's generator, None before and after a run.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self.trained = order.trained
        self.events: Generator[Any, None, None] | None = None
        self.network = Network(
            order.plan, order.setup.loss, device=order.device, seed=order.setup.seed
        )
        self.trainer: Trainer | None = None
        self.blind = False  # pictures of it have failed
        self._told = 0  # after so many updates ``trained`` was made
        if order.trained is not None:
            self.network.load_weights(order.trained.weights)

    def ready_to_train(self, setup: TrainingSetup) -> Trainer:
        """The trainer for this set-up; a changed one goes on from the present weights."""
        trainer = self.trainer
        if trainer is not None and _same_but_for_rate(trainer.setup, setup):
            trainer.set_learning_rate(setup.optimizer.learning_rate)
            return trainer
        before = trainer.trained() if trainer is not None else self.order.trained
        assert self.order.dataset is not None, "an order to train has data"
        self.trainer = trainer = Trainer(self.network, self.order.dataset, setup)
        self.events = None
        self.order = dataclasses.replace(self.order, setup=setup)
        if before is not None:
            go_on_from(trainer, before)
            self._told = trainer.update
            trainer.set_learning_rate(setup.optimizer.learning_rate)
        return trainer

    def result(self) -> Trained:
        """The result so far, read-only, with what the data was fitted with."""
        self.trained = self.copy()
        assert self.trainer is not None
        self._told = self.trainer.update
        return self.trained

    def copy(self) -> Trained:
        """The same, taken in passing: training goes on as if nobody had looked."""
        assert self.trainer is not None
        return dataclasses.replace(
            self.trainer.trained(), fitted=self.order.fitted, start=self.order.start
        )

    def rescued(self, copied: tuple[int, Trained] | None) -> tuple[Trained | None, bool]:
        """After an exception: what was learned since the last result, and whether this run is good.

        That is the last good state, or the later copy ``copied`` (with the updates it has seen).
        Raises MemoryError if not even the bare weights can be copied; they stay in the run then.
        """
        if self.events is not None and getgeneratorstate(self.events) == GEN_CLOSED:
            self.events = None  # the exception came out of it, and that ends a generator
        reached = self._recovered()
        if copied is not None and copied[0] > max(reached, self._told):
            return copied[1], False
        if reached > self._told:
            return self._result_in_need(), True
        return None, reached == self._told

    def _recovered(self) -> int:
        """The updates that the last good state has seen, at which the trainer stands now, or -1."""
        trainer = self.trainer
        if trainer is None:
            return self._told
        try:
            return trainer.update if trainer.recover() else -1
        except Exception:
            return -1 if trainer.torn else trainer.update

    def _result_in_need(self) -> Trained:
        """The result, for which memory is short: with less and less that could be done without."""
        trainer = self.trainer
        assert trainer is not None
        try:
            return self.result()
        except MemoryError:
            trainer.let_go()
        try:
            return self.result()
        except MemoryError:
            weights = self.network.weights()
        self.trained = Trained(
            weights,
            tuple(trainer.history),
            weights_epoch=trainer.weights_epoch,
            seed=self.network.seed,
            fitted=self.order.fitted,
            step=trainer.unfinished,
            start=self.order.start,
        )
        self._told = trainer.update
        return self.trained

    @property
    def provenance(self) -> Provenance:
        """What a result is from that is made of this network as it stands."""
        trainer = self.trainer
        if trainer is None or trainer.update == self._told:
            return Provenance.of(self.order.start, self.trained, self.order.dataset)
        return Provenance(
            self.order.start,
            None,
            self.order.dataset,
            trainer.weights_epoch,
            trainer.unfinished,
            trainer.weights_epoch < trainer.epoch,
        )

    def standing(self) -> OptimizerState | None:
        """The optimizer as it stands; None before the first training."""
        trainer = self.trainer
        if trainer is None:
            return None
        trainer.updater.settle()
        setup, rate = trainer.setup, trainer.learning_rate
        if setup.schedule is not None:
            total = max(setup.epochs, trainer.epoch + 1) * trainer.steps_per_epoch
            rate *= setup.schedule.factor(trainer.update, trainer.steps_per_epoch, total)
            rate *= trainer.schedule_memory.get("factor", 1.0)
        return OptimizerState(setup.optimizer, trainer.updater.arrays, trainer.update + 1, rate)

    def settle(self) -> None:
        """Bring all weights up to date before somebody reads them."""
        if self.trainer is not None:
            self.trainer.updater.settle()


def go_on_from(trainer: Trainer, trained: Trained) -> None:
    """Take up an earlier result: bit for bit where its checkpoint fits, else from its weights."""
    if trained.checkpoint:
        try:
            trainer.resume(trained.checkpoint)
            return
        except ProblemError:
            pass  # another optimizer or batch size: its state means nothing to this one
    trainer.network.load_weights(trained.weights)
    trainer.history = list(trained.history)
    trainer.weights_epoch = trained.weights_epoch
    if trained.history:
        trainer.update = trained.history[-1].updates
        trainer.seconds = trained.history[-1].seconds


def _same_but_for_rate(one: TrainingSetup, other: TrainingSetup) -> bool:
    rate = other.optimizer.learning_rate
    return one.replace(optimizer=one.optimizer.replace(learning_rate=rate)) == other
