"""How the sources do, and what is going on: findings and status, with and without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert

from crawler.db import crawls, overview
from crawler.db.models import Crawl
from crawler.db.models import Source as SourceRow
from crawler.db.overview import Seen
from crawler.policy.plan import Mode
from crawler.registry.model import Expect, Source
from crawler.survey import health

NOW = datetime(2025, 6, 4, 1, 0, tzinfo=UTC)
SOURCE = Source("gansu_lanzhou", "兰州市生态环境局", "620100", "static", ("https://x.example/",), Expect(120, date(2022, 5, 1)))
WELL = Seen(
    "gansu_lanzhou",
    "ok",
    "all read",
    NOW,
    NOW,
    NOW + timedelta(hours=23),
    days=tuple(date(2025, 5, 1) - timedelta(days=50 * n) for n in range(5)),
)


def findings(seen: Seen | None, source: Source = SOURCE) -> str:
    return "; ".join(health.of_source(source, seen, NOW).findings)


def test_a_source_that_does_well_has_no_finding() -> None:
    assert findings(WELL) == ""


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        pytest.param(None, "never crawled", id="never"),
        pytest.param(replace(WELL, last_verdict="blocked", why="status 403"), "blocked, since 2025-06-04: status 403", id="blocked"),
        pytest.param(replace(WELL, last_verdict="broken", last_ok=None), "never ok", id="never ok"),
        pytest.param(replace(WELL, last_walk=None), "no complete walk so far", id="no walk"),
        pytest.param(replace(WELL, last_walk=NOW - timedelta(days=41)), "no complete walk since 2025-04-24", id="old walk"),
        pytest.param(replace(WELL, due_at=NOW - timedelta(days=2)), "late: due since 2025-06-02", id="late"),
        pytest.param(replace(WELL, held=12), "12 notices went missing at once", id="moved"),
        pytest.param(replace(WELL, broken=2, broken_page="http://x/1"), "cannot be read for long: 2, as http://x/1", id="broken pages"),
        pytest.param(replace(WELL, days=(date(2025, 1, 1),)), "silent for 154 days, last notice 2025-01-01", id="silent"),
        pytest.param(replace(WELL, days=()), "no notice since 2022-05-01", id="silent from the beginning"),
        pytest.param(
            replace(WELL, days=tuple(date(2025, 3, 1) - timedelta(days=n) for n in range(9))),
            "silent for 95 days where 1 are usual",
            id="against its rhythm",
        ),
    ],
)
def test_finding(seen: Seen | None, words: str) -> None:
    assert words in findings(seen)


def test_an_old_verification_is_a_finding() -> None:
    assert "compare it with the browser" in findings(WELL, replace(SOURCE, verified=date(2024, 1, 1)))


def test_what_is_paused_has_no_findings() -> None:
    assert findings(None, replace(SOURCE, paused="no list", paused_on=date(2025, 1, 1))) == ""


def test_silence_before_notices_are_expected_is_none() -> None:
    assert findings(replace(WELL, days=()), replace(SOURCE, expect=Expect(120, date(2025, 7, 1)))) == ""


def test_notices_a_year_are_counted_from_the_first() -> None:
    days = tuple(date(2023, 6, 5) + timedelta(days=73 * n) for n in range(10))
    source = replace(SOURCE, expect=Expect(120, date(2023, 6, 5)))
    assert health.of_source(source, replace(WELL, days=days), NOW).per_year == 5.0


def test_status_names_what_runs_waits_is_late_and_blind() -> None:
    sources = [replace(SOURCE, id=f"gansu_{name}") for name in ("runs", "waits", "late", "blind", "new")]
    seen = {
        "gansu_runs": replace(WELL, claimed_by="m:1", claimed_until=NOW + timedelta(minutes=5), due_at=NOW - timedelta(days=9)),
        "gansu_waits": replace(WELL, due_at=NOW - timedelta(hours=1)),
        "gansu_late": replace(WELL, due_at=NOW - timedelta(days=3)),
        "gansu_blind": replace(WELL, last_verdict="blocked", why="status 403"),
    }
    found = health.status(sources, seen, NOW)
    assert found.runs == (("gansu_runs", "m:1"),)
    assert found.waits == ("gansu_waits", "gansu_late", "gansu_new")
    assert found.late == ("gansu_late",)
    assert found.blind == (("gansu_blind", "blocked: status 403"),)
    assert found.next_due == WELL.due_at


def test_the_database_knows_a_crawl_that_runs(engine: Engine) -> None:
    with engine.begin() as connection:
        crawls.begin(connection, SOURCE.id, SOURCE.name, SOURCE.region, Mode.CRAWL, NOW)
        (seen,) = overview.sources(connection).values()
    assert seen.runs(NOW)


def test_the_reason_is_that_of_the_last_finished_crawl(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(SourceRow).values(id="a", name="x", region="620100", first_seen=NOW, last_verdict="blocked"))
        common = {"source_id": "a", "mode": "crawl", "started": NOW, "complete": False, "proof": {}, "stats": {}}
        for why, finished in (("first", NOW), ("second", NOW), ("unfinished", None)):
            connection.execute(insert(Crawl).values(**common, why=why, finished=finished))
        assert overview.sources(connection)["a"].why == "second"
