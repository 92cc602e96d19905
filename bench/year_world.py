"""A year of invented bureau sites on loopback: lists that grow, notices, revisions, withdrawals, old dates slipped in.

    python bench/year_world.py READY_FILE

Serves until it is ended. ``bench/year.py`` starts it, sets its day and asks what was requested. Everything follows from `SITES`
and a fixed seed: no two runs differ.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from crawler.clock import CHINA
from crawler.demo.markup import word_document
from crawler.gazetteer.calendar import Unit, end_after, is_working_day

START, DAYS = date(2025, 1, 2), 365
PER_PAGE = 20
#: bytes of navigation, styles and scripts around a page's text
FRAME = 9000


@dataclass(frozen=True)
class Site:
    """``validators``: etag, modified, both, none, stale_etag, stale_modified (these stay, and answer 304, while the page changes).

    ``counter``: every page has other bytes at each look. ``yearly``: notices a year and list; backlog: those of the years before.
    """

    slug: str
    adcode: str
    agency: str
    validators: str
    lists: int = 1
    yearly: int = 12
    backlog: int = 40
    counter: bool = False

    @property
    def columns(self) -> list[str]:
        return ["gsgg", "dczg"][: self.lists]


SITES = (
    Site("honest", "370300", "齐陵市生态环境局", "both", lists=2),
    Site("modified", "420100", "江桥市生态环境局", "modified", yearly=24),
    Site("etag", "610100", "渭南里市生态环境局", "etag", yearly=6),
    Site("plain", "510700", "涪岸市生态环境局", "none"),
    Site("counter", "430300", "湘岭市生态环境局", "none", counter=True),
    Site("stale-etag", "330600", "越溪市生态环境局", "stale_etag"),
    Site("stale-modified", "350400", "沙岭市生态环境局", "stale_modified", yearly=24),
    Site("quiet", "621126", "岷谷县人民政府", "both", yearly=2, backlog=6),
)

PLACES = ("青杨河", "白石滩", "云塘湖", "柳林渠", "石门水库", "东河湾", "金沙坝", "黄泥沟", "清溪口", "双桥镇", "大岭山", "枫林坳")
TOPICS = (
    "污水管网雨污混流",
    "砂石料场扬尘",
    "畜禽养殖粪污直排",
    "矿山生态修复滞后",
    "生活垃圾渗滤液处置不到位",
    "河道岸线侵占",
    "黑烟车监管不严",
)
WORK = (
    "完成管网改造{n}公里",
    "建成处理设施{n}座",
    "清理存量垃圾{n}吨",
    "复绿{n}亩",
    "关停取缔{n}家",
    "新增在线监测点{n}处",
    "组织联合检查{n}次",
)
OTHER = (
    "关于{y}年第{n}期公务员招聘面试公告", "办公楼物业服务采购中标公告（{n}）", "关于受理{n}号建设项目环境影响报告表的公告",
    "{y}年第{n}周空气质量周报", "关于{n}号地块土壤污染状况调查报告的公示", "行政处罚决定书（{y}）{n}号",
)  # fmt: skip
NEWS = "我局召开中央生态环境保护督察整改工作第{n}次推进会"


@dataclass(frozen=True)
class Entry:
    """A row of a list. ``shown``: the date in the list; ``born``: the day it comes on line, before `START` for the backlog."""

    site: str
    column: str
    number: int
    kind: str
    shown: date
    born: date
    revised: date | None = None
    file_changed: date | None = None
    gone: date | None = None
    with_file: bool = False

    @property
    def path(self) -> str:
        return f"/{self.column}/{self.shown:%Y%m}/t{self.shown:%Y%m%d}_{self.number}.html"

    @property
    def file_path(self) -> str:
        return f"/{self.column}/{self.shown:%Y%m}/P{self.number:06d}.docx"

    def until(self, day: date) -> date:
        """The last day of the window as the page has it on ``day``."""
        longer = self.revised is not None and day >= self.revised
        return end_after(self.shown, 15 if longer else 10, Unit.WORKING)


@cache
def timeline(site: Site) -> tuple[Entry, ...]:
    """All that a site publishes, from three years before the year to its end."""
    found: list[Entry] = []
    for column in site.columns:
        dice = random.Random(f"{site.slug}/{column}")
        found += _column(site, column, dice, 1000 * (1 + site.columns.index(column)))
    return tuple(found)


def _column(site: Site, column: str, dice: random.Random, first: int) -> Iterator[Entry]:
    before = [START - timedelta(days=dice.randrange(1, 1100)) for _ in range(site.backlog)]
    year = [START + timedelta(days=dice.randrange(2, DAYS - 20)) for _ in range(site.yearly)]
    for number, day in enumerate(sorted(_working(day) for day in before + year), start=first):
        yield _notice(site, column, number, day, dice)
    slipped = [START + timedelta(days=dice.randrange(40, DAYS - 40)) for _ in range(2 if site.yearly > 2 else 0)]
    for number, day in enumerate(slipped, start=first + 400):  # an old date, far below the first page
        yield Entry(site.slug, column, number, "slipped", _working(day - timedelta(days=250)), day)
    others = 3 * (site.backlog + site.yearly)
    for number in range(first + 500, first + 500 + others):
        day = _working(START + timedelta(days=dice.randrange(-1100, DAYS)))
        yield Entry(site.slug, column, number, "news" if dice.random() < 0.1 else "other", day, day)


def _working(day: date) -> date:
    return day if is_working_day(day) else _working(day - timedelta(days=1))


def _notice(site: Site, column: str, number: int, day: date, dice: random.Random) -> Entry:
    fate = {name: dice.random() for name in ("revised", "late", "gone", "file", "changed")}
    with_file = fate["file"] < 0.4
    inside, after = day + timedelta(days=dice.randrange(2, 10)), day + timedelta(days=dice.randrange(16, 40))
    revised = inside if fate["revised"] < 0.15 else after if fate["late"] < 0.05 else None
    changed = inside if with_file and fate["changed"] < 0.2 else None
    gone = inside if fate["gone"] < 0.06 and revised is None and changed is None else None
    return Entry(site.slug, column, number, "notice", day, day, revised, changed, gone, with_file)


def listed(site: Site, column: str, day: date) -> list[Entry]:
    """What a list shows on ``day``, newest date first."""
    rows = [e for e in timeline(site) if e.column == column and e.born <= day and not (e.gone and day >= e.gone)]
    return sorted(rows, key=lambda e: (e.shown, e.number), reverse=True)


def title(entry: Entry) -> str:
    dice = random.Random(f"{entry.site}/{entry.number}")
    if entry.kind == "other":
        return dice.choice(OTHER).format(n=entry.number, y=entry.shown.year)
    if entry.kind == "news":
        return NEWS.format(n=entry.number)
    return f"关于第三轮中央生态环境保护督察反馈问题第{entry.number}项（{dice.choice(PLACES)}{dice.choice(TOPICS)}）整改销号的公示"


def article(site: Site, entry: Entry, day: date) -> str:
    dice = random.Random(f"{entry.site}/{entry.number}/text")
    place = dice.choice(PLACES)
    done = "；".join(dice.choice(WORK).format(n=dice.randrange(2, 900)) for _ in range(12))
    if entry.kind in ("other", "news"):
        paragraphs = [f"{place}有关工作按计划推进，{done}。", f"下一步将继续做好{dice.choice(PLACES)}一带的各项工作。"]
    else:
        end = entry.until(day)
        count = 15 if entry.revised and day >= entry.revised else 10
        paragraphs = [
            f"按照督察整改销号工作要求，{place}{dice.choice(TOPICS)}问题（序号{entry.number}）已完成整改，现予公示。",
            f"一、整改目标：{entry.shown.year}年底前完成{place}问题整治并长期保持。",
            f"二、整改措施及完成情况：{done}。经现场核查，{place}整改任务{entry.number}达到销号标准。",
            f"公示时间：{_words(entry.shown)}至{_words(end)}（{count}个工作日）。",
            f"公示期内如有异议，请以书面形式向{site.agency}反映。",
        ]
    body = "\n".join(f'<p style="text-indent:2em">{words}</p>' for words in paragraphs)
    link = f'<p>附件：<a href="{entry.file_path}">整改任务{entry.number}完成情况表.docx</a></p>' if entry.with_file else ""
    head = f"<h1>{title(entry)}</h1><div class='info'>发布时间：{entry.shown} 来源：{site.agency}</div>"
    signed = f'<p align="right">{site.agency}</p><p align="right">{_words(entry.shown)}</p>'
    return framed(site, title(entry), f'<div class="article">{head}<div class="TRS_Editor">{body}{link}{signed}</div></div>')


def _words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def framed(site: Site, name: str, main: str) -> str:
    style = "/* layout */" + ".c{margin:0}" * (FRAME // 11)
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{name}_{site.agency}</title><style>{style}</style></head><body>'
        f'<div class="top">{site.agency}</div>{main}<div class="footer">主办单位：{site.agency}</div></body></html>'
    )


def list_page(site: Site, column: str, number: int, day: date) -> str | None:
    rows = listed(site, column, day)
    pages = -(-len(rows) // PER_PAGE)
    if number >= pages:
        return None
    shown = rows[number * PER_PAGE : (number + 1) * PER_PAGE]
    items = "\n".join(f'<li><span>{e.shown}</span><a href="{e.path}" title="{title(e)}">{title(e)}</a></li>' for e in shown)
    pager = f'<script>createPageHTML({pages}, {number}, "index", "html");</script>'
    return framed(site, "公示公告", f'<ul class="gl_list">\n{items}\n</ul><div class="page">{pager}</div>')


@cache
def _document(entry: Entry, changed: bool) -> bytes:
    words = "| 任务 | 完成情况 |\n" + f"| 第{entry.number}项 | {'已完成整改并补充验收材料' if changed else '已完成整改'} |"
    return word_document(words)


@dataclass(frozen=True)
class Answer:
    body: bytes
    kind: str
    status: int = 200
    content_type: str = "text/html; charset=utf-8"


@cache
def answers(site: Site, day: date) -> dict[str, Answer]:
    """All that a site serves on ``day``."""
    found: dict[str, Answer] = {"/robots.txt": Answer(b"User-agent: *\nAllow: /\n", "robots", content_type="text/plain")}
    for column in site.columns:
        number = 0
        while (text := list_page(site, column, number, day)) is not None:
            name = "index.html" if number == 0 else f"index_{number}.html"
            found[f"/{column}/{name}"] = Answer(text.encode(), "list")
            number += 1
    for entry in timeline(site):
        if entry.born > day or (entry.gone and day >= entry.gone):
            continue
        kind = "notice" if entry.kind in ("notice", "slipped") else "other"
        found[entry.path] = Answer(article(site, entry, day).encode(), kind)
        if entry.with_file:
            changed = entry.file_changed is not None and day >= entry.file_changed
            found[entry.file_path] = Answer(_document(entry, changed), "file", content_type="application/msword")
    return found


def naive(site: Site, day: date) -> tuple[int, int]:
    """Requests and bytes of a look at every list page, every notice's page and every file, whatever was known of them."""
    bodies = [len(a.body) for a in answers(site, day).values() if a.kind in ("list", "notice", "file")]
    return len(bodies), sum(bodies)


@dataclass
class World:
    """The sites' one day, and what was asked of them since the log was reset: site → kind and status → number, bytes."""

    day: date = START
    log: dict[str, Counter[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    changed: dict[tuple[str, str], tuple[bytes, date]] = field(default_factory=dict)

    def note(self, site: Site, kind: str, status: int, size: int) -> None:
        with self.lock:
            counts = self.log.setdefault(site.slug, Counter())
            counts[f"{kind} {status}"] += 1
            counts["bytes"] += size

    def modified(self, site: Site, path: str, body: bytes) -> date:
        """The day on which these bytes were first served at an address."""
        digest = hashlib.sha256(body).digest()
        with self.lock:
            before = self.changed.get((site.slug, path))
            if before is None or (before[0] != digest and not site.validators.startswith("stale")):
                before = self.changed[site.slug, path] = (digest, self.day)
            return before[1]


class SiteServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], site: Site | None, world: World) -> None:
        super().__init__(address, Handler if site else Control)
        self.site, self.world, self.looks = site, world, 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SiteServer

    def do_GET(self) -> None:
        site, world = self.server.site, self.server.world
        assert site is not None
        answer = answers(site, world.day).get(self.path) or Answer("<html><body>404 页面不存在</body></html>".encode(), "gone", 404)
        body, headers = answer.body, {}
        if answer.status == 200 and site.counter and answer.kind != "robots":
            self.server.looks += 1
            body = body.replace(b"</body>", f"<i>浏览次数：{self.server.looks}</i></body>".encode())
        elif answer.status == 200:
            headers = self.validators(site, body)
        if headers and self.holds(headers):
            answer, body = Answer(b"", answer.kind, 304), b""
        world.note(site, answer.kind, answer.status, len(body))
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def validators(self, site: Site, body: bytes) -> dict[str, str]:
        day = self.server.world.modified(site, self.path, body)
        modified = {"Last-Modified": format_datetime(datetime.combine(day, time(7, 30), CHINA).astimezone(UTC), usegmt=True)}
        steady = self.path if site.validators.startswith("stale") else self.path + hashlib.sha256(body).hexdigest()
        etag = {"ETag": f'"{hashlib.sha256(steady.encode()).hexdigest()[:16]}"'}
        sent = {"both": etag | modified, "etag": etag, "stale_etag": etag, "modified": modified, "stale_modified": modified}
        return sent.get(site.validators, {})

    def holds(self, headers: dict[str, str]) -> bool:
        asked = self.headers.get("If-None-Match")
        if asked is not None:
            return headers.get("ETag") == asked
        since, modified = self.headers.get("If-Modified-Since"), headers.get("Last-Modified")
        return bool(since and modified and parsedate_to_datetime(modified) <= parsedate_to_datetime(since))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """The world's log is enough."""


class Control(BaseHTTPRequestHandler):
    """``/day/2025-03-01`` sets the day and empties the log; ``/log`` tells it."""

    server: SiteServer

    def do_GET(self) -> None:
        world = self.server.world
        if self.path.startswith("/day/"):
            with world.lock:
                world.day, world.log = date.fromisoformat(self.path.removeprefix("/day/")), {}
            answers.cache_clear()
        told = json.dumps(world.log).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Nothing."""


def as_farm_site(site: Site, base: str) -> dict[str, Any]:
    """The site in the words of `replica_farm.registry`."""
    return {
        "slug": site.slug, "adcode": site.adcode, "level": "municipal", "agency": site.agency, "name": site.agency, "cms": "trs",
        "needs_browser": False, "base_url": base, "list_urls": [f"{base}/{column}/index.html" for column in site.columns],
    }  # fmt: skip


def main() -> None:
    world = World()
    control = SiteServer(("127.0.0.1", 0), None, world)
    port = control.server_address[1]
    servers = [SiteServer((f"127.78.{n}.1", port), site, world) for n, site in enumerate(SITES, start=1)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    told = [as_farm_site(s.site, f"http://{s.server_address[0]!s}:{port}") for s in servers if s.site]
    Path(sys.argv[1]).write_text(json.dumps({"control_url": f"http://127.0.0.1:{port}", "sites": told}), "utf-8")
    control.serve_forever()


if __name__ == "__main__":
    main()
