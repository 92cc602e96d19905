"""What has to be read again, and what another reading of the same captures becomes: fields change, history does not.

One short transaction a notice or page; each checks that nothing newer came meanwhile, and is safe to run twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from crawler.db import write_notice
from crawler.db.find_notice import KnownFile
from crawler.db.models import Address, AttachmentRow, NoticeUrl, Revision, TextKey
from crawler.db.models import Notice as NoticeRow
from crawler.db.models import Source as SourceRow
from crawler.db.selection import Selection, of_notices
from crawler.items import PageItem, Reading
from crawler.notice.model import KEPT, Attachment, DocType, State
from crawler.policy import history
from crawler.policy.plan import next_look

#: outcomes of pages that were read and are no notices
IGNORED = tuple(sorted(doc_type.value for doc_type in DocType if doc_type not in KEPT))
#: under this name the facts of an ignored page tell which rules found it to be none
RULES = "extractor"
#: states of files that were nobody's lack of a tool: a machine short of processes or of room
_PASSING = ("needs: a reader process", "needs: scratch space")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part is to be read again. ``regions``: codes; ``since``: first seen at or after this instant; ``force``: also what
    today's rules have read; ``tools``: if not None, only notices with a file that waits for one of these."""

    regions: tuple[str, ...] = ()
    since: datetime | None = None
    force: bool = False
    tools: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class OldRevision:
    """A revision as it was read. ``files``: those that hung on the notice then."""

    number: int
    capture_id: int
    body_sha256: str
    url: str
    title: str
    fields: dict[str, Any]
    files: tuple[KnownFile, ...]


@dataclass(frozen=True, slots=True)
class OldNotice:
    """A notice with its revisions, oldest first. ``current``: number of the last."""

    id: str
    source_id: str
    current: int
    revisions: tuple[OldRevision, ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """A page that was found to be no notice, with the capture of that look."""

    url: str
    source_id: str
    title: str
    outcome: str
    facts: dict[str, Any]
    capture_id: int
    body_sha256: str
    first_seen: datetime
    last_seen: datetime


# ------------------------------------------------------------------------------------------------------------- what there is


def notice_ids(connection: Connection, wanted: Wanted, extractor: int, after: str, limit: int) -> list[str]:
    """Ids of notices to read again, sorted, those behind ``after``."""
    query = select(NoticeRow.id).where(*_conditions(wanted, extractor), NoticeRow.id > after).order_by(NoticeRow.id).limit(limit)
    return list(connection.execute(query).scalars())


def count(connection: Connection, wanted: Wanted, extractor: int) -> int:
    """How many notices and pages there are to read again, for a forecast."""
    notices = connection.execute(select(func.count()).select_from(NoticeRow).where(*_conditions(wanted, extractor))).scalar_one()
    pages = 0 if wanted.tools is not None else connection.execute(select(func.count()).where(*_passed_conditions(wanted))).scalar_one()
    return int(notices) + int(pages)


def _conditions(wanted: Wanted, extractor: int) -> list[ColumnElement[bool]]:
    conditions = of_notices(Selection(regions=wanted.regions), None)
    if wanted.since is not None:
        conditions.append(NoticeRow.first_seen >= wanted.since)
    if wanted.tools is not None:
        waiting = AttachmentRow.status.in_([f"needs: {tool}" for tool in sorted(wanted.tools)])
        passing = or_(*(AttachmentRow.status.startswith(status) for status in _PASSING))
        conditions.append(select(AttachmentRow.id).where(AttachmentRow.notice_id == NoticeRow.id, or_(waiting, passing)).exists())
    elif not wanted.force:
        conditions.append(select(Revision.id).where(Revision.notice_id == NoticeRow.id, Revision.extractor != extractor).exists())
    return conditions


def notice(connection: Connection, notice_id: str) -> OldNotice:
    """A notice with all its revisions and their files."""
    row = connection.execute(select(NoticeRow.source_id, NoticeRow.revision, NoticeRow.url).where(NoticeRow.id == notice_id)).one()
    files = connection.execute(select(AttachmentRow.__table__).where(AttachmentRow.notice_id == notice_id).order_by(AttachmentRow.id)).all()
    revisions = connection.execute(select(Revision.__table__).where(Revision.notice_id == notice_id).order_by(Revision.number)).all()
    return OldNotice(notice_id, row.source_id, row.revision, tuple(_revision(one, row.url, files) for one in revisions))


def _revision(row: Any, url: str, files: Sequence[Any]) -> OldRevision:
    then = [
        file for file in files if file.first_revision <= row.number and (file.last_revision is None or row.number <= file.last_revision)
    ]
    known = tuple(KnownFile(f.url, f.name, f.sha256, f.text, f.status, f.media_type, f.capture_id, f.confidence) for f in then)
    title = str(row.fields.get("title") or "")
    return OldRevision(row.number, row.capture_id, row.body_sha256, row.fields.get("url") or url, title, row.fields, known)


def passed_pages(connection: Connection, wanted: Wanted, extractor: int, after: str, limit: int) -> tuple[list[Passed], str | None]:
    """Pages found to be no notices, by address, behind ``after``; and the address to go on behind, None at the end."""
    query = select(Address.__table__).where(*_passed_conditions(wanted), Address.url > after).order_by(Address.url).limit(limit)
    rows = connection.execute(query).all()
    pages = [
        Passed(
            row.url, row.source_id, row.title or "", row.outcome, row.facts, row.capture_id, row.body_sha256, row.first_seen, row.last_seen
        )
        for row in rows
        if wanted.force or row.facts.get(RULES) != extractor
    ]
    return pages, rows[-1].url if len(rows) == limit else None


def _passed_conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        Address.role == "detail", Address.outcome.in_(IGNORED), Address.notice_id.is_(None),
        Address.capture_id.is_not(None), Address.body_sha256.is_not(None),
    ]  # fmt: skip
    if wanted.since is not None:
        conditions.append(Address.first_seen >= wanted.since)
    if wanted.regions:
        inside = or_(*(SourceRow.region.startswith(_stem(code)) for code in wanted.regions))
        conditions.append(Address.source_id.in_(select(SourceRow.id).where(inside)))
    return conditions


def _stem(code: str) -> str:
    while code.endswith("00"):
        code = code[:-2]
    return code


def named(connection: Connection, source_id: str) -> tuple[str, str] | None:
    """Name and region of a source as they were at its last crawl: the registry may have lost it since."""
    row = connection.execute(select(SourceRow.name, SourceRow.region).where(SourceRow.id == source_id)).first()
    return (row.name, row.region) if row else None


def capture_of(connection: Connection, sha256: str) -> int | None:
    """A capture that holds a file's bytes."""
    query = select(AttachmentRow.capture_id).where(AttachmentRow.sha256 == sha256, AttachmentRow.capture_id.is_not(None)).limit(1)
    return connection.execute(query).scalar()


# ------------------------------------------------------------------------------------------------------ what it becomes now


def refresh(connection: Connection, old: OldNotice, readings: Mapping[int, Reading]) -> bool:
    """Put today's readings, by number of revision, in the place of the old ones. No event, no look, no revision.

    False, and nothing is written, where the notice got another revision since ``old`` was read.
    """
    row = connection.execute(select(NoticeRow.revision, NoticeRow.group_id).where(NoticeRow.id == old.id).with_for_update()).one()
    if row.revision != old.current or {one.number for one in old.revisions} != set(readings):
        return False
    for one in old.revisions:
        connection.execute(
            update(Revision)
            .where(Revision.notice_id == old.id, Revision.number == one.number)
            .values(**write_notice._fields(readings[one.number]))
        )
        _reread_files(connection, old.id, one, readings[one.number].notice.attachments)
    current = readings[old.current].notice
    follows = {"is_repost": current.is_repost} if row.group_id == old.id else {}  # of a text that another site has first, the group decides
    connection.execute(update(NoticeRow).where(NoticeRow.id == old.id).values(**write_notice._columns(current), **follows))
    _set_links(connection, old.id, old.revisions[-1], current.attachments)
    _set_keys(connection, old.id, readings)
    return True


def _reread_files(connection: Connection, notice_id: str, old: OldRevision, read: Sequence[Attachment]) -> None:
    """What our tools make of the same bytes now."""
    known = {file.url: file for file in old.files}
    for file in read:
        before = known.get(file.url)
        if before is None or file.sha256 is None or file.sha256 != before.sha256:
            continue
        values = {"text": file.text, "status": file.status, "media_type": file.media_type, "confidence": file.confidence}
        same = (AttachmentRow.notice_id == notice_id, AttachmentRow.url == file.url, AttachmentRow.sha256 == file.sha256)
        connection.execute(update(AttachmentRow).where(*same).values(**values))


def _set_links(connection: Connection, notice_id: str, old: OldRevision, read: Sequence[Attachment]) -> None:
    """The files of the current revision as today's rules see them: what only our rules found or lost is no change of the agency's,
    and the next look must not take it for one."""
    before = {history.File(file.name, file.url, file.sha256): file for file in old.files}
    after = [history.File(file.name, file.url, file.sha256) for file in read]
    for was, now in history.pair_files(list(before), after):
        here = (AttachmentRow.notice_id == notice_id, AttachmentRow.last_revision.is_(None), AttachmentRow.url == (was.url if was else ""))
        if was is None and now is not None:
            row = {"notice_id": notice_id, "first_revision": old.number, "last_revision": None, "url": now.url, "name": now.name}
            connection.execute(insert(AttachmentRow).values(**row, status="unread", tries=0))
        elif now is None:
            connection.execute(update(AttachmentRow).where(*here).values(last_revision=AttachmentRow.first_revision - 1))
        elif was is not None and (was.url, was.name) != (now.url, now.name):
            connection.execute(update(AttachmentRow).where(*here).values(url=now.url, name=now.name))


def _set_keys(connection: Connection, notice_id: str, readings: Mapping[int, Reading]) -> None:
    keys = {key for reading in readings.values() for key in reading.keys}
    connection.execute(delete(TextKey).where(TextKey.notice_id == notice_id))
    if keys:
        write_notice.upsert(connection, TextKey, [{"key": key, "notice_id": notice_id} for key in sorted(keys)], ["key", "notice_id"], [])


def pass_again(connection: Connection, page: Passed, outcome: str, extractor: int) -> None:
    """The page is no notice under today's rules either."""
    facts = {**page.facts, RULES: extractor}
    connection.execute(_same(page).values(outcome=outcome, facts=facts))


def enter(connection: Connection, page: Passed, item: PageItem, context: write_notice.Context) -> str | None:
    """A page that today's rules know as a notice enters with its event, as of the look whose capture proves it.

    The id of the notice; None, and nothing is written, where the address got another answer since ``page`` was read.
    """
    unchanged = select(Address.url).where(Address.url == page.url, Address.capture_id == page.capture_id, Address.notice_id.is_(None))
    if connection.execute(unchanged.with_for_update()).first() is None:
        return None
    kept = write_notice.keep(connection, item, context)
    assert item.reading is not None
    notice = item.reading.notice
    seen = {"first_seen": page.first_seen, "last_seen": page.last_seen}
    connection.execute(update(NoticeRow).where(NoticeRow.id == kept.notice_id).values(**seen))
    connection.execute(update(Revision).where(Revision.notice_id == kept.notice_id).values(**seen))
    connection.execute(update(NoticeUrl).where(NoticeUrl.notice_id == kept.notice_id).values(since=page.first_seen))
    due = next_look(context.now, State.LIVE, notice.publicity.end or notice.publicity_end, notice.publish_date)
    connection.execute(_same(page).values(outcome="notice", notice_id=kept.notice_id, due_at=due, facts={}))
    return kept.notice_id


def _same(page: Passed) -> Any:
    return update(Address).where(Address.url == page.url, Address.capture_id == page.capture_id)
