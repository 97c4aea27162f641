"""Small files and texts made to cost much: each must be refused at once, or be cheap."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from random import Random

import numpy as np

from tests.fuzz.corpus import TABLES, corpus
from tests.fuzz.doors import Doors
from tests.fuzz.mutate import Entries, array_bytes, npy, read, write

Bomb = Callable[[Doors], None]

_DEFLATE = zipfile.ZIP_DEFLATED


def bombs(random: Random) -> Iterator[tuple[str, Bomb]]:
    """All bombs by name, each with its own size, the order by chance."""
    made = [*_projects(random), *_models(random), *_checkpoints(random), *_texts(random)]
    random.shuffle(made)
    yield from made


def _projects(random: Random) -> Iterator[tuple[str, Bomb]]:
    entries = read(corpus().projects[0])
    n = random.randrange(50, 60)

    def with_(more: Entries, method: int = _DEFLATE) -> Bomb:
        content = write(entries | more, method)
        return lambda doors: doors.project(content)

    def with_text(text: str) -> Bomb:
        return with_({"project.json": text.encode()})

    text = entries["project.json"].decode()
    name = '"name": "Größer ✓ <b>"'
    yield "a part that swells", with_({"checkpoint": bytes(n * 10**6)})
    yield "parts that swell together", with_({f"w/{k}.npy": bytes(2**20) for k in range(n * 12)})
    yield (
        "a text of empty lists",
        with_text(text.replace(name, f'{name}, "x": [{many("[],", n * 40_000)}0]')),
    )
    yield "a text of empty objects", with_text(f"[{many('{},', n * 40_000)}0]")
    yield "a text of numbers", with_text(f"[{many('1.5,', n * 40_000)}0]")
    yield "a text of keys", with_text("{" + ",".join(f'"{k}":0' for k in range(n * 50_000)) + "}")
    yield "deep brackets", with_text("[" * (n * 10**5))
    yield "deep objects", with_text('{"a":' * (n * 10**5))
    yield "quotes without end", with_text('"' + '\\"' * (n * 10**5))
    yield (
        "a number of digits",
        with_text(text.replace('"version": 1', f'"version": {"9" * n * 900}')),
    )
    yield "10^400 for a number", with_text(text.replace('"issued"', f'"x": {10**400}, "issued"'))
    yield (
        "one file for many weights",
        with_text(_many_weights(text, n)) if '"weights"' in text else with_text("{}"),
    )
    yield "many cards", with_text(_many_cards(text, n * 30))
    yield (
        "a long shape",
        with_text(text.replace('"shape": []', f'"shape": [{"9," * n * 10**5}9]', 1)),
    )
    directory = io.BytesIO()
    with zipfile.ZipFile(directory, "w") as archive:
        for k in range(n * 800):
            archive.writestr(f"{k:x}", b"")
    yield "a directory of parts", lambda doors: doors.project(directory.getvalue())
    yield "numbers as a text to type", lambda doors: doors.field(str(10**400 + n))
    yield (
        "cards of 10^400",
        lambda doors: doors.cards(_cards(text).replace('"x": ', f'"x": {10**400}')),
    )
    yield "cards without end", lambda doors: doors.cards(_cards(text) + "[" * 3_000_000)


def many(part: str, n: int) -> str:
    """A part of a text repeated so often, but not so evenly that a zip shrinks it to nothing."""
    blanks = Random(n)
    return "".join(part + " " * blanks.randrange(4) for _ in range(20_000)) * (n // 20_000)


def _many_weights(text: str, n: int) -> str:
    written = json.loads(text)
    entry = written["trained"]["weights"][0]
    for k in range(1, n * 150):
        written["trained"]["weights"].append(entry | {"node": f"dense-{k}"})
    return json.dumps(written)


def _many_cards(text: str, n: int) -> str:
    written = json.loads(text)
    card = next(node for node in written["nodes"] if node["id"] == "dense-1")
    written["nodes"] += [card | {"id": f"dense-{k}"} for k in range(100, 100 + n)]
    written["edges"] += [[f"dense-{k}", f"dense-{k + 1}", 0] for k in range(100, 99 + n)]
    return json.dumps(written)


def _cards(text: str) -> str:
    written = json.loads(text)
    cards = {"type": "nnstudio cards", "nodes": written["nodes"], "edges": written["edges"]}
    return json.dumps(cards)


def _models(random: Random) -> Iterator[tuple[str, Bomb]]:
    entries = read(corpus().models[1])
    about = json.loads(str(np.load(io.BytesIO(entries["about.npy"]))))
    units = random.choice((20_000, 30_000, 16_000))

    def with_(more: Entries) -> Bomb:
        content = write(entries | more, _DEFLATE)
        return lambda doors: doors.model(content)

    def with_about(text: str) -> Bomb:
        return with_({"about.npy": array_bytes(np.array(text))})

    wide = json.loads(json.dumps(about))
    for node in wide["nodes"]:
        if node["layer"]["type"] == "dense":
            node["layer"]["units"] = units
    yield "layers of many units", with_about(json.dumps(wide))
    doubled = json.loads(json.dumps(about))
    last = "input-1"
    for k in range(26):
        node = {"id": f"concatenate-{k + 1}", "layer": {"type": "concatenate"}}
        doubled["nodes"].append(node)
        doubled["edges"] += [[last, node["id"], 0], [last, node["id"], 1]]
        last = node["id"]
    doubled["nodes"] += [{"id": "global-average-pooling1-d-1", "layer": {"type": "flatten"}}]
    doubled["edges"] = [e for e in doubled["edges"] if e[0] != "input-1" or e[1] != "dense-1"]
    doubled["edges"].append([last, "dense-1", 0])
    yield "a width that doubles", with_about(json.dumps(doubled))
    yield (
        "a shape without content",
        with_({"dense-1/kernel.npy": npy("(99999999999,)", "'<f4'", b"", random)}),
    )
    yield (
        "weights that nobody reads",
        with_(
            {f"x-{k}/kernel.npy": array_bytes(np.zeros(260_000, np.float32)) for k in range(900)}
        ),
    )
    yield "a description that swells", with_about("[" + " " * 15 * 10**6)
    yield "words that swell", with_({"classes.npy": array_bytes(np.array(["a", "b" * 4_000_000]))})
    yield (
        "words of no length",
        with_({"classes.npy": npy("(9999999999999,)", "'<U0'", b"", random)}),
    )
    yield (
        "a header that swells",
        with_({"about.npy": npy("(" * 5000, "'<f4'", b"", random)}),
    )


def _checkpoints(random: Random) -> Iterator[tuple[str, Bomb]]:
    case, entries = corpus().cases[0], read(corpus().checkpoints[0])
    state = entries["state.json"].decode()
    n = random.randrange(50, 60)

    def with_state(text: str) -> Bomb:
        content = write(entries | {"state.json": text.encode()}, _DEFLATE)
        return lambda doors: doors.checkpoint(content, case)

    yield "a state that swells", with_state(state + " " * (n * 4 * 10**6))
    yield "a state of empty lists", with_state(f"[{many('[],', n * 40_000)}0]")
    yield "a deep state", with_state("[" * (n * 10**4))
    yield "a state of 10^400", with_state(state.replace('"seconds": ', f'"seconds": {10**400}'))
    yield "an endless seconds", with_state(state.replace('"seconds": ', '"seconds": 1e999, "x": '))
    swollen = write(entries | {"theta.npy": bytes(n * 10**6)}, _DEFLATE)
    yield "an array that swells", lambda doors: doors.checkpoint(swollen, case)


def _texts(random: Random) -> Iterator[tuple[str, Bomb]]:
    n = random.randrange(50, 60)
    rows = "".join(f"{k}," for k in range(200))

    def table(text: str) -> Bomb:
        return lambda doors: doors.table("bomb.csv", text.encode())

    yield "equal names of columns", table(",".join(["name"] * n * 60) + "\n" + "1," * n * 60 + "\n")
    yield "many columns", table("\n".join("a b," * (n * 400) for _ in range(4)))
    yield (
        "names that count up",
        table(",".join(f"a ({k})" for k in range(2, n * 60)) + ",a,a" * 500),
    )
    yield "one quotation mark", table('"' + rows * n * 20)
    yield "many quotation marks", table('text,label\n"' + 'a"b' * (n * 20_000))
    yield "commas alone", table(",,\n" * n * 1000)
    yield "one long line", table("word " * (n * 20_000))
    yield "many short lines", table("text,label\n" + "a b,1\n" * (n * 800))
    yield "blank lines", table("\n" * (n * 30_000) + TABLES["reviews.csv"])
    yield "labels without end", table("text,label\n" + f"good word,{'x' * 10**6}\nbad word,b\n" * 9)
    expressions = (
        "(" * 3000, "-" * 3999, "a" * 3999, "x**" * 1300 + "x", "9" * 3999, "exp(" * 190 + "x",
        "+".join("x" for _ in range(2000)), "10**400", "1e400", "9**9**9**9**9",
        "x" + "[0]" * 1300,
        "softmax([" + ",".join(f"x{k}" for k in range(700)) + "])[0]", "2**-99999999999",
        "-" * 190 + "x", "(" * 190 + "x" + ")" * 190, "x*" * 399 + "x",
        "a=" * 1999, "\n" * 3999 + "x",
    )  # fmt: skip

    def worked(text: str) -> Bomb:
        return lambda doors: doors.expression(text)

    for text in expressions:
        yield f"the expression {text[:24]}", worked(text)
