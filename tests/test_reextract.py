"""`signoff reextract`: captures read again with today's rules; what an agency did stays what it was."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from bench import scans
from crawler.cli import run as signoff
from crawler.config import Config
from crawler.crawl.from_archive import document_again, page_again
from crawler.crawl.reading import Readers
from crawler.crawl.reextract import Reextractor, Summary, reading_of
from crawler.db import crawls, write_look, write_notice, write_rereading
from crawler.db import find_notice as known_notices
from crawler.db.database import Database
from crawler.db.models import Address, AttachmentRow, Base, Capture, Change, Notice, NoticeUrl, Revision, TextKey
from crawler.db.write_rereading import Wanted
from crawler.errors import ArchiveError
from crawler.extract.blocks import Block, BlockKind, Document, Link
from crawler.extract.document.read_document import read_document
from crawler.extract.read_notice import EXTRACTOR
from crawler.fetch.archive.archive import Attempt
from crawler.fetch.archive.warc import Exchange
from crawler.fetch.process import Context
from crawler.items import Fetched, Match, PageItem
from crawler.policy.plan import Mode, Plan, Run
from crawler.registry.model import Expect
from crawler.registry.registry import Registry, Source
from tests.test_documents import need_recognition

T0 = datetime(2025, 6, 4, 1, tzinfo=UTC)
URL = "http://sthjj.example.gov.cn/a/1.html"
FILE = "http://sthjj.example.gov.cn/a/form.doc"
TITLE = "关于皋兰县第二轮中央生态环境保护督察反馈问题（序号12）整改完成情况的公示"
TEXT = "三家洗砂场已全部拆除，清淤二点四公里，复绿三十七亩，断面水质连续六个月达标，现予以公示。"
SOURCE = Source("gansu_lanzhou", "兰州市生态环境局", "620100", "static", ("http://sthjj.example.gov.cn/",), Expect(120, date(2022, 1, 1)))
ROWS = (
    ("整改任务", "洗砂场废水直排。"),
    ("责任单位", "皋兰县水务局"),
    ("整改目标", "废水不外排。"),
    ("完成情况", "三家洗砂场已全部拆除。"),
)
ROWS_TEXT = "\n".join("\t".join(row) for row in ROWS)
FORM = Document("form.doc", "application/msword", "read", (Block(BlockKind.TABLE, ROWS_TEXT, ROWS, where="form.doc"),))


def html(title: str = TITLE, text: str = TEXT, more: str = "") -> bytes:
    return (
        f'<html><head><title>{title}</title></head><body><h1>{title}</h1><div id="zoom"><p>{text}</p>'
        f"<p>公示期：2025年6月3日至6月16日。如有异议，请联系0931-7771234。</p>{more}</div></body></html>"
    ).encode()


WITH_FILE = html(more=f'<p>附件：<a href="{FILE}">整改情况表.doc</a></p>')
NEWS = (
    "<html><head><title>皋兰县召开中央生态环境保护督察整改工作推进会</title></head><body><h1>皋兰县召开中央生态环境保护督察整改工作推进会</h1>"
    "<p>来源：兰州日报</p><div id='zoom'><p>近日，皋兰县召开会议。会议强调，要以钉钉子的精神抓好督察反馈问题的整改。</p></div></body></html>"
).encode()


class Tools:
    """Stands for the readers of documents: a machine with some tools or without."""

    def __init__(self, document: Document) -> None:
        self.document = document

    async def read(self, _: bytes, name: str) -> Document:
        return replace(self.document, name=name)


NOTHING = Tools(Document("", "application/msword", "needs: libreoffice"))
ALL = Tools(FORM)


@dataclass
class World:
    """A database and an archive as a crawl leaves them."""

    shared: Context
    database: Database

    def write(self, work: Callable[[Connection], Any]) -> Any:
        return self.database.write_now(work)

    def capture(self, body: bytes, url: str = URL, kind: bytes = b"text/html; charset=utf-8") -> int:
        exchange = Exchange(url, "GET", (), b"", 200, ((b"Content-Type", kind),), body, T0)
        return asyncio.run(self.shared.archive.keep(Attempt(url, "detail", T0, 0.1, SOURCE.id, status=200, exchange=exchange))).capture_id

    def crawl(
        self, body: bytes = WITH_FILE, url: str = URL, now: datetime = T0, tools: Tools = NOTHING, rules: int = EXTRACTOR
    ) -> list[str]:
        """A look at a page, read by rules of some version; what it made."""
        item = self.item(body, url, tools, rules)
        return list(self.write(lambda c: self._look(c, item, now)))

    def item(self, body: bytes, url: str, tools: Tools, rules: int) -> PageItem:
        capture, sha256 = self.capture(body, url), hashlib.sha256(body).hexdigest()
        page = page_again(body, "text/html", url, url, sha256, "")
        files = [
            Fetched(link, self.capture(b"form", link.url), 200, hashlib.sha256(b"form").hexdigest(), b"form") for link in page.attachments
        ]
        reading = reading_of(page, SOURCE, [(file, asyncio.run(tools.read(b"", file.link.name))) for file in files], "")
        reading = replace(reading, notice=replace(reading.notice, extractor=rules))
        return PageItem(SOURCE.id, url, url, capture, sha256, body, files=tuple(files), page=page, reading=reading)

    def _look(self, connection: Connection, item: PageItem, now: datetime) -> list[str]:
        begun = crawls.begin(connection, SOURCE.id, SOURCE.name, SOURCE.region, Mode.CRAWL, now)
        assert begun is not None
        known = known_notices.known_at(connection, item.url)
        item.match = Match(known=known.id if known else None)
        context = write_notice.Context(begun.crawl_id, SOURCE.id, now, first_ok=T0)
        return write_look.of_page(connection, item=item, context=context, plan=Plan(Run(), begun.crawl_id, now))

    def spoil(self, **columns: Any) -> None:
        """As if older rules had read it: they found no window, and another title."""
        fields = {"title": "旧标题", "publicity_end": None, "url": URL}
        self.write(lambda c: c.execute(update(Revision).values(**({"extractor": 0, "fields": fields} | columns))))
        self.write(lambda c: c.execute(update(Notice).values(title="旧标题", window_end=None)))

    def reread(
        self, wanted: Wanted = Wanted(), tools: Tools = NOTHING, registry: Sequence[Source] = (SOURCE,)
    ) -> tuple[Summary, list[str]]:
        told: list[str] = []
        run = Reextractor(self.shared, Registry(registry), tools, told.append, lambda: None)  # type: ignore[arg-type]
        return asyncio.run(run.run(wanted)), told

    def all(self, *columns: Any) -> list[Any]:
        return [tuple(row) for row in self.write(lambda c: c.execute(select(*columns)).all())]

    def dump(self) -> dict[str, list[Any]]:
        tables = [table for table in Base.metadata.sorted_tables if table.name not in ("address", "counter")]
        return {table.name: sorted(map(repr, self.all(table))) for table in tables}


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> Iterator[World]:
    database = Database(engine)
    shared = Context(Config(data_dir=tmp_path / "data"), database)
    yield World(shared, database)
    Readers.of(shared).documents.close()
    shared.close()
    database.close()


# ------------------------------------------------------------------------------------------------------------------ notices


def test_fields_are_those_of_todays_rules(world: World) -> None:
    world.crawl()
    world.spoil()
    world.reread()
    [(fields, rules)] = world.all(Revision.fields, Revision.extractor)
    assert (fields["title"], fields["publicity_end"], rules) == (TITLE, "2025-06-16", EXTRACTOR)


def test_what_is_searched_follows_the_fields(world: World) -> None:
    world.crawl()
    world.spoil()
    world.reread()
    assert world.all(Notice.title, Notice.window_end) == [(TITLE, date(2025, 6, 16))]


def test_nothing_is_announced(world: World) -> None:
    world.crawl()
    world.spoil()
    world.reread()
    assert world.all(Change.kind) == [("new",)]


def test_a_run_says_what_it_changed(world: World) -> None:
    world.crawl()
    world.spoil()
    assert world.reread()[0] == Summary(read=1, changed=1)


def test_what_todays_rules_read_is_left_alone(world: World) -> None:
    world.crawl()
    assert world.reread()[0] == Summary()


def test_forced_it_is_read_again_and_stays_as_it_was(world: World) -> None:
    world.crawl(tools=ALL)
    world.crawl(WITH_FILE.replace("三十七".encode(), "三十八".encode()), now=T0 + timedelta(days=3), tools=ALL)
    before = world.dump()
    assert world.reread(Wanted(force=True), ALL)[0] == Summary(read=1)
    assert world.dump() == before


def test_older_revisions_are_read_again_too(world: World) -> None:
    world.crawl(html())
    world.crawl(html(text=TEXT.replace("三十七", "三十八")), now=T0 + timedelta(days=3))
    world.spoil()
    world.reread()
    found = world.write(lambda c: c.execute(select(Revision.fields).order_by(Revision.number)).scalars().all())
    assert [("三十七" in fields["text"], "三十八" in fields["text"]) for fields in found] == [(True, False), (False, True)]


def test_times_and_captures_stay(world: World) -> None:
    world.crawl()
    columns = (Revision.first_seen, Revision.last_seen, Revision.capture_id)
    before = world.all(*columns), world.all(Notice.first_seen, Notice.last_seen)
    world.spoil()
    world.reread()
    assert (world.all(*columns), world.all(Notice.first_seen, Notice.last_seen)) == before


def test_text_keys_are_those_of_todays_text(world: World) -> None:
    world.crawl()
    before = world.all(TextKey.key)
    world.write(lambda c: c.execute(update(TextKey).where(TextKey.key == before[0][0]).values(key=1)))
    world.spoil()
    world.reread()
    assert sorted(world.all(TextKey.key)) == sorted(before)


def test_a_run_that_was_stopped_goes_on(world: World) -> None:
    for number in range(3):
        world.crawl(html(text=f"{number}号料场已经封闭并复绿，" + TEXT * (number + 1)), f"{URL}?{number}")
    world.spoil()

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(Reextractor(world.shared, Registry([SOURCE]), NOTHING, print, stop).run(Wanted()))  # type: ignore[arg-type]
    assert world.reread()[0].read == 2


def test_a_capture_that_was_let_go_costs_nothing_else(world: World) -> None:
    world.crawl(html(), URL)
    world.crawl(html(text="料场已经封闭。" + TEXT * 2), f"{URL}?2")
    world.spoil()
    world.write(lambda c: c.execute(update(Capture).where(Capture.url == URL).values(warc_file=None)))
    summary, [line] = world.reread()
    assert (summary, "let go" in line) == (Summary(read=1, changed=1, failed=1), True)


def test_a_source_the_registry_lost_is_known_from_its_last_crawl(world: World) -> None:
    world.crawl()
    world.spoil()
    assert world.reread(registry=())[0].changed == 1


@pytest.mark.parametrize(("region", "read"), [("620000", 1), ("620122", 1), ("110000", 0)])
def test_a_region_is_read_alone(world: World, region: str, read: int) -> None:
    world.crawl()
    world.spoil()
    assert world.reread(Wanted(regions=(region,)))[0].read == read


@pytest.mark.parametrize(("days", "read"), [(-1, 1), (1, 0)])
def test_since_counts_from_the_first_look(world: World, days: int, read: int) -> None:
    world.crawl()
    world.spoil()
    assert world.reread(Wanted(since=T0 + timedelta(days=days)))[0].read == read


def test_a_notice_revised_meanwhile_is_not_written_over(world: World) -> None:
    world.crawl()
    [(notice_id,)] = world.all(Notice.id)
    old = world.write(lambda c: write_rereading.notice(c, notice_id))
    reading = world.item(WITH_FILE, URL, NOTHING, EXTRACTOR).reading
    world.crawl(html(text="改过了。" + TEXT), now=T0 + timedelta(days=1))
    assert world.write(lambda c: write_rereading.refresh(c, old, {1: reading})) is False


# -------------------------------------------------------------------------------------------------------------------- files


def test_a_file_that_waited_for_a_tool_is_read_when_it_is_there(world: World) -> None:
    world.crawl()
    summary, _ = world.reread(Wanted(tools=frozenset({"libreoffice"})), ALL)
    assert (summary.changed, world.all(AttachmentRow.status, AttachmentRow.text)) == (1, [("read", ROWS_TEXT)])


def test_what_the_file_says_fills_the_notice_and_is_no_event(world: World) -> None:
    world.crawl()
    world.reread(Wanted(tools=frozenset({"libreoffice"})), ALL)
    [(fields,)] = world.all(Revision.fields)
    assert (fields["responsible_units"], world.all(Change.kind)) == (["皋兰县水务局"], [("new",)])


class Scanner(Tools):
    """The readers of a machine with the extra ``ocr`` or without, before a scan of the form."""

    def __init__(self, data: bytes, *, ocr: bool) -> None:
        self.data, self.ocr = data, ocr

    async def read(self, _: bytes, name: str) -> Document:
        return read_document(self.data, name, ocr=self.ocr)


def test_a_scan_that_waited_is_recognised_for_good_and_is_no_event(world: World) -> None:
    need_recognition()
    scan = scans.as_jpg(scans.drawn(scans.Sheet("整改情况表", rows=ROWS, widths=(0.2, 0.8))))
    world.crawl(tools=Scanner(scan, ocr=False))
    waiting = world.all(AttachmentRow.status, AttachmentRow.confidence)
    world.reread(Wanted(tools=frozenset({"ocr"})), Scanner(scan, ocr=True))
    world.reread(Wanted(force=True), Scanner(scan, ocr=False))
    [(fields,)] = world.all(Revision.fields)
    [(status, text, confidence)] = world.all(AttachmentRow.status, AttachmentRow.text, AttachmentRow.confidence)
    assert (waiting, status, fields["responsible_units"]) == ([("needs: ocr", None)], "read", ["皋兰县水务局"])
    assert (text.splitlines()[-1], min(confidence.values()) > 0.9, world.all(Change.kind)) == ("\t".join(ROWS[-1]), True, [("new",)])


def test_a_file_that_waits_for_another_tool_goes_on_waiting(world: World) -> None:
    world.crawl()
    assert world.reread(Wanted(tools=frozenset({"ocr"})), ALL)[0] == Summary()


def test_waiting_for_nothing_reads_nothing(world: World) -> None:
    world.crawl(tools=ALL)
    assert world.reread(Wanted(tools=frozenset({"libreoffice"})), ALL)[0] == Summary()


def test_a_machine_without_the_tool_loses_nothing(world: World) -> None:
    world.crawl(tools=ALL)
    world.spoil()
    world.reread(tools=NOTHING)
    [(fields,)] = world.all(Revision.fields)
    assert (fields["responsible_units"], world.all(AttachmentRow.status)) == (["皋兰县水务局"], [("read",)])


def test_a_failed_file_keeps_its_reason(world: World) -> None:
    world.crawl()
    world.write(lambda c: c.execute(update(AttachmentRow).values(status="failed: status 404", sha256=None, capture_id=None)))
    world.spoil()
    world.reread()
    [(fields,)] = world.all(Revision.fields)
    assert (fields["attachments"][0]["status"], world.all(AttachmentRow.status)) == ("failed: status 404", [("failed: status 404",)])


def test_a_file_only_todays_rules_see_is_no_change_at_the_next_look(world: World) -> None:
    world.crawl()
    world.write(lambda c: c.execute(AttachmentRow.__table__.delete()))  # type: ignore[attr-defined]
    world.spoil()
    world.reread()
    assert [key for key in world.crawl(now=T0 + timedelta(days=2)) if key.startswith("history/")] == []


def test_a_file_todays_rules_do_not_see_is_no_change_at_the_next_look(world: World) -> None:
    world.crawl(html())
    [(notice_id,)] = world.all(Notice.id)
    row = {
        "notice_id": notice_id,
        "first_revision": 1,
        "url": "http://x.example/logo.zip",
        "name": "logo",
        "status": "read",
        "sha256": "a" * 64,
    }
    world.write(lambda c: c.execute(insert(AttachmentRow).values(**row)))
    world.spoil()
    world.reread()
    assert [key for key in world.crawl(html(), now=T0 + timedelta(days=2)) if key.startswith("history/")] == []


# ------------------------------------------------------------------------------------------------------------ ignored pages


def ignored(world: World, body: bytes = WITH_FILE, outcome: str = "news") -> None:
    """A page that older rules took for news."""
    capture = world.capture(body)
    row = {
        "url": URL, "source_id": SOURCE.id, "role": "detail", "outcome": outcome, "title": "推进会", "facts": {}, "first_seen": T0,
        "last_seen": T0 + timedelta(days=1), "capture_id": capture, "body_sha256": hashlib.sha256(body).hexdigest(), "agreements": 0,
        "unread_looks": 0, "failures": 0,
    }  # fmt: skip
    world.write(lambda c: crawls.begin(c, SOURCE.id, SOURCE.name, SOURCE.region, Mode.CRAWL, T0))
    world.write(lambda c: c.execute(insert(Address).values(**row)))


def test_a_page_that_is_a_notice_after_all_enters(world: World) -> None:
    ignored(world)
    assert world.reread()[0] == Summary(read=1, entered=1)


def test_it_enters_with_an_event_that_is_no_news(world: World) -> None:
    ignored(world)
    world.reread()
    assert (world.all(Change.kind, Change.news, Change.crawl_id), world.all(Notice.news)) == ([("new", False, None)], [(False,)])


def test_it_was_first_seen_when_its_page_was(world: World) -> None:
    ignored(world)
    world.reread()
    seen = [world.all(Notice.first_seen, Notice.last_seen), world.all(Revision.first_seen, Revision.last_seen), world.all(NoticeUrl.since)]
    assert seen == [[(T0, T0 + timedelta(days=1))], [(T0, T0 + timedelta(days=1))], [(T0,)]]


def test_its_address_is_a_notices_from_then_on(world: World) -> None:
    ignored(world)
    world.reread()
    [(outcome, notice_id, due)] = world.all(Address.outcome, Address.notice_id, Address.due_at)
    assert (outcome, [(notice_id,)], due is not None) == ("notice", world.all(Notice.id), True)


def test_its_files_come_with_it_where_they_were_archived(world: World) -> None:
    world.capture(b"form", FILE, b"application/msword")
    ignored(world)
    world.reread(tools=ALL)
    assert world.all(AttachmentRow.status, AttachmentRow.sha256) == [("read", hashlib.sha256(b"form").hexdigest())]


def test_a_copy_of_a_known_notice_enters_as_a_repost(world: World) -> None:
    world.crawl(url="http://sthjj.example.gov.cn/b/2.html")
    ignored(world)
    world.reread()
    assert world.all(Change.kind) == [("new",), ("repost",)]


def test_a_page_that_is_none_stays_out_and_is_not_read_twice(world: World) -> None:
    ignored(world, NEWS)
    assert [world.reread()[0], world.reread()[0], world.all(Notice.id)] == [Summary(read=1), Summary(), []]


def test_a_page_that_is_none_has_todays_reason(world: World) -> None:
    ignored(world, NEWS, "unrelated")
    world.reread()
    assert world.all(Address.outcome) == [("news",)]


@pytest.mark.parametrize("outcome", ["gone", "unread", "former_address"])
def test_an_address_without_a_page_is_not_read(world: World, outcome: str) -> None:
    ignored(world, outcome=outcome)
    assert world.reread()[0] == Summary()


def test_waiting_files_are_no_reason_to_read_ignored_pages(world: World) -> None:
    ignored(world)
    assert world.reread(Wanted(tools=frozenset({"libreoffice"})))[0] == Summary()


# ------------------------------------------------------------------------------------------------------- captures and pages


def again(body: bytes, sha256: str, kind: str = "text/html") -> Any:
    return page_again(body, kind, URL, URL, sha256, "表名")


def test_a_page_is_taken_apart_as_a_page() -> None:
    assert again(html(), hashlib.sha256(html()).hexdigest()).title == TITLE


def test_a_file_is_a_page_that_is_nothing_but_this_file() -> None:
    body = b"%PDF-1.7 and so on"
    page = again(body, hashlib.sha256(body).hexdigest(), "application/pdf")
    assert (page.title, page.attachments) == ("表名", (Link(URL, "表名"),))


@pytest.mark.parametrize("around", ["{}", "callback({});"])
def test_a_body_is_found_in_the_list_that_carried_it(around: str) -> None:
    fragment = f"<p>{TEXT}</p>"
    body = around.replace("{}", json.dumps({"rows": [{"content": "别的"}, {"content": fragment}]}, ensure_ascii=False)).encode()
    page = again(body, hashlib.sha256(fragment.encode()).hexdigest(), "application/json")
    assert (page.title, [block.text for block in page.blocks]) == ("表名", [TEXT])


@pytest.mark.parametrize("body", [b"<html></html>", b"[" * 100_000, b'{"a": ["b"]}', b""])
def test_a_capture_of_something_else_is_told(body: bytes) -> None:
    with pytest.raises(ArchiveError):
        again(body, "0" * 64)


def test_a_stored_text_is_a_document_again() -> None:
    document = document_again("a.doc", None, "整改情况表\n责任单位\t水务局\n整改目标\t达标\n二〇二四年")
    assert [(block.kind.value, block.rows) for block in document.blocks] == [
        ("paragraph", ()), ("table", (("责任单位", "水务局"), ("整改目标", "达标"))), ("paragraph", ()),
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------------------------ command


def test_the_command_sums_up(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world.crawl(html())
    world.spoil()
    url = world.database.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    status = signoff(["reextract", "--json", "--database", url, "--data-dir", str(tmp_path / "data")])
    assert (status, json.loads(capsys.readouterr().out)) == (0, {"read": 1, "changed": 1, "entered": 0, "failed": 0})


def test_a_day_that_is_none_is_wrong_use(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert (signoff(["reextract", "--since", "gestern", "--data-dir", str(tmp_path)]), capsys.readouterr().err.count("\n")) == (2, 1)


def test_a_look_without_the_tool_keeps_what_the_tool_read(world: World) -> None:
    world.crawl()
    world.reread(Wanted(tools=frozenset({"libreoffice"})), ALL)
    readers = Readers(world.shared)
    readers.documents.close()
    readers.documents = NOTHING  # type: ignore[assignment]
    body = WITH_FILE.replace("三十七".encode(), "三十八".encode())
    item = world.item(body, URL, NOTHING, EXTRACTOR)
    reading = asyncio.run(readers.read(item, SOURCE))
    world.write(lambda c: world._look(c, replace(item, reading=reading), T0 + timedelta(days=2)))
    changes = world.write(lambda c: c.execute(select(Change.changes).where(Change.kind == "revised")).scalar_one())
    assert "responsible_units" not in changes
    assert world.all(AttachmentRow.status) == [("read",)]
