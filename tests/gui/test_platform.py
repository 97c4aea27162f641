"""Facts about the platform that the app relies on."""

from __future__ import annotations

import subprocess
import sys

REPAINT = """
import numpy as np, pyqtgraph as pg
from PySide6.QtWidgets import QApplication
application = QApplication([])
plot = pg.PlotWidget()
curve = plot.plot(np.zeros(10))
plot.show()
for i in range(300):
    curve.setData(np.arange(10.0) * i)
    plot.repaint()
print("repainted")
"""


def test_a_plot_survives_three_hundred_repaints():
    """Some versions of PySide6 lose a reference at each call of an override and abort."""
    run = subprocess.run(
        [sys.executable, "-c", REPAINT], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "repainted"
