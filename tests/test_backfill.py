"""signoff backfill: back to a date, no news, and after a kill on from where it was without asking a site twice."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest

from tests.driven import Asked, Done, Sites, World, ended, several, sites

EVERYWHERE = "000000"
SINCE = "2025-05-10"
#: requests after which a backfill of all sample sites is killed
KILLS = sorted(random.Random(41).sample(range(20, 60), 2))


@pytest.fixture(scope="module")
def running() -> Iterator[Sites]:
    with sites() as up:
        yield up


@pytest.fixture(scope="module")
def registry(running: Sites, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return running.registry_dir(tmp_path_factory.mktemp("registry"))


def made(folder: Path, registry: Path) -> World:
    folder.mkdir(exist_ok=True)
    return World(folder, registry)


# ---- back to a date


@pytest.fixture(scope="module")
def bounded(running: Sites, registry: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Done, list[Asked]]:
    world = made(tmp_path_factory.mktemp("bounded"), registry)
    running.forget()
    done = world.call("backfill", "湖南", "--since", SINCE)
    return world, done, running.pages()


def test_a_dry_run_asks_nobody(running: Sites, registry: Path, tmp_path: Path) -> None:
    running.forget()
    done = made(tmp_path, registry).call("backfill", "湖南", "--since", SINCE, "--dry-run")
    assert (done.status, done.out, running.log) == (0, "1 sources, 0 paused, 1 lists\n", [])


def test_a_backfill_tells_how_each_source_ended(bounded: tuple[World, Done, list[Asked]]) -> None:
    _, done, _ = bounded
    assert (done.status, done.out.split()[:2]) == (0, ["hunan_yiyang", "ok"])


def test_the_walk_stops_at_the_page_that_lies_wholly_before_the_date(bounded: tuple[World, Done, list[Asked]]) -> None:
    _, _, asked = bounded
    assert [a.path for a in asked if "/index" in a.path] == ["/zwgk/dczg/index.html", "/zwgk/dczg/index_1.html"]


def test_no_page_older_than_the_date_is_fetched(bounded: tuple[World, Done, list[Asked]]) -> None:
    world, _, _ = bounded
    assert [row.publish_date for row in world.ask("SELECT publish_date FROM notice") if str(row.publish_date) < SINCE] == []


@pytest.fixture(scope="module")
def given_out(bounded: tuple[World, Done, list[Asked]]) -> list[Done]:
    """Changes, feed of news, feed of all, table."""
    return several(bounded[0], [["changes", "--json"], ["export", "atom"], ["export", "atom", "--all"], ["export", "jsonl"]])


def test_what_it_finds_is_no_news(given_out: list[Done]) -> None:
    assert [event["news"] for event in given_out[0].lines] == [False] * 4


def test_no_feed_is_flooded(given_out: list[Done]) -> None:
    assert feedparser.parse(given_out[1].raw).entries == []


def test_a_feed_of_all_has_what_it_found(given_out: list[Done]) -> None:
    assert len(feedparser.parse(given_out[2].raw).entries) == 4


def test_the_tables_have_what_it_found(given_out: list[Done]) -> None:
    assert len(given_out[3].lines) == 4


def test_the_first_crawl_after_it_announces_nothing_old(running: Sites, registry: Path, tmp_path: Path) -> None:
    world = made(tmp_path, registry)
    world.call("backfill", "湖南", "--since", "2025-06-01")
    world.call("crawl", "--source", "hunan_yiyang", day=60)
    assert world.ask("SELECT n.url FROM change c JOIN notice n ON n.id = c.notice_id WHERE c.news AND n.publish_date < '2025-07-04'") == []


# ---- killed


@pytest.fixture(scope="module", params=KILLS)
def resumed(request: pytest.FixtureRequest, running: Sites, registry: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A backfill of everything, killed, and started again: what was archived by then, what was asked for afterwards."""
    world = made(tmp_path_factory.mktemp("killed"), registry)
    status = world.killed(running, request.param, "backfill", EVERYWHERE, "--json")
    kept = {row.url for row in world.ask("SELECT url FROM capture")}
    running.forget()
    done = world.call("backfill", EVERYWHERE, "--json")
    return {"world": world, "status": status, "kept": kept, "second": running.pages(), "done": done}


def test_the_kill_hit_a_backfill_that_ran(resumed: dict[str, Any]) -> None:
    assert resumed["status"] == -9


def test_nothing_archived_is_asked_for_again(resumed: dict[str, Any]) -> None:
    kept = {(urlsplit(url).path, urlsplit(url).query) for url in resumed["kept"]}
    again = [a for a in resumed["second"] if (urlsplit(a.path).path, urlsplit(a.path).query) in kept]
    assert (len(resumed["kept"]) > 6, again) == (True, [])  # more than a robots.txt each


def test_the_second_run_ends_complete(resumed: dict[str, Any]) -> None:
    done = resumed["done"]
    assert (done.status, {line["verdict"] for line in done.lines}, len(done.lines)) == (0, {"ok"}, 6)


def test_all_notices_of_the_region_are_there_once(resumed: dict[str, Any], running: Sites) -> None:
    events = Counter(url for _, source, url in resumed["world"].events() if source != "quanguo_qingfeng")
    assert events == Counter(e.url for e in running.expected_events(0) if e.source_id != "quanguo_qingfeng")


def test_a_backfill_that_was_interrupted_goes_on_too(running: Sites, registry: Path, tmp_path: Path) -> None:
    world = made(tmp_path, registry)
    running.forget()
    process = world.start("backfill", "湖南", "--json")
    running.on_request(6, lambda: process.send_signal(signal.SIGINT))
    assert ended(process).status == 130
    kept = {urlsplit(row.url).path for row in world.ask("SELECT url FROM capture")}
    running.forget()
    world.call("backfill", "湖南", "--json")
    assert (len(running.pages()) > 0, [a for a in running.pages() if a.path in kept]) == (True, [])


def test_one_that_came_to_its_end_begins_anew(running: Sites, bounded: tuple[World, Done, list[Asked]]) -> None:
    world, _, asked = bounded
    running.forget()
    world.call("backfill", "湖南", "--since", SINCE)
    assert {a.path for a in running.pages()} == {a.path for a in asked}
