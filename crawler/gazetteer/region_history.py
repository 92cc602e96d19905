"""Names and codes that divisions had before, with the time in which they held.

``data/region_history.csv`` was made by comparing the tables of codes that the ministry and the statistics office published, from
the end of 2009 to mid 2023: what a later table has no more is a row here. ``since`` and ``last`` are the months of the first and
last table that has it (``since`` empty: older than the first), ``gone`` the month of the first without it; where years lie
between two tables, the year of the decree narrows them. Tables lag behind decrees by a month or two; one that lagged for years
(东陵区) is put right. ``kind``: ``renamed`` (the same division, 芜湖县 → 湾沚区), ``recoded`` (name kept, code or city changed, 寿县
from 六安 to 淮南), ``merged`` (it became part of the division named; of one that was split, the city).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Former:
    """What a division was called, or coded, before. ``code``: today's; ``since`` None: before the tables begin."""

    code: str
    name: str
    former_code: str
    since: date | None
    until: date
    kind: str

    def held(self, on: date) -> bool:
        """Whether it was in use on a day; in the month of a change the former name still is."""
        return (self.since is None or self.since <= on) and on <= self.until


def _first_day(month: str) -> date | None:
    return date.fromisoformat(f"{month}-01") if month else None


def _last_day(month: str) -> date:
    return (date.fromisoformat(f"{month}-01") + 31 * _DAY).replace(day=1) - _DAY


@lru_cache(maxsize=1)
def rows() -> tuple[Former, ...]:
    """All that is known to have changed, by today's code."""
    lines = files("crawler.gazetteer").joinpath("data", "region_history.csv").read_text("utf-8").splitlines()
    return tuple(
        Former(row["code"], row["name"], row["former_code"], _first_day(row["since"]), _last_day(row["gone"]), row["kind"])
        for row in csv.DictReader(lines)
    )


@lru_cache(maxsize=1)
def by_name() -> dict[str, tuple[Former, ...]]:
    """Former names → the divisions that had them."""
    index: dict[str, tuple[Former, ...]] = {}
    for row in rows():
        index[row.name] = (*index.get(row.name, ()), row)
    return index


@lru_cache(maxsize=1)
def _by_code() -> dict[str, tuple[Former, ...]]:
    """Today's codes → what was renamed or recoded, the latest change last."""
    index: dict[str, tuple[Former, ...]] = {}
    for row in sorted(rows(), key=lambda row: row.until):
        if row.kind != "merged":
            index[row.code] = (*index.get(row.code, ()), row)
    return index


@lru_cache(maxsize=1)
def by_former_code() -> dict[str, tuple[Former, ...]]:
    """Codes of their time → what they stood for."""
    index: dict[str, tuple[Former, ...]] = {}
    for row in rows():
        index[row.former_code] = (*index.get(row.former_code, ()), row)
    return index


def then(code: str, on: date) -> Former | None:
    """What the division of today's code was on a day; None where it was what it is today."""
    return next((row for row in _by_code().get(code, ()) if row.held(on)), None)
