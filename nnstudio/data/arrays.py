"""Arrays of a program as a data set, for `Dataset.from_arrays`; refusals quote what they got."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.data.labelled import MOST_CLASSES
from nnstudio.data.splits import split
from nnstudio.graph.plan import Signature, Task
from nnstudio.spec import Place, Problem, ProblemError

Array = np.ndarray[Any, Any]
#: Another part of the data: none, a share of the training samples, or arrays (x, y) of its own.
Part = float | tuple[Any, Any] | None


def from_arrays(
    x: Any,
    y: Any,
    validation: Part,
    test: Part,
    class_names: Sequence[str] | None,
    feature_names: Sequence[str],
    task: Task | None,
    tokens: int,
    standardize: bool,
    seed: int,
    title: str,
) -> Dataset:
    """The data set that `Dataset.from_arrays` describes."""
    inputs, targets = read_inputs(x, tokens), _array(y, "y")
    refuse_lengths(inputs, targets)
    if not len(targets):
        raise refusal("There are no samples", f"x has the shape {inputs.shape}.")
    task = task or ("regression" if _is_real(targets) else "classification")
    names: tuple[str, ...] = ()
    if task == "classification":
        names = _class_names(targets, class_names)
        targets = read_classes(targets, names)
    else:
        targets = read_numbers(targets)
    validated, tested = _share(validation, "validation"), _share(test, "test")
    rows = split(targets, validated, tested, seed, stratify=task == "classification")
    parts = [Samples(inputs[r], targets[r]) if len(r) else None for r in rows]
    if not validated and not tested:
        parts[0] = Samples(inputs, targets)  # in the order in which they came
    for place, given in ((1, validation), (2, test)):
        if isinstance(given, tuple | list):
            parts[place] = _another(given, ("validation", "test")[place - 1], inputs, names, tokens)
    train = parts[0]
    assert train is not None, "a split always leaves training samples"
    if len(feature_names) not in (0, inputs.shape[1]):
        raise refusal(
            f"{len(feature_names):,} feature names were given for {inputs.shape[1]:,} inputs",
            "Give one for each column of x, or none.",
        )
    data = Dataset(
        title=title,
        signature=_signature(train, task, names, tokens),
        train=train,
        validation=parts[1],
        test=parts[2],
        class_names=names,
        feature_names=tuple(map(str, feature_names)),
    )
    return _standardized(data) if standardize else _in_float32(data)


# ---- inputs -----------------------------------------------------------------------------------


def read_inputs(x: Any, tokens: int = 0) -> Any:
    """Samples as the network takes them: float32 (n, ...), CSR, or int64 indices for ``tokens``.

    Raises `ProblemError` that quotes what cannot be taken.
    """
    if hasattr(x, "tocsr"):
        found = x.tocsr().astype(np.float32)
        _refuse_strange(found.data)
        return found
    array = _array(x, "x")
    if array.dtype.kind not in "fiub":
        raise refusal(
            f"x holds {_kind(array)}, not numbers",
            f"Its first value is {_first(array)}. Turn it into numbers first.",
        )
    if array.ndim < 2:
        raise refusal(
            f"x has the shape {array.shape}, but needs one row per sample",
            "Write x.reshape(-1, 1) if each number is a sample, x.reshape(1, -1) if all of them "
            "are one sample.",
        )
    if tokens:
        if array.dtype.kind == "f" and (array != np.floor(array)).any():
            raise refusal("x holds fractions, not indices", f"Its first value is {_first(array)}.")
        if array.size and not 0 <= array.min() <= array.max() < tokens:
            raise refusal(
                f"x holds indices from {array.min():g} to {array.max():g}",
                f"With tokens={tokens} they must lie between 0 and {tokens - 1}.",
            )
        return array.astype(np.int64)
    _refuse_strange(array)
    with np.errstate(over="ignore"):
        found = np.ascontiguousarray(array, dtype=np.float32)
    if not np.isfinite(found).all():
        raise refusal(
            "x holds numbers too large for float32", f"The largest is {np.abs(array).max():g}."
        )
    return found


def refuse_lengths(x: Any, y: Any) -> None:
    """Raise a `ProblemError` unless there is one target for every sample."""
    if y.ndim == 0 or x.shape[0] != y.shape[0]:
        raise refusal(
            f"x has {x.shape[0]:,} samples, y {y.shape[0] if y.ndim else 'only one value'}"
            + (" targets" if y.ndim else ""),
            f"Their shapes are {tuple(x.shape)} and {y.shape}; each sample needs one target.",
        )


# ---- targets ----------------------------------------------------------------------------------


def read_classes(y: Any, names: Sequence[str]) -> Array:
    """Class numbers (n,) from numbers, names or one-hot rows; raises `ProblemError` otherwise."""
    labels = _labels(_array(y, "y"))
    if labels.dtype.kind in "US":
        known = {name: number for number, name in enumerate(names)}
        found = np.array([known.get(str(label), -1) for label in labels], dtype=np.int64)
        if (found < 0).any():
            raise _unknown(labels[found < 0], names)
        return found
    written = np.array([_number(name) for name in names])
    if np.array_equal(np.sort(written), written) and np.isfinite(written).all():
        found = np.searchsorted(written, labels)  # the names are the numbers themselves
        found = np.where(written[np.minimum(found, len(names) - 1)] == labels, found, -1)
    else:
        inside = (labels >= 0) & (labels < len(names)) & (labels == np.floor(labels))
        found = np.where(inside, labels, -1)
    if (found < 0).any():
        raise _unknown(labels[found < 0], names)
    return found.astype(np.int64)


def read_numbers(y: Any, outputs: int = 0) -> Array:
    """Numbers to be predicted as float64 (n, outputs); raises `ProblemError` otherwise."""
    array = _array(y, "y")
    if array.dtype.kind not in "fiub":
        raise refusal(f"y holds {_kind(array)}, not numbers", f"It begins with {_first(array)}.")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or (outputs and array.shape[1] != outputs):
        wanted = f"(samples, {outputs})" if outputs else "(samples,) or (samples, outputs)"
        raise refusal(f"y has the shape {array.shape}", f"Numbers to predict need {wanted}.")
    _refuse_strange(array, "y")
    if array.size and np.abs(array).max() > np.finfo(np.float32).max:
        raise refusal(
            "y holds numbers too large for float32", f"The largest is {np.abs(array).max():g}."
        )
    return array.astype(np.float64)


def _labels(array: Array) -> Array:
    """Labels (n,): a column is laid flat, one-hot rows become the place of their one."""
    if array.dtype.kind not in "fiubUS":
        raise refusal(f"y holds {_kind(array)}, not labels", f"It begins with {_first(array)}.")
    if array.dtype.kind == "b":
        array = array.astype(np.int64)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 2 and array.dtype.kind in "fiu" and _one_hot(array):
        array = array.argmax(axis=1)
    if array.ndim != 1:
        raise refusal(
            f"y has the shape {array.shape}",
            "Classes need one label per sample, shape (samples,), or one-hot rows with a single 1. "
            "Numbers to predict must be floats.",
        )
    if array.dtype.kind == "f":
        _refuse_strange(array, "y")
    return array


def _class_names(y: Array, given: Sequence[str] | None) -> tuple[str, ...]:
    if given is not None:
        names = tuple(map(str, given))
        if len(set(names)) < max(2, len(names)):
            raise refusal(
                f"class_names must be two or more different names, not {list(names)[:8]!r:.80}", ""
            )
        return names
    if y.ndim == 2 and y.shape[1] > 1 and y.dtype.kind in "fiu" and _one_hot(y):
        return tuple(map(str, range(y.shape[1])))
    different = np.unique(_labels(y))
    if len(different) > MOST_CLASSES:
        raise refusal(
            f"y holds {len(different):,} different labels",
            f"They go from {different[0]} to {different[-1]}; at most {MOST_CLASSES} are read as "
            "classes without class_names. If they are amounts to be predicted, give them as "
            "floats: y.astype(float).",
        )
    if len(different) < 2:
        raise refusal(
            f"All labels in y are {different[0]}",
            "A network learns to tell classes apart, so it needs two or more. If a class does not "
            "occur in these samples, name all of them with class_names.",
        )
    if different.dtype.kind in "iuf":
        return tuple(
            f"{label:g}" if different.dtype.kind == "f" else str(label) for label in different
        )
    return tuple(map(str, different))


def _unknown(labels: Any, names: Sequence[str]) -> ProblemError:
    shown = ", ".join(dict.fromkeys(f"{label}" for label in labels[:50]))
    return refusal(
        f"y holds labels that are none of the {len(names)} classes: {shown:.80}",
        f"The classes are {', '.join(names[:12])}" + (" and more." if len(names) > 12 else "."),
    )


def _one_hot(array: Array) -> bool:
    return bool(((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all())


def _is_real(y: Array) -> bool:
    """Whether targets are amounts: floats, unless they are one-hot rows."""
    return y.dtype.kind == "f" and not (y.ndim == 2 and y.shape[1] > 1 and _one_hot(y))


# ---- the parts --------------------------------------------------------------------------------


def _share(part: Part, name: str) -> float:
    if part is None or isinstance(part, tuple | list):
        return 0.0
    if isinstance(part, bool) or not isinstance(part, int | float) or not 0 <= part < 0.9:
        raise refusal(
            f"{name}={part!r:.60} is neither a share nor arrays",
            f"Give a number from 0 to 0.9, such as {name}=0.15, or a pair {name}=(x, y).",
        )
    return float(part)


def _another(
    part: Sequence[Any], name: str, train: Any, names: tuple[str, ...], tokens: int
) -> Samples:
    if len(part) != 2:
        raise refusal(f"{name} has {len(part)} parts", f"Give a pair: {name}=(x, y).")
    try:
        x, y = read_inputs(part[0], tokens), _array(part[1], "y")
        refuse_lengths(x, y)
        targets = read_classes(y, names) if names else read_numbers(y)
    except ProblemError as error:
        first = error.problems[0]
        raise refusal(f"In the {name} set, {first.title}", first.explain) from None
    if x.shape[1:] != train.shape[1:]:
        raise refusal(
            f"The {name} set has samples of the shape {x.shape[1:]}",
            f"Those of the training set have {train.shape[1:]}.",
        )
    return Samples(x, targets)


def _signature(train: Samples, task: Task, names: tuple[str, ...], tokens: int) -> Signature:
    classifies = task == "classification"
    return Signature(
        input_shape=tuple(map(int, train.x.shape[1:])),
        task=task,
        classes=len(names),
        outputs=1 if classifies else int(train.y.shape[1]),
        tokens=tokens,
        target_minimum=0.0 if classifies else float(train.y.min()),
        target_maximum=float(len(names) - 1) if classifies else float(train.y.max()),
    )


def _in_float32(data: Dataset) -> Dataset:
    """The data with numbers to be predicted in the engine's precision."""
    if data.signature.task == "classification":
        return data

    def cast(part: Samples | None) -> Samples | None:
        return None if part is None else Samples(part.x, part.y.astype(np.float32))

    train = cast(data.train)
    assert train is not None
    return dataclasses.replace(
        data, train=train, validation=cast(data.validation), test=cast(data.test)
    )


def _standardized(data: Dataset) -> Dataset:
    """The data with inputs, and a single number to predict, scaled by the training part's."""
    if hasattr(data.train.x, "tocsr") or data.signature.tokens:
        raise refusal(
            "Only a dense array of numbers can be standardised",
            "A sparse matrix would lose its zeros, and indices are names rather than amounts.",
        )
    x = np.asarray(data.train.x, dtype=np.float64)
    offset, scale = x.mean(axis=0), x.std(axis=0)
    scale[scale == 0.0] = 1.0
    target_offset, target_scale = 0.0, 1.0
    if data.signature.task == "regression" and data.signature.outputs == 1:
        target_offset = float(data.train.y.mean())
        target_scale = float(data.train.y.std()) or 1.0

    def scaled(part: Samples | None) -> Samples | None:
        if part is None:
            return None
        y = part.y
        if data.signature.task == "regression":
            y = ((y - target_offset) / target_scale).astype(np.float32)
        return Samples(((part.x - offset) / scale).astype(np.float32), y)

    train = scaled(data.train)
    assert train is not None
    return dataclasses.replace(
        data,
        signature=_signature(train, data.signature.task, data.class_names, data.signature.tokens),
        train=train,
        validation=scaled(data.validation),
        test=scaled(data.test),
        offset=offset,
        scale=scale,
        target_offset=target_offset,
        target_scale=target_scale,
    )


# ---- quoting ----------------------------------------------------------------------------------


def refusal(title: str, explain: str) -> ProblemError:
    """The error for arrays that cannot be taken."""
    return ProblemError(Problem(title, explain, Place("data")))


def _array(values: Any, name: str) -> Array:
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O":  # as pandas hands over columns
            words = all(isinstance(value, str) for value in array.reshape(-1))
            array = array.astype(str if words else np.float64)
        return array.astype(str) if array.dtype.kind == "S" else array
    except TypeError:
        return np.asarray(values)
    except ValueError:  # rows of different lengths
        raise refusal(
            f"{name} is no array of numbers or names, or its rows have different lengths",
            f"It begins with {str(values)[:60]}.",
        ) from None


def _refuse_strange(values: Array, name: str = "x") -> None:
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        place = ", ".join(map(str, bad[0]))
        raise refusal(
            f"{name} holds {len(bad):,} values that are no finite numbers",
            f"The first is {values[tuple(bad[0])]} at [{place}]. Fill such places, or leave the "
            "samples out.",
        )


def _kind(array: Array) -> str:
    return "text" if array.dtype.kind in "US" else f"{array.dtype} values"


def _first(array: Array) -> str:
    return repr(array.reshape(-1)[:1].tolist()[0])[:60] if array.size else "nothing"


def _number(name: str) -> float:
    try:
        return float(name)
    except ValueError:
        return float("nan")
