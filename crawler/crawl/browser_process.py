"""The browser sources of a run, in a process of their own: one Chromium for all of them, and its memory and crashes are no one else's."""

from __future__ import annotations

import asyncio
import copyreg
import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import MappingProxyType
from typing import Any

from crawler.config import Config
from crawler.crawl.job import Report
from crawler.errors import SignoffError
from crawler.fetch.browser import chromium
from crawler.fetch.refusals import BrowserForbiddenError, BrowserMissingError
from crawler.policy.plan import Run
from crawler.registry.registry import Registry, Source

logger = logging.getLogger(__name__)

#: sources whose pages are shown at the same time; a page takes 100 to 300 MB
AT_ONCE = 2
#: seconds the process has to end its crawls when it is told to
GRACE = 40.0

#: what crawls in a process: configuration, registry, sources in order, run, whom to tell, sources at a time
Crawl = Callable[[Config, Registry, Sequence[Source], Run, Callable[[Report], None], int], None]


def apart(config: Config, sources: Sequence[Source]) -> tuple[list[Source], list[Source]]:
    """(sources for this process, sources for the browser's). Where there is no browser all stay here, to be refused one by one."""
    try:
        if any(source.browser for source in sources):
            chromium.executable(config)
    except (BrowserForbiddenError, BrowserMissingError):
        return list(sources), []
    return [source for source in sources if not source.browser], [source for source in sources if source.browser]


@dataclass
class Beside:
    """The process. ``error``: what ended it, for the runner to raise."""

    crawl: Crawl
    config: Config
    registry: Registry
    sources: Sequence[Source]
    run: Run
    error: SignoffError | None = None
    _through: bool = False
    _process: Any = field(default=None, init=False)
    _ours: Connection[Any, Any] | None = field(default=None, init=False)

    def start(self) -> None:
        """Begin. The process imports everything anew: nothing of this one (threads, locks, connections) comes along."""
        copyreg.pickle(MappingProxyType, _thaw)
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe(duplex=False)
        work = (theirs, self.crawl, self.config, self.registry, [source.id for source in self.sources], self.run)
        self._process = context.Process(target=_work, args=work, name="signoff-browser")
        self._process.start()
        theirs.close()

    async def listen(self, tell: Callable[[Report], None]) -> None:
        """Pass on each report as it comes, until the process is through."""
        while (told := await asyncio.to_thread(self._receive)) is not None:
            if isinstance(told, SignoffError):
                self.error = told
            else:
                tell(told)
        self._through = True

    def _receive(self) -> Report | SignoffError | None:
        assert self._ours is not None
        try:
            told: Report | SignoffError = self._ours.recv()
            return told
        except (EOFError, OSError):
            return None

    def stop(self) -> None:
        """Wait for the end of the process; one that is still at work is told to stop, as this process was."""
        if self._process is None:
            return
        if not self._through:
            self._process.terminate()
        self._process.join(GRACE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        if self._through and self._process.exitcode:
            logger.error("the browser's process ended with status %s: the next run takes up what has no verdict", self._process.exitcode)


def _work(tell: Connection[Any, Any], crawl: Crawl, config: Config, registry: Registry, ids: list[str], run: Run) -> None:
    """What the process does."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        crawl(config, registry, [registry[source_id] for source_id in ids], run, tell.send, AT_ONCE)
    except SignoffError as error:
        tell.send(error)
    finally:
        tell.close()


def _end_with_parent() -> None:
    """A run that was killed is over here as well: as with any kill, the next one goes on where this one was."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(3)


def _thaw(mapping: MappingProxyType[Any, Any]) -> tuple[Any, ...]:
    return _freeze, (dict(mapping),)


def _freeze(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)
