"""First step: tie the item to its captures, kept by `crawler.fetch.archive.middleware` before any callback ran."""

from __future__ import annotations

from functools import partial
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.db import captures
from crawler.fetch import process
from crawler.items import MissItem, PageItem


class Archive:
    """Refuse an item whose capture is not on disk: a notice never appears without the capture that proves it."""

    def __init__(self, shared: process.Context) -> None:
        self.archive, self.database, self.folder = shared.archive, shared.database, shared.config.archive_dir

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(process.of(crawler))

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, PageItem | MissItem) or self.archive.wrote(item.capture):
            return item
        placed = await self.database.read(partial(captures.placed, capture_id=item.capture))
        if placed is None or not placed.is_in(self.folder):
            raise DropItem(f"{item.url}: capture {item.capture} is not in the archive")
        return item
