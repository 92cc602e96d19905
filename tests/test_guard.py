"""Which addresses are fetched, and which are not even asked for their robots.txt."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import UsageError
from crawler.fetch.http.guard import check, is_fetchable, is_open_port, literal, networks_of, same_site
from crawler.fetch.refusals import RefusedAddressError
from tests.fetching import Site, crawl, plain, raw

LOOPBACK = networks_of("127.0.0.0/8")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "255.255.255.255", "224.0.0.1",
        "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:db8::1", "198.51.100.7", "no address",
    ],
)  # fmt: skip
def test_is_not_public(address: str) -> None:
    assert not is_fetchable(address)


@pytest.mark.parametrize("address", ["223.5.5.5", "8.8.8.8", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_is_public(address: str) -> None:
    assert is_fetchable(address)


def test_a_listed_network_is_open() -> None:
    assert is_fetchable("127.1.2.3", LOOPBACK)


@pytest.mark.parametrize("address", ["10.0.0.1", "::1", "169.254.169.254"])
def test_only_the_listed_network_is_open(address: str) -> None:
    assert not is_fetchable(address, LOOPBACK)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "017700000001", "127.0.1", "[::ffff:127.0.0.1]", "[::1]"]
)
def test_other_spellings_are_refused(host: str) -> None:
    with pytest.raises(RefusedAddressError):
        check(f"http://{host}:8080/")


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1"])
def test_other_spellings_are_refused_in_open_networks_too(host: str) -> None:
    with pytest.raises(RefusedAddressError, match="another spelling"):
        check(f"http://{host}:8080/", LOOPBACK)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://site.example/", "gopher://site.example/", "data:text/html,x", "http:///x"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(RefusedAddressError):
        check(url)


@pytest.mark.parametrize("port", [22, 23, 25, 53, 110, 143, 445, 3306, 5432, 6379, 6667, 11211, 0, 70000])
def test_closed_ports(port: int) -> None:
    assert not is_open_port(port)


@pytest.mark.parametrize("port", [80, 443, 81, 88, 8080, 8081, 8443, 9080, 60002])
def test_open_ports(port: int) -> None:
    assert is_open_port(port)


@given(st.text(max_size=60))
def test_no_address_crashes_the_check(text: str) -> None:
    for url in (text, f"http://{text}/", f"http://site.example:{text}/"):
        with contextlib.suppress(RefusedAddressError, ValueError):
            check(url)


@given(st.ip_addresses(v=4))
def test_every_notation_of_a_number_is_seen_through(address: Any) -> None:
    number = int(address)
    assert literal(str(number)) == literal(hex(number)) == literal(str(address)) == str(address)


@pytest.mark.parametrize("text", ["127.0.0.1/8", "loopback", "127.0.0.0/99"])
def test_a_network_that_is_none_is_a_mistake_of_the_user(text: str) -> None:
    with pytest.raises(UsageError, match="allow_addresses"):
        networks_of(text)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("http://www.a.gov.cn/x", True),
        ("https://a.gov.cn/x", True),
        ("http://b.gov.cn/x", False),
        ("http://a.gov.cn:8080/x", False),
        ("http://a.gov.cn.evil.example/", False),
        ("mailto:x@a.gov.cn", False),
    ],
)
def test_same_site(url: str, same: bool) -> None:
    assert same_site(url, ["http://www.a.gov.cn/list.html"]) is same


# ------------------------------------------------------------------------------------------------------------- with a real crawl


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], Site]]:
    """Two servers on loopback, open by the allow-list; the second is not one of the source's own."""
    with Site({"/ok": plain(b"fine")}) as own, Site({"/secret": plain(b"secret")}) as foreign:
        own.answers |= {
            "/to-foreign": plain(b"", "302 Found", Location=foreign.url("/secret")),
            "/to-number": plain(b"", "302 Found", Location=f"http://2130706433:{own.port}/ok"),
            "/to-metadata": plain(b"", "302 Found", Location="http://169.254.169.254/latest/"),
        }
        meta = {"allowed_hosts": [own.host]}
        asks = [{"url": own.url(path), "as": path, "meta": meta} for path in ("/ok", "/to-foreign", "/to-number", "/to-metadata")]
        asks += [
            {"url": foreign.url("/secret"), "as": "foreign", "meta": meta},
            {"url": f"http://localhost:{foreign.port}/secret", "as": "name", "meta": meta},
            {"url": f"http://localhost:{own.port}/ok", "as": "own name", "meta": {"allowed_hosts": [f"localhost:{own.port}"]}},
            {"url": f"http://[::1]:{own.port}/ok", "as": "v6"},
        ]
        yield crawl(tmp_path_factory.mktemp("guard"), asks), foreign


def test_own_hosts_are_reached(found: tuple[dict[str, Any], Site]) -> None:
    assert found[0]["/ok"]["body"] == "fine"


def test_an_own_name_is_reached(found: tuple[dict[str, Any], Site]) -> None:
    assert found[0]["own name"]["body"] == "fine"


@pytest.mark.parametrize("ask", ["/to-foreign", "/to-number", "/to-metadata", "foreign", "name", "v6"])
def test_others_are_refused(found: tuple[dict[str, Any], Site], ask: str) -> None:
    assert "RefusedAddressError" in found[0][ask]["errors"]


def test_nothing_reached_the_foreign_server(found: tuple[dict[str, Any], Site]) -> None:
    assert found[1].log == []


def test_a_name_is_refused_for_what_it_resolves_to(found: tuple[dict[str, Any], Site]) -> None:
    assert "resolves to" in found[0]["name"]["words"]


def test_a_host_known_from_one_source_is_judged_anew_for_another(tmp_path: Any) -> None:
    with Site({"/ok": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine")}) as site:
        url, own = f"http://localhost:{site.port}/ok", {"allowed_hosts": [f"localhost:{site.port}"]}
        found = crawl(tmp_path, [{"url": url, "as": "own", "meta": own}, {"url": url, "as": "foreign", "meta": {"allowed_hosts": []}}])
        assert found["own"]["body"] == "fine"
        assert "RefusedAddressError" in found["foreign"]["errors"]
        assert site.paths() == ["/ok"]


def test_without_an_allow_list_loopback_is_closed(tmp_path: Any) -> None:
    with Site({"/ok": plain(b"fine")}) as site:
        found = crawl(tmp_path, [{"url": f"http://localhost:{site.port}/ok", "as": "name"}], allow_addresses="")
        assert "RefusedAddressError" in found["name"]["errors"]
        assert site.log == []
