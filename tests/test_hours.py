"""The hours in which a source may be asked: nothing outside of them, and an end when they are over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crawler.registry import hours
from tests.driven import Sites, World, one_line, sites

DAY = {"SIGNOFF_NIGHT": "22:00-06:00"}
#: the world's clock shows nine in the morning; this is a second earlier
A_SECOND_BEFORE = -1 / 86400


@pytest.mark.parametrize(
    ("span", "at", "left"),
    [
        pytest.param("22:00-06:00", "22:00", timedelta(hours=8), id="begins"),
        pytest.param("22:00-06:00", "05:59", timedelta(minutes=1), id="after midnight"),
        pytest.param("22:00-06:00", "06:00", timedelta(), id="over"),
        pytest.param("22:00-06:00", "21:59", timedelta(), id="not yet"),
        pytest.param("01:30-05:00", "03:00", timedelta(hours=2), id="within a day"),
        pytest.param("01:30-05:00", "23:00", timedelta(), id="outside within a day"),
    ],
)
def test_time_left(span: str, at: str, left: timedelta) -> None:
    assert hours.left(span, datetime.fromisoformat(f"2025-06-04T{at}:00+08:00")) == left


def test_hours_are_chinas() -> None:
    assert hours.may_ask("22:00-06:00", datetime.fromisoformat("2025-06-04T15:00:00+00:00"))


@pytest.fixture(scope="module")
def running() -> Iterator[Sites]:
    with sites() as up:
        up.set_day(0)
        yield up


@pytest.fixture
def world(running: Sites, tmp_path: Path) -> World:
    running.forget()
    return World(tmp_path, running.registry_dir(tmp_path / "registry"))


@pytest.mark.parametrize("words", [("crawl", "--source", "hunan_yiyang"), ("sources", "check", "hunan_yiyang")], ids=["crawl", "check"])
def test_outside_its_hours_a_source_is_left_for_later_in_one_line(running: Sites, world: World, words: tuple[str, ...]) -> None:
    done = world.call(*words, env=DAY)
    assert (done.status, done.out, running.log) == (1, "", [])
    assert one_line(done) == "left for later, asked in their hours (China time) only: hunan_yiyang 22:00-06:00"


def test_outside_its_hours_a_source_is_not_due(running: Sites, world: World) -> None:
    done = world.call("crawl", "--due", env=DAY)
    assert (done.status, done.out, done.err, running.log) == (0, "", "", [])


def test_the_hours_of_a_source_go_before_those_of_the_settings(running: Sites, world: World) -> None:
    file = world.registry / "hunan.toml"
    file.write_text(file.read_text("utf-8") + 'night = "08:00-20:00"\n', "utf-8")
    done = world.call("crawl", "--json", "--region", "湖南", "--region", "山东", env=DAY)
    assert [(line["source"], line["verdict"]) for line in done.lines] == [("hunan_yiyang", "ok")]
    assert "shandong_dezhou 22:00-06:00" in one_line(done)


def test_a_crawl_ends_with_the_hours_and_is_due_in_the_next_ones(running: Sites, world: World) -> None:
    slow = {"SIGNOFF_NIGHT": "06:00-09:00", "SIGNOFF_DELAY": "0.7"}
    done = world.call("crawl", "--json", "--source", "hunan_yiyang", day=A_SECOND_BEFORE, env=slow)
    assert [line["verdict"] for line in done.lines] == ["partial"]
    assert len(running.log) <= 4
    assert world.ask("SELECT why FROM crawl")[0].why == "interrupted: the hours of the source are over"
    assert world.ask("SELECT count(*) AS n FROM address WHERE failures > 0")[0].n == 0
    again = world.call("crawl", "--due", "--json", "--source", "hunan_yiyang", day=0.9, env={"SIGNOFF_NIGHT": "06:00-09:00"})
    assert [line["verdict"] for line in again.lines] == ["ok"]
    assert world.events()


def test_hours_that_are_none_are_told(world: World) -> None:
    assert "SIGNOFF_NIGHT: '22-6' is not a span of hours" in one_line(world.call("sources", "list", env={"SIGNOFF_NIGHT": "22-6"}))
