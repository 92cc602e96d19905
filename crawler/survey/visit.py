"""Starts visits to sites: through the same fetch layer as every crawl, so courteous, guarded and archived."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings
from scrapy.utils.misc import load_object
from twisted.internet.error import ReactorNotRunning

from crawler.config import Config
from crawler.crawl.job import Job
from crawler.db.database import Database
from crawler.db.engine import open_engine, ready
from crawler.errors import CrawlerError
from crawler.fetch import process as fetch_context
from crawler.fetch.browser import chromium
from crawler.fetch.courtesy.robots_rules import Rules
from crawler.fetch.process import Context
from crawler.policy.plan import Run
from crawler.registry.registry import Registry
from crawler.survey.findings import Visit, Wish

SPIDER = "spiders.visit.ProbeSpider"


def visit(config: Config, wishes: Sequence[Wish], told: Callable[[Visit], None]) -> None:
    """Visit sites, a few at the same time; ``told`` gets each `Visit` as it ends.

    Nothing is stored but the captures. Raises `CannotRunError` when they cannot be kept.
    """
    engine = open_engine(config.url)
    ready(engine, create=True)
    shared = fetch_context.use(config, Database(engine))

    def tell(found: Visit) -> None:
        told(replace(found, crawl_delay=_crawl_delay(shared, found)))

    process = AsyncCrawlerProcess(_settings())
    try:
        _run(process, wishes, tell, config.sources_at_once)
    finally:
        shared.close()
    if shared.error:
        raise shared.error


def no_browser(config: Config) -> str | None:
    """Why no browser can be used here, None where one can."""
    try:
        chromium.executable(config)
    except CrawlerError as error:
        return str(error)
    return None


def _settings() -> Settings:
    """Those of every crawl, without what belongs to a source's crawl: claim, plan, verdict, pipelines."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("EXTENSIONS", {**settings.getdict("EXTENSIONS"), "crawler.crawl.session.Session": None}, priority="cmdline")
    settings.set("ITEM_PIPELINES", {}, priority="cmdline")
    settings.set("SIGNOFF_JOB", Job(Registry(()), Run(), lambda _: None), priority="cmdline")
    return settings


def _run(process: AsyncCrawlerProcess, wishes: Sequence[Wish], tell: Callable[[Visit], None], at_once: int) -> None:
    from twisted.internet import reactor  # exists once the process has chosen it

    async def one(wish: Wish, gate: asyncio.Semaphore) -> None:
        async with gate:
            await process.crawl(process.create_crawler(load_object(SPIDER)), wish=wish, told=tell)

    async def everything() -> None:
        gate = asyncio.Semaphore(at_once)
        await asyncio.gather(*(one(wish, gate) for wish in wishes))

    def stop(_: asyncio.Task[None]) -> None:
        with contextlib.suppress(ReactorNotRunning):
            reactor.stop()  # type: ignore[misc]

    running = asyncio.get_event_loop().create_task(everything())
    running.add_done_callback(stop)
    process.start(stop_after_crawl=False)
    if running.done():
        running.result()


def _crawl_delay(shared: Context, found: Visit) -> float:
    """What the site's robots.txt asks for, as this process has just read it."""
    delays = [0.0]
    for url in found.wish.list_urls:
        scheme, netloc = urlsplit(url)[:2]
        rules = shared.robots.get(f"{scheme}://{netloc}")
        delays += [rules.delay] if isinstance(rules, Rules) else []
    return max(delays)
