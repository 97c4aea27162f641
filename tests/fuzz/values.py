"""Values that no honest file holds, and what they do to a JSON text."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

import nnstudio.nn  # noqa: F401  makes the parts known
from nnstudio.spec import ProblemError, parts, to_json

KINDS = ("layer", "activation", "loss", "optimizer", "schedule", "initializer", "dataset")
_RAW = "\u241araw\u241a"  # marks a text that stands in the JSON as it is

NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 2, 7, 64, 20_000, 100_000_000, 2**31, 2**53, 2**63, -(2**63), 2**64, 10**400),
    *(0.5, -0.0, 1e-320, 1e300, -1e300, 1.5, 3e38, float("nan"), float("inf"), float("-inf")),
)
TEXTS: tuple[Any, ...] = (
    *("", " ", "\0", "\ud800", "caf\udce9", "\u202e\ufeff", "a" * 300, "x" * 20_000, "\n\r\t\x1b"),
    *("dense-1", "dense-999999999", "loss", "../../etc/passwd", "<b>&amp;", "nan", "1e999"),
    *("/dev/zero", "/dev/stdin", "NaN", "relu", "softmax", "adam", "spirals", "\U0010ffff", "१"),
)
ODD: tuple[Any, ...] = (None, True, False, [], {}, [[]], [None], {"type": "dense"}, [1, 2], {"": 0})
RAW = (
    "[" * 60 + "]" * 60,
    '{"a":' * 500 + "1" + "}" * 500,
    "1e999",
    "-1e999",
    "9" * 4200,
    "9" * 5000,
    "1." + "3" * 5000,
    "NaN",
    "-Infinity",
    '"\\ud83d"',
    '"\\u0000"',
    "tru",
    "{,}",
    "[1,]",
    "0x10",
    "1_0",
)

Place = tuple[Callable[[Any], None], Any]


def hostile(random: Random) -> Any:
    """One value that does not belong where it is put."""
    kind = random.randrange(8)
    if kind < 3:
        return random.choice(NUMBERS)
    if kind == 3:
        return random.randrange(-10, 400)
    if kind == 4:
        return random.choice(TEXTS)
    if kind == 5:
        return copy.deepcopy(random.choice(ODD))
    if kind == 6:
        return _RAW + random.choice(RAW) + _RAW
    return [random.choice(NUMBERS)] * random.randrange(12)


def mutated_json(value: Any, random: Random) -> str:
    """The JSON text of a value with one to four of its parts changed."""
    value = copy.deepcopy(value)
    double = ""
    for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
        places = list(_places(value))
        if not places:
            break
        parent, key = places[random.randrange(len(places))]
        match random.randrange(11):
            case 0:
                del parent[key]
            case 6 | 7 if (part := _another(parent[key], random)) is not None:
                parent[key] = part
            case 8 if isinstance(parent[key], int | float) and not isinstance(parent[key], bool):
                parent[key] = random.choice((0, 1, 2, 3, 5, 8, 30, 0.25, 1.5, parent[key] + 1))
            case 1:
                other, where = random.choice(places)
                if _is_there(other, where):
                    parent[key] = copy.deepcopy(other[where])
            case 2 if isinstance(parent, dict):
                parent[str(hostile(random))[:500]] = parent.pop(key)
            case 2 if isinstance(parent, list):
                parent.insert(key, copy.deepcopy(parent[key]))
            case 3 if isinstance(parent[key], int | float):
                parent[key] = parent[key] * random.choice((-1, 2, 10, 1000, 0.5))
            case 4 if isinstance(parent[key], list):
                parent[key] *= random.choice((0, 2, 50))
            case 5 if isinstance(parent, dict):
                double = json.dumps(key)
            case _:
                parent[key] = hostile(random)
    text = json.dumps(value, ensure_ascii=random.random() < 0.5, indent=random.choice((None, 1)))
    text = _with_raw(text)
    if double and (at := text.find(double)) >= 0:
        text = f"{text[:at]}{double}: 1, {text[at:]}"
    return text


def _another(written: Any, random: Random) -> dict[str, Any] | None:
    """Another part of the same kind as this one, all its settings as they come."""
    if not isinstance(written, dict) or not isinstance(written.get("type"), str):
        return None
    kinds = [kind for kind in KINDS if written["type"] in parts(kind)]
    if not kinds:
        return None
    cls = random.choice(list(parts(random.choice(kinds)).values()))
    try:
        return to_json(cls())
    except (TypeError, ProblemError):
        return None


def _with_raw(text: str) -> str:
    for mark in (_RAW, json.dumps(_RAW)[1:-1]):
        pieces = text.split(mark)
        for n in range(1, len(pieces) - 1, 2):
            if pieces[n - 1].endswith('"') and pieces[n + 1].startswith('"'):
                pieces[n - 1], pieces[n + 1] = pieces[n - 1][:-1], pieces[n + 1][1:]
                pieces[n] = pieces[n].replace('\\"', '"').replace("\\\\", "\\")
        text = "".join(pieces)
    return text


def _is_there(parent: Any, key: Any) -> bool:
    return key in parent if isinstance(parent, dict) else key < len(parent)


def _places(value: Any) -> Any:
    """(parent, key) of everything inside a value."""
    stack = [value]
    while stack:
        parent = stack.pop()
        keys = list(parent) if isinstance(parent, dict) else range(len(parent))
        for key in keys:
            yield parent, key
            if isinstance(parent[key], dict | list):
                stack.append(parent[key])
