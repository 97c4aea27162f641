"""The course's network on the SST-5 sentences, through the command line, over several seeds.

    python -m tests.benchmarks.sst5 FOLDER [--seeds 5]

FOLDER holds ``stsa.fine.train``, ``.dev`` and ``.test`` (lines of label and text). Prints the
table of `README.md` beside the reference, which PyTorch reached with the same network and data.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

# Mean and standard deviation over 5 seeds, PyTorch 2.13 on the CPU, words as in scikit-learn 1.9.
REFERENCE = {
    "stopped early (patience 5)": {
        "test_accuracy": "0.384 ± 0.009",
        "train_accuracy": "0.516",
        "lowest validation loss": "1.404",
        "at epoch": "3 to 4",
        "validation_loss": "1.404",
    },
    "after 50 epochs": {
        "test_accuracy": "0.363 ± 0.006",
        "train_accuracy": "0.984",
        "lowest validation loss": "1.404",
        "at epoch": "3 to 4",
        "validation_loss": "3.87",
    },
}
PATIENCE = {"stopped early (patience 5)": 5, "after 50 epochs": 0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    print("| run | figure | NN Studio | reference |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as work:
        project = Path(work) / "sentiment.nns"
        nnstudio("new", "sentiment", project)
        for title, patience in PATIENCE.items():
            runs = [train(project, options.folder, patience, seed) for seed in range(options.seeds)]
            for figure, reference in REFERENCE[title].items():
                values = [run[figure] for run in runs]
                spread = statistics.stdev(values) if len(values) > 1 else 0.0
                mean = f"{statistics.mean(values):.4f} ± {spread:.4f}"
                if figure == "at epoch":
                    mean = f"{min(values)} to {max(values)}"
                print(f"| {title} | {figure.replace('_', ' ')} | {mean} | {reference} |")


def train(project: Path, folder: Path, patience: int, seed: int) -> dict[str, Any]:
    """The report of one run."""
    said = nnstudio(
        *("train", project, "--json", "--quiet", "--patience", patience, "--seed", seed),
        *("--data", folder / "stsa.fine.train", "--validation", folder / "stsa.fine.dev"),
        *("--test", folder / "stsa.fine.test"),
    )
    report: dict[str, Any] = json.loads(said)
    best = min(report["history"], key=lambda record: record["validation_loss"])
    return report | {"lowest validation loss": best["validation_loss"], "at epoch": best["epoch"]}


def nnstudio(*arguments: object) -> str:
    command = [sys.executable, "-m", "nnstudio", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


if __name__ == "__main__":
    main()
