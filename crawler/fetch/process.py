"""What all crawlers of a process share: settings, database, archive, courtesy. Built by the runner, or at first use."""

from __future__ import annotations

import asyncio
import atexit
import logging
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler

from crawler.config import Config, load
from crawler.db.database import Database
from crawler.db.engine import open_engine, ready
from crawler.errors import CannotRunError
from crawler.fetch.archive.archive import Archive
from crawler.fetch.courtesy import agent
from crawler.fetch.courtesy.host_turns import Gates
from crawler.fetch.courtesy.robots_rules import RobotsCache

logger = logging.getLogger(__name__)


class Context:
    """Shared by everything in `crawler.fetch`. ``error``: what ended the crawling of this process, for the runner to raise."""

    def __init__(self, config: Config, database: Database) -> None:
        self.config, self.database = config, database
        self.agent = agent.name(config.contact)
        self.archive = Archive(config.archive_dir, database, software=self.agent, max_body=config.max_body)
        self.archive.repair()
        self.gates = Gates(database, delay=config.delay, timeout=config.timeout, fail=self.fail)
        self.robots = RobotsCache()
        self.error: CannotRunError | None = None
        self.stopping = False  # the user wants an end: no further crawl begins
        self._crawlers: list[Crawler] = []
        self._closing: set[asyncio.Task[Any]] = set()

    def attach(self, crawler: Crawler) -> None:
        """Follow a crawler: what it left is written when it ends; it ends when this process cannot go on."""
        if crawler in self._crawlers:
            return
        self._crawlers.append(crawler)
        crawler.signals.connect(self._spider_closed, signals.spider_closed)

    async def _spider_closed(self, spider: Any) -> None:
        self._crawlers = [crawler for crawler in self._crawlers if crawler is not spider.crawler]
        await self.archive.flush()
        await self.gates.release_idle()

    def fail(self, error: CannotRunError) -> None:
        """Nothing can be kept any more: end every crawler of this process. The first error is the one that counts."""
        if self.error is not None:
            return
        self.error = error
        logger.info("%s", error)  # whoever runs the crawlers tells the user, once
        for crawler in list(self._crawlers):
            if crawler.engine is not None and crawler.spider is not None:
                task = asyncio.ensure_future(crawler.engine.close_spider_async(reason="cannot_run"))
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    def close(self) -> None:
        """Finish the WARC file. The context can be used again."""
        self.archive.close()


_shared: Context | None = None


def use(config: Config, database: Database) -> Context:
    """Make the context of this process: called once by the runner before it starts crawlers. Raises `CannotRunError`."""
    global _shared  # noqa: PLW0603  # one process, one context: leases and WARC files are the process's own
    if _shared is None or _shared.database is not database or _shared.config != config:
        if _shared is not None:
            _shared.close()
        _shared = Context(config, database)
        atexit.register(_shared.close)
    return _shared


def of(crawler: Crawler) -> Context:
    """The context of this process. Without a runner (plain ``scrapy crawl``) it is built from ``SIGNOFF_*``.

    Raises `UsageError` for settings that are none, `CannotRunError` for a database or folder that cannot be used.
    """
    config, database = crawler.settings.get("SIGNOFF_CONFIG"), crawler.settings.get("SIGNOFF_DATABASE")
    if config is not None and database is not None:
        context = use(config, database)
    elif _shared is not None:
        context = _shared
    else:
        context = use(*_built(config))
    context.attach(crawler)
    return context


def _built(config: Config | None) -> tuple[Config, Database]:
    config = config or load()
    engine = open_engine(config.url)
    ready(engine, create=True)
    return config, Database(engine)
