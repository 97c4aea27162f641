"""Below the graph: what this step does, by which rule, and whether a measurement agrees."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from nnstudio.analysis.expression import Failure, Walk, exact, significant
from nnstudio.analysis.expression.telling import MOST_LINES, Telling, tell
from nnstudio.ui import theme
from nnstudio.ui.backprop.expression.check_pane import CheckPane
from nnstudio.ui.backprop.expression.labels import formula, line, marked
from nnstudio.ui.backprop.expression.predict import PredictPane
from nnstudio.ui.backprop.expression.update_pane import UpdatePane
from nnstudio.ui.text import tooltip


class StepPane(QWidget):
    """This step's numbers: upstream × local = downstream, and the sums they go into."""

    def __init__(self) -> None:
        super().__init__()
        self.title = line("caption")
        self.what = formula(18)
        self.rows = [formula(18) for _ in range(MOST_LINES)]
        self.sums = [formula(13) for _ in range(MOST_LINES)]
        self.words = line("small", wrap=True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(3)
        for label in (self.title, self.what, *self.rows, *self.sums, self.words):
            outer.addWidget(label)
        outer.addStretch(1)

    def show_step(self, walk: Walk, telling: Telling, digits: int, verdict: str) -> None:
        """Write the step."""
        self.title.setText(telling.heading)
        self.words.setVisible(False)
        for label in (*self.rows, *self.sums):
            label.setVisible(False)
        self.what.setToolTip("")
        if walk.phase == "backward" and telling.products:
            self._show_products(walk, telling)
        elif telling.calculation:
            marked(
                self.what,
                (f"{telling.calculation} = ", ""),
                (telling.result, "nb"),
                size=20 if len(telling.calculation) < 34 else 15,
            )
            if walk.phase == "forward" and walk.active is not None:
                value = walk.of.forward.values.get(walk.active)
                self.what.setToolTip("" if value is None else tooltip(exact(value)))
        else:
            name = walk.of.sheet.graph.name
            hint = walk.of.sheet.graph.written(walk.of.sheet.graph.output, limit=60)
            marked(self.what, (f"{name} = {hint}", ""), size=15)
        if verdict or telling.words:
            self._say(verdict or telling.words)

    def show_failure(self, failure: Failure) -> None:
        """What broke, in the error's colour."""
        for label in (*self.rows, *self.sums):
            label.setVisible(False)
        self.title.setText("This step cannot be done")
        marked(self.what, (failure.title, "eb"), size=18)
        self._say(failure.explain)

    def _show_products(self, walk: Walk, telling: Telling) -> None:
        several = len(telling.products) > 1
        marked(self.what, ("upstream × local = downstream", ""), size=15 if several else 18)
        size = (20, 16, 14, 13)[min(len(telling.products), 4) - 1]
        flows = walk.flows
        for number, (label, product) in enumerate(zip(self.rows, telling.products, strict=False)):
            into = f"     into {product.into}" if several else ""
            marked(
                label,
                (f"{product.upstream} × {product.local} = ", ""),
                (product.downstream, "nb"),
                (into, "s"),
                size=size,
            )
            flow = flows[number]
            label.setToolTip(
                tooltip(
                    f"upstream {exact(flow.upstream)}\nlocal {exact(flow.local)}\n"
                    f"downstream {exact(flow.downstream)}"
                )
            )
            label.setVisible(True)
        for label, addition in zip(self.sums, telling.additions, strict=False):
            waiting = f" so far, {addition.missing} more to come" if addition.missing else ""
            several = addition.text != addition.total
            marked(
                label,
                (f"{addition.name} is used {self._times(walk, addition.node)}: ", "s"),
                (f"{addition.text} = " if several else "", ""),
                (addition.total, "nb"),
                (waiting, "s"),
            )
            label.setVisible(True)
        if telling.more:
            self._say(f"and {telling.more} more terms, each in the same way")

    def _times(self, walk: Walk, node: str) -> str:
        count = len(walk.of.sheet.graph.users[node])
        return {2: "twice", 3: "three times"}.get(count, f"{count} times")

    def _say(self, text: str) -> None:
        self.words.setText(text)
        self.words.setVisible(True)


class RulePane(QWidget):
    """The rule behind the step, in general and with this step's numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.title = line("caption")
        self.rule = formula(15)
        self.lines = [formula(14) for _ in range(MOST_LINES)]
        self.remark = line("small", wrap=True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(3)
        for label in (self.title, self.rule, *self.lines, self.remark):
            outer.addWidget(label)
        outer.addStretch(1)

    def show_rule(self, walk: Walk, telling: Telling) -> None:
        for label in self.lines:
            label.setVisible(False)
        backward = walk.phase == "backward"
        self.title.setText("Rule" if backward else "Operation" if telling.formula else "")
        self.rule.setVisible(bool(telling.formula))
        self.remark.setText(telling.remark)
        if not backward:
            marked(self.rule, (telling.formula, ""), size=15)
            return
        single = len(telling.rules) == 1
        rules = f"   ⇒   {telling.rules[0]}" if single else ""
        marked(self.rule, (telling.formula + rules, ""), size=15)
        shown = list(telling.products)
        for number, label in enumerate(self.lines):
            rule = "" if single or number >= len(telling.rules) else telling.rules[number]
            filled, local = "", ""
            if number < len(shown) and shown[number].filled:
                filled, local = shown[number].filled, shown[number].local.strip("()")
            if not rule and not filled:
                continue
            parts = [(rule, "")] if rule else []
            if filled:
                parts += [("  =  " if rule else "", "s"), (f"{filled} = ", "s"), (local, "b")]
            marked(label, *parts)
            label.setVisible(True)

    def show_failure(self, failure: Failure) -> None:
        for label in self.lines:
            label.setVisible(False)
        self.title.setText("What to change")
        self.rule.setVisible(True)
        self.rule.setText("")
        marked(self.rule, (failure.fix.split(":", 1)[0] + ".", ""), size=15)
        rest = failure.fix.split(":", 1)
        leaves = rest[1].strip() if len(rest) > 1 else ""
        self.remark.setText(
            f"{leaves[0].upper()}{leaves[1:]} with the mouse wheel, by dragging, or by a double "
            "click on the card."
            if leaves
            else "The cards that lead here can be changed by wheel, by dragging, or by typing."
        )


class DetailPane(QWidget):
    """Three columns for a step; the descent step and a question take their places."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.step = StepPane()
        self.rule = RulePane()
        self.check = CheckPane()
        self.predict = PredictPane()
        self.update_pane = UpdatePane()
        self.first = QStackedWidget()
        self.first.addWidget(self.step)
        self.first.addWidget(self.predict)
        columns = QWidget()
        self._row = QHBoxLayout(columns)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(28)
        self._row.addWidget(self.first, 10)
        self._row.addWidget(self.rule, 8)
        self._row.addWidget(self.check, 15)
        self.pages = QStackedWidget()
        self.pages.addWidget(columns)
        self.pages.addWidget(self.update_pane)
        outer = QGridLayout(self)
        outer.setContentsMargins(16, 10, 16, 10)
        outer.addWidget(self.pages, 0, 0)
        self._shown: tuple[Walk, int, bool, str] | None = None
        theme.notifier.changed.connect(self._restyle)

    def set_compact(self, compact: bool) -> None:
        """Beside a low graph there is room for the step and its rule, one below the other."""
        way = QHBoxLayout.Direction.TopToBottom if compact else QHBoxLayout.Direction.LeftToRight
        self._row.setDirection(way)
        self._row.setSpacing(12 if compact else 28)
        self.check.setVisible(not compact)
        self.update_pane.set_compact(compact)

    def show_walk(self, walk: Walk, digits: int, *, asking: bool, verdict: str = "") -> None:
        """Show a step. While a question is asked, nothing that gives the answer away is shown."""
        self._shown = (walk, digits, asking, verdict)
        self.pages.setCurrentIndex(1 if walk.phase == "update" else 0)
        if walk.phase == "update":
            return
        self.first.setCurrentWidget(self.predict if asking else self.step)
        failure = walk.failure
        if failure is not None:
            self.step.show_failure(failure)
            self.rule.show_failure(failure)
            self.first.setCurrentWidget(self.step)
            return
        telling = tell(walk, lambda value: significant(value, digits))
        if asking:
            hidden = Telling(
                telling.heading,
                formula=telling.formula,
                rules=telling.rules,
                remark="" if walk.phase == "forward" else telling.remark,
            )
            self.rule.show_rule(walk, hidden)
            return
        self.step.show_step(walk, telling, digits, verdict)
        self.rule.show_rule(walk, telling)

    def texts(self) -> str:
        """What the columns say, as plain text."""
        page = self.pages.currentWidget()
        labels = page.findChildren(QLabel) if page is not None else []
        return "\n".join(
            label.accessibleName() or label.text()
            for label in labels
            if label.isVisibleTo(self) and (label.accessibleName() or label.text())
        )

    def _restyle(self) -> None:
        if self._shown is not None:
            walk, digits, asking, verdict = self._shown
            self.show_walk(walk, digits, asking=asking, verdict=verdict)
