"""What a server may cost us: time, bytes, redirects. And what every request says about itself."""

from __future__ import annotations

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse
from scrapy.responsetypes import responsetypes

from crawler.fetch.http.decoding import ACCEPTED, decode
from crawler.fetch.process import Context, of
from crawler.fetch.refusals import RedirectError


class Limits:
    """Downloader middleware: time and size limits from the settings, our name, what we can read.

    The time limit counts from the connection to the last byte, so a server that drips is given up as well.
    """

    def __init__(self, context: Context) -> None:
        config = context.config
        self._timeout, self._max_body = config.timeout, config.max_body
        self._headers = {
            b"User-Agent": context.agent.encode("latin-1", "replace"),
            b"Accept": b"text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8",
            b"Accept-Language": b"zh-CN,zh;q=0.9",
            b"Accept-Encoding": ACCEPTED,
        }

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Limits:
        return cls(of(crawler))

    def process_request(self, request: Request) -> None:
        meta = request.meta
        meta["download_timeout"] = min(meta.get("download_timeout") or self._timeout, self._timeout)
        meta["download_maxsize"] = min(meta.get("download_maxsize") or self._max_body, self._max_body)
        for name, value in self._headers.items():
            dict.setdefault(request.headers, name, [value])  # names as Scrapy spells them: it need not find that out each time


class Decode:
    """Downloader middleware: undoes Content-Encoding; a broken or growing body ends in `BrokenBodyError`."""

    def __init__(self, context: Context) -> None:
        self._limit = context.config.max_body

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Decode:
        return cls(of(crawler))

    def process_response(self, request: Request, response: Response) -> Response:
        encodings = response.headers.getlist(b"Content-Encoding")
        if not encodings or request.method == "HEAD":
            return response
        body = decode(response.body, encodings, self._limit)
        headers = response.headers.copy()
        del headers[b"Content-Encoding"]
        kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
        extra = {"encoding": None} if issubclass(kind, TextResponse) else {}  # to be found anew in the decoded body
        return response.replace(cls=kind, headers=headers, body=body, **extra)


class Redirect(RedirectMiddleware):
    """Scrapy's redirects without a Referer; a chain without an end and a Location that is no address end in `RedirectError`."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Redirect:
        self = cls(crawler.settings)
        self.crawler = crawler
        return self

    def handle_referer(self, request: Request, response: Response) -> None:  # noqa: ARG002
        request.headers.pop("Referer", None)

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            raise RedirectError(f"{error}: {request.url[:200]}") from None
        except ValueError as error:
            raise RedirectError(f"redirect to no address ({error}): {request.url[:200]}") from None
