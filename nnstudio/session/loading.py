"""Loading data beside everything else, so that neither screen nor training waits for a file.

The most recently used data sets are kept, by the source that declares them: undoing a change of a
setting brings the earlier data back at once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from nnstudio.data.dataset import Dataset, DataSource
from nnstudio.session.worker import unforeseen
from nnstudio.spec import Problem, ProblemError

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

    A file that is being read cannot be interrupted, so every request has a daemon thread that
    nobody waits for: a slow disk delays neither the next request nor the end of the app.
    """

    def __init__(self, deliver: Callable[[Loaded], None]) -> None:
        self._deliver = deliver
        self._lock = threading.Lock()
        self._wanted: DataSource | None = None
        self._cache: OrderedDict[DataSource, Dataset] = OrderedDict()

    def cached(self, source: DataSource | None) -> Dataset | None:
        """The data set of this source if it was loaded before."""
        with self._lock:
            if source is None or source not in self._cache:
                return None
            self._cache.move_to_end(source)
            return self._cache[source]

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
        try:
            dataset = source.load()
            _ = dataset.fingerprint  # asked for by whoever compares; here it delays nobody
            loaded = Loaded(source, dataset)
        except ProblemError as error:
            loaded = Loaded(source, None, error.problems)
        except Exception as error:
            loaded = Loaded(source, None, (unforeseen(error),))
        with self._lock:
            if loaded.dataset is not None:
                self._keep(source, loaded.dataset)
            if self._wanted is not source:
                return
            self._wanted = None
        self._deliver(loaded)

    def _keep(self, source: DataSource, dataset: Dataset) -> None:
        self._cache[source] = dataset
        while len(self._cache) > 1 and (
            len(self._cache) > KEPT or sum(map(_size, self._cache.values())) > KEPT_BYTES
        ):
            self._cache.popitem(last=False)


def _size(dataset: Dataset) -> int:
    total = 0
    for part in (dataset.train, dataset.validation, dataset.test):
        if part is not None:
            x = part.x
            total += x.data.nbytes + x.indices.nbytes if hasattr(x, "indices") else x.nbytes
    return total
