"""The sample sites as data: what stands on which page on which simulated day, and the events a crawler must report.

Everything is invented and stands in ``data/``: one TOML per site, ``unrelated.toml`` for the entries around the notices.
A page is a first wording and a list of changes; its wording on a day is the first one with all changes up to that day.
The events are written beside the changes by hand, not computed from them: they are what the crawler is checked against.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Any

from crawler.clock import CHINA
from crawler.notice.model import ChangeKind, DocType

#: simulated days a crawl is made on, counted from START; a day without a look is left out on purpose
DAYS = (0, 1, 2, 3, 4, 6)
START = date(2025, 6, 4)


@dataclass(frozen=True, slots=True)
class File:
    """A Word attachment; ``text`` is its content in the markup of `markup.blocks`."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Version:
    """A page as it stands on one day. ``gone``: ``404``, ``410`` or ``soft404``. ``moves``: how often its address has changed."""

    title: str
    text: str
    files: tuple[File, ...] = ()
    gone: str | None = None
    listed: bool = True
    moves: int = 0
    retypeset: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to a page on ``day``; None leaves a thing as it is."""

    day: int
    swap: tuple[tuple[str, str], ...] = ()
    swap_file: tuple[tuple[str, str], ...] = ()
    gone: str | None = None
    back: bool = False
    listed: bool | None = None
    move: bool = False
    retypeset: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One entry of a site. ``events``: the events it must cause, by simulated day."""

    key: str
    seq: int
    doc_type: DocType
    date: date
    source: str
    born: int
    first: Version
    changes: tuple[Change, ...] = ()
    events: tuple[tuple[int, ChangeKind], ...] = ()

    def at(self, day: int) -> Version | None:
        """The wording on ``day``; None before the page is published."""
        if day < self.born:
            return None
        version = self.first
        for change in self.changes:
            if change.day <= day:
                version = apply(change, version)
        return version


@dataclass(frozen=True, slots=True)
class SampleSite:
    """One invented site. ``number``: its place in the order, and the third figure of its address.

    ``robots``: the text of robots.txt, None where the site has none. ``validators``: whether it sends ETag, Last-Modified, both
    or neither. ``blocked``: days on which a firewall answers. ``reversed_on``: from this day the list runs the other way round.
    """

    id: str
    number: int
    family: str
    name: str
    agency: str
    column: str
    charset: str
    per_page: int
    robots: str | None
    validators: frozenset[str]
    counter: bool
    blocked: frozenset[int]
    reversed_on: int | None
    redesigned_on: int | None
    pages: tuple[Page, ...]

    def listing(self, day: int) -> tuple[Page, ...]:
        """The entries of the site's list on ``day``, newest first unless the site turned its list round."""
        shown = [page for page in self.pages if (version := page.at(day)) and version.listed and not version.gone]
        newest_first = self.reversed_on is None or day < self.reversed_on
        return tuple(sorted(shown, key=lambda page: (page.date, page.seq), reverse=newest_first))


@dataclass(frozen=True, slots=True)
class ExpectedEvent:
    """An event the crawl of a day must report, and no other: the address is the one that holds after the event."""

    kind: ChangeKind
    source_id: str
    url: str
    title: str


def calendar_day(day: int) -> date:
    """The calendar day in China that a simulated day stands for."""
    return START + timedelta(days=day)


def clock_of(day: int) -> datetime:
    """The instant at which the crawl of a simulated day is made: nine in the morning, China's time."""
    return datetime.combine(calendar_day(day), time(9), CHINA)


def apply(change: Change, version: Version) -> Version:
    """The wording after ``change``. Raises `ValueError` if a replaced text does not occur: a timeline must not silently do nothing."""
    if change.back:
        version = replace(version, gone=None)
    return replace(
        version,
        title=swapped(version.title, change.swap, required=False),
        text=swapped(version.text, change.swap),
        files=tuple(replace(file, text=swapped(file.text, change.swap_file)) for file in version.files),
        gone=change.gone or version.gone,
        listed=version.listed if change.listed is None else change.listed,
        moves=version.moves + change.move,
        retypeset=version.retypeset or change.retypeset,
    )


def swapped(text: str, pairs: Sequence[tuple[str, str]], *, required: bool = True) -> str:
    for old, new in pairs:
        if required and old not in text:
            raise ValueError(f"{old!r} does not occur in the text it should be replaced in")
        text = text.replace(old, new)
    return text


@cache
def sample_sites() -> tuple[SampleSite, ...]:
    """All sample sites in the order of their numbers."""
    unrelated = load(data_folder() / "unrelated.toml")["page"]
    tables = [load(file) for file in (data_folder() / "sites").iterdir() if file.name.endswith(".toml")]
    return tuple(sorted((site_of(table, unrelated) for table in tables), key=lambda site: site.number))


def data_folder() -> Traversable:
    return files(__package__) / "data"


def load(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


def site_of(table: Mapping[str, Any], unrelated: Iterable[Mapping[str, Any]]) -> SampleSite:
    """A site from its TOML table; ``unrelated`` entries are filled with its own names."""
    head = table["site"]
    around = filled(unrelated, head["names"], head["number"]) if head["names"] else ()
    entries = [*table["page"], *around]
    return SampleSite(
        id=head["id"],
        number=head["number"],
        family=head["family"],
        name=head["name"],
        agency=head["agency"],
        column=head["column"],
        charset=head.get("charset", "utf-8"),
        per_page=head["per_page"],
        robots=head.get("robots"),
        validators=frozenset(head.get("validators", ())),
        counter=head.get("counter", False),
        blocked=frozenset(head.get("blocked", ())),
        reversed_on=head.get("reversed_on"),
        redesigned_on=head.get("redesigned_on"),
        pages=tuple(page_of(entry, seq, head["agency"]) for seq, entry in enumerate(entries, start=1001)),
    )


def filled(unrelated: Iterable[Mapping[str, Any]], names: Mapping[str, str], number: int) -> list[dict[str, Any]]:
    """The entries every office has in its list, with this site's names, each with a date of its own in the past."""
    out = []
    for index, entry in enumerate(unrelated):
        day = START - timedelta(days=2 + index * 11 + number)
        filling = {**names, "year": str(day.year), "month": str(day.month), "day": str(day.day)}
        words = {part: Template(entry[part]).substitute(filling) for part in ("title", "text")}
        out.append({"key": f"around-{index:02d}", "type": entry["type"], "date": day, **words})
    return out


def page_of(entry: Mapping[str, Any], seq: int, agency: str) -> Page:
    attached = tuple(File(file["name"], file["text"].strip()) for file in entry.get("file", ()))
    return Page(
        key=entry["key"],
        seq=seq,
        doc_type=DocType(entry["type"]),
        date=entry["date"],
        source=entry.get("source", agency),
        born=entry.get("born", 0),
        first=Version(entry["title"], entry["text"].strip(), attached),
        changes=tuple(change_of(change) for change in entry.get("change", ())),
        events=tuple((int(day), ChangeKind(kind)) for day, kind in entry.get("events", ())),
    )


def change_of(entry: Mapping[str, Any]) -> Change:
    """A change from its TOML table. An unknown key is an error: it would be a change that never happens."""
    pairs = {key: tuple((old, new) for old, new in entry[key]) for key in ("swap", "swap_file") if key in entry}
    return Change(**{**entry, **pairs})
