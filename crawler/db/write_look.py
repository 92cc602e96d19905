"""What one look at an address becomes in the database: one transaction each, safe to run twice.

Every function returns the counters it raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from crawler.db import crawls, write_notice
from crawler.db import find_notice as known_notices
from crawler.db.models import Address, AttachmentRow
from crawler.db.models import Notice as NoticeRow
from crawler.db.write_notice import Context
from crawler.items import Fetched, IgnoredItem, ListItem, MissItem, PageItem, UnchangedItem
from crawler.notice.model import KEPT, DocType, State
from crawler.policy.plan import BROKEN_FOR_GOOD, GONE, IGNORED_AGAIN, UNREAD, KnownAddress, Plan, ignored_again, judge_validators, next_look


def of(connection: Connection, item: object, context: Context, plan: Plan) -> list[str]:
    """Write what a look found, whatever it was."""
    match item:
        case PageItem():
            return of_page(connection, item=item, context=context, plan=plan)
        case UnchangedItem():
            return of_unchanged(connection, item=item, context=context, plan=plan)
        case MissItem():
            return of_miss(connection, item=item, context=context)
        case IgnoredItem():
            return of_ignored(connection, item=item, context=context, plan=plan)
        case ListItem():
            return of_list(connection, item=item, context=context, plan=plan)
        case _:
            raise TypeError(f"no look is a {type(item).__name__}")


def of_page(connection: Connection, *, item: PageItem, context: Context, plan: Plan) -> list[str]:
    """A page that was there: a notice is kept with its history, anything else leaves its address and the reason."""
    assert item.reading is not None
    notice = item.reading.notice
    if notice.doc_type not in KEPT and not (item.match and item.match.known):
        facts = notice.derived.get("complaint", {}) if notice.doc_type is DocType.COMPLAINT_HANDLING else {}
        _note(connection, item, context, plan, notice.doc_type.value, None, context.now + IGNORED_AGAIN, facts)
        return [f"ignored/{notice.doc_type.value}"]
    kept = write_notice.keep(connection, item, context)
    due = next_look(context.now, State.LIVE, notice.publicity.end or notice.publicity_end, notice.publish_date)
    if tries := _tries_in_vain(connection, kept.notice_id, item):
        due = min(due, context.now + ignored_again(tries))
    _note(connection, item, context, plan, "notice", kept.notice_id, due, {})
    for file in item.files:
        _note_file(connection, file, item.source_id, context, plan)
    return ["look/seen", *(f"history/{kind.value}" for kind in kept.kinds)]


def _tries_in_vain(connection: Connection, notice_id: str, item: PageItem) -> int:
    """How often the files that failed at this look were tried, the least of them; 0 where none failed."""
    failed = [file.link.url for file in item.files if file.error and file.error.startswith("failed")]
    if not failed:
        return 0
    tries = select(func.min(AttachmentRow.tries)).where(AttachmentRow.notice_id == notice_id, AttachmentRow.url.in_(failed))
    return connection.execute(tries).scalar() or 1


def _note(
    connection: Connection,
    item: PageItem,
    context: Context,
    plan: Plan,
    outcome: str,
    notice_id: str | None,
    due: datetime,
    facts: dict[str, Any],
) -> None:
    assert item.reading is not None
    seen = _Seen(item.url, item.source_id, "detail", outcome, item.sha256, item.capture, item.validators)
    title = item.entry.title if item.entry else (known.title if (known := plan.at(item.url)) else item.reading.notice.title)
    crawls.note_address(
        connection, _row(seen, plan.at(item.url), context) | {"notice_id": notice_id, "due_at": due, "facts": facts, "title": title}
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    url: str
    source_id: str
    role: str
    outcome: str
    sha256: str
    capture: int | None
    validators: tuple[str | None, str | None]


def _row(seen: _Seen, known: KnownAddress | None, context: Context) -> dict[str, Any]:
    """The row of an address after a full read."""
    etag, modified = seen.validators
    agreements, distrust = 0, None
    if known is not None:
        agreements, distrust = judge_validators(known, etag, modified, seen.sha256, context.now)
    return {
        "url": seen.url, "source_id": seen.source_id, "role": seen.role, "outcome": seen.outcome, "body_sha256": seen.sha256,
        "capture_id": seen.capture, "etag": etag, "last_modified": modified, "agreements": agreements, "distrust_until": distrust,
        "unread_looks": 0, "failures": 0, "first_seen": context.now, "last_seen": context.now, "title": None, "facts": {}, "notice_id": None, "due_at": None,
    }  # fmt: skip


def _note_file(connection: Connection, file: Fetched, source_id: str, context: Context, plan: Plan) -> None:
    if file.status == 304:
        connection.execute(
            update(Address).where(Address.url == file.link.url).values(last_seen=context.now, unread_looks=Address.unread_looks + 1)
        )
    elif file.sha256:
        seen = _Seen(file.link.url, source_id, "attachment", "file", file.sha256, file.capture, file.validators)
        crawls.note_address(connection, _row(seen, plan.at(file.link.url), context) | {"title": file.link.name})


def of_unchanged(connection: Connection, *, item: UnchangedItem, context: Context, plan: Plan) -> list[str]:
    """The page is as it was: only the times move on."""
    known = plan.at(item.url)
    values: dict[str, Any] = {"last_seen": context.now, "failures": 0}
    if item.full and known and item.sha256:
        agreements, distrust = judge_validators(known, *item.validators, item.sha256, context.now)
        etag, modified = item.validators
        values |= {"agreements": agreements, "distrust_until": distrust, "unread_looks": 0, "etag": etag, "last_modified": modified}
    elif not item.full:
        values["unread_looks"] = Address.unread_looks + 1
    values["due_at"] = context.now + IGNORED_AGAIN
    if item.notice_id:
        row = connection.execute(
            select(NoticeRow.state, NoticeRow.window_end, NoticeRow.publish_date).where(NoticeRow.id == item.notice_id)
        ).one()
        values["due_at"] = next_look(context.now, State(row.state), row.window_end, row.publish_date)
        write_notice.still_there(connection, item.notice_id, context)
    connection.execute(update(Address).where(Address.url == (known.url if known else item.url)).values(**values))
    return ["look/unchanged", *([] if item.full else ["fetch/not_modified"])]


def of_miss(connection: Connection, *, item: MissItem, context: Context) -> list[str]:
    """The page of a known notice is gone; decided at the end of the crawl."""
    known = known_notices.known(connection, item.notice_id)
    if known is None or known.url != item.url:
        return []  # it was found elsewhere meanwhile
    write_notice.miss(connection, item.notice_id, item.how, item.capture, context)
    due = next_look(context.now, State.MISSING if known.state is State.LIVE else known.state, None, None)
    connection.execute(update(Address).where(Address.url == item.url).values(last_seen=context.now, due_at=due, failures=0))
    return ["fetch/gone"]


def of_ignored(connection: Connection, *, item: IgnoredItem, context: Context, plan: Plan) -> list[str]:
    """Something not kept, and why. A page that could not be read is remembered, so that the next crawl asks again."""
    if item.reason == UNREAD:
        crawls.fail_address(connection, item.source_id, item.url, "detail", item.title or None, context.now)
        _put_off(connection, plan.at(item.url), context)
    else:
        known = plan.at(item.url)
        misses = 1 + (known.failures if known and known.outcome == GONE else 0) if item.reason == GONE else 0
        row = {
            "url": item.url, "source_id": item.source_id, "role": "detail", "outcome": item.reason, "title": item.title or None, "facts": dict(item.facts),
            "capture_id": item.capture, "first_seen": context.now, "last_seen": context.now, "due_at": context.now + ignored_again(misses),
            "agreements": 0, "unread_looks": 0, "failures": misses,
        }  # fmt: skip
        crawls.note_address(connection, row)
    return [f"ignored/{item.reason}"]


def _put_off(connection: Connection, known: KnownAddress | None, context: Context) -> None:
    """A page that is broken for good is looked at in the rhythm of its age, as if it had been read; what never was, ever more rarely."""
    if known is None or known.failures + 1 < BROKEN_FOR_GOOD:
        return
    due = context.now + ignored_again(known.failures + 2 - BROKEN_FOR_GOOD)
    if known.notice_id:
        n = NoticeRow
        row = connection.execute(select(n.state, n.window_end, n.publish_date).where(n.id == known.notice_id)).one()
        due = next_look(context.now, State(row.state), row.window_end, row.publish_date)
    connection.execute(update(Address).where(Address.url == known.url).values(due_at=due))


def of_list(connection: Connection, *, item: ListItem, context: Context, plan: Plan) -> list[str]:
    """The first page of a list: what it begins with is the ground on which a later due look may stop."""
    if item.sha256 is None:
        connection.execute(
            update(Address).where(Address.url == item.url).values(last_seen=context.now, unread_looks=Address.unread_looks + 1)
        )
        return ["fetch/not_modified"]
    seen = _Seen(item.url, item.source_id, "list", "list", item.sha256, item.capture, (item.etag, item.last_modified))
    crawls.note_address(connection, _row(seen, plan.at(item.url), context) | {"facts": {"heads": list(item.heads)}})
    return []


def of_sample(connection: Connection, asked: str, url: str, context: Context) -> list[str]:
    """A row that its title refused was looked at all the same: its address is remembered, so that it is asked once. What is no
    notice is nobody's page of interest: it is neither looked at again nor missed. ``url``: where ``asked`` led."""
    row = connection.execute(select(Address.outcome, Address.notice_id, Address.title).where(Address.url == url)).one_or_none()
    missed = row is not None and row.notice_id is not None
    if missed:
        connection.execute(update(Address).where(Address.url == url).values(sampled=context.now))
    if asked != url or not missed:
        values: dict[str, Any] = {
            "url": asked, "source_id": context.source_id, "role": "sample", "outcome": row.outcome if row else UNREAD, "facts": {},
            "title": row.title if row else None, "notice_id": None, "first_seen": context.now, "last_seen": context.now, "due_at": None,
            "agreements": 0, "unread_looks": 0, "failures": 0, "sampled": None if missed else context.now,
        }  # fmt: skip
        write_notice.upsert(connection, Address, values, ["url"], ["role", "due_at", "failures", "sampled"])
    return ["sample/notice" if missed else "sample/refused"]
