"""The registry: every site we read, as data. It is strict, and reports every mistake of every file at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from crawler.errors import RegistryError, UsageError
from crawler.registry import toml_lines
from crawler.registry.model import PROVINCES, SCHEDULES, Expect, Source
from crawler.registry.validate import Reader, list_identity

__all__ = ["PROVINCES", "SCHEDULES", "Expect", "Registry", "Source", "list_identity", "load", "region_prefix"]


class Registry(Mapping[str, Source]):
    """All sources by id, in the order of files and tables."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = {source.id: source for source in sources}

    def __getitem__(self, source_id: str) -> Source:
        return self._sources[source_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def active(self) -> tuple[Source, ...]:
        """The sources that are crawled."""
        return tuple(source for source in self._sources.values() if source.paused is None)

    def select(self, regions: Sequence[str] = (), sources: Sequence[str] = ()) -> tuple[Source, ...]:
        """The sources in any of ``regions`` and those named in ``sources``; all when both are empty. Paused ones are included.

        A region is a GB/T 2260 code, whole or its beginning (``62``, ``6201``, ``620100``; ``000000`` is the whole
        country), or a Chinese name. Raises `UsageError` for what does not exist, with the nearest names.
        """
        prefixes = [region_prefix(region) for region in regions]
        wanted = {self._known(source_id) for source_id in sources}
        everything = not regions and not sources
        return tuple(s for s in self._sources.values() if everything or s.id in wanted or any(s.region.startswith(p) for p in prefixes))

    def _known(self, source_id: str) -> str:
        if source_id in self._sources:
            return source_id
        near = difflib.get_close_matches(source_id, self._sources, n=3, cutoff=0.5)
        raise UsageError(f"no source {source_id!r}" + (f"; nearest: {', '.join(near)}" if near else "; see `signoff sources list`"))


def region_prefix(region: str) -> str:
    """The beginning of the codes that a region, given by code or name, covers. Raises `UsageError` naming the nearest."""
    text = region.strip()
    for code, names in PROVINCES.items():
        if text in (code, *names):
            return _significant(code)
    from crawler.gazetteer import regions  # here, not above: the gazetteer is large, and most callers name provinces

    return _significant(regions.match(text))


def _significant(code: str) -> str:
    """A code without the zeros that stand for "all of it": 620000 → 62, 000000 → nothing."""
    while code.endswith("00"):
        code = code[:-2]
    return code


def load(directory: Path) -> Registry:
    """Read all ``*.toml`` of a directory.

    Raises `RegistryError` with every mistake of every file, each ``FILE:LINE: KEY: what is wrong``; `UsageError` when the
    directory is not there or holds no registry file.
    """
    files = sorted(directory.glob("*.toml"))
    if not files:
        raise UsageError(f"no registry in {directory}: no *.toml file there")
    sources: list[Source] = []
    mistakes: list[str] = []
    for path in files:
        content = toml_lines.read(path.read_bytes())
        mistakes += [f"{path.name}:{line}: {key}: {wrong}" for line, key, wrong in content.mistakes]
        for table in content.tables:
            reader = Reader(table, path)
            sources += [source] if (source := reader.source()) else []
            mistakes += reader.mistakes
    mistakes += _doubles(sources)
    if mistakes:
        raise RegistryError(mistakes)
    return Registry(sources)


def _doubles(sources: Sequence[Source]) -> list[str]:
    """Ids and list addresses that appear twice, over all files."""
    mistakes: list[str] = []
    ids: dict[str, Source] = {}
    lists: dict[str, Source] = {}
    for source in sources:
        first = ids.setdefault(source.id, source)
        if first is not source:
            mistakes.append(f"{source.file}:{source.line}: id: {source.id!r} is already used at {first.file}:{first.line}")
        for url in source.list_urls:
            holder = lists.setdefault(list_identity(url), source)
            if holder is not source:
                at = f"{holder.id} ({holder.file}:{holder.line})"
                mistakes.append(f"{source.file}:{source.line}: list_urls: {url} is already a list of {at}")
    return mistakes
