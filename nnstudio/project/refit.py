"""A data set as trained weights read it.

Weights mean something only with the vocabulary, the classes and the scaling that were fitted
together with them. Data that changed since is expressed in those once more, never the other way
round: a column that stood for "good" must not become the one for "bad" because a file was edited.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from nnstudio.data.dataset import Dataset, DataSource, Samples
from nnstudio.data.encoding import class_numbers
from nnstudio.project.start import listed
from nnstudio.spec import Place, Problem, ProblemError

if TYPE_CHECKING:
    from nnstudio.project.model import Fitted, Trained

PARTS = {"train": "training set", "validation": "validation set", "test": "test set"}
_CLOSE = 1e-6  # the same sums differ by less between two processors
_compared: WeakKeyDictionary[Dataset, WeakKeyDictionary[Fitted, tuple[str, ...]]]
_compared = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Refitted:
    """A data set in the terms of earlier weights; ``left_out`` says by part what could not be."""

    dataset: Dataset
    left_out: Mapping[str, str]


def differences(fitted: Fitted, dataset: Dataset) -> tuple[str, ...]:
    """What is fitted differently on this data, in words; empty if it is the same data.

    Neither ever changes, so the answer is remembered as long as both are needed.
    """
    known = _compared.setdefault(dataset, WeakKeyDictionary())
    if fitted not in known:
        known[fitted] = _differences(fitted, dataset)
    return known[fitted]


def _differences(fitted: Fitted, dataset: Dataset) -> tuple[str, ...]:
    if not _same_kind(fitted, dataset):
        return ("what a sample is",)
    found = []
    if fitted.words != dataset.words:
        found.append(_changed_words(fitted, dataset))
    elif fitted.words is None and fitted.feature_names != dataset.feature_names:
        found.append("the columns")
    if fitted.class_names != dataset.class_names:
        found.append(f"the classes ({_some(dataset.class_names)} for {_some(fitted.class_names)})")
    scalings = ((fitted.offset, dataset.offset), (fitted.scale, dataset.scale))
    if not found and not all(_close(one, other) for one, other in scalings):
        found.append("the scaling of the columns")
    if not _close(fitted.target_offset, dataset.target_offset) or not _close(
        fitted.target_scale, dataset.target_scale
    ):
        found.append("the scaling of the target")
    if not found and fitted.samples and fitted.samples != dataset.samples:
        found.append(f"the training samples ({dataset.samples:,} for {fitted.samples:,})")
    texts = dataset.train.texts is not None and bool(fitted.fingerprint)
    if not found and texts and fitted.fingerprint != dataset.fingerprint:
        found.append("the training texts or their classes")
    return tuple(found)


def same_data(trained: Trained, source: DataSource | None, dataset: Dataset | None) -> bool:
    """Whether this is the data that was trained on; a file that only moved is the same."""
    start, fitted = trained.start, trained.fitted
    declared = start is None or start.data == source
    if dataset is None or fitted is None:
        return declared
    if differences(fitted, dataset):
        return False
    return declared or fitted.fingerprint == dataset.fingerprint


def refit(dataset: Dataset, fitted: Fitted) -> Refitted:
    """The data with the vocabulary, classes and scaling of earlier weights.

    Samples of classes which the weights do not know are left out. Raises `ProblemError` if the
    samples are of another kind altogether.
    """
    if not _same_kind(fitted, dataset):
        raise ProblemError(
            Problem(
                "The trained weights cannot read this data",
                f"They were trained on {_kind(fitted)}, and this data holds {_kind(dataset)}. "
                "Train to begin anew with this data, or choose the earlier data again.",
                Place("data"),
            )
        )
    same = (
        fitted.words == dataset.words
        and (fitted.words is not None or fitted.feature_names == dataset.feature_names)
        and fitted.class_names == dataset.class_names
        and _close(fitted.offset, dataset.offset)
        and _close(fitted.scale, dataset.scale)
        and _close(fitted.target_offset, dataset.target_offset)
        and _close(fitted.target_scale, dataset.target_scale)
    )
    if same:
        return Refitted(dataset, {})
    parts: dict[str, Samples] = {}
    left_out: dict[str, str] = {}
    for name in PARTS:
        samples: Samples | None = getattr(dataset, name)
        if samples is not None:
            parts[name], missing = _samples(samples, dataset, fitted)
            if missing:
                left_out[name] = missing
    signature = dataset.signature
    if fitted.signature is not None:
        signature = fitted.signature
    elif fitted.words is not None:
        signature = dataclasses.replace(
            signature, input_shape=(len(fitted.words),), classes=len(fitted.class_names)
        )
    changed = dataclasses.replace(
        dataset,
        signature=signature,
        train=parts["train"],
        validation=parts.get("validation"),
        test=parts.get("test"),
        **fitted.terms,
    )
    return Refitted(changed, left_out)


def _samples(samples: Samples, dataset: Dataset, fitted: Fitted) -> tuple[Samples, str]:
    """One part in the terms of the weights, and what was left out of it, in words."""
    x, y, texts = samples.x, samples.y, samples.texts
    if fitted.words is not None and fitted.words != dataset.words:
        assert texts is not None, "a bag of words was made of texts"
        x = fitted.words.encode(texts)
    elif fitted.words is None:
        x = _rescaled(x, dataset, fitted)
    if dataset.signature.task == "regression":
        raw = y.astype(np.float64) * dataset.target_scale + dataset.target_offset
        y = ((raw - fitted.target_offset) / fitted.target_scale).astype(np.float32)
        return Samples(x, y, texts), ""
    if fitted.class_names == dataset.class_names:
        return Samples(x, y, texts), ""
    number = class_numbers(dataset.class_names, fitted.class_names)
    y = number[samples.y]
    known: list[int] = np.flatnonzero(y >= 0).tolist()
    if len(known) == len(y):
        return Samples(x, y, texts), ""
    strange = Counter(dataset.class_names[k] for k in samples.y[y < 0].tolist())
    names = tuple(name for name, _ in strange.most_common())
    told = f"{len(y) - len(known):,} samples of classes the weights do not know: {_some(names)}"
    kept = None if texts is None else tuple(texts[row] for row in known)
    return Samples(x[known], y[known], kept), told


def _rescaled(x: Any, dataset: Dataset, fitted: Fitted) -> Any:
    """Numbers standardised as the weights know them, their columns in that order."""
    if dataset.signature.tokens:
        return x
    values = np.asarray(x, dtype=np.float64).reshape(len(x), -1)
    if dataset.offset is not None and dataset.scale is not None:
        values = values * np.reshape(dataset.scale, -1) + np.reshape(dataset.offset, -1)
    if fitted.feature_names != dataset.feature_names:
        place = {name: column for column, name in enumerate(dataset.feature_names)}
        values = values[:, [place[name] for name in fitted.feature_names]]
    if fitted.offset is not None and fitted.scale is not None:
        values = (values - np.reshape(fitted.offset, -1)) / np.reshape(fitted.scale, -1)
    return values.astype(np.float32).reshape(x.shape)


def _same_kind(fitted: Fitted, dataset: Dataset) -> bool:
    """Whether samples of the data can be given to the weights at all."""
    if (fitted.words is None) != (dataset.words is None):
        return False
    known, now = fitted.signature, dataset.signature
    if known is not None and (known.task, known.outputs, known.tokens) != (
        now.task,
        now.outputs,
        now.tokens,
    ):
        return False
    if fitted.words is not None:
        return dataset.train.texts is not None or fitted.words == dataset.words
    if known is not None and known.input_shape != now.input_shape:
        return False
    if now.task == "regression" and fitted.target_name != dataset.target_name:
        return False
    return sorted(fitted.feature_names) == sorted(dataset.feature_names)


def _kind(data: Fitted | Dataset) -> str:
    if data.words is not None:
        return "texts"
    names = [name for name in data.feature_names[:4] if name]
    if names:
        return f"the columns {', '.join(names)}{' …' if len(data.feature_names) > 4 else ''}"
    shape = data.signature.input_shape if data.signature is not None else ()
    return f"samples of {' × '.join(map(str, shape)) or 'another'} numbers"


def _changed_words(fitted: Fitted, dataset: Dataset) -> str:
    assert fitted.words is not None
    assert dataset.words is not None
    then, now = fitted.words.vocabulary, dataset.words.vocabulary
    gone = set(then) - set(now)
    if then == now:
        return "how words are counted"
    if not gone and len(then) == len(now):
        return "the order of the words"
    come = [word for word in now if word not in set(then)]
    lost = [word for word in then if word in gone]
    parts = [f"without {_some(lost)}" if lost else "", f"with {_some(come)}" if come else ""]
    return f"the vocabulary ({' and '.join(filter(None, parts))})"


def _some(names: Any, most: int = 3) -> str:
    shown = tuple(f"“{name[:30]}”" for name in list(names)[:most])
    more = len(names) - len(shown)
    return listed(shown) + (f" and {more:,} more" if more > 0 else "")


def _array(values: Any) -> Any:
    return np.zeros(0) if values is None else np.reshape(values, -1)


def _close(one: Any, other: Any) -> bool:
    one, other = _array(one), _array(other)
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=_CLOSE, atol=1e-12))
