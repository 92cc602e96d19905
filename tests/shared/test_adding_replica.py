"""Ten minutes for a site: three imitated sites of three families, added with `sources add --write` alone, give all their notices."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"
Outcome = tuple[dict[str, dict[str, Any]], Any]
SITES = ("sichuan-neijiang", "zhejiang-shaoxing", "liaoning-dalian")


@pytest.fixture(scope="module")
def outcome(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """What `sources add` said of each site, and the comparison of the first crawl with the truth."""
    sys.path.insert(0, str(BENCH))
    from adding import add
    from replica_farm import Signoff, farm, walk_states

    folder = tmp_path_factory.mktemp("adding")
    (folder / "sources").mkdir()
    program = Signoff(folder, folder / "sources")
    try:
        with farm(shared, folder, seconds=300) as here:
            chosen = [site for site in here.sites if site["slug"] in SITES]
            said = {site["slug"]: add(program, site) for site in chosen}
            (compared,) = walk_states(here, program, set(SITES), states=(0,))
            yield said, compared
    finally:
        sys.path.remove(str(BENCH))


@pytest.mark.parametrize(("slug", "family"), list(zip(SITES, ("trs", "jpage", "jpaas"), strict=True)))
def test_the_family_is_told(outcome: Outcome, slug: str, family: str) -> None:
    assert outcome[0][slug]["source"]["family"] == family


def test_nothing_was_left_open(outcome: Outcome) -> None:
    assert [said["undecided"] for said in outcome[0].values()] == [[], [], []]


def test_every_crawl_ended_ok(outcome: Outcome) -> None:
    assert dict(outcome[1].verdicts) == {"ok": 3}


def test_there_were_notices_to_find(outcome: Outcome) -> None:
    assert outcome[1].notices >= 20


def test_all_notices_were_found(outcome: Outcome) -> None:
    assert outcome[1].missing == []


def test_nothing_was_invented(outcome: Outcome) -> None:
    assert outcome[1].invented == []
