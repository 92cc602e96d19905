"""Judges a finished crawl of one source. Only ``ok`` counts as success anywhere, and it has to be proved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from crawler.notice.model import Verdict


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
    could not be read and are not known to be broken for good."""

    lists: Sequence[ListWalk]
    had_interesting: bool = False
    unread: int = 0
    blocked_pages: int = 0
    read_pages: int = 0
    interrupted: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict
    why: str
    complete: bool

    @property
    def ok(self) -> bool:
        return self.verdict is Verdict.OK


def judge(facts: Facts) -> Judged:
    """Give the verdict and the reason for it, one line for a person."""
    if facts.interrupted:
        return Judged(Verdict.PARTIAL if _some_read(facts) else Verdict.FAILED, facts.interrupted, False)
    if not facts.lists:
        return Judged(Verdict.FAILED, "no list was looked at", False)
    stopped = [walk for walk in facts.lists if walk.trouble]
    if stopped:
        return _stopped(facts, stopped)
    gap = next((walk for walk in facts.lists if walk.end is None), None)
    if gap:
        return Judged(Verdict.PARTIAL, f"{gap.url}: the end of the list is not proved after {gap.pages} pages" + (f": {gap.why}" if gap.why else ""), False)
    if facts.blocked_pages > facts.read_pages:
        return Judged(Verdict.BLOCKED, f"{facts.blocked_pages} pages refused us", True)
    if facts.unread or facts.blocked_pages:
        return Judged(Verdict.PARTIAL, f"{facts.unread + facts.blocked_pages} pages could not be read", True)
    return _read_to_the_end(facts)


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
    if facts.had_interesting and not any(walk.interesting for walk in facts.lists):
        return Judged(Verdict.SILENT, "no entry of interest where there were some", True)
    return Judged(Verdict.OK, "; ".join(f"{walk.url}: {walk.end}" for walk in facts.lists), True)
