"""Working days: the acceptance values of the domain guide (6.2), the official calendar, the edges."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.gazetteer import calendar

_DAYS = st.dates(date(2016, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("start", "end", "natural", "working"),
    [
        pytest.param(date(2024, 12, 26), date(2025, 1, 9), 15, 10, id="new year's day off"),
        pytest.param(date(2025, 4, 30), date(2025, 5, 16), 17, 10, id="labour day"),
        pytest.param(date(2025, 5, 21), date(2025, 5, 31), 11, 8, id="ends on dragon boat festival"),
        pytest.param(date(2024, 7, 24), date(2024, 8, 6), 14, 10, id="plain fortnight"),
        pytest.param(date(2025, 1, 21), date(2025, 2, 8), 19, 10, id="make-up days around spring festival"),
        pytest.param(date(2026, 1, 27), date(2026, 2, 9), 14, 10, id="2026"),
        pytest.param(date(2023, 7, 27), date(2023, 8, 9), 14, 10, id="2023"),
        pytest.param(date(2024, 9, 29), date(2024, 10, 9), 11, 4, id="stated ten, really four"),
        pytest.param(date(2025, 1, 3), date(2025, 1, 9), 7, 5, id="five days"),
    ],
)
def test_windows_of_the_domain_guide(start: date, end: date, natural: int, working: int) -> None:
    assert (calendar.natural_days(start, end), calendar.working_days(start, end)) == (natural, working)


@pytest.mark.parametrize("year", range(2016, 2027))
def test_agrees_with_chinesecalendar(year: int) -> None:
    first = date(year, 1, 1)
    every = [first + timedelta(days=offset) for offset in range((date(year + 1, 1, 1) - first).days)]
    assert [day for day in every if calendar.is_working_day(day) != chinese_calendar.is_workday(day)] == []


@pytest.mark.parametrize(("year", "unknown"), [(2015, True), (2016, False), (2026, False), (2027, True)])
def test_years_without_official_calendar_are_provisional(year: int, unknown: bool) -> None:
    assert calendar.provisional(year) is unknown


def test_a_window_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        calendar.working_days(date(2025, 5, 2), date(2025, 5, 1))


def test_a_window_has_at_least_one_day() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        calendar.end_after(date(2025, 5, 2), 0, "natural")


@given(_DAYS, st.integers(1, 40))
def test_the_end_of_n_working_days_gives_n_back(start: date, count: int) -> None:
    assert calendar.working_days(start, calendar.end_after(start, count, "working")) == count


@given(_DAYS, st.integers(1, 400))
def test_the_end_of_n_natural_days_gives_n_back(start: date, count: int) -> None:
    assert calendar.natural_days(start, calendar.end_after(start, count, "natural")) == count


@given(_DAYS, st.integers(0, 60))
def test_working_days_never_exceed_natural_days(start: date, more: int) -> None:
    end = start + timedelta(days=more)
    assert 0 <= calendar.working_days(start, end) <= calendar.natural_days(start, end)


@given(_DAYS, st.integers(0, 400))
def test_working_days_are_those_one_meets_on_the_way(start: date, more: int) -> None:
    every = [start + timedelta(days=offset) for offset in range(more + 1)]
    assert calendar.working_days(start, every[-1]) == sum(map(calendar.is_working_day, every))
