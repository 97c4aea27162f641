"""How far training is and how long it will still take."""

from __future__ import annotations

from nnstudio.engine.events import TrainingFinished, TrainingStarted
from nnstudio.session.events import BatchesFinished, Progress

HALF_LIFE = 3.0  # seconds after which an earlier speed counts half


class Pace:
    """Follows a run's events; ``progress`` is None before the first run."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.progress: Progress | None = None
        self._started: TrainingStarted | None = None
        self._last: tuple[float, int] | None = None  # seconds, updates
        self._speed = 0.0  # updates per second

    @property
    def text(self) -> str:
        """One line for the status bar."""
        at = self.progress
        return f"Training: epoch {at.epoch:,} of {at.epochs:,}" if at is not None else "Training"

    def started(self, event: TrainingStarted) -> None:
        self._started = event
        self._last = None

    def batches(self, event: BatchesFinished) -> None:
        """Take in a row of updates."""
        start = self._started
        if start is None or not len(event):
            return
        seconds, updates = float(event.seconds[-1]), int(event.updates[-1])
        self._follow(seconds, updates)
        epoch, step = int(event.epochs[-1]), int(event.steps[-1])
        done = (epoch - 1) * start.steps_per_epoch + step
        total = start.epochs * start.steps_per_epoch
        left = (total - done) / self._speed if self._speed > 0 else None
        self.progress = Progress(
            epoch=epoch,
            epochs=start.epochs,
            step=step,
            steps_per_epoch=start.steps_per_epoch,
            fraction=min(1.0, done / max(1, total)),
            seconds=seconds,
            seconds_left=None if left is None else max(0.0, left),
            samples_per_second=self._speed * start.samples / max(1, start.steps_per_epoch),
        )

    def _follow(self, seconds: float, updates: int) -> None:
        if self._last is None:
            self._last = (seconds, updates)
            return
        past, before = self._last
        passed = seconds - past
        if passed < 0.02:
            return
        now = (updates - before) / passed
        keep = 0.5 ** (passed / HALF_LIFE) if self._speed else 0.0
        self._speed = keep * self._speed + (1 - keep) * now
        self._last = (seconds, updates)

    def finished(self, event: TrainingFinished) -> None:
        if self.progress is None:
            return
        at = self.progress
        self.progress = Progress(
            epoch=at.epoch,
            epochs=at.epochs,
            step=at.step,
            steps_per_epoch=at.steps_per_epoch,
            fraction=1.0 if event.reason == "finished" else at.fraction,
            seconds=event.seconds,
            seconds_left=None,
            samples_per_second=event.samples_per_second or at.samples_per_second,
        )
