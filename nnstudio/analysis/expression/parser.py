"""From text to a graph of operations.

The text is read by Python's own parser into a syntax tree, and only what is on the list below is
taken from that tree; nothing is ever evaluated. Whatever is wrong is told as an `ExpressionError`
that knows the characters it concerns.

    numbers  names  + - * / **  ( )  exp log sqrt sin cos tanh sigmoid relu leaky_relu
    gelu step max min abs  softmax of a list, one of its values chosen by [0], [1] ...
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from nnstudio.analysis.expression import operations as op
from nnstudio.analysis.expression.graph import Builder, Graph
from nnstudio.analysis.expression.spelling import ExpressionError, check_spelling, translated

MOST_OPERATIONS = 400
MOST_CHARACTERS = 4000
DEEPEST = 200

Term = float | str
"""A number written in the text, or the id of a node."""

_ONE: dict[str, Callable[[], op.Operation]] = {
    "exp": op.Exp,
    "log": op.Log,
    "sqrt": op.Sqrt,
    "sin": op.Sin,
    "cos": op.Cos,
    "tanh": op.Tanh,
    "sigmoid": op.Sigmoid,
    "relu": op.Relu,
    "abs": op.Abs,
    "gelu": op.Gelu,
    "step": op.Step,
}
_ALIASES = {"ln": "log", "σ": "sigmoid", "ReLU": "relu"}
FUNCTIONS = (*_ONE, "leaky_relu", "max", "min", "softmax")
"""The names of all functions an expression may use."""

_NAMED = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)")


@dataclass(frozen=True)
class Parsed:
    """A graph, and for every node the characters of the text it was read from.

    ``numbers`` has all places of the numbers that stand by themselves: equal ones are one node.
    """

    text: str
    graph: Graph
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    numbers: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


def parse(text: str) -> Parsed:
    """The graph of an expression such as ``f = 1/(1 + exp(-(w*x + b)))``; ``f =`` may be left out.

    Raises `ExpressionError` if the text is not (yet) an expression.
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(
            "The expression is too long",
            f"At most {MOST_CHARACTERS:,} characters can be worked node by node.",
            MOST_CHARACTERS,
            len(text),
        )
    named = _NAMED.match(text)
    start = named.end() if named else 0
    source = translated(text)
    check_spelling(text, start)
    try:
        # In parentheses, so that a line break or a blank in front means nothing.
        tree = ast.parse(f"({source[start:]}\n)", mode="eval")
    except SyntaxError as error:
        raise _syntax(text, start, error) from None
    except (RecursionError, MemoryError, ValueError):
        raise _too_deep(start, len(text)) from None
    reader = _Reader(text, start)
    output = reader.scalar(tree.body)
    made = reader.builder.graph(
        output if isinstance(output, str) else reader.builder.constant(output),
        named.group(1) if named else "f",
    )
    numbers = {id: tuple(places) for id, places in reader.numbers.items() if id in made}
    return Parsed(text, made, {id: s for id, s in reader.spans.items() if id in made}, numbers)


class _Reader:
    """Walks the syntax tree and builds the graph."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = start
        self.builder = Builder()
        self.spans: dict[str, tuple[int, int]] = {}
        self.numbers: dict[str, list[tuple[int, int]]] = {}
        self.depth = 0
        # The syntax tree counts bytes, a learner characters.
        source = translated(text)[start:]
        self._character = [0]
        for number, character in enumerate(source):
            self._character.extend([number + 1] * len(character.encode()))

    def scalar(self, node: ast.expr) -> Term:
        """A number or the id of a node; a list is refused."""
        found = self.read(node)
        if isinstance(found, tuple):
            count = len(found)
            raise self.error(
                "One number is needed here; this is a list",
                f"A list of {count} values has no single derivative. Choose one of them with "
                f"[0]{f' to [{count - 1}]' if count > 1 else ''} behind it.",
                node,
            )
        return found

    def id(self, node: ast.expr) -> str:
        """The id of a node; a number becomes a card of its own."""
        return self.card(self.scalar(node), node)

    def card(self, term: Term, node: ast.expr) -> str:
        if isinstance(term, str):
            return term
        id = self.add(node, op.Constant(term))
        self.numbers.setdefault(id, []).append(self.span(node))
        return id

    def add(self, node: ast.expr, operation: op.Operation, *inputs: str) -> str:
        id = self.builder.add(operation, *inputs)
        self.spans.setdefault(id, self.span(node))
        if len(self.builder.nodes) > MOST_OPERATIONS:
            raise self.error(
                "The expression has too many operations",
                f"At most {MOST_OPERATIONS} can be worked node by node.",
                node,
            )
        return id

    def span(self, node: ast.expr) -> tuple[int, int]:
        """The characters of the text a part of the tree was read from."""
        return (
            self._position(node.lineno, node.col_offset),
            self._position(node.end_lineno or 1, node.end_col_offset or 0),
        )

    def _position(self, line: int, column: int) -> int:
        lines = translated(self.text)[self.start :].encode().split(b"\n")
        offset = sum(len(each) + 1 for each in lines[: line - 1]) + column - (line == 1)
        return self.start + self._character[min(max(offset, 0), len(self._character) - 1)]

    def error(self, title: str, explain: str, node: ast.expr) -> ExpressionError:
        return ExpressionError(title, explain, *self.span(node))

    def read(self, node: ast.expr) -> Term | tuple[str, ...]:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _too_deep(*self.span(node))
        try:
            return self._read(node)
        finally:
            self.depth -= 1

    def _read(self, node: ast.expr) -> Term | tuple[str, ...]:
        match node:
            case ast.Constant():
                return self._number(node)
            case ast.Name():
                return self._name(node)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.scalar(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.scalar(operand)
                if isinstance(inner, float):
                    return -inner
                return self.add(node, op.Scale(-1.0), inner)
            case ast.BinOp():
                return self._binary(node)
            case ast.Call():
                return self._call(node)
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return tuple(self.id(part) for part in parts)
            case ast.Subscript():
                return self._chosen(node)
            case ast.Compare():
                title = "Comparisons have no derivative"
                explain = "Write max, min or relu where a value should depend on a condition."
            case ast.Attribute():
                title = "A dot has no meaning here"
                explain = "Write the function's plain name, such as exp(x)."
            case ast.UnaryOp(op=ast.Not()) | ast.BoolOp() | ast.IfExp():
                title = "Conditions have no derivative"
                explain = "Write max, min or relu where a value should depend on a condition."
            case _:
                title = "This cannot be part of an expression"
                explain = "Use numbers, names, + - * / **, parentheses and the functions."
        raise self.error(title, explain, node)

    def _number(self, node: ast.Constant) -> float:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            kind = "a text" if isinstance(value, str | bytes) else f"“{value}”"
            raise self.error(
                f"A number is needed here, not {kind}",
                "Numbers are written like 2, −0.5 or 1e-3.",
                node,
            )
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isinf(number):
            raise self.error(
                "This number is too large", "A float holds numbers up to 1.798e308.", node
            )
        return number

    def _name(self, node: ast.Name) -> str:
        name = _ALIASES.get(node.id, node.id)
        if name in FUNCTIONS:
            example = "softmax([a, b])[0]" if name == "softmax" else f"{name}(x)"
            raise self.error(
                f"{node.id} is a function and needs parentheses",
                f"Write {example}, or choose another name for a variable.",
                node,
            )
        id = self.builder.variable(node.id)
        self.spans.setdefault(id, self.span(node))
        return id

    def _binary(self, node: ast.BinOp) -> str:
        left, right = self.scalar(node.left), self.scalar(node.right)
        if isinstance(left, float) and isinstance(right, float):
            left = self.card(left, node.left)
            if not isinstance(node.op, ast.Pow):
                right = self.card(right, node.right)
        match node.op, left, right:
            case ast.Add(), float(c), str(x):
                return self.add(node, op.Shift(c), x)
            case ast.Add(), str(x), float(c):
                return self.add(node, op.Shift(c), x)
            case ast.Add(), str(x), str(y):
                return self.add(node, op.Add(), x, y)
            case ast.Sub(), float(c), str(x):
                return self.add(node, op.SubtractFrom(c), x)
            case ast.Sub(), str(x), float(c):
                return self.add(node, op.Shift(-c), x)
            case ast.Sub(), str(x), str(y):
                return self.add(node, op.Subtract(), x, y)
            case ast.Mult(), float(a), str(x):
                return self.add(node, op.Scale(a), x)
            case ast.Mult(), str(x), float(a):
                return self.add(node, op.Scale(a), x)
            case ast.Mult(), str(x), str(y):
                return self.add(node, op.Multiply(), x, y)
            case ast.Div(), float(c), str(x):
                return self.add(node, op.Reciprocal(c), x)
            case ast.Div(), str(x), float(c):
                return self.add(node, op.DivideBy(c), x)
            case ast.Div(), str(x), str(y):
                return self.add(node, op.Divide(), x, y)
            case ast.Pow(), float(c), str(x):
                return self.add(node, op.RaiseBase(c), x)
            case ast.Pow(), str(x), float(n):
                return self.add(node, op.Power(n), x)
            case ast.Pow(), str(x), str(y):
                return self.add(node, op.Raise(), x, y)
        sign = {ast.Mod: "%", ast.FloorDiv: "//", ast.MatMult: "@", ast.BitXor: "^"}
        written = sign.get(type(node.op), "this operator")
        hint = " For a power write **." if written == "^" else ""
        start, end = self.span(node.left)[1], self.span(node.right)[0]
        place = translated(self.text).find(written, start, end)
        place = start if place < 0 else place
        raise ExpressionError(
            f"{written} is not one of the operations",
            f"Use + - * / and **.{hint}",
            place,
            place + len(written),
            "**" if written == "^" else "",
        )

    def _call(self, node: ast.Call) -> Term | tuple[str, ...]:
        if not isinstance(node.func, ast.Name):
            raise self.error(
                "A * is missing in front of the parenthesis",
                "Only a function's name can stand directly before a parenthesis.",
                node,
            )
        name = _ALIASES.get(node.func.id, node.func.id)
        if name not in FUNCTIONS:
            raise self.error(
                f"There is no function {node.func.id}",
                f"There are {', '.join(FUNCTIONS)}. For a product write {node.func.id}*(…).",
                node.func,
            )
        if node.keywords:
            raise self.error(
                "Arguments have no names here", "Write the values only.", node.keywords[0].value
            )
        if name in ("max", "min", "softmax"):
            return self._many(name, node)
        most = 2 if name == "leaky_relu" else 1
        if not 1 <= len(node.args) <= most:
            wanted = "a value and an optional slope" if most == 2 else "exactly one value"
            raise self.error(f"{name} takes {wanted}", f"{len(node.args)} were written.", node)
        if name == "leaky_relu":
            slope = self.scalar(node.args[1]) if len(node.args) == 2 else 0.1
            if not isinstance(slope, float):
                raise self.error(
                    "The slope of leaky_relu must be a number",
                    "Write for example leaky_relu(x, 0.1).",
                    node.args[1],
                )
            return self.add(node, op.LeakyRelu(slope), self.id(node.args[0]))
        return self.add(node, _ONE[name](), self.id(node.args[0]))

    def _many(self, name: str, node: ast.Call) -> Term | tuple[str, ...]:
        """max, min and softmax: of several values, or of one list."""
        parts: Sequence[ast.expr] = node.args
        if len(parts) == 1 and isinstance(parts[0], ast.List | ast.Tuple):
            parts = parts[0].elts
        elif name == "softmax":
            raise self.error("softmax needs one list", "Write softmax([a, b, c])[0].", node)
        if len(parts) < 2:
            raise self.error(
                f"{name} needs at least two values",
                f"Write for example {name}(0, x)."
                if name != "softmax"
                else "Write for example softmax([a, b])[0].",
                node,
            )
        if name == "softmax":
            scores = tuple(self.id(part) for part in parts)
            return tuple(self.add(node, op.Softmax(index), *scores) for index in range(len(scores)))
        terms = [self.scalar(part) for part in parts]
        numbers = [term for term in terms if isinstance(term, float)]
        inputs = [term for term in terms if isinstance(term, str)]
        if not inputs:
            inputs = [self.card(numbers.pop(0), parts[0])]
        bound = (max if name == "max" else min)(numbers) if numbers else None
        return self.add(node, op.Extreme(name == "max", bound), *inputs)

    def _chosen(self, node: ast.Subscript) -> str:
        found = self.read(node.value)
        if not isinstance(found, tuple):
            raise self.error(
                "Only a list can be followed by [ ]", "Write for example softmax([a, b])[0].", node
            )
        index = node.slice
        value = index.value if isinstance(index, ast.Constant) else None
        if isinstance(value, bool) or not isinstance(value, int) or value >= len(found):
            raise self.error(
                "There is no such place in the list",
                f"The list has {len(found)} values, [0] to [{len(found) - 1}].",
                index if isinstance(index, ast.expr) else node,
            )
        return found[value]


def _too_deep(start: int, end: int) -> ExpressionError:
    return ExpressionError(
        "The expression is nested too deeply",
        f"At most {DEEPEST} operations can stand inside one another.",
        start,
        end,
    )


def _syntax(text: str, start: int, error: SyntaxError) -> ExpressionError:
    """What Python's parser found, at its character and in a sentence of ours."""
    line, column = error.lineno or 1, error.offset or 1
    lines = text[start:].split("\n")
    offset = sum(len(each) + 1 for each in lines[: line - 1]) + column - (2 if line == 1 else 1)
    place = min(start + max(0, offset), len(text))
    if place >= len(text.rstrip()):
        return ExpressionError(
            "The expression is not finished",
            "Something is missing at the end.",
            len(text) - 1,
            len(text),
        )
    return ExpressionError(
        "This cannot be read as an expression",
        "Something is missing or too much here.",
        place,
        place + 1,
    )
