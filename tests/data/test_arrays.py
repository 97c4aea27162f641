"""Arrays and lists of a program become a data set, or a sentence quotes what was wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnstudio import Dataset
from nnstudio.spec import ProblemError

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(5.0, 3.0, (60, 4))
Y = np.arange(60) % 3
make = Dataset.from_arrays


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (Y, ("0", "1", "2")),
        (Y[:, None], ("0", "1", "2")),
        (Y.tolist(), ("0", "1", "2")),
        (Y + 1, ("1", "2", "3")),
        (np.eye(3)[Y], ("0", "1", "2")),
        (np.eye(3, dtype=int)[Y], ("0", "1", "2")),
        (np.array(["a", "b", "c"])[Y], ("a", "b", "c")),
        (np.array(["a", "b", "c"], dtype=object)[Y], ("a", "b", "c")),
        ((10 * Y).astype(np.uint8), ("0", "10", "20")),
    ],
)
def test_classes_come_in_many_shapes(y: Any, names: tuple[str, ...]) -> None:
    data = make(X, y)
    assert data.class_names == names
    np.testing.assert_array_equal(data.train.y, Y)
    assert data.train.y.dtype == np.int64
    assert data.train.x.dtype == np.float32
    assert (data.signature.task, data.signature.classes) == ("classification", 3)


def test_yes_and_no_are_two_classes_with_names_of_ones_own() -> None:
    data = make(X, Y == 1, class_names=["no", "yes"])
    assert data.class_names == ("no", "yes")
    np.testing.assert_array_equal(data.train.y, (Y == 1).astype(int))


def test_class_names_name_a_class_that_does_not_occur() -> None:
    data = make(X, np.where(Y == 2, 0, Y), class_names=["a", "b", "c"])
    assert data.signature.classes == 3


def test_floats_are_numbers_to_predict_unless_they_are_said_to_be_classes() -> None:
    data = make(X, X[:, 0])
    assert (data.signature.task, data.signature.outputs) == ("regression", 1)
    assert data.train.y.shape == (60, 1)
    assert make(X, X[:, :2]).signature.outputs == 2
    assert make(X, Y.astype(float), task="classification").class_names == ("0", "1", "2")


def test_shares_are_split_off_with_the_same_mix_of_classes() -> None:
    data = make(X, Y, validation=0.2, test=0.1, seed=1)
    parts = (data.train, data.validation, data.test)
    assert [len(part) for part in parts if part is not None] == [42, 12, 6]
    assert np.bincount(data.validation.y).tolist() == [4, 4, 4]  # type: ignore[union-attr]
    rows = np.concatenate([part.x for part in parts if part is not None])
    assert len(np.unique(rows, axis=0)) == 60


def test_sets_of_ones_own_are_read_as_the_training_set_was() -> None:
    data = make(X, np.array(["a", "b", "c"])[Y], validation=(X[:3], ["c", "c", "a"]), test=0.5)
    assert data.validation is not None
    assert data.validation.y.tolist() == [2, 2, 0]
    assert len(data.train) == 30


def test_standardising_uses_the_training_part_and_is_remembered() -> None:
    data = make(X, 100 + 20 * X[:, 0], test=0.3, standardize=True)
    assert data.offset is not None
    assert data.scale is not None
    assert data.test is not None
    np.testing.assert_allclose(data.train.x.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(data.train.x.std(axis=0), 1, atol=1e-5)
    raw = data.test.x * data.scale + data.offset
    true = data.test.y * data.target_scale + data.target_offset
    np.testing.assert_allclose(true[:, 0], 100 + 20 * raw[:, 0], rtol=1e-5)
    constant = make(np.ones((6, 2)), [0, 1] * 3, standardize=True)
    assert np.isfinite(constant.train.x).all()


def test_indices_and_sparse_rows_stay_what_they_are() -> None:
    from scipy.sparse import csr_array

    data = make(Y.reshape(20, 3), np.arange(20) % 2, tokens=3)
    assert data.train.x.dtype == np.int64
    assert data.signature.tokens == 3
    assert hasattr(make(csr_array(X), Y).train.x, "tocsr")


WRONG: dict[str, tuple[Any, str]] = {
    "one-dimensional x": (lambda: make(X[:, 0], Y), r"x has the shape \(60,\)"),
    "lengths": (lambda: make(X, Y[:10]), "60 samples, y 10 targets"),
    "a single target": (lambda: make(X, 3), "60 samples, y only one"),
    "text": (lambda: make(X.astype(str), Y), "x holds text"),
    "complex": (lambda: make(X * 1j, Y), "x holds complex128"),
    "objects": (lambda: make([[{}]] * 60, Y), "x"),
    "ragged": (lambda: make([[1, 2], [3]], [0, 1]), r"different lengths.*\[\[1, 2\], \[3\]\]"),
    "empty": (lambda: make(np.zeros((0, 4)), []), r"no samples.*\(0, 4\)"),
    "nan": (lambda: make(np.where(X[7, 2] == X, np.nan, X), Y), r"nan at \[7, 2\]"),
    "infinite target": (lambda: make(X, np.full(60, np.inf)), "y holds 60"),
    "too large": (lambda: make(X * 1e300, Y), "too large for float32"),
    "one class": (lambda: make(X, Y * 0), "All labels in y are 0"),
    "unknown label": (lambda: make(X, Y, class_names=["a", "b"]), r"2 classes: 2\."),
    "negative label": (lambda: make(X, Y - 1, class_names=["a", "b", "c"]), "-1"),
    "a million classes": (
        lambda: make(np.zeros((10**6, 1), np.float32), np.arange(10**6)), "1,000,000 different"
    ),
    "several columns": (lambda: make(X, np.stack([Y, Y], 1)), r"y has the shape \(60, 2\)"),
    "names": (lambda: make(X, Y, class_names=["a", "a", "b"]), r"\['a', 'a', 'b'\]"),
    "columns": (lambda: make(X, Y, feature_names=["a"]), "1 feature names .* 4 inputs"),
    "share": (lambda: make(X, Y, validation=5), "validation=5"),
    "no pair": (lambda: make(X, Y, test=(X, Y, Y)), "test has 3 parts"),
    "other width": (lambda: make(X, Y, test=(X[:, :2], Y)), r"test set .*\(2,\)"),
    "strange test label": (lambda: make(X, Y, test=(X[:1], [9])), "test set, .*: 9"),
    "indices": (lambda: make(Y.reshape(20, 3), np.arange(20) % 2, tokens=2), "0 to 2"),
    "fractions": (lambda: make(X, Y, tokens=9), "fractions"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(WRONG))
def test_what_cannot_be_taken_is_quoted_in_a_sentence(what: str) -> None:
    wrong, says = WRONG[what]
    with pytest.raises(ProblemError, match=f"(?s){says}") as caught:
        wrong()
    assert "Traceback" not in str(caught.value)


def test_an_unknown_keyword_is_named() -> None:
    with pytest.raises(TypeError, match="'classes'"):
        make(X, Y, classes=3)  # type: ignore[call-arg]
