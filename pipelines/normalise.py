"""Third step: give every field its one spelling."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from crawler.items import PageItem
from crawler.notice import names


class Normalise:
    """Give every field its one spelling. Drops nothing."""

    def __init__(self, stats: StatsCollector) -> None:
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats is not None
        return cls(crawler.stats)

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, PageItem) or item.reading is None:
            return item
        tidy, touched = names.normalise(item.reading.notice)
        for field in touched:
            self.stats.inc_value(f"normalise/{field}")
        if touched:
            item.reading = replace(item.reading, notice=tidy)
        return item
