"""A loopback proxy with the guard: the only way out of Chromium, which resolves names by itself.

Each browser context has a proxy of its own, so that networks of ``allow_addresses`` are open to the hosts of its own source only.
Every request and every tunnel is judged by its target; the connection goes to exactly the address that was judged.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from crawler.fetch.http.guard import Network, check, is_fetchable
from crawler.fetch.refusals import RefusedAddressError

#: bytes of request line and headers
MAX_HEAD = 64 * 1024
#: seconds until a head is there, until a connection stands, and without a byte in either direction
HEAD_SECONDS, CONNECT_SECONDS, IDLE_SECONDS = 20.0, 20.0, 60.0
#: connections at a time; a page has six per host
MOST = 64
#: header of our own answers, so that they are not taken for the site's; its value is `REFUSED` or `UNREACHABLE`
HEADER = "X-Signoff-Proxy"
REFUSED, UNREACHABLE = "refused", "unreachable"
_PIECE = 64 * 1024
_INTERIM = 10
_HOP = frozenset({"connection", "proxy-connection", "proxy-authorization", "keep-alive", "te", "trailer", "upgrade"})

Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request wants to go. ``host`` without brackets; ``path`` is empty for a tunnel."""

    host: str
    port: int
    path: str = ""

    @property
    def name(self) -> str:
        """Host and port as ``allowed_hosts`` spells them: a port that http or https have anyway is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port in (80, 443) else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if self.path else 'https'}://{host}:{self.port}{self.path or '/'}"


@dataclass(frozen=True, slots=True)
class Head:
    """A request's first lines, hop-by-hop headers left out."""

    method: str
    target: Target
    headers: tuple[tuple[str, str], ...]
    length: int

    def forwarded(self) -> bytes:
        """What the server gets: the address without scheme and host, one request a connection."""
        lines = [f"{self.method} {self.target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers), "Connection: close"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name by the system's resolver. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Proxy:
    """A proxy on a free port of 127.0.0.1.

    ``networks`` are open to ``hosts`` (spelled as `Target.name`) only; to every host where ``hosts`` is None. ``closed`` refuses
    everything. ``refused`` and ``unreachable`` say, by host, why a connection was not made. ``budget``: bytes that may still come.
    """

    def __init__(
        self, networks: tuple[Network, ...] = (), hosts: Iterable[str] | None = None, *, closed: bool = False, resolver: Resolve = resolve
    ) -> None:
        self._networks, self._hosts = networks, None if hosts is None else frozenset(hosts)
        self._closed, self._resolve = closed, resolver
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.refused: dict[str, str] = {}
        self.unreachable: dict[str, str] = {}
        self.budget = 0
        self.exhausted = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MAX_HEAD)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def url(self) -> str:
        """The proxy's own address, as a browser's setting has it."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def allow(self, size: int) -> None:
        """Let ``size`` further bytes come in, over all connections; beyond that everything is cut."""
        self.budget, self.exhausted = size, False
        self.refused.clear()
        self.unreachable.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._open) >= MOST:
            writer.close()
            return
        self._open.add(task)
        try:
            await self._talk(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # either side is gone: the browser reports it as it sees it
        except asyncio.CancelledError:
            pass  # the proxy closes; a stream's task that ends cancelled is reported as an error by asyncio
        finally:
            self._open.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
        try:
            head = read_head(raw)
            addresses = await self._judge(head.target)
        except RefusedAddressError as error:
            await _say(writer, "403 Forbidden", REFUSED, str(error))
            return
        except OSError as error:
            self.unreachable[head.target.host] = f"{head.target.host} is not known: {error.strerror or error}"
            await _say(writer, "502 Bad Gateway", UNREACHABLE, self.unreachable[head.target.host])
            return
        opened = await self._connect(head.target, addresses)
        if opened is None:
            await _say(writer, "502 Bad Gateway", UNREACHABLE, self.unreachable[head.target.host])
            return
        try:
            await self._pass_on(head, reader, writer, *opened)
        finally:
            opened[1].close()

    async def _judge(self, target: Target) -> list[str]:
        """The addresses a target may be reached at. Raises `RefusedAddressError`, `OSError` for a name nobody knows."""
        try:
            if self._closed:
                raise RefusedAddressError(f"nothing is asked from here: {target.name}")
            networks = self._networks if self._hosts is None or target.name in self._hosts else ()
            check(target.url, networks)
            addresses = await self._resolve(target.host, target.port)
            closed = [address for address in addresses if not is_fetchable(address.partition("%")[0], networks)]
            if closed:
                raise RefusedAddressError(f"{target.host} resolves to {closed[0]}, which is not public")
        except UnicodeError:
            raise RefusedAddressError(f"not a host: {target.host[:80]!r}") from None
        except RefusedAddressError as error:
            self.refused[target.host] = str(error)
            raise
        return addresses

    async def _connect(self, target: Target, addresses: list[str]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        why = "no address"
        for address in addresses:
            try:
                return await asyncio.wait_for(asyncio.open_connection(address, target.port), CONNECT_SECONDS)
            except (OSError, TimeoutError) as error:
                why = str(error) or "no connection in time"
        self.unreachable[target.host] = f"{target.name}: {why}"
        return None

    async def _pass_on(
        self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, far: asyncio.StreamReader, away: asyncio.StreamWriter
    ) -> None:
        tunnel = head.method == "CONNECT"
        if tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            away.write(head.forwarded())
        up = asyncio.create_task(_copy(reader, away, None if tunnel else head.length))
        try:
            if not tunnel:
                writer.write(await asyncio.wait_for(_answer_head(far), IDLE_SECONDS))
            await self._bring(far, writer)
        finally:
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)

    async def _bring(self, far: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Copy what the server sends, as far as the budget goes."""
        while data := await asyncio.wait_for(far.read(_PIECE), IDLE_SECONDS):
            self.budget -= len(data)
            if self.budget < 0:
                self.exhausted = True
                return
            writer.write(data)
            await writer.drain()


async def _copy(reader: asyncio.StreamReader, away: asyncio.StreamWriter, length: int | None) -> None:
    """Copy what the browser sends; of a plain request its body only, so that nothing follows it to an address judged for another."""
    left = length
    with contextlib.suppress(OSError):
        while data := await reader.read(_PIECE):
            away.write(data if left is None else data[:left])
            left = None if left is None else max(0, left - len(data))
            await away.drain()
        away.close()  # the browser hung up


async def _answer_head(far: asyncio.StreamReader) -> bytes:
    """The head of a server's answer, with the word that no further request may follow on this connection, whatever the server says."""
    for _ in range(_INTERIM):
        raw = await far.readuntil(b"\r\n\r\n")
        if raw[:12].split(b" ")[-1][:1] != b"1":
            first, *lines = raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
            kept = [
                line for line in lines if line.partition(b":")[0].strip().lower() not in (b"connection", b"keep-alive", b"proxy-connection")
            ]
            return b"\r\n".join([first, *kept, b"Connection: close", b"", b""])
    raise OSError("interim answers without end")


async def _say(writer: asyncio.StreamWriter, status: str, kind: str, why: str) -> None:
    body = why.encode()
    headers = (f"{HEADER}: {kind}", "Content-Type: text/plain; charset=utf-8", f"Content-Length: {len(body)}", "Connection: close")
    writer.write("\r\n".join((f"HTTP/1.1 {status}", *headers, "\r\n")).encode("latin-1") + body)
    await writer.drain()


def read_head(raw: bytes) -> Head:
    """Read what a browser asks a proxy for. Raises `RefusedAddressError` where it is not a plain request or a tunnel.

    >>> read_head(b"GET http://example.com/a?b HTTP/1.1\\r\\nHost: example.com\\r\\n\\r\\n").target
    Target(host='example.com', port=80, path='/a?b')
    """
    first, *lines = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1.") or not parts[0].isalpha():
        raise RefusedAddressError("not a request to a proxy")
    headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    names = {name.lower(): value for name, value in headers}
    length = names.get("content-length", "0")
    if "transfer-encoding" in names or not (length.isascii() and length.isdigit() and len(length) < 10):
        raise RefusedAddressError("a request whose length is not said")
    target = _tunnel(parts[1]) if parts[0] == "CONNECT" else _absolute(parts[1])
    kept = tuple((name, value) for name, value in headers if name.lower() not in _HOP)
    return Head(parts[0], target, kept, int(length))


def _tunnel(text: str) -> Target:
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit() and len(port) < 6):
        raise RefusedAddressError(f"not a host and a port: {text[:200]}")
    return Target(_host(host.strip("[]")), int(port))


def _absolute(text: str) -> Target:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        raise RefusedAddressError(f"not an address: {text[:200]}") from None
    if parts.scheme != "http" or not host:
        raise RefusedAddressError(f"not an http address: {text[:200]}")
    return Target(_host(host), port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _host(text: str) -> str:
    if not text or not text.isascii() or any(c in text for c in "/@\\ %"):
        raise RefusedAddressError(f"not a host: {text[:80]!r}")
    return text.lower().rstrip(".")
