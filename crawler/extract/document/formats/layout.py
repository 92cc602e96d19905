"""From pieces of text with a place on a page to lines, paragraphs and tables. Shared by .pdf and .ofd.

Units are points or whatever the page uses; y grows downwards. What counts as near is measured in heights of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from crawler.extract.blocks import Block
from crawler.extract.document.formats.building import paragraph, table

_WIDE = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\u2018-\u201d]"
#: the gap that typesetting leaves between Chinese and Latin script is no space
_SET_GAP = re.compile(rf"(?<={_WIDE}) (?=[!-~])|(?<=[!-~]) (?={_WIDE})")
_IS_WIDE = re.compile(_WIDE)
_SENTENCE_END = re.compile(r"[。！？；：:;!?]\W?$")
_ENUMERATOR = re.compile(
    r"[（(]?[一二三四五六七八九十]{1,3}(?:[）)、.．]|是)|[（(]?\d{1,2}[）)、.．](?!\d)|[①-⑳]|第[一二三四五六七八九十]{1,3}[，,、]"
)
_WORD = re.compile(r"[（《“‘〔【「『\[(]{0,3}(?:[!-~]{1,40}|.)[，。、；：？！）》”’〕】」』\]),.;:!?%％]{0,3}")
_FOLIO = re.compile(r"[-—–－─·\s]*(?:第\s*)?\d{1,4}(?:\s*页)?(?:\s*[,，/]?\s*共\s*\d{1,4}\s*页|\s*/\s*\d{1,4})?[-—–－─·\s]*")
#: distances in heights of the text
_FULL, _INDENT, _SPACED, _APART, _TOLERANCE = 2.2, 1.2, 0.25, 1.0, 0.4
#: usual inner margin of a table cell, in points
_PADDING = 6.0


@dataclass(frozen=True, slots=True)
class Box:
    x0: float
    top: float
    x1: float
    bottom: float

    @property
    def middle(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.top + self.bottom) / 2

    def holds(self, point: tuple[float, float]) -> bool:
        return self.x0 <= point[0] <= self.x1 and self.top <= point[1] <= self.bottom


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text on one line."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of a cell; ``open``: its last line is full, so it may go on at the top of the next page."""

    text: str
    open: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table: its place, and its rows of boxes. None: covered by the neighbour at the left; "above": by the one above."""

    box: Box
    rows: tuple[tuple[Box | str | None, ...], ...]

    def holds(self, point: tuple[float, float]) -> bool:
        """Whether a point lies in a cell; text in the gaps of a ragged table belongs to the page."""
        return self.box.holds(point) and any(isinstance(place, Box) and place.holds(point) for row in self.rows for place in row)


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    align: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    rows: tuple[tuple[Cell, ...], ...]


Part = Paragraph | Table


def lines(runs: Iterable[Run]) -> list[Run]:
    """Runs joined to lines, from top to bottom."""
    groups: list[tuple[list[Run], list[float]]] = []
    for run in sorted((run for run in runs if run.text.strip()), key=lambda run: (run.box.middle[1], run.box.x0)):
        if groups and _same_line(groups[-1][1], run.box):
            groups[-1][0].append(run)
            extent = groups[-1][1]
            extent[0], extent[1] = min(extent[0], run.box.top), max(extent[1], run.box.bottom)
        else:
            groups.append(([run], [run.box.top, run.box.bottom]))
    return [_line(sorted(group, key=lambda run: run.box.x0)) for group, _ in groups]


def _same_line(extent: list[float], box: Box) -> bool:
    overlap = min(extent[1], box.bottom) - max(extent[0], box.top)
    return overlap > 0.5 * min(extent[1] - extent[0], box.bottom - box.top)


def _line(runs: Sequence[Run]) -> Run:
    height = max(run.box.bottom - run.box.top for run in runs)
    text, end = "", runs[0].box.x0
    for run in runs:
        text += _between(text, run.text, (run.box.x0 - end) / max(height, 1e-6)) + run.text
        end = max(end, run.box.x1)
    box = Box(runs[0].box.x0, min(run.box.top for run in runs), end, max(run.box.bottom for run in runs))
    return Run(_SET_GAP.sub("", re.sub(r"\s+", " ", text)).strip(), box)


def _between(left: str, right: str, gap: float) -> str:
    if not left or left[-1].isspace() or right[:1].isspace():
        return ""
    both_latin = not _IS_WIDE.match(left[-1]) and not _IS_WIDE.match(right[0])
    return " " if gap > (_SPACED if both_latin else _APART) else ""


def _joined(left: str, right: str) -> str:
    """Two lines of one paragraph: a space only between Latin words."""
    latin = left[-1:].isascii() and right[:1].isascii() and left[-1:].isalnum() and right[:1].isalnum()
    return left + (" " if latin and not (left[-1:].isdigit() and right[:1].isdigit()) else "") + right


def paragraphs(of: Sequence[Run], left: float, right: float) -> list[Paragraph]:
    """Lines joined to paragraphs: one goes on where the next line's first word found no more room."""
    found: list[Paragraph] = []
    height = _usual([line.box.bottom - line.box.top for line in of])
    step = _usual([low.box.bottom - high.box.bottom for high, low in pairwise(of)])
    above: Run | None = None
    for line in of:
        align = _align(line.box, left, right, height)
        is_open = align != "right" and line.box.x1 > right - _FULL * height
        if above is not None and _continues(above, line, (left, right), height, step):
            found[-1] = Paragraph(_joined(found[-1].text, line.text), found[-1].align, is_open)
        else:
            found.append(Paragraph(line.text, align, is_open))
        above = line
    return found


def _continues(above: Run, line: Run, margins: tuple[float, float], height: float, step: float) -> bool:
    """Whether a line goes on what the line above it began; the second line of a centred title is indented and does."""
    left, right = margins
    if line.box.bottom - above.box.bottom > 1.5 * max(step, height) or _align(above.box, left, right, height) == "right":
        return False
    if right - above.box.x1 > (_first_word(line.text) + _TOLERANCE) * height:
        return False
    if _SENTENCE_END.search(above.text) and _ENUMERATOR.match(line.text):
        return False
    inset = line.box.x0 > left + _INDENT * height
    indented = inset and line.box.x0 > above.box.x0 + 0.5 * height
    return not indented or (above.box.x0 > left + 0.2 * height and not _SENTENCE_END.search(above.text))


def _first_word(text: str) -> float:
    """Width, in heights, of what cannot be parted at the start of a line: a character with its brackets and stops, or a Latin word."""
    found = _WORD.match(text)
    return sum(1.0 if _IS_WIDE.match(char) else 0.55 for char in found[0]) if found else 1.0


def _usual(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2] if ordered else 0.0


def _align(box: Box, left: float, right: float, height: float) -> str:
    before, after = box.x0 - left, right - box.x1
    if before > 2.5 * height and abs(before - after) < 1.5 * height:
        return "center"
    return "right" if before > (right - left) * 0.45 and after < before / 2 else ""


def page_parts(runs: Sequence[Run], grids: Sequence[Grid], width: float) -> list[Part]:
    """Paragraphs and tables of a page in reading order; a page number at its head or foot is left out."""
    owners = [next((grid for grid in grids if grid.holds(run.box.middle)), None) for run in runs]
    free = lines(run for run, owner in zip(runs, owners, strict=True) if owner is None)
    free = [line for place, line in enumerate(free) if place not in (0, len(free) - 1) or not _FOLIO.fullmatch(line.text)]
    left, right = _margins(free, grids, width)
    parts: list[Part] = []
    below = sorted(grids, key=lambda grid: grid.box.top)
    for grid in below:
        upper = [line for line in free if line.box.middle[1] < grid.box.top]
        free = free[len(upper) :]
        parts += paragraphs(upper, left, right)
        parts.append(_table(grid, [run for run, owner in zip(runs, owners, strict=True) if owner is grid]))
    return [*parts, *paragraphs(free, left, right)]


def _margins(of: Sequence[Run], grids: Sequence[Grid], width: float) -> tuple[float, float]:
    """Left and right edge of the text. Where no three lines end together the right margin is taken to equal the left."""
    if not of:
        return 0.0, width
    left = min(line.box.x0 for line in of)
    right = max(line.box.x1 for line in of)
    for grid in grids:
        left, right = min(left, grid.box.x0 + _PADDING), max(right, grid.box.x1 - _PADDING)
    height = _usual([line.box.bottom - line.box.top for line in of])
    together = sum(line.box.x1 > right - height for line in of)
    return left, right if grids or together >= 3 else max(right, width - left)


def _table(grid: Grid, runs: Sequence[Run]) -> Table:
    return Table(tuple(_row(row, runs) for row in grid.rows))


def _row(row: Sequence[Box | str | None], runs: Sequence[Run]) -> tuple[Cell, ...]:
    boxes = [place for place in row if isinstance(place, Box)]
    top, bottom = min((box.top for box in boxes), default=0.0), max((box.bottom for box in boxes), default=0.0)
    near = [run for run in runs if top <= run.box.middle[1] <= bottom]
    return tuple(_cell(place, near) for place in row if place is not None)


def _cell(place: Box | str, runs: Sequence[Run]) -> Cell:
    if isinstance(place, str):
        return Cell("")
    of = lines(run for run in runs if place.holds(run.box.middle))
    found = paragraphs(of, place.x0, _inner_edge(of, place))
    return Cell("\n".join(part.text for part in found), bool(found) and found[-1].open)


def _inner_edge(of: Sequence[Run], place: Box) -> float:
    """Where lines end in a cell: at its usual margin, or where its longest of many lines does."""
    usual = place.x1 - _PADDING
    longest = max((line.box.x1 for line in of), default=usual)
    height = _usual([line.box.bottom - line.box.top for line in of])
    return longest if len(of) > 2 and longest > usual - 2.5 * height else usual


class PageParts(NamedTuple):
    """A page. ``sure``: mean confidence of its characters where they were recognised, None where the file itself holds them."""

    where: str
    parts: Sequence[Part]
    sure: float | None = None


def joined_pages(pages: Iterable[PageParts]) -> list[Block]:
    """Blocks of all pages: what a page break cut through is put together again."""
    flow: list[tuple[PageParts, Part]] = []
    for page in pages:
        for place, part in enumerate(page.parts):
            mended = _mended(flow[-1][1], part) if flow and place == 0 else None
            if mended is None:
                flow.append((page, part))
            else:
                flow[-1] = (flow[-1][0], mended)
    return [replace(block, sure=page.sure) for page, part in flow for block in _blocks(part, page.where)]


def _blocks(part: Part, where: str) -> list[Block]:
    if isinstance(part, Table):
        return table([[cell.text for cell in row] for row in part.rows], where)
    return paragraph(part.text, where, part.align)


def _mended(before: Part, after: Part) -> Part | None:
    """Both as one, where the second goes on what the first began on the page before."""
    if isinstance(before, Paragraph) and isinstance(after, Paragraph):
        goes_on = before.open and not _SENTENCE_END.search(before.text) and not after.align
        return Paragraph(_joined(before.text, after.text), before.align, after.open) if goes_on else None
    if isinstance(before, Table) and isinstance(after, Table) and before.rows and after.rows and len(before.rows[-1]) == len(after.rows[0]):
        return _one_table(before, after)
    return None


def _one_table(before: Table, after: Table) -> Table:
    rest = after.rows[1:] if after.rows[0] == before.rows[0] and len(after.rows) > 1 else after.rows
    last, first = before.rows[-1], rest[0]
    if len(last) == len(first) and len(last) > 1 and _goes_on(last, first):
        return Table((*before.rows[:-1], tuple(_one_cell(*pair) for pair in zip(last, first, strict=True)), *rest[1:]))
    return Table((*before.rows, *rest))


def _goes_on(last: Sequence[Cell], first: Sequence[Cell]) -> bool:
    cut = any(up.open and down.text and not _SENTENCE_END.search(up.text) for up, down in zip(last, first, strict=True))
    return not first[0].text or cut


def _one_cell(up: Cell, down: Cell) -> Cell:
    if not (up.text and down.text):
        return Cell(up.text or down.text, up.open or down.open)
    new_item = _SENTENCE_END.search(up.text) and _ENUMERATOR.match(down.text)
    return Cell(f"{up.text}\n{down.text}" if new_item or not up.open else _joined(up.text, down.text), down.open)
