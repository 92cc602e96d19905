"""`sources add`, `check`, `health` and `status` as a user calls them, over the bundled sample sites."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler import cli
from crawler.demo.run import environment
from crawler.demo.server import SampleSites
from crawler.registry.registry import load

Given = dict[str, dict[str, Any]]
Added = tuple["Program", Given]
Here = Callable[..., tuple[int, str, str]]

#: createPageHTML, a platform of its own, an old site in GB18030, one that only repeats
CHOSEN = ("hunan_yiyang", "shanxi_changzhi", "anhui_chuzhou", "quanguo_qingfeng")
WHOLE_COUNTRY = "quanguo_qingfeng"


@pytest.fixture(scope="module")
def sites() -> Iterator[SampleSites]:
    with SampleSites() as running:
        yield running


@pytest.fixture(scope="module")
def given(sites: SampleSites, tmp_path_factory: pytest.TempPathFactory) -> Given:
    """The sample sources as their authors wrote them, by id."""
    folder = sites.registry_dir(tmp_path_factory.mktemp("given"))
    tables = [table for path in folder.glob("*.toml") for table in tomllib.loads(path.read_text("utf-8"))["source"]]
    return {table["id"]: table for table in tables if table["id"] in CHOSEN}


@dataclass
class Program:
    """Our command line with a registry and a database of its own."""

    folder: Path
    day: int = 0

    def words(self, *words: str) -> list[str]:
        return [*words, "--sources", str(self.folder / "sources"), "--data-dir", str(self.folder / "data")]

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command that visits sites: it needs a process of its own."""
        command = [sys.executable, "-m", "crawler", *self.words(*words)]
        return subprocess.run(
            command, env=environment(self.day), capture_output=True, text=True, encoding="utf-8", check=False, timeout=120
        )

    def lines(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.call(*words, "--json").stdout.splitlines()]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """Runs a command that visits nobody, in this process: its status, and what it printed."""
    for name, value in environment(0).items():
        if name.startswith("SIGNOFF_"):
            monkeypatch.setenv(name, value)

    def run(program: Program, *words: str) -> tuple[int, str, str]:
        status = cli.run(program.words(*words))
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def urls_of(source: dict[str, Any]) -> list[str]:
    return [str(url) for url in source["list_urls"]]


def options_of(source: dict[str, Any]) -> list[str]:
    """What a user must say of the sample sites: ids of their own, and that one covers the whole country."""
    return ["--id", source["id"], *(["--region", "000000"] if source["region"] == "000000" else [])]


@pytest.fixture(scope="module")
def added(given: Given, tmp_path_factory: pytest.TempPathFactory) -> Added:
    """All sample sites added with --write alone; what the command said of each."""
    program = Program(tmp_path_factory.mktemp("added"))
    said = {
        source_id: program.lines("sources", "add", *urls_of(source), *options_of(source), "--write")[0]
        for source_id, source in given.items()
    }
    return program, said


def test_every_site_is_written(added: Added, given: Given) -> None:
    program, _ = added
    assert set(load(program.folder / "sources")) == set(given)


def test_regions_are_found(added: Added, given: Given) -> None:
    _, said = added
    assert {i: line["source"]["region"] for i, line in said.items()} == {i: source["region"] for i, source in given.items()}


def test_families_are_found(added: Added, given: Given) -> None:
    assert {i: line["source"]["family"] for i, line in added[1].items()} == {i: source["family"] for i, source in given.items()}


def test_the_site_that_repeats_others_is_told(added: Added) -> None:
    _, said = added
    assert [i for i, line in said.items() if line["source"]["reposts"]] == [WHOLE_COUNTRY]


def test_every_list_was_read_to_its_proved_end(added: Added) -> None:
    _, said = added
    assert [i for i, line in said.items() for found in line["lists"] if not found["end"]] == []


def test_expectations_come_from_the_sample(added: Added) -> None:
    _, said = added
    assert said["shanxi_changzhi"]["source"]["since"] == "2024-03-11"


@pytest.fixture(scope="module")
def crawled(added: Added) -> Program:
    added[0].call("crawl")
    return added[0]


def test_a_crawl_of_what_was_added_finds_what_the_authors_meant(crawled: Program, sites: SampleSites, here: Here) -> None:
    _, out, _ = here(crawled, "changes", "--json")
    wanted = {event.url for event in sites.expected_events(0) if event.source_id in CHOSEN}
    assert wanted <= {json.loads(line)["url"] for line in out.splitlines()}


def test_health_after_a_crawl_has_no_findings(crawled: Program, here: Here) -> None:
    status, out, _ = here(crawled, "sources", "health", "--json")
    assert (status, [json.loads(line)["findings"] for line in out.splitlines()]) == (0, [[]] * 4)


def test_status_after_a_crawl_tells_when_the_next_is_due(crawled: Program, here: Here) -> None:
    status, out, _ = here(crawled, "status")
    assert (status, "next due 2025-06-05" in out) == (0, True)


def test_status_of_a_registry_that_was_never_crawled(added: Added, tmp_path: Path, here: Here) -> None:
    (tmp_path / "sources").symlink_to(added[0].folder / "sources")
    _, out, _ = here(Program(tmp_path), "status", "--json")
    line = json.loads(out)
    assert (set(line["waits"]), line["late"], line["blind"]) == (set(added[1]), [], [])


def test_health_of_a_registry_that_was_never_crawled_is_a_finding(added: Added, tmp_path: Path, here: Here) -> None:
    (tmp_path / "sources").symlink_to(added[0].folder / "sources")
    status, out, _ = here(Program(tmp_path), "sources", "health")
    assert (status, out.count("never crawled")) == (1, 4)


# ---- check


@pytest.fixture(scope="module")
def checked(added: Added) -> list[dict[str, Any]]:
    return added[0].lines("sources", "check", "hunan_yiyang")


@pytest.mark.parametrize(
    "rule", ["robots", "list", "pagination", "dates", "rhythm", "titles", "detail", "attachment", "validators", "registry"]
)
def test_a_check_tells_every_rule(checked: list[dict[str, Any]], rule: str) -> None:
    assert rule in {line["rule"] for line in checked}


def test_a_good_source_passes(checked: list[dict[str, Any]]) -> None:
    assert [line for line in checked if line["level"] == "fail"] == []


def test_a_source_behind_its_firewall_fails(added: Added, sites: SampleSites) -> None:
    program, _ = added
    sites.set_day(3)
    try:
        done = Program(program.folder, 3).call("sources", "check", "shanxi_changzhi")
    finally:
        sites.set_day(0)
    assert (done.returncode, "fail  list" in done.stdout) == (1, True)


# ---- what is wrong is said before anything is written


@pytest.fixture(scope="module")
def printed(given: Given, tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, subprocess.CompletedProcess[str]]:
    program = Program(tmp_path_factory.mktemp("printed"))
    return program, program.call("sources", "add", *urls_of(given["hunan_yiyang"]))


def test_without_write_the_registry_stays(printed: tuple[Program, subprocess.CompletedProcess[str]]) -> None:
    program, done = printed
    assert (done.returncode, (program.folder / "sources").exists()) == (0, False)


def test_what_is_printed_is_toml(printed: tuple[Program, subprocess.CompletedProcess[str]]) -> None:
    (table,) = tomllib.loads(printed[1].stdout)["source"]
    assert (table["family"], table["region"]) == ("trs", "430900")


def test_an_address_without_a_list_is_not_written(sites: SampleSites, tmp_path: Path) -> None:
    url = sites.base_url("hunan_yiyang") + "/nothing/"
    done = Program(tmp_path).call("sources", "add", url, "--id", "hunan_x", "--region", "430900", "--write")
    assert (done.returncode, done.stderr.startswith("signoff: nothing written")) == (2, True)


def test_a_page_is_no_list(sites: SampleSites, tmp_path: Path) -> None:
    url = sites.base_url("hunan_yiyang") + "/zwgk/dczg/202506/t20250603_1005.html"
    done = Program(tmp_path).call("sources", "add", url, "--id", "hunan_x", "--region", "430900", "--write")
    assert done.returncode == 2
    assert "no list: give the address of its column" in done.stderr


def test_a_list_that_is_there_already_is_named(added: Added, given: Given, here: Here) -> None:
    status, _, err = here(added[0], "sources", "add", *urls_of(given["hunan_yiyang"]))
    assert (status, "already a list of hunan_yiyang" in err) == (2, True)


def test_an_id_in_use_is_named(added: Added, here: Here) -> None:
    status, _, err = here(added[0], "sources", "add", "https://a.example.gov.cn/", "--id", "hunan_yiyang")
    assert (status, "hunan_yiyang is taken" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("ftp://x.example/",), "not an http address", id="scheme"),
        pytest.param(("https://a.example.gov.cn/", "https://b.other.gov.cn/"), "one by one", id="two sites"),
        pytest.param(("https://a.example.gov.cn/", "--region", "兰洲"), "nearest", id="region"),
        pytest.param(("https://a.example.gov.cn/", "https://a.example.gov.cn/"), "twice", id="one list twice"),
    ],
)
def test_wrong_use_is_one_line(words: tuple[str, ...], told: str, tmp_path: Path, here: Here) -> None:
    status, _, err = here(Program(tmp_path), "sources", "add", *words)
    assert (status, len(err.splitlines()), told in err) == (2, 1, True)
