"""Loading data beside everything else, so that neither screen nor training waits for a file.

The most recently used data sets are kept, by the source that declares them: undoing a change of a
setting brings the earlier data back at once.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nnstudio.data.dataset import Dataset, DataSource
from nnstudio.data.interrupting import InterruptedReadingError, interruptible
from nnstudio.data.paths import written
from nnstudio.session.trouble import unforeseen
from nnstudio.spec import Problem, ProblemError

Stamp = tuple[tuple[str, int, int], ...]

KEPT = 4
KEPT_BYTES = 1_000_000_000


@dataclass(frozen=True, eq=False)
class Loaded:
    """What came of loading `source`: a data set or problems."""

    source: DataSource
    dataset: Dataset | None
    problems: tuple[Problem, ...] = ()


class Loader:
    """Loads one source at a time in its own thread; a newer request makes an older one void.

    Reading a text is given up when nobody wants it any more; a slow disk cannot be interrupted.
    Every request therefore has a daemon thread that nobody waits for: it delays neither the next
    request nor the end of the app.
    """

    def __init__(self, deliver: Callable[[Loaded], None]) -> None:
        self._deliver = deliver
        self._lock = threading.Lock()
        self._wanted: DataSource | None = None
        self._cache: OrderedDict[DataSource, tuple[Stamp, Dataset]] = OrderedDict()

    def cached(self, source: DataSource | None) -> Dataset | None:
        """The data set of this source if it was loaded before and its files are as they were."""
        with self._lock:
            if source is None or source not in self._cache:
                return None
            stamp, dataset = self._cache[source]
            if stamp != stamp_of(source):
                del self._cache[source]
                return None
            self._cache.move_to_end(source)
            return dataset

    def load(self, source: DataSource) -> None:
        """Start loading; `deliver` is called in the loading thread unless another request came."""
        with self._lock:
            if self._wanted is source:
                return
            self._wanted = source
            self._cache.pop(source, None)
        threading.Thread(target=self._load, args=(source,), name="loader", daemon=True).start()

    def forget(self) -> None:
        """Whatever is being loaded is no longer wanted."""
        with self._lock:
            self._wanted = None

    def _load(self, source: DataSource) -> None:
        stamp = stamp_of(source)
        try:
            with interruptible(lambda: self._wanted is not source):
                dataset = source.load()
            _ = dataset.fingerprint  # asked for by whoever compares; here it delays nobody
            loaded = Loaded(source, dataset)
        except InterruptedReadingError:
            return
        except ProblemError as error:
            loaded = Loaded(source, None, error.problems)
        except BaseException as error:  # else it would be loading for ever
            loaded = Loaded(source, None, (unforeseen(error),))
        with self._lock:
            if loaded.dataset is not None:
                self._keep(source, stamp, loaded.dataset)
            if self._wanted is not source:
                return
            self._wanted = None
        self._deliver(loaded)

    def _keep(self, source: DataSource, stamp: Stamp, dataset: Dataset) -> None:
        self._cache[source] = stamp, dataset
        while len(self._cache) > 1 and (
            len(self._cache) > KEPT
            or sum(_size(kept) for _, kept in self._cache.values()) > KEPT_BYTES
        ):
            self._cache.popitem(last=False)


def stamp_of(source: DataSource) -> Stamp:
    """When the files and folders that a source names were last changed, and how large they are.

    In a folder the folders of the classes are looked at, not every text.
    """
    found: list[tuple[str, int, int]] = []
    for spec in source.fields():
        path = getattr(source, spec.name) if spec.kind == "path" else ""
        if not path:
            continue
        for place in _with_folders(written(path)):
            try:
                state = place.stat()
            except OSError:
                found.append((str(place), 0, -1))
            else:
                found.append((str(place), state.st_mtime_ns, state.st_size))
    return tuple(found)


def _with_folders(path: Path) -> list[Path]:
    """A path and, if it is a folder, the folders down to two levels in it."""
    places = [path]
    for _ in range(2):
        for folder in list(places):
            try:
                inner = [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir()]
            except OSError:
                continue
            places += sorted(set(inner) - set(places))
    return places


def _size(dataset: Dataset) -> int:
    total = 0
    for part in (dataset.train, dataset.validation, dataset.test):
        if part is not None:
            x = part.x
            total += x.data.nbytes + x.indices.nbytes if hasattr(x, "indices") else x.nbytes
    return total
