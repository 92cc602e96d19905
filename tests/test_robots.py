"""robots.txt: who is allowed what, what no answer means, and that the archive is its cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.fetch.courtesy.robots_rules import LONGEST_DELAY, Rules, read
from tests.fetching import Site, crawl, in_turn, plain, raw

PAGE = "http://site.example/a/b.html"


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        pytest.param(b"User-agent: *\nDisallow: /a/", False, id="folder"),
        pytest.param(b"User-agent: *\nDisallow: /c/", True, id="other folder"),
        pytest.param(b"User-agent: *\nDisallow: /\nAllow: /a/", True, id="longest rule"),
        pytest.param(b"User-agent: *\nDisallow:", True, id="empty rule"),
        pytest.param(b"\xef\xbb\xbfUser-agent: *\nDisallow: /a/", False, id="byte order mark"),
        pytest.param(b"User-agent: SignoffWatch\nDisallow: /\n\nUser-agent: *\nAllow: /", False, id="by our name"),
        pytest.param(b"User-agent: signoffwatch\nAllow: /\n\nUser-agent: *\nDisallow: /", True, id="by our name, allowed"),
        pytest.param(b"User-agent: otherbot\nDisallow: /", True, id="by another name"),
        pytest.param(b"User-agent: *\r\nDisallow: /*.html$", False, id="wildcard"),
        pytest.param(b"<!DOCTYPE html><html>User-agent: *\nDisallow: /", True, id="a page in its place"),
        pytest.param(b"\n <html>User-agent: *\nDisallow: /", True, id="a page after white space"),
        pytest.param(b"", True, id="nothing"),
        pytest.param("User-agent: *\nDisallow: /a/ # 内部".encode("gb18030"), False, id="comment in another charset"),
    ],
)
def test_allowed(body: bytes, allowed: bool) -> None:
    assert read(body).allow(PAGE) is allowed


@pytest.mark.parametrize(
    ("text", "delay"),
    [("10", 10.0), ("0.5", 0.5), ("-3", 0.0), ("inf", 0.0), ("nan", 0.0), ("soon", 0.0), ("999999", LONGEST_DELAY)],
)
def test_crawl_delay(text: str, delay: float) -> None:
    assert read(f"User-agent: *\nCrawl-delay: {text}\n".encode()).delay == delay


@given(st.binary(max_size=400))
def test_no_bytes_crash_it(body: bytes) -> None:
    assert isinstance(read(b"User-agent: *\nDisallow: /x" + body), Rules)


def test_many_wildcards_do_not_stall() -> None:
    rules = read(b"User-agent: *\nDisallow: /" + b"*a" * 2000 + b"b$\n")
    assert rules.allow("http://site.example/" + "a" * 4000)


# ------------------------------------------------------------------------------------------------------------- with a real crawl

DENY = plain(b"User-agent: *\nDisallow: /a", Content_Type="text/plain")
FILES = {
    "denied": DENY,
    "none": plain(b"", "404 Not Found"),
    "forbidden": plain(b"", "403 Forbidden"),
    "down": plain(b"", "503 Service Unavailable"),
    "shield": plain(b"", "521 Web Server Is Down"),
    "silent": raw(b""),
    "page": plain(b"<html>Disallow: /</html>"),
    "moved": plain(b"", "301 Moved", Location="/robots2.txt"),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    sites = {name: Site({"/robots.txt": answer, "/robots2.txt": DENY, "/a": plain(b"page")}).__enter__() for name, answer in FILES.items()}
    yield crawl(tmp_path_factory.mktemp("robots"), [{"url": site.url("/a"), "as": name} for name, site in sites.items()])
    for site in sites.values():
        site.__exit__()


@pytest.mark.parametrize("name", ["none", "forbidden", "page"])
def test_without_rules_all_is_allowed(found: dict[str, Any], name: str) -> None:
    assert found[name]["body"] == "page"


@pytest.mark.parametrize("name", ["denied", "moved", "shield"])
def test_denied_is_blocked(found: dict[str, Any], name: str) -> None:
    assert {"RobotsDeniedError", "BlockedError"} <= set(found[name]["errors"])


@pytest.mark.parametrize("name", ["down", "silent"])
def test_no_answer_means_stay_away(found: dict[str, Any], name: str) -> None:
    assert "RobotsUnreachableError" in found[name]["errors"]


def test_no_answer_is_no_refusal(found: dict[str, Any]) -> None:
    assert "BlockedError" not in found["down"]["errors"]


def test_the_next_process_uses_the_archived_copy(tmp_path: Any) -> None:
    with Site({"/robots.txt": DENY, "/b": plain(b"page")}) as site:
        for path in ("/a", "/b"):
            crawl(tmp_path, [{"url": site.url(path)}])
        assert [asked.path for asked in site.log] == ["/robots.txt", "/b"]


def test_a_day_later_it_is_asked_for_again_and_an_old_copy_helps_where_there_is_no_answer(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Site({"/robots.txt": in_turn(DENY, plain(b"", "500 Oh")), "/a": plain(b"page"), "/b": plain(b"page")}) as site:
        monkeypatch.setenv("SIGNOFF_CLOCK", "2025-06-04T09:00:00+08:00")
        crawl(tmp_path, [{"url": site.url("/b")}])
        monkeypatch.setenv("SIGNOFF_CLOCK", "2025-06-06T09:00:00+08:00")
        found = crawl(tmp_path, [{"url": site.url("/a"), "as": "a"}, {"url": site.url("/b"), "as": "b"}])
    assert ("RobotsDeniedError" in found["a"]["errors"], found["b"]["body"]) == (True, "page")
