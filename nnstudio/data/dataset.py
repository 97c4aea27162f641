"""A loaded data set, and the declaration of where one comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnstudio.data.baselines import Baseline, baseline
from nnstudio.graph.plan import Signature, Task
from nnstudio.spec import Part

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from nnstudio.data.words import BagOfWords

_HASHED = 2_000_000  # numbers that a fingerprint reads
_LOOKED_AT = 5_000  # samples in which the ranges are looked for


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

    @classmethod
    def from_arrays(
        cls,
        x: Any,
        y: Any,
        *,
        validation: float | tuple[Any, Any] | None = None,
        test: float | tuple[Any, Any] | None = None,
        class_names: Sequence[str] | None = None,
        feature_names: Sequence[str] = (),
        task: Task | None = None,
        tokens: int = 0,
        standardize: bool = False,
        seed: int = 0,
        title: str = "arrays",
    ) -> Dataset:
        """A data set of arrays or lists: x (samples, ...) and one target per sample.

        ``y`` holds classes as whole numbers, names or one-hot rows, or amounts to be predicted as
        floats (n,) or (n, outputs); ``task`` decides where that is wrong. ``class_names`` are the
        classes in the order of the outputs, else they are what ``y`` holds, sorted.
        ``validation`` and ``test`` are shares of the samples, such as 0.15, or pairs (x, y). With
        ``tokens`` the inputs are indices below it, for an Embedding. ``standardize`` brings each
        column, and a single amount to predict, to mean 0 and variance 1; a `Model` still takes and
        gives the data's own units. Raises `ProblemError` that quotes what cannot be taken.
        """
        from nnstudio.data.arrays import from_arrays

        return from_arrays(
            *(x, y, validation, test, class_names, feature_names),
            *(task, tokens, standardize, seed, title),
        )

    def __repr__(self) -> str:
        parts = (("training", self.train), ("validation", self.validation), ("test", self.test))
        counts = " + ".join(f"{len(part):,} {name}" for name, part in parts if part is not None)
        shape = " × ".join(map(str, self.signature.input_shape))
        task = f"{self.signature.classes} classes"
        if self.signature.task == "regression":
            outputs = self.signature.outputs
            task = "a number to predict" if outputs == 1 else f"{outputs:,} numbers to predict"
        return f"Dataset({self.title!r}: {counts} samples of {shape} inputs, {task})"

    @property
    def samples(self) -> int:
        """How many training samples there are."""
        return len(self.train)

    @cached_property
    def fingerprint(self) -> str:
        """A short text that another training part does not share: of texts and classes all,
        of numbers so many rows that it takes no time."""
        digest = hashlib.blake2b(digest_size=12)
        if self.train.texts is not None:
            names = self.class_names or tuple(map(str, range(self.signature.classes)))
            for text, number in zip(self.train.texts, self.train.y.tolist(), strict=True):
                digest.update(f"{names[number]}\0{text}\0".encode("utf-8", "surrogatepass"))
            return digest.hexdigest()
        x: Any = self.train.x
        rows = slice(None, None, 1 + int(np.prod(x.shape)) // _HASHED)
        for part in (x.data if hasattr(x, "tocsr") else x[rows], self.train.y[rows]):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    @cached_property
    def ranges(self) -> np.ndarray[Any, Any] | None:
        """The least, mean and greatest raw value of every input (3, inputs); None for words."""
        sparse = self.words is not None or hasattr(self.train.x, "tocsr")
        if sparse or self.signature.tokens or not len(self.train):
            return None
        x = np.asarray(self.train.x[:_LOOKED_AT], dtype=np.float64).reshape(
            min(_LOOKED_AT, len(self.train)), -1
        )
        found = np.array([x.min(axis=0), x.mean(axis=0), x.max(axis=0)])
        if self.offset is not None and self.scale is not None:
            found = found * np.reshape(self.scale, -1) + np.reshape(self.offset, -1)
        return found

    @cached_property
    def baselines(self) -> dict[str, Baseline]:
        """What guessing reaches on the parts (train, validation, test) that can be guessed at."""
        if self.signature.task != "classification":
            return {}
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        found = {
            name: baseline(part.y, self.signature.classes, self.class_names)
            for name, part in parts.items()
            if part is not None
        }
        return {name: guessed for name, guessed in found.items() if guessed is not None}

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
