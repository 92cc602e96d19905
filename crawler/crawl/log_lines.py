"""What Scrapy logs of items: a line, never the item itself. A page's bytes, perhaps 32 MB of them, do not belong into a log."""

from __future__ import annotations

import logging
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure

from crawler.errors import CannotRunError


class Lines(LogFormatter):
    """Scrapy's log messages, shortened. What ends the whole run is told once, at its end, not for every item."""

    def scraped(self, item: Any, response: Response | Failure | None, spider: Spider) -> LogFormatterResult | None:  # type: ignore[override]
        return None

    def dropped(self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider) -> LogFormatterResult:
        return {"level": logging.WARNING, "msg": "dropped: %(why)s", "args": {"why": str(exception)}}

    def item_error(self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider) -> LogFormatterResult:
        args = {"url": getattr(item, "url", "?"), "why": f"{type(exception).__name__}: {exception}"}
        return {"level": _level(exception), "msg": "%(url)s: not stored: %(why)s", "args": args}

    def spider_error(self, failure: Failure, request: Request, response: Response | Failure, spider: Spider) -> LogFormatterResult:
        args = {"url": request.url, "why": f"{type(failure.value).__name__}: {failure.value}"}
        return {"level": _level(failure.value), "msg": "%(url)s: not read: %(why)s", "args": args}


def _level(error: BaseException | None) -> int:
    return logging.DEBUG if isinstance(error, CannotRunError) else logging.ERROR
