"""Copying and exporting the network mode: the step, the arrays, the picture, the whole pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QGuiApplication, QPainter, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QMenu, QWidget

from nnstudio.analysis.expression.numbers import significant
from nnstudio.analysis.network_pass.writing import latex, markdown
from nnstudio.spec import Place, Problem
from nnstudio.ui import dialogs, theme

if TYPE_CHECKING:
    from nnstudio.ui.backprop.network.view import NetworkMode

PICTURE_SCALE = 2.0
FILTERS = {
    "png": ("PNG picture", ".png"),
    "svg": ("SVG picture", ".svg"),
    "md": ("Markdown", ".md"),
    "tex": ("LaTeX", ".tex"),
}


class ExportMenu(QMenu):
    """The menu behind the export button."""

    def __init__(self, mode: NetworkMode) -> None:
        super().__init__(mode)
        self._mode = mode
        self.addAction("Copy this step as text").triggered.connect(self.copy_step)
        self.addAction("Copy the arrays as text").triggered.connect(self.copy_arrays)
        self.addSeparator()
        for kind, title in (
            ("png", "Export the view as PNG …"),
            ("svg", "Export the view as SVG …"),
            ("md", "Export the worked pass as Markdown …"),
            ("tex", "Export the worked pass as LaTeX …"),
        ):
            self.addAction(title).triggered.connect(lambda _=False, kind=kind: self.export(kind))

    def copy_step(self) -> None:
        """The step as it is written, on the clipboard."""
        self._copy(self._mode.step_pane.text())

    def copy_arrays(self) -> None:
        """All numbers of the arrays, with all their digits, on the clipboard."""
        self._copy(self._mode.strip.text())

    def text(self, kind: str) -> str:
        """The worked pass as Markdown (``md``) or LaTeX (``tex``)."""
        walk = self._mode.walk
        if walk is None:
            return ""
        digits = self._mode.digits
        write = markdown if kind == "md" else latex
        return write(walk.values, lambda value: significant(value, digits), walk.sample)

    def export(self, kind: str) -> None:
        """Ask for a file and write it."""
        if self._mode.walk is None:
            return
        title, suffix = FILTERS[kind]
        chosen = dialogs.choose_save(
            self._mode.window(), f"Export as {title}", f"backprop{suffix}", [FILTERS[kind]]
        )
        if chosen:
            self.write(kind, Path(chosen))

    def write(self, kind: str, path: Path) -> None:
        """Write the file; what goes wrong is told."""
        try:
            if kind in ("md", "tex"):
                path.write_text(self.text(kind), encoding="utf-8")
            elif kind == "png":
                _write_png(self._mode.page.body, path)
            else:
                _write_svg(self._mode.page.body, path)
        except OSError as error:
            problem = Problem(
                f"{path.name} could not be written",
                f"{error.strerror or error}. Choose another folder.",
                Place("file", str(path)),
            )
            dialogs.show_problems(self._mode.window(), [problem])
            return
        self._mode.bridge.message.emit(f"Exported to {path.name}.")

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._mode.bridge.message.emit("Copied.")


def _write_png(widget: QWidget, path: Path) -> None:
    size = widget.size() * PICTURE_SCALE
    picture = QPixmap(size)
    picture.setDevicePixelRatio(PICTURE_SCALE)
    picture.fill(theme.current().panel)
    widget.render(picture)
    if not picture.save(str(path), "PNG"):
        raise OSError(f"{path} cannot be written")


@theme.painting
def _write_svg(widget: QWidget, path: Path) -> None:
    with path.open("wb"):
        pass  # raises the reason where the generator would only be silent
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(QSize(widget.size()))
    generator.setViewBox(QRect(0, 0, widget.width(), widget.height()))
    generator.setTitle("Backpropagation through the network")
    painter = QPainter(generator)
    painter.fillRect(widget.rect(), theme.current().panel)
    widget.render(painter, QPoint())
    painter.end()
