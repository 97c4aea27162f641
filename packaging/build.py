"""Build a folder with NN Studio and everything it needs: ``python packaging/build.py``.

The folder ``dist/nnstudio`` starts on a machine without Python. After building, the program in it
does the main job (``--demo``) in a temporary folder: a build that does not work is not done.
Needs ``pip install ".[package]"``. Run it on the system the folder is meant for.
"""

from __future__ import annotations

import argparse
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--dist", type=Path, default=ROOT / "dist", help="where the folder goes")
    options.add_argument("--skip-check", action="store_true", help="do not run the built program")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="nnstudio-build-") as scratch:
        work = Path(scratch)
        icon = make_icon(work)
        built = freeze(chosen.dist.resolve(), work, icon)
        add_desktop_files(built, work)
        if not chosen.skip_check:
            check(built, work / "demo")
    files = (file for file in built.rglob("*") if file.is_file() and not file.is_symlink())
    size = sum(file.stat().st_size for file in files)
    print(f"built {built} ({size / 1e6:.0f} MB)")
    return 0


def make_icon(work: Path) -> Path:
    """Draw the SVG icon at the sizes the system wants; returns the file PyInstaller takes."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QByteArray, QRectF, Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication.instance() or QGuiApplication([])
    svg = QSvgRenderer(QByteArray((ROOT / "resources/app/icon.svg").read_bytes()))
    pictures: dict[int, bytes] = {}
    for size in (16, 32, 48, 64, 128, 256, 512):
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        svg.render(painter, QRectF(0, 0, size, size))
        painter.end()
        file = work / f"{size}.png"
        if not image.save(str(file)):
            raise SystemExit(f"cannot write {file}")
        pictures[size] = file.read_bytes()
    del application
    if sys.platform == "win32":
        return _ico(work / "nnstudio.ico", pictures)
    if sys.platform == "darwin":
        return _icns(work / "nnstudio.icns", pictures)
    return work / "256.png"


def freeze(dist: Path, work: Path, icon: Path) -> Path:
    """Run PyInstaller; returns the folder with the program."""
    entry = work / "nnstudio_entry.py"
    entry.write_text(
        "import sys\nfrom nnstudio.__main__ import main\nsys.exit(main())\n", encoding="utf-8"
    )
    built = dist / "nnstudio"
    shutil.rmtree(built, ignore_errors=True)
    separator = os.pathsep
    command = [
        *(sys.executable, "-m", "PyInstaller", str(entry), "--name", "nnstudio", "--onedir"),
        *("--noconfirm", "--clean", "--log-level", "WARN"),
        *("--distpath", str(dist), "--workpath", str(work / "work"), "--specpath", str(work)),
        *("--paths", str(ROOT), "--icon", str(icon)),
        *("--add-data", f"{ROOT / 'resources'}{separator}nnstudio/_resources"),
        *("--collect-submodules", "nnstudio", "--collect-data", "sklearn.datasets"),
        *("--exclude-module", "tkinter", "--exclude-module", "matplotlib"),
        *("--exclude-module", "PySide6.QtNetwork", "--exclude-module", "torch"),
        *("--exclude-module", "PIL", "--exclude-module", "pytest"),
    ]
    if sys.platform == "darwin":
        command.append("--windowed")
    subprocess.run(command, check=True, cwd=ROOT)
    return built


def add_desktop_files(built: Path, work: Path) -> None:
    """Put the menu entry, file type and icon beside the program where a desktop uses them."""
    if not sys.platform.startswith("linux"):
        return
    for name in ("nnstudio.desktop", "nnstudio-mime.xml"):
        shutil.copy(HERE / name, built / name)
    shutil.copy(work / "256.png", built / "nnstudio.png")


def check(built: Path, results: Path) -> None:
    """The built program must do the main job and leave its five files."""
    program = built / ("nnstudio.exe" if sys.platform == "win32" else "nnstudio")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run(
        [str(program), "--demo", str(results)], check=True, timeout=300, env=environment, cwd=built
    )
    for name in ("window.png", "curves.png", "model.npz", "project.nns", "report.json"):
        if not (results / name).is_file():
            raise SystemExit(f"the built program's demo left no {name}")


def _ico(file: Path, pictures: dict[int, bytes]) -> Path:
    """Windows' icon file: a directory of PNG pictures."""
    sizes = [size for size in pictures if size <= 256]
    header = struct.pack("<HHH", 0, 1, len(sizes))
    offset = len(header) + 16 * len(sizes)
    entries, data = b"", b""
    for size in sizes:
        png = pictures[size]
        side = size % 256  # 0 stands for 256
        entries += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(png), offset + len(data))
        data += png
    file.write_bytes(header + entries + data)
    return file


def _icns(file: Path, pictures: dict[int, bytes]) -> Path:
    """macOS's icon file: PNG pictures behind four-letter names of their sizes."""
    names = {16: b"icp4", 32: b"icp5", 64: b"icp6", 128: b"ic07", 256: b"ic08", 512: b"ic09"}
    data = b"".join(
        name + struct.pack(">I", len(pictures[size]) + 8) + pictures[size]
        for size, name in names.items()
    )
    file.write_bytes(b"icns" + struct.pack(">I", len(data) + 8) + data)
    return file


if __name__ == "__main__":
    sys.exit(main())
