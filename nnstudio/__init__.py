"""NN Studio: build, train and look inside neural networks.

As a library: ``from nnstudio import Dataset, EarlyStopping, Model``. These are loaded when they are
asked for, so that the app starts without NumPy.
"""

from importlib import import_module as _import_module

__version__ = "0.1.0"

_LIBRARY = {
    "Dataset": "nnstudio.data.dataset",
    "EarlyStopping": "nnstudio.project.setup",
    "Model": "nnstudio.library.model",
}


def __getattr__(name: str) -> object:
    if name not in _LIBRARY:
        raise AttributeError(f"module 'nnstudio' has no attribute {name!r}")
    return getattr(_import_module(_LIBRARY[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_LIBRARY])
