"""signoff demo, once, as a new user runs it: the longest test, so its name keeps it near the end of the driven ones."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import feedparser
import pytest

from tests.driven import ROOT, Done, World, ended


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("demo")
    process: subprocess.Popen[bytes] = World(folder, ROOT).start("demo", "-o", "out")
    return folder / "out", ended(process, patience=300)


def test_the_demo_finds_every_expected_event_and_no_other(demo: tuple[Path, Done]) -> None:
    _, done = demo
    told = "\n".join(line for line in done.out.splitlines() if "expected" in line)
    assert re.fullmatch(r"all \d{2} expected events found, 0 others", told), told


def test_the_demo_ends_with_0(demo: tuple[Path, Done]) -> None:
    assert demo[1].status == 0


def test_the_demo_leaves_a_feed(demo: tuple[Path, Done]) -> None:
    feed = feedparser.parse((demo[0] / "feed.atom").read_bytes())
    assert (bool(feed.bozo), len(feed.entries) > 20) == (False, True)


def test_the_demo_leaves_a_database_and_a_table(demo: tuple[Path, Done]) -> None:
    assert {"signoff.sqlite", "notices.csv", "warc"} <= {file.name for file in demo[0].iterdir()}
