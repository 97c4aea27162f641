"""One prediction, and what pushed it.

What a word (or a feature) contributed is measured, not estimated: the network predicts once more
without it, and the difference is its push. For a word "without" means that it is taken out of the
text; for a number, that the training set's average stands in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.analysis.evaluation import gives_probabilities, names_of
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.graph.plan import Signature
from nnstudio.nn.metrics import predicted_classes
from nnstudio.project.model import Fitted
from nnstudio.spec import Place, Problem, ProblemError

if TYPE_CHECKING:
    from nnstudio.engine.network import Network

Array = np.ndarray[Any, Any]
_MOST_PUSHES = 2_000


@dataclass(frozen=True, eq=False)
class Push:
    """What one input contributed: `by` is the change of every output that is owed to it."""

    name: str
    column: int
    value: float
    by: Array


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the network says to one input.

    ``outputs`` are the network's outputs, in the target's own unit for regression; ``shares`` has
    one number for every class that sums to 1, None where the outputs are no probabilities.
    ``winner`` is the predicted class, None for regression. ``words`` are (start, end, column) in
    ``raw``, column None for a word the network does not know. ``x`` is the encoded input.
    """

    raw: Any
    x: Any
    outputs: Array
    shares: Array | None
    winner: int | None
    class_names: tuple[str, ...]
    words: tuple[tuple[int, int, int | None], ...]
    pushes: tuple[Push, ...]

    @property
    def known(self) -> int:
        """How many of the words the network knows."""
        return sum(column is not None for _, _, column in self.words)

    @property
    def groundless(self) -> bool:
        """Whether it is a text without a known word: to the network, an empty one."""
        return isinstance(self.raw, str) and not self.known

    @property
    def unknown(self) -> tuple[str, ...]:
        """The words of the text that are not in the vocabulary, each once, in their order."""
        missing = (self.raw[start:end] for start, end, column in self.words if column is None)
        return tuple(dict.fromkeys(missing))

    def push_of(self, column: int | None) -> Push | None:
        """What the input in this column contributed."""
        return next((push for push in self.pushes if push.column == column), None)


def predict(network: Network, fitted: Fitted | Dataset, raw: Any) -> Prediction:
    """Predict a text, a row of raw features, or an array of the network's input shape.

    ``fitted`` is what the network reads its inputs with; the data itself is not needed.

    Raises `ProblemError` for what the network cannot read.
    """
    words: tuple[tuple[int, int, int | None], ...] = ()
    x = encode(fitted, raw, network.plan.signature)
    if isinstance(raw, str):
        assert fitted.words is not None
        words = tuple(fitted.words.spans(raw))
        columns = [int(c) for c in np.unique(x.indices)]
        others = _without_words(x, columns)
    else:
        flat = x.reshape(1, -1)
        columns = [] if flat.shape[1] > _MOST_PUSHES else list(range(flat.shape[1]))
        columns = [c for c in columns if flat[0, c] != 0 or fitted.offset is not None]
        others = _without_features(x, columns)
    with network.undisturbed():
        outputs = network.predict(x).reshape(-1).astype(np.float64)
        without = network.predict(others).reshape(len(columns), outputs.size).astype(np.float64)
    classes = network.plan.signature.task == "classification"
    shares = _shares(network, outputs) if classes else None
    if not classes:
        scale, offset = fitted.target_scale, fitted.target_offset
        outputs, without = outputs * scale + offset, without * scale + offset
    names = fitted.feature_names
    dense = x.toarray().reshape(-1) if hasattr(x, "toarray") else x.reshape(-1)
    pushes = [
        Push(names[c] if c < len(names) else f"input {c}", c, float(dense[c]), by)
        for c, by in zip(columns, _pushes(shares, outputs, without), strict=True)
    ]
    winner = None
    if classes:
        winner = int(predicted_classes(outputs[None, :], network.loss.threshold)[0])
    index = 0 if winner is None else min(winner, len(shares if shares is not None else outputs) - 1)
    pushes.sort(key=lambda push: -abs(push.by[index]))
    return Prediction(
        raw=raw,
        x=x,
        outputs=outputs,
        shares=shares,
        winner=winner,
        class_names=names_of(fitted, network.plan.signature) if classes else (),
        words=words,
        pushes=tuple(pushes),
    )


def encode(fitted: Fitted | Dataset, raw: Any, signature: Signature) -> Any:
    """A text or raw numbers as the network reads them: one sample, sparse for a text.

    Raises `ProblemError` for what cannot be read.
    """
    if not isinstance(raw, str):
        return _encoded(fitted, raw, signature)
    if fitted.words is None:
        raise ProblemError(
            Problem(
                "This network does not read text",
                "Its data are numbers; give one number for every input.",
                Place("data"),
            )
        )
    return fitted.words.encode([raw])


def raw_of(dataset: Dataset, samples: Samples, row: int) -> Any:
    """What was encoded as this sample: its text, or its raw numbers; `encode` is the way back."""
    if samples.texts is not None:
        return str(samples.texts[row])
    values = np.asarray(samples.x[row], dtype=np.float64).reshape(-1)
    if dataset.offset is not None and dataset.scale is not None:
        values = values * np.reshape(dataset.scale, -1) + np.reshape(dataset.offset, -1)
    return values.tolist()


def _shares(network: Network, outputs: Array) -> Array | None:
    if not gives_probabilities(network):
        return None
    if len(outputs) == 1:
        return np.array([1.0 - outputs[0], outputs[0]])
    total = float(outputs.sum())
    return outputs / total if total > 0 else None


def _pushes(shares: Array | None, outputs: Array, without: Array) -> Array:
    if shares is not None and len(outputs) == 1:
        return np.column_stack([without[:, 0] - outputs[0], outputs[0] - without[:, 0]])
    return outputs[None, :] - without


def _without_words(x: Any, columns: Sequence[int]) -> Any:
    """One row for every word of the text, with that word taken out."""
    from scipy.sparse import csr_matrix

    rows = np.repeat(x.toarray(), max(len(columns), 1), axis=0)[: len(columns)]
    rows[np.arange(len(columns)), columns] = 0.0
    return csr_matrix(rows, shape=(len(columns), x.shape[1]))


def _without_features(x: Array, columns: Sequence[int]) -> Array:
    """One sample for every feature, with the average (0 once standardised) in its place."""
    rows = np.repeat(x.reshape(1, -1), max(len(columns), 1), axis=0)[: len(columns)]
    rows[np.arange(len(columns)), list(columns)] = 0
    return rows.reshape(len(columns), *x.shape[1:])


def _encoded(fitted: Fitted | Dataset, raw: Any, signature: Signature) -> Array:
    """Raw numbers as the network reads them: in its shape, standardised as the training data."""
    shape = signature.input_shape
    try:
        values = np.asarray(raw, dtype=np.int64 if signature.tokens else np.float64)
    except (TypeError, ValueError):
        raise ProblemError(
            Problem(
                "Every input must be a number", f"This was given: {str(raw)[:80]}", Place("data")
            )
        ) from None
    if values.size != int(np.prod(shape)):
        raise ProblemError(
            Problem(
                f"The network reads {int(np.prod(shape)):,} numbers, not {values.size:,}",
                "Give one number for every input.",
                Place("data"),
            )
        )
    if not np.all(np.isfinite(values)):
        raise ProblemError(
            Problem("Every input must be a finite number", "One of them is not.", Place("data"))
        )
    if fitted.offset is not None and fitted.scale is not None:
        values = (values.reshape(fitted.offset.shape) - fitted.offset) / fitted.scale
    if signature.tokens:
        return values.reshape(1, *shape)
    with np.errstate(over="ignore"):
        encoded = values.reshape(1, *shape).astype(np.float32)
    if not np.isfinite(encoded).all():
        raise ProblemError(
            Problem(
                "An input is too large for the network",
                f"The largest given is {np.abs(values).max():g}, once scaled as in training.",
                Place("data"),
            )
        )
    return encoded
