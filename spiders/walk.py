"""The walk along one list: from page to page, to an end that is proved, and never in a circle."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from crawler import urls
from crawler.items import Ask, Entry, ListPage
from crawler.policy.plan import KNOWN_GROUND
from crawler.policy.verdict import ListWalk, Trouble

#: pages in a row that show nothing new: the list goes round in a circle
STALE_PAGES = 2
MOST_PAGES = 3000
#: rows that may be missing from what a list promises, because they stand in it twice
TWICE_LEAST, TWICE_SHARE = 3, 0.05


@dataclass(slots=True)
class Walk:
    """How far the walk along the list at ``url`` has come."""

    url: str
    pages: int = 0
    interesting: int = 0
    end: str | None = None
    trouble: Trouble | None = None
    why: str | None = None
    seen: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    stale: int = 0
    total: int | None = None
    most: int = 0  # the largest number of rows that a page of this walk promised

    def take(self, page: ListPage, ground: frozenset[str], since: date | None) -> Ask | None:
        """Note one page; returns what to ask next, None at the end or where the walk must stop.

        ``ground``: rows the list began with at the last look; a walk that may stop early stops when a page ends in one of
        them (its first rows may be pinned). ``since``: a page that lies wholly before it ends a backfill.
        """
        self.pages += 1
        fresh = {urls.identity(entry.url) for entry in page.entries} - self.seen
        self.seen |= fresh
        self.stale = 0 if fresh or not page.entries else self.stale + 1
        self.total = page.total or self.total
        self.most = max(self.most, self.total or 0)
        if page.next is None:
            self.end = page.end if self._adds_up() else None
        elif page.entries and urls.identity(page.entries[-1].url) in ground:
            self.end = KNOWN_GROUND
        elif since and _wholly_before(page.entries, since):
            self.end = f"older than {since}"
        elif self.stale >= STALE_PAGES or self.pages >= MOST_PAGES or _same(page.next) in self.asked:
            self.why = "the list goes round in a circle" if self.pages < MOST_PAGES else f"no end after {MOST_PAGES} pages"
        else:
            self.asked.add(_same(page.next))
            return page.next
        if page.next is None and self.end is None:
            self.why = self._why_not_the_end()
        return None

    def _why_not_the_end(self) -> str:
        if self._shrank():
            return f"rows left the list while it was read: {self.most} promised, then {self.total}, {len(self.seen)} seen"
        return "nothing proves that this page is the last" if self._adds_up() else f"{self.total} rows promised, {len(self.seen)} seen"

    def _shrank(self) -> bool:
        """Whether rows left the list under the walk: others moved up then, over the edge of a page that was read already."""
        return self.total is not None and self.total < self.most and len(self.seen) < self.most

    def _adds_up(self) -> bool:
        """Whether about as many rows were seen as the list promised; a few may stand in it twice."""
        return self.total is None or (not self._shrank() and len(self.seen) >= self.total - max(TWICE_LEAST, self.total * TWICE_SHARE))

    def unchanged(self) -> None:
        """The first page answered 304: nothing new below it either."""
        self.pages += 1
        self.end = KNOWN_GROUND

    def stop(self, trouble: Trouble, why: str) -> None:
        self.trouble, self.why = trouble, why

    def facts(self) -> ListWalk:
        rows = len(self.seen) if self.end != KNOWN_GROUND else max(1, len(self.seen))
        return ListWalk(self.url, self.pages, rows, self.interesting, self.end, self.trouble, self.why)


def _wholly_before(entries: tuple[Entry, ...], since: date) -> bool:
    dated = [entry.date for entry in entries if entry.date]
    return bool(dated) and len(dated) == len(entries) and max(dated) < since


def _same(ask: Ask) -> str:
    return "\n".join((ask.method, urls.identity(ask.url), repr(ask.form), ask.json or "", repr(ask.click)))
