"""The public doors: each opens a foreign file as the app would, and uses what it got."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnstudio.analysis import expression
from nnstudio.analysis.expression.worked_pass import latex, markdown, numbers
from nnstudio.data.dataset import Dataset
from nnstudio.data.preview import preview
from nnstudio.data.rows import number_rows, text_rows
from nnstudio.data.text_files import TextFile
from nnstudio.engine import Network
from nnstudio.export import npz
from nnstudio.graph.check import check
from nnstudio.graph.plan import Plan, Signature
from nnstudio.project import commands, files
from nnstudio.project.model import Project
from nnstudio.spec import FieldSpec, ProblemError, parts
from nnstudio.ui.forms.reading import NotReadableError, read
from tests.fuzz.corpus import Case, corpus

#: What is too large to be built for a mere look; the app builds it when Train is pressed.
LARGEST = 2_000_000

REFUSALS = (ProblemError, expression.ExpressionError, NotReadableError)


class ChangedError(AssertionError):
    """What was saved and read again is not what it was before."""


@dataclass(frozen=True)
class Doors:
    """All doors, with a folder for the files that are opened."""

    folder: Path

    def project(self, content: bytes) -> None:
        """Open a project, build and use its network, save it and open it again."""
        path = self._file("project.nns", content)
        project = files.load(path)
        again = files.to_bytes(project)
        path.write_bytes(again)
        if files.to_bytes(files.load(path)) != again:
            raise ChangedError("the project is another one after saving and opening")
        commands.paste(project, commands.copy(project, project.graph.by_id))
        for signature in _signatures(project):
            _build(project, signature)

    def model(self, content: bytes) -> None:
        """Open a model, predict one sample, save it and open it again."""
        path = self._file("model.npz", content)
        model = npz.load(path)
        words = model.fitted.words
        shape = model.signature.input_shape
        model.predict(["a good film"] if words is not None else [np.zeros(shape)])
        again = npz.to_bytes(model)
        path.write_bytes(again)
        if npz.to_bytes(npz.load(path)) != again:
            raise ChangedError("the model is another one after saving and opening")

    def checkpoint(self, content: bytes, case: Case) -> None:
        """Go on from a checkpoint, for an update, and write another one; or change nothing."""
        trainer = case.trainer()
        before = {name: np.array(array) for name, array in trainer.arrays().items()}
        try:
            trainer.resume(content)
        except ProblemError:
            for name, array in trainer.arrays().items():
                if not np.array_equal(before[name], array):
                    raise ChangedError(f"a refused checkpoint changed {name}") from None
            raise
        checkpoint = trainer.trained().checkpoint
        trainer.resume(checkpoint)
        if trainer.trained().checkpoint != checkpoint:
            raise ChangedError("the checkpoint is another one after writing and reading")
        for _ in trainer.run():
            break
        trainer.trained()

    def table(self, name: str, content: bytes) -> None:
        """Look into a table, then load it; what loads fits into a project that can be saved."""
        path = self._file(name, content)
        source = TextFile(path=str(path))
        for rows in (lambda: text_rows(str(path)), lambda: number_rows(str(path), ("a", "b"), 2)):
            with contextlib.suppress(ProblemError):
                rows()
        seen = preview(source)
        if seen.text_column and seen.label_column and seen.columns:
            source = source.replace(text_column=seen.text_column, label_column=seen.label_column)
        dataset = source.load()
        self._save(source, dataset)

    def expression(self, text: str) -> None:
        """Read an expression, and work it forwards and backwards."""
        sheet = expression.read(text)
        walk = expression.start(sheet)
        while (later := walk.to(walk.position + 7)).position > walk.position:
            walk = later
        for id in walk.of.visible:
            walk.value(id), walk.gradient(id)
        markdown(walk.of)
        latex(walk.of)
        numbers(walk)
        if expression.read(sheet.text).graph.output != sheet.graph.output:
            raise ChangedError("the expression is another one when it is read again")

    def copied(self, project: Project) -> str:
        """All cards of a project as they lie on the clipboard."""
        return commands.copy(project, project.graph.by_id)

    def cards(self, text: str) -> None:
        """Paste text into the canvas."""
        project = commands.paste(corpus().cases[0].project, text)
        files.to_bytes(project)

    def field(self, text: str) -> None:
        """Type text into every kind of field there is, and put what is taken into a project."""
        for spec in field_kinds():
            try:
                value = read(spec, text)
            except NotReadableError:
                continue
            spec.refusal(value)
        project = corpus().cases[0].project
        attempts: tuple[Callable[[], Project], ...] = (
            lambda: commands.rename_project(project, text),
            lambda: commands.rename(project, "dense-1", text),
            lambda: commands.set_data(project, TextFile(path=text, label_column=text)),
        )
        refused = 0
        for attempt in attempts:
            try:
                changed = attempt()
            except ProblemError:
                refused += 1
                continue
            self._roundtrip(changed)
        if refused == len(attempts):
            raise NotReadableError(text)

    def _save(self, source: TextFile, dataset: Dataset) -> None:
        from nnstudio.project.model import Fitted, Trained

        trained = Trained({}, fitted=Fitted.of(dataset))
        self._roundtrip(corpus().cases[0].project.replace(data=source, trained=trained))

    def _roundtrip(self, project: Project) -> None:
        path = self._file("project.nns", content := files.to_bytes(project))
        try:
            back = files.load(path)
        except ProblemError as error:
            raise ChangedError(f"what was saved cannot be opened: {error}") from None
        if files.to_bytes(back) != content:
            raise ChangedError("the project is another one after saving and opening")

    def _file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def field_kinds() -> tuple[FieldSpec, ...]:
    """One field of every kind and of every optimizer and layer setting."""
    found: dict[tuple[Any, ...], FieldSpec] = {}
    for kind in ("layer", "optimizer", "dataset", "training"):
        for cls in parts(kind).values():
            for spec in cls.fields():
                found.setdefault((spec.kind, spec.minimum, spec.maximum, spec.optional), spec)
    return tuple(found.values())


def _signatures(project: Project) -> list[Signature]:
    """The data that the corpus has for this project's source."""
    cases = corpus().cases
    return [case.dataset.signature for case in cases if case.project.data == project.data]


def _build(project: Project, signature: Signature) -> None:
    plan = check(project.graph, signature, project.training.loss).plan
    if plan is None or _size(plan) > LARGEST:
        return
    network = Network(plan, project.training.loss)
    if project.trained is not None:
        network.load_weights(project.trained.weights, strict=False)
    x: Any = np.zeros((1, *signature.input_shape), np.int64 if signature.tokens else np.float32)
    network.predict(x)
    if project.trained is not None and project.trained.fitted is not None:
        try:
            npz.to_bytes(npz.Model.of(project, signature))
        except ProblemError:
            return


def _size(plan: Plan) -> int:
    return plan.parameter_count + sum(
        int(np.prod(step.output_shape, dtype=float)) for step in plan.steps
    )
