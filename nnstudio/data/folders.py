"""A folder per class, a file per text: how such folders are found and read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nnstudio.data.interrupting import look_up, watched
from nnstudio.data.labelled import Labelled, note
from nnstudio.data.reading import LARGEST_FILE, decode, read_bytes, refusal
from nnstudio.spec import Problem, ProblemError, Severity, as_text

MOST_FILES = 200_000
_TRAIN = ("train", "training")
_VALIDATION = ("validation", "valid", "val", "dev")
_TEST = ("test", "testing")
_NOT_CLASSES = ("unsup", "unlabeled", "unlabelled")  # as in the IMDB reviews
_NOT_TEXTS = (".png", ".jpg", ".jpeg", ".gif", ".zip", ".gz", ".pdf", ".doc", ".docx", ".npz")


@dataclass(frozen=True)
class SetFolders:
    """Where the sets of a text folder lie; without a train folder all is training."""

    train: Path
    validation: Path | None
    test: Path | None


def set_folders(root: Path) -> SetFolders:
    """Find the folders train, validation and test under `root`; raises if `root` is no folder."""
    if not root.exists():
        raise refusal(
            root,
            f"There is no folder {root}",
            "It may have been moved or renamed. Choose it again.",
        )
    if not root.is_dir():
        raise refusal(root, f"{root.name} is a file, not a folder", "Choose the folder around it.")
    below = {folder.name.lower(): folder for folder in _folders(root)}

    def find(names: tuple[str, ...]) -> Path | None:
        return next((below[name] for name in names if name in below), None)

    train = find(_TRAIN)
    if train is None or not _folders(train):
        return SetFolders(root, None, None)
    return SetFolders(train, find(_VALIDATION), find(_TEST))


def read_folder(folder: Path, encoding: str = "utf-8") -> Labelled:
    """All texts below the class folders of `folder`, in the order of their paths."""
    classes = [c for c in _folders(folder) if c.name.lower() not in _NOT_CLASSES]
    if not classes:
        raise refusal(
            folder,
            f"{folder.name} holds no folders",
            "Put the texts of each class into a folder of its own, named after the class.",
        )
    texts: list[str] = []
    labels: list[str] = []
    notes: list[Problem] = []
    size = 0
    for name in classes:
        files = text_files(name)
        before = len(texts)
        blank = 0
        for file in files:
            size += file.stat().st_size
            if size > LARGEST_FILE or len(texts) >= MOST_FILES:
                raise refusal(
                    folder,
                    f"{folder.name} holds too much text",
                    f"At most {MOST_FILES:,} files and {LARGEST_FILE // 1024**2} MB can be read.",
                )
            content = read_file(file, encoding)
            if content:
                texts.append(content)
                labels.append(as_text(name.name))
            else:
                blank += 1
        if blank:
            notes.append(
                note(f"{blank:,} empty files of class “{as_text(name.name)}” are left out")
            )
        if len(texts) == before:
            notes.append(
                note(
                    f"There is no class “{as_text(name.name)}”: its folder holds no text",
                    "Put text files into it, or delete the folder.",
                )
            )
    skipped = [c.name for c in _folders(folder) if c not in classes]
    if skipped:
        notes.append(
            note(f"The folder {as_text(skipped[0])} holds no class", severity=Severity.HINT)
        )
    if not texts:
        raise refusal(
            folder,
            f"The folders in {folder.name} hold no text files",
            "Files end in .txt as a rule.",
        )
    return Labelled(tuple(texts), tuple(labels), tuple(notes))


def text_files(folder: Path) -> list[Path]:
    """The text files of one class, those in folders below included, sorted."""
    return sorted(
        file
        for file in watched(folder.rglob("*"))
        if file.is_file()
        and not file.name.startswith(".")
        and file.suffix.lower() not in _NOT_TEXTS
    )


def read_file(file: Path, encoding: str = "utf-8") -> str:
    """The text of one file of a class, without surrounding blanks; empty for an empty file."""
    look_up()
    try:
        raw = read_bytes(file)
    except OSError as error:
        raise refusal(file, f"{file.name} cannot be read", f"{error.strerror or error}.") from None
    try:
        return decode(raw, file, encoding).strip() if raw else ""
    except ProblemError as error:
        problem = error.problems[0]
        raise refusal(
            file, f"In folder {file.parent.name}: {problem.title}", problem.explain
        ) from None


def _folders(root: Path) -> list[Path]:
    return sorted(
        entry for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    )
