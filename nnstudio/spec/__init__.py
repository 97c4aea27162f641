"""The vocabulary every floor shares: declared fields, parts, problems. Standard library only."""

from nnstudio.spec.declaration import Part, from_json, parts, to_json, walk
from nnstudio.spec.fields import (
    FieldSpec,
    boolean,
    choice,
    integer,
    part,
    path,
    quote,
    real,
    shape,
    text,
)
from nnstudio.spec.foreign import as_text, is_text, one_door, refuse_device
from nnstudio.spec.problem import Fix, Place, Problem, ProblemError, Severity

__all__ = [
    "FieldSpec",
    "Fix",
    "Part",
    "Place",
    "Problem",
    "ProblemError",
    "Severity",
    "as_text",
    "boolean",
    "choice",
    "from_json",
    "integer",
    "is_text",
    "one_door",
    "part",
    "parts",
    "path",
    "quote",
    "real",
    "refuse_device",
    "shape",
    "text",
    "to_json",
    "walk",
]
