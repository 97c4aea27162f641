"""What every account of a number is put together from: operands, names, and the account itself."""

from __future__ import annotations

import numpy as np

from nnstudio.analysis.network_pass.numbers import Derivation, Number, Operand, Term, subscript
from nnstudio.analysis.network_pass.values import LOSS, Values


def place(values: Values, number: Number) -> str:
    """Which sample a number belongs to, in words."""
    passed = values.passed(number.batch)
    if passed.part == "own":
        return "your own input"
    part = {"train": "training", "validation": "validation", "test": "test"}.get(
        passed.part, passed.part
    )
    return f"{part} sample {passed.rows[number.index[0]] + 1:,}"


def operand(values: Values, number: Number, symbol: str, note: str = "") -> Operand:
    """An operand that opens."""
    return Operand(symbol, values.value(number), number, note)


def came_in(values: Values, number: Number, index: tuple[int, ...], port: int = 0) -> Operand:
    """The element of the input at ``port``, which is the output of the layer before."""
    source = values.source(number.node, port)
    symbol = "x" + subscript(*index[1:]) if port == 0 else f"x{'′' * port}{subscript(*index[1:])}"
    note = input_name(values, source, index) or values.step(source).title
    return operand(values, Number(source, "y", index, number.batch), symbol, note)


def input_name(values: Values, node: str, index: tuple[int, ...]) -> str:
    """What the data calls this input (a word, a column), empty if it has no name."""
    if values.step(node).sources:
        return ""
    names = values.tape.fitted.feature_names
    flat = int(np.ravel_multi_index(index[1:], values.step(node).output_shape)) if index[1:] else 0
    if values.tape.fitted.words is not None and flat < len(values.tape.fitted.words):
        return f"“{values.tape.fitted.words.vocabulary[flat]}”"
    return names[flat] if flat < len(names) else ""


def account(
    values: Values,
    number: Number,
    symbol: str,
    what: str,
    formula: str,
    template: str,
    operands: tuple[Operand, ...] = (),
    terms: tuple[Term, ...] = (),
    rule: str = "",
    note: str = "",
) -> Derivation:
    """The account of a number of a layer; ``what`` says in words what the symbol is."""
    title = f"{symbol}, {what} of {values.step(number.node).title}"
    value = values.value(number)
    return Derivation(number, symbol, title, value, formula, template, operands, terms, rule, note)


def pairs(values: Values, s: int, batch: bool) -> list[tuple[Operand, Operand]]:
    """Prediction and target of every output of a sample."""
    node = values.plan.output
    shape = values.array(node, "y", batch).shape
    rows = values.target_rows(batch)
    pairs = []
    for k in range(rows.shape[1]):
        index = (s, *(int(i) for i in np.unravel_index(k, shape[1:])))
        guess = operand(
            values, Number(node, "y", index, batch), "ŷ" + subscript(k), class_name(values, k)
        )
        target = Number(LOSS, "target", (s, k), batch)
        pairs.append((guess, operand(values, target, "y" + subscript(k), class_name(values, k))))
    return pairs


def class_name(values: Values, k: int) -> str:
    """The name of the class that output `k` stands for, empty where it stands for none."""
    names = values.tape.fitted.class_names
    return names[k] if k < len(names) and values.tape.chosen.prediction.shape[-1] > 1 else ""


def parameter_symbol(name: str) -> str:
    """The letter a textbook gives a parameter."""
    letters = {"kernel": "W", "bias": "b", "gamma": "γ", "beta": "β", "embeddings": "E"}
    return letters.get(name, name)
