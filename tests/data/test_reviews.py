"""The bundled reviews are what their card says: varied, balanced, without copies."""

import re
from collections import Counter, defaultdict

import numpy as np
import pytest

from nnstudio import resources
from nnstudio.analysis.evaluation import evaluate
from nnstudio.analysis.prediction import predict
from nnstudio.data.reviews import CARD, COUNT, RIGHT, WITHIN_ONE, MovieReviews, read
from nnstudio.engine.network import Network
from nnstudio.engine.trainer import Trainer
from nnstudio.graph.check import check
from nnstudio.project import templates

WORD = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?")


def words(text):
    return WORD.findall(text.lower())


def test_there_are_at_least_1500_reviews_with_as_many_for_every_number_of_stars():
    texts, stars = read()
    counts = Counter(stars.tolist())
    assert len(texts) >= 1500
    assert sorted(counts) == [1, 2, 3, 4, 5]
    assert min(counts.values()) >= 300
    assert len(set(counts.values())) == 1


def test_reviews_are_one_line_of_15_to_80_words():
    content = resources.path("data/movie_reviews.tsv").read_text(encoding="utf-8")
    lines = content.split("\n")
    assert lines[0] == "stars\ttext"
    assert lines[-1] == ""
    assert all(line.count("\t") == 1 for line in lines[1:-1])
    assert all(15 <= len(words(text)) <= 80 for text in read()[0])


def test_no_two_reviews_share_a_run_of_eight_words():
    seen = {}
    for index, text in enumerate(read()[0]):
        found = words(text)
        for start in range(len(found) - 7):
            run = tuple(found[start : start + 8])
            assert seen.setdefault(run, index) == index, " ".join(run)


def test_no_two_reviews_are_alike():
    sets = [frozenset(words(text)) for text in read()[0]]
    by_word = defaultdict(set)
    for index, found in enumerate(sets):
        for word in found:
            by_word[word].add(index)
    rare = {word for word, where in by_word.items() if len(where) <= 40}
    for index, found in enumerate(sets):
        for other in {o for word in found & rare for o in by_word[word] if o > index}:
            shared = len(found & sets[other]) / len(found | sets[other])
            assert shared < 0.5, (index, other)


def test_no_frequent_word_gives_the_stars_away():
    occurrences = defaultdict(Counter)
    for text, star in zip(*read(), strict=True):
        for word in words(text):
            occurrences[word][star] += 1
    for word, counts in occurrences.items():
        if counts.total() >= 15:
            assert max(counts.values()) <= 0.9 * counts.total(), (word, counts)


def test_the_set_is_divided_the_same_way_each_time_and_every_class_alike():
    first, second = MovieReviews().load(), MovieReviews().load()
    assert first.train.texts == second.train.texts
    assert first.test.texts == second.test.texts
    assert MovieReviews(seed=1).load().test.texts != first.test.texts
    sets = [set(part.texts) for part in (first.train, first.validation, first.test)]
    assert sum(map(len, sets)) == len(set.union(*sets)) == len(read()[0])
    for part in (first.train, first.validation, first.test):
        counts = np.bincount(part.y)
        assert len(counts) == 5
        assert counts.max() - counts.min() <= 1


def test_the_vocabulary_is_fitted_on_the_training_part_only():
    dataset = MovieReviews(vocabulary=None).load()
    seen = {word for text in dataset.train.texts for word in dataset.words.tokens(text)}
    assert set(dataset.words.vocabulary) == seen
    assert dataset.signature.input_shape == (len(seen),)
    assert dataset.feature_names == dataset.words.vocabulary


def test_the_card_says_where_the_reviews_come_from_and_how_many_there_are():
    texts, stars = read()
    assert len(texts) == COUNT
    assert f"{COUNT:,} short reviews" in CARD
    assert f"{np.bincount(stars)[1]} for each number of stars" in CARD
    assert "written for this project" in CARD
    assert "MIT" in CARD
    assert "small" in CARD
    assert MovieReviews().load().class_names[0] == "1 star"


def test_the_network_of_the_course_does_about_as_well_as_the_card_says():
    project = templates.new("sentiment")
    dataset = project.data.load()
    plan = check(project.graph, dataset.signature, project.training.loss).plan
    network = Network(plan, project.training.loss, seed=0)
    for _ in Trainer(network, dataset, project.training).run():
        pass
    found = evaluate(network, dataset, "test")
    off = np.abs(found.predicted - found.target)
    assert np.mean(off == 0) == pytest.approx(RIGHT, abs=0.08)
    assert np.mean(off <= 1) == pytest.approx(WITHIN_ONE, abs=0.08)
    assert f"about {100 * RIGHT:.0f} %" in dataset.card
    assert "chance is 20 %" in dataset.card
    assert found.baseline.chance == 0.2
    plain = predict(network, dataset, "The acting was good and the story was great").shares
    assert plain[3] + plain[4] > plain[0] + plain[1], "plain praise is read as praise"
