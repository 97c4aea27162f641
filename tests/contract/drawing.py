"""Any valid settings of any part, drawn from nothing but its declaration."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from nnstudio.spec import FieldSpec, Part, ProblemError, parts


def values(spec: FieldSpec, depth: int = 2) -> st.SearchStrategy[Any]:
    """Values that the field's declaration allows, its very ends among them."""
    drawn = _values(spec, depth).filter(lambda value: spec.refusal(value) is None)
    return st.none() | drawn if spec.optional else drawn


def _values(spec: FieldSpec, depth: int) -> st.SearchStrategy[Any]:
    low, high = spec.minimum, spec.maximum
    match spec.kind:
        case "integer":
            assert low is not None
            assert high is not None
            return st.integers(int(low), int(high))
        case "real":
            return st.floats(
                low,
                high,
                exclude_min=spec.open_minimum,
                exclude_max=spec.open_maximum,
                allow_nan=False,
                allow_infinity=False,
            )
        case "boolean":
            return st.booleans()
        case "choice":
            return st.sampled_from([option for option, _ in spec.options])
        case "shape":
            return st.lists(st.integers(int(low or 0), 1000), max_size=4).map(tuple)
        case "part":
            kinds = st.sampled_from(list(parts(spec.part_kind).values()))
            if depth == 0:
                return kinds.map(lambda cls: cls())
            return kinds.flatmap(lambda cls: settings_of(cls, depth - 1))
        case _:
            letters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
            return st.text(letters, max_size=30)


def settings_of(cls: type[Part], depth: int = 2) -> st.SearchStrategy[Part]:
    """Parts of this class; combinations that it refuses as a whole are left out."""
    drawn = st.fixed_dictionaries({spec.name: values(spec, depth) for spec in cls.fields()})
    return drawn.map(lambda given: _build(cls, given)).filter(lambda part: part is not None)


def _build(cls: type[Part], given: dict[str, Any]) -> Part | None:
    try:
        return cls(**given)
    except ProblemError:
        return None
