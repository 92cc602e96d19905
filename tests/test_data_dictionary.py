"""The data dictionary says all that there is, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from crawler.db.models import Base
from crawler.db.queries import Selection, changes, notices
from crawler.publish.formats.csv_table import COLUMNS
from crawler.publish.safe_output import outgoing_change
from tests.publish_data import filled

__all__ = ["filled"]
PAGE = Path(__file__).parents[1] / "docs" / "data-dictionary.md"
SECTIONS = {part.partition("\n")[0].lstrip("# "): part for part in re.split(r"\n(?=##)", PAGE.read_text("utf-8"))}


def names(section: str) -> list[str]:
    """The names in the first cell of every row."""
    rows = (line for line in SECTIONS[section].splitlines() if line.startswith("| `"))
    return [name for row in rows for name in re.findall("`([^`]+)`", row.split("|")[1])]


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_table(table: object) -> None:
    assert sorted(names(table.name)) == sorted(column.name for column in table.columns)  # type: ignore[attr-defined]


def test_views(filled: Engine) -> None:
    there = inspect(filled)
    for view in there.get_view_names():
        assert sorted(names(view)) == sorted(column["name"] for column in there.get_columns(view)), view


def test_every_view_has_a_section(filled: Engine) -> None:
    assert set(inspect(filled).get_view_names()) <= set(SECTIONS)


def test_keys_of_a_notice(filled: Engine) -> None:
    assert sorted(names("Notice JSON")) == sorted(next(notices(filled, Selection())))


def test_keys_of_an_event(filled: Engine) -> None:
    assert names("Event JSON") == list(outgoing_change(next(changes(filled, Selection()))))


def test_columns_of_the_table_in_their_order() -> None:
    assert names("CSV") == list(COLUMNS)
