"""The demo itself: its closing check, its folder, what it shows. The crawls it starts are tested where the whole program is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.demo.check import Agreement, Reported, SourceLine, compare, compare_verdicts, json_lines, reported_events
from crawler.demo.run import MARK, Program, conclude, crawl_all_days, emptied, environment, events_after, summary
from crawler.demo.server import SampleSites
from crawler.demo.sites import DAYS, sample_sites
from crawler.errors import CannotRunError, UsageError
from crawler.notice.model import ChangeKind, Verdict


@pytest.fixture(scope="module")
def running() -> Iterator[SampleSites]:
    with SampleSites() as sites:
        yield sites


@pytest.fixture
def sites(running: SampleSites) -> SampleSites:
    running.set_day(DAYS[0])
    return running


# ---- the check at the end of the demo


def as_reported(sites: SampleSites, day: int) -> list[Reported]:
    numbered = enumerate(sites.expected_events(day), start=1)
    return [Reported(seq, event.kind, event.source_id, event.url, event.title) for seq, event in numbered]


@pytest.mark.parametrize("day", DAYS)
def test_the_expected_events_agree_with_themselves(sites: SampleSites, day: int) -> None:
    assert compare(sites.expected_events(day), as_reported(sites, day)) == Agreement(len(sites.expected_events(day)))


def test_an_event_that_is_missing_is_told(sites: SampleSites) -> None:
    first, *rest = sites.expected_events(6)
    assert [line.split()[0] for line in compare([first, *rest], as_reported(sites, 6)[1:]).missed] == [first.kind]


def test_an_event_reported_twice_is_one_too_many(sites: SampleSites) -> None:
    reported = as_reported(sites, 6)
    assert len(compare(sites.expected_events(6), [*reported, reported[0]]).others) == 1


def test_an_event_of_another_kind_is_missed_and_one_too_many(sites: SampleSites) -> None:
    first, *rest = as_reported(sites, 6)
    agreement = compare(sites.expected_events(6), [replace(first, kind=ChangeKind.EXPIRED), *rest])
    assert (len(agreement.missed), len(agreement.others)) == (1, 1)


def verdicts(day: int) -> list[SourceLine]:
    return [SourceLine(site.id, Verdict.BLOCKED if day in site.blocked else Verdict.OK, 9, 0) for site in sample_sites()]


def test_the_site_behind_its_firewall_must_end_blocked() -> None:
    lines = [replace(line, verdict=Verdict.OK) for line in verdicts(3)]
    assert compare_verdicts(3, lines).verdicts == ("shanxi_changzhi: ok instead of blocked",)


def test_a_source_that_was_not_crawled_is_told() -> None:
    assert compare_verdicts(0, verdicts(0)[1:]).verdicts == ("shandong_dezhou: not crawled instead of ok",)


def test_a_line_that_is_no_json_is_an_error() -> None:
    with pytest.raises(CannotRunError, match="JSON Lines"):
        list(json_lines("Traceback"))


def changes_line(seq: int) -> str:
    known = {"notice_id": "n", "revision": 1, "at": "2025-06-04T01:00:00+00:00", "changes": {}, "news": True}
    return json.dumps({"seq": seq, "kind": "new", "source": "s", "url": "http://a.invalid/", "title": "公示", **known})


def test_a_line_of_changes_is_read() -> None:
    assert reported_events(changes_line(7)) == [Reported(7, ChangeKind.NEW, "s", "http://a.invalid/", "公示")]


def test_events_of_earlier_days_are_left_out() -> None:
    assert [event.seq for event in events_after(7, f"{changes_line(7)}\n{changes_line(8)}\n")] == [8]


# ---- the run


def test_a_folder_with_something_else_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="name another one"):
        emptied(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_the_folder_of_an_earlier_demo_is_emptied(tmp_path: Path) -> None:
    (emptied(tmp_path / "demo") / "old").touch()
    assert [file.name for file in emptied(tmp_path / "demo").iterdir()] == [MARK]


def test_settings_of_the_user_do_not_reach_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNOFF_WITHDRAWAL_LOOKS", "1")
    assert "SIGNOFF_WITHDRAWAL_LOOKS" not in environment(0)


def test_the_clock_of_a_day_is_nine_in_china() -> None:
    assert environment(2)["SIGNOFF_CLOCK"] == "2025-06-06T09:00:00+08:00"


def test_a_source_is_told_in_one_line() -> None:
    events = [Reported(1, ChangeKind.NEW, "hunan_yiyang", "http://a.invalid/", "公示")]
    told = list(summary(1, [SourceLine("hunan_yiyang", Verdict.OK, 12, 3)], events))
    assert told[1].split() == ["hunan_yiyang", "ok", "12", "fetched,", "3", "unchanged", "(304)", "new", "1"]


def test_an_event_is_told_with_its_title() -> None:
    told = list(summary(1, [], [Reported(1, ChangeKind.NEW, "hunan_yiyang", "http://a.invalid/", "公示")]))
    assert told[1].split() == ["new", "hunan_yiyang", "公示"]


def reported_line(event: Reported) -> str:
    return json.dumps({"seq": event.seq, "kind": event.kind, "source": event.source_id, "url": event.url, "title": event.title})


class FlawlessCrawler:
    """Answers as a crawler that finds every expected event; ``blind_on`` a day it finds none."""

    def __init__(self, sites: SampleSites, blind_on: int | None = None) -> None:
        self.sites, self.blind_on = sites, blind_on
        self.events: list[Reported] = []

    def call(self, day: int, *words: str) -> str:
        if words[0] == "crawl":
            lines = [{"source": line.source_id, "verdict": line.verdict, "fetched": 9, "not_modified": 0} for line in verdicts(day)]
            return "\n".join(json.dumps(line) for line in lines)
        found = as_reported(self.sites, day) if day != self.blind_on else []
        self.events += [replace(event, seq=len(self.events) + event.seq) for event in found]
        return "\n".join(reported_line(event) for event in self.events)


def ignored(line: str) -> None:
    """A report that nobody reads."""
    assert isinstance(line, str)


def test_all_days_agree_when_all_is_found(sites: SampleSites) -> None:
    expected = sum(len(sites.expected_events(day)) for day in DAYS)
    assert crawl_all_days(FlawlessCrawler(sites), sites, ignored) == Agreement(expected)


def test_what_a_day_did_not_bring_is_missed(sites: SampleSites) -> None:
    agreement = crawl_all_days(FlawlessCrawler(sites, blind_on=6), sites, ignored)
    assert (len(agreement.missed), agreement.complete) == (len(sites.expected_events(6)), False)


def test_agreement_is_told_in_one_line() -> None:
    told: list[str] = []
    conclude(Agreement(42), told.append)
    assert told == ["all 42 expected events found, 0 others"]


def test_what_is_missing_is_told_line_by_line() -> None:
    told: list[str] = []
    conclude(Agreement(1, missed=("new  a",), others=("moved  b",), verdicts=("c: ok instead of blocked",)), told.append)
    assert told == [
        "1 of 2 expected events found, 1 others",
        "  missed: new  a",
        "  not expected: moved  b",
        "  verdict: c: ok instead of blocked",
    ]


def ending(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    def command(_: Program, *__: str) -> list[str]:
        return [sys.executable, "-c", script]

    monkeypatch.setattr(Program, "command", command)


def test_a_command_that_cannot_run_is_told_with_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ending(monkeypatch, "import sys; print('the disk is full', file=sys.stderr); sys.exit(3)")
    with pytest.raises(CannotRunError, match="ended with status 3: the disk is full"):
        Program(tmp_path, tmp_path).call(0, "crawl")


def test_a_command_that_ends_with_findings_has_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ending(monkeypatch, "import os, sys; print(os.environ['SIGNOFF_CLOCK']); sys.exit(1)")
    assert Program(tmp_path, tmp_path).call(1, "crawl").strip() == "2025-06-05T09:00:00+08:00"
