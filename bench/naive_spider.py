"""Plain Scrapy with its default settings: every list page, every page of a wanted title, every file. Keeps nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

from bare_spider import PAGER
from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response, TextResponse


class Naive(Spider):
    name = "naive"

    async def start(self) -> AsyncIterator[Any]:
        for url in json.loads(sys.argv[1]):
            yield Request(url)

    def parse(self, response: TextResponse) -> Iterator[Request]:
        for link in response.css("ul.gl_list a"):
            if "销号" in link.attrib["title"]:
                yield response.follow(link, self.article)
        count, current = (int(n) for n in PAGER.search(response.text).groups())  # type: ignore[union-attr]
        if current + 1 < count:
            yield response.follow(f"index_{current + 1}.html")

    def article(self, response: TextResponse) -> Iterator[Request]:
        yield from response.follow_all(css="a[href$='.docx']", callback=self.file)

    def file(self, response: Response) -> None:
        """Fetched is enough."""


if __name__ == "__main__":
    process = CrawlerProcess({"LOG_LEVEL": "ERROR"})
    process.crawl(Naive)
    process.start()
