"""Does what the crawler reported agree with what the sample sites did? Pure comparison; the demo and its tests use it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from crawler.demo.sites import ExpectedEvent, sample_sites
from crawler.errors import CannotRunError
from crawler.notice.model import ChangeKind, Verdict
from crawler.urls import canonical


@dataclass(frozen=True, slots=True)
class Reported:
    """One line of ``signoff changes --json``, as far as the demo needs it."""

    seq: int
    kind: ChangeKind
    source_id: str
    url: str
    title: str


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of ``signoff crawl --json``, as far as the demo needs it."""

    source_id: str
    verdict: Verdict
    fetched: int
    not_modified: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the comparison of one day found. ``missed`` and ``others`` are lines fit to show."""

    found: int
    missed: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return not (self.missed or self.others or self.verdicts)

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(self.found + other.found, self.missed + other.missed, self.others + other.others, self.verdicts + other.verdicts)


def reported_events(output: str) -> list[Reported]:
    """Read the JSON Lines of ``changes``. Raises `CannotRunError` on a line that is none."""
    return [Reported(line["seq"], ChangeKind(line["kind"]), line["source"], line["url"], line["title"]) for line in json_lines(output)]


def source_lines(output: str) -> list[SourceLine]:
    """Read the JSON Lines of ``crawl``. Raises `CannotRunError` on a line that is none."""
    return [SourceLine(line["source"], Verdict(line["verdict"]), line["fetched"], line["not_modified"]) for line in json_lines(output)]


def json_lines(output: str) -> Iterator[dict[str, Any]]:
    for line in filter(str.strip, output.splitlines()):
        try:
            yield json.loads(line)
        except ValueError:
            raise CannotRunError(f"JSON Lines expected, got {line[:80]!r}") from None


def compare(expected: Sequence[ExpectedEvent], reported: Sequence[Reported]) -> Agreement:
    """Match events by kind, source and address, each as often as it is expected."""
    wanted = Counter((event.kind, event.source_id, canonical(event.url)) for event in expected)
    seen = Counter((event.kind, event.source_id, event.url) for event in reported)
    titles = {(event.source_id, canonical(event.url)): event.title for event in expected}
    titles |= {(event.source_id, event.url): event.title for event in reported}
    return Agreement((wanted & seen).total(), tuple(told(wanted - seen, titles)), tuple(told(seen - wanted, titles)))


def told(events: Counter[tuple[ChangeKind, str, str]], titles: dict[tuple[str, str], str]) -> Iterator[str]:
    for kind, source_id, url in events.elements():
        yield f"{kind}  {source_id}  {titles[source_id, url]}  {url}"


def compare_verdicts(day: int, lines: Iterable[SourceLine]) -> Agreement:
    """Every site ends ``ok``, save those behind their firewall on ``day``, which end ``blocked``."""
    ended = {line.source_id: line.verdict for line in lines}
    wanted = {site.id: Verdict.BLOCKED if day in site.blocked else Verdict.OK for site in sample_sites()}
    wrong = {source_id: verdict for source_id, verdict in wanted.items() if ended.get(source_id) != verdict}
    return Agreement(0, verdicts=tuple(f"{name}: {ended.get(name, 'not crawled')} instead of {verdict}" for name, verdict in wrong.items()))
