"""The replica's sites that need a browser: a list that a script builds and clicks through, and two script challenges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from replica_farm import Comparison, Farm, Signoff, farm, registry, walk_states

SITES = ("gansu-lanzhou", "liaoning-anshan", "anhui-fuyang")
AT_ONCE = {"SIGNOFF_WITHDRAWAL_LOOKS": "1", "SIGNOFF_WITHDRAWAL_HOURS": "0"}
STATES = (0, 1)


@pytest.fixture(scope="module")
def running(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with farm(shared, tmp_path_factory.mktemp("farm"), "--only", ",".join(SITES)) as here:
        yield here


@pytest.fixture(scope="module")
def states(running: Farm, browser: str, tmp_path_factory: pytest.TempPathFactory) -> list[Comparison]:
    folder = tmp_path_factory.mktemp("crawl")
    settings = AT_ONCE | {"SIGNOFF_BROWSER": "auto", "SIGNOFF_CHROMIUM": browser}
    program = Signoff(folder, registry(running.sites, folder / "sources"), environment=settings)
    return list(walk_states(running, program, set(SITES), STATES))


@pytest.fixture(scope="module")
def forbidden(running: Farm, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], int]:
    """The lines of a crawl that may not use a browser, and how many requests the sites got."""
    folder = tmp_path_factory.mktemp("forbidden")
    program = Signoff(folder, registry(running.sites, folder / "sources"), environment={"SIGNOFF_BROWSER": "never"})
    running.post("/log/reset")
    return program.call("crawl", "--json"), len(running.get("/log?limit=10")["requests"])


def test_all_sites_that_need_a_browser_are_here(running: Farm) -> None:
    assert {site["slug"] for site in running.sites if site["needs_browser"]} == set(SITES)


def test_never_means_blocked(forbidden: tuple[list[dict[str, Any]], int]) -> None:
    assert [line["verdict"] for line in forbidden[0]] == ["blocked"] * 3


def test_the_reason_is_told(forbidden: tuple[list[dict[str, Any]], int]) -> None:
    assert all("SIGNOFF_BROWSER" in line["why"] for line in forbidden[0])


def test_nothing_is_asked_without_a_browser(forbidden: tuple[list[dict[str, Any]], int]) -> None:
    assert forbidden[1] == 0


@pytest.mark.parametrize("state", STATES)
def test_every_notice_is_found_and_none_invented(states: list[Comparison], state: int) -> None:
    assert (states[state].missing, states[state].invented) == ([], [])


def test_every_event_is_told_and_none_is_false(states: list[Comparison]) -> None:
    assert (states[1].missed, states[1].false) == ([], [])


@pytest.mark.parametrize("state", STATES)
def test_every_source_is_ok(states: list[Comparison], state: int) -> None:
    assert set(states[state].verdicts) == {"ok"}
