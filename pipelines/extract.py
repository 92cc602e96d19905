"""Second step: bytes → what the page says, with evidence. Files are read in processes of their own."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.crawl.reading import Readers
from crawler.fetch import process
from crawler.items import PageItem


class Extract:
    """Read page and files into a notice, whatever class it turns out to be."""

    def __init__(self, shared: process.Context, crawler: Crawler) -> None:
        self.readers = Readers.of(shared)
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(process.of(crawler), crawler)

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, PageItem):
            return item
        source = self.crawler.spider.source  # type: ignore[union-attr]
        item.reading = await self.readers.read(item, source)
        return item
