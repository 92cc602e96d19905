"""The project's one clock. All that is stored takes its time from here; time-outs and courtesy do not."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta, timezone

from crawler.errors import UsageError

CHINA = timezone(timedelta(hours=8))  # no daylight saving since 1991


def now() -> datetime:
    """The present instant, aware, UTC. ``SIGNOFF_CLOCK`` (ISO 8601) fixes it for replays and tests."""
    fixed = os.environ.get("SIGNOFF_CLOCK")
    return instant(fixed) if fixed else datetime.now(UTC)


def today() -> date:
    """The present calendar day in China."""
    return now().astimezone(CHINA).date()


def instant(text: str) -> datetime:
    """Read an ISO 8601 instant; without an offset it is China's time."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"SIGNOFF_CLOCK: {text!r} is not an ISO 8601 instant; example: 2025-06-04T09:00:00+08:00") from None
    return (value if value.tzinfo else value.replace(tzinfo=CHINA)).astimezone(UTC)
