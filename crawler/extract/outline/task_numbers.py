"""The numbers of tasks where a page deals with several: of their own cells, columns and lines, or before each text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from crawler.extract.outline.grids import Grid
from crawler.extract.outline.labels import Label
from crawler.extract.outline.pieces import Piece
from crawler.notice.numbers import TaskNumber, find_numbers
from crawler.text.numerals import number

if TYPE_CHECKING:
    from crawler.extract.outline.sections import Entry


def leads(line: Piece) -> TaskNumber | None:
    """The task's number that a line begins with, in brackets or before a colon."""
    return line.ask(_leading)


def _leading(text: str) -> TaskNumber | None:
    item = next(find_numbers(text[:40]), None)
    if item is None or text[: item.start].strip("([【"):
        return None
    return item if text[item.end : item.end + 1] in (")", ":", "】", "]", "、", " ", "。") else None


def behind(item: TaskNumber, line: Piece) -> Piece:
    """What a line says behind the number that it begins with."""
    rest = re.match(r"[)\]】]?\s?[:、。]?\s?", line.text[item.end :])
    return line.cut(item.end + (rest.end() if rest else 0))


def number_of_cell(entry: Entry) -> None:
    """The number that a line or cell of its own gives (任务编号：9) becomes the task's where there are several tasks."""
    if entry.number is None and (named := entry.pieces(Label.NUMBER)) and entry.has(Label.PROBLEM):
        entry.number, entry.named = named[0].raw, named[0]


def number_column(table: Grid) -> int:
    """Which of several columns of numbers tells the task's: the first that does not merely count the rows."""
    columns = list(
        zip(*([values[0].text for label, _, values in row if label is Label.NUMBER and values] for row in table.rows), strict=False)
    )
    for at, column in enumerate(columns):
        if [number(text.strip()) for text in column] != list(range(1, len(column) + 1)):
            return at if len(column) == len(table.rows) else 0
    return 0


def numbers_of_problems(entries: Sequence[Entry]) -> None:
    """Of rows that are merely counted, the number in brackets before each problem."""
    counted = [number(entry.number or "") for entry in entries]
    if len(entries) < 2 or counted != list(range(1, len(entries) + 1)):
        return
    found_in_each = [(part.pieces[0], leads(part.pieces[0])) if (part := entry.part(Label.PROBLEM)) else None for entry in entries]
    if all(found is not None and found[1] is not None for found in found_in_each):
        for entry, found in zip(entries, found_in_each, strict=True):
            if found is not None and found[1] is not None:
                entry.number, entry.named = found[1].printed, found[0]


def number_of_problem(entry: Entry) -> None:
    """The number that a task's problem begins with (第十九项：…) becomes the task's."""
    part = entry.part(Label.PROBLEM)
    if entry.number is not None or part is None:
        return
    line = part.pieces[0]
    item = next(find_numbers(line.text[:20]), None)
    if item is not None and item.start == 0 and line.text[item.end : item.end + 1] in (":", "、", " ", "."):
        entry.number, entry.named = item.printed, line
