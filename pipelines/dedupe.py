"""Fourth step: one notice, however many addresses and sites carry it."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.crawl.matching import Matcher, UndecidedError
from crawler.fetch import process
from crawler.items import IgnoredItem, PageItem


class Dedupe:
    """Find the notice a page already is, or the one whose whole text it carries."""

    def __init__(self, shared: process.Context, crawler: Crawler) -> None:
        self.matcher = Matcher(shared)
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(process.of(crawler), crawler)

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, PageItem) or item.reading is None:
            return item
        spider: Any = self.crawler.spider
        try:
            match = await self.matcher.match(item, spider.source, spider.look, spider.promised(item), patient=spider.is_patient(item))
        except UndecidedError as error:
            return spider.undecided(item, str(error))
        if match is None:
            return IgnoredItem(item.source_id, item.url, item.reading.notice.title, "former_address", capture=item.capture)
        item.match = match
        return item
