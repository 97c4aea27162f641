"""Refusing data that cannot be trained on, with the place where it is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.network import is_sparse
from nnstudio.graph.plan import Plan
from nnstudio.nn.layers.embedding import Embedding
from nnstudio.project import monitoring
from nnstudio.project.setup import TrainingSetup
from nnstudio.spec import Place, Problem, ProblemError

_DATA = Place("data")


def refuse_bad_data(dataset: Dataset, plan: Plan) -> None:
    """Raise a `ProblemError` for data that does not fit the plan or holds what is no number."""
    parts = [("training", dataset.train)]
    if dataset.validation is not None:
        parts.append(("validation", dataset.validation))
    if len(dataset.train) == 0:
        raise ProblemError(
            Problem(
                "There is nothing to learn from",
                "The training set is empty. Choose other data, or give the validation and test "
                "sets a smaller share.",
                _DATA,
            )
        )
    for title, samples in parts:
        refuse_bad_samples(title, samples, plan, dataset.feature_names)


def refuse_bad_samples(
    title: str, samples: Samples, plan: Plan, feature_names: Sequence[str] = ()
) -> None:
    """Raise a `ProblemError` for samples on which a network of this plan cannot be measured.

    ``title`` says which samples they are: training, validation, test.
    """
    _refuse_inputs(title, samples, plan, feature_names)
    _refuse_targets(title, samples, plan)


def refuse_bad_monitor(dataset: Dataset, setup: TrainingSetup) -> None:
    """Raise a `ProblemError` if the set-up watches what this data does not have."""
    found = monitoring.problems(setup, dataset.signature, bool(dataset.validation))
    if found:
        raise ProblemError(*found)


def _refuse_inputs(title: str, samples: Samples, plan: Plan, names: Sequence[str]) -> None:
    x: Any = samples.x
    expected = plan.steps[0].output_shape
    if tuple(x.shape[1:]) != tuple(expected):
        raise ProblemError(
            Problem(
                f"The {title} data does not fit the Input",
                f"Its samples have the shape {tuple(x.shape[1:])}, the Input has {expected}.",
                _DATA,
            )
        )
    if len(samples.y) != len(samples):
        raise ProblemError(
            Problem(
                f"The {title} set has {len(samples):,} samples but {len(samples.y):,} targets",
                "Every sample needs one target.",
                _DATA,
            )
        )
    values = x.data if is_sparse(x) else x
    if values.dtype.kind == "f":
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            row, column = _where(x, int(bad[0]))
            column_title = f"column {column}" if column >= len(names) else f"column {names[column]}"
            raise ProblemError(
                Problem(
                    f"The {title} data holds {len(bad):,} values that are not numbers",
                    f"The first is {values.reshape(-1)[bad[0]]} in row {row + 1}, {column_title}. "
                    "Fill such places or leave the rows out.",
                    _DATA,
                )
            )
    for step in plan.steps:
        if isinstance(step.layer, Embedding) and step.sources == (plan.steps[0].id,):
            _refuse_indices(title, values, step.layer.input_dim)


def _refuse_indices(title: str, values: Any, vocabulary: int) -> None:
    if values.size and (values.min() < 0 or values.max() >= vocabulary):
        raise ProblemError(
            Problem(
                f"The {title} data holds indices the Embedding does not know",
                f"They go from {values.min()} to {values.max()}, the Embedding's vocabulary from 0 "
                f"to {vocabulary - 1}.",
                _DATA,
            )
        )


def _refuse_targets(title: str, samples: Samples, plan: Plan) -> None:
    y = samples.y
    classes = plan.signature.classes
    if y.dtype.kind not in "fiub":
        raise ProblemError(
            Problem(
                f"The {title} targets are not numbers",
                f"They are of the dtype {y.dtype}. Classes are numbered from 0.",
                _DATA,
            )
        )
    if plan.signature.task == "regression":
        outputs = plan.step(plan.output).output_shape
        if tuple(y.shape[1:]) not in ((outputs, ()) if outputs == (1,) else (outputs,)):
            raise ProblemError(
                Problem(
                    f"The {title} targets do not fit the network's output",
                    f"They have the shape {tuple(y.shape)}; the network gives "
                    f"{(len(y), *outputs)} for them.",
                    _DATA,
                )
            )
        bad = np.flatnonzero(~np.isfinite(y.reshape(-1)))
        if len(bad):
            raise ProblemError(
                Problem(
                    f"The {title} targets hold {len(bad):,} values that are not numbers",
                    f"The first is in row {int(bad[0]) // max(1, y[0].size) + 1}.",
                    _DATA,
                )
            )
        return
    if y.dtype.kind not in "iub":
        raise ProblemError(
            Problem(
                f"The {title} targets are not classes",
                f"Classes are whole numbers from 0 to {classes - 1}; these are {y.dtype} numbers.",
                _DATA,
            )
        )
    if y.ndim != 1:
        raise ProblemError(
            Problem(
                f"The {title} targets are not one class per sample",
                f"They have the shape {tuple(y.shape)}, where {(len(samples),)} is needed. Of "
                "one-hot rows take the place of the 1 in each row: y.argmax(axis=1).",
                _DATA,
            )
        )
    if len(y) and (int(y.min()) < 0 or int(y.max()) >= classes):
        outside = np.flatnonzero((y < 0) | (y >= classes))
        raise ProblemError(
            Problem(
                f"The {title} set has {len(outside):,} labels outside its {classes} classes",
                f"The first is {int(y[outside[0]])} in row {int(outside[0]) + 1}; labels go from 0 "
                f"to {classes - 1}. A label that large or negative often comes from an overflow.",
                _DATA,
            )
        )


def _where(x: Any, place: int) -> tuple[int, int]:
    """Row and column of a stored value, counted from 0; columns count through all axes."""
    if is_sparse(x):
        csr = x.tocsr()
        row = int(np.searchsorted(csr.indptr, place, side="right")) - 1
        return row, int(csr.indices[place])
    per_row = int(np.prod(x.shape[1:])) or 1
    return divmod(place, per_row)
