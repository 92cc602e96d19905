"""Judges a finished crawl of one source, and what its silence means. Only ``ok`` counts as success anywhere, and it has to be proved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from statistics import median

from crawler.notice.model import Verdict
from crawler.policy.plan import KNOWN_GROUND


class Trouble(StrEnum):
    """Why a list or page could not be read."""

    BLOCKED = "blocked"  # challenge, firewall, 403, 412, 521, robots.txt
    BROKEN = "broken"  # layout not understood
    FAILED = "failed"  # no answer, 5xx, time-out, an error page


@dataclass(frozen=True, slots=True)
class ListWalk:
    """How the walk along one list went. ``end``: the proof that it reached the end; ``trouble``: what stopped it."""

    url: str
    pages: int = 0
    rows: int = 0
    interesting: int = 0
    end: str | None = None
    trouble: Trouble | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a crawl met. ``had_interesting``: earlier crawls found entries of interest. ``unread``: pages of interest that
    could not be read and are not known to be broken for good; ``given_up``: those that are. ``blocked_pages``: pages that refused
    us; ``closed``: those that have refused us for many looks while other pages of their host were read, in this crawl too.
    ``pages_only``: no list was to be looked at, pages alone."""

    lists: Sequence[ListWalk]
    had_interesting: bool = False
    unread: int = 0
    blocked_pages: int = 0
    read_pages: int = 0
    interrupted: str | None = None
    pages_only: bool = False
    given_up: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict
    why: str
    complete: bool

    @property
    def ok(self) -> bool:
        return self.verdict is Verdict.OK


#: a few pages of a site may be broken for good; more than these, and more than this part of those read, is a site that is broken
GIVEN_UP_LEAST, GIVEN_UP_SHARE = 3, 5


def judge(facts: Facts) -> Judged:
    """Give the verdict and the reason for it, one line for a person."""
    if facts.interrupted:
        return Judged(Verdict.PARTIAL if _some_read(facts) else Verdict.FAILED, facts.interrupted, False)
    if not facts.lists and not facts.pages_only:
        return Judged(Verdict.FAILED, "no list was looked at", False)
    stopped = [walk for walk in facts.lists if walk.trouble]
    if stopped:
        return _stopped(facts, stopped)
    gap = next((walk for walk in facts.lists if walk.end is None), None)
    if gap:
        return Judged(
            Verdict.PARTIAL,
            f"{gap.url}: the end of the list is not proved after {gap.pages} pages" + (f": {gap.why}" if gap.why else ""),
            False,
        )
    refused, for_good = facts.blocked_pages + facts.closed, facts.given_up + facts.closed
    if facts.blocked_pages > facts.read_pages or refused > max(GIVEN_UP_LEAST, facts.read_pages):
        return Judged(Verdict.BLOCKED, f"{refused} pages refused us", True)
    if for_good > max(GIVEN_UP_LEAST, facts.read_pages // GIVEN_UP_SHARE):
        return Judged(Verdict.PARTIAL, f"{for_good} pages could not be read for many looks", True)
    if facts.unread or facts.blocked_pages:
        return Judged(Verdict.PARTIAL, f"{facts.unread + facts.blocked_pages} pages could not be read", True)
    return _read_to_the_end(facts) if facts.lists else Judged(Verdict.OK, f"{facts.read_pages} pages looked at, no list was due", True)


def _some_read(facts: Facts) -> bool:
    return any(walk.pages for walk in facts.lists)


def _stopped(facts: Facts, stopped: Sequence[ListWalk]) -> Judged:
    """A list that gave nothing decides; one that broke off half way leaves the crawl partial."""
    first = next((walk for walk in stopped if not walk.pages), stopped[0])
    why = f"{first.url}: {first.why or first.trouble}"
    if first.trouble is Trouble.FAILED and _some_read(facts):
        return Judged(Verdict.PARTIAL, why, False)
    assert first.trouble is not None
    return Judged(Verdict(first.trouble.value), why, False)


def _read_to_the_end(facts: Facts) -> Judged:
    empty = next((walk for walk in facts.lists if walk.rows == 0), None)
    if empty:
        return Judged(Verdict.SILENT, f"{empty.url}: the list is empty", True)
    to_end = all(walk.end not in (KNOWN_GROUND, None) for walk in facts.lists)
    if to_end and facts.had_interesting and not any(walk.interesting for walk in facts.lists):
        return Judged(Verdict.SILENT, "no entry of interest where there were some", True)
    return Judged(Verdict.OK, "; ".join(f"{walk.url}: {walk.end}" for walk in facts.lists), True)


# ------------------------------------------------------------------------------------------------- rhythm: what silence means

#: bounds of a drafted expectation, days
LEAST_QUIET, MOST_QUIET, UNKNOWN_QUIET = 30, 730, 365
#: notices from which on a rhythm shows
ENOUGH = 4
#: a person's look at a source counts for a year
STALE_DAYS = 365


@dataclass(frozen=True, slots=True)
class Expectation:
    """A drafted `crawler.registry.registry.Expect` and the reason for it. ``certain``: drawn from enough notices."""

    quiet_days: int
    since: date
    why: str
    certain: bool


def expectation(days: Sequence[date], today: date) -> Expectation:
    """What silence should mean for a source whose notices bear these dates.

    Half as long again as the longest gap so far (today's included), in steps of ten days, from a month to two years; a year
    where fewer than four days show no rhythm. ``since``: the first of them, or today where there is none.
    """
    known = sorted({day for day in days if day <= today})
    if not known:
        return Expectation(UNKNOWN_QUIET, today, "no dated entry of interest: a year is only a guess", certain=False)
    if len(known) < ENOUGH:
        return Expectation(UNKNOWN_QUIET, known[0], f"only {len(known)} dated days of interest: a year is only a guess", certain=False)
    longest = max((later - earlier).days for earlier, later in pairwise([*known, today]))
    quiet = min(MOST_QUIET, max(LEAST_QUIET, -(-longest * 3 // 20) * 10))
    yearly = notices_per_year(days, known[0], today)
    return Expectation(quiet, known[0], f"about {yearly:g} a year since {known[0]}, the longest gap {longest} days", certain=True)


def notices_per_year(days: Sequence[date], since: date, today: date) -> float:
    """How many notices a year, from ``since`` to today; a span under a quarter counts as a quarter. One decimal."""
    counted = sum(1 for day in days if since <= day <= today)
    return round(counted * 365 / max(91, (today - since).days), 1)


def silent_days(last: date | None, since: date, today: date) -> int:
    """Days without a notice: since the last one, or since notices are expected at all."""
    return max(0, (today - max(last, since)).days) if last else max(0, (today - since).days)


def usual_gap(days: Sequence[date]) -> int | None:
    """The median of the gaps between days with notices; None where fewer than four days show no rhythm."""
    known = sorted(set(days))
    return round(median((later - earlier).days for earlier, later in pairwise(known))) if len(known) >= ENOUGH else None


def is_stale(verified: date, today: date) -> bool:
    """Whether a person's look at a source is more than a year old."""
    return (today - verified).days > STALE_DAYS
