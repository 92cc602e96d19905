"""Rounds of central inspections, from a table: what year and province give, for ``derived`` alone, never for a field."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files

#: how long after an inspection its first tasks can be signed off, and how long feedback and plan take at least (domain guide, 1.2)
_EARLIEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Inspection:
    """One inspection of one province (进驻): round, batch, days on site, topic. ``confidence``: high, medium, low."""

    round: int
    lookback: bool
    batch: int | None
    start: date
    end: date | None
    body: str
    adcode: str
    special: str | None
    confidence: str


@lru_cache(maxsize=1)
def inspections() -> tuple[Inspection, ...]:
    """Every inspection of a province in the table, the pilot left out."""
    table = files("crawler.gazetteer").joinpath("data", "rounds.csv").read_text("utf-8")
    rows = (row for row in csv.DictReader(table.splitlines()) if row["round"].isdigit() and row["adcode"] and row["start_date"])
    return tuple(_read(row) for row in rows)


def _read(row: dict[str, str]) -> Inspection:
    return Inspection(
        round=int(row["round"]),
        lookback=row["lookback"] == "1",
        batch=int(row["batch"]) if row["batch"].isdigit() else None,
        start=date.fromisoformat(row["start_date"]),
        end=date.fromisoformat(row["end_date"]) if row["end_date"] else None,
        body=row["province_or_body"],
        adcode=row["adcode"],
        special=row["special_topic"] or None,
        confidence=row["confidence"],
    )


def rounds_of(adcode: str, *, lookback: bool = False) -> tuple[Inspection, ...]:
    """The inspections of the province that ``adcode`` lies in, oldest first."""
    return _of_province(adcode[:2], lookback)


@lru_cache(maxsize=128)  # there are 32 provinces
def _of_province(digits: str, lookback: bool) -> tuple[Inspection, ...]:
    found = (item for item in inspections() if item.adcode[:2] == digits and item.lookback is lookback)
    return tuple(sorted(found, key=lambda item: item.start))


def round_in_year(adcode: str, year: int, *, lookback: bool = False) -> int | None:
    """The round whose inspection of the province took place in ``year`` (2016年…督察), or ``None`` if the table has none or several."""
    found = {item.round for item in rounds_of(adcode, lookback=lookback) if item.start.year == year}
    return found.pop() if len(found) == 1 else None


def rounds_before(adcode: str, day: date) -> tuple[int, ...]:
    """The rounds whose tasks a notice of ``day`` can deal with: those that had started long enough before it."""
    return tuple(sorted({item.round for item in rounds_of(adcode) if item.start + _EARLIEST <= day}))
