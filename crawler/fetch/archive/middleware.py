"""The downloader middleware that keeps what comes from the network before anybody reads it.

Lists, refusals, redirects, robots.txt, answers to POST: a callback sees a response only after its record is synced and its row
committed. Attempts without an answer leave a row that says why.
"""

from __future__ import annotations

from datetime import datetime

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response

from crawler import clock
from crawler.errors import CannotRunError
from crawler.fetch.archive.archive import Attempt
from crawler.fetch.archive.warc import Exchange, Header
from crawler.fetch.http.guard import is_exempt
from crawler.fetch.process import Context, of

_OURS = ("capture_id", "capture_sha256", "not_modified", "fetch_seconds")


class Keep:
    """Downloader middleware next to the network (only `Courtesy` stands nearer, and changes nothing).

    Sets ``meta["capture_id"]`` and ``meta["capture_sha256"]`` (of the payload as sent) for every kept response, and
    ``meta["not_modified"]`` for a 304, which has nothing to keep but the row of the attempt.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Keep:
        return cls(of(crawler))

    def process_request(self, request: Request) -> None:
        for name in _OURS:  # a redirect or a retry copies the meta of the request before it
            request.meta.pop(name, None)

    async def process_response(self, request: Request, response: Response) -> Response:
        if request.meta.get("replayed"):
            return response
        try:
            await self._keep(request, response)
        except CannotRunError as error:
            self._context.fail(error)
            raise
        return response

    async def _keep(self, request: Request, response: Response) -> None:
        if response.status == 304:
            request.meta["not_modified"] = True
            self._context.archive.note(_attempt(request, status=304))
            return
        receipt = await self._context.archive.keep(_attempt(request, status=response.status, response=response))
        request.meta["capture_id"] = receipt.capture_id
        request.meta["capture_sha256"] = receipt.sha256

    def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, CannotRunError):
            return
        try:
            self._context.archive.note(_attempt(request, error=_words(exception)))
        except CannotRunError as error:
            self._context.fail(error)


def _words(exception: Exception) -> str:
    lines = str(exception).splitlines()
    words = f"{type(exception).__name__}: {lines[0] if lines else ''}".rstrip(": ").replace("\x00", "")[:500]
    return words.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate would not go into the database


def _attempt(request: Request, *, status: int | None = None, error: str | None = None, response: Response | None = None) -> Attempt:
    meta, now = request.meta, clock.now()
    return Attempt(
        url=request.url, role=meta.get("role") or "detail", at=now, seconds=meta.get("fetch_seconds", 0.0), source_id=meta.get("source_id"),
        crawl_id=meta.get("crawl_id"), status=status, error=error, tls=_tls(request),
        exchange=None if response is None else _exchange(request, response, now),
    )  # fmt: skip


def _tls(request: Request) -> str:
    if not request.url.startswith("https:"):
        return "none"
    return "unverified" if is_exempt(request) else "verified"


def _exchange(request: Request, response: Response, now: datetime) -> Exchange:
    asked, answered = _pairs(request.headers), _pairs(response.headers)
    return Exchange(request.url, request.method, asked, request.body, response.status, answered, response.body, now)


def _pairs(headers: Headers) -> tuple[Header, ...]:
    """As the dictionary holds them: `Headers.items` would look up each name again."""
    return tuple([(name, value) for name, values in dict.items(headers) for value in values])
