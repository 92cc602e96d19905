"""Tables of notices: labels with values beside them, or rows under a head of labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from crawler.extract.blocks import Block
from crawler.extract.outline.labels import TEXTS, Label, label_of
from crawler.extract.outline.pieces import Piece, cell_pieces, piece
from crawler.text.widths import half

_NUMBERED = re.compile(r"((?:反馈|整改)?(?:问题|任务))\s?(?:\d{1,3}|[一二三四五六七八九十]{1,3})$")
_HEAD_CELL = 20  # characters of a cell that heads a column, at most
_PART = 6  # characters of a part of a label that a table breaks over several rows


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
    rows = _one_head(_upright(rows))
    head = _head_at(rows)
    if head is not None:
        return _grid(rows, head, block, index)
    return _pairs(rows, block, index)


#: what fills a column of numbers: 3, 第三项, 任务1, B-5, 问题二
_NUMBER_CELL = re.compile(
    r"(?:[省市县区州旗]?(?:任务|问题|序号|编号|事项)?\s?[A-Za-z]{0,4}-?\d{1,3}(?:-\d{1,2})?|第?[一二三四五六七八九十百\d]{1,5}[项条号个]?|(?:任务|问题)[一二三四五六七八九十]{1,3})"
    r"(?:号|项)?(?:问题|任务)?"
)


def is_number(cell: str) -> bool:
    """Whether a cell holds the number of a task and nothing else."""
    return _NUMBER_CELL.fullmatch("".join(half(cell).split())) is not None


def _upright(rows: list[list[str]]) -> list[list[str]]:
    """A table that lies on its side (序号 | 1 | 2 | 3 over 整改任务 | … | … | …) turned: labels lead its rows, tasks its columns."""
    width = len(rows[0])
    lies = (
        width >= 3
        and len(rows) >= 3
        and all(len(row) == width for row in rows)
        and label_of(rows[0][0].replace("\n", "")) is Label.NUMBER
        and all(map(is_number, rows[0][1:]))
        and all(len(row[0]) <= _HEAD_CELL and label_of(row[0].replace("\n", "")) is not None for row in rows)
    )
    return [list(row) for row in zip(*rows, strict=True)] if lies else rows


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
            return None if _is_form(below) else at
    return None


def _one_head(rows: list[list[str]]) -> list[list[str]]:
    """Rows whose head stands in two (整改 over 整改目标 and 整改情况) with the two put together."""
    for at, (above, below) in enumerate(pairwise(rows[:4])):
        if at + 2 >= len(rows) or len(below) < 3 or "" not in below or not any(below) or max(map(len, (*above, *below))) > _HEAD_CELL:
            continue
        both = _two_rows(above, below)
        if both is not None and sum(label is not None for label in _labels(both)) >= 3:
            return [*rows[:at], both, *rows[at + 2 :]]
    return rows


def _two_rows(above: Sequence[str], below: Sequence[str]) -> list[str] | None:
    """The upper row's cells, those that span columns replaced by the ones under them; ``None`` where they do not fit."""
    upper = iter(above)
    both: list[str] = []
    inside = False
    for cell in below:
        if not (cell and inside):
            own = next(upper, None)
            if own is None:
                return None
            both.append(cell or own)
        else:
            both.append(cell)
        inside = bool(cell)
    return both if next(upper, None) is None else None


def continued(block: Block, index: int, above: Grid) -> Grid | None:
    """The rows of a table without a head that goes on from the one above it: as wide, each row beginning with a number."""
    head = [(label, name) for label, name, _ in above.rows[0]]
    rows = [row for row in block.rows if any(row)]
    if not rows or any(len(row) != len(head) or not is_number(row[0]) for row in rows):
        return None
    return Grid(
        tuple(tuple((label, name, cell_pieces(cell, block, index)) for (label, name), cell in zip(head, row, strict=True)) for row in rows)
    )


def _is_form(rows: list[list[str]]) -> bool:
    """Whether most rows begin with a label and a value: a form with merged cells, and no head over columns."""
    begin = [next((cell for cell in row if cell), "") for row in rows]
    return sum(len(cell) <= 40 and label_of(cell.replace("\n", "")) is not None for cell in begin) * 2 > len(rows)


def _is_group(row: Sequence[str], at: int) -> bool:
    """Whether a label stands over others in a merged cell: 整改任务 | 序号 | 17."""
    return at + 2 < len(row) and bool(row[at + 2]) and len(row[at + 1]) <= 16 and label_of(row[at + 1].replace("\n", "")) is not None


def _grid(rows: list[list[str]], at: int, block: Block, index: int) -> Grid | None:
    labels, names = _labels(rows[at]), [half(" ".join(cell.split())) for cell in rows[at]]
    if not any(label in (*TEXTS, Label.UNITS, Label.DEADLINE) for label in labels):
        return None
    if Label.NUMBER not in labels and labels.count(Label.PROBLEM) > 1:
        first = labels.index(Label.PROBLEM)  # 任务 over numbers, 反馈问题 over texts
        if all(is_number(row[first]) for row in rows[at + 1 :] if len(row) > first and row[first]):
            labels[first] = Label.NUMBER
    out: list[tuple[tuple[Label, str, list[Piece]], ...]] = []
    for row in rows[at + 1 :]:
        if row == rows[at]:
            continue  # the head again, as on the next sheet
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
    rows = _whole_labels(rows)
    for place, row in enumerate(rows):
        at = 0
        below = rows[place + 1] if place + 1 < len(rows) else []
        if len(row) == 1 and row[0]:
            found.append((None, "", None, cell_pieces(row[0], block, index)))
            known += len(row[0]) <= _HEAD_CELL and label_of(row[0]) is not None
            continue
        spans = len(below) == 3 and not below[0] and label_of(below[1].replace("\n", "")) is not None
        if (
            len(row) == 3
            and row[0]
            and is_number(row[0])
            and (spans or not row[0].isdigit())
            and label_of(row[1].replace("\n", "")) is not None
        ):
            # a number beside the labels and texts of its task: 第六项 | 反馈问题 | …
            named = piece(row[0].replace("\n", ""), index, block.where)
            found.append((Label.NUMBER, "", named, [named]))
        while at < len(row):
            label = _label_in(row[at].replace("\n", "")) if len(row[at]) <= 60 else None
            head = piece(row[at].replace("\n", ""), index, block.where)
            if label is not None and _is_group(row, at):
                at += 1
            elif label is not None and at + 1 < len(row):
                # a column may stand empty between label and text
                beside = at + 2 if not row[at + 1] and len(row) == at + 3 and label_of(row[at + 2]) is None else at + 1
                found.append((label, head.text, head, _values(row[beside], label, block, index)))
                known += label is not Label.ASIDE
                at = beside + 1
            elif at + 1 < len(row) and 0 < len(row[at]) <= 16 and len(row) % 2 == 0:
                found.append((Label.ASIDE, head.text, head, cell_pieces(row[at + 1], block, index)))
                at += 2
            else:
                at += 1
    return Pairs(tuple(found)) if known >= 2 else None


def _label_in(cell: str) -> Label | None:
    """The meaning of a cell beside a value, a number behind it left out: 整改任务11."""
    found = _NUMBERED.match(cell)
    return label_of(cell) or (label_of(found[1]) if found else None)


def _whole_labels(rows: list[list[str]]) -> list[list[str]]:
    """Rows with labels put together that a table breaks over rows beside one merged value: 反馈 | … and 问题 below it."""
    out: list[list[str]] = []
    at = 0
    while at < len(rows):
        row, taken = rows[at], 1
        if len(row) == 2 and 0 < len(row[0]) <= _PART and label_of(row[0]) is None:
            words = row[0]
            for below in rows[at + 1 : at + 4]:
                if not below or any(below[1:]) or not 0 < len(below[0]) <= _PART:
                    break
                words, taken = words + below[0], taken + 1
                if label_of(words) is not None:
                    break
            row, taken = ([words, row[1]], taken) if label_of(words) is not None else (row, 1)
        out.append(row)
        at += taken
    return out


def _values(cell: str, label: Label, block: Block, index: int) -> list[Piece]:
    """The paragraphs of a value; a first line that only repeats the label is dropped."""
    values = cell_pieces(cell, block, index)
    if (
        values
        and len(values) > 1
        and (head := values[0].opens) is not None
        and head.label is label
        and head.rest == len(values[0].text)
        and not head.level
    ):
        return values[1:]
    return values
