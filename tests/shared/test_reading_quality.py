"""What docs/reading-quality.md claims, measured again: no value made up, nothing claimed that does not hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import reading_quality
from reading_quality import Quality

DOCS = Path(__file__).parents[2] / "docs" / "reading-quality.md"


@pytest.fixture(scope="module")
def quality(shared: Path) -> Quality:
    return reading_quality.measure(shared)


def test_no_value_is_made_up(quality: Quality) -> None:
    assert quality.made_up == []


def test_no_value_rests_on_words_of_nobody(quality: Quality) -> None:
    assert quality.invented == 0


def test_every_seed_is_exact(quality: Quality) -> None:
    assert {name: wrong for name, wrong in quality.seeds.items() if wrong} == {}


@pytest.mark.parametrize(("row", "figure"), [("`doc_type` macro-F1", "doc_type_macro_f1"), ("mean F1 over fields", "mean_f1")])
def test_the_document_claims_no_more_than_holds(quality: Quality, row: str, figure: str) -> None:
    found = re.search(rf"^\| {re.escape(row)} \| ([\d.]+) \| ≥", DOCS.read_text("utf-8"), re.MULTILINE)
    assert found is not None
    assert float(found[1]) <= quality.figures[figure] + 0.0005


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        pytest.param("auth-1 : want nothing, got 'x'", "made up", id="where the page says nothing"),
        pytest.param("auth-1: want ['a'], got ['a', 'b']", "made up", id="one element more"),
        pytest.param("auth-1: want ['a', 'b'], got ['a']", "missing", id="one element less"),
        pytest.param("auth-1 : want '2024-01-01', got None", "missing", id="not read"),
        pytest.param("auth-1 : want 'a', got 'b'", "another value", id="another value"),
    ],
)
def test_the_kind_of_a_mistake(line: str, kind: str) -> None:
    assert list(reading_quality.case_of(line)) == [("auth-1", kind)]
