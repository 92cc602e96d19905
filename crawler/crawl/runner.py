"""Runs crawls of many sources, a few at a time, and tells how each ended. Those that need a browser run in a process of their own."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings
from twisted.internet.error import ReactorNotRunning

from crawler import clock
from crawler.config import Config
from crawler.crawl.browser_process import Beside, apart
from crawler.crawl.job import Job, Report
from crawler.crawl.reading import Readers
from crawler.crawl.scrapy_patches import Signals
from crawler.db import crawls
from crawler.db.database import Database
from crawler.db.engine import open_engine, ready
from crawler.fetch import process as fetch_context
from crawler.policy.plan import Mode, Run
from crawler.registry import hours
from crawler.registry.registry import Registry, Source


@dataclass(slots=True)
class Progress:
    """What a run has come to so far, for whoever shows it. ``running``: source id → its statistics."""

    total: int = 0
    reports: list[Report] = field(default_factory=list)
    running: dict[str, Any] = field(default_factory=dict)
    interrupted: bool = False


def in_order(sources: Sequence[Source]) -> list[Source]:
    """Those who publish first, provinces before cities before counties; those who only repost come last."""
    return sorted(sources, key=lambda source: (source.reposts, _rank(source.region), source.id))


def _rank(region: str) -> int:
    return 0 if region.endswith("0000") else 1 if region.endswith("00") else 2


def by_hours(config: Config, sources: Sequence[Source]) -> tuple[list[Source], list[Source]]:
    """(sources that may be asked now, sources whose hours are others). A source's own hours go before those of the settings."""
    now = clock.now()
    open_now = [source for source in sources if hours.may_ask(source.night or config.night, now)]
    return open_now, [source for source in sources if source not in open_now]


def crawl(
    config: Config,
    registry: Registry,
    sources: Sequence[Source],
    run: Run,
    told: Callable[[Report], None],
    progress: Progress | None = None,
) -> list[Report]:
    """Crawl these sources, and return once each has its verdict. Raises `CannotRunError` before anything is fetched."""
    engine = open_engine(config.url)
    ready(engine, create=True)
    database = Database(engine)
    progress = progress or Progress()
    sources, _ = by_hours(config, sources)
    chosen = in_order(_due(database, sources) if run.mode is Mode.DUE else sources)
    progress.total = len(chosen)

    def tell(report: Report) -> None:
        progress.reports.append(report)
        told(report)

    wish = " ".join([run.mode, *(source.id for source in chosen), str(run.since), str(run.until)])
    if run.mode is Mode.BACKFILL:
        run = replace(run, replay_since=database.write_now(lambda c: crawls.resume(c, wish, clock.now())))
    here, there = apart(config, chosen)
    beside = Beside(crawl_here, config, registry, there, run) if there else None
    if beside:
        beside.start()
    try:
        _crawl_here(config, database, Job(registry, run, tell), here, config.sources_at_once, progress, beside)
    finally:
        if beside:
            beside.stop()
    if beside and beside.error:
        raise beside.error
    if run.mode is Mode.BACKFILL and not progress.interrupted:
        database.write_now(lambda c: crawls.ended(c, wish))
    return progress.reports


def crawl_here(
    config: Config, registry: Registry, sources: Sequence[Source], run: Run, told: Callable[[Report], None], at_once: int
) -> None:
    """Crawl these sources in this process, whatever they need. Raises `CannotRunError`."""
    engine = open_engine(config.url)
    ready(engine, create=False)
    _crawl_here(config, Database(engine), Job(registry, run, told), sources, at_once, Progress())


def _crawl_here(
    config: Config, database: Database, job: Job, sources: Sequence[Source], at_once: int, progress: Progress, beside: Beside | None = None
) -> None:
    process = AsyncCrawlerProcess(_settings(job))
    logging.getLogger("scrapy").setLevel(process.settings["LOG_LEVEL"])  # else a record is made of every page, and thrown away
    shared = fetch_context.use(config, database)
    _spare_the_collector()
    try:
        _start(process, sources, at_once, progress, beside.listen(job.tell) if beside else None)
    finally:
        Readers.of(shared).documents.close()
        shared.close()
        progress.interrupted = shared.stopping
    if shared.error:
        raise shared.error


def _spare_the_collector() -> None:
    """Modules and registry stay until the end: the garbage collector need not look at them again for every page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _due(database: Database, sources: Sequence[Source]) -> list[Source]:
    ids = database.write_now(lambda c: crawls.due_sources(c, [source.id for source in sources], clock.now()))
    return [source for source in sources if source.id in set(ids)]


def _settings(job: Job) -> Settings:
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("SIGNOFF_JOB", job, priority="cmdline")
    return settings


def _start(
    process: AsyncCrawlerProcess, sources: Sequence[Source], at_once: int, progress: Progress, beside: Coroutine[Any, Any, None] | None
) -> None:
    """Run the reactor until every source is through, and what goes on ``beside``: originals first, those who only repost after them."""
    from twisted.internet import reactor  # exists once the process has chosen it

    async def feed() -> None:
        await asyncio.gather(groups(), *([beside] if beside else []))

    async def groups() -> None:
        for group in ([s for s in sources if not s.reposts], [s for s in sources if s.reposts]):
            gate = asyncio.Semaphore(at_once)
            await asyncio.gather(*(_one(process, source, gate, progress) for source in group))

    def stop(_: asyncio.Task[None]) -> None:
        with contextlib.suppress(ReactorNotRunning):
            reactor.stop()  # type: ignore[misc]

    fed = asyncio.get_event_loop().create_task(feed())
    fed.add_done_callback(stop)
    process.start(stop_after_crawl=False)
    if fed.done():
        fed.result()


async def _one(process: AsyncCrawlerProcess, source: Source, gate: asyncio.Semaphore, progress: Progress) -> None:
    async with gate:
        crawler = process.create_crawler(source.id)
        crawler.signals = Signals(crawler)
        progress.running[source.id] = crawler
        try:
            await process.crawl(crawler)
        finally:
            progress.running.pop(source.id, None)
