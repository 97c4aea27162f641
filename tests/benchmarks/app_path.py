"""What the comfort costs: trainer, events and snapshots against a bare loop over the same steps.

Both train the course's network on sparse input and measure a validation set after every epoch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import ours
from .common import BATCH, reviews
from .sentiment_sparse import SAMPLES, WORDS

TITLE = "The app's path against the bare loop"
UNIT = "samples/s"
PROMISES = {"bare loop": 0.95}
MEMORY: dict[str, float] = {}


def prepare(who: str) -> Any:
    arrays, held_back = reviews(WORDS, SAMPLES), reviews(WORDS, 1024, seed=1)
    validation = ours.sparse_matrix(held_back, WORDS), held_back[3]
    x = ours.sparse_matrix(arrays, WORDS)
    made = ours.classifier(x, arrays[3], ours.course_layers(), 5, validation)
    return ours.epochs_of(*made) if who == "NN Studio" else bare_loop(*made)


def bare_loop(network: Any, data: Any, setup: Any) -> Any:
    from nnstudio.engine import Trainer
    from nnstudio.engine.measuring import measure

    ours.leave_a_core()
    trainer = Trainer(network, data, setup)
    train, updater = trainer._train, trainer.updater
    program = train.program(BATCH, training=True)
    random = np.random.default_rng(0)
    t = 0

    def epoch() -> int:
        nonlocal t
        order = train.order(random.permutation(train.count))
        for start in range(0, train.count, BATCH):
            train.fill(program, order[start : start + BATCH])
            program.step()
            t += 1
            updater.update(t, 0.001)
        measure(trainer._validation, True)
        return int(train.count)

    return epoch
