"""The command line as people and their programs use it: crawls of days on which notices appear, change, vanish and move."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from tests.driven import Done, Sites, World, expected, several, sites

SOURCES = ("hubei_xiaogan", "hunan_yiyang", "shandong_dezhou")
CHOSEN = tuple(word for source in SOURCES for word in ("--source", source))
#: days crawled; on the last a page is revised, one moves, one is gone for the third time
DAYS = (0, 1, 2, 3)
COMMANDS = (
    "demo", "crawl", "backfill", "capture", "changes", "notices", "show", "export", "extract", "doctor", "sources list", "sources show",
    "sources check", "sources add", "db upgrade", "db check", "db stats",
)  # fmt: skip
CRAWL_KEYS = {
    "source", "verdict", "list_pages", "complete", "fetched", "not_modified", "new", "revised", "withdrawn", "errors", "seconds",
}  # fmt: skip
CHANGE_KEYS = {"seq", "kind", "notice_id", "revision", "url", "title", "at", "source", "changes", "news"}
NOTICE_KEYS = {
    "id", "url", "title", "doc_type", "stage", "level", "round", "lookback", "special", "task_numbers", "task_keys", "province",
    "city", "county", "adcode", "issuer", "responsible_units", "publish_date", "publicity_start", "publicity_end",
    "publicity_days_text", "publicity", "phones", "emails", "deadline", "acceptance_date", "completion_as_of", "sections",
    "tasks", "plan_titles", "plan_tasks", "attachment_names", "attachments", "rectification_status", "is_repost", "repost_source",
    "text", "evidence", "derived", "extractor",
}  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[Sites]:
    with sites() as up:
        yield up


@pytest.fixture(scope="module")
def world(running: Sites, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("cli")
    return World(folder, running.registry_dir(folder / "registry"))


@pytest.fixture(scope="module")
def days(running: Sites, world: World) -> tuple[list[Done], list[Done]]:
    """The crawls of all days, the first told for people, the others for machines; and after the first two, two reads of a cursor."""
    crawled, read = [], []
    for day in DAYS:
        running.set_day(day)
        crawled.append(world.call("crawl", *([] if day == 0 else ["--json"]), *CHOSEN, day=day))
        if day < 2:
            read += asked(world, *["export jsonl --cursor reader"] * 2)
    return crawled, read


@pytest.fixture(scope="module")
def crawls(days: tuple[list[Done], list[Done]]) -> list[Done]:
    return days[0]


def asked(world: World, *commands: str) -> list[Done]:
    return several(world, [command.split() for command in commands], day=DAYS[-1])


# ---- help


@pytest.fixture(scope="module")
def helps(world: World) -> dict[str, Done]:
    return dict(zip(COMMANDS, asked(world, *(f"{command} --help" for command in COMMANDS)), strict=True))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(helps: dict[str, Done], command: str) -> None:
    assert (helps[command].status, f"$ signoff {command}" in helps[command].out) == (0, True)


# ---- crawl


def test_a_crawl_without_findings_ends_with_0(crawls: list[Done]) -> None:
    assert [done.status for done in crawls] == [0, 0, 0, 0]


def test_a_crawl_tells_people_one_line_a_source(crawls: list[Done]) -> None:
    assert sorted(line.split()[:2] for line in crawls[0].out.splitlines()) == [[source, "ok"] for source in SOURCES]


def test_a_crawl_tells_machines_what_was_promised(crawls: list[Done]) -> None:
    assert [set(line) for line in crawls[3].lines] == [CRAWL_KEYS | {"why"}] * 3


def test_a_crawl_counts_what_it_found(crawls: list[Done]) -> None:
    found = {line["source"]: (line["new"], line["revised"], line["withdrawn"]) for line in crawls[3].lines}
    assert found == {"hubei_xiaogan": (0, 0, 0), "hunan_yiyang": (0, 0, 1), "shandong_dezhou": (0, 1, 0)}


def test_a_crawl_for_machines_says_nothing_else(crawls: list[Done]) -> None:
    assert [done.err for done in crawls[1:]] == ["", "", ""]


def test_a_crawl_finds_the_events_of_all_days_and_no_other(crawls: list[Done], world: World, running: Sites) -> None:
    kinds = Counter((kind, source) for kind, source, _ in world.events())
    assert kinds == Counter((kind, source) for kind, source, _ in expected(running, *DAYS, sources=SOURCES).elements())


# ---- changes, notices


@pytest.fixture(scope="module")
def answers(crawls: list[Done], world: World) -> dict[str, Done]:
    """Look-ups of all kinds, asked once."""
    questions = (
        "changes", "changes --json", "changes --json --kind revised,moved", "changes --json --region 湖南", "changes --json --since 2025-06-07",
        "changes --json --type rectification_status", "changes --json --since-seq 16", "notices", "notices --json", "notices --json --region 山东",
        "export csv", "export csv --no-bom", "export jsonl", "export atom", "sources list", "sources list --json", "sources show hunan_yiyang",
        "sources show hunan_yiyang --json", "db check", "db stats", "db stats --json", "db upgrade", "doctor", "doctor --json",
    )  # fmt: skip
    return dict(zip(questions, asked(world, *questions), strict=True))


def test_look_ups_end_with_0(answers: dict[str, Done]) -> None:
    assert {question: done.status for question, done in answers.items() if done.status} == {}


def test_a_change_has_the_keys_that_were_promised(answers: dict[str, Done]) -> None:
    assert [event for event in answers["changes --json"].lines if not set(event) >= CHANGE_KEYS] == []


def test_changes_are_numbered_from_one_without_a_gap(answers: dict[str, Done]) -> None:
    numbers = [event["seq"] for event in answers["changes --json"].lines]
    assert numbers == list(range(1, len(numbers) + 1))


def test_changes_of_a_kind(answers: dict[str, Done]) -> None:
    assert sorted(event["kind"] for event in answers["changes --json --kind revised,moved"].lines) == ["moved", "revised"]


def test_changes_of_a_region(answers: dict[str, Done]) -> None:
    assert {event["source"] for event in answers["changes --json --region 湖南"].lines} == {"hunan_yiyang"}


def test_changes_since_a_day(answers: dict[str, Done]) -> None:
    assert sorted(event["kind"] for event in answers["changes --json --since 2025-06-07"].lines) == ["moved", "revised", "withdrawn"]


def test_changes_of_a_type(answers: dict[str, Done]) -> None:
    whole = [event for event in answers["changes --json"].lines if event["doc_type"] == "rectification_status"]
    assert (len(whole) > 0, answers["changes --json --type rectification_status"].lines) == (True, whole)


def test_changes_after_a_number(answers: dict[str, Done]) -> None:
    assert answers["changes --json --since-seq 16"].lines == answers["changes --json"].lines[16:]


def test_changes_for_people_one_line_each(answers: dict[str, Done]) -> None:
    assert len(answers["changes"].out.splitlines()) == len(answers["changes --json"].lines)


def test_a_revised_event_says_what_changed(answers: dict[str, Done]) -> None:
    revised = next(event for event in answers["changes --json"].lines if event["kind"] == "revised")
    assert revised["changes"] != {}


def test_a_notice_has_the_keys_that_were_promised(answers: dict[str, Done]) -> None:
    promised = NOTICE_KEYS | {"urls", "source", "state", "first_seen", "last_seen", "group"}
    assert [promised - set(notice) for notice in answers["notices --json"].lines if not promised <= set(notice)] == []


def test_notices_tell_their_state(answers: dict[str, Done]) -> None:
    assert Counter(notice["state"] for notice in answers["notices --json"].lines if notice["source"] == "hunan_yiyang")["withdrawn"] == 1


def test_a_moved_notice_keeps_its_old_address(answers: dict[str, Done]) -> None:
    assert Counter(len(notice["urls"]) for notice in answers["notices --json"].lines)[2] == 1


def test_notices_of_a_region(answers: dict[str, Done]) -> None:
    assert {notice["province"] for notice in answers["notices --json --region 山东"].lines} == {"山东省"}


# ---- export


def test_jsonl_is_what_notices_shows(answers: dict[str, Done]) -> None:
    by_id = {notice["id"]: notice for notice in answers["notices --json"].lines}
    assert {notice["id"]: notice for notice in answers["export jsonl"].lines} == by_id


def test_csv_opens_in_a_spreadsheet_as_what_it_is(answers: dict[str, Done]) -> None:
    assert answers["export csv"].raw.startswith(b"\xef\xbb\xbf")


def test_csv_without_the_mark(answers: dict[str, Done]) -> None:
    assert answers["export csv --no-bom"].raw == answers["export csv"].raw[3:]


def test_csv_has_a_row_a_notice(answers: dict[str, Done]) -> None:
    rows = list(csv.DictReader(io.StringIO(answers["export csv --no-bom"].out)))
    assert Counter(row["id"] for row in rows) == Counter(notice["id"] for notice in answers["notices --json"].lines)


def test_no_cell_is_run_by_a_spreadsheet(answers: dict[str, Done]) -> None:
    cells = [cell for row in csv.reader(io.StringIO(answers["export csv --no-bom"].out)) for cell in row]
    assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")] == []


def test_the_feed_is_read_without_complaint(answers: dict[str, Done]) -> None:
    assert not feedparser.parse(answers["export atom"].raw).bozo


def test_the_feed_has_every_event_of_news_once(answers: dict[str, Done]) -> None:
    events = [e for e in answers["changes --json"].lines if e["doc_type"] == "signoff_notice" and e["news"] and e["kind"] != "repost"]
    ids = [entry.id for entry in feedparser.parse(answers["export atom"].raw).entries]
    assert (len(ids), len(set(ids))) == (len(events), len(events))


def test_the_feed_has_a_tombstone_for_what_was_withdrawn(answers: dict[str, Done]) -> None:
    feed = etree.fromstring(answers["export atom"].raw)
    assert len(feed.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")) == 1


def test_an_export_to_a_file_is_what_would_be_printed(answers: dict[str, Done], world: World, tmp_path: Path) -> None:
    asked(world, f"export csv -o {tmp_path}/notices.csv")
    assert (tmp_path / "notices.csv").read_bytes() == answers["export csv"].raw


# ---- a cursor


@pytest.fixture(scope="module")
def cursor(days: tuple[list[Done], list[Done]]) -> list[Done]:
    """What one cursor got: after a first crawl, at once again, after a second crawl, at once again."""
    return days[1]


def seen_on(answers: dict[str, Done], day: str) -> set[str]:
    """Notices with an event on a day, given in UTC."""
    return {event["notice_id"] for event in answers["changes --json"].lines if event["at"].startswith(day)}


def test_a_new_cursor_gets_everything(cursor: list[Done], answers: dict[str, Done]) -> None:
    assert {notice["id"] for notice in cursor[0].lines} == seen_on(answers, "2025-06-04")


def test_a_cursor_that_is_asked_twice_gets_nothing(cursor: list[Done]) -> None:
    assert (cursor[1].lines, cursor[3].lines) == ([], [])


def test_a_cursor_gets_exactly_what_is_new(cursor: list[Done], answers: dict[str, Done]) -> None:
    assert {notice["id"] for notice in cursor[2].lines} == seen_on(answers, "2025-06-05") != set()


# ---- show


@pytest.fixture(scope="module")
def shown(answers: dict[str, Done], world: World) -> dict[str, Done]:
    revised = next(event for event in answers["changes --json"].lines if event["kind"] == "revised")
    notice_id, url = revised["notice_id"], revised["url"]
    questions = {
        "id": f"show {notice_id}", "beginning": f"show {notice_id[:10]}", "url": f"show {url}", "history": f"show {notice_id} --history",
        "diff": f"show {notice_id} --diff 1 2", "json": f"show {notice_id} --json",
    }  # fmt: skip
    return dict(zip(questions, asked(world, *questions.values()), strict=True))


def test_a_notice_is_found_by_id_beginning_and_address(shown: dict[str, Done]) -> None:
    assert (shown["id"].status, shown["beginning"].out, shown["url"].out) == (0, shown["id"].out, shown["id"].out)


def test_the_history_has_both_revisions_and_both_events(shown: dict[str, Done]) -> None:
    assert [word for word in ("新增", "修改") if word not in shown["history"].out] == []


def test_a_diff_shows_what_went_and_what_came(shown: dict[str, Done]) -> None:
    lines = shown["diff"].out.splitlines()
    assert (any(line.startswith("-") for line in lines), any(line.startswith("+") for line in lines)) == (True, True)


def test_a_notice_for_machines_is_one_line(shown: dict[str, Done]) -> None:
    assert [NOTICE_KEYS - set(line) for line in shown["json"].lines] == [set()]


# ---- registry, database, machine


def test_the_registry_is_listed(answers: dict[str, Done]) -> None:
    assert answers["sources list"].out.splitlines()[-1] == "6 sources, 0 paused"


def test_the_registry_is_listed_for_machines(answers: dict[str, Done], running: Sites) -> None:
    assert {line["id"] for line in answers["sources list --json"].lines} == set(running.servers)


def test_a_source_is_shown_with_where_it_stands(answers: dict[str, Done]) -> None:
    assert re.search(r"^file +.*hunan\.toml$", answers["sources show hunan_yiyang"].out, re.MULTILINE)


def test_the_schema_is_as_expected(answers: dict[str, Done]) -> None:
    assert answers["db check"].out.endswith("as expected\n")


def test_the_rows_are_counted(answers: dict[str, Done]) -> None:
    (counts,) = answers["db stats --json"].lines
    assert counts["change"] == len(answers["changes --json"].lines)


def test_doctor_tells_each_setting_and_its_origin(answers: dict[str, Done]) -> None:
    assert re.search(r"^setting +delay +0\.0 +\(SIGNOFF_DELAY\)$", answers["doctor"].out, re.MULTILINE)


# ---- extract

PAGE = """<html><head><title>关于青石镇尾矿库整改任务销号的公示</title></head><body><h1>关于青石镇尾矿库整改任务销号的公示</h1>
<p>发布日期：2025-03-04</p><p>根据中央生态环境保护督察整改要求，青石镇尾矿库问题（序号5）已完成整改，现予以公示。</p>
<p>公示期：2025年3月4日至2025年3月10日。</p></body></html>"""


@pytest.fixture(scope="module")
def extracted(world: World) -> dict[str, Done]:
    (world.folder / "page.html").write_text(PAGE, "utf-8")
    lines = [{"id": "a", "url": "http://x.gov.cn/a.html", "html": PAGE}, {"id": "b", "url": "http://x.gov.cn/b.html", "text": "天气晴朗。"}]
    (world.folder / "pages.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    file, jsonl = asked(world, "extract page.html --url http://x.gov.cn/a.html", "extract --jsonl pages.jsonl")
    return {
        "file": file,
        "jsonl": jsonl,
        "stdin": world.call("extract", "-", "--url", "http://x.gov.cn/a.html", given=PAGE.encode()),
    }


def test_a_page_is_read_without_a_database(extracted: dict[str, Done]) -> None:
    (notice,) = extracted["file"].lines
    assert (notice["title"], notice["publicity_start"], notice["task_numbers"]) == (
        "关于青石镇尾矿库整改任务销号的公示",
        "2025-03-04",
        ["序号5"],
    )


def test_a_page_from_standard_input_is_read_alike(extracted: dict[str, Done]) -> None:
    (here,), (there,) = extracted["file"].lines, extracted["stdin"].lines
    assert {**here, "file": None} == {**there, "file": None}


def test_lines_come_back_under_their_ids(extracted: dict[str, Done]) -> None:
    assert [(line["id"], sorted(line)) for line in extracted["jsonl"].lines] == [("a", ["id", "notice"]), ("b", ["id", "notice"])]


# ---- scrapy's own command, pages that no list shows


def test_scrapy_crawls_a_source_by_its_id(running: Sites, world: World, tmp_path: Path) -> None:
    mine = World(tmp_path, world.registry)
    running.set_day(0)
    done = mine.call("crawl", "hunan_yiyang", program=("-m", "scrapy"), cwd=Path(__file__).parents[1])
    assert (done.status, Counter(mine.events())) == (0, expected(running, 0, sources=["hunan_yiyang"])), done.err


@pytest.fixture(scope="module")
def captured(running: Sites, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Done]:
    folder = tmp_path_factory.mktemp("captured")
    world = World(folder, running.registry_dir(folder / "registry"))
    running.set_day(0)
    pages = [event.url for event in running.expected_events(0) if event.source_id in ("hunan_yiyang", "shandong_dezhou")]
    return world, world.call("capture", pages[0], pages[-1], "--json")


def test_single_pages_of_two_sources_are_captured(captured: tuple[World, Done]) -> None:
    _, done = captured
    assert (done.status, {line["source"]: line["new"] for line in done.lines}) == (0, {"hunan_yiyang": 1, "shandong_dezhou": 1})


def test_a_captured_page_says_nothing_of_its_source(captured: tuple[World, Done]) -> None:
    world, _ = captured
    assert {(row.first_ok, row.last_ok) for row in world.ask("SELECT first_ok, last_ok FROM source")} == {(None, None)}
