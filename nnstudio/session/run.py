"""A network with its trainer, as they live in the worker's thread."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
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
