"""The form of a part: a row for each declared field, nested parts within, problems in place.

The form never holds the truth. It shows a value, and when the learner edits a field it builds
the changed value (which checks it) and hands it to ``changed``; what the store then holds is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.spec import FieldSpec, Part, ProblemError
from nnstudio.ui import theme
from nnstudio.ui.forms.editors import (
    BooleanEditor,
    ChoiceEditor,
    Editor,
    NumberEditor,
    PathEditor,
    TextEditor,
)
from nnstudio.ui.text import field_help

LABEL_WIDTH = 104


class FieldRow(QWidget):
    """Label, editor and, below it, the sentence that refuses a value."""

    def __init__(self, spec: FieldSpec, editor: Editor, label_width: int = LABEL_WIDTH) -> None:
        super().__init__()
        self.spec = spec
        self.editor = editor
        self._label_width = label_width
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(2)
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        self.label = QLabel(spec.label)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setProperty("role", "secondary")
        self.label.setToolTip(field_help(spec))
        self.label.setBuddy(editor)
        self.label.setWordWrap(True)
        line.addWidget(self.label, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(editor, 1)
        outer.addLayout(line)
        self.below = QVBoxLayout()
        self.below.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(self.below)
        self.refusal = QLabel()
        self.refusal.setTextFormat(Qt.TextFormat.PlainText)
        self.refusal.setWordWrap(True)
        self.refusal.setProperty("role", "error")
        self.refusal.setAccessibleName(f"{spec.label}: what is wrong")
        self.refusal.hide()
        outer.addWidget(self.refusal)
        self.advice = QLabel()
        self.advice.setTextFormat(Qt.TextFormat.PlainText)
        self.advice.setWordWrap(True)
        self.advice.setProperty("role", "warning")
        self.advice.setAccessibleName(f"{spec.label}: advice")
        self.advice.hide()
        outer.addWidget(self.advice)
        self._restyled()
        theme.notifier.changed.connect(self._restyled)

    def refuse(self, sentence: str) -> None:
        """Show why the value cannot be taken; empty takes the sentence away."""
        self.refusal.setText(sentence)
        self.refusal.setVisible(bool(sentence))
        self.editor.show_refused(bool(sentence))

    def advise(self, sentence: str) -> None:
        """Show a remark on a value that is taken all the same; empty takes it away."""
        self.advice.setText(sentence)
        self.advice.setVisible(bool(sentence))

    def _restyled(self) -> None:
        self.label.setFixedWidth(round(self._label_width * theme.scale()))


class PartForm(QWidget):
    """The form of one part.

    ``changed`` carries (new part, field name): the value with that field changed. ``settled`` ends
    an edit made of many small steps. ``only`` restricts the fields, ``skip`` leaves some out;
    ``extras`` maps a field's name to a function that makes a widget shown below its row.
    """

    changed = Signal(object, str)
    settled = Signal()

    def __init__(
        self,
        part: Part,
        *,
        only: Collection[str] = (),
        skip: Collection[str] = (),
        compact: bool = False,
        label_width: int = LABEL_WIDTH,
        extras: dict[str, Callable[[], QWidget]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._part = part
        self._compact = compact
        self._label_width = label_width
        self._rows: dict[str, FieldRow] = {}
        self._found: dict[str, str] = {}  # what `show_problems` shows, by field
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self._advanced = _Advanced()
        specs = [
            spec
            for spec in part.fields()
            if (not only or spec.name in only) and spec.name not in skip
        ]
        for spec in specs:
            row = self._make_row(spec)
            if extras and spec.name in extras:
                row.below.addWidget(extras[spec.name]())
            (self._advanced.body if spec.advanced else layout).addWidget(row)
        if any(spec.advanced for spec in specs):
            layout.addWidget(self._advanced)
        else:
            self._advanced.hide()
            self._advanced.setParent(self)
        self.show_part(part)

    @property
    def part(self) -> Part:
        return self._part

    def fits(self, part: Part) -> bool:
        """Whether this form can show `part` without being built anew."""
        return type(part) is type(self._part)

    def let_go(self) -> None:
        """Vanish: what is being typed into this form is told to nobody any more."""
        self.blockSignals(True)  # hiding takes the focus, which ends the edit
        self.hide()
        self.deleteLater()

    def row(self, name: str) -> FieldRow:
        """The row of a field; raises KeyError if the form has none."""
        return self._rows[name]

    def rows(self) -> tuple[FieldRow, ...]:
        return tuple(self._rows.values())

    def show_part(self, part: Part) -> None:
        """Show another value of the same type; refusals are taken away."""
        self._part = part
        for name, row in self._rows.items():
            row.editor.show_value(getattr(part, name))
            row.refuse("")

    def set_hint(self, name: str, hint: str) -> None:
        """Show `hint` inside the field at the right, in place of its range."""
        editor = self._rows[name].editor if name in self._rows else None
        if isinstance(editor, TextEditor):
            editor.line.set_hint(hint)

    def show_problems(self, found: Mapping[str, str]) -> None:
        """Show a sentence below each of these fields, such as a problem that the check found.

        Those shown before that are no more among them go; what a field itself refuses stays.
        """
        for name, sentence in self._found.items():
            if name not in found and self._rows[name].refusal.text() == sentence:
                self._rows[name].refuse("")
        self._found = {name: text for name, text in found.items() if name in self._rows}
        for name, sentence in self._found.items():
            self._rows[name].refuse(sentence)

    def show_advice(self, found: Mapping[str, str]) -> None:
        """Show a remark below each of these fields, and below no other."""
        for name, row in self._rows.items():
            row.advise(found.get(name, ""))

    def focus(self, name: str) -> None:
        """Put the cursor into a field, opening the advanced ones if it is there."""
        row = self._rows.get(name)
        if row is None:
            return
        if row.spec.advanced:
            self._advanced.set_open(True)
        row.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _make_row(self, spec: FieldSpec) -> FieldRow:
        editor = make_editor(spec, self._compact)
        row = FieldRow(spec, editor, self._label_width)
        if isinstance(below := getattr(editor, "below", None), QWidget):
            row.below.addWidget(below)
        self._rows[spec.name] = row
        editor.edited.connect(lambda value, name=spec.name: self._edited(name, value))
        editor.unreadable.connect(row.refuse)
        editor.settled.connect(self.settled)
        return row

    def _edited(self, name: str, value: Any) -> None:
        row = self._rows[name]
        if (sentence := row.spec.refusal(value)) is not None:
            row.refuse(sentence)
            return
        if type(value) is int and row.spec.kind == "real":
            value = float(value)
        try:
            part = self._part.replace(**{name: value})
        except ProblemError as error:
            row.refuse("\n".join(_sentence(problem) for problem in error.problems))
            return
        row.refuse("")
        if part != self._part:
            self._part = part
            self.changed.emit(part, name)


class _Advanced(QWidget):
    """The settings a beginner can leave alone, folded away behind one line."""

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(8)
        self.button = QToolButton()
        self.button.setText("Advanced")
        self.button.setCheckable(True)
        self.button.setProperty("role", "fold")
        self.button.setIcon(theme.icon("chevron-right"))
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setAccessibleName("Advanced settings")
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(8)
        self._content.hide()
        layout.addWidget(self._content)
        self.button.toggled.connect(self._toggled)

    def set_open(self, open_: bool) -> None:
        self.button.setChecked(open_)

    def _toggled(self, open_: bool) -> None:
        self._content.setVisible(open_)
        self.button.setIcon(theme.icon("chevron-down" if open_ else "chevron-right"))


def make_editor(spec: FieldSpec, compact: bool = False) -> Editor:
    """The editor for a field's kind."""
    if spec.kind in ("integer", "real"):
        return NumberEditor(spec)
    if spec.kind == "boolean":
        return BooleanEditor(spec)
    if spec.kind == "choice":
        return ChoiceEditor(spec)
    if spec.kind == "path":
        return PathEditor(spec)
    if spec.kind == "part":
        from nnstudio.ui.forms.nested import PartEditor

        return PartEditor(spec, compact)
    return TextEditor(spec)


def _sentence(problem: Any) -> str:
    title = problem.title.split(": ", 1)[-1].rstrip(".")
    return f"{title}. {problem.explain}".strip()
