"""The whole worked pass as text: Markdown for homework, LaTeX for a slide or a paper.

Both are made from the same blocks, so they say the same. A layer of hundreds of neurons is told by
its formula, the sizes of its arrays and the few numbers that weigh most, each worked in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nnstudio.analysis.network_pass.derive import derive
from nnstudio.analysis.network_pass.known import UNWORKED
from nnstudio.analysis.network_pass.losses import story
from nnstudio.analysis.network_pass.numbers import Derivation, Number, Write
from nnstudio.analysis.network_pass.operations import Operation, operations
from nnstudio.analysis.network_pass.values import LOSS, UPDATE, Array, Values

WORKED = 3  # numbers of an operation that are worked in full
SMALL = 8  # an array up to this wide is written out

_PHASES = {
    "forward": "Forward pass",
    "loss": "Loss",
    "backward": "Backward pass",
    "update": "Update",
}


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is the document's."""

    text: str
    level: int


@dataclass(frozen=True)
class Paragraph:
    """Words."""

    text: str


@dataclass(frozen=True)
class Formula:
    """A line of mathematics."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of cells under a head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Formula | Table


def markdown(values: Values, write: Write, sample: int = 0) -> str:
    """The worked pass as Markdown."""
    return "\n\n".join(_as_markdown(block) for block in blocks(values, write, sample)) + "\n"


def latex(values: Values, write: Write, sample: int = 0) -> str:
    """The worked pass as a LaTeX document."""
    body = "\n\n".join(_as_latex(block) for block in blocks(values, write, sample))
    return (
        "\\documentclass{article}\n\\usepackage[utf8]{inputenc}\n\\usepackage{amsmath}\n"
        "\\usepackage[margin=2.5cm]{geometry}\n\\begin{document}\n\n"
        + body
        + "\n\n\\end{document}\n"
    )


def blocks(values: Values, write: Write, sample: int = 0) -> Iterator[Block]:
    """What there is to tell, in order."""
    tape = values.tape
    passed = values.passed()
    yield Heading("One full pass through the network", 1)
    yield Paragraph(_about(values, sample))
    if tape.texts and sample < len(tape.texts):
        yield Paragraph(f"“{' '.join(tape.texts[sample].split())}”")
    phase = ""
    for operation in operations(values):
        if operation.phase != phase:
            phase = operation.phase
            yield Heading(_PHASES[phase], 2)
            if phase == "backward":
                yield from _story(values, write, sample)
        yield from _operation(values, operation, write, sample)
    yield from _whole_step(values, write)
    if passed.count > 1:
        yield Paragraph(f"All gradients are means over the {passed.count:,} samples of the batch.")


def _about(values: Values, sample: int) -> str:
    passed, plan = values.passed(), values.plan
    names = ", ".join(step.title for step in plan.steps)
    where = {"train": "training set", "own": "own input"}.get(passed.part, f"{passed.part} set")
    which = "an own input" if passed.part == "own" else (
        f"sample {passed.rows[sample] + 1:,} of the {where}"
    )  # fmt: skip
    mode = "dropout and noise on" if passed.training else "dropout and noise off"
    return (
        f"The network: {names}. Worked for {which}, {mode}. The loss is {values.tape.loss.title}."
    )


def _operation(values: Values, operation: Operation, write: Write, sample: int) -> Iterator[Block]:
    yield Heading(operation.title, 3)
    if operation.why:
        yield Paragraph(operation.why)
    if operation.formula == UNWORKED:
        yield Paragraph(f"{UNWORKED.capitalize()}.")
    else:
        yield Formula(operation.formula.replace("\n", ",  "))
    for shown in (*operation.operands, operation.result):
        array = values.array(shown.node, shown.what)
        if values.per_sample(shown.node, shown.what):
            array = np.asarray(array[sample])
        yield from _array(shown.symbol, array, write)
    if operation.node == UPDATE:
        return
    for number in weightiest(values, operation, sample):
        yield from _worked(derive(values, number), write)


def weightiest(values: Values, operation: Operation, sample: int) -> list[Number]:
    """The numbers of a result with the largest magnitude; for new weights the largest changes."""
    node, what = operation.result.node, operation.result.what
    array = values.array(node, what)
    if what.startswith("new:"):
        array = array - values.array(node, "w:" + what[4:])
    lead: tuple[int, ...] = ()
    if values.per_sample(node, what):
        lead, array = (sample,), array[sample]
    flat = np.abs(np.asarray(array, np.float64).reshape(-1))
    order = np.argsort(-np.nan_to_num(flat), kind="stable")[:WORKED]
    shape = np.shape(array)
    return [
        Number(node, what, (*lead, *(int(i) for i in np.unravel_index(int(k), shape))))
        for k in order
        if flat[k] > 0
    ]


def _worked(account: Derivation, write: Write) -> Iterator[Block]:
    worked = "" if account.formula == UNWORKED else f"{account.written(write)} = "
    yield Formula(f"{account.symbol} = {worked}{write(account.value)}")


def _array(symbol: str, array: Array, write: Write) -> Iterator[Block]:
    squeezed = np.atleast_1d(np.squeeze(array))
    if squeezed.size == 1:
        yield Paragraph(f"{symbol} = {write(float(squeezed.reshape(-1)[0]))}")
    elif squeezed.ndim == 1 and squeezed.size <= SMALL:
        yield Paragraph(f"{symbol} = ({', '.join(write(float(v)) for v in squeezed)})")
    elif squeezed.ndim == 2 and max(squeezed.shape) <= SMALL:
        head = (symbol, *(str(k) for k in range(squeezed.shape[1])))
        rows = tuple((str(i), *(write(float(v)) for v in row)) for i, row in enumerate(squeezed))
        yield Table(head, rows)
    else:
        size = " × ".join(f"{n:,}" for n in squeezed.shape)
        zeros = int(np.count_nonzero(squeezed == 0))
        some = f", {zeros:,} of them 0" if zeros else ""
        low, high = write(float(squeezed.min())), write(float(squeezed.max()))
        yield Paragraph(f"{symbol}: {size} numbers from {low} to {high}{some}.")


def _story(values: Values, write: Write, sample: int) -> Iterator[Block]:
    told = story(values, sample)
    for sentence, formula in told.steps:
        yield Paragraph(f"{sentence}:" if formula else sentence)
        if formula:
            yield Formula(formula)
    head: tuple[str, ...] = ("output", "z", "ŷ", "y", "dL/dz")
    squared = told.rows and told.rows[0][5] is not None
    if squared:
        head = (*head, "dL/dz with mean squared error")
    yield Table(
        head,
        tuple(
            (
                row[0],
                *(write(v) for v in row[1:5]),
                *((write(row[5]),) if row[5] is not None else ()),
            )
            for row in told.rows
        ),
    )
    if told.comparison:
        yield Paragraph(told.comparison)


def _whole_step(values: Values, write: Write) -> Iterator[Block]:
    for what in ("predicted", "actual"):
        yield from _worked(derive(values, Number(UPDATE, what)), write)
    before, after = values.value(Number(LOSS, "L")), values.value(Number(UPDATE, "after"))
    yield Paragraph(f"The loss goes from {write(before)} to {write(after)}.")


# ---- Markdown ------------------------------------------------------------------------------------


def _as_markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {block.text}"
    if isinstance(block, Paragraph):
        return _plain(block.text)
    if isinstance(block, Formula):
        return "\n".join(f"    {line}" for line in block.text.split("\n"))
    lines = [_row(block.head), _row(["---"] * len(block.head))]
    return "\n".join([*lines, *(_row(row) for row in block.rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _plain(text: str) -> str:
    for sign in "\\`*_<>#":
        text = text.replace(sign, "\\" + sign)
    return text


# ---- LaTeX ---------------------------------------------------------------------------------------

_LETTERS = {
    "Σ": r"\sum ", "Π": r"\prod ", "Δ": r"\Delta ", "Φ": r"\Phi ", "α": r"\alpha ",
    "β": r"\beta ", "γ": r"\gamma ", "δ": r"\delta ", "ε": r"\varepsilon ", "η": r"\eta ",
    "θ": r"\theta ", "λ": r"\lambda ", "μ": r"\mu ", "π": r"\pi ", "ρ": r"\rho ", "σ": r"\sigma ",
    "ψ": r"\psi ", "·": r"\cdot ", "⊙": r"\odot ", "×": r"\times ", "−": "-", "≥": r"\ge ",
    "≤": r"\le ", "≈": r"\approx ", "←": r"\leftarrow ", "→": r"\rightarrow ", "∈": r"\in ",
    "∞": r"\infty ", "√": r"\surd ", "‖": r"\Vert ", "…": r"\ldots ", "′": "'", "ŷ": r"\hat y",
    "ȳ": r"\bar y", "ḡ": r"\bar g", "½": r"\tfrac12 ", "²": "^2", "³": "^3", "ᵀ": "^T", "ᵗ": "^t",
    "ᵢ": "_i", "ⱼ": "_j", "ₖ": "_k", "ₜ": "_t", "ₛ": "_s", "₊": "_+", "“": "``", "”": "''",
    "x̂": r"\hat x", "m̂": r"\hat m", "v̂": r"\hat v", "\u0302": "", "–": "--",
}  # fmt: skip
_SUBSCRIPT_DIGITS = {sign: str(n) for n, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")}


def _as_latex(block: Block) -> str:
    if isinstance(block, Heading):
        name = ("section", "section", "subsection", "subsubsection")[block.level]
        return f"\\{name}*{{{_text(block.text)}}}"
    if isinstance(block, Paragraph):
        return _text(block.text)
    if isinstance(block, Formula):
        return "\\begin{multline*}\n" + _math(block.text) + "\n\\end{multline*}"
    columns = "l" + "r" * (len(block.head) - 1)
    rows = (" & ".join(_text(cell) for cell in row) + r" \\" for row in (block.head, *block.rows))
    inner = "\n".join(rows)
    table = f"\\begin{{tabular}}{{{columns}}}\n{inner}\n\\end{{tabular}}"
    return f"\\begin{{center}}\n{table}\n\\end{{center}}"


def _text(text: str) -> str:
    """Plain text, its mathematical signs set in mathematics."""
    out: list[str] = []
    for sign in _clusters(text):
        if sign in _SUBSCRIPT_DIGITS or sign in _LETTERS:
            out.append("``" if sign == "“" else "''" if sign == "”" else f"${_sign(sign)}$")
        elif sign in "&%$#_{}":
            out.append("\\" + sign)
        elif sign in "\\^~":
            out.append({"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}[sign])
        else:
            out.append(sign)
    return "".join(out)


def _math(text: str) -> str:
    """A formula; words in it stand upright, long sums break before a plus."""
    out: list[str] = []
    word = ""
    for sign in [*_clusters(text), ""]:
        if sign.isalpha() and sign.isascii():
            word += sign
            continue
        if word:
            out.append(word if len(word) == 1 else f"\\mathrm{{{word}}}")
            word = ""
        if sign in ("%", "#", "&", "{", "}", "$"):
            sign = "\\" + sign
        elif sign == " ":
            sign = r"\ "
        elif sign == "\\":
            sign = r"\backslash "
        out.append(_sign(sign))
    written = re.sub(r"\^(-\w+)", r"^{\1}", "".join(out))
    parts = written.split(r"\ +\ ")
    lines = ["\\ +\\ ".join(parts[k : k + 4]) for k in range(0, len(parts), 4)]
    return " \\\\\n+\\ ".join(lines)


def _sign(sign: str) -> str:
    if sign in _SUBSCRIPT_DIGITS:
        return f"_{{{_SUBSCRIPT_DIGITS[sign]}}}"
    return _LETTERS.get(sign, sign)


def _clusters(text: str) -> list[str]:
    """The characters, a letter together with the hat above it; subscript digits joined."""
    found: list[str] = []
    for sign in text:
        if sign == "\u0302" and found:
            found[-1] += sign
        else:
            found.append(sign)
    return found
