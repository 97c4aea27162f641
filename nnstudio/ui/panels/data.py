"""The data: what the project learns from, its settings, a look at it, and the other data sets."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout

from nnstudio.data.dataset import Dataset, DataSource
from nnstudio.project import commands
from nnstudio.session.events import DataLoaded, ProblemFound, StateChanged
from nnstudio.spec import ProblemError, parts
from nnstudio.ui import dialogs, missing_data, theme
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.charts.bars import Bar, Bars
from nnstudio.ui.dialogs import plain_label
from nnstudio.ui.forms import PartForm
from nnstudio.ui.panels.common import Figures, Note, Page, Section
from nnstudio.ui.panels.sample_preview import SamplePreview
from nnstudio.ui.text import shape, tooltip

GROUPS = (
    ("text", "Text"),
    ("points", "Points in the plane"),
    ("images", "Images"),
    ("tables", "Tables"),
)
MOST_CLASSES = 12


class SourceRow(QFrame):
    """A data set to choose: icon, title and one sentence."""

    chosen = Signal()

    def __init__(self, cls: type[DataSource]) -> None:
        super().__init__()
        self.cls = cls
        self.setProperty("role", "choice")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(cls.title)
        self.setAccessibleDescription(cls.sentence())
        self.setToolTip(tooltip(cls.sentence()))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(9)
        self._picture = QLabel()
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(1)
        self._title = plain_label(cls.title, "title")
        words.addWidget(self._title)
        words.addWidget(plain_label(cls.sentence(), "hint"))
        row.addLayout(words, 1)
        theme.notifier.changed.connect(self._restyled)
        self._restyled()

    def show_chosen(self, chosen: bool) -> None:
        """Mark the data set that the project uses."""
        if self.property("chosen") != chosen:
            self.setProperty("chosen", chosen)
            self.style().unpolish(self)
            self.style().polish(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self.rect().contains(event.position().toPoint()):
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
            return
        super().keyPressEvent(event)

    def _restyled(self) -> None:
        self._picture.setPixmap(theme.pixmap(self.cls.icon, 18, theme.current().secondary))


class DataPanel(Page):
    """The project's data set first, then all others, then the learner's own."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__("Data")
        self._bridge = bridge
        self._form: PartForm | None = None
        self._shown: Dataset | None = None
        self.problem = Note("error", stacked=True)
        self.problem.pressed.connect(self._mend)
        self.present = Section(ruled=False)
        self.present.body.addLayout(self._doors())
        self.title = plain_label("", "title")
        self.about = plain_label("", "small")
        self.present.body.addWidget(self.title)
        self.present.body.addWidget(self.about)
        self.figures = Figures(84)
        self.present.body.addWidget(self.figures)
        self.preview = SamplePreview()
        self.present.body.addWidget(self.preview)
        self.classes_title = plain_label("Classes in the training set", "caption")
        self.classes = Bars("Classes in the training set", 20, 0.45)
        self.present.body.addWidget(self.classes_title)
        self.present.body.addWidget(self.classes)
        self.present.body.addWidget(self.problem)
        self.settings = Section("Settings")
        self.body.addWidget(self.present)
        self.body.addWidget(self.settings)
        self.rows: list[SourceRow] = []
        self.own = self._own_section()
        self.list = self._list_section()
        self.body.addWidget(self.own)
        self.body.addWidget(self.list)
        self.body.addStretch(1)
        bridge.project_changed.connect(self._changed)
        bridge.event.connect(self._heard)
        bridge.place_wanted.connect(self._show_place)
        self.refresh()

    def refresh(self) -> None:
        """Show the project's data set as it is now."""
        source = self._bridge.project.data
        for row in self.rows:
            row.show_chosen(type(source) is row.cls)
        self._show_form(source)
        self._show_dataset()

    def choose(self, source: DataSource) -> None:
        """Let the project learn from another data set."""
        self._bridge.do(f"Data: {source.title}", commands.set_data, source)

    def open_own(self, path: str) -> None:
        """Look into a file or folder of the learner's and, if they agree, learn from it."""
        if not path:
            return
        try:
            source = dialogs.import_data(self, path)
        except ProblemError as error:
            dialogs.show_problems(self, error.problems)
            return
        if source is not None:
            self.choose(source)

    def _doors(self) -> QHBoxLayout:
        """The two ways to other data, at the top where they are looked for."""
        row = QHBoxLayout()
        row.setSpacing(8)
        for title, tip, section in (
            ("Choose…", "All data sets that come with the app", "list"),
            ("Open…", "A text, a table or a folder of your own", "own"),
        ):
            button = QPushButton(title)
            button.setToolTip(tooltip(tip))
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _=False, section=section: self._go_to(section))
            row.addWidget(button, 1)
        return row

    def _go_to(self, name: str) -> None:
        """Scroll a section to the top and put the keys into it."""
        section: Section = getattr(self, name)
        self.verticalScrollBar().setValue(section.y())
        first = self.rows[0] if name == "list" else section.findChild(QPushButton)
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _own_section(self) -> Section:
        section = Section("Your own data")
        file = QPushButton("Open a text or table file…")
        file.setIcon(theme.icon("file"))
        file.setToolTip("CSV, TSV, or lines of label and text")
        file.clicked.connect(
            lambda: self.open_own(dialogs.choose_path(self, "Open a file", "", folder=False))
        )
        folder = QPushButton("Open a folder of texts…")
        folder.setIcon(theme.icon("folder"))
        folder.setToolTip("One folder for each class, with the texts in it")
        folder.clicked.connect(
            lambda: self.open_own(dialogs.choose_path(self, "Open a folder", "", folder=True))
        )
        for button in (file, folder):
            button.setProperty("role", "wide")
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            section.body.addWidget(button)
        return section

    def _list_section(self) -> Section:
        section = Section("Data sets")
        section.body.setSpacing(4)
        known = parts("dataset")
        for group, title in GROUPS:
            classes = [cls for cls in known.values() if getattr(cls, "group", "") == group]
            if not classes:
                continue
            caption = plain_label(title, "small")
            caption.setContentsMargins(0, 6, 0, 0)
            section.body.addWidget(caption)
            for cls in classes:
                row = SourceRow(cls)  # type: ignore[arg-type]
                row.chosen.connect(lambda cls=cls: self._choose_class(cls))
                section.body.addWidget(row)
                self.rows.append(row)
        return section

    def _choose_class(self, cls: type[DataSource]) -> None:
        if type(self._bridge.project.data) is not cls:
            self.choose(cls())
        self.verticalScrollBar().setValue(0)

    def _show_form(self, source: DataSource | None) -> None:
        self.settings.setVisible(source is not None and bool(source.fields()))
        if source is not None and self._form is not None and self._form.fits(source):
            self._form.show_part(source)
            return
        if self._form is not None:
            self.settings.body.removeWidget(self._form)
            self._form.let_go()
            self._form = None
        if source is None:
            return
        self._form = PartForm(source, label_width=80)
        self._form.changed.connect(self._edited)
        self._form.settled.connect(lambda: self._bridge.store.settle())
        self.settings.body.addWidget(self._form)

    def _edited(self, source: DataSource, name: str) -> None:
        assert self._form is not None
        label = f"Change {self._form.row(name).spec.label.lower()}"
        self._bridge.do(label, commands.set_data, source, merge=f"data.{name}")

    def _show_dataset(self) -> None:
        source, dataset = self._bridge.project.data, self._bridge.dataset
        loading = self._bridge.session.state == "loading"
        if source is None:
            self.title.setText("No data yet")
            self.about.setText("Choose a data set below, or open a file of your own.")
        elif dataset is None:
            self.title.setText(source.title)
            self.about.setText("Loading…" if loading else source.sentence())
        else:
            self.title.setText(dataset.title)
            self.about.setText(dataset.card or source.sentence())
        self.figures.setVisible(dataset is not None)
        self.preview.setVisible(dataset is not None)
        self._show_classes(dataset)
        self._show_problem()
        if dataset is not None and dataset is not self._shown:
            self._show_figures(dataset)
            self.preview.show_dataset(dataset)
        self._shown = dataset

    def _mend(self) -> None:
        """Look for a file that is gone, or read the data once more."""
        if missing_data.missing_path(self._bridge):
            missing_data.locate(self, self._bridge)
        else:
            self._bridge.session.load_data(again=True)

    def _show_problem(self) -> None:
        """Why the data could not be loaded, if that is so; also below the field at fault."""
        problem = self._bridge.data_problem
        self.problem.setVisible(problem is not None)
        if self._form is not None:
            here = problem is not None and problem.where.field
            self._form.show_problems(
                {problem.where.field: str(problem)} if here and problem else {}
            )
        if problem is None:
            return
        missing = missing_data.missing_path(self._bridge)
        self.problem.say(
            problem.title, problem.explain, missing_data.LOCATE if missing else "Try again"
        )

    def _show_figures(self, dataset: Dataset) -> None:
        sets = (
            (len(part) if part is not None else 0) for part in (dataset.validation, dataset.test)
        )
        validation, test = sets
        signature = dataset.signature
        rows = [
            ("Training", f"{len(dataset.train):,} samples", "", "What the network learns from"),
            (
                "Validation",
                f"{validation:,}" if validation else "none",
                "",
                "Measured after each epoch; early stopping watches it",
            ),
            ("Test", f"{test:,}" if test else "none", "", "Measured at the end; never trained on"),
            ("Inputs", shape(signature.input_shape), "", "The shape of one sample"),
        ]
        guessed = dataset.baselines.get("train")
        if guessed is not None:
            share = theme.percent(guessed.chance)
            rows.append(("Chance", share, "", f"The accuracy to beat. {guessed.sentence}"))
            if guessed.uneven:
                share = f"{theme.percent(guessed.majority)} ({guessed.majority_class})"
                rows.append(("Majority", share, "", f"The accuracy to beat. {guessed.sentence}"))
        if signature.task == "regression":
            rows.append(("Target", dataset.target_name or "a number", "", "What is predicted"))
        if dataset.words is not None:
            rows.append(
                ("Non-zero", theme.percent(dataset.density), "", "Inputs that are not zero")
            )
        self.figures.show_rows(rows)

    def _show_classes(self, dataset: Dataset | None) -> None:
        """How many samples each class has, where there are classes."""
        import numpy as np

        signature = dataset.signature if dataset is not None else None
        classes = signature.classes if signature is not None else 0
        shown = signature is not None and signature.task == "classification" and classes > 0
        self.classes.setVisible(shown)
        self.classes_title.setVisible(shown)
        if not shown or dataset is None or dataset is self._shown:
            return
        names = dataset.class_names
        counts = np.bincount(np.asarray(dataset.train.y).reshape(-1), minlength=classes)
        most = max(1, int(counts.max()))
        bars = [
            Bar(
                names[k] if k < len(names) else str(k),
                float(counts[k]) / most,
                f"{int(counts[k]):,}",
                theme.current().class_colour(k),
            )
            for k in range(min(classes, MOST_CLASSES))
        ]
        self.classes.show_bars(bars)

    def _changed(self, change: Any) -> None:
        if "data" in change.kinds:
            self.problem.hide()
            self._shown = None
            self.refresh()

    def _heard(self, event: object) -> None:
        if isinstance(event, DataLoaded):
            self.problem.hide()
            self._shown = None
            self._show_dataset()
        elif isinstance(event, StateChanged):
            self._show_dataset()
        elif isinstance(event, ProblemFound):
            self._show_problem()

    def _show_place(self, place: Any) -> None:
        if place.kind == "data" and place.field and self._form is not None:
            self._form.focus(place.field)
