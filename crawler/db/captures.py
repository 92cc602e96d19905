"""Rows of captures and fetches: written in one transaction a batch, found again by id, address or payload."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, insert, select

from crawler.db.models import Capture, Fetch


@dataclass(frozen=True, slots=True)
class NewCapture:
    """A response whose record stands in the archive. ``original``: digest of the payload's first copy, for a revisit record."""

    url: str
    method: str
    request_sha256: str | None
    status: int
    fetched: datetime
    content_type: str | None
    size: int
    sha256: str
    warc_file: str
    warc_offset: int
    record_id: str
    tls: str
    source_id: str | None
    crawl_id: int | None
    revisit: bool = False


@dataclass(frozen=True, slots=True)
class NewFetch:
    """One attempt, with an answer or an error."""

    crawl_id: int | None
    source_id: str | None
    url: str
    role: str
    at: datetime
    status: int | None
    error: str | None
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Original:
    """The first copy of a payload: what a revisit record points to."""

    id: int
    url: str
    fetched: datetime
    record_id: str
    warc_file: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a capture stands, and where its payload does."""

    id: int
    url: str
    status: int
    fetched: datetime
    sha256: str
    warc_file: str | None
    warc_offset: int | None
    original_id: int | None

    def is_in(self, folder: Path) -> bool:
        """Whether the file that holds the record is there and reaches beyond its beginning."""
        if self.warc_file is None or self.warc_offset is None:
            return False
        try:
            return (folder / self.warc_file).stat().st_size > self.warc_offset
        except OSError:
            return False


def insert_batch(
    connection: Connection, captures: Sequence[NewCapture], fetches: Sequence[tuple[NewFetch, int | None]], originals: dict[str, int]
) -> list[int]:
    """Write rows of records that are synced already; returns the captures' ids, in order.

    A fetch names its capture by position in ``captures``. ``originals`` maps payload digests to the ids of their first copies.
    """
    known = dict(originals)
    first = [n for n, capture in enumerate(captures) if not capture.revisit]
    again = [n for n, capture in enumerate(captures) if capture.revisit]
    ids = dict(zip(first, _insert(connection, [_columns(captures[n], None) for n in first]), strict=True))
    known |= {captures[n].sha256: ids[n] for n in first}
    ids |= dict(zip(again, _insert(connection, [_columns(captures[n], known[captures[n].sha256]) for n in again]), strict=True))
    if fetches:
        connection.execute(insert(Fetch), [{**asdict(fetch), "capture_id": None if at is None else ids[at]} for fetch, at in fetches])
    return [ids[n] for n in range(len(captures))]


def _columns(capture: NewCapture, original: int | None) -> dict[str, object]:
    columns = asdict(capture)
    del columns["revisit"]
    return {**columns, "original_id": original}


def _insert(connection: Connection, rows: list[dict[str, object]]) -> list[int]:
    if not rows:
        return []
    return list(connection.scalars(insert(Capture).returning(Capture.id, sort_by_parameter_order=True), rows))


def originals_of(connection: Connection, digests: Iterable[str]) -> dict[str, Original]:
    """First copies of payloads whose bytes are still kept, by digest."""
    wanted = list(digests)
    if not wanted:
        return {}
    query = select(Capture.sha256, Capture.id, Capture.url, Capture.fetched, Capture.record_id, Capture.warc_file).where(
        Capture.sha256.in_(wanted), Capture.original_id.is_(None), Capture.warc_file.is_not(None)
    )
    return {row.sha256: Original(row.id, row.url, row.fetched, row.record_id, row.warc_file or "") for row in connection.execute(query)}


_PLACED = (
    Capture.id, Capture.url, Capture.status, Capture.fetched, Capture.sha256, Capture.warc_file, Capture.warc_offset, Capture.original_id,
)  # fmt: skip


def placed(connection: Connection, capture_id: int) -> Placed | None:
    """Where the capture stands; None for an id that no capture has."""
    row = connection.execute(select(*_PLACED).where(Capture.id == capture_id)).first()
    return Placed(*row) if row else None


def latest(
    connection: Connection,
    url: str,
    since: datetime,
    *,
    method: str = "GET",
    request_sha256: str | None = None,
    statuses: Sequence[int] = (200,),
) -> Placed | None:
    """The newest kept capture of an address since an instant, or None."""
    query = select(*_PLACED).where(
        Capture.url == url, Capture.method == method, Capture.status.in_(statuses), Capture.fetched >= since, Capture.warc_file.is_not(None)
    )
    query = query.where(Capture.request_sha256.is_(None) if request_sha256 is None else Capture.request_sha256 == request_sha256)
    row = connection.execute(query.order_by(Capture.fetched.desc(), Capture.id.desc()).limit(1)).first()
    return Placed(*row) if row else None


def last_offset(engine: Engine, warc_file: str) -> int | None:
    """Offset of the last record of a file that a row names; None when no row does."""
    with engine.connect() as connection:
        return connection.scalar(select(func.max(Capture.warc_offset)).where(Capture.warc_file == warc_file))
