"""The whole worked pass as text: a student's homework, a lecturer's slide.

Forward values, every backward step with its rule and its three numbers, the sums at fan-out, the
numerical check, and one step of gradient descent; as Markdown or as LaTeX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nnstudio.analysis.expression.descent import Descent, descend
from nnstudio.analysis.expression.graph import Node
from nnstudio.analysis.expression.numbers import exact, significant
from nnstudio.analysis.expression.numeric import DEFAULT_EPSILON, Check, central
from nnstudio.analysis.expression.operations import Written
from nnstudio.analysis.expression.operations.base import ATOM, PRODUCT, SIGN
from nnstudio.analysis.expression.telling import (
    MOST_LINES,
    calculation,
    name_of,
    sum_written,
    tell,
)
from nnstudio.analysis.expression.walk import Pass, Walk


def numbers(walk: Walk, id: str = "") -> str:
    """The shown numbers of one node, or of all, as tab-separated text with all their digits."""
    graph = walk.of.sheet.graph
    rows = ["node\texpression\tvalue\tgradient"]
    for node in [id] if id else walk.of.visible:
        value, gradient = walk.value(node), walk.gradient(node)
        rows.append(
            "\t".join(
                (
                    graph.node(node).symbol,
                    graph.written(node),
                    "" if value is None else repr(value),
                    "" if gradient is None else repr(gradient.value),
                )
            )
        )
    return "\n".join(rows)


def markdown(
    passed: Pass, digits: int = 4, epsilon: float = DEFAULT_EPSILON, rate: float = 0.1
) -> str:
    """The worked pass as Markdown."""
    n = _format(digits)
    graph = passed.sheet.graph
    title = passed.sheet.title or "Backpropagation, step by step"
    parts = [
        f"# {title}",
        f"$$ {_tex_head(passed)} $$",
        "Leaves: " + ", ".join(f"{name} = {n(value)}" for name, value in _leaves(passed)),
        "## Forward pass",
        _table(
            ("step", "operation", "calculation", "value"),
            (
                (str(number), name_of(graph, id, 60), said, value or "no value")
                for number, id, said, value in _forward_rows(passed, n)
            ),
        ),
    ]
    failure = passed.forward.failure
    if failure is not None:
        parts.append(f"**{failure.title}.** {failure.explain} {failure.fix}.")
    if not passed.broken_forward:
        parts += [
            "## Backward pass",
            f"It starts with d{graph.name}/d{graph.name} = 1. "
            "Each step is *upstream × local = downstream*.",
            _table(
                ("step", "operation", "rule", "upstream × local = downstream", "into"),
                _backward_rows(passed, n),
            ),
        ]
        sums = list(_sums(passed, n))
        if sums:
            parts.append("Values that are used several times add up what comes back:")
            parts.append("\n".join(f"- gradient of {name}: {text}" for name, text in sums))
        parts += [
            "## Gradients, derived and measured",
            f"Central differences with ε = {significant(epsilon, 2)}.",
            _table(
                ("leaf", "value", "gradient", "measured", "relative difference"),
                (_check_row(check, passed, n) for check in _checks(passed, epsilon)),
            ),
            "## One step of gradient descent",
            *_descent_lines(passed, rate, n),
        ]
        broken = next(iter(passed.backward.failures.values()), None)
        if broken is not None:
            parts.append(f"**{broken.title}.** {broken.explain} {broken.fix}.")
    return "\n\n".join(part for part in parts if part) + "\n"


def latex(
    passed: Pass, digits: int = 4, epsilon: float = DEFAULT_EPSILON, rate: float = 0.1
) -> str:
    """The worked pass as a LaTeX document that compiles by itself."""
    n = _format(digits)
    graph = passed.sheet.graph
    title = passed.sheet.title or "Backpropagation, step by step"
    lines = [
        r"\documentclass{article}",
        r"\usepackage{amsmath}",
        r"\usepackage[margin=2cm]{geometry}",
        r"\begin{document}",
        rf"\section*{{{_escaped(title)}}}",
        rf"\[ {_tex_head(passed)} \]",
        r"\subsection*{Forward pass}",
    ]
    leaves = [
        rf"{graph.written(name, 'tex')} &= {_tex_number(n(value))}"
        for name, value in _leaves(passed)
    ]
    rows = []
    for number, id, _, value in _forward_rows(passed, n):
        shown = _tex_number(value) if value else r"\text{no value}"
        rows.append(
            rf"q_{{{number}}} &= {_tex_step(passed, graph.node(id))} "
            rf"= {_tex_calculation(passed, graph.node(id), n)} = {shown}"
        )
    lines += _align(leaves) + _align(rows)
    if not passed.broken_forward:
        lines.append(r"\subsection*{Backward pass}")
        lines.append(rf"\[ \frac{{\partial {_f(passed)}}}{{\partial {_f(passed)}}} = 1 \]")
        lines += _align(_tex_backward(passed, n))
        lines.append(r"\subsection*{Gradients}")
        lines += _align(
            rf"\frac{{\partial {_f(passed)}}}{{\partial {graph.written(check.node, 'tex')}}} "
            rf"&= {_tex_number(n(check.analytic))}"
            + (
                rf" && \text{{measured }} {_tex_number(n(check.numeric))}"
                if check.numeric is not None
                else ""
            )
            for check in _checks(passed, epsilon)
        )
        lines.append(r"\subsection*{One step of gradient descent}")
        lines += _tex_descent(passed, rate, n)
    failure = passed.forward.failure or next(iter(passed.backward.failures.values()), None)
    if failure is not None:
        lines.append(rf"\textbf{{{_escaped(failure.title)}.}} {_escaped(failure.explain)}")
    lines.append(r"\end{document}")
    return "\n".join(lines) + "\n"


def _format(digits: int) -> Callable[[float], str]:
    return lambda value: significant(value, digits)


def _leaves(passed: Pass) -> list[tuple[str, float]]:
    """The names and values of the leaves that no closed group hides."""
    shown = set(passed.visible)
    return [(name, value) for name, value in passed.sheet.values.items() if name in shown]


def _forward_rows(passed: Pass, n: Callable[[float], str]) -> Iterable[tuple[int, str, str, str]]:
    """(number, node, calculation, value) of every forward step."""
    graph = passed.sheet.graph
    values = dict(passed.forward.values)
    for number, id in enumerate(passed.forward_steps, start=1):
        node = graph.node(id)
        known = all(source in values for source in node.inputs)
        said = calculation(graph, node, values, n) if known else ""
        yield number, id, said, n(values[id]) if id in values else ""


def _backward_rows(passed: Pass, n: Callable[[float], str]) -> Iterable[tuple[str, ...]]:
    first = len(passed.forward_steps) + 1
    for number, _ in enumerate(passed.backward_steps, start=1):
        telling = tell(Walk(passed, first + number), n)
        for place, product in enumerate(telling.products):
            rule = telling.rules[min(place, len(telling.rules) - 1)] if telling.rules else ""
            yield (
                str(number) if place == 0 else "",
                telling.heading.removeprefix("This step: ") if place == 0 else "",
                rule,
                f"{product.upstream} × {product.local} = {product.downstream}",
                name_of(passed.sheet.graph, product.node, 60),
            )


def _sums(passed: Pass, n: Callable[[float], str]) -> Iterable[tuple[str, str]]:
    end = Walk(passed, passed.last)
    graph = passed.sheet.graph
    for id in passed.visible:
        gradient = end.gradient(id)
        if gradient is not None and gradient.expected > 1 and gradient.complete:
            yield name_of(graph, id, 60), f"{sum_written(gradient, n)} = {n(gradient.value)}"


def _checks(passed: Pass, epsilon: float) -> Iterable[Check]:
    sheet = passed.sheet
    for id in passed.visible:
        if sheet.graph.node(id).is_variable and id in passed.backward.gradients:
            analytic = passed.backward.gradients[id]
            yield central(sheet.graph, passed.forward, id, analytic, epsilon)


def _check_row(check: Check, passed: Pass, n: Callable[[float], str]) -> tuple[str, ...]:
    return (
        check.node,
        n(passed.forward.values[check.node]),
        n(check.analytic),
        "–" if check.numeric is None else n(check.numeric),
        "–" if check.difference is None else significant(check.difference, 2),
    )


def _descent(passed: Pass, rate: float) -> Descent:
    output = passed.forward.values[passed.sheet.graph.output]
    return descend(passed.sheet, output, passed.backward, rate)


def _descent_lines(passed: Pass, rate: float, n: Callable[[float], str]) -> list[str]:
    descent = _descent(passed, rate)
    shown = set(passed.visible)
    rows = (
        (
            leaf.name,
            n(leaf.before),
            n(leaf.gradient),
            "fixed" if leaf.fixed else n(leaf.after - leaf.before),
            n(leaf.after),
        )
        for leaf in descent.leaves
        if leaf.name in shown
    )
    actual = "no value there" if descent.actual is None else n(descent.actual)
    after = "no value" if descent.after is None else n(descent.after)
    return [
        f"Learning rate η = {exact(rate)}: every leaf that is not fixed moves by −η·g.",
        _table(("leaf", "value", "gradient g", "−η·g", "new value"), rows),
        f"Predicted change −η‖g‖² = {n(descent.predicted)}; actual change {actual} "
        f"({passed.sheet.graph.name} from {n(descent.before)} to {after}).",
    ]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    return "\n".join(lines)


def _f(passed: Pass) -> str:
    name = passed.sheet.graph.name
    return name if len(name) == 1 else rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}"


def _tex_head(passed: Pass) -> str:
    graph = passed.sheet.graph
    return f"{_f(passed)} = {graph.written(graph.output, 'tex', 2000)}"


def _tex_step(passed: Pass, node: Node) -> str:
    """The operation on its inputs, those that were computed before named q₁, q₂ ..."""
    graph = passed.sheet.graph
    parts = [
        Written(rf"q_{{{passed.step_of_forward[source]}}}")
        if source in passed.step_of_forward
        else Written(graph.written(source, "tex"))
        for source in node.inputs
        if source not in passed.hidden
    ]
    if len(parts) < len(node.inputs):
        return rf"\text{{{_escaped(node.symbol)}}}"
    return node.op.write(parts, "tex").text


def _tex_backward(passed: Pass, n: Callable[[float], str]) -> Iterable[str]:
    graph = passed.sheet.graph
    end = Walk(passed, passed.last)
    for id in passed.backward_steps:
        for flow in passed.backward.from_user.get(id, ()):
            source = flow.edge.source
            if source in passed.hidden:
                continue
            named = (
                rf"q_{{{passed.step_of_forward[source]}}}"
                if source in passed.step_of_forward
                else graph.written(source, "tex")
            )
            gradient = end.gradient(source)
            several = gradient is not None and gradient.expected > 1
            sign = r"\mathrel{+}=" if several else "="
            yield (
                rf"\frac{{\partial {_f(passed)}}}{{\partial {named}}} &{sign} "
                rf"{_tex_factor(n(flow.upstream))} \cdot {_tex_factor(n(flow.local))} "
                rf"= {_tex_number(n(flow.downstream))}"
            )


def _tex_descent(passed: Pass, rate: float, n: Callable[[float], str]) -> list[str]:
    descent = _descent(passed, rate)
    graph = passed.sheet.graph
    rows = [
        rf"{graph.written(leaf.name, 'tex')} &\leftarrow {_tex_number(n(leaf.before))} - "
        rf"{exact(rate)} \cdot {_tex_factor(n(leaf.gradient))} = {_tex_number(n(leaf.after))}"
        for leaf in descent.leaves
        if not leaf.fixed and leaf.name not in passed.hidden
    ]
    actual = r"\text{no value}" if descent.actual is None else _tex_number(n(descent.actual))
    return [
        *_align(rows),
        rf"\[ \text{{predicted }} -\eta\lVert g\rVert^2 = {_tex_number(n(descent.predicted))}, "
        rf"\qquad \text{{actual }} {actual} \]",
    ]


def _align(rows: Iterable[str]) -> list[str]:
    listed = list(rows)
    if not listed:
        return []
    return [r"\begin{align*}", " \\\\\n".join(listed), r"\end{align*}"]


def _tex_number(written: str) -> str:
    plain = written.replace("−", "-").replace("∞", r"\infty").replace(",", "{,}")
    mantissa, e, power = plain.partition("e")
    return rf"{mantissa} \cdot 10^{{{power}}}" if e and mantissa else plain


def _tex_factor(written: str) -> str:
    number = _tex_number(written)
    return rf"\left({number}\right)" if number.startswith("-") else number


def _tex_calculation(passed: Pass, node: Node, n: Callable[[float], str]) -> str:
    """The operation with its inputs' values put in; a long sum is only begun."""
    values = [passed.forward.values.get(source) for source in node.inputs]
    if any(value is None for value in values):
        return r"\ldots"
    numbers = [_tex_number(n(value)) for value in values if value is not None]
    parts = [
        Written(number, SIGN if number.startswith("-") else PRODUCT if "cdot" in number else ATOM)
        for number in numbers
    ]
    if len(parts) > MOST_LINES + 2:
        begun = node.op.write(parts[:MOST_LINES], "tex").text
        return rf"{begun} + \dots \text{{ ({len(parts)} terms)}}"
    return node.op.write(parts, "tex").text


def _escaped(text: str) -> str:
    for sign in ("\\", "&", "%", "$", "#", "_", "{", "}"):
        text = text.replace(sign, "\\" + sign if sign != "\\" else r"\textbackslash ")
    return text.replace("−", "-").replace("Σ", r"$\sum$").replace("√", r"$\sqrt{}$")
