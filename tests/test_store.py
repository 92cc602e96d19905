"""What looks become in the database, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, insert, select

from crawler.db import crawls, write_look, write_notice
from crawler.db import find_notice as known_notices
from crawler.db.models import AttachmentRow, Capture, Change, Notice, NoticeUrl, Revision
from crawler.items import Match, MissItem, PageItem, Reading
from crawler.notice import identity
from crawler.notice.model import Attachment, DocType, Publicity, Verdict
from crawler.notice.model import Notice as Fields
from crawler.policy.history import File
from crawler.policy.plan import Mode, Plan, Run
from crawler.policy.verdict import Judged

T0 = datetime(2025, 6, 4, 1, tzinfo=UTC)
URL = "http://sthjj.example.gov.cn/a/1.html"
TEXT = "根据督察整改方案,现将序号12问题整改情况予以公示。\n三家洗砂场已全部拆除,清淤二点四公里,复绿三十七亩,断面水质连续六个月达标。"
OK = Judged(Verdict.OK, "proved", True)


@pytest.fixture
def write(engine: Engine) -> Callable[[Callable[[Connection], object]], object]:
    def run(work: Callable[[Connection], object]) -> object:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            return work(connection)

    return run


def capture(connection: Connection, url: str = URL) -> int:
    row = {"url": url, "method": "GET", "status": 200, "fetched": T0, "size": 1, "sha256": "0" * 64, "record_id": "r", "tls": "none"}
    return int(connection.execute(insert(Capture).values(row).returning(Capture.id)).scalar_one())


def begin(
    connection: Connection, now: datetime = T0, mode: Mode = Mode.CRAWL, source: str = "gansu_lanzhou"
) -> tuple[write_notice.Context, Plan]:
    begun = crawls.begin(connection, source, "兰州市生态环境局", "620100", mode, now)
    assert begun is not None
    return write_notice.Context(begun.crawl_id, source, now, mode is Mode.BACKFILL, begun.first_ok), Plan(Run(mode), begun.crawl_id, now)


def page(connection: Connection, text: str = TEXT, url: str = URL, files: tuple[File, ...] = (), **fields: object) -> PageItem:
    defaults = {"publish_date": date(2025, 6, 3), "publicity": Publicity(date(2025, 6, 3), date(2025, 6, 16)), "extractor": 1, "text": text}
    notice = Fields(url, "整改任务(序号12)销号公示", DocType.SIGNOFF_NOTICE, **(defaults | fields))  # type: ignore[arg-type]
    hung = tuple(Attachment(f.name, f.url, "application/pdf", f.sha256, f.text, "read") for f in files)
    paragraphs = identity.paragraphs_of(notice.text)
    reading = Reading(replace(notice, attachments=hung), notice.title + notice.text, files, paragraphs, identity.keys_of(paragraphs))
    return PageItem("gansu_lanzhou", url, url, capture(connection, url), known_notices.digest(text), b"", reading=reading, match=Match())


def keep(connection: Connection, item: PageItem, now: datetime = T0) -> list[str]:
    context, plan = begin(connection, now)
    counted = write_look.of_page(connection, item=item, context=context, plan=plan)
    crawls.finish(connection, context, OK, {}, {}, None, crawls.Patience(3, 48))
    return [key for key in counted if key.startswith("history/")]


def again(item: PageItem, connection: Connection) -> PageItem:
    found = known_notices.known_at(connection, item.url)
    assert found is not None
    return replace(item, match=Match(known=found.id))


def test_a_page_first_seen_is_new(write) -> None:
    assert write(lambda c: keep(c, page(c))) == ["history/new"]


def test_a_look_repeated_after_a_kill_doubles_nothing(write) -> None:
    write(lambda c: keep(c, page(c)))
    assert write(lambda c: keep(c, page(c))) == []


def test_other_words_are_a_revision(write) -> None:
    write(lambda c: keep(c, page(c)))
    assert write(lambda c: keep(c, again(page(c, TEXT.replace("三十七", "三十八")), c))) == ["history/revised"]


def test_a_revised_event_says_which_clauses_changed(write) -> None:
    write(lambda c: keep(c, page(c)))
    write(lambda c: keep(c, again(page(c, TEXT.replace("三十七", "三十八")), c)))
    changes = write(lambda c: c.execute(select(Change.changes).where(Change.kind == "revised")).scalar_one())
    assert changes["text"] == [["复绿三十七亩,", "复绿三十八亩,"]]


def test_better_rules_change_fields_and_make_no_event(write) -> None:
    write(lambda c: keep(c, page(c)))

    def reread(c: Connection) -> list[str]:
        item = page(c, extractor=2, issuer="兰州市生态环境局")
        before = page(c, extractor=2, issuer="兰州市生态环境局").reading
        return keep(c, replace(again(item, c), match=Match(known=known_notices.known_at(c, URL).id, before=before)))  # type: ignore[union-attr]

    assert write(reread) == []
    assert write(lambda c: c.execute(select(Revision.fields)).scalar_one())["issuer"] == "兰州市生态环境局"


def test_a_replaced_file_is_a_revision_and_both_stay_known(write) -> None:
    write(lambda c: keep(c, page(c, files=(File("表.pdf", "http://x/1", "a" * 64, "甲"),))))
    assert write(lambda c: keep(c, again(page(c, files=(File("表.pdf", "http://x/1", "b" * 64, "乙"),)), c))) == ["history/revised"]
    assert write(
        lambda c: c.execute(select(AttachmentRow.first_revision, AttachmentRow.last_revision).order_by(AttachmentRow.id)).all()
    ) == [(1, 1), (2, None)]


def test_a_file_that_fails_now_keeps_what_was_known_of_it(write) -> None:
    write(lambda c: keep(c, page(c, files=(File("表.pdf", "http://x/1", "a" * 64, "甲"),))))
    assert write(lambda c: keep(c, again(page(c, files=(File("表.pdf", "http://x/1", None, None),)), c))) == []
    assert write(lambda c: c.execute(select(AttachmentRow.sha256)).scalar_one()) == "a" * 64


@pytest.mark.parametrize(("days", "watched"), [pytest.param(12, True, id="window open"), pytest.param(13, False, id="window closed")])
def test_a_file_is_watched_as_long_as_its_notice_can_be_objected_to(write, days: int, watched: bool) -> None:
    """Else validators that stay while the file changes would be believed for weeks."""
    file = File("情况表.pdf", URL + ".pdf", "1" * 64, None)

    def look(c: Connection) -> bool:
        keep(c, page(c, files=(file,)))
        row = {"url": file.url, "source_id": "gansu_lanzhou", "role": "attachment", "outcome": "file", "facts": {}, "first_seen": T0,
               "last_seen": T0, "agreements": 0, "unread_looks": 0, "failures": 0}  # fmt: skip
        crawls.note_address(c, row)
        return {a.url: a.window_open for a in crawls.addresses(c, "gansu_lanzhou", T0 + timedelta(days=days))}[file.url]

    assert write(look) is watched


def test_a_server_whose_validators_lied_once_is_distrusted_at_every_address(write) -> None:
    """Else a notice whose window is over is believed unchanged for months while its list is known to lie."""
    until = T0 + timedelta(days=30)

    def look(c: Connection) -> set[datetime | None]:
        keep(c, page(c))
        row = {"url": "http://sthjj.example.gov.cn/", "source_id": "gansu_lanzhou", "role": "list", "outcome": "list", "facts": {},
               "first_seen": T0, "last_seen": T0, "agreements": 0, "unread_looks": 0, "failures": 0, "distrust_until": until}  # fmt: skip
        crawls.note_address(c, row)
        keep(c, page(c, url=URL + "?id=2"))
        return {address.distrust_until for address in crawls.addresses(c, "gansu_lanzhou", T0)}

    assert write(look) == {until}


def test_a_moved_page_keeps_its_id_and_its_old_address(write) -> None:
    write(lambda c: keep(c, page(c)))
    other = URL.replace("1.html", "2.html")

    def move(c: Connection) -> list[str]:
        known = known_notices.known_at(c, URL)
        assert known is not None
        return keep(c, replace(page(c, url=other), match=Match(known=known.id, moved=True)))

    assert write(move) == ["history/moved"]
    assert write(lambda c: c.execute(select(NoticeUrl.url, NoticeUrl.until.is_(None)).order_by(NoticeUrl.id)).all()) == [
        (URL, False),
        (other, True),
    ]


def missed(connection: Connection, now: datetime, judged: Judged = OK) -> dict[str, int]:
    context, _ = begin(connection, now)
    known = known_notices.known_at(connection, URL)
    assert known is not None
    item = MissItem("gansu_lanzhou", known.id, URL, capture(connection), "status 404")
    write_look.of_miss(connection, item=item, context=context)
    return crawls.finish(connection, context, judged, {}, {}, None, crawls.Patience(3, 48))


def state(connection: Connection) -> str:
    return str(connection.execute(select(Notice.state)).scalar_one())


def test_three_looks_over_two_days_withdraw(write) -> None:
    write(lambda c: keep(c, page(c)))
    counts = [write(lambda c, d=d: missed(c, T0 + timedelta(days=d))) for d in (1, 2, 3)]
    assert counts == [{}, {}, {"withdrawn": 1}]


def test_looks_of_crawls_that_were_not_ok_do_not_count(write) -> None:
    write(lambda c: keep(c, page(c)))
    partial = Judged(Verdict.PARTIAL, "a gap", False)
    counts = [write(lambda c, d=d, j=j: missed(c, T0 + timedelta(days=d), j)) for d, j in ((1, OK), (2, partial), (3, OK))]
    assert counts == [{}, {}, {}]
    assert write(state) == "missing"


def test_a_page_back_before_the_verdict_makes_no_event(write) -> None:
    write(lambda c: keep(c, page(c)))
    write(lambda c: missed(c, T0 + timedelta(days=1)))
    assert write(lambda c: keep(c, again(page(c), c), T0 + timedelta(days=2))) == []
    assert write(state) == "live"


def test_a_withdrawn_page_that_is_back_is_restored(write) -> None:
    write(lambda c: keep(c, page(c)))
    for d in (1, 2, 3):
        write(lambda c, d=d: missed(c, T0 + timedelta(days=d)))
    assert write(lambda c: keep(c, again(page(c), c), T0 + timedelta(days=4))) == ["history/restored"]


def test_a_page_gone_after_its_window_is_expired(write) -> None:
    write(lambda c: keep(c, page(c)))
    counts = [write(lambda c, d=d: missed(c, T0 + timedelta(days=d))) for d in (20, 21, 22)]
    assert counts[-1] == {"expired": 1}


def test_a_fifth_of_a_source_gone_at_once_withdraws_nothing(write) -> None:
    for n in range(10):
        write(lambda c, n=n: keep(c, page(c, TEXT.replace("十二", str(n)), URL + str(n))))

    def all_gone(c: Connection, now: datetime) -> dict[str, int]:
        context, _ = begin(c, now)
        for row in c.execute(select(Notice.id, Notice.url)).all():
            write_look.of_miss(c, item=MissItem("gansu_lanzhou", row.id, row.url, capture(c), "status 404"), context=context)
        return crawls.finish(c, context, OK, {}, {}, None, crawls.Patience(1, 0))

    counts = [write(lambda c, d=d: all_gone(c, T0 + timedelta(days=d))) for d in (1, 2, 3, 4)]
    assert counts == [{}, {}, {}, {}]


def test_before_the_first_ok_an_old_notice_is_no_news(write) -> None:
    write(lambda c: keep(c, page(c, publish_date=date(2025, 3, 1))))
    assert write(lambda c: c.execute(select(Change.news)).scalar_one()) is False


def test_before_the_first_ok_a_recent_notice_is_news(write) -> None:
    write(lambda c: keep(c, page(c)))
    assert write(lambda c: c.execute(select(Change.news)).scalar_one()) is True


def test_a_backfill_finds_no_news(write) -> None:
    def backfill(c: Connection) -> None:
        context, plan = begin(c, mode=Mode.BACKFILL)
        write_look.of_page(c, item=page(c), context=context, plan=plan)

    write(backfill)
    assert write(lambda c: c.execute(select(Change.news)).scalar_one()) is False


def test_events_are_numbered_without_gaps(write) -> None:
    for n in range(5):
        write(lambda c, n=n: keep(c, page(c, TEXT.replace("十二", str(n)), URL + str(n))))
    assert write(lambda c: c.execute(select(Change.seq).order_by(Change.seq)).scalars().all()) == [1, 2, 3, 4, 5]


def test_a_failed_transaction_takes_no_number(write) -> None:
    def fails(c: Connection) -> None:
        keep(c, page(c))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write(fails)
    write(lambda c: keep(c, page(c)))
    assert write(lambda c: c.execute(select(Change.seq)).scalars().all()) == [1]


def test_a_source_is_crawled_by_one_process_at_a_time(write) -> None:
    def claimed_by_other(c: Connection) -> object:
        begin(c)
        c.execute(crawls.update(crawls.SourceRow).values(claimed_by="another-machine:1"))
        return crawls.begin(c, "gansu_lanzhou", "n", "620100", Mode.CRAWL, T0)

    assert write(claimed_by_other) is None


def test_a_claim_of_a_process_that_is_gone_is_taken_over(write) -> None:
    host = crawls.claimant().rpartition(":")[0]

    def claimed_by_dead(c: Connection) -> object:
        begin(c)
        c.execute(crawls.update(crawls.SourceRow).values(claimed_by=f"{host}:999999999"))
        return crawls.begin(c, "gansu_lanzhou", "n", "620100", Mode.CRAWL, T0)

    assert write(claimed_by_dead) is not None


def test_paragraphs_known_to_be_common_are_looked_up_as_the_first_time(write) -> None:
    """A copy whose own paragraph is rare, among form letters: the look-up that remembers finds what the first one found."""
    form = "\n".join(f"本市各级各部门严格落实整改责任,第{n}项工作已经完成" for n in range(5))
    letters = [form + f"\n涉及第{number}号任务的三家企业均已停产并拆除设备" for number in range(known_notices.COMMON + 5)]

    def work(connection: Connection) -> tuple[list[str], list[str]]:
        for number, text in enumerate(letters):
            keep(connection, page(connection, text, f"http://sthjj.example.gov.cn/a/{number}.html"))
        common, keys = known_notices.Common(), identity.keys_of(identity.paragraphs_of(letters[3]))
        first, second = (known_notices.look_up(connection, "http://other.example/", keys, common)[1] for _ in range(2))
        assert len(common.without(keys)) == 1
        return [near.text for near in first], [near.text for near in second]

    first, second = write(work)
    assert first == second == [letters[3]]


def test_where_all_paragraphs_are_common_all_of_them_count(write) -> None:
    form = "\n".join(f"本市各级各部门严格落实整改责任,第{n}项工作已经完成" for n in range(5))

    def work(connection: Connection) -> list[int]:
        for number in range(known_notices.COMMON + 5):
            keep(connection, page(connection, form, f"http://sthjj.example.gov.cn/a/{number}.html"))
        common, keys = known_notices.Common(), identity.keys_of(identity.paragraphs_of(form))
        return [len(known_notices.look_up(connection, "http://other.example/", keys, common)[1]) for _ in range(2)]

    assert write(work) == [known_notices.CANDIDATES, known_notices.CANDIDATES]
