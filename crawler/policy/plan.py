"""What to look at, and when it is due. Pure: the caller brings the time.

Looks are dense while a window is open and for thirty days after, then ever rarer; lists are walked to the end once a month
all the same, because old dates are slipped in below the first page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice

from crawler import urls
from crawler.clock import CHINA
from crawler.notice.model import State

#: how often a source's lists are looked at; a little under the day, so that a daily timer never skips one
SCHEDULES = {"hourly": timedelta(minutes=55), "daily": timedelta(hours=23, minutes=30),
             "weekly": timedelta(days=6, hours=23), "monthly": timedelta(days=29, hours=12)}  # fmt: skip
FULL_WALK = timedelta(days=30)
#: days since the window closed → days between two looks at the page
_RARER = ((0, 1), (30, 2), (120, 10), (365, 30), (1000, 60))
_RAREST = 120
#: full reads that must have agreed with a page's validators before they are believed
AGREEMENTS = 3
#: one look in so many is a full fetch all the same
AUDIT = 20
#: one refused row in so many is looked at all the same
SAMPLE = 50
DISTRUST = timedelta(days=30)
#: a page that failed at so many looks in a row is broken or closed for good: it no longer makes a crawl partial
BROKEN_FOR_GOOD = 5
#: looks in a row that may go unread while a window is open, and of a list, where the next one may open
UNREAD_OPEN = 2


class Mode(StrEnum):
    CRAWL = "crawl"
    DUE = "due"
    BACKFILL = "backfill"
    CAPTURE = "capture"
    REEXTRACT = "reextract"


@dataclass(frozen=True, slots=True)
class KnownAddress:
    """What the plan needs of an address we know. ``window_open``: the notice there, or that the file hangs on, can still be objected
    to. ``distrust_until``: a validator of this source has lied."""

    url: str
    role: str
    outcome: str
    notice_id: str | None = None
    state: State | None = None
    title: str | None = None
    due_at: datetime | None = None
    body_sha256: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    agreements: int = 0
    distrust_until: datetime | None = None
    unread_looks: int = 0
    failures: int = 0
    window_open: bool = False
    files: tuple[str, ...] = ()

    @property
    def is_broken(self) -> bool:
        """Whether nobody could read it for so long that it counts as broken or closed for good."""
        return self.failures >= BROKEN_FOR_GOOD


def next_look(now: datetime, state: State, window_end: date | None, published: date | None) -> datetime:
    """When the page of a notice is due again. A missing one daily, until its verdict; a withdrawn one weekly, it may come back."""
    if state is State.MISSING:
        return now + timedelta(hours=23, minutes=30)
    if state in (State.WITHDRAWN, State.EXPIRED):
        return now + timedelta(days=7)
    today = now.astimezone(CHINA).date()
    end = window_end or (published + timedelta(days=30) if published else today)
    since = (today - end).days
    days = next((gap for limit, gap in _RARER if since <= limit), _RAREST)
    return now + timedelta(days=days) - timedelta(minutes=30)


def next_crawl(now: datetime, schedule: str) -> datetime:
    """When a source is due again."""
    return now + SCHEDULES[schedule]


def conditional(known: KnownAddress, now: datetime) -> dict[str, str]:
    """The validators to send for an address; empty: ask for the whole page.

    They are believed after three full reads that agreed with them, not for thirty days after one of the source did not, never for
    three looks running at a list or while a window is open, and one look in twenty reads the page all the same: a random
    one, and the twentieth at the latest.
    """
    distrusted = known.distrust_until is not None and now < known.distrust_until
    unread = UNREAD_OPEN if known.window_open or known.role == "list" else AUDIT - 1
    if known.agreements < AGREEMENTS or distrusted or known.unread_looks >= unread or _audited(known.url, now):
        return {}
    headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in headers.items() if value}


def _audited(url: str, now: datetime) -> bool:
    """One look in twenty, drawn by address and day: a rerun of the same day draws the same."""
    drawn = hashlib.blake2b(f"{url}\n{now:%Y-%m-%d}".encode(), digest_size=4).digest()
    return int.from_bytes(drawn, "big") % AUDIT == 0


def is_drawn(url: str) -> bool:
    """Whether a row that its title refused belongs to the sample that is looked at all the same: one in fifty, for ever the same
    ones. Host and port have no say: a site that moves house draws as before."""
    drawn = hashlib.blake2b(urls.identity(url).split("/", 3)[3].encode(), digest_size=4, person=b"sample").digest()
    return int.from_bytes(drawn, "big") % SAMPLE == 0


def judge_validators(
    known: KnownAddress, etag: str | None, last_modified: str | None, body_sha256: str, now: datetime
) -> tuple[int, datetime | None]:
    """After a full read: how many reads have agreed so far, and until when the validators are distrusted.

    They lied if they stayed while the page changed. A page that changed together with them is no agreement and no lie.
    """
    same_validators = bool(etag or last_modified) and (etag, last_modified) == (known.etag, known.last_modified)
    if not same_validators:
        return 0, known.distrust_until
    if body_sha256 != known.body_sha256:
        return 0, now + DISTRUST
    return known.agreements + 1, known.distrust_until


def walks_to_end(mode: Mode, last_walk: datetime | None, now: datetime) -> bool:
    """Whether a crawl reads every list to its end: always, save a due look less than a month after a complete walk."""
    return mode is not Mode.DUE or last_walk is None or now - last_walk >= FULL_WALK


@dataclass(frozen=True, slots=True)
class Run:
    """What the user asked for, the same for every source of a run. ``replay_since``: when a run that was broken off began; what
    was archived since then is not fetched again."""

    mode: Mode = Mode.CRAWL
    since: date | None = None
    until: date | None = None
    urls: tuple[str, ...] = ()
    replay_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What one crawl of one source looks at. ``known``: by `crawler.urls.identity` of the address. ``heads``: rows a list
    began with at its last look.

    ``lists``: whether the lists themselves are looked at. ``replay_since``: an interrupted backfill goes on; what was archived
    since then is not fetched again.
    """

    run: Run
    crawl_id: int
    now: datetime
    known: Mapping[str, KnownAddress] = field(default_factory=dict)
    heads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    to_end: bool = True
    lists: bool = True
    had_interesting: bool = False
    replay_since: datetime | None = None

    @property
    def walks_lists(self) -> bool:
        """Whether the lists are looked at, not single pages alone."""
        return self.lists and self.run.mode is not Mode.CAPTURE

    def at(self, url: str) -> KnownAddress | None:
        """What is known of an address; http and https are one."""
        return self.known.get(urls.identity(url))

    def rechecks(self) -> Iterator[KnownAddress]:
        """Known pages to look at again, whatever the lists show: all notices in a full crawl, the due ones in a due crawl.

        With a page that is closed for good goes one of its host that is not: only the difference tells a page from a host.
        """
        mode = self.run.mode
        if mode not in (Mode.CRAWL, Mode.DUE):
            return
        alone: set[str] = set()
        sound: set[str] = set()
        for address in self.known.values():
            if address.role == "detail" and self._again(address, every=mode is Mode.CRAWL):
                (alone if address.is_broken else sound).add(urls.host_of(address.url))
                yield address
        for host in alone - sound:
            yield from islice((a for a in self.known.values() if _is_sound(a) and urls.host_of(a.url) == host), 1)

    def _again(self, address: KnownAddress, *, every: bool) -> bool:
        if address.notice_id is None and address.outcome != UNREAD:
            return False
        return every or self.is_due(address)

    def is_due(self, address: KnownAddress) -> bool:
        return address.due_at is None or address.due_at <= self.now

    def wants(self, address: KnownAddress | None, title: str) -> bool:
        """Whether a list's row is fetched: never seen, not read so far, its title changed, or due. Known notices come by `rechecks`."""
        if address is None:
            return True
        if address.outcome == UNREAD:
            return self.run.mode is not Mode.DUE or self.is_due(address)
        if self.run.mode is Mode.BACKFILL:
            return True
        return address.notice_id is None and (address.title != title or self.is_due(address))

    def in_range(self, day: date | None) -> bool:
        """Whether a row's date lies between --since and --until; a row without a date may."""
        if day is None:
            return True
        return (self.run.since is None or day >= self.run.since) and (self.run.until is None or day <= self.run.until)


def _is_sound(address: KnownAddress) -> bool:
    return address.role == "detail" and address.state is State.LIVE and not address.failures


#: the proof of a list that was only read down to what an earlier complete walk had reached
KNOWN_GROUND = "down to known ground"
#: outcome of an address that could not be read so far
UNREAD = "unread"
#: a page that was no notice is looked at again after this long
IGNORED_AGAIN = timedelta(days=60)
#: outcome of a row's address that was not there
GONE = "gone"


def ignored_again(misses: int) -> timedelta:
    """After how long a listed page that was no notice is looked at again. ``misses``: how often in a row it, or a file of a
    notice, was not there at all: lists are often published before their pages, so the next day, then at twice the time each."""
    return min(IGNORED_AGAIN, timedelta(hours=23, minutes=30) * 2 ** min(misses - 1, 8)) if misses else IGNORED_AGAIN
