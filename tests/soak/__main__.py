"""Soak the app: ``python -m tests.soak --minutes 30 --seed 1 --json OUT``.

A random learner uses the real window, drawn into memory. The exit code is 1 if an exception
appeared in a slot, a thread or the worker, or if the memory grows by more than 1 MB a minute.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from tests.soak.soak import MOST_GROWTH, Findings, Soak


def main(arguments: list[str] | None = None) -> int:
    options = _options().parse_args(arguments)
    faulthandler.enable()
    with tempfile.TemporaryDirectory() as scratch:
        soak = Soak(options.seed, Path(scratch), options.every)
        soak.broken = tuple(options.broken)
        soak.counting = options.objects
        if options.log:
            soak.log = Path(options.log).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
        found = soak.run(options.minutes, options.actions)
    _print(found, options.objects)
    if options.json:
        text = json.dumps(found.as_json(), indent=2)
        Path(options.json).write_text(text, encoding="utf-8")
    return 0 if found.passed else 1


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--actions", type=int, help="stop after so many, if that is earlier")
    parser.add_argument("--every", type=float, default=15.0, help="seconds between two samples")
    parser.add_argument("--objects", action="store_true", help="which classes have grown")
    parser.add_argument("--broken", nargs="*", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--log", metavar="OUT", help="write every action here as it is done")
    parser.add_argument("--json", metavar="OUT", help="write everything to this file")
    return parser


def _print(found: Findings, objects: bool) -> None:
    for trace, count in found.traces.most_common():
        print(f"--- {count} × after: {found.after.get(trace, '')}\n{trace}")
    for text, count in found.warnings.most_common():
        print(f"--- {count} × Qt: {text}, after: {found.after.get(text, '')}")
    print(f"{'minutes':>8} {'at work MB':>11} {'at rest MB':>11}")
    for minutes, work, rest in found.samples:
        print(f"{minutes:8.2f} {work:11.1f} {rest:11.1f}")
    if objects:
        for name, before, now in found.grown:
            print(f"{before:8} → {now:8}  {name}")
    print(
        f"seed {found.seed}: {found.actions:,} actions in {found.minutes:.1f} minutes, "
        f"{found.exceptions} exceptions, {sum(found.warnings.values())} Qt warnings, "
        f"{found.growth:+.2f} MB a minute after warm-up (at most {MOST_GROWTH:+.1f})"
    )


if __name__ == "__main__":
    sys.exit(main())
