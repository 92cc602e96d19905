"""Spreadsheets (.xls, .xlsx, .et, .ods) through calamine: each sheet becomes a title and a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from crawler.errors import DocumentError
from crawler.extract.blocks import Block
from crawler.extract.document.formats.building import paragraph, table, tidy, tidy_lines
from crawler.extract.document.formats.limits import Job
from crawler.extract.document.formats.package import Package
from crawler.extract.document.formats.safe_xml import attribute, child, local, parse_xml, text_of

_MOST_SHEETS = 100
#: cells of one sheet that are looked at; a sheet claims a million rows with a single byte in the last
_MOST_CELLS = 500_000
_MOST_COLUMNS = 200
_LABEL = re.compile(r"[\u4e00-\u9fff（）()]{1,10}")


def read_sheets(data: bytes, job: Job) -> list[Block]:
    """Blocks of all visible sheets. Raises `DocumentError`: "encrypted", "broken: …", "refused: …"."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    _check_size(data, job)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        return [block for name in _visible(book) for block in _sheet(book.get_sheet_by_name(name), _where(job, name))]
    except PasswordError:
        raise DocumentError("encrypted") from None
    except CalamineError as error:
        raise DocumentError(f"broken: spreadsheet ({str(error)[:80]})") from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # of the Rust library; it derives from BaseException alone
            raise DocumentError("broken: spreadsheet (its reader gave up)") from None
        raise


def _where(job: Job, sheet: str) -> str:
    return f"{job.where}#sheet={tidy(sheet)[:100]}"


def _check_size(data: bytes, job: Job) -> None:
    """calamine unpacks by itself: whatever is packed is unpacked once before, within the limits."""
    if data.startswith(b"PK"):
        package = Package(data, job.budget)
        for name in package.names:
            package.read(name)


def _visible(book: Any) -> list[str]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    wanted = (SheetVisibleEnum.Visible, SheetTypeEnum.WorkSheet)
    return [sheet.name for sheet in book.sheets_metadata if (sheet.visible, sheet.typ) == wanted][:_MOST_SHEETS]


def _sheet(sheet: Any, where: str) -> list[Block]:
    if sheet.height * sheet.width > _MOST_CELLS:
        raise DocumentError("refused: sheet with too many cells")
    merged = sheet.merged_cell_ranges or []
    covered, wide = _covered(merged)
    first_row, first_column = sheet.start or (0, 0)
    grid = [
        {column: _spelled(value) for column, value in enumerate(row[:_MOST_COLUMNS], first_column) if (number, column) not in covered}
        for number, row in enumerate(sheet.to_python(skip_empty_area=True), first_row)
    ]
    return rows_to_blocks(grid, {number - first_row for number in wide}, where)


def _covered(merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> tuple[set[tuple[int, int]], set[int]]:
    """Cells hidden at the right of a merged one (row, column), and the rows in which a cell reaches over its neighbour."""
    covered: set[tuple[int, int]] = set()
    wide = set()
    for (top, left), (bottom, right) in merged[:10_000]:
        if right > left:
            wide.add(top)
            rows, columns = range(top, min(bottom, top + 1000) + 1), range(left + 1, min(right, left + _MOST_COLUMNS) + 1)
            covered.update((row, column) for row in rows for column in columns)
    return covered, wide


def _spelled(value: object) -> str:
    """A value as a reader of the sheet would write it; a day without a time is a day."""
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case float():
            return f"{value:.12g}"
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date() | time() | timedelta() | int():
            return str(value)
        case _:
            return ""


def rows_to_blocks(grid: Sequence[dict[int, str]], wide: set[int], where: str) -> list[Block]:
    """Rows (column → text) to blocks. Lone cells above the table are its titles, those below it remarks.

    A short word without anything beside it, right below the table, is a label whose value is missing.
    """
    filled = [(number, row) for number, row in enumerate(grid) if any(text.strip() for text in row.values())]
    first, last = 0, len(filled)
    while first < last and _lone(filled[first][1]):
        first += 1
    while last > first and _lone(filled[last - 1][1]):
        last -= 1
    while last < len(filled) and filled[last][0] not in wide and _LABEL.fullmatch(_words(filled[last][1]).strip()):
        last += 1
    body = _cropped([row for _, row in filled[first:last]])
    above, below = ([_words(row) for _, row in part] for part in (filled[:first], filled[last:]))
    return [*_titles(above, where), *table(body, where), *_titles(below, where)]


def _lone(row: dict[int, str]) -> bool:
    return sum(bool(text.strip()) for text in row.values()) == 1


def _words(row: dict[int, str]) -> str:
    return next(text for text in row.values() if text.strip())


def _titles(texts: Sequence[str], where: str) -> list[Block]:
    return [block for text in texts for line in tidy_lines(text).splitlines() for block in paragraph(line, where)]


def _cropped(rows: Sequence[dict[int, str]]) -> list[list[str]]:
    """Without the columns that are empty in every row, and without empty cells at the ends of rows that have nothing after them."""
    used = sorted({column for row in rows for column, text in row.items() if text.strip()})
    return [[row[column] for column in used if column in row] for row in rows]


def read_spreadsheet_xml(data: bytes, job: Job) -> list[Block]:
    """Blocks of an Excel 2003 XML workbook."""
    sheets = [node for node in parse_xml(data).iter() if local(node) == "Worksheet"]
    return [block for node in sheets for block in _xml_sheet(node, _where(job, attribute(node, "Name") or ""))]


def _xml_sheet(sheet: Any, where: str) -> list[Block]:
    holder = child(sheet, "Table")
    grid: list[dict[int, str]] = []
    wide: set[int] = set()
    for row in holder if holder is not None else ():
        if local(row) == "Row":
            cells, reaches = _xml_row(row)
            wide |= {len(grid)} if reaches else set()
            grid.append(cells)
    return rows_to_blocks(grid, wide, where)


def _xml_row(row: Any) -> tuple[dict[int, str], bool]:
    cells: dict[int, str] = {}
    column, reaches = 0, False
    for cell in row:
        if local(cell) == "Cell":
            column = _number(attribute(cell, "Index"), column + 1) - 1
            data = child(cell, "Data")
            cells[min(column, _MOST_COLUMNS)] = text_of(data) if data is not None else ""
            across = _number(attribute(cell, "MergeAcross"), 0)
            reaches = reaches or across > 0
            column += 1 + across
    return cells, reaches


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else default
