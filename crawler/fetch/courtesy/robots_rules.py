"""What a robots.txt says, RFC 9309, and what this process has read already."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from time import monotonic

from scrapy.robotstxt import ProtegoRobotParser

from crawler.errors import CrawlerError
from crawler.fetch.courtesy.agent import TOKEN

#: bytes that are read; the rest of a longer file does not count (RFC 9309 asks for 500 KiB at least)
READ = 512 * 1024
#: seconds a site may ask us to leave between two requests; a longer wish is answered with this
LONGEST_DELAY = 3600.0
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules for our agent; ``delay``: seconds of ``Crawl-delay``, 0 for none. Without ``parser`` all is allowed."""

    parser: ProtegoRobotParser | None = None
    delay: float = 0.0

    def allow(self, url: str) -> bool:
        return self.parser is None or self.parser.allowed(url, TOKEN)


def read(body: bytes) -> Rules:
    """Read a robots.txt. An HTML page in its place says nothing about robots, so all is allowed.

    >>> read(b"User-agent: *\\nDisallow: /a").allow("http://example.com/a/b")
    False
    """
    body = body[:READ].removeprefix(_BOM)
    if body.lstrip()[:1] == b"<":
        return Rules()
    parser = ProtegoRobotParser(body, None)
    return Rules(parser, _delay(parser))


def _delay(parser: ProtegoRobotParser) -> float:
    delay = parser.crawl_delay(TOKEN)
    if delay is None or not math.isfinite(delay) or delay < 0:
        return 0.0
    return min(delay, LONGEST_DELAY)


@dataclass(slots=True)
class RobotsCache:
    """Rules by origin, or the error that stands for them, until a moment of the monotonic clock."""

    _found: dict[str, tuple[Rules | CrawlerError, float]] = field(default_factory=dict)
    _coming: dict[str, asyncio.Future[None]] = field(default_factory=dict)

    def get(self, origin: str) -> Rules | CrawlerError | None:
        found, until = self._found.get(origin, (None, 0.0))
        return found if until > monotonic() else None

    def put(self, origin: str, found: Rules | CrawlerError, seconds: float) -> None:
        self._found[origin] = (found, monotonic() + seconds)

    async def others(self, origin: str) -> bool:
        """Wait while another request of this process reads the same file; whether there was one."""
        if (coming := self._coming.get(origin)) is None:
            return False
        await asyncio.shield(coming)
        return True

    def begin(self, origin: str) -> None:
        self._coming[origin] = asyncio.get_running_loop().create_future()

    def end(self, origin: str) -> None:
        self._coming.pop(origin).set_result(None)
