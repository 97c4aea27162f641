"""What a learner reads is plain English in the field's own terms, wherever it is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnstudio.project.setup import TrainingSetup
from nnstudio.spec import parts

ROOT = Path(__file__).parent.parent / "nnstudio"

#: Words that are poetry, or that the field does not use: what to write in their place.
BANNED = {
    r"\bheld\b": "fixed, or set aside",
    r"\btold\b|\btell(s|ing)? the truth\b": "say what is meant",
    r"\bbend(s|ing)?\b|\bbent\b": "applies the activation, is curved, non-linear",
    r"\bblames?\b|\bblamed\b": "gradient",
    r"\bwork it\b": "show as computation graph",
    r"\bby heart\b": "memorise",
    r"\bimagined\b": "synthetic",
    r"\bbl[eo]w up\b|\bblowing up\b": "diverged, grew too large",
    r"\bput together from\b": "computed from",
    r"\btaken for\b": "predicted as",
    r"\blearn from it\b": "use this data",
    r"\bthrow it away\b": "discard",
    r"\bforget them\b": "clear list",
    r"\d[^a-z]*% full\b|\} full\b|^density$": "non-zero",
    r"\bcan part\b": "can separate",
    r"\bstands on\b": "built with",
    r"^as in training$": "training mode (dropout on)",
    r"\bbackpropagation is right\b": "gradient check passed",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bsurprise\b": "negative logarithm of the probability",
    r"\bsquash|\bsqueez": "maps to",
    r"\bheavy ball\b": "a share of the step before",
    r"\bby chance\b": "at random",
    r"\btangent p": "linear estimate",
}


def banned_in(text: str) -> list[str]:
    """The banned words in a text, each with what to write in its place."""
    return [
        f"{found.group()!r}: rather {better}"
        for word, better in BANNED.items()
        if (found := re.search(word, text, re.IGNORECASE))
    ]


def declared() -> Iterator[tuple[str, str]]:
    """Where it is declared, and the text: tooltips, labels, help and options of all parts."""
    kinds = (
        *("activation", "clip", "dataset", "decay", "initializer", "layer", "loss", "metric"),
        *("optimizer", "schedule", "stopping", TrainingSetup.kind),
    )
    for kind in kinds:
        for cls in parts(kind).values():
            yield f"{kind} {cls.name}", f"{cls.title}. {cls.sentence()}"
            for spec in cls.fields():
                options = ". ".join(title for _, title in spec.options)
                texts = (spec.label, spec.help, spec.typical, spec.unit, spec.none_title, options)
                yield f"{kind} {cls.name}: {spec.label}", ". ".join(texts)


def written(path: Path) -> Iterator[tuple[int, str]]:
    """Every text in a source file that may be shown: no docstring; {} for an f-string's value."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(node.value)
        if isinstance(node, ast.JoinedStr):
            inside.update(each for each in node.values if isinstance(each, ast.Constant))
            pieces = (
                each.value if isinstance(each, ast.Constant) else "{}" for each in node.values
            )
            yield node.lineno, "".join(map(str, pieces))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inside:
            yield node.lineno, node.value


def _identifier(text: str) -> bool:
    """A key or a name for the program, not for a reader."""
    return re.fullmatch(r"[a-z_:.-]*", text) is not None


@pytest.mark.parametrize("text", [text for _, text in declared()], ids=[w for w, _ in declared()])
def test_what_a_part_says_of_itself_is_plain(text: str) -> None:
    assert banned_in(text) == []


@pytest.mark.parametrize(
    "floor", sorted(p.name for p in ROOT.iterdir() if p.is_dir() or p.suffix == ".py")
)
def test_no_text_in_the_app_uses_a_banned_word(floor: str) -> None:
    top = ROOT / floor
    paths = sorted(top.rglob("*.py")) if top.is_dir() else [top]
    found = [
        f"{path.relative_to(ROOT)}:{line}: {', '.join(words)}"
        for path in paths
        for line, text in written(path)
        if not _identifier(text) and (words := banned_in(text))
    ]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("text", ["weights held fixed", "The curve bends.", "3.0 % full"])
def test_a_banned_word_is_found(text: str) -> None:
    assert banned_in(text)
