"""Reading has floors on invented pages too: whole pages with labels, by five hands, that no rule was made from.

Part of each set was later looked at when rules were corrected, the rest only ever counted; both have floors, in
``tests/corpus/floors.toml``. Of ``fresh.jsonl`` every second page was kept aside, of ``fresh-a.jsonl`` and ``fresh-b.jsonl`` every
third, ``fresh-c.jsonl`` and ``fresh-d.jsonl`` wholly. Every place, body, number and address on these pages is put together for the
test. How they were made and what the first reading gave stands in ``docs/reading-generalisation.md``.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from crawler.extract.read_notice import read_bytes
from crawler.notice.numbers import plain_number

CORPUS = Path(__file__).parent / "corpus"
#: of each set, which page of how many was kept aside: the last
ASIDE = {"fresh": 2, "fresh-a": 3, "fresh-b": 3, "fresh-c": 1, "fresh-d": 1}
PARTS = ("looked-at", "kept-aside")
SETS = [(name, part) for name, step in ASIDE.items() for part in PARTS if step > 1 or part == "kept-aside"]
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
FIELDS = (*SCALARS, *NOTICE_ONLY, *LISTS, *(f"section_{name}" for name in TEXTS))

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


def _lines(name: str) -> list[Row]:
    return [json.loads(line) for line in (CORPUS / f"{name}.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def pages() -> dict[tuple[str, str], list[tuple[Row, Row]]]:
    """Label and reading of every page, by set and part."""
    found: dict[tuple[str, str], list[tuple[Row, Row]]] = {(name, part): [] for name in ASIDE for part in PARTS}
    for name, step in ASIDE.items():
        for at, row in enumerate(_lines(name)):
            notice = read_bytes(row["html"].encode(), row["url"], "text/html; charset=utf-8").as_json()
            found[name, PARTS[at % step == step - 1]].append((row["label"], notice))
    return found


FLOORS: Mapping[str, Any] = tomllib.loads((CORPUS / "floors.toml").read_text("utf-8"))


@pytest.mark.parametrize(("name", "part"), SETS)
@pytest.mark.parametrize("field", FIELDS)
def test_no_field_falls_below_its_floor(pages: dict[tuple[str, str], list[tuple[Row, Row]]], field: str, name: str, part: str) -> None:
    assert _f1(pages[name, part], field) >= FLOORS[name][part][field]


@pytest.mark.parametrize(("name", "part"), SETS)
def test_hardly_a_value_is_made_up(pages: dict[tuple[str, str], list[tuple[Row, Row]]], name: str, part: str) -> None:
    assert len(_invented(pages[name, part])) <= FLOORS[name][part]["made_up"]


@pytest.mark.parametrize("name", ASIDE)
def test_no_page_has_an_address_that_could_exist(name: str) -> None:
    hosts = [re.match(r"http://([^/]+)/", row["url"]) for row in _lines(name)]
    assert all(host is not None and host[1].endswith(".example") for host in hosts)
