"""Which addresses are fetched: judged where the connection is made, on every hop.

`Guard` refuses what can be seen in an address. `Resolver` judges what a name resolves to, and the connection uses exactly what was
judged. Networks of ``allow_addresses`` (tests, sample sites) are open only to requests for hosts of their own source.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import SplitResult, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.errors import AddressError, UsageError
from crawler.fetch.process import of
from crawler.fetch.refusals import RefusedAddressError
from crawler.text.memory import remembered
from crawler.urls import host_of

if TYPE_CHECKING:
    from twisted.internet.base import ReactorBase

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

#: ports on which something else than a web site answers: all below 1024 but those that sites are seen on, and of the rest
#: those that browsers block (WHATWG fetch, "bad port") and the usual ones of databases and queues
_LOW_PORTS = frozenset({80, 443, *range(81, 87), 88, 89, 90, 91, 98, 99, 100, 280, 591, 800, 801, 808, 880, 888, 898, 899, 999})
_HIGH_PORTS_CLOSED = frozenset({
    1433, 1521, 1719, 1720, 1723, 2049, 2375, 2379, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5672, 5900, 6000, 6379, 6566,
    6665, 6666, 6667, 6668, 6669, 6679, 6697, 9200, 9300, 10080, 11211, 27017,
})  # fmt: skip


@dataclass(slots=True)
class Door:
    """What the request that opens a connection may reach; filled with the reason when it is refused."""

    networks: tuple[Network, ...] = ()
    refused: str | None = None


#: set around each download; without it only public addresses are reached
DOOR: ContextVar[Door | None] = ContextVar("door", default=None)


@lru_cache(8)
def networks_of(text: str) -> tuple[Network, ...]:
    """Read ``allow_addresses``: networks apart by commas or spaces. Raises `UsageError`."""
    try:
        return tuple(ipaddress.ip_network(part) for part in text.replace(",", " ").split())
    except ValueError as error:
        raise UsageError(f"setting allow_addresses: {error}; example: 127.0.0.0/8") from None


def is_fetchable(address: str, networks: Sequence[Network] = ()) -> bool:
    """Whether a numeric address is public, or lies in one of ``networks``.

    An IPv6 address that wraps an IPv4 one (mapped, 6to4, Teredo, NAT64) is judged by what it wraps.

    >>> is_fetchable("::ffff:127.0.0.1"), is_fetchable("223.5.5.5")
    (False, True)
    """
    return _is_fetchable(address, tuple(networks))


@lru_cache(1024)  # a source has few hosts and many pages
def _is_fetchable(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        found: _Address = ipaddress.ip_address(address)
    except ValueError:
        return False
    for inner in _wrapped(found):
        found = inner
    if any(found.version == network.version and found in network for network in networks):
        return True
    return found.is_global and not found.is_multicast and not found.is_reserved


def _wrapped(address: _Address) -> list[ipaddress.IPv4Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    teredo = address.teredo[1] if address.teredo else None
    nat64 = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return [inner for inner in (address.ipv4_mapped, address.sixtofour, teredo, nat64) if inner is not None]


def is_open_port(port: int) -> bool:
    """Whether a web site may be expected behind the port."""
    return port in _LOW_PORTS or (1024 <= port <= 65535 and port not in _HIGH_PORTS_CLOSED)


def literal(host: str) -> str | None:
    """The numeric address a host spells, in any notation that the system's resolver takes; None for a name.

    >>> literal("2130706433"), literal("0x7f.1"), literal("[::1]"), literal("example.com")
    ('127.0.0.1', '127.0.0.1', '::1', None)
    """
    bare = host.strip("[]")
    if ":" in bare:
        return bare
    try:
        return socket.inet_ntoa(socket.inet_aton(bare))
    except OSError:
        return None


def check(url: str, networks: Sequence[Network] = ()) -> None:
    """Refuse what can be seen without a connection: scheme, port, a numeric host that may not be reached or is spelled to deceive.

    Raises `RefusedAddressError`. Names are judged by `Resolver` when the connection is made.
    """
    parts = urlsplit(url)
    why, address = _seen_in(f"{parts.scheme}://{parts.netloc}")
    if why is None and address is not None and not is_fetchable(address, networks):
        why = f"{address} is not public"
    if why is not None:
        raise RefusedAddressError(f"{why}: {url[:200]}")


@remembered(longest=300, most=1024)  # a source has few hosts and many pages; a redirect may write anything
def _seen_in(site: str) -> tuple[str | None, str | None]:
    """What speaks against scheme, host and port of a site, and the numeric address its host spells."""
    parts = _parts(site)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "not an http address", None
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "no such port", None
    if not is_open_port(port):
        return f"port {port} is none of a web site", None
    host, address = parts.hostname, literal(parts.hostname)
    if address is not None and ":" not in host and host != address:
        return f"{host} is another spelling of {address}", None
    return None, address


def _parts(site: str) -> SplitResult:
    scheme, _, written = site.partition("://")
    return SplitResult(scheme, written, "", "", "")


def same_site(url: str, source_urls: Iterable[str]) -> bool:
    """Whether ``url`` stands on a host of one of ``source_urls``; a leading ``www.`` does not matter, a port does."""
    try:
        return host_of(url).removeprefix("www.") in {host_of(own).removeprefix("www.") for own in source_urls}
    except AddressError:
        return False


def netloc(request: Request) -> str:
    """Host and, where it is not the scheme's own, port of a request: what ``meta["allowed_hosts"]`` holds."""
    parts = urlparse_cached(request)
    return _netloc(f"{parts.scheme}://{parts.netloc}")


@remembered(longest=300, most=1024)  # asked several times for each of a host's many pages
def _netloc(site: str) -> str:
    parts = _parts(site)
    default = 443 if parts.scheme == "https" else 80
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, default) else f"{host}:{parts.port}"


def is_own(request: Request) -> bool:
    """Whether a request goes to a host of its own source (``meta["allowed_hosts"]``); without such a list every host is."""
    hosts = request.meta.get("allowed_hosts")
    return hosts is None or netloc(request) in hosts


def is_exempt(request: Request) -> bool:
    """Whether certificates are not checked: the source says so (``meta["tls"]``), and the host is its own."""
    return request.meta.get("tls") == "unverified" and is_own(request)


def door_for(request: Request, allowed: tuple[Network, ...]) -> Door:
    """The door of a request: the allow-list is open to hosts of its own source only."""
    return Door(allowed if is_own(request) else ())


class Guard:
    """Downloader middleware: the first one, so that nothing is asked of a host that is refused, not even its robots.txt."""

    def __init__(self, networks: tuple[Network, ...]) -> None:
        self._networks = networks

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Guard:
        return cls(networks_of(of(crawler).config.allow_addresses))

    def process_request(self, request: Request) -> None:
        try:
            check(request.url, door_for(request, self._networks).networks)
        except ValueError:
            raise RefusedAddressError(f"not an address: {request.url[:200]}") from None


@implementer(IHostnameResolver)
class Resolver:
    """Twisted's resolver, every answer judged: one address that may not be reached refuses the name."""

    def __init__(self, reactor: ReactorBase) -> None:
        self._reactor = reactor
        self._original: Any = reactor.nameResolver

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Resolver:  # noqa: ARG003
        return cls(reactor)

    def install_on_reactor(self) -> None:
        if not isinstance(self._reactor.nameResolver, Resolver):
            self._reactor.installNameResolver(cast("Any", self))

    def resolveHostName(  # noqa: N802
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        judge = _Judge(resolutionReceiver, hostName, DOOR.get() or Door(), copy_context())
        resolution: IHostResolution = self._original.resolveHostName(judge, hostName, portNumber, addressTypes, transportSemantics)
        return resolution


@implementer(IResolutionReceiver)
class _Judge:
    """Takes the resolver's answers and passes on either all of them or none.

    It passes them on in the context of the request: what follows (the connection, a retry on a stale one) is judged like it.
    """

    def __init__(self, receiver: Any, host: str, door: Door, context: Context) -> None:
        self._receiver, self._host, self._door, self._context = receiver, host, door, context
        self._addresses: list[Any] = []

    def resolutionBegan(self, resolution: IHostResolution) -> None:  # noqa: N802
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self._addresses.append(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        closed = [a.host for a in self._addresses if not is_fetchable(str(a.host).partition("%")[0], self._door.networks)]
        if closed:
            self._door.refused = f"{self._host} resolves to {closed[0]}, which is not public"
        self._context.run(self._pass_on, [] if closed else self._addresses)

    def _pass_on(self, addresses: list[Any]) -> None:
        for address in addresses:
            self._receiver.addressResolved(address)
        self._receiver.resolutionComplete()
