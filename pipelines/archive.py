"""First step: tie the item to its captures, kept by `crawler.fetch.archive` before any callback ran."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.fetch import context
from crawler.items import MissItem, PageItem


class Archive:
    """Refuse an item whose capture is not on disk: a notice never appears without the capture that proves it."""

    def __init__(self, shared: context.Context) -> None:
        self.archive = shared.archive

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(context.of(crawler))

    def process_item(self, item: Any) -> Any:
        if isinstance(item, PageItem | MissItem) and not self.archive.has(item.capture):
            raise DropItem(f"{item.url}: capture {item.capture} is not in the archive")
        return item
