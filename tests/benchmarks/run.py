"""Run benchmarks and print how we compare: ``python -m tests.benchmarks.run --all --json OUT``.

Every peer runs in a process of its own, because two thread pools in one process slow each other
down. A round runs all peers of a subject one after the other; the figure is the median over the
rounds of the ratio within a round, so that a machine that is slower for a minute is slower for all.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

SUBJECTS = (
    "sentiment_sparse", "sentiment_dense", "vocabulary", "growth", "tiny", "digits", "app_path",
)  # fmt: skip
OURS = "NN Studio"
ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Measure what the command line asks for; 1 if a promise is broken."""
    options = _options().parse_args(arguments)
    if options.worker:
        return _work(*options.worker, options.seconds)
    subjects = SUBJECTS if options.all else options.subject
    if not subjects:
        _options().error("name a subject, or --all")
    report: dict[str, Any] = {"machine": _machine(), "subjects": {}}
    for name in subjects:
        report["subjects"][name] = _measure(name, options)
        _print(report["subjects"][name])
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=2), encoding="utf-8")
    kept = [row["kept"] for s in report["subjects"].values() for row in s["rows"]]
    return 0 if all(kept) else 1


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.run", description=__doc__)
    parser.add_argument("subject", nargs="*", choices=[[], *SUBJECTS], help="what to measure")
    parser.add_argument("--all", action="store_true", help="measure every subject")
    parser.add_argument("--json", metavar="OUT", help="write all figures to this file")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="per peer and round")
    parser.add_argument(
        "--peers",
        metavar="PYTHON",
        default=os.environ.get("NNSTUDIO_PEERS", sys.executable),
        help="the Python that has PyTorch and Keras (or set NNSTUDIO_PEERS)",
    )
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    return parser


def _work(subject: str, who: str, seconds: float) -> int:
    """In a process of its own: measure one peer and print its figures."""
    from .common import peak_memory, rate

    epoch = importlib.import_module(f"tests.benchmarks.{subject}").prepare(who)
    figure = rate(epoch, seconds)
    print(json.dumps({"rate": figure, "memory": peak_memory()}))
    return 0


def _measure(name: str, options: argparse.Namespace) -> dict[str, Any]:
    subject = importlib.import_module(f"tests.benchmarks.{name}")
    peers = list(dict.fromkeys([*subject.PROMISES, *subject.MEMORY]))
    runs: dict[str, list[dict[str, float]]] = {who: [] for who in [OURS, *peers]}
    missing: dict[str, str] = {}
    for _ in range(options.rounds):
        for who in runs:
            if who not in missing:
                try:
                    runs[who].append(_run(name, who, options))
                except subprocess.CalledProcessError as error:
                    if who == OURS:
                        raise SystemExit(error.stderr) from None
                    missing[who] = error.stderr.strip().rpartition("\n")[2]
    rows = [
        _row(who, what, promised, runs, missing)
        for what, promises in (("speed", subject.PROMISES), ("memory", subject.MEMORY))
        for who, promised in promises.items()
    ]
    mine = {k: statistics.median(run[k] for run in runs[OURS]) for k in ("rate", "memory")}
    return {
        "title": subject.TITLE, "unit": subject.UNIT, "ours": mine, "rows": rows, "runs": runs,
    }  # fmt: skip


def _row(
    who: str, what: str, promised: float, runs: dict[str, Any], missing: dict[str, str]
) -> dict[str, Any]:
    row: dict[str, Any] = {"peer": who, "what": what, "promised": promised}
    if who in missing or not runs[who]:
        return row | {"ratio": None, "kept": True, "missing": missing.get(who, "not measured")}
    key = "rate" if what == "speed" else "memory"
    pairs = zip(runs[OURS], runs[who], strict=False)
    ratio = statistics.median(ours[key] / theirs[key] for ours, theirs in pairs)
    kept = ratio >= promised if what == "speed" else ratio <= promised
    theirs = statistics.median(run[key] for run in runs[who])
    return row | {"theirs": theirs, "ratio": ratio, "kept": kept}


def _run(name: str, who: str, options: argparse.Namespace) -> dict[str, float]:
    foreign = who.startswith(("PyTorch", "Keras"))
    python = options.peers if foreign else sys.executable
    environment = {**os.environ, "KERAS_BACKEND": "jax" if who == "Keras JAX" else "torch"}
    command = [python, "-m", "tests.benchmarks.run", "--seconds", str(options.seconds)]
    done = subprocess.run(
        [*command, "--worker", name, who],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def _machine() -> dict[str, Any]:
    import numpy

    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": numpy.__version__,
    }


def _print(measured: dict[str, Any]) -> None:
    mine = measured["ours"]
    print(f"\n{measured['title']}: {mine['rate']:,.0f} {measured['unit']}, {mine['memory']:.0f} MB")
    for row in measured["rows"]:
        sign = "≥" if row["what"] == "speed" else "≤"
        against = f"  {row['what']:6} against {row['peer']:22}"
        if row["ratio"] is None:
            print(f"{against} not measured: {row['missing']}")
            continue
        verdict = "kept" if row["kept"] else "BROKEN"
        print(
            f"{against} {row['ratio']:6.2f}×  (promised {sign} {row['promised']:g}×)  {verdict}"
            f"  theirs {row['theirs']:,.0f}"
        )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
