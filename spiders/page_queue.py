"""Pages that a crawl has yet to ask for, as rows and addresses; each becomes a request only when there is room for it."""

from __future__ import annotations

from collections import deque

from crawler.items import Entry
from crawler.policy.plan import KnownAddress


class Waiting:
    """In the order in which they came, save those known to be broken: they come last, as refusals in a row stop a host."""

    def __init__(self) -> None:
        self._pages: deque[KnownAddress | Entry] = deque()
        self._broken: deque[KnownAddress | Entry] = deque()

    def __len__(self) -> int:
        return len(self._pages) + len(self._broken)

    def add(self, page: KnownAddress | Entry, *, broken: bool) -> None:
        (self._broken if broken else self._pages).append(page)

    def pop(self) -> KnownAddress | Entry | None:
        pages = self._pages or self._broken
        return pages.popleft() if pages else None
