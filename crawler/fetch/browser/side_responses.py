"""What a browser got beside the page that is read: documents on the way to it (challenges, redirects), the document itself as it
was served, and the data its scripts asked for. Each becomes a capture of its own, within bounds."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import CDPSession, Error, Page, Response
from scrapy import Request as Asked

from crawler import clock
from crawler.fetch.archive.archive import Attempt
from crawler.fetch.archive.warc import Exchange, Header
from crawler.fetch.courtesy.agent import MARK, ON_THE_WAY
from crawler.fetch.http.guard import is_exempt

#: answers kept for one page that is shown, and bytes of data in one of them
MOST, MOST_DATA = 20, 4 * 2**20
#: seconds to wait for data that are still coming when the page is read
SECONDS = 1.0
DOCUMENT, DATA = "document", "data"
_TEXTS = ("json", "xml", "text/", "javascript")
_ON_THE_WIRE = {"content-encoding", "content-length", "transfer-encoding", "connection", MARK.lower()}
#: documents are held until their bytes are ours: a page that goes on at once takes them along
_HELD = {"patterns": [{"resourceType": "Document", "requestStage": "Response"}]}


@dataclass(frozen=True, slots=True)
class Served:
    """One answer, its bytes as the browser decoded them."""

    role: str
    url: str
    method: str
    asked: tuple[Header, ...]
    posted: bytes
    status: int
    headers: tuple[Header, ...]
    body: bytes


@dataclass(eq=False)
class Aside:
    """Collects the answers of one page as they come. ``limit``: bytes of a document."""

    limit: int
    found: list[Served] = field(default_factory=list)
    coming: set[asyncio.Task[None]] = field(default_factory=set)

    async def follow(self, page: Page) -> None:
        """Follow a page from now on."""
        session = await page.context.new_cdp_session(page)
        session.on("Fetch.requestPaused", lambda event: self._begin(self._document(session, event)))
        await session.send("Fetch.enable", _HELD)
        page.on("response", lambda response: self._begin(self._data(response)) if _is_data(response) else None)

    async def all(self) -> list[Served]:
        """What came since the last call, in order."""
        if self.coming:
            await asyncio.wait(self.coming, timeout=SECONDS)
        found, self.found = self.found, []
        return found

    def _begin(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.coming.add(task)
        task.add_done_callback(self.coming.discard)

    def _keep(self, served: Served) -> None:
        if len(self.found) < MOST:
            self.found.append(served)

    async def _document(self, session: CDPSession, event: Mapping[str, Any]) -> None:
        held = {"requestId": event["requestId"]}
        with contextlib.suppress(Error):  # the page is gone
            try:
                if "responseStatusCode" in event and _is_text(event["responseHeaders"]):
                    await self._served(session, event)
            finally:
                await session.send("Fetch.continueRequest", held)

    async def _served(self, session: CDPSession, event: Mapping[str, Any]) -> None:
        request, status, body = event["request"], int(event["responseStatusCode"]), b""
        if not 300 <= status < 400:
            got = await session.send("Fetch.getResponseBody", {"requestId": event["requestId"]})
            body = base64.b64decode(got["body"]) if got["base64Encoded"] else got["body"].encode("utf-8", "replace")
        if len(body) <= self.limit:
            answered = [(header["name"], header["value"]) for header in event["responseHeaders"]]
            posted = (request.get("postData") or "").encode("utf-8", "replace")
            self._keep(
                Served(
                    DOCUMENT, request["url"], request["method"], _pairs(request["headers"].items()), posted, status, _pairs(answered), body
                )
            )

    async def _data(self, response: Response) -> None:
        with contextlib.suppress(Error):  # the page is gone, and the bytes with it
            answered = [(header["name"], header["value"]) for header in await response.headers_array()]
            await response.finished()
            request = response.request
            if (await request.sizes())["responseBodySize"] > MOST_DATA:
                return
            body, asked, posted = await response.body(), _pairs((await request.all_headers()).items()), request.post_data_buffer or b""
            self._keep(Served(DATA, response.url, request.method, asked, posted, response.status, _pairs(answered), body))


def _is_data(response: Response) -> bool:
    kind = response.headers.get("content-type", "text/html")
    return response.request.resource_type in ("xhr", "fetch") and any(name in kind.lower() for name in _TEXTS)


def _is_text(headers: Iterable[Mapping[str, str]]) -> bool:
    """Whether a document is one; a file in its place is fetched again without the browser."""
    kind = next((header["value"].lower() for header in headers if header["name"].lower() == "content-type"), "text/html")
    return any(name in kind for name in _TEXTS)


def attempt(served: Served, page: Asked, version: str) -> Attempt:
    """The row and record of an answer. ``page``: the request for whose page it came; ``version``: of the browser."""
    now, mark = clock.now(), _pairs([(MARK, f"Chromium/{version}; {ON_THE_WAY}")])
    headers = tuple(header for header in served.headers if header[0].decode("latin-1").lower() not in _ON_THE_WIRE)
    exchange = Exchange(served.url, served.method, served.asked, served.posted, served.status, headers + mark, served.body, now)
    tls = "none" if not served.url.startswith("https:") else "unverified" if is_exempt(Asked(served.url, meta=page.meta)) else "verified"
    source, crawl = page.meta.get("source_id"), page.meta.get("crawl_id")
    return Attempt(served.url, served.role, now, 0.0, source, crawl, served.status, tls=tls, exchange=exchange)


def _pairs(headers: Iterable[tuple[str, str]]) -> tuple[Header, ...]:
    return tuple(
        (name.encode("latin-1", "replace"), " ".join(value.splitlines()).encode("latin-1", "replace"))
        for name, value in headers
        if not name.startswith(":")
    )
