"""Last step: one short transaction a notice. The decisions are `crawler.db.history`'s, the rows `crawler.db.store`'s."""

from __future__ import annotations

from functools import partial
from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.db import looks
from crawler.fetch import context
from crawler.items import IgnoredItem, ListItem, MissItem, PageItem, UnchangedItem

_KEEP = {PageItem: looks.of_page, UnchangedItem: looks.of_unchanged, MissItem: looks.of_miss, IgnoredItem: looks.of_ignored, ListItem: looks.of_list}


class Store:
    """Write what a look found; count what it meant."""

    def __init__(self, shared: context.Context, crawler: Crawler) -> None:
        self.database = shared.database
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(context.of(crawler), crawler)

    async def process_item(self, item: Any) -> Any:
        spider: Any = self.crawler.spider
        counted = await self.database.write(partial(_KEEP[type(item)], item=item, context=spider.context, plan=spider.plan))
        for key in counted:
            self.crawler.stats.inc_value(key)  # type: ignore[union-attr]
        return None
