"""An exception in the middle of painting is an exception and not the end of the program."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

UI = Path(__file__).resolve().parents[2] / "nnstudio" / "ui"

PAINT = """
import sys, contextlib
from PySide6.QtCore import QCoreApplication, QEvent, QStandardPaths
QStandardPaths.setTestModeEnabled(True)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from nnstudio import app
from nnstudio.ui import theme
from nnstudio.ui.trouble_bar import TroubleBar

application = app.application()
sys.excepthook = app._tell

class Broken(QWidget):
    @theme.painting
    def paintEvent(self, event):
        painter = QPainter(self)
        painter.drawLine(0, 0, 10, 10)
        raise ValueError("broken on purpose")

window = app.open_window()
broken = Broken(window)
broken.setGeometry(10, 10, 300, 300)
window.show()
for step in range(40):
    window.resize(1100 + 5 * step, 700 + step)
    with contextlib.suppress(ValueError):
        window.grab() if step % 3 == 0 else application.processEvents()
    broken.update()
    with contextlib.suppress(ValueError):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest.value)
broken.hide()
application.processEvents()
broken.close()
application.processEvents()
try:
    raise KeyError("told of")
except KeyError as error:
    app._tell(type(error), error, error.__traceback__)
application.processEvents()
print("alive", [bar.isVisible() for bar in window.findChildren(TroubleBar)])
"""


def test_a_widget_that_fails_while_it_paints_does_not_end_the_program():
    done = subprocess.run([sys.executable, "-c", PAINT], capture_output=True, text=True, timeout=60)
    assert "alive [True]" in done.stdout, done.stderr[-2000:]
    assert "Cannot destroy paint device" not in done.stderr


@pytest.mark.parametrize("path", sorted(UI.rglob("*.py")), ids=lambda path: path.stem)
def test_whoever_makes_a_painter_ends_it(path):
    text = path.read_text(encoding="utf-8")
    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, ast.FunctionDef):
            continue
        makes = any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            and node.func.id == "QPainter"
            for node in ast.walk(function)
        )  # fmt: skip
        ends = {ast.unparse(decorator) for decorator in function.decorator_list}
        assert not makes or ends & {"theme.painting", "painting"}, (
            f"{path.name}: {function.name} makes a QPainter without theme.painting"
        )
