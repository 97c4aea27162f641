"""The vocabulary every floor shares: declared fields, parts, problems. Standard library only."""

from nnstudio.spec.declaration import Part, from_json, parts, to_json, walk
from nnstudio.spec.fields import (
    FieldSpec,
    boolean,
    choice,
    integer,
    part,
    path,
    real,
    shape,
    text,
)
from nnstudio.spec.problem import Fix, Place, Problem, ProblemError, Severity

__all__ = [
    "FieldSpec",
    "Fix",
    "Part",
    "Place",
    "Problem",
    "ProblemError",
    "Severity",
    "boolean",
    "choice",
    "from_json",
    "integer",
    "part",
    "parts",
    "path",
    "real",
    "shape",
    "text",
    "to_json",
    "walk",
]
