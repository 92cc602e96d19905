"""One page of the browser: when it is ready to be read, what it holds then, and the click that leads on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from playwright.async_api import Error, Page, Request, Response

from crawler.fetch.browser.side_responses import Aside
from crawler.fetch.courtesy.agent import MARK
from crawler.fetch.courtesy.middleware import REFUSALS
from crawler.fetch.refusals import BrokenBodyError, RenderError

#: seconds without a request under way after which a page is taken as built
QUIET = 0.3
#: seconds a challenge may take to pass, a page without words to get some, a click to change something
CHALLENGE_SECONDS, BARE_SECONDS, CLICK_SECONDS = 12.0, 8.0, 15.0
#: seconds after which a page that never comes to rest (polling, streams) is read as it is
RESTLESS_SECONDS = 25.0
#: characters below which a page with scripts is taken as not built yet
FEW = 20
#: answers that a script challenge comes with, besides the refusals
_CHALLENGES = REFUSALS | {202, 503}
_HTML = ("text/html", "application/xhtml+xml")
_TEXTS = ("html", "xml", "json", "javascript")

_STATE = "() => [document.readyState, document.scripts.length, (document.body ? document.body.innerText : '').trim().length]"
_WORDS = "() => document.body ? document.body.innerText : ''"
_SIZE = "() => document.documentElement.outerHTML.length"
#: the innermost element that a selector names, or that says exactly the given words; the first one that is shown
_CLICK = """([css, words]) => {
  const said = e => ((e.tagName === 'INPUT' ? e.value : e.textContent) || '').replace(/\\s+/g, '');
  const all = [...document.querySelectorAll(css || 'a,button,input,span,li,div,td,p,i')];
  const named = css ? all : all.filter(e => said(e) === words);
  const inner = named.filter(e => !named.some(o => o !== e && e.contains(o)));
  const control = inner.find(e => e.offsetParent !== null) || inner[0];
  if (control) control.click();
  return Boolean(control);
}"""


class FileError(RenderError):
    """The address leads to a file, which a browser would save or show in a viewer."""


@dataclass(frozen=True, slots=True)
class Click:
    """What leads to the further page: the control ``css``, else the one that says ``words`` (no white space)."""

    css: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page as the browser holds it. ``rendered``: the document after its scripts; otherwise the bytes as served."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes
    rendered: bool


@dataclass(eq=False)
class Watch:
    """Follows a page: its main documents in order, and what is under way."""

    page: Page
    aside: Aside
    documents: list[Response] = field(default_factory=list)
    waiting: set[Request] = field(default_factory=set)
    moved: float = field(default_factory=monotonic)
    crashed: bool = False
    shown: int = 0

    def __post_init__(self) -> None:
        self.page.on("request", self._began)
        self.page.on("requestfinished", self._ended)
        self.page.on("requestfailed", self._ended)
        self.page.on("response", self._answered)
        self.page.on("crash", self._crash)

    def begin(self) -> None:
        """Forget what was shown before: the page goes somewhere else now."""
        self.documents.clear()
        self.waiting.clear()
        self.shown += 1

    def _began(self, request: Request) -> None:
        self.waiting.add(request)
        self.moved = monotonic()

    def _ended(self, request: Request) -> None:
        self.waiting.discard(request)
        self.moved = monotonic()

    def _answered(self, response: Response) -> None:
        request = response.request
        if request.is_navigation_request() and request.frame == self.page.main_frame:
            self.documents.append(response)
            self.waiting = {request}  # what the page before it had under way is over

    def _crash(self, _: Page) -> None:
        self.crashed = True

    @property
    def is_quiet(self) -> bool:
        return not self.waiting and monotonic() - self.moved >= QUIET

    async def settle(self) -> None:
        """Wait until the page is built, or as built as it gets. Raises `RenderError` when it crashed."""
        began = monotonic()
        while True:
            if self.crashed:
                raise RenderError(f"the page crashed: {self.page.url[:200]}")
            spent = monotonic() - began
            if spent > RESTLESS_SECONDS or (self.is_quiet and await self._is_built(spent)):
                return
            await asyncio.sleep(0.05)

    async def _is_built(self, spent: float) -> bool:
        try:
            ready, scripts, words = await self.page.evaluate(_STATE)
        except Error:
            return False  # it is just going somewhere else
        if ready != "complete":
            return False
        if scripts and self.documents and self.documents[-1].status in _CHALLENGES:
            return spent > CHALLENGE_SECONDS
        return not scripts or words >= FEW or spent > BARE_SECONDS

    async def click(self, click: Click) -> None:
        """Go on by a control of the page, until other words stand there. Raises `RenderError`."""
        before = await self.page.evaluate(_WORDS)
        if not await self.page.evaluate(_CLICK, [click.css, click.words]):
            raise RenderError(f"no control {click.css or click.words!r} to go on with: {self.page.url[:200]}")
        end = monotonic() + CLICK_SECONDS
        while monotonic() < end:
            await asyncio.sleep(0.05)
            await self.settle()
            if await self.page.evaluate(_WORDS) != before:
                return
        raise RenderError(f"a click on {click.css or click.words!r} changed nothing: {self.page.url[:200]}")

    async def read(self, limit: int) -> Rendered:
        """What the page holds now; of other text the bytes as served.

        Raises `BrokenBodyError` beyond ``limit`` bytes, `FileError` where a browser shows a viewer of its own.
        """
        if not self.documents:
            raise RenderError(f"no answer: {self.page.url[:200]}")
        document = self.documents[-1]
        headers = await document.all_headers()
        kind = headers.get("content-type", "text/html").partition(";")[0].strip().lower()
        if not kind.startswith("text/") and not any(name in kind for name in _TEXTS):
            raise FileError(f"a file of type {kind}: {document.url[:200]}")
        if kind not in _HTML:
            return Rendered(document.url, document.status, headers, await document.body(), rendered=False)
        size: int = await self.page.evaluate(_SIZE)
        if size > limit:
            raise BrokenBodyError(f"given up: a document of {size} characters: {self.page.url[:200]}")
        body = (await self.page.content()).encode("utf-8", "replace")
        return Rendered(self.page.url, document.status, headers, body, rendered=True)


def described(rendered: Rendered, version: str) -> dict[str, str]:
    """The headers a rendered page is kept with: the site's own, less what is true of the bytes on the wire only."""
    left_out = {"content-encoding", "content-length", "transfer-encoding", "connection", "etag", "last-modified", MARK.lower()}
    kept: dict[str, Any] = {name: value.replace("\n", ", ") for name, value in rendered.headers.items() if name.lower() not in left_out}
    if rendered.rendered:
        kept["content-type"] = "text/html; charset=utf-8"
    return kept | {MARK: f"Chromium/{version}; {'rendered' if rendered.rendered else 'as served'}"}
