"""One request at a time per host and a pause between two: over processes, after kills, as the host asks."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from sqlalchemy import Engine, update

from crawler.db import hosts
from crawler.db.database import Database
from crawler.db.hosts import Held, Lease
from crawler.db.models import Host
from crawler.fetch.courtesy import lease_holder
from crawler.fetch.courtesy.host_turns import LONGEST_BACK_OFF, PATIENCE, STOP_AT, Gates, Outcome, plan
from crawler.fetch.courtesy.middleware import key_of, outcome_of, retry_after
from crawler.fetch.refusals import CrawlEndedError
from tests.fetching import Site, crawl, finish, in_turn, plain, start

NOW = datetime(2025, 6, 4, 1, 2, 3, tzinfo=UTC)

# ------------------------------------------------------------------------------------------------------------ what follows a request


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, Outcome.ANSWERED), (304, Outcome.ANSWERED), (404, Outcome.ANSWERED), (403, Outcome.REFUSED), (412, Outcome.REFUSED),
     (429, Outcome.REFUSED), (521, Outcome.REFUSED), (500, Outcome.BROKE), (503, Outcome.BROKE)],
)  # fmt: skip
def test_outcome(status: int, outcome: Outcome) -> None:
    assert outcome_of(status) is outcome


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        (" 120 ", 120.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
        ("-5", None),
        ("soon", None),
        ("9" * 400, None),
        ("", None),
        ("Wed, 99 Jun 2025 01:02:03 GMT", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after(value, format_datetime(NOW, usegmt=True)) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_crashes_it(value: str) -> None:
    assert (retry_after(value, value) or 0.0) >= 0.0


def test_an_answer_forgives_all() -> None:
    assert plan(Outcome.ANSWERED, 9, 3.0, None) == plan(Outcome.ANSWERED, 0, 3.0, None)


def test_refusals_double_the_pause() -> None:
    assert [plan(Outcome.REFUSED, weight, 3.0, None).pause for weight in (0, 2, 4, 6)] == [3.0, 6.0, 12.0, 24.0]


def test_five_refusals_stop_the_host() -> None:
    assert [plan(Outcome.REFUSED, weight, 3.0, None).stop > 0 for weight in (0, 2, 4, 6, 8)] == [False] * 4 + [True]


def test_ten_breakdowns_stop_the_host() -> None:
    assert [plan(Outcome.BROKE, weight, 3.0, None).stop > 0 for weight in (0, 8, 9)] == [False, False, True]


def test_retry_after_is_waited_for() -> None:
    assert plan(Outcome.BROKE, 0, 3.0, 60.0).pause == 60.0


def test_a_long_retry_after_stops_the_host() -> None:
    assert plan(Outcome.BROKE, 0, 3.0, PATIENCE + 1).stop == PATIENCE + 1


@given(st.sampled_from(Outcome), st.integers(0, 5000), st.floats(0, 3600), st.none() | st.floats(0, 1e12))
def test_no_pause_is_shorter_than_the_delay_or_without_end(outcome: Outcome, failures: int, delay: float, wait: float | None) -> None:
    after = plan(outcome, failures, delay, wait)
    assert delay <= after.pause <= max(delay, LONGEST_BACK_OFF, PATIENCE)


def test_the_key_is_the_host() -> None:
    assert key_of(Request("https://www.a.gov.cn:443/x")) == "www.a.gov.cn"


def test_the_key_has_an_unusual_port() -> None:
    assert key_of(Request("http://www.a.gov.cn:8080/x")) == "www.a.gov.cn:8080"


def test_hosts_of_a_cluster_share_a_key() -> None:
    meta = {"cluster": "province", "allowed_hosts": {"a.gov.cn", "b.gov.cn"}}
    assert key_of(Request("http://a.gov.cn/", meta=meta)) == key_of(Request("http://b.gov.cn/", meta=meta))


def test_a_foreign_host_is_not_of_the_cluster() -> None:
    assert key_of(Request("http://c.example/", meta={"cluster": "province", "allowed_hosts": {"a.gov.cn"}})) == "c.example"


# -------------------------------------------------------------------------------------------------------------- rows, both databases


@pytest.fixture
def database(engine: Engine) -> Iterator[Database]:
    made = Database(engine)
    yield made
    made.close()


def reserve(database: Database, me: str, seconds: float = 100.0, dead: str | None = None) -> Lease | Held:
    return database.write_now(lambda connection: hosts.reserve(connection, "a.gov.cn", me, seconds, dead))


def settle(database: Database, me: str, **after: Any) -> None:
    database.write_now(lambda connection: hosts.settle(connection, "a.gov.cn", me, **{"pause": 0.0, **after}))


def test_a_free_host_is_ours_at_once(database: Database) -> None:
    assert reserve(database, "me") == Lease(0.0, 0.0, 0.0, 0)


def test_a_held_host_is_not_given_to_another(database: Database) -> None:
    reserve(database, "me")
    found = reserve(database, "other")
    assert isinstance(found, Held)
    assert found.holder == "me"


def test_a_held_host_is_given_to_its_holder(database: Database) -> None:
    reserve(database, "me")
    assert isinstance(reserve(database, "me"), Lease)


def test_a_lease_runs_out(database: Database) -> None:
    reserve(database, "me", seconds=-0.001)
    assert isinstance(reserve(database, "other"), Lease)


def test_a_dead_holder_is_replaced(database: Database) -> None:
    reserve(database, "me")
    assert isinstance(reserve(database, "other", dead="me"), Lease)


def test_only_the_holder_known_to_be_dead_is_replaced(database: Database) -> None:
    reserve(database, "me")
    assert isinstance(reserve(database, "other", dead="third"), Held)


def test_the_pause_outlives_the_lease(database: Database) -> None:
    reserve(database, "me")
    settle(database, "me", pause=500.0)
    found = reserve(database, "other")
    assert isinstance(found, Lease)
    assert 400.0 < found.wait <= 500.0


def test_a_stop_is_told(database: Database) -> None:
    reserve(database, "me")
    settle(database, "me", stop=500.0, failures=STOP_AT)
    found = reserve(database, "other")
    assert isinstance(found, Lease)
    assert (found.stopped > 400.0, found.failures) == (True, STOP_AT)


def test_a_late_holder_changes_nothing(database: Database) -> None:
    reserve(database, "me", seconds=-0.001)
    reserve(database, "other")
    settle(database, "me")
    assert isinstance(reserve(database, "third"), Held)


def test_a_lease_can_be_kept(database: Database) -> None:
    reserve(database, "me")
    settle(database, "me", keep=True, failures=1)
    assert isinstance(reserve(database, "other"), Held)


def test_a_clock_set_back_does_not_lock_a_host_up(database: Database) -> None:
    reserve(database, "me")
    far = time.time() + 90 * 86400
    database.write_now(lambda connection: connection.execute(update(Host).values(lease_until=far, next_at=far, stopped_until=far)))
    assert reserve(database, "other") == Lease(0.0, 0.0, 0.0, 0)


def test_a_crawl_delay_is_told_to_others(database: Database) -> None:
    database.write_now(lambda connection: hosts.set_pace(connection, "a.gov.cn", 7.0))
    found = reserve(database, "me")
    assert isinstance(found, Lease)
    assert found.delay == 7.0


def test_a_request_of_a_stopped_crawl_does_not_wait(database: Database) -> None:
    gates = Gates(database, delay=3.0, timeout=5.0, fail=pytest.fail)
    with pytest.raises(CrawlEndedError):
        asyncio.run(gates["a.gov.cn"].enter(3.0, ended=lambda: True))


def test_a_request_that_gave_up_leaves_the_gate_open(database: Database) -> None:
    async def two() -> bool:
        gate = Gates(database, delay=0.0, timeout=5.0, fail=pytest.fail)["a.gov.cn"]
        with contextlib.suppress(CrawlEndedError):
            await gate.enter(0.0, ended=lambda: True)
        return gate.leave(await gate.enter(0.0), Outcome.ANSWERED)

    assert asyncio.run(two()) is False


# --------------------------------------------------------------------------------------------------------------------- dead or alive


def test_we_are_alive() -> None:
    assert not lease_holder.has_ended(lease_holder.name())


@pytest.mark.skipif(sys.platform != "linux", reason="the end of a process is seen on Linux only")
def test_an_ended_process_is_known_as_such() -> None:
    code = "from crawler.fetch.courtesy import lease_holder; print(lease_holder.name())"
    root = Path(__file__).parents[1]
    name = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root).stdout.strip()
    assert lease_holder.has_ended(name)


@pytest.mark.parametrize("name", ["", "elsewhere:1:2", "any-1:2", ":::"])
def test_of_strangers_nothing_is_assumed(name: str) -> None:
    assert not lease_holder.has_ended(name)


# ------------------------------------------------------------------------------------------------------------- with a real crawl


def asks(site: Site, who: str, count: int, **meta: Any) -> list[dict[str, Any]]:
    site.answers |= {f"/{who}{n}": plain(b"page") for n in range(count)}
    return [{"url": site.url(f"/{who}{n}"), "meta": meta} for n in range(count)]


def gaps(site: Site) -> list[float]:
    """Seconds from each answer to the next request; negative where two ran at once."""
    log = sorted(site.log, key=lambda asked: asked.begin)
    return [after.begin - before.end for before, after in pairwise(log)]


@pytest.mark.parametrize(("delay", "count", "linger"), [(0.0, 40, 0.005), (0.55, 2, 0.05)], ids=["lease kept", "lease given back"])
def test_three_processes_never_ask_at_once(tmp_path: Path, delay: float, count: int, linger: float) -> None:
    with Site(linger=linger) as site:
        crawl(tmp_path, [], delay=delay)  # makes the database
        processes = [start(tmp_path, asks(site, who, count), delay=delay) for who in "abc"]
        for process in processes:
            finish(process)
    assert (len(site.paths()), min(gaps(site)) >= delay) == (3 * count, True)


def test_after_a_kill_the_pause_is_kept(tmp_path: Path) -> None:
    """One of two processes that take turns is killed in the middle of a request; the other one goes on, no sooner than it may."""
    with Site(linger=0.3) as site:
        crawl(tmp_path, [], delay=0.6)  # makes the database
        killed, other = (start(tmp_path, asks(site, who, count), delay=0.6) for who, count in (("a", 40), ("b", 6)))
        while not ("/b0" in site.paths() and site.paths()[-1].startswith("/a")):
            time.sleep(0.005)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        at = len(site.paths())
        finish(other)
        begun = sorted(asked.begin for asked in site.log)
    assert len(site.paths()) > at
    assert min(after - before for before, after in pairwise(begun)) >= 0.6


def test_after_a_kill_a_kept_lease_is_taken_over(tmp_path: Path) -> None:
    with Site(linger=0.05) as site:
        process = start(tmp_path, asks(site, "a", 40))
        while len(site.log) < 5:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = finish(start(tmp_path, asks(site, "b", 3)))
    assert [one["status"] for one in found.values()] == [200, 200, 200]


def test_the_pause_is_that_of_the_source_where_it_is_longer(tmp_path: Path) -> None:
    with Site() as site:
        crawl(tmp_path, asks(site, "a", 3, delay=0.7))
    assert min(gaps(site)) >= 0.7


def test_crawl_delay_is_obeyed(tmp_path: Path) -> None:
    with Site({"/robots.txt": plain(b"User-agent: *\nCrawl-delay: 0.8\n")}) as site:
        crawl(tmp_path, asks(site, "a", 3))
    assert min(gaps(site)[1:]) >= 0.8


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_retry_after_is_obeyed(tmp_path: Path, status: str) -> None:
    with Site({"/x": in_turn(plain(b"", status, Retry_After="1"), plain(b"page"))}) as site:
        found = crawl(tmp_path, [{"url": site.url("/x")}])
    assert found[site.url("/x")]["status"] == 200
    assert gaps(site)[-1] >= 1.0


def test_a_host_that_asks_for_a_long_rest_is_left_alone(tmp_path: Path) -> None:
    with Site({"/x": plain(b"", "503 Service Unavailable", Retry_After="86400")}) as site:
        found = crawl(tmp_path, [{"url": site.url("/x"), "as": "x"}])
        again = crawl(tmp_path, [{"url": site.url("/y"), "as": "y"}])
    assert ("HostDownError" in found["x"]["errors"], "HostStoppedError" in again["y"]["errors"]) == (True, True)
    assert site.paths() == ["/x"]


def test_five_refusals_end_the_asking(tmp_path: Path) -> None:
    with Site() as site:
        wanted = asks(site, "a", 12)
        site.answers = {path: plain(b"no", "403 Forbidden") for path in site.answers}
        found = crawl(tmp_path, wanted)
    assert len(site.paths()) == 5
    assert sum("HostStoppedError" in one.get("errors", ()) for one in found.values()) == 7


def test_other_hosts_go_on(tmp_path: Path) -> None:
    with Site() as closed, Site() as open_:
        wanted = asks(closed, "a", 8) + asks(open_, "b", 8)
        closed.answers = {path: plain(b"no", "403 Forbidden") for path in closed.answers}
        crawl(tmp_path, wanted)
    assert len(open_.paths()) == 8


def test_a_host_that_recovered_is_asked_again_by_the_next_crawl(tmp_path: Path) -> None:
    with Site() as site:
        wanted = asks(site, "a", 8)
        answers, site.answers = site.answers, {path: plain(b"no", "403 Forbidden") for path in site.answers}
        crawl(tmp_path, wanted)
        site.answers = answers
        found = crawl(tmp_path, wanted)
    assert {one["status"] for one in found.values()} == {200}


def test_requests_say_who_asks(tmp_path: Path) -> None:
    with Site() as site:
        crawl(tmp_path, asks(site, "a", 1), contact="mailto:watch@example.org")
    assert all(b"\r\nUser-Agent: SignoffWatch/0.1 (+mailto:watch@example.org)\r\n" in asked.head for asked in site.log)
