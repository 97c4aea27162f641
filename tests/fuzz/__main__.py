"""Mutate, open, report: ``python -m tests.fuzz --seed 1``.

Ends with 1 if a file was met by anything but "opened" or "refused in words", took longer than two
seconds or more than 500 MB.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz import watch
from tests.fuzz.bombs import bombs
from tests.fuzz.corpus import EXPRESSIONS, TABLES, corpus
from tests.fuzz.doors import REFUSALS, Doors
from tests.fuzz.mutate import mutated, mutated_expression, mutated_text
from tests.fuzz.values import hostile, mutated_json

KINDS = ("projects", "models", "checkpoints", "texts", "bombs")
DEFAULTS = {"projects": 20_000, "models": 20_000, "checkpoints": 6_000, "texts": 5_000, "bombs": 20}
SHOWN = 12  # escapes that are printed of each kind

Attempt = tuple[str, Callable[[], None], Any]  # its name, what to do, what to keep if it escapes


@dataclass
class Tally:
    """How the attempts of one kind ended."""

    opened: int = 0
    refused: int = 0
    escapes: list[dict[str, Any]] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[int, str] = (0, "")

    def add(self, name: str, outcome: watch.Outcome) -> None:
        """Count one outcome."""
        self.seconds += outcome.seconds
        self.slowest = max(self.slowest, (round(outcome.seconds, 3), name))
        self.largest = max(self.largest, (outcome.grown, name))
        if outcome.ending == "opened":
            self.opened += 1
        elif outcome.ending == "refused":
            self.refused += 1
            self.refusals[outcome.what] += 1
        else:
            escape = {"name": name, "what": outcome.what, "trace": outcome.trace}
            self.escapes.append(escape)

    def summary(self) -> dict[str, Any]:
        """The tally as plain values."""
        return {
            "opened": self.opened,
            "refused": self.refused,
            "escaped": len(self.escapes),
            "seconds": round(self.seconds, 1),
            "slowest": list(self.slowest),
            "largest_growth_mb": [round(self.largest[0] / 1e6, 1), self.largest[1]],
            "escapes": self.escapes[:200],
        }


def attempts(kind: str, count: int, seed: int, doors: Doors) -> Iterator[Attempt]:
    """The first `count` attempts of a kind; equal seeds give equal attempts."""
    if kind == "bombs":
        yield from _bombs(count, seed, doors)
        return
    for n in range(count):
        random = Random(f"{seed} {kind} {n}")
        name = f"{kind}:{seed}:{n}"
        yield _attempt(kind, name, random, doors)


def _bombs(count: int, seed: int, doors: Doors) -> Iterator[Attempt]:
    made, turn = 0, 0
    while made < count:
        for name, bomb in bombs(Random(f"{seed} bombs {turn}")):
            if made == count:
                return
            made += 1
            yield name, lambda bomb=bomb: bomb(doors), b""  # type: ignore[misc]
        turn += 1


def _attempt(kind: str, name: str, random: Random, doors: Doors) -> Attempt:
    files = corpus()
    if kind == "projects":
        content = mutated(random.choice(files.projects), random)
        return name, lambda: doors.project(content), content
    if kind == "models":
        content = mutated(random.choice(files.models), random)
        return name, lambda: doors.model(content), content
    if kind == "checkpoints":
        which = random.randrange(len(files.cases))
        content = mutated(files.checkpoints[which], random)
        return name, lambda: doors.checkpoint(content, files.cases[which]), content
    which = random.randrange(10)
    if which < 6:
        file = random.choice(list(TABLES))
        content = mutated_text(TABLES[file], random)
        return f"{name} {file}", lambda: doors.table(file, content), content
    if which < 8:
        text = mutated_expression(random.choice(EXPRESSIONS), random)
        return f"{name} expression", lambda: doors.expression(text), text
    if which < 9:
        project = random.choice(files.cases).project
        cards = json.loads(doors.copied(project))
        pasted = mutated_json(cards, random)
        return f"{name} cards", lambda: doors.cards(pasted), pasted
    typed = str(hostile(random))
    return f"{name} field", lambda: doors.field(typed), typed


def run(counts: dict[str, int], seed: int, keep: Path | None = None) -> dict[str, Tally]:
    """Carry out that many attempts of each kind; escapes are written into ``keep``."""
    tallies = {}
    with tempfile.TemporaryDirectory() as folder, watch.limits():
        doors = Doors(Path(folder))
        for kind in KINDS:
            tally = tallies[kind] = Tally()
            for name, action, content in attempts(kind, counts.get(kind, 0), seed, doors):
                watch.alive()
                try:
                    with watch.watchdog():
                        outcome = watch.attempt(action, REFUSALS)
                except watch.BrokenOffError as error:
                    outcome = watch.Outcome("escaped", str(error), watch.GIVE_UP, 0)
                tally.add(name, outcome)
                if outcome.ending == "escaped" and keep is not None:
                    _keep(keep, name, content)
        watch.rest()
    return tallies


def _keep(folder: Path, name: str, content: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = "".join(c if c.isalnum() else "-" for c in name)
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    (folder / file).write_bytes(data)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    for kind, count in DEFAULTS.items():
        parser.add_argument(f"--{kind}", type=int, default=count, help=f"default {count}")
    parser.add_argument("--seed", type=int, default=0, help="equal seeds give equal files")
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    parser.add_argument("--keep", type=Path, help="write the files that escaped into this folder")
    chosen = parser.parse_args(arguments)
    start = time.perf_counter()
    tallies = run({kind: getattr(chosen, kind) for kind in KINDS}, chosen.seed, chosen.keep)
    for kind, tally in tallies.items():
        _print(kind, tally)
    escaped = sum(len(tally.escapes) for tally in tallies.values())
    print(f"seed {chosen.seed}: {escaped} escaped, {time.perf_counter() - start:.0f} s")
    if chosen.json is not None:
        figures = {
            "seed": chosen.seed,
            "escaped": escaped,
            "kinds": {kind: tally.summary() for kind, tally in tallies.items()},
        }
        chosen.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 1 if escaped else 0


def _print(kind: str, tally: Tally) -> None:
    print(
        f"{kind:12} {tally.opened:6,} opened {tally.refused:6,} refused "
        f"{len(tally.escapes):5,} escaped   slowest {tally.slowest[0]:.2f} s ({tally.slowest[1]}), "
        f"most memory {tally.largest[0] / 1e6:,.0f} MB ({tally.largest[1]})"
    )
    grouped: dict[str, list[dict[str, Any]]] = {}
    for escape in tally.escapes:
        last = escape["trace"].strip().split("\n")[-3:-2]
        grouped.setdefault(f"{escape['what'][:60]} {''.join(last).strip()}", []).append(escape)
    for group in sorted(grouped.values(), key=len, reverse=True)[:SHOWN]:
        first = group[0]
        print(f"  {len(group)} × {first['what']!a}   such as {first['name']}")
        for line in first["trace"].splitlines()[-9:-1]:
            print(f"      {line!a}")


if __name__ == "__main__":
    sys.exit(main())
