"""The browser of this machine: where it is, how it is started, one for all sources of a process.

It is the system's Chromium as it is: our agent name, no stealth, no proxy from the environment. What it asks for by itself (updates,
field trials) goes to a proxy that refuses everything; pages go through the proxy of their source.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import os
import shutil
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.config import Config
from crawler.fetch.browser.guard_proxy import Proxy
from crawler.fetch.process import of
from crawler.fetch.refusals import BrowserForbiddenError, BrowserMissingError

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

logger = logging.getLogger(__name__)

COMMANDS = ("chromium", "chromium-browser", "google-chrome")
INSTALL = "apt-get install chromium"
INSTALL_DRIVER = "pip install 'signoff[browser]'"
#: seconds the browser may take to start, and to close before it is given up
START_SECONDS, CLOSE_SECONDS = 30.0, 10.0
ARGUMENTS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # names are the proxy's business; 127.0.0.1 is the proxy
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",  # UDP would go round the proxy
    "--js-flags=--max-old-space-size=384",  # MiB of a page's script heap
)  # fmt: skip


def executable(config: Config) -> str:
    """Path of the browser. Raises `BrowserForbiddenError`, or `BrowserMissingError` with the command that mends it."""
    if config.browser == "never":
        raise BrowserForbiddenError("this source needs a browser, and the setting browser = never (SIGNOFF_BROWSER) forbids it")
    if importlib.util.find_spec("scrapy_playwright") is None:
        raise BrowserMissingError(f"this source needs a browser, and scrapy-playwright is not installed: {INSTALL_DRIVER}")
    path = find(config)
    if path is None:
        where = f"there is none at {config.chromium} (SIGNOFF_CHROMIUM)" if config.chromium else "Chromium is not installed"
        raise BrowserMissingError(f"this source needs a browser, and {where}: {INSTALL}")
    return path


def find(config: Config) -> str | None:
    """The configured program, else the first one of `COMMANDS`; None where there is none that can be run."""
    wanted = (config.chromium,) if config.chromium else COMMANDS
    return next((path for name in wanted if (path := shutil.which(name))), None)


def environment() -> dict[str, str]:
    """What the browser is told of the environment: no proxies, no settings of ours."""
    return {name: value for name, value in os.environ.items() if "proxy" not in name.lower() and not name.startswith("SIGNOFF_")}


class Chromium:
    """One running browser. Started at first use, again after it died, ended when its last user leaves."""

    def __init__(self) -> None:
        self._users = 0
        self._lock = asyncio.Lock()
        self._driver: Playwright | None = None
        self._browser: Browser | None = None
        self._closed_door: Proxy | None = None
        self._broken: str | None = None

    async def join(self) -> None:
        """Announce a user."""
        self._users += 1

    async def browser(self, path: str) -> Browser:
        """The running browser. Raises `BrowserMissingError` where it does not start; it is not tried again in this process."""
        from playwright.async_api import Error  # an extra: installed where sources ask for a browser

        async with self._lock:
            if self._broken:
                raise BrowserMissingError(self._broken)
            try:
                if self._browser is None or not self._browser.is_connected():
                    self._browser = await self._launch(path)
            except Error as error:
                self._broken = f"{path} does not start ({error.message.splitlines()[0][:200]}): {INSTALL}"
                raise BrowserMissingError(self._broken) from None
            return self._browser

    async def _launch(self, path: str) -> Browser:
        from playwright.async_api import async_playwright

        if self._driver is None:
            self._driver = await async_playwright().start()
        if self._closed_door is None:
            self._closed_door = await Proxy(closed=True).__aenter__()
        return await self._driver.chromium.launch(
            executable_path=path, args=list(ARGUMENTS), env={**environment()}, proxy={"server": self._closed_door.url},
            chromium_sandbox=os.geteuid() != 0, timeout=START_SECONDS * 1000,
            handle_sigint=False, handle_sigterm=False, handle_sighup=False,
        )  # fmt: skip

    async def restart(self) -> None:
        """End a browser that no longer answers; the next use starts another."""
        browser, self._browser = self._browser, None
        if browser is not None:
            await _within(browser.close())

    async def leave(self) -> None:
        """A user is through; the last one ends the browser."""
        self._users -= 1
        if self._users > 0:
            return
        async with self._lock:
            await self.restart()
            driver, self._driver = self._driver, None
            if driver is not None:
                await _within(driver.stop())
            door, self._closed_door = self._closed_door, None
            if door is not None:
                await door.__aexit__()


async def _within(closing: Any) -> None:
    """Wait for something to close, not for ever: what hangs is killed with the driver."""
    from playwright.async_api import Error

    with contextlib.suppress(Error, TimeoutError):
        await asyncio.wait_for(closing, CLOSE_SECONDS)


_shared: Chromium | None = None


def shared() -> Chromium:
    """The browser of this process."""
    global _shared  # noqa: PLW0603  # one process, one browser
    if _shared is None:
        _shared = Chromium()
    return _shared


class Permit:
    """Downloader middleware: a source that wants a browser is refused before anything is asked of its site, where there is none."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Permit:
        return cls(of(crawler).config)

    def process_request(self, request: Request) -> None:
        if request.meta.get("browser"):
            executable(self._config)
