"""robots.txt is obeyed, ``Crawl-delay`` included. The archive is its cache: one day, and for thirty days where it gives no answer.

Answers, after RFC 9309: 2xx is read; 4xx means no rules; 429, 5xx and no answer at all mean stay away, unless an older copy is
at hand. The files are fetched and kept like every other answer.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawler import clock
from crawler.errors import ArchiveError, CannotRunError, CrawlerError
from crawler.fetch.courtesy.middleware import REFUSALS, key_of
from crawler.fetch.courtesy.robots_rules import Rules, read
from crawler.fetch.http.guard import netloc
from crawler.fetch.process import Context, of
from crawler.fetch.refusals import (
    BrokenBodyError,
    HostDownError,
    HostStoppedError,
    RefusedAddressError,
    RobotsDeniedError,
    RobotsUnreachableError,
)

FRESH, OLDEST = timedelta(days=1), timedelta(days=30)
#: seconds after which a file that could not be had is asked for again
TRY_AGAIN = 300.0
#: redirects that are followed (RFC 9309: at least five)
REDIRECTS = 5
#: answers that say: there is no such file
_NONE = (400, 401, 403, 404, 405, 406, 410, 412, 451)
_PASSED_ON = ("source_id", "crawl_id", "allowed_hosts", "cluster", "delay", "tls", "browser")


class Robots:
    """Downloader middleware: asks the site's robots.txt before the site. Denied requests end in `RobotsDeniedError`."""

    def __init__(self, crawler: Crawler, context: Context) -> None:
        self._crawler, self._context, self._cache = crawler, context, context.robots

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Robots:
        return cls(crawler, of(crawler))

    async def process_request(self, request: Request) -> None:
        if request.meta.get("role") == "robots":
            return
        origin = f"{urlparse_cached(request).scheme}://{netloc(request)}"
        rules = self._cache.get(origin) or await self._wait_for(origin, request)
        if isinstance(rules, CrawlerError):
            raise type(rules)(str(rules))
        if not rules.allow(request.url):
            raise RobotsDeniedError(f"robots.txt of {origin} forbids {request.url[:200]}")

    async def _wait_for(self, origin: str, request: Request) -> Rules | CrawlerError:
        while await self._cache.others(origin):
            if (found := self._cache.get(origin)) is not None:
                return found
        self._cache.begin(origin)
        try:
            found = await self._learn(f"{origin}/robots.txt", request)
            seconds = FRESH.total_seconds() if isinstance(found, Rules) else TRY_AGAIN
            self._cache.put(origin, found, seconds)
            if isinstance(found, Rules):
                await self._context.gates.set_pace(key_of(request), found.delay)
            return found
        except CannotRunError as error:
            self._context.fail(error)
            raise
        finally:
            self._cache.end(origin)

    async def _learn(self, url: str, request: Request) -> Rules | CrawlerError:
        """The rules at ``url``: from the archive, else the network, else an older copy."""
        kept = await self._kept(url, FRESH, (200, *_NONE))
        if kept is not None:
            return kept
        meta = {name: request.meta[name] for name in _PASSED_ON if name in request.meta}
        meta |= {"role": "robots", "redirect_ttl": REDIRECTS}
        asking = Request(url, callback=NO_CALLBACK, priority=1000, meta=meta, dont_filter=True)
        assert self._crawler.engine is not None
        try:
            answer = await self._crawler.engine.download_async(asking)
        except (RefusedAddressError, HostStoppedError, HostDownError, CannotRunError):
            raise
        except BrokenBodyError:
            return Rules()
        except Exception as error:  # noqa: BLE001  # whatever the network did, the answer is the same: stay away
            return await self._older(url) or RobotsUnreachableError(f"{url} gives no answer: {type(error).__name__}")
        return await self._judge(url, answer)

    async def _judge(self, url: str, answer: Response) -> Rules | CrawlerError:
        if answer.status < 300:
            return read(answer.body)
        if answer.status < 500 and answer.status != 429:
            return Rules()
        kind = RobotsDeniedError if answer.status in REFUSALS else RobotsUnreachableError
        return await self._older(url) or kind(f"{url} answers {answer.status}")

    async def _older(self, url: str) -> Rules | None:
        return await self._kept(url, OLDEST, (200,))

    async def _kept(self, url: str, age: timedelta, statuses: tuple[int, ...]) -> Rules | None:
        try:
            kept = await asyncio.to_thread(self._context.archive.latest, url, clock.now() - age, statuses=statuses)
            return None if kept is None else read(kept.body) if kept.status == 200 else Rules()
        except (ArchiveError, BrokenBodyError):
            return None  # the copy is gone or broken: ask again
