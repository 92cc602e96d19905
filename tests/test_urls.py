"""One spelling per address, and no address a page can fool us with."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import urls
from crawler.errors import AddressError

PAGE = "https://sthj.example.gov.cn/zw/gs/index.html"


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        pytest.param("HTTP://Sthj.Example.gov.CN/A", "http://sthj.example.gov.cn/A", id="case of host, not of path"),
        pytest.param("http://x.example:80/a", "http://x.example/a", id="default port"),
        pytest.param("https://x.example:443/a", "https://x.example/a", id="default port of https"),
        pytest.param("http://127.42.1.1:8042/a", "http://127.42.1.1:8042/a", id="another port stays"),
        pytest.param("https://x.example:443/a.html?id=1", "https://x.example/a.html?id=1", id="default port of https"),
        pytest.param("https://x.example:80/a_b-c/d.html?id=1&x=", "https://x.example:80/a_b-c/d.html?id=1&x=", id="nothing to put right"),
        pytest.param("http://x.example/a?session_id=1&b=2", "http://x.example/a?b=2", id="session in an address that looks plain"),
        pytest.param("http://x.example", "http://x.example/", id="empty path"),
        pytest.param("http://x.example/a#top", "http://x.example/a", id="fragment"),
        pytest.param("http://x.example/a;jsessionid=0A1B?x=1", "http://x.example/a?x=1", id="jsessionid in the path"),
        pytest.param("http://x.example/a?PHPSESSID=77&x=1", "http://x.example/a?x=1", id="session in the query"),
        pytest.param("http://x.example/a?sid=4f9a0c3b2e1d4f9a0c3b&x=1", "http://x.example/a?x=1", id="sid drawn by lot"),
        pytest.param("http://x.example/api?page=1&sid=755022", "http://x.example/api?page=1&sid=755022", id="sid that names a site"),
        pytest.param("http://x.example/(S(abcdefghijklmnop12345678))/a.aspx", "http://x.example/a.aspx", id="ASP.NET session"),
        pytest.param("http://x.example/202501/t20250129_103_wap.html", "http://x.example/202501/t20250129_103.html", id="mobile copy"),
        pytest.param("http://x.example/swap.html", "http://x.example/swap.html", id="wap inside a word"),
        pytest.param("http://x.example/a/../b/./c", "http://x.example/b/c", id="dot segments"),
        pytest.param("http://x.example/公示.html", "http://x.example/%E5%85%AC%E7%A4%BA.html", id="Chinese path"),
        pytest.param("http://x.example/%e5%85%ac%7e", "http://x.example/%E5%85%AC~", id="one form of escapes"),
        pytest.param("http://x.example/a b?q=100%", "http://x.example/a%20b?q=100%25", id="white space and lone percent"),
        pytest.param("http://督察.example/a", "http://xn--ldt335d.example/a", id="Chinese host"),
        pytest.param("http://x.example./a", "http://x.example/a", id="dot behind the host"),
        pytest.param("http://x.example/a?b=2&a=1", "http://x.example/a?b=2&a=1", id="order of the query"),
    ],
)
def test_canonical(given_: str, wanted: str) -> None:
    assert urls.canonical(given_) == wanted


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "a/b",
        "//x.example/a",
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@x.example",
        "file:///etc/passwd",
        "ftp://x.example/",
        "http://",
        "http:///a",
        "http://user:pw@x.example/",
        "http://x.example:99999/",
        "http://x..example/",
        "http://x.example:port/",
        "http://[::1",
        "http://-/",
        "http://x example/",
        "http://" + "a" * 5000,
    ],
)
def test_canonical_refuses(bad: str) -> None:
    with pytest.raises(AddressError):
        urls.canonical(bad)


@pytest.mark.parametrize(
    ("href", "wanted"),
    [
        pytest.param("./202505/a.html", "https://sthj.example.gov.cn/zw/gs/202505/a.html", id="relative"),
        pytest.param("../dc/a.html", "https://sthj.example.gov.cn/zw/dc/a.html", id="up"),
        pytest.param("/a.html", "https://sthj.example.gov.cn/a.html", id="root"),
        pytest.param("//www.example.gov.cn/a", "https://www.example.gov.cn/a", id="protocol-relative"),
        pytest.param("?page=2", "https://sthj.example.gov.cn/zw/gs/index.html?page=2", id="query alone"),
        pytest.param(" \n/a\t.html ", "https://sthj.example.gov.cn/a.html", id="white space"),
        pytest.param("..\\dc\\a.html", "https://sthj.example.gov.cn/zw/dc/a.html", id="back slashes"),
        pytest.param("\u200b/a.html", "https://sthj.example.gov.cn/a.html", id="zero-width space"),
    ],
)
def test_join(href: str, wanted: str) -> None:
    assert urls.join(PAGE, href) == wanted


@pytest.mark.parametrize(
    "href",
    [
        "",
        " ",
        "#",
        "#top",
        "javascript:void(0)",
        "JavaScript:go()",
        " java\nscript:go()",
        "mailto:a@b.example",
        "tel:12345",
        "data:,x",
        "about:blank",
        "file:///c:/a.doc",
        "ftp://x.example/a",
        "http://",
        "http://[",
        "http://a:b:c/",
        "x" * 5000,
    ],
)
def test_join_leads_nowhere(href: str) -> None:
    assert urls.join(PAGE, href) is None


@given(st.text(max_size=200), st.text(max_size=200))
def test_join_never_raises(base: str, href: str) -> None:
    assert (urls.join(base, href) or "http://").startswith(("http://", "https://"))


@given(st.text(alphabet="abAB01/.%?&=#:;@\\ 公_-~[]", max_size=60))
def test_canonical_is_settled(tail: str) -> None:
    once = urls.join("http://x.example/a/", tail)
    assert once is None or urls.canonical(once) == once


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("http://x.example/a.html", "https://x.example/a.html", True, id="http and https"),
        pytest.param("http://x.example/a/", "http://x.example/a/index.html", True, id="index.html"),
        pytest.param("http://x.example/a/", "http://x.example/a/index.shtml", True, id="index.shtml"),
        pytest.param("http://x.example/a/index_1.html", "http://x.example/a/", False, id="second page"),
        pytest.param("http://x.example/index.asp?id=1", "http://x.example/?id=1", False, id="a script with a query is a page of its own"),
        pytest.param("http://x.example/A.html", "http://x.example/a.html", False, id="case of the path"),
        pytest.param("http://x.example/a", "http://y.example/a", False, id="another host"),
        pytest.param("https://x.example:443/a", "http://x.example:80/a", True, id="default ports"),
        pytest.param("https://x.example:8443/a", "https://x.example/a", False, id="another port"),
    ],
)
def test_identity(one: str, other: str, same: bool) -> None:
    assert (urls.identity(one) == urls.identity(other)) is same


@pytest.mark.parametrize(("url", "host"), [("https://X.example/a", "x.example"), ("http://127.42.1.1:8042/", "127.42.1.1:8042")])
def test_host(url: str, host: str) -> None:
    assert urls.host_of(url) == host


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(urls).failed == 0
