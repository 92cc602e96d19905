"""After a kill: what was fetched before it is served from the archive, not asked for again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from crawler.errors import ArchiveError
from crawler.fetch.archive.archive import Kept
from crawler.fetch.courtesy.agent import MARK, ON_THE_WAY
from crawler.fetch.process import Context, of

_MARK, _ON_THE_WAY = MARK.lower().encode(), ON_THE_WAY.encode()


class Replay:
    """Downloader middleware: ``meta["replay_since"]`` (an instant) allows a capture with status 200 since then as the answer.

    It is the same response as from the network, Content-Encoding and all; ``meta["replayed"]`` tells them apart.
    """

    def __init__(self, context: Context) -> None:
        self._archive = context.archive

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Replay:
        return cls(of(crawler))

    def process_request(self, request: Request) -> Awaitable[Response | None] | None:
        request.meta.pop("replayed", None)
        since = request.meta.get("replay_since")
        return None if since is None else self._kept(request, since)

    async def _kept(self, request: Request, since: datetime) -> Response | None:
        try:
            kept = await asyncio.to_thread(self._archive.latest, request.url, since, method=request.method, body=request.body)
        except ArchiveError:
            return None  # the bytes are gone: the network has them
        if kept is None or _is_aside(kept):
            return None
        request.meta.update(replayed=True, capture_id=kept.capture_id, capture_sha256=kept.sha256)
        return response_of(kept)


def _is_aside(kept: Kept) -> bool:
    """Whether a browser got it on the way to the page, and was killed before it read that."""
    return any(name.lower() == _MARK and _ON_THE_WAY in value for name, value in kept.headers)


def response_of(kept: Kept) -> Response:
    """A capture as the response it was when it came from the network."""
    headers = Headers()
    for name, value in kept.headers:
        headers.appendlist(name, value)
    kind = responsetypes.from_args(headers=headers, url=kept.url, body=kept.raw)
    return kind(url=kept.url, status=kept.status, headers=headers, body=kept.raw)
