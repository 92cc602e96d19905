"""CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from crawler.db.queries import Selection, notices
from crawler.publish.formats import csv_table
from tests.publish_data import filled

__all__ = ["filled"]


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.fixture
def rows(filled: Engine) -> dict[str, dict[str, str]]:
    data = b"".join(csv_table.csv(notices(filled, Selection()), reposting={"gansu_zaobao"}))
    return {row["id"]: row for row in read(data)}


def test_one_row_a_notice(rows: dict[str, dict[str, str]]) -> None:
    assert list(rows) == ["n-copy", "n-first", "n-gone", "n-nasty", "n-plan"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("title", "关于第7项任务整改完成情况的公示（更正）"),
        ("publicity_end", "2026-03-13"),
        ("responsible_units", "城关区人民政府; 兰州市水务局"),
        ("window_natural_days", "12"),
        ("window_estimated", "false"),
        ("deadline", ""),
        ("phones", "0931-8412345"),
        ("attachment_urls", "https://lz.example/a.docx"),
        ("revision", "2"),
    ],
)
def test_cells(rows: dict[str, dict[str, str]], column: str, expected: str) -> None:
    assert rows["n-first"][column] == expected


def test_tasks_by_number(rows: dict[str, dict[str, str]]) -> None:
    assert rows["n-gone"]["tasks"] == "序号3; 序号4"


def test_no_sentence_of_a_newspaper(rows: dict[str, dict[str, str]]) -> None:
    assert rows["n-copy"]["problem"] == ""


def test_facts_of_a_newspaper(rows: dict[str, dict[str, str]]) -> None:
    assert rows["n-copy"]["repost_source"] == "兰州市生态环境局"


def test_hostile_title_is_inert(rows: dict[str, dict[str, str]]) -> None:
    assert rows["n-nasty"]["title"].startswith("'=HYPERLINK")


def test_no_terminal_escapes_and_no_turned_text(rows: dict[str, dict[str, str]]) -> None:
    assert not set("\x1b\u202e") & set(rows["n-nasty"]["title"])


def test_byte_order_mark() -> None:
    assert b"".join(csv_table.csv([])).startswith(b"\xef\xbb\xbfid,")


def test_no_byte_order_mark() -> None:
    assert b"".join(csv_table.csv([], bom=False)).startswith(b"id,")


def test_pieces_join_to_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "_CHUNK", 2)
    found: list[dict[str, Any]] = [{"id": str(number)} for number in range(5)]
    assert [row["id"] for row in read(b"".join(csv_table.csv(found)))] == ["0", "1", "2", "3", "4"]


def test_a_cell_fits_a_spreadsheet() -> None:
    assert len(csv_table.inert("字" * 40_000)) < 32_767


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\r=1", " =1", "\n=1", "＝1", "＠x"])
def test_formula(cell: str) -> None:
    assert csv_table.inert(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "第3项", "a=1", "1-2", "'=1"])
def test_no_formula(cell: str) -> None:
    assert csv_table.inert(cell) == cell


@given(st.text(max_size=20))
def test_no_cell_runs(title: str) -> None:
    (found,) = read(b"".join(csv_table.csv([{"id": "1", "title": title}])))
    assert not found["title"].lstrip().startswith(("=", "+", "-", "@"))


@given(st.text(max_size=20))
def test_any_text_makes_a_table(title: str) -> None:
    assert len(read(b"".join(csv_table.csv([{"id": "1", "title": title}, {"id": "2"}])))) == 2
