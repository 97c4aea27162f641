"""The house stands as `nnstudio/ARCHITECTURE.md` draws it: floors, no circles, a light start."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "nnstudio"
ROOF = 8
QT = {"PySide6", "shiboken6", "pyqtgraph"}
HEAVY = {
    "cupy",
    "cupyx",
    "h5py",
    "jax",
    "keras",
    "matplotlib",
    "onnx",
    "onnxruntime",
    "pandas",
    "PIL",
    "polars",
    "scipy",
    "sklearn",
    "tensorflow",
    "torch",
}
ARRAYS = {"numpy"}
MOST_LINES = 500


def _modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def _floors() -> dict[str, int]:
    """The floor of every package and file that the drawing names."""
    floors = {}
    for line in (PACKAGE / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines():
        start = re.match(r"(roof|\s?\d)\s", line)
        if start is None:
            continue
        floor = ROOF if start[1] == "roof" else int(start[1])
        for name in re.findall(r"(?<!\S)([a-z_]+)(?:/|\.py)(?=\s)", line):
            floors[name] = floor
    return floors


FLOORS = _floors()


def _home(module: str) -> str:
    """The package or file directly under nnstudio that a module belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def _imports(module: str, *, at_start_only: bool) -> Iterator[tuple[str, int]]:
    """Absolute names that a module imports, each with its line."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    yield from _walk(tree, module, at_start_only)


def _walk(node: ast.AST, module: str, at_start_only: bool) -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for name in child.names:
                yield name.name, child.lineno
        elif isinstance(child, ast.ImportFrom):
            origin = child.module or ""
            if child.level:
                package = module.split(".")
                if MODULES[module].name != "__init__.py":
                    package = package[:-1]
                package = package[: len(package) - child.level + 1]
                origin = ".".join([*package, origin]).rstrip(".")
            for name in child.names:
                inner = f"{origin}.{name.name}"
                yield (inner if inner in MODULES else origin), child.lineno
        elif at_start_only and (_is_function(child) or _is_type_checking(child)):
            if isinstance(child, ast.If):  # the other branch does run
                for statement in child.orelse:
                    yield from _walk(ast.Module([statement], []), module, at_start_only)
        else:
            yield from _walk(child, module, at_start_only)


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


@cache
def _links() -> dict[str, set[str]]:
    """For every module the modules of ours that it imports when it is imported."""
    return {
        module: {name for name, _ in _imports(module, at_start_only=True) if name in MODULES}
        - {module}
        for module in MODULES
    }


def test_the_drawing_names_every_package_and_file() -> None:
    there = {_home(module) for module in MODULES} - {""}
    assert there <= set(FLOORS), "add it to the drawing in nnstudio/ARCHITECTURE.md"


def test_the_drawing_names_nothing_that_is_not_there() -> None:
    there = {_home(module) for module in MODULES}
    drawn = {name for name, floor in FLOORS.items() if floor < ROOF}
    assert drawn <= there


@pytest.mark.parametrize("home", sorted({_home(module) for module in MODULES} - {""}))
def test_a_package_imports_only_what_stands_below_it(home: str) -> None:
    breaches = []
    for module in MODULES:
        if _home(module) != home:
            continue
        for name, line in _imports(module, at_start_only=False):
            other = _home(name) if name.startswith("nnstudio.") else ""
            if other and other != home and FLOORS[other] > FLOORS[home]:
                breaches.append(f"{module}:{line} imports {name}")
    assert not breaches


def test_neighbours_on_a_floor_do_not_import_each_other_both_ways() -> None:
    between: dict[tuple[str, str], str] = {}
    for module in MODULES:
        for name, line in _imports(module, at_start_only=False):
            if name.startswith("nnstudio.") and _home(name) != _home(module):
                between.setdefault((_home(module), _home(name)), f"{module}:{line}")
    both = [
        f"{place} and {between[other, home]}"
        for (home, other), place in between.items()
        if home < other
        and (other, home) in between
        and FLOORS.get(home, ROOF) == FLOORS.get(other, ROOF) < ROOF
    ]
    assert not both


def test_no_circle_of_modules() -> None:
    links = _links()
    state: dict[str, int] = {}

    def visit(module: str, path: list[str]) -> None:
        state[module] = 1
        for other in sorted(links[module]):
            # Importing a module imports the packages above it first; walking packages see
            # their own modules, which is not a circle.
            if module.startswith(other + "."):
                continue
            if state.get(other) == 1:
                pytest.fail(" → ".join([*path[path.index(other) :], other]))
            if other not in state:
                visit(other, [*path, other])
        state[module] = 2

    for module in MODULES:
        if module not in state:
            visit(module, [module])


def test_qt_only_in_the_user_interface() -> None:
    breaches = [
        f"{module}:{line} imports {name}"
        for module in MODULES
        if _home(module) not in ("ui", "app")
        for name, line in _imports(module, at_start_only=_home(module) in ("demo", "__main__"))
        if name.split(".")[0] in QT
    ]
    assert not breaches


def test_heavy_libraries_only_inside_functions() -> None:
    breaches = [
        f"{module}:{line} imports {name}"
        for module in MODULES
        for name, line in _imports(module, at_start_only=True)
        if name.split(".")[0] in HEAVY
    ]
    assert not breaches


def test_declarations_and_graph_know_no_arrays() -> None:
    breaches = [
        f"{module}:{line} imports {name}"
        for module in MODULES
        if _home(module) in ("spec", "graph")
        or module.startswith(("nnstudio.nn.layers", "nnstudio.nn.losses", "nnstudio.nn.optimizers"))
        for name, line in _imports(module, at_start_only=False)
        if name.split(".")[0] in ARRAYS | HEAVY
    ]
    assert not breaches


@pytest.mark.parametrize("home", ["spec", "nn", "graph"])
def test_lower_floors_use_nothing_but_the_standard_library(home: str) -> None:
    allowed = set(sys.stdlib_module_names) | {"nnstudio"} | (ARRAYS if home == "nn" else set())
    breaches = [
        f"{module}:{line} imports {name}"
        for module in MODULES
        if _home(module) == home
        for name, line in _imports(module, at_start_only=False)
        if name.split(".")[0] not in allowed
    ]
    assert not breaches


def test_no_file_is_too_long_to_read() -> None:
    long = {
        str(path.relative_to(PACKAGE)): lines
        for path in MODULES.values()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long, "split it by idea"


PROJECT = """
import nnstudio.project.files, nnstudio.project.templates, nnstudio.session.store
from nnstudio.graph.check import check
project = nnstudio.project.templates.new("sentiment")
check(project.graph, None, project.training.loss)
"""

COMMAND_LINE = "import nnstudio.cli"

WELCOME = """
from nnstudio import app
application = app.application()
window = app.open_welcome(furnish=False)
application.processEvents()
"""

APP = """
from nnstudio import app
application = app.application()
window = app.open_window()
window.show()
application.processEvents()
window.bridge.session.close()
"""

TELL = """
import json, sys
print(json.dumps(sorted(sys.modules)))
sys.stdout.flush()
import os
os._exit(0)
"""


def _loaded(program: str, folder: Path) -> set[str]:
    """The libraries that are loaded after a program ran in a Python of its own."""
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(PACKAGE.parent),
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
    }
    done = subprocess.run(
        [sys.executable, "-c", program + TELL],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_projects_and_the_check_need_neither_qt_nor_a_heavy_library(tmp_path: Path) -> None:
    assert not _loaded(PROJECT, tmp_path) & (HEAVY | QT)


def test_the_command_line_starts_without_qt_and_heavy_libraries(tmp_path: Path) -> None:
    assert not _loaded(COMMAND_LINE, tmp_path) & (HEAVY | QT)


def test_the_welcome_page_is_painted_before_anything_else_is_read(tmp_path: Path) -> None:
    loaded = _loaded(WELCOME, tmp_path)
    assert "PySide6" in loaded
    assert not loaded & (HEAVY | ARRAYS | {"pyqtgraph"})


def test_the_studio_opens_without_a_heavy_library(tmp_path: Path) -> None:
    loaded = _loaded(APP, tmp_path)
    assert {"PySide6", "numpy"} <= loaded
    assert not loaded & (HEAVY | {"pyqtgraph"})
