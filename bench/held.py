"""What the farm's truth says a database must hold of a site, and what it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from replica_farm import KEPT, Farm, Signoff
from sqlalchemy import Row, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from crawler import urls

Event = tuple[str, str]
_SAME_KIND = {"expired": "withdrawn", "repost": "new"}  # which copy is first depends on whose site is ill


@dataclass(frozen=True)
class Known:
    """What a database holds of a source: addresses of live notices, events, sha256 of files."""

    live: set[str]
    events: Counter[Event]
    files: dict[str, str | None]


def known(program: Signoff, source: str, after: int = 0) -> Known:
    """``after``: the number of the last event that does not count."""
    live = {urls.identity(row.url) for row in ask(program, _LIVE, source=source)}
    events = Counter(
        (_SAME_KIND.get(row.kind, row.kind), urls.identity(row.url)) for row in ask(program, _EVENTS, source=source, after=after)
    )
    files = {urls.identity(row.url): row.sha256 for row in ask(program, _FILES, source=source)}
    return Known(live, events, files)


_LIVE = "SELECT url FROM notice WHERE state = 'live' AND source_id = :source"
_EVENTS = "SELECT c.kind, n.url FROM change c JOIN notice n ON n.id = c.notice_id WHERE c.seq > :after AND n.source_id = :source"
_FILES = """
    SELECT a.url, a.sha256 FROM attachment a JOIN notice n ON n.id = a.notice_id
    WHERE a.last_revision IS NULL AND n.state = 'live' AND n.source_id = :source
"""


def ask(program: Signoff, query: str, **values: object) -> Sequence[Row[Any]]:
    """Ask the database of an installation, as a reader with SQL would."""
    url = make_url(program.database or f"sqlite:///{program.folder / 'data' / 'signoff.sqlite'}")
    engine = create_engine(url if url.get_backend_name() == "sqlite" else url.set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.connect() as connection:
        return connection.execute(text(query), values).all()


def last_seq(program: Signoff) -> int:
    return int(ask(program, "SELECT coalesce(max(seq), 0) AS seq FROM change")[0].seq)


@dataclass(frozen=True)
class Wanted:
    """The truth of one site: live notices, events since the state before, and which of them are of files alone."""

    live: set[str]
    events: Counter[Event]
    of_files: set[Event]
    files: dict[str, str]


class Truths:
    """What the farm says, asked once."""

    def __init__(self, here: Farm) -> None:
        self.here = here
        self.states: dict[int, list[dict[str, Any]]] = {}
        self.steps: dict[tuple[int, int], list[dict[str, Any]]] = {}

    def of(self, slug: str, before: int | None, state: int) -> Wanted:
        notices = [n for n in self._notices(state) if n["site"] == slug and n["doc_type"] in KEPT and n["status"] in ("live", "unlisted")]
        live = {urls.identity(n["url"]) for n in notices}
        files = {urls.identity(a["url"]): a["sha256"] for n in notices for a in n["attachments"] if a["sha256"] and not a["hostile"]}
        if before is None:
            listed = {urls.identity(n["url"]) for n in notices if n["status"] == "live"}
            return Wanted(listed, Counter(("new", url) for url in listed), set(), {})
        told = [e for e in self._step(before, state) if e["site"] == slug and e["doc_type"] in KEPT]
        events = Counter((_SAME_KIND.get(e["kind"], e["kind"]), urls.identity(e["url"])) for e in told)
        only_files = [e for e in told if e["kind"] == "revised" and all(change.startswith("attachments") for change in e["changes"])]
        of_files = {("revised", urls.identity(e["url"])) for e in only_files}
        return Wanted(live, events, of_files, files)

    def _notices(self, state: int) -> list[dict[str, Any]]:
        if state not in self.states:
            self.states[state] = self.here.get(f"/truth/{state}")["notices"]
        return self.states[state]

    def _step(self, before: int, state: int) -> list[dict[str, Any]]:
        if (before, state) not in self.steps:
            self.steps[before, state] = self.here.get(f"/truth/events?from={before}&to={state}")["events"]
        return self.steps[before, state]
