"""Tables: which of them are data, and their cells. Merged cells are given once; places below a merged cell are ``""``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

MAX_COLUMNS = 200
_BLOCKS = frozenset(
    (
        "p",
        "div",
        "br",
        "li",
        "tr",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "center",
        "blockquote",
        "pre",
        "section",
        "hr",
        "td",
        "th",
    )
)
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]+")
_BOOKMARK = re.compile(r"\[bookmark:[^\]]{0,60}\]")  # Word's, left behind by converters
Rows = tuple[tuple[str, ...], ...]


def tidy(text: str) -> str:
    """One line of text: white space collapsed, zero-width and direction characters gone. Widths stay as published."""
    if "[bookmark" in text:
        text = _BOOKMARK.sub("", text)
    line = " ".join(text.split())
    return line if line.isprintable() else " ".join(_INVISIBLE.sub("", line).split())  # what is invisible is not printable


def rows_of(table: etree._Element) -> Rows | None:
    """The rows of a data table; None if the table only arranges the page (no row with two filled cells, or tables in cells).

    A cell keeps its inner paragraphs as lines; the rows of a table within a cell are lines too, its cells set apart by a space.
    """
    rows: list[tuple[str, ...]] = []
    covered: dict[int, int] = {}
    for row in own_rows(table):
        cells = tuple(_cells(row, covered))
        if any(cells):
            rows.append(cells)
    if not any(sum(map(bool, cells)) > 1 for cells in rows) or _arranges(table, rows):
        return None
    return tuple(rows)


def own_rows(table: etree._Element) -> Iterator[etree._Element]:
    """The rows of this table, not those of tables inside it."""
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in ("tbody", "thead", "tfoot"):
            yield from (row for row in child if row.tag == "tr")


def _cells(row: etree._Element, covered: dict[int, int]) -> Iterator[str]:
    column = 0
    for cell in row:
        if cell.tag not in ("td", "th"):
            continue
        while covered.get(column, 0) > 0:
            covered[column] -= 1
            column += 1
            yield ""
        span, height = min(_span(cell, "colspan"), MAX_COLUMNS), _span(cell, "rowspan")
        if height > 1 and column < MAX_COLUMNS:
            for place in range(column, column + span):
                covered[place] = height - 1
        column += span
        yield cell_text(cell)
    while covered.get(column, 0) > 0:
        covered[column] -= 1
        column += 1
        yield ""
    for place in [place for place in covered if place >= column]:
        covered[place] = max(0, covered[place] - 1)


def _span(cell: etree._Element, name: str) -> int:
    value = cell.get(name, "1").strip()
    return max(1, int(value)) if value.isascii() and value.isdigit() and len(value) < 5 else 1


def cell_text(cell: etree._Element) -> str:
    """The text of a cell, its paragraphs as lines."""
    if len(cell) == 0:
        return tidy(cell.text or "")
    lines: list[str] = []
    here: list[str] = []
    for event, element in etree.iterwalk(cell, events=("start", "end")):
        if not isinstance(element.tag, str):
            continue
        if element.tag in _BLOCKS and element is not cell:
            if element.tag in ("td", "th"):
                here.append(" ")
            else:
                lines.append("".join(here))
                here = []
        if event == "start":
            here.append(element.text or "")
        elif element is not cell:
            here.append(element.tail or "")
    lines.append("".join(here))
    return "\n".join(line for line in map(tidy, lines) if line)


def _arranges(table: etree._Element, rows: list[tuple[str, ...]]) -> bool:
    """A table with tables in its cells arranges the page, unless its rows open with labels as a form's do."""
    inner = [nested for nested in table.iter("table") if nested is not table]
    if not inner:
        return False
    labelled = sum(1 for cells in rows if 0 < len(cells[0]) <= 30 and sum(map(bool, cells)) > 1)
    return labelled * 2 < len(rows) or len(rows) < 3
