"""Read one registry file: its tables, and the line each key stands on, which `tomllib` does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_HEADER = re.compile(r"\s*\[(\[)?\s*([\w.\"'-]+)\s*\]")
_KEY = re.compile(r"\s*([\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*([\w-]+))?\s*=")
_INNER_KEY = re.compile(r"([\w-]+)\s*=(?!=)")
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(slots=True)
class Lines:
    """Where one ``[[source]]`` table and its keys stand. Keys of inner tables are ``outer.inner``."""

    start: int
    keys: dict[str, int] = field(default_factory=dict)

    def of(self, key: str) -> int:
        """The line of a key; of its outer table, or of the whole source, where the key itself is not written."""
        outer = key.partition(".")[0]
        return self.keys.get(key) or self.keys.get(outer) or self.start


@dataclass(frozen=True, slots=True)
class Table:
    """One ``[[source]]`` as written."""

    values: dict[str, Any]
    lines: Lines


@dataclass(frozen=True, slots=True)
class File:
    """What a registry file holds. ``mistakes``: (line, key, what is wrong); with a syntax error there are no tables."""

    tables: tuple[Table, ...]
    mistakes: tuple[tuple[int, str, str], ...] = ()


def read(body: bytes) -> File:
    """Read the bytes of one registry file. Never raises: what is wrong comes back as ``mistakes``."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return File((), ((body.count(b"\n", 0, error.start) + 1, "file", "not UTF-8; save it as UTF-8"),))
    try:
        data = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        return File((), (_syntax(text, str(error)),))
    found, top = _scan(text)
    tables = data.get("source", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return File((), ((top.get("source", 1), "source", "write each source as a table of its own: [[source]]"),))
    mistakes = tuple((top.get(key, 1), key, "does not belong here; a file holds [[source]] tables only") for key in data if key != "source")
    lines = [*found, *(Lines(1) for _ in tables)]
    return File(tuple(Table(values, where) for values, where in zip(tables, lines, strict=False)), mistakes)


def _syntax(text: str, message: str) -> tuple[int, str, str]:
    at = _AT_LINE.search(message)
    line = int(at[1]) if at else text.count("\n") + 1
    return line, "syntax", _AT_LINE.sub("", message).strip().rstrip(".") + "; see https://toml.io"


def _scan(text: str) -> tuple[list[Lines], dict[str, int]]:
    """Lines of the keys of every ``[[source]]``, and of what stands outside."""
    found: list[Lines] = []
    top: dict[str, int] = {}
    prefix = ""
    for number, line in _statements(text):
        header = _HEADER.match(line)
        if header:
            name = header[2].strip("\"'")
            if header[1] and name == "source":
                found.append(Lines(number))
                prefix = ""
            elif name.startswith("source.") and found:
                prefix = name.removeprefix("source.") + "."
                found[-1].keys.setdefault(prefix[:-1], number)
            else:
                prefix = ""
                top.setdefault(name.partition(".")[0], number)
            continue
        keys = top if not found else found[-1].keys
        for key in _keys(line):
            keys.setdefault(prefix + key, number)
    return found, top


def _keys(line: str) -> Iterator[str]:
    """The keys one statement sets: its own, and those of an inline table."""
    match = _KEY.match(line)
    if not match:
        return
    name = match[1].strip("\"'")
    yield name
    if match[2]:
        yield f"{name}.{match[2]}"
    rest = line[match.end() :].lstrip()
    if rest.startswith("{"):
        for inner in _INNER_KEY.finditer(_without_strings(rest)):
            yield f"{name}.{inner[1]}"


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The lines on which statements begin; what continues an array or a long string is left out."""
    depth, quote = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        if depth == 0 and not quote and line.strip() and not line.lstrip().startswith("#"):
            yield number, line
        depth, quote = _open_after(line, depth, quote)


def _open_after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """How many brackets are open behind a line, and which long string, if any."""
    if _HEADER.match(line) and not depth and not quote:
        return 0, ""
    index = 0
    while index < len(line):
        if quote:
            end = line.find(quote, index)
            if end < 0:
                return depth, quote if len(quote) == 3 else ""
            index, quote = end + len(quote), ""
            continue
        char = line[index]
        if char == "#":
            break
        if char in "\"'":
            quote = char * 3 if line.startswith(char * 3, index) else ""
            index = index + 3 if quote else _behind_string(line, index)
            continue
        depth += (char in "[{") - (char in "]}")
        index += 1
    return max(depth, 0), quote


def _behind_string(line: str, index: int) -> int:
    quote = line[index]
    index += 1
    while index < len(line) and line[index] != quote:
        index += 2 if quote == '"' and line[index] == "\\" else 1
    return index + 1


def _without_strings(text: str) -> str:
    kept, index = [], 0
    while index < len(text):
        if text[index] in "\"'":
            index = _behind_string(text, index)
        else:
            kept.append(text[index])
            index += 1
    return "".join(kept)
