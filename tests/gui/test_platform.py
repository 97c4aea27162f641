"""Facts about the platform that the app relies on."""

from __future__ import annotations

import subprocess
import sys

REPAINT = """
from PySide6.QtWidgets import QApplication
from nnstudio.ui import theme
from nnstudio.ui.charts.chart import Chart, Figure
application = QApplication([])
theme.install(application)
chart = Chart("Loss")
chart.resize(400, 300)
chart.show()
for i in range(300):
    chart.show_figure(Figure("Loss", x_range=(0.0, 1.0 + i)))
    chart.repaint()
print("repainted")
"""


def test_a_chart_survives_three_hundred_repaints():
    """Some versions of PySide6 lose a reference at each call of an override and abort."""
    run = subprocess.run(
        [sys.executable, "-c", REPAINT], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "repainted"
