"""Sources that need a browser: real pages of a loopback site, shown by the system's Chromium."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import pytest

from crawler.config import Config
from crawler.crawl.browser_process import apart
from crawler.fetch.browser import chromium
from crawler.fetch.browser.rendering import Rendered, described
from crawler.fetch.courtesy import agent
from crawler.fetch.courtesy.agent import MARK
from crawler.fetch.refusals import BrowserForbiddenError, BrowserMissingError
from crawler.registry.model import Expect, Source
from tests.fetching import Site, crawl, in_turn, plain, raw

WORDS = "<p>关于青溪市第二轮督察整改任务第三项拟销号的公示，公示期五个工作日。</p>"
CHALLENGE = b"<html><head><script>document.cookie='pass=7;path=/';location.reload()</script></head><body></body></html>"
BUILT = """<html><body><div id="a"></div><script>fetch('/data').then(r=>r.text()).then(t=>{document.getElementById('a').innerHTML=t})
</script></body></html>"""
LIST = """<html><body><ul id="l"></ul><div id="p"></div><script>
let n = 1; const all = %s;
function show() {
  document.getElementById('l').innerHTML = all[n - 1].map(r => `<li><a href="${r[0]}">${r[1]}</a><span>${r[2]}</span></li>`).join('');
  document.getElementById('p').innerHTML = `第${n}/${all.length}页 <a id="next" href="javascript:void(0)">下一页</a>`;
  document.getElementById('next').onclick = () => { if (n < all.length) fetch('/data').then(() => { n++; show(); }); };
}
show();</script></body></html>"""
ROWS = [
    [
        ["/n/1.html", "关于青溪市第二轮省级生态环境保护督察整改任务第三项拟销号的公示", "2025-05-21"],
        ["/n/2.html", "关于举办植树活动的通知", "2025-05-20"],
    ],
    [
        ["/n/3.html", "云岭县省级生态环境保护督察反馈问题第七项整改销号公示", "2025-04-02"],
        ["/n/4.html", "关于防汛工作的通知", "2025-04-01"],
    ],
]


@dataclass(frozen=True)
class Seen:
    """What the pages came to, what their site and another host were asked, and the archive's bytes."""

    found: dict[str, dict[str, Any]]
    site: Site
    other: Site
    datagrams: int
    archive: bytes
    aside: list[tuple[str, str, int]]
    scratch: Path

    def at(self, path: str) -> dict[str, Any]:
        return self.found[self.site.url(path)]

    def heads(self, path: str) -> list[bytes]:
        return [asked.head for asked in self.site.log if asked.path == path]


def page(body: str) -> Any:
    return plain(f"<html><body>{WORDS}{body}</body></html>".encode())


def answers(other: Site, udp: int) -> dict[str, Any]:
    leak = f"""<script>
      fetch('{other.url("/fetch")}', {{mode: 'no-cors'}}).catch(() => 0);
      try {{ new WebSocket('ws://{other.host}/socket'); }} catch (e) {{}}
      const turn = {{urls: 'turn:{other.host}?transport=tcp', username: 'u', credential: 'c'}};
      const peer = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{udp}'}}, turn]}});
      peer.createDataChannel('x'); peer.createOffer().then(o => peer.setLocalDescription(o));
      navigator.sendBeacon('{other.url("/beacon")}', 'x');
      window.open('{other.url("/popup")}');
    </script><iframe src="{other.url("/frame")}"></iframe><link rel="preconnect" href="{other.url("/")}">"""
    return {
        "/built": plain(BUILT.encode(), ETag='"1"', Last_Modified="Wed, 21 May 2025 08:00:00 GMT"),
        "/data": plain(WORDS.encode()),
        "/gate": in_turn(plain(CHALLENGE, "412 Precondition Failed"), page("gate")),
        "/shut": plain(b"<html><body><p>forbidden, go away please</p></body></html>", "403 Forbidden"),
        "/gone": plain(f"<html><body>{WORDS}</body></html>".encode(), "404 Not Found"),
        "/pictures": page('<img src="/a.png"><link rel="stylesheet" href="/a.css"><video src="/a.mp4"></video>'),
        "/leak": page(leak),
        "/away": raw(f"HTTP/1.1 302 Found\r\nLocation: {other.url('/landed')}\r\nContent-Length: 0\r\n\r\n".encode()),
        "/file.pdf": plain(b"%PDF-1.4 invented", Content_Type="application/pdf"),
        "/list.json": plain(b'{"rows": []}', Content_Type="application/json"),
        "/hang": page("<script>while (true) {}</script>"),
        "/huge": page("<script>document.body.append('x'.repeat(3000000))</script>"),
        "/greedy": page("<script>const a = []; while (true) a.push(new Array(1000000).fill(1.5))</script>"),
        "/alert": page("<script>alert('hello'); document.body.append('after')</script>"),
        "/after": page("after"),
        "/list": plain((LIST % json.dumps(ROWS)).encode()),
    }


ROLES = {"/file.doc": "attachment"}
PATHS = (
    "/built",
    "/gate",
    "/file.doc",
    "/shut",
    "/gone",
    "/pictures",
    "/leak",
    "/away",
    "/file.pdf",
    "/list.json",
    "/hang",
    "/huge",
    "/greedy",
    "/alert",
    "/after",
)


@pytest.fixture(scope="module")
def seen(browser: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """One crawl over all the pages, one after the other, as a source's spider asks for them."""
    folder = tmp_path_factory.mktemp("browser")
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    udp.setblocking(False)
    with Site() as other, Site() as site:
        site.answers |= answers(other, udp.getsockname()[1])
        site.answers["/file.doc"] = plain(b"\xd0\xcf\x11\xe0 invented", Content_Type="application/msword")
        asks = [ask(site, path) for path in PATHS]
        asks.append(ask(site, "/list", stand="the list", click=[None, "下一页", 1], role="list"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TMPDIR", str(scratch := tmp_path_factory.mktemp("scratch")))
            found = crawl(folder, asks, chromium=browser, timeout=12.0, max_body=2_000_000, contact="mailto:test@example.org", delay=0.0)
        warc = b"".join(gzip.decompress(file.read_bytes()) for file in folder.rglob("*.warc.gz"))
        with contextlib.closing(sqlite3.connect(folder / "signoff.sqlite")) as db:
            query = "SELECT role, url, status FROM fetch WHERE role IN ('document', 'data') ORDER BY id"
            aside = [(role, url.removeprefix(site.url("")), status) for role, url, status in db.execute(query)]
        yield Seen(found, site, other, _datagrams(udp), warc, aside, scratch)
    udp.close()


def ask(site: Site, path: str, **meta: Any) -> dict[str, Any]:
    told = {"browser": True, "role": ROLES.get(path, "detail"), "allowed_hosts": [site.host], "dont_retry": True, **meta}
    return {"url": site.url(path), "meta": told, "headers": {"If-None-Match": '"1"'}}


def _datagrams(udp: socket.socket) -> int:
    count = 0
    while True:
        try:
            udp.recv(2000)
        except BlockingIOError:
            return count
        count += 1


def body(found: dict[str, Any]) -> str:
    return found["body"].encode("latin-1").decode("utf-8", "ignore")


class TestPages:
    def test_page_built_by_script_is_read_as_built(self, seen: Seen) -> None:
        assert "整改任务第三项" in body(seen.at("/built"))

    def test_no_validators_are_sent(self, seen: Seen) -> None:
        assert b"if-none-match" not in seen.heads("/built")[0].lower()

    def test_agent_name_is_ours(self, seen: Seen) -> None:
        assert agent.name("mailto:test@example.org").encode() in seen.heads("/built")[0]

    def test_scripts_ask_under_the_same_name(self, seen: Seen) -> None:
        assert agent.name("mailto:test@example.org").encode() in seen.heads("/data")[0]

    def test_every_answer_is_in_the_archive(self, seen: Seen) -> None:
        assert seen.at("/built")["meta"]["capture_id"]

    def test_archive_tells_a_rendered_document(self, seen: Seen) -> None:
        assert f"{MARK}: Chromium/".lower().encode() in seen.archive.lower()

    def test_the_challenge_before_a_page_and_the_page_as_served_are_in_the_archive(self, seen: Seen) -> None:
        assert [status for role, path, status in seen.aside if path == "/gate"] == [412, 200]
        assert CHALLENGE in seen.archive

    def test_a_redirect_on_the_way_is_in_the_archive(self, seen: Seen) -> None:
        assert ("document", "/away", 302) in seen.aside

    def test_data_that_scripts_asked_for_are_in_the_archive(self, seen: Seen) -> None:
        assert ("data", "/data", 200) in seen.aside

    def test_what_came_on_the_way_is_marked(self, seen: Seen) -> None:
        assert seen.archive.count(b"; on the way") == len(seen.aside)

    def test_challenge_is_passed(self, seen: Seen) -> None:
        assert (seen.at("/gate")["status"], len(seen.heads("/gate"))) == (200, 2)

    def test_cookie_of_the_challenge_goes_with_attachments(self, seen: Seen) -> None:
        assert b"cookie: pass=7" in seen.heads("/file.doc")[0].lower()

    def test_attachment_comes_as_served(self, seen: Seen) -> None:
        assert seen.at("/file.doc")["body"].startswith("\u00d0\u00cf\u0011\u00e0")

    def test_refusal_stays_a_refusal(self, seen: Seen) -> None:
        assert seen.at("/shut")["status"] == 403

    def test_status_of_a_missing_page(self, seen: Seen) -> None:
        assert seen.at("/gone")["status"] == 404

    def test_pictures_and_styles_are_not_asked_for(self, seen: Seen) -> None:
        assert not {"/a.png", "/a.css", "/a.mp4"} & set(seen.site.paths())

    def test_file_in_place_of_a_page(self, seen: Seen) -> None:
        assert seen.at("/file.pdf")["body"].startswith("%PDF-1.4")

    def test_json_comes_as_served(self, seen: Seen) -> None:
        assert seen.at("/list.json")["body"] == '{"rows": []}'

    def test_dialog_is_answered(self, seen: Seen) -> None:
        assert "after" in body(seen.at("/alert"))

    def test_clicks_lead_to_a_page_without_address(self, seen: Seen) -> None:
        assert "云岭县省级生态环境保护督察反馈问题第七项" in body(seen.at("/list"))


class TestLimits:
    def test_page_that_hangs_is_given_up(self, seen: Seen) -> None:
        assert "TimeoutError" in seen.at("/hang")["errors"]

    def test_document_that_grows_is_given_up(self, seen: Seen) -> None:
        assert "BrokenBodyError" in seen.at("/huge")["errors"]

    def test_page_that_eats_memory_is_given_up(self, seen: Seen) -> None:
        assert "RenderError" in seen.at("/greedy")["errors"]

    def test_the_next_page_goes_on(self, seen: Seen) -> None:
        assert "after" in body(seen.at("/after"))

    def test_no_browser_is_left(self, seen: Seen) -> None:
        assert _running(seen.scratch) == []


class TestAddresses:
    def test_redirect_to_a_foreign_private_address_is_refused(self, seen: Seen) -> None:
        assert "RefusedAddressError" in seen.at("/away")["errors"]

    def test_nothing_of_a_page_reaches_another_private_host(self, seen: Seen) -> None:
        assert (seen.other.connections, [asked.path for asked in seen.other.log]) == (0, [])

    def test_no_datagram_goes_round_the_proxy(self, seen: Seen) -> None:
        assert seen.datagrams == 0

    def test_the_page_itself_is_read_all_the_same(self, seen: Seen) -> None:
        assert seen.at("/leak")["status"] == 200


class TestForbidden:
    @pytest.fixture
    def found(self, tmp_path: Path) -> Iterator[tuple[dict[str, Any], Site]]:
        with Site({"/": page("")}) as site:
            yield crawl(tmp_path, [ask(site, "/")], browser="never")[site.url("/")], site

    def test_never_means_blocked(self, found: tuple[dict[str, Any], Site]) -> None:
        assert "BlockedError" in found[0]["errors"]

    def test_the_reason_is_told(self, found: tuple[dict[str, Any], Site]) -> None:
        assert "SIGNOFF_BROWSER" in found[0]["words"]

    def test_nothing_is_asked_of_the_site(self, found: tuple[dict[str, Any], Site]) -> None:
        assert found[1].log == []


class TestExecutable:
    def test_missing_program_names_the_command(self) -> None:
        with pytest.raises(BrowserMissingError, match="apt-get install chromium"):
            chromium.executable(Config(chromium="/nowhere/chromium"))

    def test_never_goes_before_all_else(self) -> None:
        with pytest.raises(BrowserForbiddenError):
            chromium.executable(Config(browser="never", chromium="/nowhere/chromium"))

    def test_configured_program(self) -> None:
        assert chromium.find(Config(chromium=sys.executable)) == sys.executable

    def test_first_usual_name_is_taken(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program = tmp_path / "chromium-browser"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert chromium.find(Config()) == str(program)

    @pytest.mark.parametrize("name", ["http_proxy", "HTTPS_PROXY", "all_proxy", "SIGNOFF_DATABASE_URL"])
    def test_browser_sees_no_proxy_and_no_setting(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert name not in chromium.environment()


class TestApart:
    def source(self, name: str, *, browser: bool) -> Source:
        expect = Expect(120, date(2023, 1, 1))
        return Source(
            name,
            "某市生态环境局",
            "620100",
            "static",
            (f"https://{name}.example.gov.cn/",),
            expect,
            options=MappingProxyType({}),
            browser=browser,
        )

    def test_browser_sources_get_their_own_process(self) -> None:
        plain_one, shown = self.source("gansu_a", browser=False), self.source("gansu_b", browser=True)
        assert apart(Config(chromium=sys.executable), [plain_one, shown]) == ([plain_one], [shown])

    def test_without_a_browser_all_stay_here(self) -> None:
        both = [self.source("gansu_a", browser=False), self.source("gansu_b", browser=True)]
        assert apart(Config(browser="never"), both) == (both, [])


class TestDescribed:
    HEADERS: ClassVar = {
        "content-type": "text/html; charset=gbk",
        "etag": '"1"',
        "content-encoding": "gzip",
        "server": "x",
        MARK.lower(): "forged",
    }

    def test_headers_of_a_rendered_document(self) -> None:
        kept = described(Rendered("https://x.example/", 200, self.HEADERS, b"", rendered=True), "150.0")
        assert kept == {"content-type": "text/html; charset=utf-8", "server": "x", MARK: "Chromium/150.0; rendered"}

    def test_headers_of_bytes_as_served(self) -> None:
        kept = described(Rendered("https://x.example/", 200, self.HEADERS, b"", rendered=False), "150.0")
        assert kept == {"content-type": "text/html; charset=gbk", "server": "x", MARK: "Chromium/150.0; as served"}


class TestCommand:
    """The whole way: registry, a process of its own, list by clicks, details, database."""

    @pytest.fixture
    def lines(self, browser: str, tmp_path: Path) -> list[dict[str, Any]]:
        with Site({"/list": plain((LIST % json.dumps(ROWS)).encode()), "/data": plain(b"x")}) as site:
            site.answers |= {row[0]: plain(NOTICE.format(title=row[1], day=row[2]).encode()) for rows in ROWS for row in rows}
            (tmp_path / "sources").mkdir()
            (tmp_path / "sources" / "gansu.toml").write_text(TABLE.format(url=site.url("/list")), "utf-8")
            self.run(tmp_path, browser, "crawl", "--json")
            return [*self.run(tmp_path, browser, "crawl", "--json"), *self.run(tmp_path, browser, "notices", "--json")]

    def run(self, folder: Path, path: str, *words: str) -> list[dict[str, Any]]:
        settings = {
            "SIGNOFF_CHROMIUM": path,
            "SIGNOFF_ALLOW_ADDRESSES": "127.0.0.0/8",
            "SIGNOFF_DELAY": "0",
            "SIGNOFF_CLOCK": "2025-05-22T09:00:00+08:00",
        }
        command = [sys.executable, "-m", "crawler", *words, "--sources", str(folder / "sources"), "--data-dir", str(folder / "data")]
        done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_source_is_walked_to_its_end_and_read(self, lines: list[dict[str, Any]]) -> None:
        again, *notices = lines
        assert (again["verdict"], again["list_pages"], again["new"], again["revised"]) == ("ok", 2, 0, 0)
        assert {notice["title"] for notice in notices} == {ROWS[0][0][1], ROWS[1][0][1]}


NOTICE = """<html><body><h1>{title}</h1><p>发布日期：{day}</p><div class="content"><p>根据省级生态环境保护督察整改工作要求，现将该项整改任务完成情况予以公示。</p>
<p>公示时间：2025年5月21日至2025年5月27日。联系电话：0931-0000000。</p><p>整改目标：完成沙场扬尘治理。整改完成情况：已建成封闭料棚，已完成整改。</p></div></body></html>"""
TABLE = """[[source]]
id = "gansu_qingxi"
name = "青溪市生态环境局"
region = "620100"
family = "script"
list_urls = ["{url}"]
schedule = "daily"
expect = {{ quiet_days = 120, since = 2023-01-01 }}
browser = true
"""


def _running(profile: Path) -> list[str]:
    """Command lines of processes that use a folder."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return [line for line in lines if str(profile) in line]
