"""The registry against the directory of known sites: every row is a source or an explained pause, and no address is invented."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from crawler.gazetteer import regions
from crawler.registry.registry import PROVINCES, Registry, Source, list_identity, load

HOME = Path(__file__).parents[2] / "spiders" / "sources"
#: codes of the directory that are not the standard's: two places directly under their province, and a neighbour's
OTHER_CODES = {"139001": "130682", "139002": "130181", "320507": "320506"}


@cache
def registry() -> Registry:
    return load(HOME)


@pytest.fixture(scope="session")
def rows(shared: Path) -> list[dict[str, str]]:
    with (shared / "sources" / "directory.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sources_of(row: dict[str, str]) -> list[Source]:
    """The sources of the agency a row names."""
    name, code = row["agency"].removesuffix(" (aggregator)"), OTHER_CODES.get(row["adcode"], row["adcode"])
    return [source for source in registry().values() if (source.name, source.region) == (name, code)]


def test_every_agency_is_one_source_in_its_region(rows: list[dict[str, str]]) -> None:
    assert [row["agency"] for row in rows if len(sources_of(row)) != 1] == []


def test_every_list_is_read_or_left_out_with_the_reason_written(rows: list[dict[str, str]]) -> None:
    lists = {list_identity(url): source for source in registry().values() for url in source.list_urls}
    notes = "\n".join(path.read_text("utf-8") for path in HOME.glob("*.toml"))
    missing = [row for row in rows if row["list_url"] and list_identity(row["list_url"]) not in lists]
    assert [row["list_url"] for row in missing if f"# left out: {row['list_url']} (" not in notes] == []
    found = [(row, lists[list_identity(row["list_url"])]) for row in rows if row["list_url"] and row not in missing]
    assert [row["list_url"] for row, source in found if [source] != sources_of(row)] == []


def test_who_has_no_list_known_is_paused(rows: list[dict[str, str]]) -> None:
    bare = {row["agency"] for row in rows} - {row["agency"] for row in rows if row["list_url"]}
    assert [row["agency"] for row in rows if row["agency"] in bare if not all(source.paused for source in sources_of(row))] == []


def test_no_list_is_invented(rows: list[dict[str, str]]) -> None:
    known = {list_identity(row["list_url"]) for row in rows if row["list_url"]}
    listed = {url for source in registry().values() for url in source.list_urls}
    assert [url for url in listed if list_identity(url) not in known] == []


def test_no_source_is_invented(rows: list[dict[str, str]]) -> None:
    known = {source.id for row in rows for source in sources_of(row)}
    assert set(registry()) == known


def test_agencies_name_the_place_of_their_region() -> None:
    local = [source for source in registry().values() if source.region in regions.table()]
    assert [source.id for source in local if regions.table()[source.region].name[:2] not in source.name] == []


def test_ids_begin_with_the_province_of_their_region() -> None:
    assert [s.id for s in registry().values() if s.id.split("_")[0] != PROVINCES[s.region[:2]][1]] == []
