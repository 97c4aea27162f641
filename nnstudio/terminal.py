"""What the command line shows: a progress bar, tables, and problems in words."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TextIO

from nnstudio.engine.events import BatchFinished, EpochFinished, TrainingStarted
from nnstudio.project import monitoring
from nnstudio.project.model import EpochRecord
from nnstudio.spec import Problem, ProblemError, Severity

WIDTH = 24  # characters of the bar
PAUSE = 0.1  # seconds between two drawings of the bar


class Progress:
    """Follows a training run on a terminal: one line that moves, or a line an epoch elsewhere."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.moves = self.stream.isatty()
        encoding = (getattr(self.stream, "encoding", None) or "ascii").lower()
        self.full, self.rest = ("━", "─") if "utf" in encoding else ("#", ".")
        self._started: TrainingStarted | None = None
        self._began = self._drawn = time.perf_counter()
        self._steps = 0
        self._last: EpochRecord | None = None
        self._length = 0

    def follow(self, event: object) -> None:
        """Take note of an event of the trainer, and show it if it is time to."""
        if isinstance(event, TrainingStarted):
            self._started = event
        elif isinstance(event, BatchFinished) and self._started is not None:
            self._steps += 1
            now = time.perf_counter()
            if self.moves and now - self._drawn >= PAUSE:
                self._drawn = now
                self._draw(event)
        elif isinstance(event, EpochFinished):
            self._last = event.record
            if not self.moves and self._started is not None:
                epochs = self._started.epochs
                line = f"epoch {event.record.epoch}/{epochs}  {figures(event.record)}"
                print(line, file=self.stream, flush=True)

    def close(self) -> None:
        """Take the moving line away."""
        if self.moves and self._length:
            self.stream.write("\r" + " " * self._length + "\r")
            self.stream.flush()
            self._length = 0

    def _draw(self, event: BatchFinished) -> None:
        started = self._started
        assert started is not None, "a batch comes after the start"
        steps = (started.epochs - started.first_epoch + 1) * started.steps_per_epoch
        share = min(1.0, self._steps / max(1, steps))
        bar = self.full * round(share * WIDTH)
        left = (time.perf_counter() - self._began) * (1 - share) / max(share, 1e-9)
        told = figures(self._last) if self._last else f"loss {event.loss:.4f}"
        line = (
            f"epoch {event.epoch}/{started.epochs} {bar.ljust(WIDTH, self.rest)} "
            f"{told}  at most {_clock(left)} left"
        )
        self.stream.write("\r" + line.ljust(self._length))
        self.stream.flush()
        self._length = len(line)


def figures(record: EpochRecord) -> str:
    """The figures of an epoch in one line."""
    told = [f"loss {record.loss:.4f}"]
    if record.accuracy is not None:
        told.append(f"accuracy {record.accuracy:.4f}")
    if record.validation_loss is not None:
        told.append(f"validation loss {record.validation_loss:.4f}")
    if record.validation_accuracy is not None:
        told.append(f"accuracy {record.validation_accuracy:.4f}")
    told += [f"{monitoring.title(name)} {value:.4f}" for name, value in record.metrics.items()]
    return "  ".join(told)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under a head; the first column is set left, all others right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in (head, *rows):
        first, *others = (
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join(lines)


def tell(problem: Problem, stream: TextIO | None = None) -> None:
    """Write a problem: what happened, then why and what to do."""
    word = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}
    stream = stream or sys.stderr
    print(f"{word[problem.severity]}: {problem.title}.", file=stream)
    if problem.explain:
        print(f"  {problem.explain}", file=stream)


def tell_all(error: ProblemError) -> None:
    """Write all problems an error carries."""
    for problem in error.problems:
        tell(problem)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds + 0.5), 60)
    return f"{minutes}:{seconds:02d}"
