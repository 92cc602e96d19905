"""Dates as Chinese notices write them: our own grammar, no library.

Every function takes text as it came; widths are folded inside. Days are calendar days in China. What cannot be read for
certain is ``None``: nothing is mended, nothing is guessed from today's date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from crawler.text.numerals import number
from crawler.text.widths import half

FIRST_YEAR, LAST_YEAR = 1990, 2099
_CN = "〇零一二三四五六七八九"
YEAR = rf"(?:(?:19|20)\d{{2}}|[二一][{_CN}]{{3}})"
NUM = rf"(?:\d{{1,2}}|[{_CN}十]{{1,3}})"
#: 2025年5月21日, 二〇二五年五月二十一日; then 2025.5.21, 2025-05-21, 2025/5/21; then 20250521, also with some of 年月日 left
_FULL = re.compile(
    # the look ahead rules out most places at once
    rf"(?=[12一二])(?:(?P<y>{YEAR})\s*年\s*(?P<m>{NUM})\s*月\s*(?P<d>{NUM})\s*[日号]?"
    r"|(?<![\d.])(?P<y2>(?:19|20)\d{2})\s?[-./—]\s?(?P<m2>\d{1,2})\s?[-./—]\s?(?P<d2>\d{1,2})(?!\d|\.\d)日?"
    r"|(?<!\d)(?P<y3>(?:19|20)\d{2})年?(?P<m3>0[1-9]|1[0-2])月?(?P<d3>0[1-9]|[12]\d|3[01])日?(?!\d))"
)
#: without one of these, in either width, there is no year
_BEGINS = re.compile("[12１２一二]")
_MONTH = re.compile(rf"(?P<y>{YEAR})\s*(?:年\s*(?P<m>{NUM})\s*月|[-./](?P<m2>0?[1-9]|1[0-2])(?![\d.\-/]))")


@dataclass(slots=True)
class Spotted:
    """A day and the place in the text where it stands (``text[start:end]``)."""

    value: date
    start: int
    end: int


def build(year: int | None, month: int | None, day: int | None) -> date | None:
    """The day if it exists and lies in a plausible year, else ``None``."""
    if year is None or month is None or day is None or not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def find_days(text: str) -> Iterator[Spotted]:
    """Every complete day in ``text``, in order; days that do not exist (2月30日) are left out.

    >>> [spot.value.isoformat() for spot in find_days("２０２５年５月２１日至二〇二五年六月一日，2025.6.3；20250604")]
    ['2025-05-21', '2025-06-01', '2025-06-03', '2025-06-04']
    """
    if not _BEGINS.search(text):
        return
    plain = half(text)
    for match in _FULL.finditer(plain) if "年" in plain or "20" in plain or "19" in plain else ():
        parts = [part for part in match.groups() if part is not None]
        value = build(*(number(part) for part in parts))
        if value is not None:
            yield Spotted(value, match.start(), match.end())


def first_day(text: str) -> Spotted | None:
    """The first complete day in ``text``."""
    return next(find_days(text), None)


def month_end(year: int, month: int) -> date | None:
    """The last day of a month, or ``None`` where there is no such month."""
    first = build(year, month, 1)
    return None if first is None else (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def find_months(text: str) -> Iterator[Spotted]:
    """Every month with its year in ``text`` (2025年5月, 2025-05), as its last day."""
    for match in _MONTH.finditer(half(text)):
        year, month = number(match["y"]), number(match["m"] or match["m2"])
        value = month_end(year, month) if year is not None and month is not None else None
        if value is not None and FIRST_YEAR <= value.year <= LAST_YEAR:
            yield Spotted(value, match.start(), match.end())


def nearest_year(month: int, day: int, near: date) -> date | None:
    """The day of that month and day-of-month closest to ``near``, half a year away at most."""
    found = [value for year in (near.year - 1, near.year, near.year + 1) if (value := build(year, month, day))]
    best = min(found, key=lambda value: abs((value - near).days), default=None)
    return best if best is not None and abs((best - near).days) <= 183 else None


def splits(digits: str) -> list[tuple[int, int]]:
    """The (month, day) pairs that digits without 月 and 日 can mean: 119 is 1-19 or 11-9."""
    cuts = ((digits[:at], digits[at:]) for at in range(1, len(digits)))
    return (
        [
            (int(month), int(day))
            for month, day in cuts
            if len(month) <= 2 and len(day) <= 2 and month[0] != "0" and day[0] != "0" and 1 <= int(month) <= 12 and 1 <= int(day) <= 31
        ]
        if 2 <= len(digits) <= 4 and digits.isdigit()
        else []
    )


def lost_day(text: str, near: date | None) -> date | None:
    """A line of digits that lost 年, 月 and 日 (202639), as a signature shows it.

    With one reading, that; with several, the one that is ``near`` to the day, if exactly one lies within a week; else ``None``.

    >>> lost_day("202639", date(2026, 3, 9)), lost_day("2026111", None)
    (datetime.date(2026, 3, 9), None)
    """
    line = re.sub(r"[\s年月日]", "", half(text))
    if not re.fullmatch(r"20\d{4,6}", line):
        return None
    if len(line) == 8:
        return build(int(line[:4]), int(line[4:6]), int(line[6:]))
    found = [value for month, day in splits(line[4:]) if (value := build(int(line[:4]), month, day))]
    close = [value for value in found if near is not None and abs((value - near).days) <= 7]
    if len(close) == 1:
        return close[0]
    return found[0] if len(found) == 1 else None
