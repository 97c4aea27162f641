"""A loaded data set, and the declaration of where one comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnstudio.graph.plan import Signature
from nnstudio.spec import Part

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from nnstudio.data.words import BagOfWords


@dataclass(frozen=True, eq=False)
class Samples:
    """One part of a data set (training, validation or test).

    ``x`` is float32 of shape (n, *input shape), or a float32 CSR matrix (n, features), or int64
    for token indices. ``y`` is int64 of shape (n,) for classes, float32 (n, outputs) otherwise.
    ``texts`` are the original sentences where the data is text.
    """

    x: np.ndarray[Any, Any] | csr_matrix
    y: np.ndarray[Any, Any]
    texts: Sequence[str] | None = None

    def __len__(self) -> int:
        return int(self.x.shape[0])


@dataclass(frozen=True, eq=False)
class Dataset:
    """Data ready for training. Never changed after loading, so threads may share it.

    ``class_names`` is empty for regression. ``feature_names`` names the inputs when they are a
    flat row (words, columns). ``words`` is the fitted bag of words of a text set. ``offset`` and
    ``scale`` are what numeric columns were standardised with: stored = (raw - offset) / scale.
    ``card`` is a short plain text: what the data is, where it is from, its licence.
    """

    title: str
    signature: Signature
    train: Samples
    validation: Samples | None
    test: Samples | None
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    target_name: str = ""
    words: BagOfWords | None = None
    offset: np.ndarray[Any, Any] | None = None
    scale: np.ndarray[Any, Any] | None = None
    target_offset: float = 0.0
    target_scale: float = 1.0
    card: str = ""
    notes: tuple[Any, ...] = field(default=())  # Problems worth showing: skipped rows, tiny classes

    @property
    def density(self) -> float:
        """The share of training inputs that are not zero, 0 to 1."""
        x: Any = self.train.x
        if x.shape[0] == 0:
            return 0.0
        stored = x.nnz if hasattr(x, "nnz") else np.count_nonzero(x)
        return float(stored) / float(np.prod(x.shape, dtype=np.float64))


@dataclass(frozen=True)
class DataSource(Part):
    """Base of all data sets a project can refer to: a declaration that can be loaded.

    ``group`` sorts them in the data list: text, points, tables, images, own.
    """

    kind: ClassVar[str] = "dataset"
    group: ClassVar[str] = "own"
    icon: ClassVar[str] = "data"

    def load(self) -> Dataset:
        """Read or make the data; raises `ProblemError` if that cannot be done."""
        raise TypeError(f"{type(self).__name__} does not load")
