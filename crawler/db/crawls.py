"""The life of a crawl in the database: claim a source, begin, what is known of it, finish with a verdict, settle absences."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from crawler.clock import CHINA
from crawler.db.models import Address, AttachmentRow, Counter, Crawl, Look
from crawler.db.models import Notice as NoticeRow
from crawler.db.models import Source as SourceRow
from crawler.db.write_notice import Context, tell, upsert
from crawler.notice.model import ChangeKind, DocType, State, Verdict
from crawler.policy import history
from crawler.policy.plan import KNOWN_GROUND, KnownAddress, Mode, next_look
from crawler.policy.verdict import Judged

#: a crawl that shows no life for so long is dead; a live one renews its claim
CLAIM = timedelta(minutes=30)
#: a run of many sources that was broken off longer ago begins anew: what it archived is old
RESUMABLE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Begun:
    """A crawl that may run now."""

    crawl_id: int
    first_ok: datetime | None
    last_walk: datetime | None
    had_interesting: bool


def claimant() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def begin(connection: Connection, source_id: str, name: str, region: str, mode: Mode, now: datetime) -> Begun | None:
    """Claim a source and open a crawl of it; None where another live process crawls it."""
    upsert(connection, SourceRow, {"id": source_id, "name": name, "region": region, "first_seen": now}, ["id"], ["name", "region"])
    row = connection.execute(select(SourceRow.__table__).where(SourceRow.id == source_id).with_for_update()).one()
    if _held(row, now):
        return None
    connection.execute(update(SourceRow).where(SourceRow.id == source_id).values(claimed_by=claimant(), claimed_until=now + CLAIM))
    values: dict[str, Any] = {"source_id": source_id, "mode": mode.value, "started": now, "complete": False, "proof": {}, "stats": {}}
    crawl_id = connection.execute(insert(Crawl).values(values).returning(Crawl.id)).scalar_one()
    some = select(Address.url).where(Address.source_id == source_id, Address.role == "detail").limit(1)
    return Begun(crawl_id, row.first_ok, row.last_walk, connection.execute(some).first() is not None)


def _held(row: Row[Any], now: datetime) -> bool:
    if row.claimed_by is None or row.claimed_by == claimant() or now >= row.claimed_until:
        return False
    host, _, pid = row.claimed_by.rpartition(":")
    return host != socket.gethostname() or _alive(int(pid))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def renew(connection: Connection, source_id: str, now: datetime) -> None:
    connection.execute(
        update(SourceRow).where(SourceRow.id == source_id, SourceRow.claimed_by == claimant()).values(claimed_until=now + CLAIM)
    )


def addresses(connection: Connection, source_id: str, now: datetime) -> Iterator[KnownAddress]:
    """All addresses known of a source, with what the plan needs of the notice that stands there.

    Validators that lied at one address are distrusted at all: they come from one server.
    """
    today = now.astimezone(CHINA).date()
    files = _files(connection, source_id)
    open_ids = set(connection.execute(_OPEN, {"source": source_id, "today": today}).scalars())
    distrust = connection.execute(_DISTRUST, {"source": source_id}).scalar()
    watched = {url for notice_id, urls in files.items() if notice_id in open_ids for url in urls}
    for row in connection.execute(_ADDRESSES, {"source": source_id}):
        here = row.notice_id is not None and row.notice_url == row.url
        yield KnownAddress(
            url=row.url, role=sys.intern(row.role), outcome=sys.intern(row.outcome), notice_id=row.notice_id if here else None,
            state=State(row.state) if here else None, title=row.title, due_at=row.due_at, body_sha256=row.body_sha256, etag=row.etag,
            last_modified=row.last_modified, agreements=row.agreements, distrust_until=distrust, unread_looks=row.unread_looks,
            failures=row.failures, window_open=(here and row.notice_id in open_ids) or row.url in watched,
            files=tuple(files.get(row.notice_id, ())) if here else (),
        )  # fmt: skip


_A = Address
_ADDRESSES = (  # what the plan needs and nothing more: a source may have tens of thousands
    select(
        _A.url, _A.role, _A.outcome, _A.notice_id, _A.title, _A.due_at, _A.body_sha256, _A.etag, _A.last_modified, _A.agreements,
        _A.unread_looks, _A.failures, NoticeRow.state, NoticeRow.url.label("notice_url"),
    )
    .outerjoin(NoticeRow, NoticeRow.id == _A.notice_id)
    .where(_A.source_id == bindparam("source"))
    .execution_options(yield_per=500)
)  # fmt: skip
_DISTRUST = select(func.max(_A.distrust_until)).where(_A.source_id == bindparam("source"))
_OPEN = select(NoticeRow.id).where(NoticeRow.source_id == bindparam("source"), NoticeRow.window_end >= bindparam("today"))


def _files(connection: Connection, source_id: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    query = select(AttachmentRow.notice_id, AttachmentRow.url).join(NoticeRow, NoticeRow.id == AttachmentRow.notice_id)
    for notice_id, url in connection.execute(query.where(NoticeRow.source_id == source_id, AttachmentRow.last_revision.is_(None))):
        found.setdefault(notice_id, []).append(url)
    return found


def heads(connection: Connection, source_id: str) -> dict[str, frozenset[str]]:
    """The rows each list of a source began with at its last look, by list address."""
    rows = connection.execute(select(Address.url, Address.facts).where(Address.source_id == source_id, Address.role == "list"))
    return {row.url: frozenset(row.facts.get("heads") or ()) for row in rows}


def note_address(connection: Connection, values: dict[str, Any]) -> None:
    """Remember what an address gave. ``values``: columns of `Address`; ``first_seen`` stays as it was."""
    upsert(connection, Address, values, ["url"], [name for name in values if name not in ("url", "first_seen")])


def fail_address(connection: Connection, source_id: str, url: str, role: str, title: str | None, now: datetime) -> None:
    """Count a look that ended in an error; an address never read before is remembered as unread."""
    row: dict[str, Any] = {"url": url, "source_id": source_id, "role": role, "title": title, "outcome": "unread", "facts": {}, "first_seen": now, "last_seen": now,
           "agreements": 0, "unread_looks": 0, "failures": 0}  # fmt: skip
    upsert(connection, Address, row, ["url"], [])
    connection.execute(update(Address).where(Address.url == url).values(failures=Address.failures + 1))


@dataclass(frozen=True, slots=True)
class Patience:
    """How many looks, over how many hours, it takes to call a notice withdrawn."""

    looks: int
    hours: float


@dataclass(frozen=True, slots=True)
class Scope:
    """What a crawl was for. ``lists``: it walked the lists; without, it says nothing of them. ``whole``: no backfill, whose end is a date."""

    lists: bool = True
    whole: bool = True


def finish(
    connection: Connection,
    context: Context,
    judged: Judged,
    stats: dict[str, Any],
    proof: dict[str, str],
    due_at: datetime | None,
    patience: Patience,
    scope: Scope = Scope(),
) -> dict[str, int]:
    """Close a crawl with its verdict; where that is ``ok``, settle what is missing. Returns counts of the events made."""
    connection.execute(
        update(Crawl)
        .where(Crawl.id == context.crawl_id)
        .values(finished=context.now, verdict=judged.verdict, why=judged.why, complete=judged.complete, proof=proof, stats=stats)
    )
    connection.execute(
        update(SourceRow).where(SourceRow.id == context.source_id).values(**_source_after(context, judged, proof, due_at, scope))
    )
    if judged.verdict is not Verdict.OK:
        return {}
    _hold_wave(connection, context)
    return _settle(connection, context, patience)


def _source_after(context: Context, judged: Judged, proof: dict[str, str], due_at: datetime | None, scope: Scope) -> dict[str, Any]:
    values: dict[str, Any] = {"claimed_by": None, "claimed_until": None}
    if due_at:
        values["due_at"] = due_at
    if scope.lists:
        values["last_verdict"] = judged.verdict
    if scope.lists and judged.verdict is Verdict.OK:
        values["last_ok"] = context.now
    if scope.lists and scope.whole and judged.verdict is Verdict.OK:
        values["first_ok"] = func.coalesce(SourceRow.first_ok, context.now)
        if judged.complete and KNOWN_GROUND not in proof.values():
            values["last_walk"] = context.now
    return values


def _hold_wave(connection: Connection, context: Context) -> None:
    """A fifth of the pages gone at once is a move of the site: those notices stay missing until somebody settles them."""
    n = NoticeRow
    of_source = (n.source_id == context.source_id, n.state.in_([State.LIVE, State.MISSING]))
    known = connection.execute(select(func.count()).where(*of_source)).scalar_one()
    counted = select(Look.notice_id).join(Crawl).where(Crawl.verdict == Verdict.OK)  # a crawl that failed says nothing about when
    fresh = counted.group_by(Look.notice_id).having(func.min(Look.crawl_id) == context.crawl_id)
    gone = connection.execute(select(n.id).where(*of_source, n.id.in_(fresh))).scalars().all()
    if history.is_wave(len(gone), known):
        for part in _parts(gone):
            connection.execute(update(n).where(n.id.in_(part)).values(held=True))


def _parts(ids: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    return (ids[i : i + size] for i in range(0, len(ids), size))


def _settle(connection: Connection, context: Context, patience: Patience) -> dict[str, int]:
    counts: dict[str, int] = {}
    n = NoticeRow
    for row in connection.execute(
        select(n.__table__).where(n.source_id == context.source_id, n.state == State.MISSING, n.held.is_(False))
    ).all():
        looks = connection.execute(
            select(Look.at, Look.capture_id, Look.how)
            .join(Crawl)
            .where(Look.notice_id == row.id, Crawl.verdict == Verdict.OK)
            .order_by(Look.at, Look.id)
        ).all()
        misses = [look.at for look in looks]
        kind = history.of_absence(misses, patience.looks, patience.hours, DocType(row.doc_type), row.window_end, row.publish_date)
        if kind is None:
            continue
        state = State.EXPIRED if kind is ChangeKind.EXPIRED else State.WITHDRAWN
        connection.execute(update(n).where(n.id == row.id).values(state=state))
        connection.execute(
            update(Address).where(Address.url == row.url).values(due_at=next_look(context.now, state, row.window_end, row.publish_date))
        )
        how = {"how": looks[-1].how, "first_missed": misses[0].isoformat(), "looks": len(misses)}
        tell(connection, [kind], row.id, row.revision, context, [look.capture_id for look in looks], True, how)
        counts[kind] = counts.get(kind, 0) + 1
    return counts


def due_sources(connection: Connection, source_ids: Sequence[str], now: datetime) -> list[str]:
    """Which of these sources are due: their lists, a page of theirs, or never looked at. In the order given."""
    known = {row.id: row for row in connection.execute(select(SourceRow.id, SourceRow.due_at)).all()}
    pages = set(connection.execute(select(Address.source_id).where(Address.role == "detail", Address.due_at <= now).distinct()).scalars())
    return [i for i in source_ids if i not in known or known[i].due_at is None or known[i].due_at <= now or i in pages]


def lists_due(connection: Connection, source_id: str, now: datetime) -> bool:
    """Whether the lists themselves are due, not only pages."""
    due = connection.execute(select(SourceRow.due_at).where(SourceRow.id == source_id)).scalar()
    return due is None or due <= now


def resume(connection: Connection, wish: str, now: datetime) -> datetime | None:
    """Note that a run of many sources begins; returns when it began where an earlier process did not bring it to its end.

    ``wish``: what was asked for, the same words for the same run. A run left for more than `RESUMABLE` begins anew.
    """
    name = _run_name(wish)
    began = connection.execute(select(Counter.value).where(Counter.name == name)).scalar()
    if began is not None and timedelta() <= now - datetime.fromtimestamp(began, UTC) <= RESUMABLE:
        return datetime.fromtimestamp(began, UTC)
    upsert(connection, Counter, {"name": name, "value": int(now.timestamp())}, ["name"], ["value"])
    return None


def ended(connection: Connection, wish: str) -> None:
    """Note that a run came to its end, whatever its verdicts."""
    connection.execute(delete(Counter).where(Counter.name == _run_name(wish)))


def _run_name(wish: str) -> str:
    return "run:" + hashlib.blake2b(wish.encode(), digest_size=8).hexdigest()
