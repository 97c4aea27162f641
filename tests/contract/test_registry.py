"""Every part there is keeps the promises that forms, files, help and the command line rely on.

Run with ``-v`` this lists the whole registry: kind and name of each part.
"""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnstudio import resources
from nnstudio.data.dataset import DataSource
from nnstudio.project.setup import TrainingSetup
from nnstudio.spec import FieldSpec, Part, ProblemError, from_json, parts, to_json
from tests.contract.drawing import settings_of, values

EXPECTED = {
    "activation": "elu gelu leaky_relu linear relu selu sigmoid silu softmax softplus step tanh",
    "clip": "clip_by_global_norm clip_by_norm clip_by_value",
    DataSource.kind: "blobs breast_cancer circles diabetes digits iris moons movie_reviews spirals "
    "text_file text_folder wine xor",
    "decay": "weight_decay",
    "initializer": "constant glorot_normal glorot_uniform he_normal he_uniform lecun_normal "
    "lecun_uniform ones orthogonal random_normal random_uniform zeros",
    "layer": "activation add batch_normalization concatenate dense dropout embedding flatten "
    "gaussian_noise global_average_pooling_1d input layer_normalization multiply reshape",
    "loss": "binary_crossentropy categorical_crossentropy hinge huber kl_divergence log_cosh "
    "mean_absolute_error mean_squared_error squared_hinge",
    "metric": "accuracy f1 mean_absolute_error precision r2 recall roc_auc "
    "root_mean_squared_error top_k_accuracy",
    "optimizer": "adadelta adagrad adam adamax adamw nadam rmsprop sgd",
    "schedule": "constant cosine exponential one_cycle reduce_on_plateau step warm_up",
    "stopping": "early_stopping",
    TrainingSetup.kind: "training",
}
#: Kinds that are mathematics: they show their formula and say who found it.
FORMULAS = [kind for kind in EXPECTED if kind not in ("dataset", "layer", "stopping", "training")]

ALL = [cls for kind in EXPECTED for cls in parts(kind).values()]
each_part = pytest.mark.parametrize("cls", ALL, ids=lambda cls: f"{cls.kind}:{cls.name}")
FIELDS = [(cls, spec) for cls in ALL for spec in cls.fields()]
each_field = pytest.mark.parametrize(
    ("cls", "spec"), FIELDS, ids=[f"{cls.kind}:{cls.name}:{spec.name}" for cls, spec in FIELDS]
)
quick = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)


@pytest.mark.parametrize("kind", EXPECTED)
def test_all_parts_of_the_course_are_there(kind: str) -> None:
    assert set(EXPECTED[kind].split()) <= set(parts(kind))


@pytest.mark.parametrize("kind", EXPECTED)
def test_titles_tell_parts_of_a_kind_apart(kind: str) -> None:
    titles = [cls.title.lower() for cls in parts(kind).values()]
    assert len(titles) == len(set(titles))


@each_part
def test_a_part_introduces_itself(cls: type[Part]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", cls.name)
    assert cls.title.strip() == cls.title != ""
    assert not cls.title.endswith(".")
    sentence = cls.sentence()
    assert sentence.endswith(".")
    assert sentence[0] == sentence[0].upper()
    assert "`" not in sentence, "a tooltip shows plain words"
    assert len(sentence) <= 100
    assert not re.search(r"[.!?] [A-Z]", sentence), "one sentence"


@pytest.mark.parametrize("kind", FORMULAS)
def test_mathematics_shows_its_formula_and_its_source(kind: str) -> None:
    for cls in parts(kind).values():
        assert cls.formula, cls
        for line in (cls.formula + "\n" + getattr(cls, "derivative_formula", "")).splitlines():
            assert len(line) <= 72 if kind in ("clip", "metric") else len(line) <= 50, line
        if cls.name != "linear":
            assert re.search(r"\b(1[6-9]|20)\d\d\b", cls.reference), f"{cls}: no year"


@each_part
def test_a_part_is_an_unchangeable_value_with_a_default_for_everything(cls: type[Part]) -> None:
    one, two = cls(), cls()
    assert one == two
    assert hash(one) == hash(two)
    for field in dataclasses.fields(cls):
        assert "spec" in field.metadata, f"{field.name} is not declared"
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(one, field.name, None)


@each_field
def test_a_field_says_what_it_means(cls: type[Part], spec: FieldSpec) -> None:
    assert spec.label[0] == spec.label[0].upper() or spec.label == "k"
    assert not spec.label.endswith((".", ":"))
    assert spec.help.endswith(".")
    assert spec.help[0] == spec.help[0].upper() or spec.help[0] in "ψ"
    if spec.kind in ("integer", "real"):
        assert spec.minimum is not None
        assert spec.maximum is not None
        assert spec.minimum < spec.maximum
        assert spec.range_text()
    if spec.kind == "choice":
        assert len(spec.options) >= 2
        assert all(title for _, title in spec.options)
        assert len(dict(spec.options)) == len(spec.options)
    if spec.kind == "part":
        assert parts(spec.part_kind)
    if spec.optional:
        assert spec.none_title


@each_field
def test_a_field_refuses_what_is_outside_in_a_sentence(cls: type[Part], spec: FieldSpec) -> None:
    wrong: list[Any] = [object()]
    if spec.kind in ("integer", "real"):
        assert spec.minimum is not None
        assert spec.maximum is not None
        one = 1 if spec.kind == "integer" else 1.0
        wrong += [spec.minimum - one, spec.maximum + one * max(1, abs(spec.maximum)), True, "3"]
        wrong += [spec.minimum] if spec.open_minimum else []
        wrong += [spec.maximum] if spec.open_maximum else []
    if spec.kind == "real":
        wrong += [float("nan"), float("inf")]
    if not spec.optional:
        wrong.append(None)
    for value in wrong:
        with pytest.raises(ProblemError) as caught:
            cls(**{spec.name: value})
        problem = caught.value.problems[0]
        assert problem.where.field == spec.name
        assert problem.title.startswith(cls.title)


@each_field
@quick
@given(data=st.data())
def test_a_field_takes_everything_inside_its_range(
    cls: type[Part], spec: FieldSpec, data: st.DataObject
) -> None:
    value = data.draw(values(spec))
    assert spec.refusal(value) is None


@each_part
@quick
@given(data=st.data())
def test_a_part_survives_the_file_whatever_its_settings(
    cls: type[Part], data: st.DataObject
) -> None:
    part = data.draw(settings_of(cls))
    written = json.loads(json.dumps(to_json(part), allow_nan=False))
    assert from_json(cls.kind, written) == part


@each_part
@quick
@given(data=st.data())
def test_a_part_sums_itself_up_in_one_line(cls: type[Part], data: st.DataObject) -> None:
    summary = data.draw(settings_of(cls)).summary()
    assert isinstance(summary, str)
    assert "\n" not in summary
    assert len(cls().summary()) <= 40, "it has to fit on a card"


@each_part
def test_a_file_with_a_setting_too_many_or_a_bad_one_is_refused(cls: type[Part]) -> None:
    written = to_json(cls())
    with pytest.raises(ProblemError):
        from_json(cls.kind, written | {"colour": "blue"})
    for spec in cls.fields():
        with pytest.raises(ProblemError):
            from_json(cls.kind, written | {spec.name: {"type": "nothing"}})


@pytest.mark.parametrize("kind", ["layer", "dataset"])
def test_every_card_has_an_icon(kind: str) -> None:
    for cls in parts(kind).values():
        icon = getattr(cls, "icon", "")
        assert resources.path(f"icons/{icon}.svg").is_file(), f"{cls.name}: {icon}"
