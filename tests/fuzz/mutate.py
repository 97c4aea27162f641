"""Mutations: of bytes, of the zip around them, and of the arrays and JSON inside."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
from random import Random
from typing import Any

import numpy as np

from tests.fuzz.values import mutated_json

Entries = dict[str, bytes]

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
DTYPES = ("<f4", ">f4", "<f2", "<f8", "<i8", "|b1", "<u1", "<c16", "<U3", "|S4", "|O", "<M8[s]")
DESCRIPTIONS = (
    *("'<f4'", "'>f8'", "'|O'", "'<U1'", "'<U99999999'", "'|V8'", "'<f16'", "'<M8[D]'", "''", "'"),
    *("[('a', '<f4')]", "('<f4', (2,))", "'<i3'", "None", "'<U0'", "__import__('os')", "(" * 90),
)
SHAPES = (
    *("()", "(0,)", "(1,)", "(-1,)", "(2, 2)", "(10**9,)", "(99999999999,)", "(4L,)", "('a',)"),
    *("(1,)*40", "(True,)", "(1.0,)", "None", "(9999999999999999999999999999,)", "(((", "'''"),
    *("(0, 9999999999999999999)", "(1," * 70 + ")" * 70),
)


def mutated(content: bytes, random: Random) -> bytes:
    """A file that was a zip archive of ours, changed somewhere."""
    level = random.randrange(10)
    if level < 2:
        return mutated_bytes(content, random)
    if level < 4:
        return _mutated_zip(content, random)
    entries = read(content)
    names = {random.choice(list(entries)) for _ in range(random.choice((1, 1, 2)))}
    if random.random() < 0.5:
        names |= {"project.json", "about.npy", "state.json"} & set(entries)
    for name in sorted(names):
        entries[name] = _mutated_entry(name, entries[name], random)
    return write(entries)


def read(content: bytes) -> Entries:
    """The entries of an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(entries: Entries, method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of these entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def mutated_bytes(content: bytes, random: Random) -> bytes:
    """Some bytes flipped, cut out, put in, repeated or overwritten."""
    data = bytearray(content)
    for _ in range(random.choice((1, 1, 1, 2, 4, 16))):
        at = random.randrange(len(data) + 1)
        if random.random() < 0.4:  # the directory of a zip stands at its end
            at = max(0, len(data) - random.randrange(1, 700))
        length = random.choice((1, 1, 2, 4, 8, 40))
        match random.randrange(7):
            case 0:
                del data[at : at + length]
            case 1:
                data[at:at] = random.randbytes(length)
            case 2:
                data[at:at] = data[at : at + length] * random.choice((1, 3, 50))
            case 3:
                data[at : at + length] = random.choice((b"\xff", b"\0", b'"', b",")) * length
            case 4 if random.random() < 0.3:
                del data[at:]
            case _:
                if at < len(data):
                    data[at] ^= 1 << random.randrange(8)
        if not data:
            break
    return bytes(data)


def _mutated_zip(content: bytes, random: Random) -> bytes:
    entries = read(content)
    names = list(entries)
    name, other = random.choice(names), random.choice(names)
    match random.randrange(9):
        case 0:
            del entries[name]
            return write(entries)
        case 1:
            entries[name], entries[other] = entries[other], entries[name]
            return write(entries)
        case 2:
            strange = random.choice(("../x", "a" * 3000, "/", "weights/", "a\0b", "x/y.npy", "ü"))
            entries[strange] = entries.pop(name)
            return write(entries)
        case 3:
            return write(entries, random.choice(METHODS))
        case 4:
            return mutated_bytes(write(entries, random.choice(METHODS)), random)
        case 5:
            out = io.BytesIO(content)
            with warnings.catch_warnings(), zipfile.ZipFile(out, "a") as archive:
                warnings.simplefilter("ignore")
                archive.writestr(name, entries[other])
            return out.getvalue()
        case 6:
            return random.randbytes(50) + content + random.randbytes(random.choice((0, 30, 70_000)))
        case 7:
            for n in range(random.choice((3, 300))):
                entries[f"more-{n}/kernel.npy"] = b""
            return write(entries)
        case _:
            return _lying(content, random)


def _lying(content: bytes, random: Random) -> bytes:
    """A field of an entry's record in the zip's directory, or of its own header, changed."""
    data = bytearray(content)
    magic, fields = random.choice(
        (
            (
                b"PK\x01\x02",
                ((8, "H"), (10, "H"), (16, "I"), (20, "I"), (24, "I"), (28, "H"), (42, "I")),
            ),
            (b"PK\x03\x04", ((6, "H"), (8, "H"), (14, "I"), (18, "I"), (22, "I"), (26, "H"))),
            (b"PK\x05\x06", ((8, "H"), (10, "H"), (12, "I"), (16, "I"), (20, "H"))),
        )
    )
    found = []
    at = data.find(magic)
    while at >= 0:
        found.append(at)
        at = data.find(magic, at + 1)
    if found:
        offset, code = random.choice(fields)
        most = 2 ** (8 * struct.calcsize(code)) - 1
        value = random.choice((0, 1, 8, 12, 14, 99, 100, most // 2, most, random.randrange(most)))
        data[(at := random.choice(found) + offset) : at + struct.calcsize(code)] = struct.pack(
            f"<{code}", value
        )
    return bytes(data)


def _mutated_entry(name: str, content: bytes, random: Random) -> bytes:
    if random.random() < 0.1:
        return mutated_bytes(content, random)
    if name.endswith(".json"):
        return mutated_json(json.loads(content), random).encode("utf-8", "surrogatepass")
    if name == "about.npy":
        about = json.loads(str(np.load(io.BytesIO(content))))
        return array_bytes(np.array(mutated_json(about, random)))
    if name.endswith(".npy"):
        return _mutated_array(content, random)
    return mutated(content, random) if content[:2] == b"PK" else mutated_bytes(content, random)


def array_bytes(array: Any) -> bytes:
    """An array as a .npy file, objects as well."""
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def _mutated_array(content: bytes, random: Random) -> bytes:
    array = np.load(io.BytesIO(content), allow_pickle=False)
    match random.randrange(6):
        case 0:
            return npy(random.choice(SHAPES), random.choice(DESCRIPTIONS), content[-16:], random)
        case 1:
            return npy(str(array.shape), random.choice(DESCRIPTIONS), content[128:], random)
        case 2:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    return array_bytes(array.astype(random.choice(DTYPES)))
                except (ValueError, TypeError):
                    return array_bytes(np.zeros(array.shape, random.choice(DTYPES)))
        case 3 if array.dtype.kind == "f" and array.size:
            array = array.copy()
            strange = (np.nan, np.inf, -np.inf, 3e38, 1e-45, 0.0, -1.0)
            array.flat[random.randrange(array.size)] = random.choice(strange)
            return array_bytes(array)
        case 3 if array.dtype.kind == "U" and array.size:
            array = np.array(array.tolist(), dtype="<U40")
            strange_texts = ("", "\ud800", "same", "a b", "x" * 40, "\n")
            array.flat[random.randrange(array.size)] = random.choice(strange_texts)
            return array_bytes(array)
        case 4:
            shaped = (array.ravel(), array[None], array.T, array.ravel()[:-1], array.ravel()[:0])
            return array_bytes(random.choice(shaped))
        case _:
            return mutated_bytes(content, random)


def npy(shape: str, description: str, content: bytes, random: Random) -> bytes:
    """A .npy file whose header says what it likes."""
    order = random.choice(("True", "False", "1", "None"))
    header = f"{{'descr': {description}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    header += b" " * random.choice((0, 16, 12_000)) + b"\n"
    version = random.choice(((1, 0), (2, 0), (3, 0), (9, 9)))
    length = struct.pack("<H" if version == (1, 0) else "<I", len(header) % 65_536)
    return b"\x93NUMPY" + bytes(version) + length + header + content


def mutated_text(text: str, random: Random) -> bytes:
    """A data text, changed as characters, as lines or as bytes."""
    lines = text.split("\n")
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(lines))
        line = lines[at]
        cut = random.randrange(len(line) + 1)
        match random.randrange(9):
            case 0:
                put = random.choice(
                    ('"', '""', ",", ",,", ";", "\t", "|", "\r", "\0", "\ud800", "'", "\\",
                     "\u2028", "é", "\x85", "1e400", "9" * 500, "NaN", "{", "#", "=", "१")
                )  # fmt: skip
                lines[at] = line[:cut] + put + line[cut:]
            case 1:
                del lines[at]
            case 2:
                lines[at:at] = [line] * random.choice((1, 5, 200))
            case 3:
                lines[at] = random.choice((",", ",,", ";;;", "\t", " ", '"', '"",""', "0", "a"))
            case 4:
                lines[at] = line[:cut]
            case 5:
                separator = random.choice((",", ";", "\t", "|", " "))
                lines[at] = separator.join([line] * random.choice((2, 20, 300)))
            case 6:
                lines[at] = line.translate(
                    str.maketrans(
                        random.choice((",", ";", "\t", " ")), random.choice((",", "\t", "|"))
                    )
                )
            case 7:
                random.shuffle(lines)
            case _:
                lines[at] = line * random.choice((2, 100))
        if not lines:
            break
    written = "\n".join(lines)
    encoding = random.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1", "utf-32"))
    content = written.encode(encoding, "surrogatepass" if encoding != "latin-1" else "replace")
    return mutated_bytes(content, random) if content and random.random() < 0.3 else content


def mutated_expression(text: str, random: Random) -> str:
    """An expression with signs put in, taken out, repeated and nested."""
    pieces = ("(", ")", "[", "]", "**", "^", "/0", "1e308*10", "10**400", "9" * 400, "''", "\ud800",
              "lambda", " if ", ".", ",", "\n", "\\", "\0", "'", "f'{x}'", "x", "e", "-", "not ",
              "softmax([a]*9)", "softmax([x,y,z])", "max(", "[0]", "[-1]", "[9]", "0x", "1j", "…",
              "_", "__", "#", ";", ":=", "=", "@", "%", "²", "σ", "×", "1e-400", "0**-1",
              "log(0)", "exp(" * 30, "-" * 90, "(" * 150, "sqrt(-1)", "e308", "True",
              "**x**x**x")  # fmt: skip
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        at = random.randrange(len(text) + 1)
        match random.randrange(5):
            case 0:
                text = text[:at] + text[at + random.choice((1, 1, 3, 9)) :]
            case 1:
                text = text[:at] + text[at : at + 12] * random.choice((2, 9)) + text[at:]
            case 2:
                wrap = random.choice(("({})", "-({})", "exp({})", "softmax([{0},{0}])[1]", "[{}]"))
                text = wrap.format(text)[:9000]
            case _:
                text = text[:at] + random.choice(pieces) + text[at:]
    return text
