"""Reading the archive again with the rules that read it first changes nothing at all: what a crawl stored follows from its captures."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from replica_farm import Signoff, farm, registry, walk_states

#: moved pages and files that wait for a tool; files of every kind; a portal that only reposts
SITES = ("guangdong-huizhou", "shanxi-sthjt", "beidouzhiku")
#: an ignored page notes which rules passed it over
OURS = {"address"}


def tables(path: Path) -> dict[str, list[str]]:
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'") if name not in OURS]
        return {name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"'))) for name in names}  # noqa: S608 - names of its own


@dataclass(frozen=True)
class Reread:
    summary: dict[str, Any]
    before: dict[str, list[str]]
    after: dict[str, list[str]]


@pytest.fixture(scope="module")
def reread(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Reread:
    folder = tmp_path_factory.mktemp("reextract")
    with farm(shared, folder) as here:
        sites = [site for site in here.sites if site["slug"] in SITES]
        program = Signoff(folder, registry(sites, folder / "sources"))
        assert list(walk_states(here, program, set(SITES), states=(0, 1, 2)))
    program.call("reextract", "--waiting", "--json")  # scans, where the extra for them is installed: no crawl waits for it
    database = folder / "data" / "signoff.sqlite"
    before = tables(database)
    [summary] = program.call("reextract", "--force", "--json")
    return Reread(summary, before, tables(database))


def test_everything_was_read(reread: Reread) -> None:
    assert (reread.summary["read"] >= 60, reread.summary["failed"]) == (True, 0)


def test_no_field_changed(reread: Reread) -> None:
    assert (reread.summary["changed"], reread.summary["entered"]) == (0, 0)


def test_the_database_is_as_it_was(reread: Reread) -> None:
    assert {name for name, rows in reread.before.items() if rows != reread.after[name]} == set()
