"""Made-up points and the classic tables: reproducible, divided, in the shape they promise."""

import subprocess
import sys

import numpy as np
import pytest

import nnstudio.data  # noqa: F401 - makes the parts known
from nnstudio.data.bundled import Diabetes, Digits, Iris, Wine
from nnstudio.data.encoding import class_numbers, encode
from nnstudio.data.points import Blobs, Circles, Moons, PointSource, Spirals, Xor
from nnstudio.data.splits import split
from nnstudio.spec import ProblemError, from_json, parts, to_json

OWN = {"text_file", "text_folder"}
READY = [source for name, source in parts("dataset").items() if name not in OWN]


@pytest.mark.parametrize("source", READY, ids=lambda source: source.name)
def test_a_data_set_keeps_its_promise(source):
    dataset = source().load()
    signature = dataset.signature
    for part in (dataset.train, dataset.validation, dataset.test):
        assert part.x.shape == (len(part), *signature.input_shape)
        assert part.x.dtype == np.float32
        values = part.x.data if hasattr(part.x, "indptr") else part.x
        assert np.isfinite(values).all()
        if signature.task == "classification":
            assert part.y.dtype == np.int64
            assert part.y.shape == (len(part),)
            assert set(part.y) <= set(range(signature.classes))
        else:
            assert part.y.dtype == np.float32
            assert part.y.shape == (len(part), signature.outputs)
    assert len(dataset.class_names) == signature.classes
    assert not dataset.feature_names or len(dataset.feature_names) == np.prod(signature.input_shape)
    assert dataset.card
    assert 0 < dataset.density <= 1


@pytest.mark.parametrize("source", READY, ids=lambda source: source.name)
def test_a_declaration_survives_json_and_is_described(source):
    assert from_json("dataset", to_json(source())) == source()
    assert source.sentence().endswith(".")
    assert source().summary()
    assert hash(source()) == hash(source())


@pytest.mark.parametrize("source", [Circles, Xor, Blobs, Spirals, Moons])
def test_points_follow_seed_noise_and_size(source):
    def points(**settings):
        return source(validation_fraction=0.0, test_fraction=0.0, **settings).load()

    one = points(size=200, seed=3)
    assert np.array_equal(one.train.x, points(size=200, seed=3).train.x)
    assert not np.array_equal(one.train.x, points(size=200, seed=4).train.x)
    assert len(one.train) == 200
    assert one.validation is None
    assert one.test is None
    assert np.ptp(np.bincount(one.train.y)) <= 1
    spread = np.abs(points(size=200, noise=1.0).train.x).max()
    assert np.abs(points(size=200, noise=0.0).train.x).max() <= 1.25 < spread
    assert issubclass(source, PointSource)


def test_without_noise_the_shapes_are_exact():
    xor = Xor(noise=0.0).load().train
    assert np.array_equal(xor.y == 1, xor.x[:, 0] * xor.x[:, 1] < 0)
    circles = Circles(noise=0.0).load().train
    assert np.array_equal(circles.y == 1, np.hypot(*circles.x.T) > 0.55)
    assert len(Blobs(clouds=5).load().class_names) == 5
    assert len(Spirals(arms=3).load().class_names) == 3


def test_digits_come_as_pictures_or_rows():
    picture, row = Digits().load(), Digits(layout="row").load()
    assert picture.signature.input_shape == (8, 8)
    assert row.signature.input_shape == (64,)
    assert np.array_equal(picture.train.x.reshape(-1, 64), row.train.x)
    assert picture.train.x.min() == 0
    assert picture.train.x.max() == 1


def test_tables_are_standardised_with_the_figures_of_the_training_part():
    for source in (Iris, Wine, Diabetes):
        dataset = source().load()
        assert np.allclose(dataset.train.x.mean(axis=0), 0, atol=1e-5)
        assert np.allclose(dataset.train.x.std(axis=0), 1, atol=1e-4)
        assert not np.allclose(dataset.test.x.mean(axis=0), 0, atol=1e-5)
    assert Diabetes().load().target_scale > 50


def test_raw_numbers_are_encoded_as_the_training_data_was():
    digits = Digits().load()
    raw = digits.test.x[:3] * 16
    encoded = encode(raw, (8, 8), offset=digits.offset, scale=digits.scale)
    assert np.array_equal(encoded, digits.test.x[:3])
    with pytest.raises(ProblemError, match="takes 8 × 8 numbers per sample, not 64"):
        encode(raw.reshape(3, 64), (8, 8))
    with pytest.raises(ProblemError, match="not numbers"):
        encode([["a", "b"]], (2,))
    assert class_numbers(["b", "x"], ("a", "b")).tolist() == [1, -1]


def test_a_split_is_stratified_disjoint_and_never_empties_a_class():
    y = np.array([0] * 90 + [1] * 9 + [2])
    train, validation, test = split(y, 0.2, 0.3, seed=5)
    assert sorted(np.concatenate([train, validation, test])) == list(range(100))
    assert np.bincount(y[test]).tolist() == [27, 3]
    assert np.bincount(y[validation]).tolist() == [18, 2]
    assert 2 in y[train]
    assert [part.tolist() for part in split(y, 0.2, 0.3, seed=5)] == [
        train.tolist(),
        validation.tolist(),
        test.tolist(),
    ]


def test_splits_that_leave_nothing_to_train_on_are_refused():
    with pytest.raises(ProblemError, match="less than 10 % for training"):
        Iris(validation_fraction=0.6, test_fraction=0.6)


def test_declaring_data_sets_imports_neither_scipy_nor_scikit_learn():
    code = (
        "import sys, nnstudio.data; from nnstudio.data.points import Moons; Moons().load();"
        "print([m for m in ('scipy', 'sklearn', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
