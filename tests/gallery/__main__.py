"""Every screen and state of the app as a picture: ``python -m tests.gallery OUT_DIR``.

The real window runs offscreen on real data. Each state is drawn light and dark, at 1440 × 900,
at 1024 × 680 and at twice the resolution; ``--only WORD`` draws the states whose name holds it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gallery", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--only", default="", help="draw only states whose name holds this")
    parser.add_argument("--quick", action="store_true", help="only light and dark at 1440 × 900")
    arguments = parser.parse_args()

    from PySide6.QtCore import QSettings, QStandardPaths

    with tempfile.TemporaryDirectory(prefix="nnstudio-gallery-") as scratch:
        QStandardPaths.setTestModeEnabled(True)
        scope = QSettings.Scope.UserScope
        QSettings.setPath(QSettings.Format.IniFormat, scope, scratch)

        from tests.gallery.camera import Camera
        from tests.gallery.states import STATES

        began = time.perf_counter()
        camera = Camera(arguments.folder, Path(scratch), quick=arguments.quick)
        for name, state in STATES.items():
            if arguments.only in name:
                camera.photograph(name, state)
        print(f"{camera.count} pictures in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
