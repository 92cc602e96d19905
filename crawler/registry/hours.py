"""The hours in which a site may be asked: ``22:00-06:00``, China's time, over midnight where the end comes first. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from crawler.clock import CHINA

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_DAY = timedelta(days=1)


def fault(text: str) -> str | None:
    """What is wrong with hours as written; None when nothing is.

    >>> fault("22-6")
    "'22-6' is not a span of hours, as 22:00-06:00"
    """
    match = _SPAN.fullmatch(text)
    if match is None:
        return f"{text!r} is not a span of hours, as 22:00-06:00"
    return f"{text!r} begins when it ends; leave it out where all hours will do" if match.group(1, 2) == match.group(3, 4) else None


def left(hours: str | None, now: datetime) -> timedelta | None:
    """How long the hours go on; zero outside of them, None where there are none and any time will do.

    >>> left("22:00-06:00", datetime.fromisoformat("2025-06-04T23:30:00+08:00"))
    datetime.timedelta(seconds=23400)
    """
    if hours is None:
        return None
    match = _SPAN.fullmatch(hours)
    assert match is not None, hours  # checked where it was read
    here = now.astimezone(CHINA)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    since = here - midnight
    begin, end = (timedelta(hours=int(match[i]), minutes=int(match[i + 1])) for i in (1, 3))
    passed, length = (since - begin) % _DAY, (end - begin) % _DAY
    return length - passed if passed < length else timedelta()


def may_ask(hours: str | None, now: datetime) -> bool:
    """Whether a site with these hours may be asked now."""
    return left(hours, now) != timedelta()
