"""Opens and closes the crawl of a source in the database: a Scrapy extension, so that ``scrapy crawl SOURCE_ID`` works as well."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from scrapy import signals
from scrapy.crawler import Crawler
from sqlalchemy import Connection
from twisted.python.failure import Failure

from crawler import clock, urls
from crawler.crawl.job import Job, Report
from crawler.db import crawls
from crawler.db.write_notice import Context
from crawler.errors import CannotRunError, DatabaseError
from crawler.fetch import process as fetch_context
from crawler.policy import plan
from crawler.policy.plan import Mode, Plan, Run
from crawler.policy.verdict import Facts, Judged, judge
from crawler.registry import hours

logger = logging.getLogger(__name__)
T = TypeVar("T")
RENEW_SECONDS = 300
OUT_OF_HOURS = "the hours of the source are over"


class Session:
    """One per crawl. Hands the spider its plan, the pipelines their context, and judges at the end."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.shared = fetch_context.of(crawler)
        self.job: Job | None = crawler.settings.get("SIGNOFF_JOB")
        self.run = self.job.run if self.job else Run()
        self.context: Context | None = None
        self.renewing: asyncio.Task[None] | None = None
        self.ending: asyncio.TimerHandle | None = None
        self.closing: asyncio.Task[None] | None = None
        self.lost = 0  # pages that our own mistakes, or a missing capture, kept out of the database

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Session:
        session = cls(crawler)
        crawler.signals.connect(session.opened, signals.spider_opened)
        crawler.signals.connect(session.closed, signals.spider_closed)
        for signal in (signals.spider_error, signals.item_error, signals.item_dropped):
            crawler.signals.connect(session.loses, signal)
        return session

    def loses(self, failure: Failure | None = None) -> None:
        """A page came to nothing on our side: no crawl is ``ok`` whose finds were not all stored."""
        self.lost += 1
        if failure is not None and isinstance(failure.value, CannotRunError):
            self.shared.fail(failure.value)

    async def opened(self, spider: Any) -> None:
        source, now = spider.source, clock.now()
        if self.shared.stopping:
            return
        night = source.night or self.shared.config.night
        if not hours.may_ask(night, now):
            logger.warning("%s: asked %s (China time) only: left for later", source.id, night)
            spider.plan = None
            return
        made = await self._written(lambda c: self._begin(c, source, now))
        if made is None:
            if self.shared.error is None:
                logger.warning("%s: another process crawls it now", source.id)
            spider.plan = None
            return
        spider.plan, first_ok = made
        self.context = Context(spider.plan.crawl_id, source.id, now, self.run.mode is Mode.BACKFILL, first_ok, source.reposts)
        spider.context = self.context
        self.renewing = asyncio.ensure_future(self._renew(source.id))
        if (left := hours.left(night, now)) is not None:
            self.ending = asyncio.get_running_loop().call_later(left.total_seconds(), self._end)

    def _end(self) -> None:
        """The hours of the source are over: what is left waits for the next ones."""
        spider: Any = self.crawler.spider
        assert self.crawler.engine is not None
        spider.over = True
        self.closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=OUT_OF_HOURS))

    async def _written(self, work: Callable[[Connection], T]) -> T | None:
        """Run one transaction; None where nothing can be written any more: then every crawl of this process ends."""
        if isinstance(self.shared.error, DatabaseError):
            return None
        try:
            return await self.shared.database.write(work)
        except CannotRunError as error:
            self.shared.fail(error)
            return None

    def _begin(self, connection: Connection, source: Any, now: datetime) -> tuple[Plan, datetime | None] | None:
        due = self.run.mode is not Mode.DUE or crawls.lists_due(connection, source.id, now)
        begun = crawls.begin(connection, source.id, source.name, source.region, self.run.mode, now)
        if begun is None:
            return None
        known = {urls.identity(address.url): address for address in crawls.addresses(connection, source.id, now)}
        heads = crawls.heads(connection, source.id)
        to_end = plan.walks_to_end(self.run.mode, begun.last_walk, now)
        return Plan(self.run, begun.crawl_id, now, known, heads, to_end, due, begun.had_interesting, self.run.replay_since), begun.first_ok

    async def _renew(self, source_id: str) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._written(lambda c: crawls.renew(c, source_id, clock.now()))

    async def closed(self, spider: Any, reason: str) -> None:
        self.shared.stopping |= reason == "shutdown"
        for running in (self.renewing, self.ending):
            if running:
                running.cancel()
        if self.context is None:
            return
        facts: Facts = spider.facts(None if reason == "finished" else f"interrupted: {reason}")
        judged = judge(replace(facts, unread=facts.unread + self.lost))
        counts = await self._written(self._finisher(spider, facts, judged, over=reason == "finished"))
        if counts is not None:
            self._report(spider, facts, judged, counts)

    def _finisher(self, spider: Any, facts: Facts, judged: Judged, *, over: bool) -> Callable[[Connection], dict[str, int]]:
        context, config = self.context, self.shared.config
        assert context is not None
        proof = {walk.url: walk.end for walk in facts.lists if walk.end}
        mode = self.run.mode
        looked = over and mode in (Mode.CRAWL, Mode.DUE) and spider.plan.lists  # what was broken off stays due
        due = plan.next_crawl(context.now, spider.source.schedule) if looked else None
        patience = crawls.Patience(config.withdrawal_looks, config.withdrawal_hours)
        stats = {
            key: value
            for key, value in (self.crawler.stats.get_stats() if self.crawler.stats else {}).items()
            if isinstance(value, int | float | str)
        }
        scope = crawls.Scope(lists=spider.plan.walks_lists, whole=mode in (Mode.CRAWL, Mode.DUE))
        return lambda connection: crawls.finish(connection, context, judged, stats, proof, due, patience, scope)

    def _report(self, spider: Any, facts: Facts, judged: Judged, counts: dict[str, int]) -> None:
        stats = self.crawler.stats
        assert stats is not None

        def number(key: str) -> int:
            return int(stats.get_value(key, 0))

        seconds = stats.get_value("elapsed_time_seconds") or 0.0
        report = Report(
            source=spider.source.id, verdict=judged.verdict.value, why=judged.why, list_pages=sum(walk.pages for walk in facts.lists),
            complete=judged.complete, fetched=number("fetch/answers"), not_modified=number("fetch/not_modified"), new=number("history/new"),
            revised=number("history/revised"), withdrawn=counts.get("withdrawn", 0), errors=number("fetch/errors"), seconds=round(float(seconds), 1),
        )  # fmt: skip
        if self.job:
            self.job.tell(report)
        level = logging.INFO if judged.ok or self.job else logging.WARNING  # a runner has told it
        logger.log(level, "%s: %s: %s", report.source, report.verdict, report.why)
