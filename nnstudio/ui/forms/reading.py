"""Reading what was typed into a field, with a sentence for what cannot be read. No widgets here."""

from __future__ import annotations

import re
from typing import Any

from nnstudio.spec import FieldSpec

_GROUPED = re.compile(r"^[+-]?\d{1,3}(,\d{3})+$")
_WHOLE = re.compile(r"^[+-]?\d+$")


class NotReadableError(ValueError):
    """The text is not a value of the field's kind; its message is a sentence for the learner."""


def read(spec: FieldSpec, text: str) -> Any:
    """The value that `text` stands for, yet to be checked; raises `NotReadableError`.

    Whole numbers may be grouped (65,536) or written as a power (1e3). Empty text is None where
    the field is optional.
    """
    text = text.strip().replace("−", "-")
    if not text:
        if spec.optional:
            return None
        if spec.kind == "shape":
            return ()
        raise NotReadableError(f"{spec.label} needs a value.")
    if spec.kind == "integer":
        return _integer(spec, text)
    if spec.kind == "real":
        return _real(spec, text)
    if spec.kind == "shape":
        return _shape(spec, text)
    return text


def write(spec: FieldSpec, value: Any) -> str:
    """The value as the field shows it for editing: short, but losing no digit."""
    if value is None:
        return ""
    if spec.kind == "shape":
        return ", ".join(str(n) for n in value)
    if spec.kind == "real":
        return shortest(float(value))
    return str(value)


def shortest(value: float) -> str:
    """The shortest text that reads back as the same number: 0.001, 5, 1e-7."""
    text = f"{value:.12g}"
    if float(text) != value:
        text = repr(value)
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa}e{int(exponent)}"
    return text[:-2] if text.endswith(".0") else text


def _integer(spec: FieldSpec, text: str) -> int:
    if _WHOLE.match(text) or _GROUPED.match(text):
        if len(text) > 18:
            raise NotReadableError(f"{spec.label} is too large.")
        return int(text.replace(",", ""))
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or abs(value) > 1e15 or value != int(value):
        raise NotReadableError(f"{spec.label} must be a whole number, not “{_cut(text)}”.")
    return int(value)


def _real(spec: FieldSpec, text: str) -> float:
    plain = text.replace(",", "") if _GROUPED.match(text.split(".")[0]) else text
    try:
        return float(plain)
    except ValueError:
        hint = f" Write {text.replace(',', '.')}." if _looks_like_decimal_comma(text) else ""
        raise NotReadableError(
            f"{spec.label} must be a number such as 0.001, not “{_cut(text)}”.{hint}"
        ) from None


def _shape(spec: FieldSpec, text: str) -> tuple[int, ...]:
    pieces = [piece for piece in re.split(r"[\s,×x()]+", text) if piece]
    if not all(re.fullmatch(r"-?\d{1,12}", piece) for piece in pieces):
        raise NotReadableError(
            f"{spec.label} must be whole numbers such as 28, 28, not “{_cut(text)}”."
        )
    return tuple(int(piece) for piece in pieces)


def _looks_like_decimal_comma(text: str) -> bool:
    return re.fullmatch(r"-?\d+,\d+", text) is not None


def _cut(text: str) -> str:
    return text if len(text) <= 24 else text[:23] + "…"
