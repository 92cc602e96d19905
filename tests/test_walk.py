"""The walk along a list: to a proved end, and never in a circle."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from crawler.items import Ask, Entry, ListPage
from crawler.policy.plan import KNOWN_GROUND
from spiders.walk import MOST_PAGES, Walk

NONE: frozenset[str] = frozenset()


def page(*numbers: int, following: int | None = None, end: str | None = None, day: date | None = None) -> ListPage:
    entries = tuple(Entry(f"http://a.example/{n}", f"公示{n}", day) for n in numbers)
    return ListPage(entries, Ask(f"http://a.example/list_{following}") if following else None, end)


def test_the_end_needs_a_proof() -> None:
    walk = Walk("http://a.example/list")
    walk.take(page(1, 2), NONE, None)
    assert walk.facts().end is None


def test_a_proved_end_is_kept() -> None:
    walk = Walk("http://a.example/list")
    walk.take(page(1, 2, end="page 1 of 1"), NONE, None)
    assert walk.facts().end == "page 1 of 1"


def test_a_list_that_shows_the_same_rows_for_ever_is_left() -> None:
    walk = Walk("http://a.example/list")
    asked = [walk.take(page(1, 2, following=n), NONE, None) for n in range(2, 9)]
    assert asked.index(None) <= 3
    assert walk.facts().end is None


def test_a_next_page_asked_for_before_ends_the_walk_without_proof() -> None:
    walk = Walk("http://a.example/list")
    walk.take(page(1, following=2), NONE, None)
    assert walk.take(page(2, following=2), NONE, None) is None
    assert walk.facts().why == "the list goes round in a circle"


def test_a_due_look_stops_where_the_last_row_was_a_head_before() -> None:
    walk = Walk("http://a.example/list")
    assert walk.take(page(9, 1, following=2), frozenset({"http://a.example/1"}), None) is None
    assert walk.facts().end == KNOWN_GROUND


def test_a_pinned_first_row_is_no_known_ground() -> None:
    walk = Walk("http://a.example/list")
    assert walk.take(page(1, 9, following=2), frozenset({"http://a.example/1"}), None) is not None


def test_a_backfill_stops_below_its_date() -> None:
    walk = Walk("http://a.example/list")
    assert walk.take(page(1, 2, following=2, day=date(2022, 1, 1)), NONE, date(2023, 1, 1)) is None
    assert walk.facts().end == "older than 2023-01-01"


def test_rows_without_dates_do_not_stop_a_backfill() -> None:
    walk = Walk("http://a.example/list")
    assert walk.take(page(1, 2, following=2), NONE, date(2023, 1, 1)) is not None


def test_an_end_that_leaves_most_of_the_promised_rows_unseen_is_no_end() -> None:
    walk = Walk("http://a.example/list")
    walk.take(ListPage(page(1, 2).entries, None, "record 90 of 90", total=90), NONE, None)
    assert walk.facts().end is None


def test_rows_that_stand_twice_in_a_list_do_not_spoil_its_end() -> None:
    walk = Walk("http://a.example/list")
    walk.take(ListPage(page(*range(98)).entries, None, "record 100 of 100", total=100), NONE, None)
    assert walk.facts().end == "record 100 of 100"


def test_a_list_without_end_is_left_without_proof() -> None:
    walk = Walk("http://a.example/list")
    asked = [walk.take(page(n, following=n + 1), NONE, None) for n in range(MOST_PAGES)]
    assert asked.index(None) == MOST_PAGES - 1
    assert walk.facts().end is None


def test_rows_that_left_the_list_while_it_was_read_leave_a_gap() -> None:
    walk = Walk("http://a.example/list")
    walk.take(replace(page(1, 2, 3, following=2), total=6), NONE, None)
    walk.take(replace(page(5, 6, end="page 2 of 2"), total=5), NONE, None)
    assert walk.facts().end is None
    assert walk.facts().why == "rows left the list while it was read: 6 promised, then 5, 5 seen"


def test_a_count_of_the_rows_on_the_page_is_no_list_that_shrinks() -> None:
    walk = Walk("http://a.example/list")
    walk.take(replace(page(1, 2, 3, following=2), total=3), NONE, None)
    walk.take(replace(page(4, end="page 2 of 2"), total=1), NONE, None)
    assert walk.facts().end == "page 2 of 2"
