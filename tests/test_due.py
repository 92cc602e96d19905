"""signoff crawl --due: nothing when nothing is due, one request a list when nothing is new, the end of the lists once a month."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.driven import Asked, Done, Sites, World, ended, expected, sites

#: the reposting site is left out: whether its pages are notices is another test's business
SOURCES = ("anhui_chuzhou", "hubei_xiaogan", "hunan_yiyang", "shandong_dezhou", "shanxi_changzhi")
CHOSEN = tuple(word for source in SOURCES for word in ("--source", source))
DUE = ("crawl", "--due", "--json", *CHOSEN)
LISTS = {
    "anhui_chuzhou": "/list.asp?classid=31", "hubei_xiaogan": "/zfxxgk/fdzdgknr/gsgg/index.shtml", "hunan_yiyang": "/zwgk/dczg/index.html",
    "shandong_dezhou": "/gsgg/list.html", "shanxi_changzhi": "/columns/1072c610-889c-5fdd-bf17-d303159901a9/index.html",
}  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[Sites]:
    with sites() as up:
        yield up


@pytest.fixture(scope="module")
def before(running: Sites, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world that was crawled on the first day, and asked right afterwards what is due."""
    folder = tmp_path_factory.mktemp("before")
    world = World(folder, running.registry_dir(folder / "registry"))
    running.set_day(0)
    assert world.call("crawl", "--json", *CHOSEN).status == 0
    return world


def copied(before: World, folder: Path) -> World:
    world = World(folder, before.registry)
    shutil.copytree(before.data, world.data)
    return world


def test_right_after_a_crawl_nothing_is_due(running: Sites, before: World) -> None:
    running.forget()
    done = before.call(*DUE)
    assert (done.status, done.out, running.log) == (0, "", [])


# ---- the next day, without news


@pytest.fixture(scope="module")
def quiet_day(running: Sites, before: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    world = copied(before, tmp_path_factory.mktemp("quiet"))
    due = world.ask("SELECT source_id, url, notice_id FROM address WHERE role = 'detail' AND due_at <= '2025-06-05 01:00:00'")
    files = world.ask("SELECT a.url, a.notice_id, n.source_id FROM attachment a JOIN notice n ON n.id = a.notice_id")
    running.set_day(0)
    running.forget()
    done = world.call(*DUE, day=1)
    return {"world": world, "done": done, "asked": running.pages(), "due": due, "files": files}


def is_list(asked: Asked) -> bool:
    return asked.path.startswith(LISTS[asked.source].partition(".")[0].partition("/index")[0]) and (
        "list" in asked.path.rsplit("/", 1)[-1] or "index" in asked.path.rsplit("/", 1)[-1]
    )


def test_a_quiet_look_costs_one_request_a_list(quiet_day: dict[str, Any]) -> None:
    assert Counter((a.source, a.path) for a in quiet_day["asked"] if is_list(a)) == Counter(LISTS.items())


def test_besides_the_lists_only_what_is_due_is_looked_at(quiet_day: dict[str, Any]) -> None:
    notices = {row.notice_id for row in quiet_day["due"]}
    due = [row.url for row in quiet_day["due"]] + [row.url for row in quiet_day["files"] if row.notice_id in notices]
    assert Counter(a.path for a in quiet_day["asked"] if not is_list(a)) == Counter("/" + url.split("/", 3)[3] for url in due)


def test_a_quiet_look_is_ok(quiet_day: dict[str, Any]) -> None:
    assert (quiet_day["done"].status, {line["verdict"] for line in quiet_day["done"].lines}) == (0, {"ok"})


def test_a_quiet_look_makes_no_event(quiet_day: dict[str, Any], running: Sites) -> None:
    assert Counter(quiet_day["world"].events()) == expected(running, 0, sources=SOURCES)


# ---- the end of the lists


def test_a_month_later_the_lists_are_walked_to_their_end(running: Sites, before: World, tmp_path: Path) -> None:
    world = copied(before, tmp_path)
    running.set_day(0)
    done = world.call(*DUE, day=31)
    assert {line["source"]: line["list_pages"] for line in done.lines} == {
        "anhui_chuzhou": 3, "hubei_xiaogan": 3, "hunan_yiyang": 3, "shandong_dezhou": 3, "shanxi_changzhi": 2,
    }  # fmt: skip


# ---- pages due, lists not


@pytest.fixture(scope="module")
def between_lists(running: Sites, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Done, list[Asked]]:
    """A source whose list is looked at once a week, on a day on which only pages are due."""
    folder = tmp_path_factory.mktemp("weekly")
    world = World(folder, running.registry_dir(folder / "registry"))
    table = world.registry / "hunan.toml"
    table.write_text(table.read_text("utf-8").replace('"daily"', '"weekly"'), "utf-8")
    running.set_day(0)
    world.call("crawl", "--source", "hunan_yiyang")
    running.forget()
    done = world.call("crawl", "--due", "--source", "hunan_yiyang", "--json", day=1)
    return world, done, running.pages()


def test_pages_are_looked_at_between_two_looks_at_the_list(between_lists: tuple[World, Done, list[Asked]]) -> None:
    _, _, asked = between_lists
    assert (len(asked) > 0, [a for a in asked if is_list(a)]) == (True, [])


def test_a_look_at_pages_alone_is_ok(between_lists: tuple[World, Done, list[Asked]]) -> None:
    _, done, _ = between_lists
    assert (done.status, [line["verdict"] for line in done.lines]) == (0, ["ok"])


def test_a_look_at_pages_alone_does_not_put_off_the_list(between_lists: tuple[World, Done, list[Asked]], running: Sites) -> None:
    world, _, _ = between_lists
    running.forget()
    world.call("crawl", "--due", "--source", "hunan_yiyang", "--json", day=7)
    assert LISTS["hunan_yiyang"] in [a.path for a in running.pages()]


# ---- two at the same time


@pytest.fixture(params=["sqlite", "postgres"])
def twins(request: pytest.FixtureRequest, running: Sites, before: World, tmp_path: Path) -> tuple[World, list[Done]]:
    """Two due crawls of the second day, started at the same time on one database."""
    if request.param == "postgres":
        world = World(tmp_path, before.registry, database=request.getfixturevalue("postgres_url"))
        running.set_day(0)
        world.call("crawl", "--json", *CHOSEN)
    else:
        world = copied(before, tmp_path)
    running.set_day(1)
    both = [world.start(*DUE, day=1) for _ in range(2)]
    return world, [ended(process) for process in both]


def test_two_at_the_same_time_double_no_event(twins: tuple[World, list[Done]], running: Sites) -> None:
    world, done = twins
    assert ({one.status for one in done} <= {0, 1}, Counter(world.events())) == (True, expected(running, 0, 1, sources=SOURCES))
