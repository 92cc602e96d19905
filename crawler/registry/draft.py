"""Write a source as the registry wants it, and put it into its province's file only if the whole registry then still loads."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from crawler.errors import RegistryError, UsageError
from crawler.registry.families import OptionValue
from crawler.registry.registry import PROVINCES, load


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a new source. ``notes`` become comments above it; ``paused`` goes with ``paused_on``."""

    id: str
    name: str
    region: str
    family: str
    list_urls: Sequence[str]
    quiet_days: int
    since: date
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    browser: bool = False
    notes: Sequence[str] = ()
    reposts: bool = False
    paused: str | None = None
    paused_on: date | None = None


def as_toml(draft: Draft) -> str:
    """The draft as one ``[[source]]`` table, ready for the registry."""
    lines = ["[[source]]", *(f"# {printable(note)}" for note in draft.notes)]
    named = {"id": draft.id, "name": draft.name, "region": draft.region, "family": draft.family}
    lines += [f"{key:<9} = {_text(value)}" for key, value in named.items()]
    urls = [_text(url) for url in draft.list_urls]
    lines += [f"list_urls = [{urls[0]}]"] if len(urls) == 1 else ["list_urls = [", *(f"    {url}," for url in urls), "]"]
    lines.append(f"expect    = {{ quiet_days = {draft.quiet_days}, since = {draft.since.isoformat()} }}")
    given = {name: value for name, value in draft.options.items() if value is not None}
    if given:
        lines.append("options   = { " + ", ".join(f"{name} = {_value(value)}" for name, value in given.items()) + " }")
    if draft.browser:
        lines.append("browser   = true")
    if draft.reposts:
        lines.append("reposts   = true")
    if draft.paused and draft.paused_on:
        lines += [f"paused    = {_text(draft.paused)}", f"paused_on = {draft.paused_on.isoformat()}"]
    return "\n".join(lines) + "\n"


def printable(text: str) -> str:
    """Words of a site on one line, without what a terminal would obey or a TOML comment must not hold."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are a part of TOML's, DEL apart."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _value(value: OptionValue) -> str:
    return str(value).lower() if isinstance(value, bool) else _text(value) if isinstance(value, str) else str(value)


def write(draft: Draft, directory: Path) -> Path:
    """Append the draft to its province's file and return that file.

    Raises `RegistryError` when the registry would not load with it, `UsageError` for an unknown region; nothing is written then.
    """
    if draft.region[:2] not in PROVINCES:
        raise UsageError(f"no region {draft.region!r}: give a GB/T 2260 code, as 620100")
    target = directory / f"{PROVINCES[draft.region[:2]][1]}.toml"
    directory.mkdir(parents=True, exist_ok=True)
    before = target.read_text("utf-8").rstrip() + "\n\n" if target.exists() else ""
    _check(directory, target.name, before + as_toml(draft))
    _replace(target, before + as_toml(draft))
    return target


def _check(directory: Path, name: str, text: str) -> None:
    """Load a copy of the registry with the new text in place."""
    with tempfile.TemporaryDirectory() as folder:
        for path in directory.glob("*.toml"):
            (Path(folder) / path.name).write_bytes(path.read_bytes())
        (Path(folder) / name).write_text(text, "utf-8")
        try:
            load(Path(folder))
        except RegistryError as error:
            raise RegistryError(error.mistakes) from None


def _replace(target: Path, text: str) -> None:
    """All or nothing: a half-written registry would stop every crawl."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(target)
