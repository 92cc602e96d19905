"""Publish lines that name their day by another way than a date: 昨天, 3天前. The one place where a library reads dates.

Our own grammar reads dates (`crawler.text.dates`); it knows no "3天前", and the library misreads periods. Both are tested.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from crawler.text.widths import half

_RELATIVE = re.compile(
    r"(?:\d{1,3}|[一二三四五六七八九十半几])\s?(?:个)?(?:秒钟?|分钟|小时|天|日|周|星期|月)(?:之)?前|刚刚|今天|昨天|昨日|前天|今日"
)
CHINA = ZoneInfo("Asia/Shanghai")


def relative_day(words: str, seen: datetime) -> date | None:
    """The day in China that a relative publish line means, seen at the instant ``seen`` (aware). ``None`` if it is not relative.

    >>> from datetime import UTC
    >>> relative_day("发布于3天前", datetime(2025, 5, 21, 4, tzinfo=UTC))
    datetime.date(2025, 5, 18)
    """
    match = _RELATIVE.search(half(words)[:400])
    if match is None:
        return None
    here = seen.astimezone(CHINA)
    if match[0] in ("刚刚", "今天", "今日"):
        return here.date()
    import dateparser

    found = dateparser.parse(
        match[0].replace("日前", "天前").replace("昨日", "昨天"), languages=["zh"], settings={"RELATIVE_BASE": here.replace(tzinfo=None)}
    )
    return None if found is None else found.date()
