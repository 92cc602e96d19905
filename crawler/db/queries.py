"""Reading the data: events and notices of a selection, one notice with its history, cursors. Nothing here writes but `advance`.

Iterators hold one read transaction while they run and a bounded number of rows: a reader never blocks a crawl, and memory
stays flat. All raise `DatabaseError` where the database does not answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select, update
from sqlalchemy.orm import aliased

from crawler.db.engine import explained
from crawler.db.models import AttachmentRow, Change, ExportCursor, Notice, NoticeUrl, Revision, Source
from crawler.db.selection import Selection, Span, mentions, of_changes, of_notices, of_sources, region_of
from crawler.errors import AddressError, UsageError
from crawler.notice.model import ChangeKind, DocType, State, Verdict
from crawler.urls import canonical

__all__ = [
    "Announced", "AttachmentFact", "ChangeRow", "NoticeDetail", "RevisionFact", "Selection", "Span", "UrlFact", "advance", "announced",
    "blind_sources", "changes", "cursor_read", "notice", "notices", "resolve",
]  # fmt: skip

BATCH = 200
#: what reads nothing that can be relied on; ``partial`` still sees
_BLIND = (Verdict.SILENT, Verdict.BLOCKED, Verdict.BROKEN, Verdict.FAILED)
#: events that announce a wording: what a withdrawal ends
_WORDINGS = (ChangeKind.NEW, ChangeKind.REPOST, ChangeKind.REVISED, ChangeKind.RESTORED)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One event. ``title`` is that of its revision, ``url`` where the notice stands now, ``adcode`` its place or its source's."""

    seq: int
    kind: ChangeKind
    notice_id: str
    revision: int
    url: str
    title: str
    at: datetime
    source: str
    changes: dict[str, Any]
    news: bool
    adcode: str | None
    doc_type: DocType


@dataclass(frozen=True, slots=True)
class Announced:
    """An event with all that a feed says of it.

    ``fields``: notice JSON of its revision. ``old_text``: of the revision before, for ``revised`` alone. ``replaces``: seq of
    the event that announced the wording which a ``withdrawn`` one ends.
    """

    change: ChangeRow
    fields: dict[str, Any]
    publish_date: date | None
    source_name: str
    state: State
    is_repost: bool
    old_text: str | None = None
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class RevisionFact:
    """One wording. ``fields`` is notice JSON as the reader gave it; ``capture_id`` proves it."""

    number: int
    first_seen: datetime
    last_seen: datetime
    text: str
    fields: dict[str, Any]
    extractor: int
    capture_id: int


@dataclass(frozen=True, slots=True)
class UrlFact:
    url: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class AttachmentFact:
    name: str
    url: str
    media_type: str | None
    sha256: str | None
    status: str
    text: str | None
    confidence: dict[str, float] | None
    first_revision: int
    last_revision: int | None
    capture_id: int | None


@dataclass(frozen=True, slots=True)
class NoticeDetail:
    """A notice with everything that is known of it. ``notice``: notice JSON of the current revision; oldest first elsewhere."""

    notice: dict[str, Any]
    source_name: str
    revisions: tuple[RevisionFact, ...]
    urls: tuple[UrlFact, ...]
    attachments: tuple[AttachmentFact, ...]
    changes: tuple[ChangeRow, ...]


# ------------------------------------------------------------------------------------------------------------------- events


def changes(
    engine: Engine,
    selection: Selection,
    after_seq: int = 0,
    limit: int | None = None,
    *,
    upto: int | None = None,
    newest_first: bool = False,
) -> Iterator[ChangeRow]:
    """Events of a selection with ``after_seq`` < seq ≤ ``upto``, in their order or ``newest_first``; at most ``limit`` of them."""
    query = _changes(selection, Span(after_seq, upto), limit, newest_first=newest_first)
    if selection.words:
        query = query.add_columns(Revision.text)
    with explained(engine), engine.connect() as connection:
        rows = (row for row in _stream(connection, query) if not selection.words or mentions(selection, row.title, row.text or ""))
        yield from (_change(row) for row in islice(rows, limit))


def announced(engine: Engine, selection: Selection, limit: int | None = 100, *, span: Span | None = None) -> Iterator[Announced]:
    """Events of a selection as feeds show them, newest first."""
    before = aliased(Revision)
    is_before = (before.notice_id == Change.notice_id) & (before.number == Change.revision - 1) & (Change.kind == ChangeKind.REVISED)
    earlier = aliased(Change)
    ended = (earlier.notice_id == Change.notice_id, earlier.seq < Change.seq, earlier.kind.in_(_WORDINGS))
    query = (
        _changes(selection, span or Span(), limit, newest_first=True)
        .add_columns(Revision.text, Revision.fields, Notice.publish_date, Notice.state, Notice.is_repost, Source.name.label("source_name"))
        .add_columns(before.text.label("old_text"), select(func.max(earlier.seq)).where(*ended).scalar_subquery().label("replaces"))
        .outerjoin(before, is_before)
    )
    with explained(engine), engine.connect() as connection:
        rows = (row for row in _stream(connection, query) if mentions(selection, row.title, row.text or ""))
        yield from (_announced(row) for row in islice(rows, limit))


_CHANGE_COLUMNS: tuple[Any, ...] = (
    Change.seq, Change.kind, Change.notice_id, Change.revision, Change.at, Change.changes, Change.news, Notice.url, Notice.source_id,
    Notice.doc_type, func.coalesce(Revision.fields["title"].as_string(), Notice.title).label("title"), region_of().label("adcode"),
)  # fmt: skip


def _changes(selection: Selection, span: Span, limit: int | None = None, *, newest_first: bool = False) -> Select[Any]:
    """Events with what is told of them. Where few are wanted, their numbers are found first: no text is sorted."""
    order = Change.seq.desc() if newest_first else Change.seq
    query = _joined(_CHANGE_COLUMNS).order_by(order)
    if limit is None or selection.words:  # words are looked at again after the database: it cannot count them off
        return query.where(*span.holds(), *of_changes(selection))
    few = _joined((Change.seq,)).where(*span.holds(), *of_changes(selection)).order_by(order).limit(limit)
    return query.where(Change.seq.in_(few.correlate(None)))


def _joined(columns: tuple[Any, ...]) -> Select[Any]:
    query: Select[Any] = select(*columns).select_from(Change).join(Notice, Notice.id == Change.notice_id)
    query = query.outerjoin(Revision, (Revision.notice_id == Change.notice_id) & (Revision.number == Change.revision))
    return query.outerjoin(Source, Source.id == Notice.source_id)


def _change(row: Row[Any]) -> ChangeRow:
    return ChangeRow(
        seq=row.seq, kind=ChangeKind(row.kind), notice_id=row.notice_id, revision=row.revision, url=row.url, title=row.title, at=row.at,
        source=row.source_id, changes=row.changes, news=row.news, adcode=row.adcode, doc_type=DocType(row.doc_type),
    )  # fmt: skip


def _announced(row: Row[Any]) -> Announced:
    change = _change(row)
    return Announced(
        change=change, fields={**(row.fields or {}), "text": row.text or ""}, publish_date=row.publish_date, state=State(row.state),
        source_name=row.source_name or row.source_id, is_repost=row.is_repost, old_text=row.old_text,
        replaces=row.replaces if change.kind is ChangeKind.WITHDRAWN else None,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------------ notices


def notices(
    engine: Engine, selection: Selection, *, newest_first: bool = False, limit: int | None = None, span: Span | None = None
) -> Iterator[dict[str, Any]]:
    """Notice JSON of every notice of a selection, as now known.

    By id, so that the same data gives the same order without a sort of everything; ``newest_first`` is for short lists.
    ``span``: only notices with an event in it, for a cursor.
    """
    order = (Notice.publish_date.desc().nulls_last(), Notice.id) if newest_first else (Notice.id,)
    query = _notices(selection, span, limit, order)
    with explained(engine), engine.connect() as connection:
        found = (row for row in _stream(connection, query) if mentions(selection, row.title, row.text))
        for rows in _batches(islice(found, limit)):
            yield from _notice_json(connection, rows)


_NOTICE_COLUMNS: tuple[Any, ...] = (
    Notice.id, Notice.url, Notice.title, Notice.source_id, Notice.state, Notice.first_seen, Notice.last_seen, Notice.group_id,
    Notice.revision, Notice.is_repost, Revision.fields, Revision.text, Source.name.label("source_name"),
)  # fmt: skip


def _notices(selection: Selection, span: Span | None, limit: int | None, order: tuple[Any, ...]) -> Select[Any]:
    """Notices with their current wording. Where few are wanted, their ids are found first: no text is sorted."""
    query = _current(_NOTICE_COLUMNS).order_by(*order)
    if limit is None or selection.words:
        return query.where(*of_notices(selection, span))
    ids: Select[Any] = _current((Notice.id,)) if selection.task else select(Notice.id)
    few = ids.where(*of_notices(selection, span)).order_by(*order).limit(limit)
    return query.where(Notice.id.in_(few.correlate(None)))


def _current(columns: tuple[Any, ...]) -> Select[Any]:
    query: Select[Any] = select(*columns).select_from(Notice)
    query = query.join(Revision, (Revision.notice_id == Notice.id) & (Revision.number == Notice.revision))
    return query.outerjoin(Source, Source.id == Notice.source_id)


def _notice_json(connection: Connection, rows: Sequence[Row[Any]]) -> Iterator[dict[str, Any]]:
    ids = [row.id for row in rows]
    urls, files = _urls(connection, ids), _files(connection, ids)
    for row in rows:
        yield _as_json(row, urls.get(row.id, []), [file for file in files.get(row.id, []) if file.last_revision is None])


def _as_json(row: Row[Any], urls: Sequence[UrlFact], files: Sequence[AttachmentFact]) -> dict[str, Any]:
    """Section 4 of the interface: what the reader found, then what only the store knows."""
    history = list(dict.fromkeys([*(fact.url for fact in urls if fact.url != row.url), row.url]))
    return {
        "id": row.id, **row.fields, "url": row.url, "is_repost": row.is_repost, "attachments": _attachments(row.fields, files),
        "text": row.text, "urls": history, "source": row.source_id, "state": row.state, "first_seen": iso(row.first_seen),
        "last_seen": iso(row.last_seen), "group": row.group_id, "revision": row.revision,
    }  # fmt: skip


def _attachments(fields: dict[str, Any], files: Sequence[AttachmentFact]) -> list[dict[str, Any]]:
    """The files as now known: text that was recognised afterwards stands in their own rows."""
    if not files:
        return list(fields.get("attachments") or [])
    return [
        {part: getattr(file, part) for part in ("name", "url", "media_type", "sha256", "text", "status", "confidence")} for file in files
    ]


def iso(moment: datetime) -> str:
    """An instant as written everywhere that goes out: ISO 8601, UTC, whole seconds."""
    return moment.isoformat(timespec="seconds")


def _urls(connection: Connection, ids: Sequence[str]) -> dict[str, list[UrlFact]]:
    found: dict[str, list[UrlFact]] = {}
    query = select(NoticeUrl.notice_id, NoticeUrl.url, NoticeUrl.since, NoticeUrl.until).where(NoticeUrl.notice_id.in_(ids))
    for row in connection.execute(query.order_by(NoticeUrl.since, NoticeUrl.id)):
        found.setdefault(row.notice_id, []).append(UrlFact(row.url, row.since, row.until))
    return found


def _files(connection: Connection, ids: Sequence[str]) -> dict[str, list[AttachmentFact]]:
    a = AttachmentRow
    found: dict[str, list[AttachmentFact]] = {}
    columns = (a.name, a.url, a.media_type, a.sha256, a.status, a.text, a.confidence, a.first_revision, a.last_revision, a.capture_id)
    for row in connection.execute(select(a.notice_id, *columns).where(a.notice_id.in_(ids)).order_by(a.id)):
        found.setdefault(row.notice_id, []).append(AttachmentFact(*tuple(row)[1:]))
    return found


def notice(engine: Engine, notice_id: str) -> NoticeDetail:
    """One notice with its history. Raises `UsageError` for an id that does not exist."""
    with explained(engine), engine.connect() as connection:
        row = connection.execute(_current(_NOTICE_COLUMNS).where(Notice.id == notice_id)).first()
        if row is None:
            raise UsageError(f"no notice {notice_id!r}: 'signoff notices' lists them")
        urls, files = _urls(connection, [row.id]).get(row.id, []), _files(connection, [row.id]).get(row.id, [])
        events = _changes(Selection(include_not_news=True), Span()).where(Notice.id == row.id)
        return NoticeDetail(
            notice=_as_json(row, urls, [file for file in files if file.last_revision is None]),
            source_name=row.source_name or row.source_id,
            revisions=_revisions(connection, row.id),
            urls=tuple(urls),
            attachments=tuple(files),
            changes=tuple(_change(change) for change in connection.execute(events)),
        )


def _revisions(connection: Connection, notice_id: str) -> tuple[RevisionFact, ...]:
    r = Revision
    columns = (r.number, r.first_seen, r.last_seen, r.text, r.fields, r.extractor, r.capture_id)
    rows = connection.execute(select(*columns).where(r.notice_id == notice_id).order_by(r.number))
    return tuple(RevisionFact(*row) for row in rows)


def resolve(engine: Engine, id_or_url: str) -> str:
    """The id of the notice meant: an id, the beginning of one, or an address it has or had. Raises `UsageError` with the nearest ids."""
    wanted = id_or_url.strip()
    with explained(engine), engine.connect() as connection:
        found = _by_url(connection, wanted) if "://" in wanted else _by_id(connection, wanted)
    if len(found) == 1:
        return found[0]
    kind = "begins the ids of several notices" if found else "is neither the id nor an address of a notice"
    raise UsageError(f"{wanted!r} {kind}" + (f": {', '.join(found[:3])} …" if found else ": 'signoff notices' lists them"))


def _by_id(connection: Connection, wanted: str) -> list[str]:
    if not wanted:
        return []
    begin = Notice.id.startswith(wanted, autoescape=True)
    found = list(connection.execute(select(Notice.id).where(begin).order_by(Notice.id).limit(4)).scalars())
    return [wanted] if wanted in found else found


def _by_url(connection: Connection, wanted: str) -> list[str]:
    """Where it stands now counts before where it stood; ``http`` and ``https`` are one."""
    try:
        wanted = canonical(wanted)
    except AddressError:
        return []
    bare = wanted.removeprefix("https://").removeprefix("http://")
    query = select(NoticeUrl.notice_id).where(NoticeUrl.url.in_([wanted, f"https://{bare}", f"http://{bare}"]))
    newest = query.order_by(NoticeUrl.until.is_(None).desc(), (NoticeUrl.url == wanted).desc(), NoticeUrl.id.desc()).limit(1)
    return list(connection.execute(newest).scalars())


def blind_sources(engine: Engine, selection: Selection) -> tuple[str, ...]:
    """Names of the sources that may hold notices of a selection and could not be read at their last crawl, in order."""
    query = select(Source.name).where(Source.last_verdict.in_(_BLIND), *of_sources(selection)).order_by(Source.region, Source.id)
    with explained(engine), engine.connect() as connection:
        return tuple(connection.execute(query).scalars())


# ------------------------------------------------------------------------------------------------------------------ cursors


def cursor_read(engine: Engine, name: str) -> Span:
    """What a named reader has not had: the events after its cursor, up to the newest one now. A new name has had nothing."""
    with explained(engine), engine.connect() as connection:
        after = connection.execute(select(ExportCursor.seq).where(ExportCursor.name == name)).scalar()
        newest = connection.execute(select(func.max(Change.seq))).scalar()
    return Span(after or 0, max(newest or 0, after or 0))


def advance(engine: Engine, name: str, span: Span, at: datetime) -> None:
    """Put a cursor behind ``span``: to be called only once the output is written and safe.

    Raises `UsageError` if another reader of the same name came between: its output and this one overlap.
    """
    if span.upto is None:
        raise ValueError("a cursor advances by the span that cursor_read gave")
    with explained(engine), engine.connect().execution_options(writes=True) as connection, connection.begin():
        had = connection.execute(select(ExportCursor.seq).where(ExportCursor.name == name).with_for_update()).scalar()
        if (had or 0) != span.after:
            raise UsageError(f"cursor {name!r} was moved by another export meanwhile: discard this output and run again")
        if had is None:
            connection.execute(insert(ExportCursor), {"name": name, "seq": span.upto, "at": at})
        else:
            connection.execute(update(ExportCursor).where(ExportCursor.name == name).values(seq=span.upto, at=at))


# ---------------------------------------------------------------------------------------------------------------- streaming


def _stream(connection: Connection, query: Select[Any]) -> Iterator[Row[Any]]:
    yield from connection.execute(query, execution_options={"yield_per": BATCH})


def _batches(rows: Iterator[Row[Any]]) -> Iterator[list[Row[Any]]]:
    while batch := list(islice(rows, BATCH)):
        yield batch
