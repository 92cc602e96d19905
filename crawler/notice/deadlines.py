"""Deadlines of tasks (整改时限): as printed, their kind, the last day where there is one (domain guide, 6.1)."""

from __future__ import annotations

import re
from datetime import date

from crawler.notice.model import Deadline
from crawler.text.dates import NUM, YEAR, build, find_days, find_months, month_end
from crawler.text.numerals import number
from crawler.text.widths import half

_IMMEDIATE = re.compile(r"立行立改|立即整改|立即(?:完成|执行|落实)|即知即改|立整立改|边督边改|即行即改")
_LONG_TERM = re.compile(r"长期(?!以来)|持续(?:推进|整改|坚持|巩固|实施|开展|改善)?|常态|常抓不懈")
_SCHEDULE = re.compile(r"序时|时序|按(?:照)?[^,;。]{0,20}(?:进度|规划|计划|要求|安排)[^,;。]{0,6}(?:推进|执行|完成|实施|落实)")
_OPEN_END = re.compile(r"前|底|末|内|之日起|以前|期间")
_QUARTERS = {"一": 3, "二": 6, "三": 9, "四": 12, "1": 3, "2": 6, "3": 9, "4": 12}
_THIRDS = {"上": 10, "中": 20}
_PERIOD = re.compile(
    rf"(?P<y>{YEAR})\s*年?\s*(?:(?P<half>[上下])半年|第?(?P<q>[一二三四1-4])季度|(?P<m>{NUM})\s*月(?!\s*(?:\d|"
    rf"[一二三]?十?[一二三四五六七八九]日))\s*"
    rf"(?:(?P<third>[上中下])旬)?|年?(?:底|末|内|终|前)|(?=年?$))"
)


#: the end of a five-year plan: “十四五”末
_FIVE_YEARS = {"三": 2020, "四": 2025, "五": 2030}
_PLAN_END = re.compile(r"十([三四五])五[”\"’']?(?:规划)?期?[末底]")


def _period_end(match: re.Match[str]) -> date | None:
    year = number(match["y"])
    if year is None:
        return None
    if match["half"]:
        return month_end(year, 6 if match["half"] == "上" else 12)
    if match["q"]:
        return month_end(year, _QUARTERS[match["q"]])
    if match["m"]:
        month = number(match["m"])
        return None if month is None else build(year, month, _THIRDS.get(match["third"] or "", 0)) or month_end(year, month)
    return month_end(year, 12)


def last_day(text: str) -> date | None:
    """The last day that a deadline's words name, a period counting to its end; ``None`` where no day follows from them.

    >>> last_day("2020年8月底前"), last_day("2024年第三季度"), last_day("汛期前")
    (datetime.date(2020, 8, 31), datetime.date(2024, 9, 30), None)
    """
    plain = re.sub(r"\s+", "", half(text))
    days = [spot.value for spot in find_days(plain)]
    days += [value for match in _PERIOD.finditer(plain) if (value := _period_end(match))]
    days += [spot.value for spot in find_months(plain) if not days]
    days += [date(_FIVE_YEARS[match[1]], 12, 31) for match in _PLAN_END.finditer(plain)]
    return max(days, default=None)


def first_period(text: str) -> tuple[int, int] | None:
    """Where the first words of a deadline stand in running text (2025年底前，…), or ``None``."""
    plain = half(text)
    match = _PERIOD.search(plain)
    day = next(find_days(plain), None)
    if day is not None and (match is None or day.start <= match.start()):
        rest = re.match(r"\s?(?:之?前|以前|底)", plain[day.end :])
        return day.start, day.end + (rest.end() if rest else 0)
    if match is None:
        return None
    after = re.match(r"(?:年?[底末]|年?内)?(?:以?前)?", plain[match.end() :])
    return match.start(), match.end() + (after.end() if after else 0)


def read_deadline(text: str) -> Deadline | None:
    """A deadline from the words of its cell or section. ``None`` where the words name no deadline (已完成).

    >>> read_deadline("2025年底前，并长期坚持")
    Deadline(raw='2025年底前，并长期坚持', kind='dated+long_term', date=datetime.date(2025, 12, 31))
    """
    raw = " ".join(text.split()).rstrip("。；;")
    plain = half(raw)
    end, lasting = last_day(plain), _LONG_TERM.search(plain) is not None
    if end is not None:
        return Deadline(raw, "dated+long_term" if lasting else "dated", end)
    if _IMMEDIATE.search(plain):
        return Deadline(raw, "immediate+long_term" if lasting else "immediate")
    if _SCHEDULE.search(plain):
        return Deadline(raw, "schedule")
    if lasting:
        return Deadline(raw, "long_term")
    return Deadline(raw, "dated") if _OPEN_END.search(plain) and len(plain) <= 40 else None
