"""What the database knows of every source: crawls, claims, notices over time. For `signoff sources health` and `signoff status`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from crawler.db.models import Address, Crawl
from crawler.db.models import Notice as NoticeRow
from crawler.db.models import Source as SourceRow
from crawler.notice.model import State
from crawler.policy.plan import BROKEN_FOR_GOOD


@dataclass(frozen=True, slots=True)
class Seen:
    """One source as the database knows it.

    ``why``: of the last finished crawl; ``held``: notices that went missing in a wave; ``broken``: pages that nobody could
    read for long, ``broken_page``: one of them; ``sampled``: rows that their titles refused, looked at all the same; ``missed``: titles of those that were
    notices; ``days``: publication days of its notices.
    """

    id: str
    last_verdict: str | None = None
    why: str | None = None
    last_ok: datetime | None = None
    last_walk: datetime | None = None
    due_at: datetime | None = None
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    held: int = 0
    broken: int = 0
    broken_page: str | None = None
    sampled: int = 0
    missed: tuple[str, ...] = ()
    days: tuple[date, ...] = field(default=())

    def runs(self, now: datetime) -> bool:
        """Whether a process says that it crawls it now."""
        return self.claimed_by is not None and self.claimed_until is not None and now < self.claimed_until


def sources(connection: Connection) -> dict[str, Seen]:
    """Every source that was ever crawled, by id."""
    why = _last_reasons(connection)
    held = _counts(connection, NoticeRow.source_id, NoticeRow.held.is_(True), NoticeRow.state == State.MISSING)
    broken = _broken(connection)
    sampled = _counts(connection, Address.source_id, Address.sampled.is_not(None))
    missed = _missed(connection)
    days = _days(connection)
    return {
        row.id: Seen(
            row.id, row.last_verdict, why.get(row.id), row.last_ok, row.last_walk, row.due_at, row.claimed_by, row.claimed_until,
            held=held.get(row.id, 0), broken=broken[row.id][0] if row.id in broken else 0, broken_page=broken[row.id][1] if row.id in broken else None,
            sampled=sampled.get(row.id, 0), missed=tuple(missed.get(row.id, ())), days=tuple(days.get(row.id, ())),
        )
        for row in connection.execute(select(SourceRow.__table__).order_by(SourceRow.id))
    }  # fmt: skip


def _last_reasons(connection: Connection) -> dict[str, str]:
    last = select(func.max(Crawl.id)).where(Crawl.finished.is_not(None)).group_by(Crawl.source_id)
    return {row.source_id: row.why for row in connection.execute(select(Crawl.source_id, Crawl.why).where(Crawl.id.in_(last))) if row.why}


def _counts(connection: Connection, column: object, *conditions: object) -> dict[str, int]:
    query = select(column, func.count()).where(*conditions).group_by(column)  # type: ignore[call-overload]
    return {row[0]: row[1] for row in connection.execute(query)}


def _broken(connection: Connection) -> dict[str, tuple[int, str]]:
    query = select(Address.source_id, func.count(), func.min(Address.url)).group_by(Address.source_id)
    broken = (Address.role == "detail", Address.failures >= BROKEN_FOR_GOOD)
    return {row[0]: (row[1], row[2]) for row in connection.execute(query.where(*broken))}


def _missed(connection: Connection) -> dict[str, list[str]]:
    query = select(Address.source_id, Address.title).where(Address.sampled.is_not(None), Address.notice_id.is_not(None))
    found: dict[str, list[str]] = {}
    for source_id, title in connection.execute(query.order_by(Address.sampled, Address.url)):
        found.setdefault(source_id, []).append(title or "")
    return found


def _days(connection: Connection) -> dict[str, list[date]]:
    found: dict[str, list[date]] = {}
    for source_id, day in connection.execute(select(NoticeRow.source_id, NoticeRow.publish_date)):
        if day is not None:
            found.setdefault(source_id, []).append(day)
    return found
