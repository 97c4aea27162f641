"""Copying and exporting: numbers as text, the view as a picture, the pass as a worked example."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QMenu

from nnstudio.analysis.expression.worked_pass import latex, markdown, numbers
from nnstudio.spec import Place, Problem
from nnstudio.ui import dialogs, theme
from nnstudio.ui.backprop.expression.scene import ExpressionScene

if TYPE_CHECKING:
    from nnstudio.ui.backprop.expression.mode import ExpressionMode

PICTURE_SCALE = 2.0
FILTERS = {
    "png": ("PNG picture", ".png"),
    "svg": ("SVG picture", ".svg"),
    "md": ("Markdown", ".md"),
    "tex": ("LaTeX", ".tex"),
}


class ExportMenu(QMenu):
    """The menu behind the export button."""

    def __init__(self, mode: ExpressionMode) -> None:
        super().__init__(mode)
        self._mode = mode
        self.addAction("Copy all numbers as text").triggered.connect(lambda: self.copy(""))
        self.addAction("Copy the worked pass as Markdown").triggered.connect(
            lambda: _to_clipboard(self.text("md"))
        )
        self.addAction("Copy the worked pass as LaTeX").triggered.connect(
            lambda: _to_clipboard(self.text("tex"))
        )
        self.addSeparator()
        for kind, title in (
            ("png", "Export the view as PNG …"),
            ("svg", "Export the view as SVG …"),
            ("md", "Export the worked pass as Markdown …"),
            ("tex", "Export the worked pass as LaTeX …"),
        ):
            self.addAction(title).triggered.connect(lambda _=False, kind=kind: self.export(kind))

    def copy(self, id: str = "") -> None:
        """Put a card's numbers, or all that are shown, on the clipboard."""
        _to_clipboard(numbers(self._mode.walk, id))
        self._mode.bridge.message.emit("Copied.")

    def text(self, kind: str) -> str:
        """The worked pass as Markdown (``md``) or LaTeX (``tex``)."""
        write = markdown if kind == "md" else latex
        return write(
            self._mode.walk.of,
            self._mode.digits,
            self._mode.detail.check.epsilon,
            self._mode.detail.update_pane.rate,
        )

    def picture(self, kind: str) -> bytes:
        """The graph as it is shown, as PNG or SVG."""
        return png(self._mode.scene) if kind == "png" else svg(self._mode.scene)

    def export(self, kind: str) -> None:
        """Ask for a file and write it."""
        title, suffix = FILTERS[kind]
        name = self._mode.sheet.graph.name
        chosen = dialogs.choose_save(self._mode, "Export", f"{name}{suffix}", [(title, suffix)])
        if not chosen:
            return
        picture = kind in ("png", "svg")
        content = self.picture(kind) if picture else self.text(kind).encode()
        try:
            Path(chosen).write_bytes(content)
        except OSError as error:
            problem = Problem(
                f"{Path(chosen).name} could not be written",
                f"{error.strerror or error}. Choose another folder.",
                Place("file", chosen),
            )
            dialogs.show_problems(self._mode, [problem])
            return
        self._mode.bridge.message.emit(f"Exported to {chosen}")


@theme.painting
def png(scene: ExpressionScene) -> bytes:
    """The whole graph as a PNG at twice its size, on the theme's ground."""
    area = scene.content_rect()
    size = (area.size() * PICTURE_SCALE).toSize()
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(theme.current().canvas)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    scene.render(painter, QRectF(image.rect()), area, Qt.AspectRatioMode.IgnoreAspectRatio)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, b"png").write(image)
    return bytes(data.data())


@theme.painting
def svg(scene: ExpressionScene) -> bytes:
    """The whole graph as an SVG."""
    area = scene.content_rect()
    size = area.size().toSize()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(size))
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle("Expression graph")
    painter = QPainter(generator)
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), theme.current().canvas)
    target = QRectF(0, 0, size.width(), size.height())
    scene.render(painter, target, area, Qt.AspectRatioMode.IgnoreAspectRatio)
    painter.end()
    buffer.close()
    return bytes(data.data())


def _to_clipboard(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
