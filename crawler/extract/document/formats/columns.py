"""Tables without ruling lines: rows of text that begin at the same places across the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from crawler.extract.document.formats.layout import Box, Grid, Run, lines

#: in heights of the text: the gap between columns, how well their beginnings agree, the step to a line that is no longer the same table
_GAP, _AGREE, _FAR = 1.5, 0.6, 3.5
#: lines that are cut into columns, at least
_LEAST_ROWS = 3
_MOST_COLUMNS = 12
_MARGIN = 6.0


@dataclass(slots=True)
class _Row:
    """A line of the page, cut where it has wide gaps."""

    pieces: list[Box]

    @property
    def top(self) -> float:
        return min(piece.top for piece in self.pieces)

    @property
    def bottom(self) -> float:
        return max(piece.bottom for piece in self.pieces)


@dataclass(slots=True)
class _Region:
    """Lines that follow each other in one table, ``starts``: where its columns begin."""

    starts: list[float]
    rows: list[_Row] = field(default_factory=list)


def unruled(runs: Sequence[Run]) -> list[Grid]:
    """The tables of a page without ruling lines, from top to bottom."""
    if not runs:
        return []
    height = sorted(run.box.bottom - run.box.top for run in runs)[len(runs) // 2]
    cut = [_cut(line, runs, height) for line in lines(runs)]
    starts = _starts([row for row in cut if len(row.pieces) > 1], height)
    if len(starts) < 2:
        return []
    return [_grid(region, height) for region in _regions(cut, starts, height) if _is_table(region)]


def _cut(line: Run, runs: Sequence[Run], height: float) -> _Row:
    inside = sorted((run.box for run in runs if run.text.strip() and line.box.holds(run.box.middle)), key=lambda box: box.x0)
    pieces: list[Box] = []
    for box in inside:
        if pieces and box.x0 - pieces[-1].x1 < _GAP * height:
            last = pieces[-1]
            pieces[-1] = Box(last.x0, min(last.top, box.top), max(last.x1, box.x1), max(last.bottom, box.bottom))
        else:
            pieces.append(box)
    return _Row(pieces or [line.box])


def _starts(rows: Sequence[_Row], height: float) -> list[float]:
    """Places at which pieces begin in at least half of the lines that are cut, and in three."""
    groups: list[list[float]] = []
    for place in sorted(piece.x0 for row in rows for piece in row.pieces):
        if groups and place - groups[-1][0] <= _AGREE * height:
            groups[-1].append(place)
        else:
            groups.append([place])
    least = max(_LEAST_ROWS, len(rows) / 2)
    return [group[0] for group in groups if len(group) >= least][:_MOST_COLUMNS]


def _regions(rows: Sequence[_Row], starts: Sequence[float], height: float) -> list[_Region]:
    """Runs of lines of which every piece begins where a column does, and ends before the next one begins."""
    found = [_Region(list(starts))]
    for row in rows:
        above = found[-1].rows
        if not _fits(row, starts, height):
            found.append(_Region(list(starts)))
            continue
        if above and row.top - above[-1].bottom > _FAR * height:
            found.append(_Region(list(starts)))
        if found[-1].rows or len(row.pieces) > 1:
            found[-1].rows.append(row)
    return found


def _fits(row: _Row, starts: Sequence[float], height: float) -> bool:
    for piece in row.pieces:
        column = _column(piece, starts, height)
        if column is None or (column + 1 < len(starts) and piece.x1 > starts[column + 1]):
            return False
    return True


def _column(piece: Box, starts: Sequence[float], height: float) -> int | None:
    near = [column for column, start in enumerate(starts) if -_AGREE * height < piece.x0 - start]
    return near[-1] if near else None


def _is_table(region: _Region) -> bool:
    return sum(len(row.pieces) > 1 for row in region.rows) >= _LEAST_ROWS


def _grid(region: _Region, height: float) -> Grid:
    """A row begins with each line that has something in its first column."""
    first = [place for place, row in enumerate(region.rows) if place == 0 or _column(row.pieces[0], region.starts, height) == 0]
    tops = [region.rows[place].top for place in first]
    low = region.rows[-1].bottom
    edges = [*(start - _AGREE * height for start in region.starts[1:]), 0.0]
    left = region.starts[0] - _MARGIN
    pieces = [piece for row in region.rows for piece in row.pieces]
    edges[-1] = max(piece.x1 for piece in pieces) + _MARGIN
    lefts = [left, *edges[:-1]]
    ends = [min(_reach(pieces, region.starts, place, height), edge) for place, edge in enumerate(edges)]
    rows = tuple(
        tuple(Box(x0, top, x1, bottom) for x0, x1 in zip(lefts, ends, strict=True))
        for top, bottom in zip(tops, [*tops[1:], low], strict=True)
    )
    return Grid(Box(left, tops[0], edges[-1], low), rows)


def _reach(pieces: Sequence[Box], starts: Sequence[float], column: int, height: float) -> float:
    """Where the text of a column ends at the right, with a margin."""
    return max((piece.x1 for piece in pieces if _column(piece, starts, height) == column), default=starts[column]) + _MARGIN
