"""The browser's only way out: what the proxy lets through, and what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from crawler.fetch.browser import guard_proxy
from crawler.fetch.browser.guard_proxy import Proxy, Target, read_head
from crawler.fetch.http.guard import networks_of
from crawler.fetch.refusals import RefusedAddressError
from tests.fetching import Site, plain, raw

LOOPBACK = networks_of("127.0.0.0/8")


def knows(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    """A resolver that gives every name these addresses."""

    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


def whole(answer: bytes) -> bool:
    """Whether an answer with a Content-Length is complete."""
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), None)
    return length is not None and len(body) >= length


def asked(request: bytes, done: Callable[[bytes], bool] = whole, **options: Any) -> tuple[bytes, Proxy]:
    """What the proxy answers to these bytes, to the end of the answer or of the connection."""

    async def talk() -> tuple[bytes, Proxy]:
        async with Proxy(**options) as here:
            here.allow(2**20)
            reader, writer = await asyncio.open_connection("127.0.0.1", int(here.url.rpartition(":")[2]))
            writer.write(request)
            answer = b""
            while not (answer and done(answer)) and (piece := await asyncio.wait_for(reader.read(2**16), 20)):
                answer += piece
            writer.close()
            return answer, here

    return asyncio.run(talk())


def get(url: str, *headers: str) -> bytes:
    return "\r\n".join((f"GET {url} HTTP/1.1", "Host: x", *headers, "", "")).encode()


def tunnel(host: str, inner: bytes = b"") -> bytes:
    return f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() + inner


@pytest.fixture
def site() -> Any:
    with Site({"/": plain(b"hello"), "/large": plain(b"x" * 200_000)}) as here:
        yield here


def test_own_host_is_reached(site: Site) -> None:
    answer, _ = asked(get(site.url("/")), networks=LOOPBACK, hosts=[site.host])
    assert answer.endswith(b"hello")


def test_what_the_server_gets_is_no_proxy_request(site: Site) -> None:
    asked(get(site.url("/?a=1"), "Proxy-Connection: keep-alive", "Accept: x"), networks=LOOPBACK, hosts=[site.host])
    assert site.log[0].head == b"GET /?a=1 HTTP/1.1\r\nHost: x\r\nAccept: x\r\nConnection: close\r\n\r\n"


def test_answer_tells_the_browser_to_hang_up(site: Site) -> None:
    site.answers["/"] = plain(b"hello", Connection="keep-alive")
    answer, _ = asked(get(site.url("/")), networks=LOOPBACK, hosts=[site.host])
    assert b"\r\nConnection: close\r\n" in answer
    assert b"keep-alive" not in answer


def test_interim_answers_are_left_out() -> None:
    with Site({"/": raw(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")}) as site:
        answer, _ = asked(get(site.url("/")), networks=LOOPBACK, hosts=[site.host])
    assert answer == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"


def test_tunnel_passes_bytes_both_ways() -> None:
    with Site({"/": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")}) as site:
        answer, _ = asked(
            tunnel(site.host, b"GET / HTTP/1.1\r\n\r\n"), lambda answer: answer.endswith(b"hi"), networks=LOOPBACK, hosts=[site.host]
        )
    assert answer == b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@pytest.mark.parametrize("request_of", [get, tunnel], ids=["request", "tunnel"])
@pytest.mark.parametrize(
    "host",
    [
        pytest.param("127.0.0.1:8080", id="loopback"),
        pytest.param("10.0.0.1:80", id="private"),
        pytest.param("169.254.169.254:80", id="link-local"),
        pytest.param("[::1]:80", id="loopback, version 6"),
        pytest.param("[::ffff:127.0.0.1]:80", id="mapped"),
        pytest.param("2130706433:80", id="a number for loopback"),
        pytest.param("0x7f.1:80", id="hexadecimal"),
        pytest.param("223.5.5.5:22", id="a port of no web site"),
        pytest.param("223.5.5.5:5432", id="a database's port"),
    ],
)
def test_refused_addresses(request_of: Callable[[str], bytes], host: str) -> None:
    answer, here = asked(request_of(f"http://{host}/" if request_of is get else host), resolver=knows("223.5.5.5"))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert here.refused


def test_name_that_resolves_to_loopback_is_refused(site: Site) -> None:
    port = site.port
    answer, here = asked(get(f"http://rebound.example:{port}/"), networks=LOOPBACK, hosts=[site.host], resolver=knows("127.0.0.1"))
    assert here.refused == {"rebound.example": "rebound.example resolves to 127.0.0.1, which is not public"}
    assert b"refused" in answer
    assert site.log == []


def test_one_closed_address_refuses_the_name() -> None:
    _, here = asked(get("http://mixed.example/"), resolver=knows("223.5.5.5", "10.0.0.1"))
    assert "10.0.0.1" in here.refused["mixed.example"]


def test_allowed_network_is_closed_to_foreign_hosts(site: Site) -> None:
    _, here = asked(get(site.url("/")), networks=LOOPBACK, hosts=["sthj.example.gov.cn"])
    assert "not public" in here.refused["127.0.0.1"]
    assert site.log == []


def test_closed_proxy_refuses_everything() -> None:
    _, here = asked(get("http://223.5.5.5/"), closed=True, networks=LOOPBACK)
    assert here.refused == {"223.5.5.5": "nothing is asked from here: 223.5.5.5"}


def test_unknown_name_is_unreachable() -> None:
    async def nobody(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    answer, here = asked(get("http://nobody.example/"), resolver=nobody)
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert here.unreachable == {"nobody.example": "nobody.example is not known: no such name"}


def test_nobody_listens() -> None:
    with Site() as site:
        host, url = site.host, site.url("/")
    answer, here = asked(get(url), networks=LOOPBACK, hosts=[host])
    assert f"{guard_proxy.HEADER}: {guard_proxy.UNREACHABLE}".encode() in answer
    assert "127.0.0.1" in here.unreachable


def test_body_reaches_the_server_and_nothing_after_it(site: Site) -> None:
    second = b"GET http://127.0.0.1:1/second HTTP/1.1\r\n\r\n"
    request = f"POST {site.url('/')} HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc".encode() + second
    asked(request, networks=LOOPBACK, hosts=[site.host])
    assert [found.path for found in site.log] == ["/"]


def test_more_than_the_budget_is_cut(site: Site) -> None:
    async def talk() -> tuple[int, bool]:
        async with Proxy(LOOPBACK, [site.host]) as here:
            here.allow(100_000)
            reader, writer = await asyncio.open_connection("127.0.0.1", int(here.url.rpartition(":")[2]))
            writer.write(get(site.url("/large")))
            size = len(await asyncio.wait_for(reader.read(), 20))
            writer.close()
            return size, here.exhausted

    size, exhausted = asyncio.run(talk())
    assert exhausted
    assert size <= 100_000


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", id="no proxy request"),
        pytest.param(b"GET ftp://example.com/ HTTP/1.1\r\n\r\n", id="another scheme"),
        pytest.param(b"GET https://example.com/ HTTP/1.1\r\n\r\n", id="https without a tunnel"),
        pytest.param(b"CONNECT example.com HTTP/1.1\r\n\r\n", id="tunnel without a port"),
        pytest.param(b"CONNECT a@example.com:443 HTTP/1.1\r\n\r\n", id="user name"),
        pytest.param(b"CONNECT example.com:123456 HTTP/1.1\r\n\r\n", id="no port number"),
        pytest.param(b"POST http://example.com/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", id="length not said"),
        pytest.param(b"POST http://example.com/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n", id="length below zero"),
        pytest.param(b"nonsense\r\n\r\n", id="nonsense"),
        pytest.param(b"GET http://[::1/ HTTP/1.1\r\n\r\n", id="half a bracket"),
    ],
)
def test_what_is_no_request_is_refused(request_bytes: bytes) -> None:
    with pytest.raises(RefusedAddressError):
        read_head(request_bytes)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        pytest.param(Target("a.example", 80, "/"), "a.example", id="http"),
        pytest.param(Target("a.example", 443), "a.example", id="https"),
        pytest.param(Target("a.example", 8080, "/"), "a.example:8080", id="another port"),
        pytest.param(Target("::1", 8080), "[::1]:8080", id="version 6"),
    ],
)
def test_names_are_spelled_as_in_allowed_hosts(target: Target, name: str) -> None:
    assert target.name == name
