"""Text without form (.txt) and text in columns (.csv)."""

from __future__ import annotations

import csv
from io import StringIO

from crawler.errors import DocumentError
from crawler.extract.blocks import Block
from crawler.extract.document.formats.building import paragraph
from crawler.extract.document.formats.limits import MIB, Job
from crawler.extract.document.formats.sheets import rows_to_blocks
from crawler.extract.page.charset import decode

_MOST_CELL = MIB
_DELIMITERS = ",\t;"


def read_text(data: bytes, job: Job) -> list[Block]:
    """Every line a paragraph; lines in columns are a table."""
    text = decode(data, job.declared).text
    delimiter = delimiter_of(text)
    if delimiter:
        return _columns(text, delimiter, job.where)
    return [block for line in text.splitlines() for block in paragraph(line, job.where)]


def read_csv(data: bytes, job: Job) -> list[Block]:
    """A table, with lone cells above it as titles. Raises `DocumentError` when there are no columns."""
    text = decode(data, job.declared).text
    delimiter = delimiter_of(text)
    if not delimiter:
        raise DocumentError("broken: no columns")
    return _columns(text, delimiter, job.where)


def _columns(text: str, delimiter: str, where: str) -> list[Block]:
    rows = [dict(enumerate(row)) for row in _parsed(text, delimiter)]
    wide = {number for number, row in enumerate(rows) if len(row) == 1}
    return rows_to_blocks(rows, wide, where)


def _parsed(text: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(_MOST_CELL)
    try:
        return list(csv.reader(StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return []


def delimiter_of(text: str) -> str | None:
    """The character that cuts nearly every line into equally many cells; None for running text.

    Chinese sentences use the full-width comma, so a constant number of ASCII commas is no accident.
    """
    for delimiter in _DELIMITERS:
        rows = [row for row in _parsed(text, delimiter) if any(cell.strip() for cell in row)]
        widths = [len(row) for row in rows if len(row) > 1]
        if len(widths) < max(2, 0.8 * (len(rows) - 2)) or _is_prose(rows):
            continue
        if widths.count(max(widths, key=widths.count)) >= 0.8 * len(widths):
            return delimiter
    return None


def _is_prose(rows: list[list[str]]) -> bool:
    """Whether the cuts are those of sentences, where a comma is followed by a space."""
    following = [cell for row in rows for cell in row[1:] if cell]
    return bool(following) and sum(cell.startswith(" ") for cell in following) * 2 > len(following)
