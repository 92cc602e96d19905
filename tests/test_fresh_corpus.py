"""Reading has a floor on invented pages too: ``tests/corpus/fresh.jsonl``, whole pages with labels that no rule was made from.

Half of them were later looked at when rules were corrected, the other half (every second line) only ever counted; both have
floors. Every place, body, number and address on these pages is put together for the test. How they were made and what the first
reading gave stands in ``docs/reading-generalisation.md``.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from crawler.extract.reader import read_bytes
from crawler.notice.numbers import plain_number

CORPUS = Path(__file__).parent / "corpus" / "fresh.jsonl"
PARTS = {"looked-at": 0, "kept-aside": 1}
TEXTS = ("problem", "goal", "measures", "completion", "acceptance")
SCALARS = (
    "doc_type",
    "title",
    "level",
    "round",
    "special",
    "province",
    "city",
    "county",
    "adcode",
    "issuer",
    "publish_date",
    "publicity_start",
    "publicity_end",
    "rectification_status",
    "is_repost",
)
#: labelled throughout on sign-off notices only
NOTICE_ONLY = ("stage", "acceptance_date", "completion_as_of")
LISTS = ("task_numbers", "responsible_units", "phones", "emails", "attachment_names", "plan_titles")
#: the least F1 per field: first the pages looked at, then those kept aside
FLOORS: Mapping[str, tuple[float, float]] = {
    "doc_type": (1.0, 0.965),
    "title": (1.0, 1.0),
    "level": (1.0, 1.0),
    "round": (1.0, 1.0),
    "special": (1.0, 1.0),
    "province": (1.0, 1.0),
    "city": (1.0, 1.0),
    "county": (1.0, 0.967),
    "adcode": (1.0, 0.964),
    "issuer": (1.0, 1.0),
    "publish_date": (1.0, 1.0),
    "publicity_start": (1.0, 0.971),
    "publicity_end": (1.0, 0.967),
    "rectification_status": (1.0, 0.975),
    "is_repost": (1.0, 0.8),
    "stage": (1.0, 0.928),
    "acceptance_date": (1.0, 1.0),
    "completion_as_of": (1.0, 1.0),
    "task_numbers": (1.0, 0.974),
    "responsible_units": (1.0, 1.0),
    "phones": (1.0, 1.0),
    "emails": (1.0, 1.0),
    "attachment_names": (1.0, 1.0),
    "plan_titles": (1.0, 1.0),
    "section_problem": (1.0, 0.947),
    "section_goal": (1.0, 1.0),
    "section_measures": (1.0, 1.0),
    "section_completion": (1.0, 0.9),
    "section_acceptance": (1.0, 1.0),
}
#: values given where the page states none, at most
INVENTED = {"looked-at": 0, "kept-aside": 0}

Row = dict[str, Any]


def _fold(value: object) -> str:
    """One spelling of a value: widths, spaces, quotes and closing punctuation do not count."""
    return re.sub(r"[\s。;,、:.“”‘’\"'《》]+", "", unicodedata.normalize("NFKC", str(value))).casefold()


def _phone(value: object) -> str:
    return re.sub(r"\D", "", unicodedata.normalize("NFKC", str(value)))


def _number(value: object) -> str:
    return plain_number(str(value)) or _fold(value)


FOLDS: Mapping[str, Callable[[object], str]] = {"phones": _phone, "task_numbers": _number}


def _values(row: Mapping[str, Any], field: str) -> list[str]:
    """What a label or a reading says of a field, folded; nothing for null, and for a flag that is not set."""
    source = (row.get("sections") or {}) if field.startswith("section_") else row
    value = source.get(field.removeprefix("section_"))
    if value is None or value is False:
        return []
    items: Iterable[object] = value if isinstance(value, list) else (value,)
    return [FOLDS.get(field, _fold)(item) for item in items]


def _f1(rows: Iterable[tuple[Row, Row]], field: str) -> float:
    """F1 over the values of a field; 1.0 where there are none to find and none was made up."""
    hits = wanted = given = 0
    for label, got in rows:
        if (field in NOTICE_ONLY or field.startswith("section_")) and label["doc_type"] != "signoff_notice":
            continue
        want, have = _values(label, field), _values(got, field)
        wanted, given = wanted + len(want), given + len(have)
        for value in want:
            if value in have:
                have.remove(value)
                hits += 1
    return 1.0 if wanted == given == 0 else 2 * hits / (wanted + given)


def _invented(rows: Iterable[tuple[Row, Row]]) -> list[str]:
    """Values of fields that the page does not state."""
    found = []
    for label, got in rows:
        for field in (*SCALARS, *LISTS, *NOTICE_ONLY):
            if field in NOTICE_ONLY and label["doc_type"] != "signoff_notice":
                continue
            if field not in ("is_repost", "rectification_status", "stage") and not _values(label, field) and _values(got, field):
                found.append(f"{field}: {got[field]}")
    return found


@pytest.fixture(scope="module")
def pages() -> list[tuple[Row, Row]]:
    """Label and reading of every page, in the order of the file."""
    rows = [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines()]
    return [(row["label"], read_bytes(row["html"].encode(), row["url"], "text/html; charset=utf-8").as_json()) for row in rows]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("field", FLOORS)
def test_no_field_falls_below_its_floor(pages: list[tuple[Row, Row]], field: str, part: str) -> None:
    assert _f1(pages[PARTS[part] :: 2], field) >= FLOORS[field][PARTS[part]]


@pytest.mark.parametrize("part", PARTS)
def test_hardly_a_value_is_made_up(pages: list[tuple[Row, Row]], part: str) -> None:
    assert len(_invented(pages[PARTS[part] :: 2])) <= INVENTED[part]


def test_every_field_compared_has_a_floor() -> None:
    assert set(FLOORS) == {*SCALARS, *NOTICE_ONLY, *LISTS, *(f"section_{name}" for name in TEXTS)}


def test_no_page_has_an_address_that_could_exist() -> None:
    hosts = [re.match(r"http://([^/]+)/", json.loads(line)["url"]) for line in CORPUS.read_text("utf-8").splitlines()]
    assert all(host is not None and host[1].endswith(".example") for host in hosts)
