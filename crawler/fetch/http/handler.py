"""The download handler: Scrapy's own for HTTP/1.1, behind the guard, with a bound on headers and a choice about certificates.

Connections with and without verified certificates never share a pool.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from OpenSSL.SSL import Error as SslError
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _ScrapyAgent,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import Headers, Response
from scrapy.settings import BaseSettings
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from service_identity import VerificationError
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IAddress
from twisted.web._newclient import Request as TxRequest
from twisted.web.client import URI, Agent
from twisted.web.client import Response as TxResponse
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.fetch.http.guard import DOOR, Resolver, door_for, is_exempt, networks_of
from crawler.fetch.process import of
from crawler.fetch.refusals import BrokenBodyError, CertificateError, RefusedAddressError

if TYPE_CHECKING:
    from crawler.fetch.browser.browser import Browsing

#: bytes of status line and headers an answer may have; honest ones stay below 16 KiB
MAX_HEAD = 256 * 1024
#: seconds an unused connection stays open; many servers close theirs after 15
KEEP_OPEN = 12


class _BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Drops a server that sends headers, or interim answers, without end."""

    _head = 0

    def request(self, request: TxRequest) -> Any:
        self._head = 0
        return super().request(request)

    def dataReceived(self, bytes: bytes) -> None:  # noqa: N802, A002  # Twisted's names
        if self._parser is not None and self._parser.state in {"STATUS", "HEADER"}:
            self._head += len(bytes)
            if self._head > MAX_HEAD:
                self.transport.abortConnection()  # type: ignore[union-attr]
                return
        super().dataReceived(bytes)  # type: ignore[no-untyped-call]


class _BoundedFactory(_LenientHTTP11ClientFactory):
    noisy = False

    def buildProtocol(self, addr: IAddress | None) -> _BoundedProtocol:  # noqa: ARG002, N802
        return _BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


@implementer(IAgentEndpointFactory)
class _Endpoints:
    """Remembers where hosts are reached: to spell a name as IDNA wants it takes longer than all else about a request.

    An endpoint only names host and port: addresses are looked up, and guarded, whenever it connects.
    """

    def __init__(self, policy: Any, timeout: float) -> None:
        self._policy, self._timeout = policy, timeout
        self._made = lru_cache(maxsize=32)(self._make)  # of a host with https it holds a megabyte of certificates

    def endpointForURI(self, uri: URI) -> Any:  # noqa: N802  # Twisted's name
        return self._made(uri.scheme, uri.host, uri.port)

    def _make(self, scheme: bytes, host: bytes, port: int) -> Any:
        from twisted.internet import reactor

        plain: Any = HostnameEndpoint(reactor, host.decode("ascii"), port, timeout=self._timeout)
        return plain if scheme == b"http" else wrapClientTLS(self._policy.creatorForNetloc(host, port), plain)


class _Http11(HTTP11DownloadHandler):
    """Scrapy's handler; one agent serves all requests with the same timeout.

    There are no proxies and no addresses to bind to, and nothing is logged of a body cut short: the row of the attempt tells it.
    """

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._agent = cache(self._make_agent)
        self._pool._factory = _BoundedFactory  # the one place where a connection's protocol is chosen
        self._pool.retryAutomatically = False  # Twisted would ask a second time at once, without the host's pause
        self._pool.cachedConnectionTimeout = KEEP_OPEN

    def _make_agent(self, timeout: float) -> Agent:
        from twisted.internet import reactor

        agent: Agent = Agent.usingEndpointFactory(reactor, _Endpoints(self._contextFactory, timeout), self._pool)  # type: ignore[no-untyped-call]
        return agent

    async def download_request(self, request: Request) -> Response:
        fetching = _Fetching(
            self._agent,
            contextFactory=self._contextFactory,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
        )
        with wrap_twisted_exceptions():
            return await maybe_deferred_to_future(fetching.download_request(request))


class _Fetching(_ScrapyAgent):
    """One request of `_Http11`."""

    def __init__(self, agent: Callable[[float], Agent], **settings: Any) -> None:
        super().__init__(**settings)
        self._agent = agent
        self._headers: Headers | None = None

    def _get_agent(self, request: Request, timeout: float) -> Agent:  # noqa: ARG002
        return self._agent(timeout)

    def _headers_from_twisted_response(self, response: TxResponse) -> Headers:  # type: ignore[override]
        """Asked for twice, when the headers have come and when all has."""
        if self._headers is None:
            self._headers = super()._headers_from_twisted_response(response)
        return self._headers


class _Exempt:
    """The crawler as the handler for exempt sources sees it: certificates are not checked."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self.settings = BaseSettings({**dict(crawler.settings), "DOWNLOAD_VERIFY_CERTIFICATES": False})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._crawler, name)


class Handler(BaseDownloadHandler):
    """Fetches over http and https. Certificates are checked unless `crawler.fetch.http.guard.is_exempt` says otherwise."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._networks = networks_of(of(crawler).config.allow_addresses)
        self._install_guard()
        self._verified = _Http11(crawler)
        self._unverified: HTTP11DownloadHandler | None = None
        self._browsing: Browsing | None = None

    @staticmethod
    def _install_guard() -> None:
        from twisted.internet import reactor  # importing it earlier would choose the reactor

        Resolver(reactor).install_on_reactor()

    async def download_request(self, request: Request) -> Response:
        """Fetch, by the browser where the source asks for it. Raises `RefusedAddressError`, `CertificateError`, or as Scrapy's handler."""
        if request.meta.get("browser"):
            return await self._browser().fetch(request)
        return await self.plainly(request)

    def _browser(self) -> Browsing:
        if self._browsing is None:
            from crawler.fetch.browser.browser import Browsing  # an extra: it takes scrapy-playwright

            self._browsing = Browsing(self.crawler, self.plainly)
        return self._browsing

    async def plainly(self, request: Request) -> Response:
        """Fetch without a browser. Raises as `download_request`."""
        door = door_for(request, self._networks)
        token = DOOR.set(door)
        try:
            return await self._handler_for(request).download_request(request)
        except DownloadCancelledError as error:
            raise BrokenBodyError(f"given up: more bytes than the limit allows: {request.url[:200]}") from error
        except Exception as error:
            if door.refused is not None:
                raise RefusedAddressError(f"{door.refused}: {request.url[:200]}") from None
            if (why := _certificate_trouble(error)) is not None:
                raise CertificateError(f"certificate of {request.url[:200]}: {why}") from None
            raise
        finally:
            DOOR.reset(token)

    def _handler_for(self, request: Request) -> HTTP11DownloadHandler:
        if not is_exempt(request):
            return self._verified
        if self._unverified is None:
            self._unverified = _Http11(_Exempt(self.crawler))
        return self._unverified

    async def close(self) -> None:
        if self._browsing is not None:
            await self._browsing.close()
        await self._verified.close()
        if self._unverified is not None:
            await self._unverified.close()


def _certificate_trouble(error: BaseException) -> str | None:
    """The words of a failed certificate check somewhere in what a download raised; None when it failed otherwise."""
    todo: list[BaseException] = [error]
    for found in todo:
        if isinstance(found, VerificationError):
            return "it is made out to another name"
        if isinstance(found, SslError) and "certificate verify failed" in str(found):
            return "it does not verify"
        todo += [failure.value for failure in getattr(found, "reasons", None) or ()]
        if found.__cause__ is not None and len(todo) < 20:
            todo.append(found.__cause__)
    return None
