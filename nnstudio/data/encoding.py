"""What a trained network needs besides its weights, to be used on new data.

Weights mean nothing without the vocabulary, the class names and the scaling they were trained
with. An `Encoding` is that part of a data set; it is saved with the weights in the project and in
the exported model, and lets both predict after the data itself is gone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnstudio.data.dataset import Dataset
from nnstudio.data.words import BagOfWords
from nnstudio.graph.plan import Signature
from nnstudio.spec import Place, Problem, ProblemError


@dataclass(frozen=True)
class Encoding:
    """How raw inputs become numbers and how outputs become names.

    Fields as in `nnstudio.data.dataset.Dataset`; ``offset`` and ``scale`` are empty or one number
    per input column: stored = (raw - offset) / scale.
    """

    title: str
    signature: Signature
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    target_name: str = ""
    words: BagOfWords | None = None
    offset: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    target_offset: float = 0.0
    target_scale: float = 1.0

    @classmethod
    def of(cls, dataset: Dataset) -> Encoding:
        """The encoding of a loaded data set."""
        names = () if dataset.words is not None else dataset.feature_names
        return cls(
            title=dataset.title,
            signature=dataset.signature,
            class_names=dataset.class_names,
            feature_names=names,
            target_name=dataset.target_name,
            words=dataset.words,
            offset=() if dataset.offset is None else tuple(map(float, dataset.offset)),
            scale=() if dataset.scale is None else tuple(map(float, dataset.scale)),
            target_offset=float(dataset.target_offset),
            target_scale=float(dataset.target_scale),
        )

    def encode(self, raw: Iterable[str] | Iterable[Sequence[float]]) -> Any:
        """Texts as a CSR matrix, or rows of raw numbers as a scaled float32 array.

        Raises `ProblemError` if the numbers do not have the shape the network was trained on.
        """
        if self.words is not None:
            return self.words.encode(str(text) for text in raw)
        try:
            rows = np.asarray(list(raw), dtype=np.float64)
        except (TypeError, ValueError):
            raise ProblemError(
                Problem("These inputs are not numbers", "Give one number per input.", Place("data"))
            ) from None
        expected = self.signature.input_shape
        if rows.shape[1:] != expected:
            wanted = " × ".join(map(str, expected))
            got = " × ".join(map(str, rows.shape[1:])) or "single numbers"
            raise ProblemError(
                Problem(
                    f"The network takes {wanted} numbers per sample, not {got}", "", Place("data")
                )
            )
        if self.offset:
            offset, scale = (np.reshape(a, expected) for a in (self.offset, self.scale))
            rows = (rows - offset) / scale
        return rows.astype(np.float32)

    def class_numbers(self, labels: Sequence[str]) -> np.ndarray[Any, Any]:
        """The class index of every label, -1 for a label the network does not know."""
        known = {name: index for index, name in enumerate(self.class_names)}
        return np.array([known.get(label, -1) for label in labels], dtype=np.int64)

    def to_json(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        signature = self.signature
        return {
            "title": self.title,
            "input_shape": list(signature.input_shape),
            "task": signature.task,
            "classes": signature.classes,
            "outputs": signature.outputs,
            "tokens": signature.tokens,
            "target_range": [float(signature.target_minimum), float(signature.target_maximum)],
            "target_title": signature.target_title,
            "class_names": list(self.class_names),
            "feature_names": list(self.feature_names),
            "target_name": self.target_name,
            "words": None if self.words is None else self.words.to_json(),
            "offset": list(self.offset),
            "scale": list(self.scale),
            "target_offset": self.target_offset,
            "target_scale": self.target_scale,
        }

    @classmethod
    def from_json(cls, written: Any) -> Encoding:
        """Read an encoding back; raises `ProblemError` if it is damaged."""
        if not isinstance(written, dict):
            raise _damaged("it is not an object")
        task = written.get("task")
        if task not in ("classification", "regression"):
            raise _damaged("the task is neither classification nor regression")
        shape = tuple(_whole(n, 1) for n in _list(written, "input_shape"))
        low, high = _numbers(written, "target_range", 2)
        classes = _whole(written.get("classes"), 0)
        class_names = _texts(written, "class_names")
        if class_names and len(class_names) != classes:
            raise _damaged(f"{len(class_names)} class names for {classes} classes")
        width = math.prod(shape)
        offset, scale = (_numbers(written, key) for key in ("offset", "scale"))
        if len(offset) != len(scale) or len(offset) not in (0, width) or 0.0 in scale:
            raise _damaged("the scaling does not fit the inputs")
        words = None
        if written.get("words") is not None:
            words = BagOfWords.from_json(written["words"])
            if shape != (len(words),):
                raise _damaged(f"{len(words)} words for inputs of shape {shape}")
        target_offset, target_scale = (
            _number(written.get(key)) for key in ("target_offset", "target_scale")
        )
        if target_scale == 0.0:
            raise _damaged("the target's scale is zero")
        return cls(
            title=_text(written.get("title")),
            signature=Signature(
                input_shape=shape,
                task=task,
                classes=classes,
                outputs=_whole(written.get("outputs"), 1),
                tokens=_whole(written.get("tokens"), 0),
                target_minimum=low,
                target_maximum=high,
                target_title=_text(written.get("target_title")),
            ),
            class_names=class_names,
            feature_names=_texts(written, "feature_names"),
            target_name=_text(written.get("target_name")),
            words=words,
            offset=offset,
            scale=scale,
            target_offset=target_offset,
            target_scale=target_scale,
        )


def _damaged(what: str) -> ProblemError:
    return ProblemError(
        Problem(
            "The description of the data in this file is damaged", f"Namely: {what}.", Place("file")
        )
    )


def _list(written: dict[str, Any], key: str) -> list[Any]:
    value = written.get(key)
    if not isinstance(value, list):
        raise _damaged(f"{key} is not a list")
    return value


def _whole(value: Any, minimum: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value < 2**31:
        raise _damaged(f"{value!r:.40} is not a fitting whole number")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _damaged(f"{value!r:.40} is not a number")
    return float(value)


def _numbers(written: dict[str, Any], key: str, length: int | None = None) -> tuple[float, ...]:
    values = tuple(map(_number, _list(written, key)))
    if length is not None and len(values) != length:
        raise _damaged(f"{key} has {len(values)} entries")
    return values


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _damaged(f"{value!r:.40} is not a text")
    return value


def _texts(written: dict[str, Any], key: str) -> tuple[str, ...]:
    return tuple(map(_text, _list(written, key)))
