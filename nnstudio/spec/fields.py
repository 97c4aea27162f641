"""Declared fields: type, default, range, unit and help of a setting, said once.

``units: int = integer(64, minimum=1, maximum=65_536, label="Units", help="...")`` is an ordinary
dataclass field that carries a `FieldSpec`. The property form, the check of a value, the JSON in the
file, the command line and the help page all read that one declaration.
"""

from __future__ import annotations

import dataclasses
import math
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nnstudio.spec.foreign import is_text

_RENAME = {"text": "type it anew", "path": "rename the file or folder"}

Kind = Literal["integer", "real", "boolean", "choice", "text", "path", "shape", "part"]


@dataclass(frozen=True)
class FieldSpec:
    """What is known about one setting of a part.

    ``minimum`` and ``maximum`` are inclusive unless ``open_minimum``/``open_maximum`` is set.
    ``options`` are (value, title) pairs of a choice. ``part_kind`` names the kind of part that a
    nested field holds. ``optional`` fields may be None, shown as ``none_title``.
    """

    kind: Kind
    label: str
    help: str
    unit: str = ""
    typical: str = ""
    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False
    open_maximum: bool = False
    logarithmic: bool = False
    options: tuple[tuple[str, str], ...] = ()
    part_kind: str = ""
    optional: bool = False
    none_title: str = "none"
    advanced: bool = False
    name: str = ""

    def range_text(self) -> str:
        """The allowed range as a learner reads it, such as ``1-65,536``; empty if unbounded."""
        if self.minimum is not None and self.maximum is not None:
            return f"{_number(self.minimum)}-{_number(self.maximum)}"
        if self.minimum is not None:
            return f"{'above' if self.open_minimum else 'from'} {_number(self.minimum)}"
        if self.maximum is not None:
            return f"{'below' if self.open_maximum else 'up to'} {_number(self.maximum)}"
        return ""

    def typical_range(self) -> tuple[float, float]:
        """The two ends of ``typical``, such as 0.001 and 0.01; without one nothing is untypical."""
        ends = [float(end.replace(",", "")) for end in self.typical.split(" to ") if end]
        return (ends[0], ends[-1]) if ends else (-math.inf, math.inf)

    def refusal(self, value: Any) -> str | None:
        """The sentence that refuses `value`, or None if the value is allowed."""
        if value is None:
            return None if self.optional else f"{self.label} needs a value."
        if self.kind == "integer":
            if isinstance(value, bool) or not isinstance(value, int):
                return f"{self.label} must be a whole number, not {quote(value)}."
            return self._outside(value)
        if self.kind == "real":
            if isinstance(value, bool) or not isinstance(value, int | float):
                return f"{self.label} must be a number, not {quote(value)}."
            try:
                finite = math.isfinite(value)
            except OverflowError:  # a whole number beyond what a float can hold
                finite = False
            if not finite:
                return f"{self.label} must be a finite number, not {quote(value)}."
            return self._outside(value)
        if self.kind == "boolean" and not isinstance(value, bool):
            return f"{self.label} must be on or off, not {quote(value)}."
        if self.kind == "choice" and value not in [option for option, _ in self.options]:
            allowed = ", ".join(option for option, _ in self.options)
            return f"{self.label} must be one of {allowed}, not {quote(value)}."
        if self.kind in ("text", "path"):
            if not isinstance(value, str):
                return f"{self.label} must be text, not {quote(value)}."
            if "\0" in value or len(value) > 10_000:
                return f"{self.label} is too long or holds characters that text cannot have."
            if not is_text(value):
                return (
                    f"{self.label} holds bytes that stand for no character: {_RENAME[self.kind]}."
                )
        if self.kind == "shape":
            if not isinstance(value, tuple) or not all(
                isinstance(n, int) and not isinstance(n, bool) for n in value
            ):
                return f"{self.label} must be whole numbers such as 28, 28, not {quote(value)}."
            if len(value) > 8:
                return f"{self.label} may have at most 8 axes, not {len(value)}."
            for n in value:
                if (refused := self._outside(n)) is not None:
                    return refused
        return None

    def _outside(self, value: float) -> str | None:
        low, high = self.minimum, self.maximum
        below = low is not None and (value <= low if self.open_minimum else value < low)
        above = high is not None and (value >= high if self.open_maximum else value > high)
        if not below and not above:
            return None
        if low is not None and high is not None:
            ends = " (ends excluded)" if self.open_minimum and self.open_maximum else ""
            return (
                f"{self.label} must lie between {_number(low)} and {_number(high)}{ends}, "
                f"not {_number(value)}."
            )
        if below:
            word = "greater than" if self.open_minimum else "at least"
            return f"{self.label} must be {word} {_number(low or 0)}, not {_number(value)}."
        word = "less than" if self.open_maximum else "at most"
        return f"{self.label} must be {word} {_number(high or 0)}, not {_number(value)}."


def integer(
    default: int | None,
    *,
    label: str,
    help: str,
    minimum: int | None = None,
    maximum: int | None = None,
    unit: str = "",
    typical: str = "",
    optional: bool = False,
    none_title: str = "none",
    logarithmic: bool = False,
    advanced: bool = False,
) -> Any:
    """A whole-number setting."""
    return _field(
        default,
        FieldSpec(
            "integer",
            label,
            help,
            unit=unit,
            typical=typical,
            minimum=minimum,
            maximum=maximum,
            optional=optional,
            none_title=none_title,
            logarithmic=logarithmic,
            advanced=advanced,
        ),
    )


def real(
    default: float | None,
    *,
    label: str,
    help: str,
    minimum: float | None = None,
    maximum: float | None = None,
    open_minimum: bool = False,
    open_maximum: bool = False,
    unit: str = "",
    typical: str = "",
    optional: bool = False,
    none_title: str = "none",
    logarithmic: bool = False,
    advanced: bool = False,
) -> Any:
    """A real-number setting; `logarithmic` asks for a slider in powers of ten."""
    return _field(
        default,
        FieldSpec(
            "real",
            label,
            help,
            unit=unit,
            typical=typical,
            minimum=minimum,
            maximum=maximum,
            open_minimum=open_minimum,
            open_maximum=open_maximum,
            optional=optional,
            none_title=none_title,
            logarithmic=logarithmic,
            advanced=advanced,
        ),
    )


def boolean(default: bool, *, label: str, help: str, advanced: bool = False) -> Any:
    """An on/off setting."""
    return _field(default, FieldSpec("boolean", label, help, advanced=advanced))


def choice(
    default: str,
    *,
    label: str,
    help: str,
    options: Sequence[tuple[str, str]],
    advanced: bool = False,
) -> Any:
    """One of several named values; `options` are (value, title) pairs."""
    spec = FieldSpec("choice", label, help, options=tuple(options), advanced=advanced)
    return _field(default, spec)


def text(default: str, *, label: str, help: str, advanced: bool = False) -> Any:
    """A line of text."""
    return _field(default, FieldSpec("text", label, help, advanced=advanced))


def path(default: str, *, label: str, help: str) -> Any:
    """A file or folder of the user's; empty when there is none."""
    return _field(default, FieldSpec("path", label, help))


def shape(default: tuple[int, ...], *, label: str, help: str, minimum: int = 1) -> Any:
    """The sizes of an array's axes, without the batch axis."""
    return _field(default, FieldSpec("shape", label, help, minimum=minimum, maximum=100_000_000))


def part(
    default: Any,
    *,
    kind: str,
    label: str,
    help: str,
    optional: bool = False,
    none_title: str = "none",
    advanced: bool = False,
) -> Any:
    """A nested part, such as the activation of a Dense layer; `default` is its class or a value."""
    spec = FieldSpec(
        "part",
        label,
        help,
        part_kind=kind,
        optional=optional,
        none_title=none_title,
        advanced=advanced,
    )
    if isinstance(default, type):
        return dataclasses.field(default_factory=default, metadata={"spec": spec})
    return _field(default, spec)


def _field(default: Any, spec: FieldSpec) -> Any:
    return dataclasses.field(default=default, metadata={"spec": spec})


def _number(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 10**30 else quote(value)
    return f"{value:.10g}" if value != int(value) or abs(value) >= 1e15 else f"{int(value):,}"


def quote(value: Any) -> str:
    """A value as it is quoted in a message: at most 60 characters, however long it is itself."""
    try:
        written = _shortened.repr(value)
    except ValueError:  # Python spells no number of more than 4,300 digits
        written = "a number of thousands of digits"
    return written if len(written) <= 60 else written[:57] + "..."


def _cutting() -> reprlib.Repr:
    shortened = reprlib.Repr()
    shortened.maxlevel = 3
    shortened.maxdict = shortened.maxlist = shortened.maxtuple = 20
    shortened.maxstring = shortened.maxlong = shortened.maxother = 61
    return shortened


_shortened = _cutting()
