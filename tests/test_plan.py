"""What is due, and when validators are believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.notice.model import State
from crawler.policy.plan import AGREEMENTS, AUDIT, KnownAddress, Mode, Plan, Run, conditional, judge_validators, next_look, walks_to_end

NOW = datetime(2025, 6, 4, 1, tzinfo=UTC)
TRUSTED = KnownAddress("http://a.example/1", "detail", "notice", etag='"a"', last_modified="x", agreements=AGREEMENTS)


@given(st.integers(-60, 3000), st.integers(1, 400))
def test_looks_become_ever_rarer_after_the_window(days: int, more: int) -> None:
    end = NOW.date() - timedelta(days=days)
    assert next_look(NOW, State.LIVE, end, None) <= next_look(NOW, State.LIVE, end - timedelta(days=more), None)


@pytest.mark.parametrize("days", [-10, 0])
def test_a_page_with_an_open_window_is_due_daily(days: int) -> None:
    assert next_look(NOW, State.LIVE, NOW.date() - timedelta(days=days), None) <= NOW + timedelta(days=1)


def test_a_missing_page_is_due_daily() -> None:
    assert next_look(NOW, State.MISSING, date(2020, 1, 1), None) <= NOW + timedelta(days=1)


def test_validators_are_not_believed_before_three_agreements() -> None:
    assert conditional(KnownAddress("u", "list", "list", etag='"a"', agreements=AGREEMENTS - 1), NOW) == {}


def test_validators_that_lied_are_not_believed_for_thirty_days() -> None:
    agreements, until = judge_validators(TRUSTED, '"a"', "x", "other bytes", NOW)
    assert (agreements, until) == (0, NOW + timedelta(days=30))


def test_validators_that_changed_with_the_page_start_over() -> None:
    assert judge_validators(TRUSTED, '"b"', "y", "other bytes", NOW) == (0, None)


def test_a_third_look_in_a_row_is_never_left_unread_while_a_window_is_open() -> None:
    watched = KnownAddress("http://a.example/1", "detail", "notice", etag='"a"', agreements=9, window_open=True, unread_looks=2)
    assert all(conditional(watched, NOW + timedelta(days=n)) == {} for n in range(50))


def test_a_third_look_in_a_row_at_a_list_is_never_left_unread() -> None:
    """Where validators stay while the list grows, a new notice is seen two days late at most, well inside its window."""
    known = KnownAddress("http://a.example/", "list", "list", etag='"a"', agreements=9, unread_looks=2)
    assert all(conditional(known, NOW + timedelta(days=n)) == {} for n in range(50))


def test_twenty_looks_in_a_row_are_never_left_unread() -> None:
    """Chance alone left a page unread for a whole year."""
    known = replace(TRUSTED, unread_looks=AUDIT - 1)
    assert all(conditional(known, NOW + timedelta(days=n)) == {} for n in range(50))


def test_about_one_look_in_twenty_reads_the_whole_page() -> None:
    asked = [conditional(TRUSTED, NOW + timedelta(days=n)) for n in range(2000)]
    assert 60 <= sum(not headers for headers in asked) <= 150


def test_a_full_crawl_looks_at_every_notice_and_a_due_one_at_what_is_due() -> None:
    later = KnownAddress("http://a.example/1", "detail", "notice", "n1", State.LIVE, due_at=NOW + timedelta(days=3))
    counts = [len(list(Plan(Run(mode), 1, NOW, {"k": later}).rechecks())) for mode in (Mode.CRAWL, Mode.DUE, Mode.BACKFILL)]
    assert counts == [1, 0, 0]


def test_a_page_that_was_no_notice_is_not_fetched_again_before_it_is_due() -> None:
    ignored = KnownAddress("http://a.example/1", "detail", "news", title="会议", due_at=NOW + timedelta(days=3))
    assert not Plan(Run(), 1, NOW).wants(ignored, "会议")


def test_a_changed_title_makes_a_page_worth_reading_again() -> None:
    ignored = KnownAddress("http://a.example/1", "detail", "news", title="会议", due_at=NOW + timedelta(days=3))
    assert Plan(Run(), 1, NOW).wants(ignored, "整改销号公示")


def test_a_due_crawl_walks_to_the_end_once_a_month() -> None:
    assert [walks_to_end(Mode.DUE, NOW - timedelta(days=d), NOW) for d in (29, 30)] == [False, True]
