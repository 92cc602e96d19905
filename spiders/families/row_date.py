"""The date beside a row of a list, in the forms sites write it. A date inside the title is not the row's date."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from datetime import date

_SEP = r"\s{0,2}[-/.年]\s{0,2}"
_SEP2 = r"\s{0,2}[-/.月]\s{0,2}"
_TIME = r"(?:\s{0,3}T?\d{1,2}[:：]\d{1,2}(?:[:：]\d{1,2})?)?"
_LABEL = r"(?:(?:发布|公布|发文|成文|生成|更新|添加)?(?:时间|日期|于)\s{0,2}[:：]?\s{0,2})?"
_FULL = re.compile(rf"{_LABEL}(\d{{4}}|\d{{2}}){_SEP}(\d{{1,2}}){_SEP2}(\d{{1,2}})日?{_TIME}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_MONTH_DAY = re.compile(r"(\d{1,2})[-/.月](\d{1,2})日?")
_MONTH_DAY_FULL = re.compile(r"\d{2}[-/.]\d{2}|\d{1,2}月\d{1,2}日")  # "1/5" is a pager
_ANYWHERE = re.compile(rf"(?<!\d)(\d{{4}}){_SEP}(\d{{1,2}}){_SEP2}(\d{{1,2}})(?!\d)")
_EDGE = " \t\r\n　\xa0[]【】()（）〔〕|｜·-—•:："
_URL_DATES = (
    re.compile(r"/t(\d{4})(\d{2})(\d{2})_\d+"),  # TRS
    re.compile(r"/art/(\d{4})/(\d{1,2})/(\d{1,2})/"),  # 大汉
    re.compile(r"/(\d{4})-?(\d{2})[/-](\d{2})/"),  # /202505/21/, /2025-05/21/, /2025-05-21/
    re.compile(r"/(\d{4})(\d{2})(\d{2})/"),
)


def whole_date(text: str) -> date | None:
    """The date a piece of text consists of, with or without brackets, label and time of day; else None.

    A two-digit year means 20xx (seen at 随州).

    >>> whole_date("[2025-05-21]"), whole_date("25-05-21"), whole_date("2025年5月21日 10:30")
    (datetime.date(2025, 5, 21), datetime.date(2025, 5, 21), datetime.date(2025, 5, 21))
    """
    tidy = text.strip(_EDGE)
    if not 6 <= len(tidy) <= 40:
        return None
    match = _FULL.fullmatch(tidy) or _COMPACT.fullmatch(tidy)
    return _day(*match.groups()) if match else None


def _day(year: str, month: str, day: str) -> date | None:
    """None for a day that does not exist or no notice can bear."""
    try:
        value = date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return None
    return value if 1990 <= value.year <= 2100 else None


def row_date(pieces: Sequence[str], url: str | None = None) -> date | None:
    """The date of a row whose text, title left out, stands in ``pieces``; None where there is none.

    Forms: one piece is a date; day and month stand apart (``21`` and ``2025-05``, ``05-21`` and ``2025``); a date in
    running text; month and day only, where the address tells the year. Last the address itself, if it holds a whole day.
    """
    tidy = [piece for piece in (text.strip(_EDGE) for text in pieces) if piece]
    for piece in tidy:
        if found := whole_date(piece):
            return found
    return _split_date(tidy) or _running_date(tidy) or _url_date(url, tidy)


def _split_date(pieces: Sequence[str]) -> date | None:
    """Day in one element, the rest in the next: ``21``/``2025-05``, ``2025-05``/``21``, ``05-21``/``2025``, ``2025``/``05-21``."""
    for one, other in itertools.pairwise(pieces):
        for left, right in ((one, other), (other, one)):
            month, days = _YEAR_MONTH.fullmatch(left), right.removesuffix("日")
            if month and days.isdecimal() and len(days) <= 2:
                return _day(month[1], month[2], days)
            day, years = _MONTH_DAY.fullmatch(left), right.removesuffix("年")
            if day and years.isdecimal() and len(years) == 4:
                return _day(years, day[1], day[2])
    return None


def _running_date(pieces: Sequence[str]) -> date | None:
    for piece in pieces:
        if len(piece) <= 60 and (match := _ANYWHERE.search(piece)):
            return _day(*match.groups())
    return None


def _url_date(url: str | None, pieces: Sequence[str]) -> date | None:
    """The day in the address; where the row shows month and day, only if they agree."""
    found = next((_day(*m.groups()) for pattern in _URL_DATES if (m := pattern.search(url or ""))), None)
    shown = next((m for piece in pieces if (m := _MONTH_DAY.fullmatch(piece))), None)
    if found and shown and (found.month, found.day) != (int(shown[1]), int(shown[2])):
        return None
    return found


def looks_dated(text: str, running: bool = False) -> bool:
    """Whether a piece of text is a date or one half of a split one; with ``running`` also text with a date in it."""
    tidy = text.strip(_EDGE)
    if not 4 <= len(tidy) <= 60:
        return False
    if whole_date(tidy) or _YEAR_MONTH.fullmatch(tidy) or _MONTH_DAY_FULL.fullmatch(tidy):
        return True
    return running and bool(_ANYWHERE.search(tidy))
