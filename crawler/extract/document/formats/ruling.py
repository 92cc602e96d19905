"""Ruled tables: from strokes to cells, and from cells to rows in which merged cells stand once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crawler.extract.document.formats.layout import Box, Grid

_NEAR = 2.0  # points
_MOST_LINES = 1_000
_MOST_CELLS = 5_000


def grid_of(cells: Sequence[Box]) -> Grid | None:
    """Rows of a table of which the cells are known. One single cell is a frame around text, no table."""
    if not 2 <= len(cells) <= _MOST_CELLS:
        return None
    xs, ys = _merged([cell.x0 for cell in cells]), _merged([cell.top for cell in cells])
    right, low = max(cell.x1 for cell in cells), max(cell.bottom for cell in cells)
    owners = {
        (column, row): cell for cell in cells for column in _covered(cell.x0, cell.x1, xs) for row in _covered(cell.top, cell.bottom, ys)
    }
    rows = [tuple(_slot(owners.get((column, row)), xs[column], ys[row]) for column in range(len(xs))) for row in range(len(ys))]
    return Grid(Box(xs[0], ys[0], right, low), tuple(rows))


def _covered(start: float, end: float, steps: Sequence[float]) -> Iterator[int]:
    return (place for place, value in enumerate(steps) if start - _NEAR <= value < end - _NEAR)


def _slot(owner: Box | None, x: float, y: float) -> Box | str | None:
    """The cell where it begins; "above" below its first row; None at the right of its first column, or where no cell is."""
    if owner is None or owner.x0 < x - _NEAR:
        return None
    return "above" if owner.top < y - _NEAR else owner


def _merged(values: Sequence[float]) -> list[float]:
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _NEAR:
            found.append(value)
    return found


def grids(strokes: Sequence[Box]) -> list[Grid]:
    """The tables that these strokes rule, from top to bottom; none where they do not cross."""
    flat = [box for box in strokes if box.bottom - box.top <= _NEAR < box.x1 - box.x0][:_MOST_LINES]
    upright = [box for box in strokes if box.x1 - box.x0 <= _NEAR < box.bottom - box.top][:_MOST_LINES]
    found = (grid_of(list(_cells(*group))) for group in _bands(flat, upright))
    return [grid for grid in found if grid is not None]


def _bands(flat: Sequence[Box], upright: Sequence[Box]) -> Iterator[tuple[list[Box], list[Box]]]:
    """Lines that reach the same band of the page belong to one table."""
    bands: list[list[float]] = []
    for line in sorted(upright, key=lambda box: box.top):
        if bands and line.top <= bands[-1][1] + _NEAR:
            bands[-1][1] = max(bands[-1][1], line.bottom)
        else:
            bands.append([line.top, line.bottom])
    for high, low in bands:
        yield tuple([box for box in lines if high - _NEAR <= box.top <= low + _NEAR] for lines in (flat, upright))  # type: ignore[misc]


def _cells(flat: Sequence[Box], upright: Sequence[Box]) -> Iterator[Box]:
    """A cell begins where a line at its left and one above it meet, and reaches to the next of each."""
    xs, ys = _merged([box.x0 for box in upright]), _merged([box.top for box in flat])
    if len(xs) * len(ys) > _MOST_CELLS:
        return
    for row, top in enumerate(ys[:-1]):
        for column, left in enumerate(xs[:-1]):
            x, y = (left + xs[column + 1]) / 2, (top + ys[row + 1]) / 2
            if _stands(left, y, upright) and _lies(x, top, flat):
                right = next((other for other in xs[column + 1 :] if _stands(other, y, upright)), xs[-1])
                low = next((other for other in ys[row + 1 :] if _lies(x, other, flat)), ys[-1])
                yield Box(left, top, right, low)


def _stands(x: float, y: float, upright: Sequence[Box]) -> bool:
    return any(abs(box.x0 - x) <= _NEAR and box.top - _NEAR <= y <= box.bottom + _NEAR for box in upright)


def _lies(x: float, y: float, flat: Sequence[Box]) -> bool:
    return any(abs(box.top - y) <= _NEAR and box.x0 - _NEAR <= x <= box.x1 + _NEAR for box in flat)
