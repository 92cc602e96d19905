"""Reading the data: selections, notices, history, cursors, views."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from crawler.db import queries
from crawler.db.models import ExportCursor
from crawler.db.queries import Selection, Span
from crawler.errors import UsageError
from crawler.notice.model import ChangeKind, DocType
from tests.publish_data import START, filled

__all__ = ["filled"]
ALL = Selection(include_not_news=True)


def seqs(engine: Engine, selection: Selection = ALL, **options: Any) -> list[int]:
    return [row.seq for row in queries.changes(engine, selection, **options)]


def ids(engine: Engine, selection: Selection = ALL, **options: Any) -> list[str]:
    return [notice["id"] for notice in queries.notices(engine, selection, **options)]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        pytest.param(ALL, [1, 2, 3, 4, 5, 6, 7, 8], id="everything"),
        pytest.param(Selection(), [1, 2, 4, 5, 6, 7, 8], id="news alone"),
        pytest.param(ALL.with_(kinds=(ChangeKind.REVISED, ChangeKind.WITHDRAWN)), [6, 8], id="kinds"),
        pytest.param(ALL.with_(types=(DocType.RECTIFICATION_PLAN,)), [3], id="types"),
        pytest.param(ALL.with_(sources=("gansu_zaobao",)), [4], id="sources"),
        pytest.param(ALL.with_(regions=("620400",)), [2, 3, 7, 8], id="city, one notice by its source"),
        pytest.param(ALL.with_(regions=("620000",)), [1, 2, 3, 4, 5, 6, 7, 8], id="province"),
        pytest.param(ALL.with_(regions=("620102",)), [1, 4, 5, 6], id="district"),
        pytest.param(ALL.with_(regions=("000000",)), [1, 2, 3, 4, 5, 6, 7, 8], id="country"),
        pytest.param(ALL.with_(regions=("110000", "620400")), [2, 3, 7, 8], id="any of several"),
        pytest.param(ALL.with_(task="central:2:-:620000:620000:007"), [1, 6], id="task key"),
        pytest.param(ALL.with_(task="序号3"), [2, 7, 8], id="number as printed"),
        pytest.param(ALL.with_(task="序号"), [], id="part of a number"),
        pytest.param(ALL.with_(task="%"), [], id="a wildcard is a character"),
        pytest.param(ALL.with_(query="河道垃圾 全部"), [6], id="words of the revision told of"),
        pytest.param(ALL.with_(query="公示期:2026"), [1, 6], id="half-width query, full-width text"),
        pytest.param(ALL.with_(query="13912345678"), [], id="no search by mobile number"),
        pytest.param(ALL.with_(query="王小明"), [], id="no search by contact person"),
        pytest.param(ALL.with_(since=START + timedelta(hours=6)), [6, 7, 8], id="since an instant"),
        pytest.param(ALL.with_(until=START + timedelta(hours=3)), [1, 2], id="until an instant, excluded"),
        pytest.param(ALL.with_(since=date(2026, 3, 2), until=date(2026, 3, 2)), [1, 2, 3, 4, 5, 6, 7, 8], id="a day in China"),
        pytest.param(ALL.with_(since=date(2026, 3, 3)), [], id="since the day after"),
    ],
)
def test_selection_of_changes(filled: Engine, selection: Selection, expected: list[int]) -> None:
    assert seqs(filled, selection) == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        pytest.param(Selection(), ["n-copy", "n-first", "n-gone", "n-nasty", "n-plan"], id="everything, news or not"),
        pytest.param(Selection(kinds=(ChangeKind.WITHDRAWN,)), ["n-gone"], id="with such an event"),
        pytest.param(Selection(kinds=(ChangeKind.REVISED,), since=date(2026, 3, 3)), [], id="the event's time"),
        pytest.param(Selection(until=date(2026, 3, 1)), [], id="publication"),
        pytest.param(
            Selection(since=date(2026, 3, 2), types=(DocType.RECTIFICATION_PLAN,)), ["n-plan"], id="first seen, where no date is printed"
        ),
        pytest.param(Selection(query="已清理"), ["n-copy"], id="current wording alone"),
    ],
)
def test_selection_of_notices(filled: Engine, selection: Selection, expected: list[str]) -> None:
    assert ids(filled, selection) == expected


def test_after_and_limit(filled: Engine) -> None:
    assert seqs(filled, after_seq=2, limit=3) == [3, 4, 5]


def test_upto(filled: Engine) -> None:
    assert seqs(filled, after_seq=5, upto=7) == [6, 7]


def test_newest_first(filled: Engine) -> None:
    assert seqs(filled, limit=2, newest_first=True) == [8, 7]


def test_change_carries_the_title_of_its_revision(filled: Engine) -> None:
    first, revised = queries.changes(filled, ALL.with_(task="第7项"))
    assert (first.title, revised.title) == ("关于第7项任务整改完成情况的公示", "关于第7项任务整改完成情况的公示（更正）")


def test_change_carries_the_place_of_its_source(filled: Engine) -> None:
    assert next(queries.changes(filled, ALL.with_(kinds=(ChangeKind.WITHDRAWN,)))).adcode == "620400"


def test_notice_json_has_the_keys_of_the_interface(filled: Engine) -> None:
    keys = set(next(queries.notices(filled, ALL.with_(task="第7项"))))
    assert {
        "id",
        "url",
        "title",
        "publicity",
        "evidence",
        "urls",
        "source",
        "state",
        "first_seen",
        "last_seen",
        "group",
        "revision",
    } <= keys


def test_addresses_oldest_first(filled: Engine) -> None:
    found = next(queries.notices(filled, ALL.with_(task="序号3")))
    assert (found["urls"], found["url"]) == (
        ["https://by.example/b.html", "https://by.example/new/b.html"],
        "https://by.example/new/b.html",
    )


def test_attachments_as_now_known(filled: Engine) -> None:
    assert next(queries.notices(filled, ALL.with_(task="第7项")))["attachments"][0]["status"] == "read"


def test_newest_notices(filled: Engine) -> None:
    assert ids(filled, newest_first=True)[-1] == "n-plan"


def test_limit_of_notices(filled: Engine) -> None:
    assert len(ids(filled, limit=2)) == 2


def test_many_batches(filled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "BATCH", 2)
    assert len(ids(filled)) == 5


def test_detail(filled: Engine) -> None:
    detail = queries.notice(filled, "n-first")
    assert ([r.number for r in detail.revisions], [c.seq for c in detail.changes], len(detail.attachments)) == ([1, 2], [1, 6], 1)


def test_announced_brings_the_wording_before(filled: Engine) -> None:
    revised = next(e for e in queries.announced(filled, ALL) if e.change.seq == 6)
    assert (revised.old_text or "").startswith("河道垃圾已清理")


def test_withdrawn_names_the_event_it_ends(filled: Engine) -> None:
    assert next(queries.announced(filled, ALL)).replaces == 2


@pytest.mark.parametrize(
    "wanted",
    ["n-gone", "n-go", "https://by.example/new/b.html", "http://by.example/new/b.html", "https://by.example/b.html", " n-gone "],
)
def test_resolve(filled: Engine, wanted: str) -> None:
    assert queries.resolve(filled, wanted) == "n-gone"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("n-", "several"),
        ("x", "neither"),
        ("", "neither"),
        ("https://by.example/x.html", "neither"),
        ("javascript://x", "neither"),
        ("%", "neither"),
    ],
)
def test_resolve_says_what_is_wrong(filled: Engine, wanted: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        queries.resolve(filled, wanted)


def test_unknown_notice(filled: Engine) -> None:
    with pytest.raises(UsageError, match="signoff notices"):
        queries.notice(filled, "x")


def test_a_new_cursor_has_had_nothing(filled: Engine) -> None:
    assert queries.cursor_read(filled, "mine") == Span(0, 8)


def test_a_cursor_goes_on_where_it_was(filled: Engine) -> None:
    queries.advance(filled, "mine", Span(0, 5), datetime(2026, 3, 3, tzinfo=UTC))
    assert queries.cursor_read(filled, "mine") == Span(5, 8)


def test_reading_alone_does_not_advance(filled: Engine) -> None:
    queries.cursor_read(filled, "mine")
    assert queries.cursor_read(filled, "mine").after == 0


def test_cursors_do_not_share(filled: Engine) -> None:
    queries.advance(filled, "mine", Span(0, 5), START)
    assert queries.cursor_read(filled, "yours").after == 0


def test_two_readers_of_one_cursor(filled: Engine) -> None:
    span = queries.cursor_read(filled, "mine")
    queries.advance(filled, "mine", span, START)
    with pytest.raises(UsageError, match="another export"):
        queries.advance(filled, "mine", span, START)


def test_advance_keeps_the_time(filled: Engine) -> None:
    queries.advance(filled, "mine", Span(0, 8), START)
    with filled.connect() as connection:
        assert connection.execute(select(ExportCursor.at)).scalar_one() == START


def test_notices_of_a_cursor(filled: Engine) -> None:
    assert ids(filled, span=Span(5, 8)) == ["n-first", "n-gone"]


def rows(engine: Engine, query: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]


def test_view_of_notices(filled: Engine) -> None:
    (found,) = rows(filled, "select * from notices_current where id = 'n-first'")
    assert (found["stage"], found["round"], found["revision"], found["source_name"]) == ("accepted_pending", 2, 2, "兰州市生态环境局")


def test_view_of_events(filled: Engine) -> None:
    assert [row["seq"] for row in rows(filled, "select seq from events order by seq")] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_view_of_open_windows_leaves_out_what_is_over(filled: Engine) -> None:
    with filled.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("update notice set window_end = '2999-12-31' where id in ('n-first', 'n-copy', 'n-gone')"))
    assert [row["id"] for row in rows(filled, "select id from open_windows")] == ["n-first"]


@pytest.mark.parametrize(
    ("verdict", "selection", "expected"),
    [
        pytest.param("blocked", Selection(), ("白银市生态环境局",), id="blind"),
        pytest.param("ok", Selection(), (), id="ok"),
        pytest.param("partial", Selection(), (), id="sees in part"),
        pytest.param("failed", Selection(regions=("620000",)), ("白银市生态环境局",), id="inside the region"),
        pytest.param("failed", Selection(regions=("620402",)), ("白银市生态环境局",), id="above the region"),
        pytest.param("failed", Selection(regions=("620100",)), (), id="elsewhere"),
        pytest.param("failed", Selection(sources=("gansu_lanzhou",)), (), id="another source"),
    ],
)
def test_blind_sources(filled: Engine, verdict: str, selection: Selection, expected: tuple[str, ...]) -> None:
    with filled.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("update source set last_verdict = :verdict where id = 'gansu_baiyin'"), {"verdict": verdict})
    assert queries.blind_sources(filled, selection) == expected
