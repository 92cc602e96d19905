"""Writes of a crawl: one short transaction a notice, revision, change and addresses together.

The decisions are made in `crawler.policy.history`; here they become rows. Every function takes the connection of a transaction
that its caller opened, and is safe to run twice: what was stored already is found again by its address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from crawler.clock import CHINA
from crawler.db.compiled import fetch, insert_rows
from crawler.db.find_notice import Known, KnownFile, digest, known, notice_at
from crawler.db.models import AttachmentRow, Base, Change, Counter, Look, NoticeUrl, Revision, TextKey
from crawler.db.models import Notice as NoticeRow
from crawler.items import Match, PageItem, Reading
from crawler.notice import identity
from crawler.notice.changes import field_changes
from crawler.notice.model import Attachment, ChangeKind, Notice, State
from crawler.policy import history
from crawler.text.clauses import text_changes

#: before a source's first complete crawl, only notices this young are news
FRESH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Context:
    """What a transaction must know of the crawl it belongs to. ``quiet``: a backfill, its finds are not news."""

    crawl_id: int
    source_id: str
    now: datetime
    quiet: bool = False
    first_ok: datetime | None = None
    reposts: bool = False

    def is_news(self, published: date | None) -> bool:
        if self.quiet:
            return False
        recent = published is not None and published >= (self.now.astimezone(CHINA) - FRESH).date()
        return self.first_ok is not None or recent


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def upsert(
    connection: Connection, table: type[Base], values: dict[str, Any] | list[dict[str, Any]], keys: Sequence[str], change: Sequence[str]
) -> None:
    """Insert rows, or change ``change`` columns where ``keys`` are there already. Without ``change`` the old row stays."""
    rows = values if isinstance(values, list) else [values]
    insert_rows(connection, _upsert(connection.dialect.name, table, tuple(keys), tuple(change)), rows)


@lru_cache(maxsize=64)
def _upsert(dialect: str, table: type[Base], keys: tuple[str, ...], change: tuple[str, ...]) -> Any:
    statement: Any = (sqlite_insert if dialect == "sqlite" else pg_insert)(table)
    if not change:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(index_elements=keys, set_={name: statement.excluded[name] for name in change})


# ------------------------------------------------------------------------------------------------------------------ writing


_INSERT_NOTICE, _INSERT_URL, _INSERT_REVISION, _INSERT_CHANGE = insert(NoticeRow), insert(NoticeUrl), insert(Revision), insert(Change)


@dataclass(frozen=True, slots=True)
class Kept:
    """A page stored: whose it is, and the events it made, in order."""

    notice_id: str
    kinds: tuple[ChangeKind, ...]


def keep(connection: Connection, item: PageItem, context: Context) -> Kept:
    """Store a page that is a notice."""
    assert item.reading is not None
    match = _settled(connection, item)
    before = known(connection, match.known) if match.known else None
    if before is None:
        return _keep_new(connection, item, context, match)
    return _keep_known(connection, item, context, match, before)


def _settled(connection: Connection, item: PageItem) -> Match:
    """The match as it stands inside this transaction: another process may have stored the page meanwhile."""
    match = item.match or Match()
    if match.known is None and (stored := notice_at(connection, item.url)):
        return Match(known=stored)
    return match


def _keep_new(connection: Connection, item: PageItem, context: Context, match: Match) -> Kept:
    assert item.reading is not None
    notice = item.reading.notice
    notice_id = identity.notice_id(item.source_id, item.url)
    twin = known(connection, match.twin) if match.twin else None
    kinds = history.of_presence(history.Seen(None, twin=twin is not None))
    news = context.is_news(notice.publish_date)
    row = {
        "id": notice_id, "source_id": item.source_id, "state": State.LIVE, "revision": 1, "group_id": twin.group_id if twin else notice_id,
        "is_repost": twin is not None or notice.is_repost, "first_seen": context.now, "last_seen": context.now, "missing_since": None,
        "held": False, "news": news, "url": item.url, **_columns(notice),
    }  # fmt: skip
    insert_rows(connection, _INSERT_NOTICE, [row])
    if twin and twin.is_repost and not notice.is_repost:
        _crown(connection, twin, notice_id)
    insert_rows(connection, _INSERT_URL, [{"notice_id": notice_id, "url": item.url, "since": context.now, "until": None}])
    _add_revision(connection, notice_id, 1, item, context)
    _set_files(connection, notice_id, 1, (), notice.attachments, item)
    tell(connection, kinds, notice_id, 1, context, [item.capture], news, {"same_text_as": twin.id} if twin else {})
    return Kept(notice_id, kinds)


def _crown(connection: Connection, copy: Known, original: str) -> None:
    """The first publisher with authority is the original, also when a copy was seen before it."""
    connection.execute(update(NoticeRow).where(NoticeRow.group_id == copy.group_id).values(group_id=original))
    connection.execute(update(NoticeRow).where(NoticeRow.id == original).values(group_id=original, is_repost=False))


def _keep_known(connection: Connection, item: PageItem, context: Context, match: Match, before: Known) -> Kept:
    reading, old = item.reading, match.before
    assert reading is not None
    wording = _sha256(old.wording) if old else before.wording_sha256
    files = history.compare_files(old.files if old else [f.compared() for f in before.files], reading.files)
    reworded = wording != _sha256(reading.wording)
    moved = match.moved and before.url != item.url
    kinds = history.of_presence(history.Seen(before.state, wording=reworded, files=bool(files), moved=moved))
    number = before.number + 1 if ChangeKind.REVISED in kinds else before.number
    changes = _changes(before, old, reading, files) if ChangeKind.REVISED in kinds else {}
    if ChangeKind.REVISED in kinds:
        _add_revision(connection, before.id, number, item, context)
    elif reading.notice.extractor != before.extractor:
        _reread(connection, before, old or reading)
    else:
        _touch(connection, before, context)
    _set_files(connection, before.id, number, before.files, reading.notice.attachments, item)
    if moved:
        _move(connection, before, item.url, context)
        changes["url"] = [before.url, item.url]
    _mark_live(
        connection, before.id, context, {"url": item.url} | (_columns(reading.notice) if ChangeKind.REVISED in kinds else {}), number
    )
    tell(connection, kinds, before.id, number, context, [before.capture_id, item.capture], True, changes)
    return Kept(before.id, kinds)


def _changes(before: Known, old: Reading | None, new: Reading, files: history.FileChanges) -> dict[str, Any]:
    """Which fields an agency changed, from what, to what; both sides read with the same rules."""
    fields = old.notice.as_json() if old else before.fields
    changes: dict[str, Any] = field_changes(fields, new.notice.as_json())
    text = text_changes(str(fields.get("text") or ""), new.notice.text)
    if text:
        changes["text"] = text
    changes.pop("attachments", None)  # names and links alone make no change: what counts is told by ``files``
    if files:
        changes["attachments"] = files.as_json()
    return changes


def _columns(notice: Notice) -> dict[str, Any]:
    """The columns of a notice that follow from its current revision."""
    return {
        "title": notice.title, "doc_type": notice.doc_type, "adcode": notice.adcode, "publish_date": notice.publish_date,
        "window_start": notice.publicity.start or notice.publicity_start, "window_end": notice.publicity.end or notice.publicity_end,
    }  # fmt: skip


def _add_revision(connection: Connection, notice_id: str, number: int, item: PageItem, context: Context) -> None:
    assert item.reading is not None
    seen = {"first_seen": context.now, "last_seen": context.now, "body_sha256": item.sha256, "capture_id": item.capture}
    insert_rows(connection, _INSERT_REVISION, [{**_fields(item.reading), **seen, "notice_id": notice_id, "number": number}])
    _index_text(connection, notice_id, item)


def _fields(reading: Reading) -> dict[str, Any]:
    """What our rules read from a revision."""
    notice = reading.notice
    return {"wording_sha256": _sha256(reading.wording), "text": notice.text, "fields": notice, "extractor": notice.extractor}


def _index_text(connection: Connection, notice_id: str, item: PageItem) -> None:
    assert item.reading is not None
    if item.reading.keys:
        upsert(connection, TextKey, [{"key": key, "notice_id": notice_id} for key in item.reading.keys], ["key", "notice_id"], [])


def _reread(connection: Connection, before: Known, reading: Reading) -> None:
    """Better rules read the same wording: the fields change silently, no event. The capture stays the one that first proved it."""
    connection.execute(update(Revision).where(Revision.notice_id == before.id, Revision.number == before.number).values(**_fields(reading)))
    connection.execute(update(NoticeRow).where(NoticeRow.id == before.id).values(**_columns(reading.notice)))


def _touch(connection: Connection, before: Known, context: Context) -> None:
    connection.execute(
        update(Revision).where(Revision.notice_id == before.id, Revision.number == before.number).values(last_seen=context.now)
    )


def _move(connection: Connection, before: Known, url: str, context: Context) -> None:
    connection.execute(update(NoticeUrl).where(NoticeUrl.notice_id == before.id, NoticeUrl.until.is_(None)).values(until=context.now))
    insert_rows(connection, _INSERT_URL, [{"notice_id": before.id, "url": url, "since": context.now, "until": None}])


def _mark_live(connection: Connection, notice_id: str, context: Context, columns: dict[str, Any], number: int) -> None:
    live = {"state": State.LIVE, "last_seen": context.now, "missing_since": None, "held": False, "revision": number}
    connection.execute(update(NoticeRow).where(NoticeRow.id == notice_id).values(**live, **columns))
    connection.execute(Look.__table__.delete().where(Look.notice_id == notice_id))  # type: ignore[attr-defined]


def _set_files(
    connection: Connection, notice_id: str, number: int, before: Sequence[KnownFile], after: Sequence[Attachment], item: PageItem
) -> None:
    """Bring the rows of a notice's files up to date; a file that failed now keeps what was known of it."""
    captures = {file.link.url: file.capture for file in item.files}
    old = {file.compared(): file for file in before}
    new = {history.File(a.name, a.url, a.sha256, digest(a.text) if a.text and a.status == "read" else None): a for a in after}
    for was, now in history.pair_files(list(old), list(new)):
        if was and (now is None or (now.sha256 and was.sha256 and not was.same_content(now))):
            _end_file(connection, notice_id, old[was].url, number)
            was = None if now else was
        if now and was is None:
            _add_file(connection, notice_id, number, new[now], captures.get(new[now].url))
        elif now and was and (now != was or now.sha256 is None):
            _update_file(connection, notice_id, old[was].url, new[now], captures.get(new[now].url))


def _end_file(connection: Connection, notice_id: str, url: str, number: int) -> None:
    connection.execute(_file(notice_id, url).values(last_revision=number - 1))


def _file(notice_id: str, url: str) -> Any:
    return update(AttachmentRow).where(
        AttachmentRow.notice_id == notice_id, AttachmentRow.url == url, AttachmentRow.last_revision.is_(None)
    )


def _add_file(connection: Connection, notice_id: str, number: int, file: Attachment, capture: int | None) -> None:
    row = {
        "notice_id": notice_id,
        "first_revision": number,
        "last_revision": None,
        "url": file.url,
        "name": file.name,
        "capture_id": capture,
        "tries": 1,
    }
    connection.execute(insert(AttachmentRow), {**row, **_content(file)})


def _content(file: Attachment) -> dict[str, Any]:
    return {"media_type": file.media_type, "sha256": file.sha256, "status": file.status, "text": file.text, "confidence": file.confidence}


def _update_file(connection: Connection, notice_id: str, url: str, file: Attachment, capture: int | None) -> None:
    values: dict[str, Any] = {"url": file.url, "name": file.name, "tries": AttachmentRow.tries + 1}
    if file.sha256:
        values |= {**_content(file), "capture_id": capture}
    connection.execute(_file(notice_id, url).values(**values))


_NEXT = update(Counter).where(Counter.name == "seq").values(value=Counter.value + 1).returning(Counter.value)


def tell(
    connection: Connection,
    kinds: Sequence[ChangeKind],
    notice_id: str,
    number: int,
    context: Context,
    captures: list[int],
    news: bool,
    changes: dict[str, Any],
) -> None:
    """Write events. Raising the counter comes last in the transaction: readers of ``seq`` never see a gap fill up later."""
    for kind in kinds:
        ((value,),) = fetch(connection, _NEXT, {})
        shown = (
            {k: v for k, v in changes.items() if (k == "url") == (kind is ChangeKind.MOVED)} if kind is not ChangeKind.REPOST else changes
        )
        row = {
            "seq": value, "kind": kind, "notice_id": notice_id, "revision": number, "at": context.now, "changes": shown, "news": news,
            "crawl_id": context.crawl_id, "captures": captures,
        }  # fmt: skip
        insert_rows(connection, _INSERT_CHANGE, [row])


def still_there(connection: Connection, notice_id: str, context: Context) -> None:
    """A look found the page as it was: bytes and files unchanged, or 304."""
    connection.execute(_SEEN_NOTICE, {"notice": notice_id, "now": context.now})
    connection.execute(_SEEN_REVISION, {"notice": notice_id, "now": context.now})


_SEEN_NOTICE = update(NoticeRow).where(NoticeRow.id == bindparam("notice")).values(last_seen=bindparam("now"))
_CURRENT = select(NoticeRow.revision).where(NoticeRow.id == bindparam("notice")).scalar_subquery()
_SEEN_REVISION = (
    update(Revision).where(Revision.notice_id == bindparam("notice"), Revision.number == _CURRENT).values(last_seen=bindparam("now"))
)


def miss(connection: Connection, notice_id: str, how: str, capture: int, context: Context) -> None:
    """Note a look that found the page itself gone. Nothing is decided before the crawl has its verdict."""
    row = {"notice_id": notice_id, "crawl_id": context.crawl_id, "at": context.now, "how": how, "capture_id": capture}
    connection.execute(insert(Look), row)
    connection.execute(
        update(NoticeRow)
        .where(NoticeRow.id == notice_id, NoticeRow.state == State.LIVE)
        .values(state=State.MISSING, missing_since=context.now)
    )
