"""Slips of the pen, found before the grammar is looked at: these sentences say more.

A typing learner is mostly between two correct expressions, so the common unfinished states have a
sentence and a place of their own.
"""

from __future__ import annotations

import keyword
import re

_TOKEN = re.compile(
    r"(?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d]\w*)|(?P<op>\*\*|//|[<>=!]=|[-+*/%@^<>=,])|(?P<open>[(\[])"
    r"|(?P<close>[)\]])|(?P<blank>\s+)|(?P<other>.)",
    re.DOTALL,
)
_FRIENDLY = str.maketrans({"−": "-", "–": "-", "·": "*", "×": "*", "∙": "*", "⋅": "*", "÷": "/"})
_PAIRS = {"(": ")", "[": "]"}
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"


class ExpressionError(ValueError):
    """The text is not an expression: what is wrong, what to do, and from where to where.

    ``instead`` is what can be written in its place, empty where that is not certain.
    """

    def __init__(self, title: str, explain: str, start: int, end: int, instead: str = "") -> None:
        super().__init__(f"{title}. {explain}")
        self.title = title
        self.explain = explain
        self.start = max(0, start)
        self.end = max(end, self.start + 1)
        self.instead = instead

    def repaired(self, text: str) -> str:
        """The text with what can be written in place of the sign, everywhere it stands."""
        return text.replace(text[self.start : self.end], self.instead) if self.instead else text


def translated(text: str) -> str:
    """The text with ×, · and typographic minus signs as Python writes them; same length."""
    return text.translate(_FRIENDLY)


def check_spelling(text: str, start: int = 0) -> None:
    """Raise an `ExpressionError` for the first slip from ``start`` on, if there is one."""
    source = translated(text)
    if not source[start:].strip():
        raise ExpressionError(
            "Type an expression", "For example 1/(1 + exp(-(w*x + b))).", 0, len(text)
        )
    open_at: list[tuple[str, int]] = []
    before: re.Match[str] | None = None
    for token in _TOKEN.finditer(source, start):
        kind, word, place = str(token.lastgroup), token.group(), token.start()
        if kind == "blank":
            continue
        if kind == "other":
            raise _stray(word, place)
        if kind == "name":
            _check_name(word, place)
        if kind in ("number", "name", "open") and before is not None:
            _check_missing_sign(before, kind, word, place, source)
        if kind == "op" and word in ("=", "=="):
            raise ExpressionError(
                "An equals sign may stand only at the very beginning",
                "Write f = … once, or leave it out.",
                place,
                token.end(),
            )
        if kind in ("op", "close") and word not in ("-", "+"):
            _check_operand(before, word, place)
        if kind == "open":
            open_at.append((word, place))
        elif kind == "close":
            _check_closing(open_at, word, place)
        before = token
    if before is not None and before.lastgroup == "op":
        raise ExpressionError(
            f"Something is missing after {before.group()}",
            "The expression is not finished.",
            before.start(),
            before.end(),
        )
    if open_at:
        sign, place = open_at[-1]
        raise ExpressionError(
            f"This {sign} is not closed yet",
            f"A {_PAIRS[sign]} is missing.",
            place,
            place + 1,
        )


def _stray(sign: str, place: int) -> ExpressionError:
    if sign in _RAISED:
        power = _RAISED.index(sign)
        instead = f"**{power}"
        return ExpressionError(
            "A raised digit cannot be read", f"Write {instead} for this power.", place, place + 1,
            instead,
        )  # fmt: skip
    if sign in "{}":
        return ExpressionError(
            f"{sign} has no meaning here", "Use round parentheses ( ).", place, place + 1,
            "(" if sign == "{" else ")",
        )  # fmt: skip
    if sign == "√":
        return ExpressionError("√ cannot be read", "Write sqrt(…).", place, place + 1)
    return ExpressionError(
        f"{sign} has no meaning here",
        "Use numbers, names, + - * / **, parentheses and the functions.",
        place,
        place + 1,
    )


def _check_name(word: str, place: int) -> None:
    for number, sign in enumerate(word):
        if sign in _RAISED:
            raise _stray(sign, place + number)
    if keyword.iskeyword(word):
        raise ExpressionError(
            f"“{word}” is a word of the Python language",
            "Choose another name for the variable.",
            place,
            place + len(word),
        )


def _check_missing_sign(
    before: re.Match[str], kind: str, word: str, place: int, source: str
) -> None:
    """2x, x y, (a)(b) and x(…) where x is no function: a * is missing."""
    ends = before.lastgroup
    if ends not in ("number", "name", "close"):
        return
    if word == "[" and ends != "number":
        return
    if kind == "open" and ends == "name":
        return  # a call; whether there is such a function, the parser says
    apart = source[before.end() : place]
    shown = f"{before.group()}{apart}{word}"
    raise ExpressionError(
        "A * is missing here",
        f"Between {before.group()} and {word} write a sign: {before.group()}*{word}."
        if len(shown) < 40
        else "Two values must have a sign between them.",
        before.start() if kind != "open" else place,
        place + len(word),
    )


def _check_operand(before: re.Match[str] | None, word: str, place: int) -> None:
    """A sign or a closing bracket right after a sign or an opening bracket."""
    if before is None:
        raise ExpressionError(
            f"Something is missing before {word}",
            "An expression cannot start so.",
            place,
            place + len(word),
        )
    if before.lastgroup == "open" and word not in ")]":
        raise ExpressionError(
            f"Something is missing before {word}",
            "After an opening parenthesis a value is needed.",
            place,
            place + len(word),
        )
    if before.lastgroup == "open":
        raise ExpressionError(
            "There is nothing between the brackets", "Write a value.", before.start(), place + 1
        )
    if before.lastgroup == "op" and not (before.group() == "," and word in ")]"):
        raise ExpressionError(
            f"Something is missing between {before.group()} and {word}",
            "Write a value there.",
            before.start(),
            place + len(word),
        )


def _check_closing(open_at: list[tuple[str, int]], word: str, place: int) -> None:
    if not open_at:
        raise ExpressionError(
            f"This {word} closes nothing",
            f"Delete it, or open a {'(' if word == ')' else '['} before.",
            place,
            place + 1,
        )
    sign, at = open_at.pop()
    if _PAIRS[sign] != word:
        raise ExpressionError(
            f"{sign} is closed by {word}", f"Close it with {_PAIRS[sign]}.", at, place + 1
        )
