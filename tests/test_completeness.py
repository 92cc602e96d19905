"""Lists that break off, go round, shift or lie, and sites that move: the verdict is right, and no event is made up.

One process crawls all the sites, each of its own host on loopback, four times; what each serves depends on the turn.
"""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from replica_farm import Signoff

from crawler.policy.plan import is_drawn

TURNS = ("2025-06-02", "2025-06-03", "2025-06-05", "2025-06-09")
Answer = tuple[int, str]
GONE = (404, "<html><body>404 Not Found</body></html>")
TOKENS = itertools.count()


# ------------------------------------------------------------------------------------------------------------- what sites serve


def article(number: int, county: str) -> Answer:
    title = f"关于{county}第二轮中央生态环境保护督察整改任务（序号{number}）完成情况的公示"
    lines = (
        f"现将序号{number}整改任务完成情况公示如下，公示期为2025年5月{1 + number % 9}日至5月{20 + number % 9}日。",
        f"整改目标：{county}第{number}号河段水质在2024年底前稳定达到{'ⅡⅢⅣ'[number % 3]}类标准。",
        f"整改完成情况：{county}共建成污水管网{number * 7 + 3}公里，清理河道淤泥{number * 31 + 11}立方米，关停排污口{number + 2}个。",
        f"联系电话：0999-{6000000 + number}，{county}生态环境局。",
    )
    body = "".join(f"<p>{line}</p>" for line in lines)
    return 200, f"<html><head><title>{title}</title></head><body><h1>{title}</h1><div class='TRS_Editor'>{body}</div></body></html>"


def rows(numbers: Sequence[int], folder: str = "a", tail: str = "") -> str:
    """Rows of a list; the higher the number, the younger the notice."""
    row = "<li><a href='/{folder}/{n}.html{tail}'>督察整改任务（序号{n}）完成情况的公示</a><span>2025-0{month}-{day:02d}</span></li>"
    return "".join(row.format(folder=folder, n=n, tail=tail, month=1 + n // 20, day=1 + n % 20) for n in numbers)


def listing(items: str, pager: str) -> Answer:
    head = "<html><head><title>公示公告</title></head><body>"
    return 200, f"{head}<ul class='news'>{items}</ul><div class='page'>{pager}</div></body></html>"


def pages(numbers: Sequence[int], path: str, size: int = 5, folder: str = "a") -> Answer:
    """The list page at ``path`` of an honest site: /list.html, /list_2.html, …"""
    parts = [numbers[i : i + size] for i in range(0, len(numbers), size)]
    here = 1 if path == "/list.html" else int(path.removeprefix("/list_").removesuffix(".html"))
    if not 1 <= here <= len(parts):
        return GONE
    following = f"<a href='list_{here + 1}.html'>下一页</a>" if here < len(parts) else ""
    return listing(rows(parts[here - 1], folder), f"第{here}页 共{len(parts)}页 {following}")


Serve = Callable[[str, int], Answer]
SITES: dict[str, Serve] = {}


def site(name: str) -> Callable[[Serve], Serve]:
    def take(serve: Serve) -> Serve:
        SITES[name] = serve
        return serve

    return take


ALL = tuple(range(15, 0, -1))


@site("cut")
def page_two_is_not_there(path: str, turn: int) -> Answer:
    return GONE if path == "/list_2.html" else pages(ALL, path)


@site("hole")
def page_two_has_no_rows(path: str, turn: int) -> Answer:
    return listing("", "第2页 共3页 <a href='list_3.html'>下一页</a>") if path == "/list_2.html" else pages(ALL, path)


@site("error")
def page_two_is_an_error_page(path: str, turn: int) -> Answer:
    return (200, "<html><body><div>系统繁忙，请稍后再试</div></body></html>") if path == "/list_2.html" else pages(ALL, path)


@site("circle")
def every_page_is_the_first(path: str, turn: int) -> Answer:
    here = 1 if path == "/list.html" else int(path.removeprefix("/list_").removesuffix(".html"))
    return listing(rows(ALL[:5]), f"<a href='list_{here + 1}.html'>下一页</a>")


@site("promise")
def fewer_rows_than_promised(path: str, turn: int) -> Answer:
    return listing(rows(ALL[:5]), "共60条 第1页 共1页") if path == "/list.html" else GONE


@site("emptied")
def the_list_is_empty_from_the_second_turn(path: str, turn: int) -> Answer:
    return listing("", "暂无信息") if turn else pages(ALL[:5], path)


@site("walled")
def a_login_stands_before_everything_from_the_second_turn(path: str, turn: int) -> Answer:
    form = "<html><head><title>用户登录</title></head><body><form>用户名<input name='u'>密码<input type='password'></form></body></html>"
    return (200, form) if turn else pages(ALL[:5], path) if path.startswith("/list") else (0, "")


@site("session")
def every_link_bears_a_session(path: str, turn: int) -> Answer:
    return listing(rows(ALL[:5], tail=f";jsessionid={next(TOKENS):032X}"), "第1页 共1页") if path == "/list.html" else GONE


@site("reordered")
def the_order_changes(path: str, turn: int) -> Answer:
    return pages(ALL[::-1] if turn % 2 else ALL, path)


@site("shifting")
def a_new_entry_pushes_the_last_row_to_the_next_page(path: str, turn: int) -> Answer:
    return pages(ALL if path == "/list.html" else (16, *ALL), path) if not turn else pages((16, *ALL), path)


@site("shrinking")
def the_first_row_goes_while_the_list_is_read(path: str, turn: int) -> Answer:
    rows_now = ALL if path == "/list.html" and not turn else ALL[1:]
    status, text = pages(rows_now, path)
    return status, text.replace("<div class='page'>", f"<div class='page'>共{len(rows_now)}条 ")


@site("slipped")
def an_old_date_comes_in_below_page_one(path: str, turn: int) -> Answer:
    return pages(ALL if turn else tuple(n for n in ALL if n != 4), path)


@site("moving")
def a_third_of_the_pages_leaves_and_comes_back_elsewhere(path: str, turn: int) -> Answer:
    gone = {f"/a/{n}.html" for n in range(1, 11)}
    if path == "/list.html":
        kept, left = rows(range(24, 10, -1)), rows(range(10, 0, -1), folder="a" if turn == 0 else "b")
        return listing(kept + (left if turn in (0, 3) else ""), "第1页 共1页")
    return GONE if (path in gone and turn) or (path.startswith("/b/") and turn != 3) else (0, "")


@site("stumbling")
def a_page_fails_while_the_site_moves(path: str, turn: int) -> Answer:
    failed = path == "/a/24.html" and turn == 1
    return (500, "<html><body>500</body></html>") if failed else a_third_of_the_pages_leaves_and_comes_back_elsewhere(path, turn)


@site("honest")
def two_notices_are_withdrawn(path: str, turn: int) -> Answer:
    if path in ("/a/1.html", "/a/2.html") and turn:
        return GONE
    return pages(ALL[:-2] if turn else ALL, path) if path.startswith("/list") else (0, "")


#: rows that their titles refuse: numbers the sample draws, whose pages are a notice, no notice, a wall and a failure; and the rest
DRAWN = [number for number in range(300, 900) if is_drawn(f"http://x.example/a/{number}.html")][:4]
VAGUE = "公告（第{}号）"


@site("vague")
def titles_say_nothing(path: str, turn: int) -> Answer:
    _, other, wall, failure = DRAWN
    if path.startswith("/list"):
        others = [f"<li><a href='/a/{n}.html'>{VAGUE.format(n)}</a><span>2025-05-01</span></li>" for n in range(300, failure + 1)]
        return listing(rows(ALL[:5]) + "".join(others), "第1页 共1页")
    text = "云山县定于五月举行春季植树活动，欢迎广大市民参加。" * 20
    pages = {other: (200, f"<html><body><p>{text}</p></body></html>"), wall: (403, ""), failure: (500, "")}
    return pages.get(int(path.removeprefix("/a/").removesuffix(".html")), (0, ""))


#: sites whose notices are not always there
SELDOM = {"walled", "moving", "stumbling", "honest", "vague"}


# ------------------------------------------------------------------------------------------------------------ serve and crawl


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        path = self.path.partition(";")[0]
        status, text = self.server.serve(path) if path != "/robots.txt" else GONE
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


class Server(ThreadingHTTPServer):
    turn = 0

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: Counter[str] = Counter()
        self.name, self.county = name, f"{'甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未'[list(SITES).index(name)]}山县"

    def serve(self, path: str) -> Answer:
        """What the site has at ``path`` in this turn; status 0: its notice."""
        self.asked[path] += 1
        is_list = path.startswith("/list")
        status, text = SITES[self.name](path, self.turn) if is_list or self.name in SELDOM else (0, "")
        return (status, text) if status else article(int(path.rsplit("/", 1)[1].removesuffix(".html")), self.county)


@dataclass
class Crawled:
    """What four crawls told: verdicts by site, events by site and turn, states of notices by site at the end of each turn; what
    each site was asked for, and what is said of its health in the end."""

    verdicts: dict[str, list[str]] = field(default_factory=dict)
    events: dict[tuple[str, int], Counter[str]] = field(default_factory=dict)
    states: dict[tuple[str, int], Counter[str]] = field(default_factory=dict)
    asked: dict[str, Counter[str]] = field(default_factory=dict)
    health: dict[str, dict[str, Any]] = field(default_factory=dict)


def table(server: Server) -> str:
    lines = (
        "[[source]]", f'id = "hunan_{server.name}"', 'name = "云山县生态环境局"', 'region = "430100"', 'family = "static"',
        f'list_urls = ["http://127.0.0.1:{server.server_port}/list.html"]', 'schedule = "daily"', "expect = { quiet_days = 120, since = 2023-01-01 }",
    )  # fmt: skip
    return "\n".join(lines) + "\n\n"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("completeness")
    servers = [Server(name) for name in SITES]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    (folder / "sources").mkdir()
    (folder / "sources" / "hunan.toml").write_text("".join(map(table, servers)), "utf-8")
    yield crawl(folder, servers)
    for server in servers:
        server.shutdown()
        server.server_close()


def crawl(folder: Path, servers: Sequence[Server]) -> Crawled:
    program = Signoff(folder, folder / "sources", environment={"SIGNOFF_WITHDRAWAL_LOOKS": "1", "SIGNOFF_WITHDRAWAL_HOURS": "0"})
    out, seq = Crawled(), 0
    for turn, day in enumerate(TURNS):
        for server in servers:
            server.turn = turn
        for line in program.call("crawl", "--json", clock=f"{day}T09:00:00+08:00"):
            out.verdicts.setdefault(line["source"].removeprefix("hunan_"), []).append(line["verdict"])
        with sqlite3.connect(folder / "data" / "signoff.sqlite") as db:
            events = db.execute(
                "SELECT n.source_id, c.kind FROM change c JOIN notice n ON n.id = c.notice_id WHERE c.seq > ?", [seq]
            ).fetchall()
            states = db.execute("SELECT source_id, state FROM notice").fetchall()
            (seq,) = db.execute("SELECT max(seq) FROM change").fetchone()
        for name in SITES:
            out.events[name, turn] = Counter(kind for source, kind in events if source == f"hunan_{name}")
            out.states[name, turn] = Counter(state for source, state in states if source == f"hunan_{name}")
    out.asked = {server.name: server.asked for server in servers}
    lines = program.call("sources", "health", "--json", clock=f"{TURNS[-1]}T10:00:00+08:00")
    out.health = {line["id"].removeprefix("hunan_"): line for line in lines}
    return out


# ------------------------------------------------------------------------------------------------------------------- the promises


@pytest.mark.parametrize("name", ["cut", "hole", "error", "circle", "promise"])
def test_a_list_without_a_proved_end_is_never_ok(crawled: Crawled, name: str) -> None:
    assert "ok" not in crawled.verdicts[name]


@pytest.mark.parametrize("name", ["cut", "hole", "error", "circle", "promise"])
def test_what_such_a_list_shows_is_kept_all_the_same(crawled: Crawled, name: str) -> None:
    assert crawled.states[name, 0]["live"] >= 5


def test_a_list_that_is_empty_where_there_were_rows_is_silent(crawled: Crawled) -> None:
    assert crawled.verdicts["emptied"] == ["ok", "silent", "silent", "silent"]


def test_a_login_wall_is_blocked(crawled: Crawled) -> None:
    assert crawled.verdicts["walled"] == ["ok", "blocked", "blocked", "blocked"]


@pytest.mark.parametrize("name", ["emptied", "walled"])
def test_a_blind_source_withdraws_nothing(crawled: Crawled, name: str) -> None:
    assert crawled.states[name, 3] == {"live": 5}


@pytest.mark.parametrize("name", ["session", "reordered", "shifting", "slipped", "moving", "honest", "vague"])
def test_a_list_read_to_its_end_is_ok(crawled: Crawled, name: str) -> None:
    assert set(crawled.verdicts[name]) == {"ok"}


@pytest.mark.parametrize(("name", "count"), [("session", 5), ("reordered", 15)])
def test_sessions_in_links_and_another_order_make_no_event(crawled: Crawled, name: str, count: int) -> None:
    assert crawled.states[name, 3] == {"live": count}
    assert [crawled.events[name, turn] for turn in (1, 2, 3)] == [Counter()] * 3


def test_a_list_that_shifts_under_the_walk_loses_nothing(crawled: Crawled) -> None:
    assert crawled.states["shifting", 0]["live"] >= 15
    assert crawled.states["shifting", 1] == {"live": 16}


def test_a_list_that_shrinks_under_the_walk_is_not_ok_until_it_stands_still(crawled: Crawled) -> None:
    assert crawled.verdicts["shrinking"] == ["partial", "ok", "ok", "ok"]
    assert crawled.states["shrinking", 3] == {"live": 15}


def test_an_entry_slipped_in_below_the_first_page_is_found(crawled: Crawled) -> None:
    assert crawled.events["slipped", 1] == {"new": 1}


def test_single_pages_that_are_gone_are_withdrawn_or_expired(crawled: Crawled) -> None:
    assert sum(crawled.events["honest", 1][kind] for kind in ("withdrawn", "expired")) == 2


def test_a_page_that_fails_leaves_the_crawl_partial(crawled: Crawled) -> None:
    assert crawled.verdicts["stumbling"] == ["ok", "partial", "ok", "ok"]


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.parametrize("name", ["moving", "stumbling"])
def test_a_site_that_moves_withdraws_nothing(crawled: Crawled, name: str, turn: int) -> None:
    assert crawled.events[name, turn] == Counter()
    assert crawled.states[name, turn] == {"live": 14, "missing": 10}


@pytest.mark.parametrize("name", ["moving", "stumbling"])
def test_pages_found_at_new_addresses_have_moved(crawled: Crawled, name: str) -> None:
    assert crawled.events[name, 3] == {"moved": 10}
    assert crawled.states[name, 3] == {"live": 24}


def test_a_notice_whose_title_was_refused_enters_by_the_sample(crawled: Crawled) -> None:
    assert crawled.events["vague", 0] == {"new": 6}
    assert crawled.states["vague", 3] == {"live": 6}


def test_a_miss_of_the_title_rule_is_told(crawled: Crawled) -> None:
    found = crawled.health["vague"]
    assert (found["sampled"], found["title_misses"]) == (4, [VAGUE.format(DRAWN[0])])
    assert any(f"the title rule missed 1 of 4 sampled: {VAGUE.format(DRAWN[0])}" in finding for finding in found["findings"])


def test_a_refused_row_is_asked_for_only_if_drawn_and_once(crawled: Crawled) -> None:
    asked = crawled.asked["vague"]
    assert {path for path in asked if int("0" + "".join(filter(str.isdigit, path))) >= 300} == {f"/a/{n}.html" for n in DRAWN}
    assert [asked[f"/a/{n}.html"] for n in DRAWN[1:3]] == [1, 1]
