"""Sources with ``browser = true``: their pages are rendered by Chromium, through scrapy-playwright.

Lists and details are rendered; robots.txt and attachments are fetched as ever, with the cookies that the browser got. What the
browser cannot pass by itself stays closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Dialog, Page, Route
from playwright.async_api import Error as BrowserError
from playwright.async_api import TimeoutError as BrowserTimeoutError
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from scrapy.settings import BaseSettings
from scrapy_playwright.handler import BrowserContextWrapper, ScrapyPlaywrightDownloadHandler
from twisted.internet.error import ConnectError, ConnectionLost
from twisted.internet.error import TimeoutError as TxTimeoutError

from crawler.errors import CannotRunError
from crawler.fetch.browser import chromium, guard_proxy
from crawler.fetch.browser.guard_proxy import Proxy
from crawler.fetch.browser.rendering import Click, FileError, Rendered, Watch, described
from crawler.fetch.browser.side_responses import Aside, attempt
from crawler.fetch.courtesy.middleware import REFUSALS
from crawler.fetch.http.guard import is_exempt, networks_of
from crawler.fetch.process import of
from crawler.fetch.refusals import BrokenBodyError, CertificateError, RefusedAddressError, RenderError

#: what is rendered; of a browser source all else is fetched plainly
RENDERED = frozenset({"list", "detail", "recheck"})
#: what no page is read for
UNREAD = frozenset({"image", "font", "media", "stylesheet"})
#: pages open at a time in one source: one that is read, and lists that stand where the last click left them
MOST_PAGES = 12
#: the name of the page that serves for all else, and how many documents a page shows before a new one takes its place
DESK, WORN = "", 50
#: bytes that may come in for one page, in responses of the largest allowed size
PAGE_BODIES = 3
#: seconds a page may take to close before the browser is ended
CLOSE_SECONDS = 10.0
#: seconds after which a page that another page opened is closed
POPUP_SECONDS = 0.5

Fetch = Callable[[Request], Awaitable[Response]]


class _WithSettings:
    """The crawler as scrapy-playwright sees it: with the settings of our browser."""

    def __init__(self, crawler: Crawler, settings: dict[str, Any]) -> None:
        self._crawler = crawler
        self.settings = BaseSettings({**dict(crawler.settings), **settings})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._crawler, name)


class _Provider:
    """Gives scrapy-playwright the one browser of this process."""

    def __init__(self, config: Any) -> None:
        self._path: str = config.launch_options["executable_path"]
        self._joined = False

    async def start(self) -> None:
        self._joined = True
        await chromium.shared().join()

    async def launch_browser(self) -> Any:
        return await chromium.shared().browser(self._path)

    async def launch_persistent_context(self, context_kwargs: dict[str, Any]) -> Any:
        raise NotImplementedError("a source leaves nothing behind on this machine")

    async def close(self) -> None:
        if self._joined:
            self._joined = False
            await chromium.shared().leave()


class Browsing(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """The pages of one source: a context of its own in the shared browser, behind a proxy of its own.

    ``meta["stand"]`` (a name) keeps a list's page open for the next click; ``meta["click"]`` is that click: (CSS or None, words,
    clicks since the first page).
    """

    def __init__(self, crawler: Crawler, plain: Fetch) -> None:
        context = of(crawler)
        config = context.config
        path = chromium.executable(config)
        settings = {
            "PLAYWRIGHT_BROWSER_PROVIDER": _Provider, "PLAYWRIGHT_LAUNCH_OPTIONS": {"executable_path": path}, "PLAYWRIGHT_CONTEXTS": {},
            "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": MOST_PAGES + 2, "PLAYWRIGHT_PROCESS_REQUEST_HEADERS": None,
            "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": config.timeout * 1000,
        }  # fmt: skip
        logging.getLogger("scrapy-playwright").setLevel(logging.CRITICAL)  # what fails is told by what is raised
        super().__init__(_WithSettings(crawler, settings))
        self._plain, self._shared, self._agent = plain, context, context.agent
        self._timeout, self._max_body, self._delay = config.timeout, config.max_body, config.delay
        self._networks = networks_of(config.allow_addresses)
        self._proxy: Proxy | None = None
        self._begin = asyncio.Lock()
        self._watches: dict[Page, Watch] = {}
        self._standing: dict[str, tuple[Page, int]] = {}
        self._let_in = False
        self._version = ""
        self._closing: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------------------------------------------------ what is asked

    async def fetch(self, request: Request) -> Response:
        """Answer a request of a browser source. Raises what the plain handler raises, and `RenderError`."""
        if request.meta.get("role") in RENDERED:
            return await self.render(request)
        response = await self._with_cookies(request)
        if response.status not in REFUSALS or self._let_in:
            return response
        self._let_in = True  # once a crawl: the browser passes what it passes by itself, or it does not
        with contextlib.suppress(RenderError):
            await self._shown(request.replace(meta={**request.meta, "stand": None, "click": None}))
        return await self._with_cookies(request)

    async def _with_cookies(self, request: Request) -> Response:
        """Fetch plainly, with the cookies that the browser would send."""
        context = self._context(request)
        cookies = await context.cookies(request.url) if context else []
        if cookies:
            request.headers["Cookie"] = "; ".join(f"{cookie.get('name', '')}={cookie.get('value', '')}" for cookie in cookies)
        return await self._plain(request)

    async def render(self, request: Request) -> Response:
        """Show a page and read it. A page that turns out to be a file is fetched plainly."""
        for name in ("If-None-Match", "If-Modified-Since"):
            request.headers.pop(name, None)
        try:
            rendered = await self._shown(request)
        except FileError:
            return await self._with_cookies(request)
        headers = Headers(described(rendered, self._version))
        kind = responsetypes.from_args(headers=headers, url=rendered.url, body=rendered.body)
        return kind(rendered.url, status=rendered.status, headers=headers, body=rendered.body, flags=["browser"])

    # ------------------------------------------------------------------------------------------------------------ what is shown

    async def _shown(self, request: Request) -> Rendered:
        await self._ready(request)
        assert self._proxy is not None
        self._proxy.allow(PAGE_BODIES * self._max_body)
        page, clicked = self._standing.pop(request.meta.get("stand") or DESK, (None, 0))
        kept = False
        try:
            async with asyncio.timeout(self._timeout):
                if page is None or page.is_closed():
                    page, clicked = await self._open(request), 0
                rendered = await self._go_on(request, page, clicked) if request.meta.get("click") else await self._goto(request, page)
            kept = self._stand(request, page)
            return rendered
        except TimeoutError:
            raise _timed_out(f"the page was not there after {self._timeout:.0f} s: {request.url[:200]}") from None
        except BrowserError as error:
            raise self._explained(request, error) from None
        finally:
            await self._keep_aside(request, page)
            if page is not None and not kept:
                await self._shut(page)

    async def _keep_aside(self, request: Request, page: Page | None) -> None:
        """Archive what came beside the page before anybody reads the page itself."""
        watch = self._watches.get(page) if page else None
        try:
            for served in await watch.aside.all() if watch else ():
                await self._shared.archive.keep(attempt(served, request, self._version))
        except CannotRunError as error:
            self._shared.fail(error)
            raise

    async def _open(self, request: Request) -> Page:
        ours = Request(request.url, meta=self._context_meta(request))
        page: Page = await self._create_page(ours, self.crawler.spider)
        self._version = self.browser.version
        self._watches[page] = Watch(page, Aside(self._max_body))
        page.on("close", self._forget)
        page.on("dialog", _answer)
        await page.route("**/*", self._route_for(request))
        await self._watches[page].aside.follow(page)
        return page

    def _forget(self, page: Page) -> None:
        self._watches.pop(page, None)

    async def _goto(self, request: Request, page: Page) -> Rendered:
        watch = self._watches[page]
        watch.begin()
        try:
            await page.goto(request.url, wait_until="commit")
        except BrowserError as error:
            if "ERR_HTTP_RESPONSE_CODE_FAILURE" not in error.message or not watch.documents:
                raise
            last = watch.documents[-1]  # an error status without a page
            return Rendered(last.url, last.status, await last.all_headers(), b"", rendered=False)
        await watch.settle()
        return await self._read(watch)

    async def _go_on(self, request: Request, page: Page, clicked: int) -> Rendered:
        """Click on from where the list stands; from its first page, with the pauses of courtesy, where that place was lost."""
        css, words, times = request.meta["click"]
        watch = self._watches[page]
        if not watch.documents:
            await self._goto(request, page)
        for step in range(clicked, times):
            if step > clicked:
                await asyncio.sleep(self._delay)
            await watch.click(Click(css, words))
        return await self._read(watch)

    async def _read(self, watch: Watch) -> Rendered:
        rendered = await watch.read(self._max_body)
        ours = rendered.headers.get(guard_proxy.HEADER.lower())
        if ours == guard_proxy.REFUSED:
            raise RefusedAddressError(self._told("refused", rendered.url) or f"refused: {rendered.url[:200]}")
        if ours == guard_proxy.UNREACHABLE:
            raise ConnectError(string=self._told("unreachable", rendered.url))  # type: ignore[no-untyped-call]
        return rendered

    def _stand(self, request: Request, page: Page) -> bool:
        """Whether the page stays open: for the next click of its list, or as the one that all other pages are shown in."""
        name = request.meta.get("stand") or DESK
        if name in self._standing or len(self._standing) >= MOST_PAGES or self._watches[page].shown >= WORN:
            return False
        click = request.meta.get("click")
        self._standing[name] = (page, click[2] if click else 0)
        return True

    # ----------------------------------------------------------------------------------------------------- context, proxy, routes

    async def _ready(self, request: Request) -> None:
        async with self._begin:
            if self._proxy is None:
                self._proxy = await Proxy(self._networks, request.meta.get("allowed_hosts")).__aenter__()
                await self._launch()

    def _context_meta(self, request: Request) -> dict[str, Any]:
        assert self._proxy is not None
        kwargs = {
            "user_agent": self._agent, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", "proxy": {"server": self._proxy.url},
            "service_workers": "block", "accept_downloads": False, "ignore_https_errors": request.meta.get("tls") == "unverified",
        }  # fmt: skip
        return {"playwright_context": _name(request), "playwright_context_kwargs": kwargs}

    def _context(self, request: Request) -> BrowserContext | None:
        wrapper = self.context_wrappers.get(_name(request))
        return wrapper.context if wrapper else None

    async def _create_browser_context(self, name: str, context_kwargs: dict[str, Any] | None, spider: Any = None) -> BrowserContextWrapper:
        wrapper = await super()._create_browser_context(name, context_kwargs, spider)
        wrapper.context.on("page", self._look_at)
        return wrapper

    def _look_at(self, page: Page) -> None:
        asyncio.get_running_loop().call_later(POPUP_SECONDS, self._close_if_foreign, page)

    def _close_if_foreign(self, page: Page) -> None:
        if page not in self._watches and not page.is_closed():
            task = asyncio.ensure_future(self._shut(page))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _route_for(self, request: Request) -> Callable[[Route], Awaitable[None]]:
        exempt = request.meta.get("tls") == "unverified"

        async def route(route: Route) -> None:
            wanted = route.request
            # a source whose certificate is not checked is exempt for its own hosts only
            foreign = exempt and wanted.url.startswith("https:") and not is_exempt(Request(wanted.url, meta=request.meta))
            with contextlib.suppress(BrowserError):  # the page is gone
                await (route.abort() if wanted.resource_type in UNREAD or foreign else route.continue_())

        return route

    # ------------------------------------------------------------------------------------------------------------------- failures

    def _explained(self, request: Request, error: BrowserError) -> Exception:
        """What a browser's error means, as the plain handler would raise it."""
        words = error.message.splitlines()[0][:200] if error.message else type(error).__name__
        if self._proxy is not None and self._proxy.exhausted:
            return BrokenBodyError(f"given up: more bytes than the limit allows: {request.url[:200]}")
        refused = self._told("refused", request.url) or (self._any_refused() if "ERR_TUNNEL" in words else None)
        if refused:
            return RefusedAddressError(f"{refused}: {request.url[:200]}")
        if "Download is starting" in words or "net::ERR_ABORTED" in words:
            return FileError(words)
        if "ERR_CERT" in words:
            return CertificateError(f"certificate of {request.url[:200]}: {words}")
        if isinstance(error, BrowserTimeoutError):
            return _timed_out(words)
        if why := self._told("unreachable", request.url):
            return ConnectError(string=why)  # type: ignore[no-untyped-call]
        return ConnectionLost(words) if "net::ERR_" in words else RenderError(words)

    def _told(self, what: str, url: str) -> str | None:
        why: dict[str, str] = getattr(self._proxy, what)
        return why.get((urlsplit(url).hostname or "").lower())

    def _any_refused(self) -> str | None:
        """A tunnel that failed was for the page itself, perhaps after a redirect: nothing else was asked before it."""
        return next(iter(self._proxy.refused.values()), None) if self._proxy else None

    async def _shut(self, page: Page) -> None:
        """Close a page; one that does not close takes the browser with it, and the next request starts another."""
        try:
            await asyncio.wait_for(page.close(), CLOSE_SECONDS)
        except TimeoutError:
            await chromium.shared().restart()
        except BrowserError:
            pass  # gone already

    async def _close(self) -> None:
        self._standing.clear()
        for wrapper in list(self.context_wrappers.values()):
            with contextlib.suppress(BrowserError, TimeoutError):
                await asyncio.wait_for(wrapper.context.close(), CLOSE_SECONDS)
        self.context_wrappers.clear()
        if getattr(self, "browser_provider", None):
            await self.browser_provider.close()
        if self._proxy is not None:
            await self._proxy.__aexit__()


async def _answer(dialog: Dialog) -> None:
    """Nobody is there to be asked; a page that wants to stay is left all the same."""
    with contextlib.suppress(BrowserError):
        await (dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss())


def _timed_out(words: str) -> Exception:
    return TxTimeoutError(words)  # type: ignore[no-untyped-call]


def _name(request: Request) -> str:
    return str(request.meta.get("source_id") or "source")
