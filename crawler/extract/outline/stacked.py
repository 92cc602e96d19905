"""Lists that lost their table: every cell a line of its own, the head first, then row after row by their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.extract.outline.grids import Grid, Pairs, is_number
from crawler.extract.outline.labels import Label, label_of
from crawler.extract.outline.pieces import Piece

_LEAST, _MOST = 3, 9  # columns of such a list
_HEAD_CELL = 12  # characters of a column's name at most

Flow = list[Piece | Grid | Pairs]


def stacked(flow: Flow) -> Flow:
    """The flow with such lists put back to tables; as it came where there are none."""
    out: Flow = []
    at = 0
    while at < len(flow):
        labels = _head(flow, at) if _begins(flow[at]) else []
        rows = _rows(flow, at + len(labels), labels) if labels else []
        if len(rows) < 2:
            out.append(flow[at])
            at += 1
            continue
        out.append(Grid(tuple(rows)))
        at += len(labels) * (len(rows) + 1)
    return out


def _begins(item: Piece | Grid | Pairs) -> bool:
    return isinstance(item, Piece) and len(item.text) <= _HEAD_CELL and label_of(item.text) is Label.NUMBER


def _head(flow: Flow, at: int) -> list[tuple[Label, str]]:
    """The names of columns that stand line below line from ``at``, where one `_begins`; empty where there are none."""
    found: list[tuple[Label, str]] = []
    for item in flow[at : at + _MOST]:
        label = label_of(item.text) if isinstance(item, Piece) and len(item.text) <= _HEAD_CELL else None
        if label is None or not isinstance(item, Piece):
            break
        found.append((label, item.text))
    return found if len({label for label, _ in found}) >= _LEAST else []


def _rows(flow: Flow, at: int, labels: Sequence[tuple[Label, str]]) -> list[tuple[tuple[Label, str, list[Piece]], ...]]:
    """Rows as wide as the head that begin with a number and have no other; up to the first that does not fit."""
    rows: list[tuple[tuple[Label, str, list[Piece]], ...]] = []
    while True:
        cells = flow[at : at + len(labels)]
        lines = [cell for cell in cells if isinstance(cell, Piece)]
        if len(lines) < len(labels) or not is_number(lines[0].text) or any(is_number(line.text) for line in lines[1:]):
            return rows
        rows.append(tuple((label, name, [line]) for (label, name), line in zip(labels, lines, strict=True)))
        at += len(labels)
