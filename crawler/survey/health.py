"""How every source does: its last crawls, its rhythm, its silence, and what a person should look at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crawler.clock import CHINA
from crawler.db.overview import Seen
from crawler.extract.titles import is_interesting
from crawler.notice.model import Verdict
from crawler.policy import verdict as health
from crawler.policy.plan import FULL_WALK, SCHEDULES
from crawler.registry.model import Source

#: a complete walk is due once a month; this much later it is overdue
WALK_GRACE = timedelta(days=10)
#: a source is late when it should have been crawled this many of its periods ago
LATE_PERIODS = 2
#: silence so many times the usual gap is remarkable although quiet_days has not run out
REMARKABLE, LEAST_REMARKABLE = 6, 60
#: titles told of those that the title rule missed
SHOWN = 3


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One source. Days are China's calendar days; ``findings``: what a person should look at, empty when all is well.

    ``silent``: days without a notice; None while nothing was ever crawled. ``usual_gap``: median days between notices.
    ``sampled``: entries refused by their titles and read all the same; ``title_misses``: titles of those that were notices.
    """

    id: str
    name: str
    verdict: str | None
    last_ok: date | None
    complete_walk: date | None
    per_year: float | None
    last_notice: date | None
    silent: int | None
    quiet_days: int
    usual_gap: int | None
    sampled: int
    title_misses: tuple[str, ...]
    paused: str | None
    findings: tuple[str, ...]


def of_all(sources: Iterable[Source], seen: Mapping[str, Seen], now: datetime) -> list[SourceHealth]:
    """How the sources of a registry do, in its order."""
    return [of_source(source, seen.get(source.id), now) for source in sources]


def of_source(source: Source, seen: Seen | None, now: datetime) -> SourceHealth:
    """How one source does; ``seen`` None: it was never crawled."""
    today = now.astimezone(CHINA).date()
    days = [day for day in (seen.days if seen else ()) if day <= today]
    last = max(days, default=None)
    crawled = seen is not None and seen.last_ok is not None
    since = min([source.expect.since, *days])
    return SourceHealth(
        id=source.id, name=source.name, verdict=seen.last_verdict if seen else None, last_ok=_day(seen.last_ok) if seen else None,
        complete_walk=_day(seen.last_walk) if seen else None, per_year=health.notices_per_year(days, since, today) if crawled else None,
        last_notice=last, silent=health.silent_days(last, source.expect.since, today) if crawled else None,
        quiet_days=source.expect.quiet_days, usual_gap=health.usual_gap(days), paused=source.paused,
        sampled=seen.sampled if seen else 0, title_misses=_misses(seen) if seen else (),
        findings=() if source.paused else tuple(_findings(source, seen, days, now)),
    )  # fmt: skip


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(CHINA).date() if moment else None


def _findings(source: Source, seen: Seen | None, days: Sequence[date], now: datetime) -> Iterator[str]:
    today = now.astimezone(CHINA).date()
    if seen is None or (seen.last_verdict is None and not seen.runs(now)):
        yield "never crawled"
    else:
        yield from _of_crawls(source, seen, now)
        yield from _of_silence(source, seen, days, today)
    if source.verified and health.is_stale(source.verified, today):
        yield f"verified {source.verified}: compare it with the browser again"


def _of_crawls(source: Source, seen: Seen, now: datetime) -> Iterator[str]:
    if seen.last_verdict not in (None, Verdict.OK):
        since = f"since {_day(seen.last_ok)}" if seen.last_ok else "never ok"
        yield f"{seen.last_verdict}, {since}: {seen.why or 'no reason given'}"
    elif seen.last_walk is None:
        yield "no complete walk so far"
    elif now - seen.last_walk > FULL_WALK + WALK_GRACE:
        yield f"no complete walk since {_day(seen.last_walk)}"
    if is_late(source, seen, now):
        yield f"late: due since {_day(seen.due_at)}"
    if seen.held:
        yield f"{seen.held} notices went missing at once: has the site moved?"
    if seen.broken:
        yield f"pages that cannot be read for long: {seen.broken}, as {seen.broken_page}"
    if misses := _misses(seen):
        yield f"the title rule missed {len(misses)} of {seen.sampled} sampled: {'; '.join(misses[:SHOWN])}"


def _misses(seen: Seen) -> tuple[str, ...]:
    """Titles of notices that the rule for titles refuses; those that it takes by now are no misses any more."""
    return tuple(title for title in seen.missed if not is_interesting(title))


def _of_silence(source: Source, seen: Seen, days: Sequence[date], today: date) -> Iterator[str]:
    if seen.last_ok is None or today < source.expect.since:
        return
    last = max(days, default=None)
    silent = health.silent_days(last, source.expect.since, today)
    usual = health.usual_gap(days)
    if silent > source.expect.quiet_days:
        told = f"last notice {last}" if last else f"no notice since {source.expect.since}"
        yield f"silent for {silent} days, {told}, quiet_days = {source.expect.quiet_days}"
    elif usual is not None and silent > max(LEAST_REMARKABLE, REMARKABLE * max(1, usual)):
        yield f"silent for {silent} days where {usual} are usual"


def is_late(source: Source, seen: Seen, now: datetime) -> bool:
    """Whether a crawl should have been long ago, and nobody is at it."""
    if seen.due_at is None or source.paused or seen.runs(now):
        return False
    return now - seen.due_at > (LATE_PERIODS - 1) * SCHEDULES[source.schedule]


@dataclass(frozen=True, slots=True)
class Status:
    """What runs, waits, is late, is blind now; ids of sources. ``next_due``: when the next one is due."""

    runs: tuple[tuple[str, str], ...]
    waits: tuple[str, ...]
    late: tuple[str, ...]
    blind: tuple[tuple[str, str], ...]
    next_due: datetime | None
    active: int
    paused: int


def status(sources: Sequence[Source], seen: Mapping[str, Seen], now: datetime) -> Status:
    """What a fleet or a single machine is at. Never crawled sources wait; blind are those whose last verdict is not ``ok``."""
    active = [source for source in sources if not source.paused]
    known = [(source, seen.get(source.id)) for source in active]
    blind = [(source.id, one) for source, one in known if one and one.last_verdict not in (None, Verdict.OK)]
    coming = [one.due_at for _, one in known if one and one.due_at and one.due_at > now]
    return Status(
        runs=tuple((source.id, one.claimed_by or "") for source, one in known if one and one.runs(now)),
        waits=tuple(source.id for source, one in known if one is None or (not one.runs(now) and (one.due_at is None or one.due_at <= now))),
        late=tuple(source.id for source, one in known if one and is_late(source, one, now)),
        blind=tuple((source_id, f"{one.last_verdict}: {one.why or 'no reason given'}") for source_id, one in blind),
        next_due=min(coming, default=None), active=len(active), paused=len(sources) - len(active),
    )  # fmt: skip
