"""The replica farm through all its states: every notice found, every event told once, nothing invented."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from replica_farm import FAMILIES, Comparison, Farm, Signoff, farm, registry, walk_states

from crawler.registry.families import FAMILIES as OURS

AT_ONCE = {"SIGNOFF_WITHDRAWAL_LOOKS": "1", "SIGNOFF_WITHDRAWAL_HOURS": "0"}


@pytest.fixture(scope="module")
def running(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with farm(shared, tmp_path_factory.mktemp("farm")) as here:
        yield here


def plain_sites(here: Farm) -> list[dict[str, object]]:
    return [site for site in here.sites if not site["needs_browser"] and FAMILIES.get(site["cms"], site["cms"]) in OURS]


@pytest.fixture(scope="module")
def states(running: Farm, tmp_path_factory: pytest.TempPathFactory) -> list[Comparison]:
    folder = tmp_path_factory.mktemp("crawl")
    sites = plain_sites(running)
    program = Signoff(folder, registry(sites, folder / "sources"), environment=AT_ONCE)
    return list(walk_states(running, program, {str(site["slug"]) for site in sites}))


def test_all_sites_without_browser_are_covered(running: Farm) -> None:
    assert len(plain_sites(running)) >= 18


@pytest.mark.parametrize("state", range(5))
def test_every_notice_is_found(states: list[Comparison], state: int) -> None:
    assert states[state].missing == []


@pytest.mark.parametrize("state", range(5))
def test_no_notice_is_invented(states: list[Comparison], state: int) -> None:
    assert states[state].invented == []


@pytest.mark.parametrize("state", range(1, 5))
def test_every_event_is_told(states: list[Comparison], state: int) -> None:
    assert states[state].missed == []


@pytest.mark.parametrize("state", range(1, 5))
def test_no_event_is_false(states: list[Comparison], state: int) -> None:
    assert states[state].false == []


@pytest.mark.parametrize("state", range(5))
def test_every_source_is_ok(states: list[Comparison], state: int) -> None:
    assert set(states[state].verdicts) == {"ok"}


def test_the_same_on_postgresql(running: Farm, postgres_url: str, tmp_path: Path) -> None:
    slugs = {"hebei-sthjt", "hebei-jtt", "zibo-sthjj", "shanxi-yuncheng"}
    sites = [site for site in running.sites if site["slug"] in slugs]
    program = Signoff(tmp_path, registry(sites, tmp_path / "sources"), database=postgres_url, environment=AT_ONCE)
    found = list(walk_states(running, program, slugs, states=(0, 2)))
    assert [(out.missing, out.invented, out.missed, out.false) for out in found] == [([], [], [], [])] * 2
