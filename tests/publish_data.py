"""A small database as crawls leave it: two ordinary notices, a revised, a withdrawn and a moved one, a newspaper's copy, a hostile one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert

from crawler.db import engine as database
from crawler.db.models import AttachmentRow, Capture, Change, Notice, NoticeUrl, Revision, Source
from crawler.notice.model import Attachment, DocType, Publicity, Sections, Stage, Task
from crawler.notice.model import Notice as Reading

START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
LANZHOU, BAIYIN, PAPER = "gansu_lanzhou", "gansu_baiyin", "gansu_zaobao"
OLD_TEXT = "河道垃圾已清理。\n公示期：2026年3月2日至3月6日。\n联系人：王小明，电话13912345678。"
NEW_TEXT = "河道垃圾已全部清理。\n公示期：2026年3月2日至3月13日。\n联系人：王小明，电话13912345678。"
HOSTILE = '=HYPERLINK("http://x.example")<script>alert(1)</script>\x1b[31m\u202e公示'


def reading(url: str, title: str, text: str, **fields: Any) -> Reading:
    given = {
        "adcode": "620102",
        "province": "甘肃省",
        "city": "兰州市",
        "county": "城关区",
        "level": "central",
        "round": 2,
        "stage": Stage.ACCEPTED_PENDING,
    }
    given |= {"doc_type": DocType.SIGNOFF_NOTICE, "publish_date": date(2026, 3, 2), "extractor": 1, "issuer": "兰州市生态环境局"}
    return Reading(url=url, title=title, text=text, **(given | fields))


def window(last: date) -> dict[str, Any]:
    first = date(2026, 3, 2)
    return {
        "publicity_start": first,
        "publicity_end": last,
        "publicity": Publicity(start=first, end=last, natural_days=(last - first).days + 1),
    }


FIRST = reading(
    "https://lz.example/a.html",
    "关于第7项任务整改完成情况的公示",
    OLD_TEXT,
    task_numbers=("第7项",),
    task_keys=("central:2:-:620000:620000:007",),
    responsible_units=("城关区人民政府", "兰州市水务局"),
    phones=("0931-8412345", "13912345678"),
    sections=Sections(problem="河道堆放垃圾。", completion="河道垃圾已清理。"),
    attachments=(Attachment("验收表.docx", "https://lz.example/a.docx", sha256="ab" * 32, status="unread"),),
    **window(date(2026, 3, 6)),
)
REVISED = reading(
    "https://lz.example/a.html",
    "关于第7项任务整改完成情况的公示（更正）",
    NEW_TEXT,
    task_numbers=("第7项",),
    task_keys=("central:2:-:620000:620000:007",),
    responsible_units=("城关区人民政府", "兰州市水务局"),
    phones=("0931-8412345", "13912345678"),
    sections=Sections(problem="河道堆放垃圾。", completion="河道垃圾已全部清理。"),
    **window(date(2026, 3, 13)),
)
GONE = reading(
    "https://by.example/b.html",
    "白银市序号3、序号4整改情况公示",
    "两项任务均已完成。",
    adcode=None,
    tasks=(Task("序号3", completion="已完成。"), Task("序号4", completion="已完成。")),
    task_numbers=("序号3", "序号4"),
)
PLAN = reading(
    "https://by.example/plan.html",
    "白银市整改方案",
    "方案全文。",
    doc_type=DocType.RECTIFICATION_PLAN,
    adcode="620400",
    publish_date=None,
    stage=None,
)
COPY = reading(
    "https://paper.example/c.html",
    "关于第7项任务整改完成情况的公示",
    "早报讯 " + "河道垃圾已清理，水质稳定达标。" * 30,
    is_repost=True,
    repost_source="兰州市生态环境局",
    sections=Sections(problem="河道堆放垃圾。" * 40),
)
NASTY = reading("javascript:alert(1)", HOSTILE, "+cmd|' /C calc'!A0\n<img src=x onerror=alert(1)>", issuer="@evil", stage=None)


class Filler:
    """Writes rows as a crawl would; events get their numbers in order, one hour apart."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.seq = connection, 0

    def source(self, source_id: str, name: str, region: str) -> None:
        self.connection.execute(insert(Source), {"id": source_id, "name": name, "region": region, "first_seen": START})

    def notice(self, notice_id: str, source_id: str, *readings: Reading, news: bool = True, **columns: Any) -> None:
        last = readings[-1]
        given: dict[str, Any] = {"id": notice_id, "source_id": source_id, "url": last.url, "doc_type": last.doc_type, "state": "live"}
        given |= {"title": last.title, "adcode": last.adcode, "publish_date": last.publish_date, "revision": len(readings)}
        given |= {"window_start": last.publicity.start, "window_end": last.publicity.end, "group_id": notice_id, "news": news}
        given |= {"is_repost": last.is_repost, "first_seen": START, "last_seen": START, "held": False}
        self.connection.execute(insert(Notice), given | columns)
        self.connection.execute(
            insert(NoticeUrl), {"notice_id": notice_id, "url": columns.get("url", last.url), "since": START, "until": None}
        )
        for number, found in enumerate(readings, 1):
            self.revision(notice_id, number, found)
        for kind in ("new", *["revised"] * (len(readings) - 1)):
            self.event(kind if source_id != PAPER else "repost", notice_id, 1 if kind == "new" else 2, news=news)

    def revision(self, notice_id: str, number: int, found: Reading) -> None:
        capture = {
            "url": found.url,
            "method": "GET",
            "status": 200,
            "fetched": START,
            "size": 1,
            "sha256": "cd" * 32,
            "record_id": f"<urn:{notice_id}>",
            "tls": "none",
        }
        key = self.connection.execute(insert(Capture).returning(Capture.id), capture).scalar_one()
        row = {
            "notice_id": notice_id,
            "number": number,
            "wording_sha256": "0" * 64,
            "body_sha256": "0" * 64,
            "text": found.text,
            "fields": found.as_json(),
        }
        self.connection.execute(insert(Revision), row | {"extractor": 1, "capture_id": key, "first_seen": START, "last_seen": START})

    def event(self, kind: str, notice_id: str, revision: int = 1, changes: dict[str, Any] | None = None, *, news: bool = True) -> None:
        self.seq += 1
        at = START + timedelta(hours=self.seq)
        row = {
            "seq": self.seq,
            "kind": kind,
            "notice_id": notice_id,
            "revision": revision,
            "at": at,
            "changes": changes or {},
            "news": news,
            "captures": [],
        }
        self.connection.execute(insert(Change), row)


def fill(engine: Engine) -> None:
    """Fill an empty database. Events: 1 new first, 2 new gone, 3 new plan (no news), 4 repost, 5 new nasty, 6 revised first,
    7 moved gone, 8 withdrawn gone."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        filler = Filler(connection)
        filler.source(LANZHOU, "兰州市生态环境局", "620100")
        filler.source(BAIYIN, "白银市生态环境局", "620400")
        filler.source(PAPER, "甘肃早报", "620000")
        filler.notice("n-first", LANZHOU, FIRST)
        filler.notice("n-gone", BAIYIN, GONE, state="withdrawn", url="https://by.example/new/b.html")
        filler.notice("n-plan", BAIYIN, PLAN, news=False)
        filler.notice("n-copy", PAPER, COPY, group_id="n-first")
        filler.notice("n-nasty", LANZHOU, NASTY)
        revise(filler)
        old = {"notice_id": "n-gone", "url": "https://by.example/b.html", "since": START - timedelta(days=1), "until": START}
        connection.execute(insert(NoticeUrl), old)
        filler.event("moved", "n-gone", changes={"url": ["https://by.example/b.html", "https://by.example/new/b.html"]})
        filler.event("withdrawn", "n-gone")


def revise(filler: Filler) -> None:
    filler.revision("n-first", 2, REVISED)
    table = Notice.__table__
    columns = {"revision": 2, "title": REVISED.title, "window_end": REVISED.publicity.end}
    filler.connection.execute(table.update().where(table.c.id == "n-first").values(**columns))  # type: ignore[attr-defined]
    file = {
        "notice_id": "n-first",
        "first_revision": 1,
        "last_revision": None,
        "url": "https://lz.example/a.docx",
        "name": "验收表.docx",
        "tries": 2,
    }
    filler.connection.execute(insert(AttachmentRow), file | {"sha256": "ab" * 32, "status": "read", "text": "联系人：李大伟"})
    changes = {
        "title": [FIRST.title, REVISED.title],
        "publicity_end": ["2026-03-06", "2026-03-13"],
        "sections.completion": ["河道垃圾已清理。", "河道垃圾已全部清理。"],
        "phones": [["13912345678"], ["13812345678"]],
        "text": [["河道垃圾已清理。", "河道垃圾已全部清理。"]],
    }
    filler.event("revised", "n-first", 2, changes)


@pytest.fixture
def filled(tmp_path: Any) -> Iterator[Engine]:
    """The small database on SQLite."""
    engine = database.open_engine(f"sqlite:///{tmp_path / 'signoff.sqlite'}")
    database.upgrade(engine)
    fill(engine)
    yield engine
    engine.dispose()
