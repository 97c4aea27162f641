"""Parts: the one declaration behind everything a learner can choose.

A layer, activation, loss, optimizer, data set ... is a frozen dataclass whose fields are declared
with `nnstudio.spec.fields`. A part that exists is valid: building one with a value outside its
declared range raises a `ProblemError`. A part within a part may be given by its name, with its
usual settings: ``Dense(3, "relu")``. Parts are found by importing the package they live in, so
adding one touches one file.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from types import ModuleType
from typing import Any, ClassVar, Self

from nnstudio.spec.fields import FieldSpec, quote
from nnstudio.spec.problem import Place, Problem, ProblemError

_registered: dict[str, dict[str, type[Part]]] = {}
_fields: dict[type[Any], tuple[FieldSpec, ...]] = {}  # found once: reading a file asks thousands


@dataclass(frozen=True)
class Part:
    """A choosable part of a network or of its training.

    A concrete part sets ``name`` (its identifier in files, snake case, Keras's where there is one)
    and ``title`` (what a learner reads). The first line of its docstring is its one-sentence help.
    """

    kind: ClassVar[str] = ""
    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    reference: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" in cls.__dict__ and cls.name:
            known = _registered.setdefault(cls.kind, {})
            other = known.get(cls.name)
            if other is not None and other.__qualname__ != cls.__qualname__:
                raise TypeError(f"two parts of kind {cls.kind!r} are named {cls.name!r}")
            known[cls.name] = cls

    def __post_init__(self) -> None:
        problems = []
        for spec in self.fields():
            given = getattr(self, spec.name)
            value = _plain(spec, given)
            if value is not given:
                object.__setattr__(self, spec.name, value)
            refused = spec.refusal(value)
            misplaced = not isinstance(value, Part) or value.kind != spec.part_kind
            if refused is None and spec.kind == "part" and value is not None and misplaced:
                article = "an" if spec.part_kind[0] in "aeiou" else "a"
                refused = f"{spec.label} must be {article} {spec.part_kind}, not {value!r:.60}."
            if refused is not None:
                where = Place(field=spec.name)
                known = ", ".join(sorted(_registered.get(spec.part_kind, {})))
                named = isinstance(value, str) and known
                explain = f"It is one of {known}." if named else ""
                problems.append(Problem(f"{self.title}: {refused.rstrip('.')}", explain, where))
        if problems:
            raise ProblemError(*problems)

    @classmethod
    def fields(cls) -> tuple[FieldSpec, ...]:
        """The declared fields, in the order a form shows them."""
        if cls not in _fields:
            _fields[cls] = tuple(
                dataclasses.replace(field.metadata["spec"], name=field.name)
                for field in dataclasses.fields(cls)
                if "spec" in field.metadata
            )
        return _fields[cls]

    @classmethod
    def sentence(cls) -> str:
        """The first line of the docstring: what the part does, in one sentence."""
        return (inspect.getdoc(cls) or "").split("\n", 1)[0]

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed; raises `ProblemError` if a value is refused."""
        return dataclasses.replace(self, **changes)

    def summary(self) -> str:
        """One short line of the settings, as a card on the canvas shows it."""
        return ""


def parts(kind: str) -> Mapping[str, type[Part]]:
    """All parts of a kind by name, in the order of their declaration."""
    return dict(_registered.get(kind, {}))


def _plain(spec: FieldSpec, value: Any) -> Any:
    """A value as a field keeps it: NumPy's numbers as Python's, lists as shapes, names as parts."""
    if spec.kind == "part" and isinstance(value, str):
        name = value.strip().lower().replace(" ", "_").replace("-", "_")
        cls = _registered.get(spec.part_kind, {}).get(name)
        return value if cls is None else cls()
    if spec.kind == "shape" and isinstance(value, list | tuple):
        whole = all(isinstance(n, Integral) and not isinstance(n, bool) for n in value)
        exact = isinstance(value, tuple) and all(type(n) is int for n in value)
        return tuple(map(int, value)) if whole and not exact else value
    if isinstance(value, int | float):
        return value
    if spec.kind == "integer" and isinstance(value, Integral):
        return int(value)
    return float(value) if spec.kind == "real" and isinstance(value, Real) else value


def walk(package: ModuleType) -> None:
    """Import every module of a package, so that the parts declared there become known."""
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        imported = importlib.import_module(module.name)
        if module.ispkg:
            walk(imported)


def to_json(value: Part) -> dict[str, Any]:
    """The part as plain JSON values; fields at their default are written too, for later readers."""
    written: dict[str, Any] = {"type": value.name}
    for spec in value.fields():
        item = getattr(value, spec.name)
        if isinstance(item, Part):
            item = to_json(item)
        elif isinstance(item, tuple):
            item = list(item)
        written[spec.name] = item
    return written


def from_json(kind: str, written: Any, where: Place | None = None) -> Part:
    """Read a part back; raises `ProblemError` for an unknown type, field or value."""
    where = where or Place()
    if not isinstance(written, dict) or not isinstance(written.get("type"), str):
        article = "An" if kind[0] in "aeiou" else "A"
        title = f"{article} {kind} is not written as an object with a type"
        raise ProblemError(Problem(title, quote(written), where))
    name = written["type"]
    cls = _registered.get(kind, {}).get(name)
    if cls is None:
        raise ProblemError(
            Problem(
                f"There is no {kind} named {quote(name)}",
                "The file may come from a newer version. Known: "
                + ", ".join(sorted(_registered.get(kind, {})))
                + ".",
                where,
            )
        )
    specs = {spec.name: spec for spec in cls.fields()}
    values: dict[str, Any] = {}
    for key, item in written.items():
        if key == "type":
            continue
        spec = specs.get(key)
        if spec is None:
            raise ProblemError(Problem(f"{cls.title} has no setting named {quote(key)}", "", where))
        if spec.kind == "part" and item is not None:
            item = from_json(spec.part_kind, item, where)
        elif spec.kind == "shape" and isinstance(item, list):
            item = tuple(item)
        elif spec.kind == "real" and isinstance(item, int) and not isinstance(item, bool):
            item = _as_float(item)
        values[key] = item
    try:
        return cls(**values)
    except ProblemError as error:
        raise ProblemError(
            *(
                dataclasses.replace(
                    problem, where=dataclasses.replace(where, field=problem.where.field)
                )
                for problem in error.problems
            )
        ) from None


def _as_float(whole: int) -> float | int:
    """A whole number where a real one is wanted; one too large for that is refused later on."""
    try:
        return float(whole)
    except OverflowError:
        return whole
