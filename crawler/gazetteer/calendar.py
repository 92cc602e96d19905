"""Working days in China: Monday to Friday less statutory holidays, plus make-up working days (调休上班).

The deviations come from the calendar that the General Office of the State Council publishes each November; they travel
with the package as ``data/workday_exceptions.csv`` and end with the last year published. What lies beyond is provisional.
"""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate

_DAY = timedelta(days=1)


class Unit(StrEnum):
    """What a stated length counts: 工作日, or days of the calendar."""

    WORKING = "working"
    NATURAL = "natural"


@lru_cache(maxsize=1)
def _exceptions() -> dict[date, bool]:
    """Day → whether it is worked, for the days that deviate from Monday–Friday."""
    table = files("crawler.gazetteer").joinpath("data", "workday_exceptions.csv").read_text("utf-8")
    return {date.fromisoformat(row["date"]): row["kind"] == "work" for row in csv.DictReader(table.splitlines())}


@lru_cache(maxsize=1)
def _deviations() -> tuple[list[date], list[int]]:
    """The days that deviate, in order, and how many working days more (or fewer) than weekdays there are before each of them and in all."""
    known = sorted(_exceptions())
    return known, [0, *accumulate(_exceptions()[day] - (day.weekday() < 5) for day in known)]


@lru_cache(maxsize=1)
def _years() -> tuple[int, int]:
    years = [day.year for day in _exceptions()]
    return min(years), max(years)


def provisional(year: int) -> bool:
    """Whether the official calendar of ``year`` is not known here, so that its counts hold only until it is published."""
    first, last = _years()
    return not first <= year <= last


def is_working_day(day: date) -> bool:
    """Whether offices work on ``day``. In years without a published calendar weekdays alone decide."""
    worked = _exceptions().get(day)
    return day.weekday() < 5 if worked is None else worked


def natural_days(start: date, end: date) -> int:
    """Calendar days of a window, both ends counted. Raises ``ValueError`` if it ends before it starts."""
    if end < start:
        raise ValueError(f"a window cannot end ({end}) before it starts ({start})")
    return (end - start).days + 1


def working_days(start: date, end: date) -> int:
    """Working days of a window, both ends counted. Raises ``ValueError`` if it ends before it starts.

    >>> working_days(date(2024, 12, 26), date(2025, 1, 9))
    10
    """
    weeks, rest = divmod(natural_days(start, end), 7)
    first = start.weekday()
    weekdays = 5 * weeks + sum((first + more) % 7 < 5 for more in range(rest))
    known, gained = _deviations()
    return weekdays + gained[bisect_right(known, end)] - gained[bisect_left(known, start)]


def end_after(start: date, count: int, unit: Unit | str) -> date:
    """The last day of a window of ``count`` days of ``unit``, where ``start`` is day 1 (or the working day after it).

    Raises ``ValueError`` for a count below 1, and ``OverflowError`` where the calendar ends.
    """
    if count < 1:
        raise ValueError(f"a window has at least one day, not {count}")
    if Unit(unit) is Unit.NATURAL:
        return start + (count - 1) * _DAY
    day = start
    while True:
        count -= is_working_day(day)
        if not count:
            return day
        day += _DAY
