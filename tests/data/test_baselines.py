"""What guessing reaches: chance, and always answering the most frequent class."""

import numpy as np
import pytest

from nnstudio.data.baselines import baseline
from nnstudio.data.bundled import BreastCancer, Diabetes
from nnstudio.data.reviews import MovieReviews


def test_every_part_of_the_reviews_can_be_guessed_right_one_time_in_five():
    found = MovieReviews().load().baselines
    assert sorted(found) == ["test", "train", "validation"]
    for guessed in found.values():
        assert (guessed.chance, guessed.majority) == (0.2, 0.2)
        assert not guessed.uneven
        assert guessed.text("{:.3g}".format) == "chance 0.2"


def test_uneven_classes_are_told_with_the_share_of_the_most_frequent_one():
    guessed = BreastCancer().load().baselines["test"]
    assert guessed.chance == 0.5
    assert guessed.majority == pytest.approx(0.63, abs=0.02)
    assert guessed.majority_class == "benign"
    assert "chance 0.5, majority class 0.6" in guessed.text("{:.3g}".format)
    assert "always answering “benign”" in guessed.sentence


def test_a_class_without_a_sample_still_counts_for_chance():
    guessed = baseline(np.array([2, 2, 0]), 4, ("a", "b", "c", "d"))
    assert (guessed.chance, guessed.majority_class) == (0.25, "c")
    assert guessed.majority == pytest.approx(2 / 3)


def test_numbers_cannot_be_guessed_and_nothing_comes_of_no_samples():
    assert Diabetes().load().baselines == {}
    assert baseline(np.array([], dtype=np.int64), 3) is None
