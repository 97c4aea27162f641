"""The bag of words counts as a learner would by hand, and as scikit-learn does."""

import time

import numpy as np
import pytest

from nnstudio.data.words import BagOfWords
from nnstudio.spec import ProblemError

TEXTS = ["The cat saw the dog.", "A dog! A DOG?", "", "naïve I a b"]


def test_words_are_runs_of_two_or_more_letters_in_lower_case():
    bag = BagOfWords.fit(TEXTS)
    assert bag.vocabulary == ("dog", "the", "cat", "naïve", "saw")
    assert bag.encode(TEXTS).toarray().tolist() == [
        [1, 2, 1, 0, 1],
        [2, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 1, 0],
    ]


def test_ties_at_the_end_of_the_vocabulary_go_by_the_alphabet_whatever_the_order():
    texts = ["delta alpha charlie bravo", "alpha delta"]
    assert BagOfWords.fit(texts, 3).vocabulary == ("alpha", "delta", "bravo")
    assert BagOfWords.fit(texts[::-1], 3).vocabulary == ("alpha", "delta", "bravo")


def test_case_counts_and_stop_words_can_be_chosen():
    assert "DOG" in BagOfWords.fit(TEXTS, lowercase=False).vocabulary
    assert BagOfWords.fit(TEXTS, counts=False).encode(["dog dog"]).max() == 1
    bag = BagOfWords.fit(["this is not good, not at all"], stop_words=True)
    assert bag.vocabulary == ("good",)


def test_a_text_set_without_any_word_is_refused_in_words():
    with pytest.raises(ProblemError, match="no word to count"):
        BagOfWords.fit(["a", "!", ""])
    with pytest.raises(ProblemError, match="stop words aside"):
        BagOfWords.fit(["this is the"], stop_words=True)


def test_spans_point_at_the_words_in_the_text_as_written():
    bag = BagOfWords.fit(["good film"])
    text = "İ Good, odd FILM"
    found = [(text[start:end], column) for start, end, column in bag.spans(text)]
    assert found == [("Good", bag.columns["good"]), ("odd", None), ("FILM", bag.columns["film"])]
    assert bag.tokens("A good film") == ["good", "film"]


def test_an_encoded_set_is_canonical_float32_csr():
    matrix = BagOfWords.fit(TEXTS).encode(TEXTS * 50)
    assert matrix.format == "csr"
    assert matrix.dtype == np.float32
    assert matrix.indices.dtype == np.int32
    assert matrix.indptr.dtype == np.int32
    checked = matrix.copy()
    checked.has_canonical_format = False
    checked.sum_duplicates()
    assert (checked != matrix).nnz == 0
    assert BagOfWords.fit(TEXTS).encode([]).shape == (0, 5)


def test_all_words_agree_with_scikit_learn():
    text = pytest.importorskip("sklearn.feature_extraction.text")
    from nnstudio.data.reviews import read

    reviews, _ = read()
    reference = text.CountVectorizer().fit(reviews)
    bag = BagOfWords.fit(reviews, None)
    assert set(bag.vocabulary) == set(reference.vocabulary_)
    order = [reference.vocabulary_[word] for word in bag.vocabulary]
    assert (reference.transform(reviews)[:, order] != bag.encode(reviews)).nnz == 0


def test_nine_thousand_sentences_are_counted_in_half_a_second():
    from nnstudio.data.reviews import read

    reviews, _ = read()
    sentences = [part for text in reviews * 3 for part in (text[:110], text[110:220])][:8544]
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        BagOfWords.fit(sentences).encode(sentences)
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.5


def test_a_vocabulary_survives_json_and_a_damaged_one_is_refused():
    import json

    bag = BagOfWords.fit(TEXTS, 3, counts=False)
    assert BagOfWords.from_json(json.loads(json.dumps(bag.to_json()))) == bag
    for damaged in (
        None,
        [],
        {},
        {**bag.to_json(), "vocabulary": ["a", "a"]},
        {**bag.to_json(), "vocabulary": [1]},
        {**bag.to_json(), "counts": "yes"},
    ):
        with pytest.raises(ProblemError, match="vocabulary in this file is damaged"):
            BagOfWords.from_json(damaged)
