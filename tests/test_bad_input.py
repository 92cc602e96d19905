"""What goes wrong for a reason a user can mend: one line that says what, where and what to do, the right status, no traceback."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driven import Done, Sites, World, ended, expected, one_line, several, sites

SOURCE = "hunan_yiyang"
CRAWL = ("crawl", "--json", "--source", SOURCE)
DONE, FINDINGS, WRONG_USE, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 3, 130


@pytest.fixture(scope="module")
def running() -> Iterator[Sites]:
    with sites() as up:
        yield up


@pytest.fixture(scope="module")
def crawled(running: Sites, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world in which one source was crawled. No test changes it."""
    folder = tmp_path_factory.mktemp("crawled")
    world = World(folder, running.registry_dir(folder / "registry"))
    running.set_day(0)
    assert world.call(*CRAWL).status == DONE
    return world


@pytest.fixture
def world(crawled: World, tmp_path: Path) -> World:
    """A copy of it that a test may spoil."""
    shutil.copytree(crawled.data, tmp_path / "data")
    return World(tmp_path, crawled.registry)


@pytest.fixture
def empty(crawled: World, tmp_path: Path) -> World:
    return World(tmp_path, crawled.registry)


# ---- words of the command line: what is typed, the status, what the line must say

MISTAKES = {
    "crwl": (WRONG_USE, "crawl"),
    "crawl --sorce x": (WRONG_USE, "--source"),
    "crawl --region": (WRONG_USE, "--region"),
    "crawl --region 甘宿": (WRONG_USE, "甘肃"),
    "crawl --region 4x": (WRONG_USE, "4x"),
    "crawl --source hunan_yiyan": (WRONG_USE, "hunan_yiyang"),
    "crawl --sources missing": (WRONG_USE, "missing"),
    "backfill 甘宿": (WRONG_USE, "甘肃"),
    "backfill 湖南 --since 2025-13-45": (WRONG_USE, "2025-06-04"),
    "backfill 湖南 --until gestern": (WRONG_USE, "--until"),
    "capture nonsense": (WRONG_USE, "nonsense"),
    "capture file:///etc/passwd": (WRONG_USE, "file:///etc/passwd"),
    "capture http://nobody.example/a.html": (WRONG_USE, "signoff sources add"),
    "changes --since 2025-02-30": (WRONG_USE, "2025-06-04"),
    "changes --kind neu": (WRONG_USE, "revised"),
    "changes --since-seq x": (WRONG_USE, "--since-seq"),
    "notices --type x": (WRONG_USE, "signoff_notice"),
    "notices --limit 0": (WRONG_USE, "--limit"),
    "show": (WRONG_USE, "ID"),
    "show zzzz": (WRONG_USE, "signoff notices"),
    "show http://nobody.example/a.html": (WRONG_USE, "signoff notices"),
    "export pdf": (WRONG_USE, "atom"),
    "export csv -o missing/folder/notices.csv": (COULD_NOT_RUN, "missing/folder/notices.csv"),
    "export csv -o /proc/notices.csv": (COULD_NOT_RUN, "/proc/notices.csv"),
    "export csv --database sqlite:///missing.sqlite": (COULD_NOT_RUN, "signoff crawl"),
    "changes --database sqlite:///missing.sqlite": (COULD_NOT_RUN, "--database"),
    "changes --database oracle://a:secret@b/c": (WRONG_USE, "postgresql://"),
    "changes --database nonsense": (WRONG_USE, "sqlite:///"),
    "changes --database postgresql://a@127.0.0.1:1/c": (COULD_NOT_RUN, "is it running"),
    "extract missing.html": (WRONG_USE, "missing.html"),
    "sources show hunan_yiyan": (WRONG_USE, "hunan_yiyang"),
    "db upgrad": (WRONG_USE, "upgrade"),
}


@pytest.fixture(scope="module")
def refusals(crawled: World) -> dict[str, Done]:
    return dict(zip(MISTAKES, several(crawled, [words.split() for words in MISTAKES]), strict=True))


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_gets_its_status(refusals: dict[str, Done], words: str) -> None:
    assert refusals[words].status == MISTAKES[words][0]


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_gets_one_line_that_says_what_to_do(refusals: dict[str, Done], words: str) -> None:
    assert MISTAKES[words][1] in one_line(refusals[words])


def test_a_password_is_not_shown(refusals: dict[str, Done]) -> None:
    assert "secret" not in one_line(refusals["changes --database oracle://a:secret@b/c"])


def test_a_program_without_a_verb_gets_the_help(crawled: World) -> None:
    done = crawled.call()
    assert (done.status, done.err.startswith("Usage: signoff")) == (WRONG_USE, True)


# ---- settings

SETTINGS = {
    ("SIGNOFF_CLOCK", "gestern"): "2025-06-04T09:00:00+08:00", ("SIGNOFF_DELAY", "viel"): "SIGNOFF_DELAY", ("SIGNOFF_DELAY", "-1"): "SIGNOFF_DELAY",
    ("SIGNOFF_DELAY", "nan"): "SIGNOFF_DELAY", ("SIGNOFF_ALLOW_ADDRESSES", "nonsense"): "127.0.0.0/8", ("SIGNOFF_BROWSER", "firefox"): "never",
    ("SIGNOFF_WITHDRAWAL_LOOKS", "0"): "SIGNOFF_WITHDRAWAL_LOOKS",
}  # fmt: skip


@pytest.fixture(scope="module")
def misset(crawled: World) -> dict[tuple[str, str], Done]:
    return dict(zip(SETTINGS, several(crawled, [["crawl"]] * len(SETTINGS), envs=[dict([setting]) for setting in SETTINGS]), strict=True))


@pytest.mark.parametrize("setting", SETTINGS, ids="=".join)
def test_a_setting_that_is_none_is_told_with_its_name(misset: dict[tuple[str, str], Done], setting: tuple[str, str]) -> None:
    assert (misset[setting].status, SETTINGS[setting] in one_line(misset[setting])) == (WRONG_USE, True)


def test_an_unknown_key_of_the_settings_file_gets_the_nearest(empty: World) -> None:
    (empty.folder / "signoff.toml").write_text("delai = 3\n")
    (done,) = several(empty, [["doctor"]])
    assert (done.status, one_line(done)) == (WRONG_USE, "signoff: signoff.toml: no setting 'delai'; nearest: delay")


def test_a_clock_in_the_settings_file_is_the_clock(crawled: World, empty: World) -> None:
    (empty.folder / "signoff.toml").write_text('clock = "2031-01-01T00:00:00+08:00"\n')
    environment = {"SIGNOFF_CLOCK": "", "SIGNOFF_DATABASE_URL": crawled.url}
    (done,) = several(empty, [["export", "jsonl", "--cursor", "clock"]], env=environment)
    assert (done.status, crawled.ask("SELECT at FROM export_cursor")[0].at[:10]) == (DONE, "2030-12-31")


# ---- registry


def test_every_mistake_of_a_registry_is_told_with_file_line_and_key(running: Sites, empty: World) -> None:
    shutil.copytree(empty.registry, empty.folder / "registry")
    table = empty.folder / "registry" / "hunan.toml"
    text = table.read_text("utf-8").replace('"430900"', '"999999"').replace('"trs"', '"trss"').replace('"daily"', '"dayly"')
    table.write_text(text, "utf-8")
    running.forget()
    done = World(empty.folder, empty.folder / "registry").call("crawl")
    told = {re.sub(r".*hunan\.toml:(\d+): (\w+).*", r"\1 \2", line) for line in done.said}
    wanted = {f"{n} {line.split()[0]}" for n, line in enumerate(text.splitlines(), 1) if line.startswith(("region", "family", "schedule"))}
    assert (done.status, told, running.log) == (WRONG_USE, wanted, [])


# ---- database


def test_a_database_of_a_newer_version_is_left_alone(world: World) -> None:
    with sqlite3.connect(world.data / "signoff.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    done = several(world, [[*CRAWL], ["changes"], ["export", "atom"], ["db", "upgrade"]])
    assert {(one.status, "upgrade the program" in one_line(one)) for one in done} == {(COULD_NOT_RUN, True)}


def test_a_database_of_an_older_version_says_how_to_upgrade(world: World) -> None:
    with sqlite3.connect(world.data / "signoff.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    (done,) = several(world, [["changes"]])
    assert (done.status, "signoff db upgrade" in one_line(done)) == (COULD_NOT_RUN, True)


def test_a_file_that_is_no_database(empty: World) -> None:
    empty.data.mkdir()
    (empty.data / "signoff.sqlite").write_text("Dear diary, " * 200)
    done = several(empty, [[*CRAWL], ["changes"], ["db", "check"]])
    assert {(one.status, "no SQLite database" in one_line(one)) for one in done} == {(COULD_NOT_RUN, True)}


def test_a_locked_database_ends_the_crawl_with_one_line(running: Sites, world: World) -> None:
    running.forget()
    with sqlite3.connect(world.data / "signoff.sqlite", isolation_level=None) as connection:
        connection.execute("BEGIN IMMEDIATE")
        done = world.call("crawl", "--json", env={"SIGNOFF_DATABASE_URL": f"{world.url}?timeout=0.2"})
    assert (done.status, "try again" in one_line(done), running.pages()) == (COULD_NOT_RUN, True, [])


def test_a_database_that_is_locked_for_writing_can_be_read(world: World) -> None:
    with sqlite3.connect(world.data / "signoff.sqlite", isolation_level=None) as connection:
        connection.execute("BEGIN IMMEDIATE")
        (done,) = several(world, [["changes", "--json"]])
    assert (done.status, len(done.lines)) == (DONE, 5)


# ---- disk


def test_a_file_where_the_data_folder_should_be(empty: World) -> None:
    empty.data.write_text("not a folder")
    (done,) = several(empty, [[*CRAWL]])
    assert (done.status, "--data-dir" in one_line(done)) == (COULD_NOT_RUN, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_that_may_not_be_written(empty: World) -> None:
    empty.data.mkdir(mode=0o500)
    (done,) = several(empty, [[*CRAWL]])
    assert (done.status, "--data-dir" in one_line(done)) == (COULD_NOT_RUN, True)


@pytest.fixture(scope="module", params=[60_000, 500_000])
def full_disk(
    request: pytest.FixtureRequest, running: Sites, crawled: World, tmp_path_factory: pytest.TempPathFactory
) -> tuple[World, Done, Done]:
    """A crawl on a disk on which no file grows beyond so many bytes, then one with room enough."""
    world = World(tmp_path_factory.mktemp("full"), crawled.registry)
    running.set_day(0)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (request.param, request.param))

    return world, world.call(*CRAWL, "--source", "shandong_dezhou", preexec_fn=limit), world.call(*CRAWL, "--source", "shandong_dezhou")


def test_a_full_disk_ends_the_crawl_with_one_line(full_disk: tuple[World, Done, Done]) -> None:
    _, done, _ = full_disk
    assert (done.status, "disk is full" in one_line(done) or "too large" in one_line(done)) == (COULD_NOT_RUN, True)


def test_after_a_full_disk_nothing_is_half_written(full_disk: tuple[World, Done, Done], running: Sites) -> None:
    world, _, again = full_disk
    assert (again.status, Counter(world.events())) == (DONE, expected(running, 0, sources=[SOURCE, "shandong_dezhou"]))


# ---- network, Ctrl-C


@pytest.fixture(scope="module")
def nobody_home(running: Sites, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Done]:
    """A source whose host refuses connections: the port was free a moment ago."""
    folder = tmp_path_factory.mktemp("nobody")
    world = World(folder, running.registry_dir(folder / "registry"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    table = world.registry / "hunan.toml"
    table.write_text(table.read_text("utf-8").replace(running.base_url(SOURCE), f"http://127.0.0.1:{port}"), "utf-8")
    return world, world.call(*CRAWL)


def test_no_network_is_a_finding_not_a_success(nobody_home: tuple[World, Done]) -> None:
    _, done = nobody_home
    assert (done.status, [line["verdict"] for line in done.lines]) == (FINDINGS, ["failed"])


def test_no_network_leaves_no_traceback(nobody_home: tuple[World, Done]) -> None:
    assert nobody_home[1].err == ""


def test_no_network_is_no_event(nobody_home: tuple[World, Done]) -> None:
    assert nobody_home[0].events() == []


@pytest.fixture(scope="module")
def interrupted(running: Sites, crawled: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Done, Done]:
    """A crawl of all sources ended by Ctrl-C, and what ``--due`` then does at the same hour."""
    world = World(tmp_path_factory.mktemp("interrupted"), crawled.registry)
    running.set_day(0)
    running.forget()
    process = world.start("crawl", "--json", env={"SIGNOFF_SOURCES_AT_ONCE": "2"})
    running.on_request(9, lambda: process.send_signal(signal.SIGINT))
    done = ended(process)
    return world, done, world.call("crawl", "--due", "--json")


def test_ctrl_c_is_told_on_one_line(interrupted: tuple[World, Done, Done]) -> None:
    _, done, _ = interrupted
    assert (done.status, one_line(done)) == (INTERRUPTED, "signoff: interrupted; run the same command again to go on")


def test_ctrl_c_leaves_the_crawls_recorded_as_interrupted(interrupted: tuple[World, Done, Done]) -> None:
    world, _, _ = interrupted
    rows = world.ask("SELECT verdict, why FROM crawl WHERE mode = 'crawl'")
    assert (len(rows), {row.verdict for row in rows} <= {"partial", "failed"}, {row.why for row in rows}) == (
        2,
        True,
        {"interrupted: shutdown"},
    )


def test_what_was_interrupted_is_still_due(interrupted: tuple[World, Done, Done], running: Sites) -> None:
    world, _, due = interrupted
    own = Counter(event for event in world.events() if event[1] != "quanguo_qingfeng")
    assert (len(due.lines), own) == (
        6,
        expected(running, 0, sources=[source for source in running.servers if source != "quanguo_qingfeng"]),
    )


def test_nothing_is_held_against_a_page_that_was_not_reached(interrupted: tuple[World, Done, Done]) -> None:
    assert interrupted[0].ask("SELECT url FROM address WHERE failures > 0") == []
