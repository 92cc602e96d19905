"""Tables of notices: labels with values beside them, or rows under a head of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.extract.blocks import Block
from crawler.extract.labels import TEXTS, Label, heading, label_of
from crawler.extract.pieces import Piece, cell_pieces, piece
from crawler.notice.widths import half


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows under a head; a row holds (label, label as printed, paragraphs of the cell)."""

    rows: tuple[tuple[tuple[Label, str, list[Piece]], ...], ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Labels with values: (label, label as printed, the cell of the label, paragraphs of the value).

    A row that spans the table comes as its paragraphs, without a label.
    """

    rows: tuple[tuple[Label | None, str, Piece | None, list[Piece]], ...]


def grid_of(block: Block, index: int) -> Grid | Pairs | None:
    """What a table is, or ``None`` where it is only layout (its lines are read as paragraphs)."""
    rows = [list(row) for row in block.rows]
    if not rows or max(len(row) for row in rows) < 2:
        return None
    head = _head_at(rows)
    if head is not None:
        return _grid(rows, head, block, index)
    return _pairs(rows, block, index)


def _labels(row: Sequence[str]) -> list[Label | None]:
    return [label_of(cell.replace("\n", "")) if len(cell) <= 40 else None for cell in row]


def _head_at(rows: list[list[str]]) -> int | None:
    """The row that heads columns: at least two labels of different meaning, none of them beside a long value, rows below."""
    for at, row in enumerate(rows[:4]):
        labels = _labels(row)
        known = [label for label in labels if label is not None]
        enough = len(known) >= 3 or (len(known) == 2 and len(row) <= 3)
        below = rows[at + 1 :]
        if enough and below and len(set(known)) >= 2 and len(known) * 2 >= len(row) and not _labels(below[0])[0]:
            return at
    return None


def _grid(rows: list[list[str]], at: int, block: Block, index: int) -> Grid | None:
    labels, names = _labels(rows[at]), [half(" ".join(cell.split())) for cell in rows[at]]
    if not any(label in (*TEXTS, Label.UNITS, Label.DEADLINE) for label in labels):
        return None
    out = []
    for row in rows[at + 1 :]:
        cells = [
            (label or Label.ASIDE, name, cell_pieces(cell, block, index)) for label, name, cell in zip(labels, names, row, strict=False)
        ]
        filled = sum(bool(values) for _, _, values in cells)
        if len(row) >= 2 and (filled >= 2 or (out and filled and not row[0])):
            out.append(tuple(cells))
    return Grid(tuple(out)) if out else None


def _pairs(rows: list[list[str]], block: Block, index: int) -> Pairs | None:
    found: list[tuple[Label | None, str, Piece | None, list[Piece]]] = []
    known = 0
    for row in rows:
        at = 0
        if len(row) == 1 and row[0]:
            found.append((None, "", None, cell_pieces(row[0], block, index)))
            continue
        while at < len(row):
            label = label_of(row[at].replace("\n", "")) if len(row[at]) <= 60 else None
            head = piece(row[at].replace("\n", ""), index, block.where)
            if label is not None and at + 1 < len(row):
                found.append((label, head.text, head, _values(row[at + 1], label, block, index)))
                known += label is not Label.ASIDE
                at += 2
            elif at + 1 < len(row) and 0 < len(row[at]) <= 16 and len(row) % 2 == 0:
                found.append((Label.ASIDE, head.text, head, cell_pieces(row[at + 1], block, index)))
                at += 2
            else:
                at += 1
    return Pairs(tuple(found)) if known >= 2 else None


def _values(cell: str, label: Label, block: Block, index: int) -> list[Piece]:
    """The paragraphs of a value; a first line that only repeats the label is dropped."""
    values = cell_pieces(cell, block, index)
    if (
        values
        and len(values) > 1
        and (head := heading(values[0].text)) is not None
        and head.label is label
        and head.rest == len(values[0].text)
        and not head.level
    ):
        return values[1:]
    return values
