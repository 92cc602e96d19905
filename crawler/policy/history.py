"""What a look at a notice means. Pure: no clock, no database, no network; the store does as it is told here.

The rules are the promises of the project: absence is not withdrawal, our own errors never make an event, and what is
compared was read with the same rules on both sides. See docs/decisions/0003-withdrawn-or-expired.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crawler.clock import CHINA
from crawler.notice.model import ChangeKind, DocType, State

#: a sign-off notice that states no end of its window has one all the same: this long after publication
WINDOW_UNSTATED = timedelta(days=30)
#: this share of a source's pages gone at once, and at least so many, is a move of the site
WAVE_SHARE = 5
WAVE_LEAST = 10


@dataclass(frozen=True, slots=True)
class File:
    """An attachment for comparison.

    ``sha256``: of its bytes; None when it was never fetched: then nothing is known, and nothing has changed. ``text``: what
    its text says under today's rules, normalised; None where it cannot be read.
    """

    name: str
    url: str
    sha256: str | None
    text: str | None = None

    def same_content(self, other: File) -> bool:
        """Equal bytes, or equal text in other bytes (saved again)."""
        return self.sha256 is not None and (self.sha256 == other.sha256 or (self.text is not None and self.text == other.text))


@dataclass(frozen=True, slots=True)
class FileChanges:
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def as_json(self) -> dict[str, list[str]]:
        pairs = (("added", self.added), ("removed", self.removed), ("changed", self.changed))
        return {key: list(names) for key, names in pairs if names}


def pair_files(before: Sequence[File], after: Sequence[File]) -> list[tuple[File | None, File | None]]:
    """Say which file is which. The same address, else the same content, else the same name make the same file, so neither
    a moved page nor a renamed link makes a change. What has no partner stands beside None."""
    old_left, new_left = list(before), list(after)
    pairs: list[tuple[File | None, File | None]] = []
    for same in (_same_url, File.same_content, _same_name):
        for new in list(new_left):
            old = next((old for old in old_left if same(old, new)), None)
            if old is not None:
                old_left.remove(old)
                new_left.remove(new)
                pairs.append((old, new))
    return pairs + [(old, None) for old in old_left] + [(None, new) for new in new_left]


def compare_files(before: Sequence[File], after: Sequence[File]) -> FileChanges:
    """Say which files an agency added, removed or replaced. A file is only *replaced* where both contents are known."""
    added, removed, changed = [], [], []
    for old, new in pair_files(before, after):
        if old is None and new is not None:
            added.append(new.name or new.url)
        elif new is None and old is not None:
            removed.append(old.name or old.url)
        elif old and new and old.sha256 and new.sha256 and not old.same_content(new):
            changed.append(new.name or new.url)
    return FileChanges(tuple(added), tuple(removed), tuple(changed))


def _same_url(old: File, new: File) -> bool:
    return old.url == new.url


def _same_name(old: File, new: File) -> bool:
    return bool(old.name) and old.name == new.name


@dataclass(frozen=True, slots=True)
class Seen:
    """A page that was there. ``known``: the state of the notice it is, None for a page never kept before.

    ``twin``: another notice has the whole text. ``twin_gone``: that one is of the same source and its page is gone at
    this look. ``moved``: the page of the known notice now stands elsewhere. ``wording``: title or text differ.
    """

    known: State | None
    wording: bool = False
    files: bool = False
    moved: bool = False
    twin: bool = False
    twin_gone: bool = False


def of_presence(seen: Seen) -> tuple[ChangeKind, ...]:
    """The events of a look that found the page, in the order in which they are told."""
    if seen.known is None and not (seen.twin and seen.twin_gone):
        return (ChangeKind.REPOST if seen.twin else ChangeKind.NEW,)
    kinds = []
    if seen.known in (State.WITHDRAWN, State.EXPIRED):
        kinds.append(ChangeKind.RESTORED)
    if seen.moved or seen.known is None:
        kinds.append(ChangeKind.MOVED)
    if seen.wording or seen.files:
        kinds.append(ChangeKind.REVISED)
    return tuple(kinds)


def of_absence(
    misses: Sequence[datetime], looks: int, hours: float, doc_type: DocType, window_end: date | None, published: date | None
) -> ChangeKind | None:
    """Say what a row of misses means; None: it stays missing.

    ``misses``: instants of the looks that found the page itself gone, oldest first, without one look that found it in
    between, of crawls with verdict ok alone. ``looks`` and ``hours``: how many it takes, and how far the first and the
    last must lie apart. A sign-off notice whose window was over at the first miss is EXPIRED; where its end is not known,
    thirty days after publication; with neither, nobody can say that it was over: WITHDRAWN. Other kinds have no window.
    """
    if len(misses) < looks or misses[-1] - misses[0] < timedelta(hours=hours):
        return None
    if doc_type is not DocType.SIGNOFF_NOTICE:
        return ChangeKind.WITHDRAWN
    end = window_end or (published + WINDOW_UNSTATED if published else None)
    over = end is not None and misses[0].astimezone(CHINA).date() > end
    return ChangeKind.EXPIRED if over else ChangeKind.WITHDRAWN


def is_wave(gone_at_once: int, known: int) -> bool:
    """A fifth of a source's known pages, and at least ten, gone at once: the site has moved, nothing was withdrawn."""
    return gone_at_once >= WAVE_LEAST and gone_at_once * WAVE_SHARE >= known
