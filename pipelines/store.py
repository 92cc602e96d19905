"""Last step: one short transaction a notice. The decisions are `crawler.policy.history`'s, the rows `crawler.db.write_notice`'s."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler
from sqlalchemy import Connection

from crawler.db import write_look
from crawler.db.write_notice import Context
from crawler.fetch import process as context
from crawler.items import ListItem, PageItem
from crawler.policy.plan import Plan


class Store:
    """Write what a look found; count what it meant."""

    def __init__(self, shared: context.Context, crawler: Crawler) -> None:
        self.database = shared.database
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(context.of(crawler), crawler)

    async def process_item(self, item: Any) -> None:
        spider: Any = self.crawler.spider
        assert self.crawler.stats is not None
        sample = None if isinstance(item, ListItem) else next((url for url in _addresses(item) if spider.samples.has(url)), None)
        for key in await self.database.write(_work(item, spider.context, spider.plan, sample)):
            self.crawler.stats.inc_value(key)


def _addresses(item: Any) -> tuple[str, ...]:
    return (item.requested_url, item.url) if isinstance(item, PageItem) else (item.url,)


def _work(item: Any, context: Context, plan: Plan, sample: str | None) -> Any:
    def work(connection: Connection) -> list[str]:
        counts = write_look.of(connection, item, context, plan)
        return [*counts, *write_look.of_sample(connection, sample, item.url, context)] if sample else counts

    return work
