"""Adam for large vocabularies: rows of the first layer are brought up to date when they are needed.

Adam moves every weight at every step, also where the gradient is zero: m and v fade and the weight
coasts on. With 20,000 words and 25 of them in a review, nearly all of that work is for words that
do not occur. But s steps without a gradient can be written in one formula. With ρ = β₁/√β₂, and
aₛ, εₛ the step size and the floor under √v of step s,

    θ ← θ - m Σⱼ aⱼ ρʲ / (√v + εⱼ β₂^(-j/2)),   m ← β₁ˢ m,   v ← β₂ˢ v,

where the sum falls off like ρʲ, so that the floor may be replaced by its weighted mean. Each row
remembers the step of which it is; a row that occurs in the batch is caught up, used, and updated,
all on a small matrix of just those rows. The losses are those of plain Adam to rounding.

At the end of every epoch all rows are caught up for good. Whoever reads the weights in between
(`settle`) sees them caught up, and the next step goes on from the rows as they were: looking does
not change what is learnt, not even in the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from nnstudio.engine.network import Network, Parameter
from nnstudio.engine.ops import Array
from nnstudio.engine.program import Program
from nnstudio.engine.sparse import UsedRows, add_scaled_rows, scale_rows
from nnstudio.engine.updating import Updater
from nnstudio.nn.optimizers import Adam
from nnstudio.project.setup import TrainingSetup

#: Vocabularies from this size on: below it, catching up costs more than it saves.
LEAST_ROWS = 5000
#: With a larger ε the mean of the floors is too rough.
_LARGEST_EPSILON = 1e-6
#: β₁ may be this share of β₂^1.5. The mean of the floors leaves out what is of second order in ε,
#: whose terms grow like (β₁ / β₂^1.5)ʲ: near 1 and above they add up to another result.
_LARGEST_BETA_1 = 0.96
#: A sum of ρʲ is cut off where its terms are this small.
_NEGLIGIBLE = 1e-12
#: Powers of β below this are taken as zero: m would only crawl on as denormal numbers.
_FADED = 1e-25
#: Rows are worked on in blocks of about this many bytes, which stay in the cache.
_BLOCK_BYTES = 2**18


class LazyRows(Updater):
    """Updates one kernel row by row and everything else as usual."""

    def __init__(
        self, network: Network, setup: TrainingSetup, kernel: Parameter, steps_per_epoch: int
    ) -> None:
        super().__init__(network, setup)
        assert isinstance(setup.optimizer, Adam)
        self._adam = setup.optimizer
        rows, units = kernel.spec.shape
        span = slice(kernel.start, kernel.start + rows * units)
        self._w: Array = kernel.value
        self._m: Array = self.state["m"][span].reshape(rows, units)
        self._v: Array = self.state["v"][span].reshape(rows, units)
        others = [slice(0, span.start), slice(span.stop, network.trainable)]
        self._others = [
            (self._theta[s], self._g[s], {name: a[s] for name, a in self.state.items()})
            for s in others
            if s.stop > s.start
        ]
        beta_1, beta_2 = self._adam.beta_1, self._adam.beta_2
        steps = np.arange(steps_per_epoch + 1, dtype=np.float64)
        self._fade_m = _powers(beta_1, steps)
        self._fade_v = _powers(beta_2, steps)
        ratio = beta_1 / math.sqrt(beta_2)
        reach = 1 if ratio == 0.0 else math.ceil(math.log(_NEGLIGIBLE) / math.log(ratio))
        self._ratios = ratio ** steps[: reach + 1]
        self._floors = self._ratios * math.sqrt(beta_2) ** -steps[: reach + 1]
        # By the step (of this epoch) of which a row is: Σ a ρʲ and Σ a ρʲ ε of the steps since.
        self._due = np.zeros(steps_per_epoch + 1)
        self._floor_due = np.zeros(steps_per_epoch + 1)
        self._now = np.zeros(1, np.int64)  # the steps of this epoch that are done
        self._of = np.zeros(rows, np.int32)  # the step of which each row is
        self._occurs = np.zeros(rows, bool)
        self._place = np.zeros(rows, np.int32)
        self._kept = [_whole(a) for a in (self._w, self._m, self._v)]
        self._buffers = [np.empty((0, units), self._w.dtype) for _ in range(4)]
        self._used: list[Array] = []
        self._rows: Array = None
        self._before: tuple[Array, ...] | None = None

    # ---- a step -------------------------------------------------------------------------------

    def compute(self, program: Program) -> float:
        """Forward, loss and backward with the rows that occur in the batch caught up."""
        self.unsettle()
        batch = program.x
        indices = batch.indices[: batch.indptr[-1]]
        self._occurs[indices] = True
        rows = np.flatnonzero(self._occurs)
        self._occurs[rows] = False
        self._place[rows] = np.arange(len(rows), dtype=np.int32)
        self._make_room(len(rows))
        owed = self._owed(self._of[rows])
        for block in self._blocks(len(rows)):
            for kept, used in zip(self._kept, self._used, strict=True):
                kept.take(rows[block], 0, used[block], "clip")
            self._catch_up(owed, block, *(buffer[block] for buffer in self._buffers[:3]))
        self._rows = rows
        w, _, _, g = (buffer[: len(rows)] for buffer in self._buffers)
        batch.used = UsedRows(self._place[indices], w, g)
        try:
            return program.step()
        finally:
            batch.used = None

    def update(self, t: int, learning_rate: float) -> None:
        """Step number ``t`` for the rows of the batch and for all other parameters."""
        ops, adam = self.network.ops, self._adam
        rows = self._rows
        scalars = adam.scalars(t, learning_rate)
        for block in self._blocks(len(rows)):
            w, m, v, g = (buffer[block] for buffer in self._buffers)
            adam.rule(ops, w, g, {"m": m, "v": v}, *scalars)
            for kept, used in zip(self._kept, self._used, strict=True):
                kept[rows[block]] = used[block]
        for theta, g, state in self._others:
            adam.update(ops, theta, g, state, t, learning_rate)
        self._note(*scalars)
        self._of[rows] = self._now[0]

    def _note(self, floor: float, step: float) -> None:
        """Let the rows that did not occur owe this step, given its scalars."""
        self._now += 1
        now = int(self._now[0])
        rate = -step
        since = max(0, now - len(self._ratios) + 1)
        ages = slice(now - since, 0, -1)
        self._due[since:now] += rate * self._ratios[ages]
        self._floor_due[since:now] += rate * floor * self._floors[ages]

    def _owed(self, of: Array) -> tuple[Array, ...] | None:
        """What rows that are of these steps owe: -Σ a ρʲ, the floor, and how m and v fade.

        None if they owe nothing.
        """
        missed = int(self._now[0]) - of
        if not missed.any():
            return None
        due = self._due[of]
        floor = np.divide(self._floor_due[of], due, out=np.ones_like(due), where=due > 0)
        figures = (-due, floor, self._fade_m[missed], self._fade_v[missed])
        return tuple(figure.astype(self._w.dtype) for figure in figures)

    def _catch_up(
        self, owed: tuple[Array, ...] | None, block: slice, w: Array, m: Array, v: Array
    ) -> None:
        """Do for a block of rows what plain Adam would have done since their last step."""
        if owed is None:
            return
        step, floor, fade_m, fade_v = (figure[block] for figure in owed)
        work = self.network.ops.scratch(w)
        np.sqrt(v, work)
        np.add(work, floor[:, None], work)
        np.divide(m, work, work)
        add_scaled_rows(work, step, w)
        scale_rows(m, fade_m)
        scale_rows(v, fade_v)

    def _blocks(self, rows: int) -> Iterator[slice]:
        size = max(8, _BLOCK_BYTES // (self._w.shape[1] * self._w.itemsize))
        for start in range(0, rows, size):
            yield slice(start, min(start + size, rows))

    def _make_room(self, rows: int) -> None:
        """Have buffers for the weights, m, v and the gradient of so many rows."""
        if len(self._buffers[0]) < rows:
            shape = rows + rows // 4, self._w.shape[1]
            self._buffers = [self.network.ops.empty(shape, self._w.dtype) for _ in range(4)]
            self._used = [_whole(buffer) for buffer in self._buffers[:3]]

    # ---- reading ------------------------------------------------------------------------------

    def settle(self) -> None:
        """Let the parameters be read: all rows caught up, until the next step."""
        if self._before is None and self._stale():
            self._before = tuple(a.copy() for a in (self._w, self._m, self._v, self._of))
            self._catch_all_up()

    def unsettle(self) -> None:
        """Take back what was only caught up for reading."""
        if self._before is not None:
            for target, kept in zip(
                (self._w, self._m, self._v, self._of), self._before, strict=True
            ):
                target[...] = kept
            self._before = None

    def adopt(self) -> None:
        """Go on from the parameters as they are now, changed from outside."""
        self._before = None

    def end_epoch(self) -> None:
        """Catch all rows up for good and begin counting anew."""
        self.unsettle()
        self._catch_all_up()
        self._now[0] = 0
        self._of[:] = 0
        self._due[:] = 0.0
        self._floor_due[:] = 0.0

    @property
    def arrays(self) -> dict[str, Array]:
        return super().arrays | {
            "rows/now": self._now,
            "rows/of": self._of,
            "rows/due": self._due,
            "rows/floor due": self._floor_due,
        }

    def _stale(self) -> bool:
        return bool(self._now[0] and (self._of != self._now[0]).any())

    def _catch_all_up(self) -> None:
        owed = self._owed(self._of)
        for block in self._blocks(len(self._of)):
            self._catch_up(owed, block, self._w[block], self._m[block], self._v[block])
        self._of[:] = self._now[0]


def lazy_kernel(network: Network, setup: TrainingSetup) -> Parameter | None:
    """The kernel worth updating by rows: a large vocabulary's, fed by sparse data, plain Adam.

    None where anything looks at all weights at every step: clipping, decay, penalties, a cap; and
    where catching up would not give plain Adam's result: a large ε, a β₂ that forgets before β₁.
    """
    optimizer = setup.optimizer
    if type(optimizer) is not Adam or optimizer.amsgrad or setup.clip or setup.weight_decay:
        return None
    if network.ops.device != "cpu" or optimizer.epsilon > _LARGEST_EPSILON:
        return None
    if not optimizer.beta_2 or optimizer.beta_1 > _LARGEST_BETA_1 * optimizer.beta_2**1.5:
        return None
    source = network.plan.steps[0].id
    readers = [step for step in network.plan.steps if source in step.sources]
    if len(readers) != 1 or not readers[0].layer.takes_sparse:
        return None
    for parameter in network.layout:
        spec = parameter.spec
        if parameter.node == readers[0].id and spec.name == "kernel":
            plain = spec.trainable and not (spec.l1 or spec.l2 or spec.max_norm)
            return parameter if plain and spec.shape[0] >= LEAST_ROWS else None
    return None


def _whole(matrix: Array) -> Array:
    """The rows of a matrix as one element each, which NumPy moves a third faster."""
    return matrix.view(np.dtype((np.void, matrix.shape[1] * matrix.itemsize))).reshape(-1)


def _powers(base: float, steps: Array) -> Array:
    powers: Array = np.power(base, steps)
    powers[powers < _FADED] = 0.0
    return powers
