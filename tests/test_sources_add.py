"""`sources add`, `check`, `health` and `status` as a user calls them, over the bundled sample sites."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.run import environment
from crawler.demo.server import SampleSites
from crawler.sources import load

#: what the bundled registry says; the columns' families read alike, so the plain list is right as well
ALIKE = {"zwgk": "static"}
WHOLE_COUNTRY = "quanguo_qingfeng"


@pytest.fixture(scope="module")
def sites() -> Iterator[SampleSites]:
    with SampleSites() as running:
        yield running


@pytest.fixture(scope="module")
def given(sites: SampleSites, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The sample sources as their authors wrote them, by id."""
    folder = sites.registry_dir(tmp_path_factory.mktemp("given"))
    tables = [table for path in folder.glob("*.toml") for table in tomllib.loads(path.read_text("utf-8"))["source"]]
    return {table["id"]: table for table in tables}


@dataclass
class Program:
    """Our command line with a registry and a database of its own."""

    folder: Path
    day: int = 0

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        place = ["--sources", str(self.folder / "sources"), "--data-dir", str(self.folder / "data")]
        command = [sys.executable, "-m", "crawler", *words, *place]
        return subprocess.run(
            command, env=environment(self.day), capture_output=True, text=True, encoding="utf-8", check=False, timeout=120
        )

    def lines(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.call(*words, "--json").stdout.splitlines()]


def urls_of(source: dict[str, Any]) -> list[str]:
    return [str(url) for url in source["list_urls"]]


def options_of(source: dict[str, Any]) -> list[str]:
    """What a user must say of the sample sites: ids of their own, and that one covers the whole country."""
    return ["--id", source["id"], *(["--region", "000000"] if source["region"] == "000000" else [])]


@pytest.fixture(scope="module")
def added(given: dict[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, dict[str, dict[str, Any]]]:
    """All sample sites added with --write alone; what the command said of each."""
    program = Program(tmp_path_factory.mktemp("added"))
    said = {
        source_id: program.lines("sources", "add", *urls_of(source), *options_of(source), "--write")[0]
        for source_id, source in given.items()
    }
    return program, said


def test_every_site_is_written(added: tuple[Program, dict[str, dict[str, Any]]], given: dict[str, dict[str, Any]]) -> None:
    program, _ = added
    assert set(load(program.folder / "sources")) == set(given)


def test_regions_are_found(added: tuple[Program, dict[str, dict[str, Any]]], given: dict[str, dict[str, Any]]) -> None:
    _, said = added
    assert {i: line["source"]["region"] for i, line in said.items()} == {i: source["region"] for i, source in given.items()}


def test_families_are_found(added: tuple[Program, dict[str, dict[str, Any]]], given: dict[str, dict[str, Any]]) -> None:
    _, said = added
    wanted = {i: ALIKE.get(source["family"], source["family"]) for i, source in given.items()}
    assert {i: line["source"]["family"] for i, line in said.items()} == wanted


def test_the_site_that_repeats_others_is_told(added: tuple[Program, dict[str, dict[str, Any]]]) -> None:
    _, said = added
    assert [i for i, line in said.items() if line["source"]["reposts"]] == [WHOLE_COUNTRY]


def test_every_list_was_read_to_its_proved_end(added: tuple[Program, dict[str, dict[str, Any]]]) -> None:
    _, said = added
    assert [i for i, line in said.items() for found in line["lists"] if not found["end"]] == []


def test_expectations_come_from_the_sample(added: tuple[Program, dict[str, dict[str, Any]]]) -> None:
    _, said = added
    assert said["shanxi_changzhi"]["source"]["since"] == "2024-03-11"


def test_a_crawl_of_what_was_added_finds_what_the_authors_meant(
    added: tuple[Program, dict[str, dict[str, Any]]], sites: SampleSites
) -> None:
    program, _ = added
    program.call("crawl")
    assert {line["url"] for line in program.lines("changes")} == {event.url for event in sites.expected_events(0)}


def test_health_after_a_crawl_has_no_findings(added: tuple[Program, dict[str, dict[str, Any]]]) -> None:
    program, _ = added
    program.call("crawl")
    assert [line["findings"] for line in program.lines("sources", "health")] == [[]] * 6


def test_status_of_a_registry_that_was_never_crawled(added: tuple[Program, dict[str, dict[str, Any]]], tmp_path: Path) -> None:
    program, said = added
    (tmp_path / "sources").symlink_to(program.folder / "sources")
    (line,) = Program(tmp_path).lines("status")
    assert (set(line["waits"]), line["late"], line["blind"]) == (set(said), [], [])


def test_health_of_a_registry_that_was_never_crawled_is_a_finding(added: tuple[Program, dict[str, dict[str, Any]]], tmp_path: Path) -> None:
    (tmp_path / "sources").symlink_to(added[0].folder / "sources")
    assert Program(tmp_path).call("sources", "health").returncode == 1


# ---- check


@pytest.fixture(scope="module")
def checked(added: tuple[Program, dict[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    return added[0].lines("sources", "check", "hunan_yiyang")


@pytest.mark.parametrize(
    "rule", ["robots", "list", "pagination", "dates", "rhythm", "titles", "detail", "attachment", "validators", "registry"]
)
def test_a_check_tells_every_rule(checked: list[dict[str, Any]], rule: str) -> None:
    assert rule in {line["rule"] for line in checked}


def test_a_good_source_passes(checked: list[dict[str, Any]]) -> None:
    assert [line for line in checked if line["level"] == "fail"] == []


def test_a_source_behind_its_firewall_fails(added: tuple[Program, dict[str, dict[str, Any]]], sites: SampleSites) -> None:
    program, _ = added
    sites.set_day(3)
    try:
        done = Program(program.folder, 3).call("sources", "check", "shanxi_changzhi")
    finally:
        sites.set_day(0)
    assert (done.returncode, "fail  list" in done.stdout) == (1, True)


def test_a_paused_source_can_be_checked(
    added: tuple[Program, dict[str, dict[str, Any]]], given: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "sources").mkdir()
    table = (added[0].folder / "sources" / "hunan.toml").read_text("utf-8")
    (tmp_path / "sources" / "hunan.toml").write_text(table + 'paused = "being looked at again"\npaused_on = 2025-06-01\n', "utf-8")
    lines = Program(tmp_path).lines("sources", "check", "hunan_yiyang")
    assert [line["level"] for line in lines if "paused" in line["words"]] == ["warn"]


# ---- what is wrong is said before anything is written


def refused(program: Program, *words: str) -> str:
    done = program.call("sources", "add", *words)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_without_write_the_registry_stays(given: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    done = Program(tmp_path).call("sources", "add", *urls_of(given["hunan_yiyang"]))
    assert (done.returncode, (tmp_path / "sources").exists()) == (0, False)


def test_what_is_printed_is_toml(given: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    done = Program(tmp_path).call("sources", "add", *urls_of(given["hunan_yiyang"]))
    (table,) = tomllib.loads(done.stdout)["source"]
    assert (table["family"], table["region"]) == ("trs", "430900")


def test_a_list_that_is_there_already_is_named(added: tuple[Program, dict[str, dict[str, Any]]], given: dict[str, dict[str, Any]]) -> None:
    assert "already a list of hunan_yiyang" in refused(added[0], *urls_of(given["hunan_yiyang"]))


def test_an_id_in_use_is_named(added: tuple[Program, dict[str, dict[str, Any]]], sites: SampleSites) -> None:
    assert "hunan_yiyang is taken" in refused(added[0], sites.base_url("hunan_yiyang") + "/other/", "--id", "hunan_yiyang")


def test_an_address_without_a_list_is_not_written(sites: SampleSites, tmp_path: Path) -> None:
    words = (sites.base_url("hunan_yiyang") + "/nothing/", "--id", "hunan_x", "--region", "430900", "--write")
    assert "nothing written" in refused(Program(tmp_path), *words)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("ftp://x.example/",), "not an http address", id="scheme"),
        pytest.param(("https://a.example.gov.cn/", "https://b.other.gov.cn/"), "one by one", id="two sites"),
        pytest.param(("https://a.example.gov.cn/", "--region", "兰洲"), "nearest", id="region"),
        pytest.param(("https://a.example.gov.cn/", "https://a.example.gov.cn/"), "twice", id="one list twice"),
    ],
)
def test_wrong_use_is_one_line(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    assert told in refused(Program(tmp_path), *words)
