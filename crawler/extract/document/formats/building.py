"""Making blocks: the one place where text from a file is tidied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from crawler.extract.blocks import Block, BlockKind

Rows = Sequence[Sequence[str]]

#: zero-width and directional marks, soft hyphen, byte order mark; and control characters, which no text needs
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF, 0xFFFE, 0xFFFF]
    + [code for code in range(0x20) if chr(code) not in "\t\n\r\f\v"]
    + list(range(0x7F, 0x85))
    + list(range(0x86, 0xA0))
    + list(range(0xD800, 0xE000))
)
_BLANKS = re.compile(r"\s+")
#: residues of converters: marks of Word's own, printed as if they were text
_MARKS = "bookmark|pic|picture|image|embedded|hyperlink|footnote|endnote|annotation"
_RESIDUE = re.compile(rf"\[(?:{_MARKS})(?::[ _][^\[\]\n]{{0,80}})?\]", re.IGNORECASE)


def tidy(text: str) -> str:
    """One line: white space collapsed, invisible characters and converters' residues gone."""
    return _BLANKS.sub(" ", _visible(text)).strip()


def tidy_lines(text: str) -> str:
    """Several lines, each tidied, the empty ones left out."""
    lines = (_BLANKS.sub(" ", line).strip() for line in _visible(text).splitlines())
    return "\n".join(line for line in lines if line)


def _visible(text: str) -> str:
    text = text.translate(_INVISIBLE)
    return _RESIDUE.sub("", text) if "[" in text else text


def paragraph(text: str, where: str, align: str = "") -> list[Block]:
    """A paragraph, or nothing where there is no text."""
    return _worded(BlockKind.PARAGRAPH, text, where, align)


def heading(text: str, where: str, align: str = "") -> list[Block]:
    """A heading, or nothing where there is no text."""
    return _worded(BlockKind.HEADING, text, where, align)


def _worded(kind: BlockKind, text: str, where: str, align: str) -> list[Block]:
    words = tidy(text)
    return [Block(kind, words, align=align, where=where)] if words else []


def table(rows: Iterable[Sequence[str]], where: str) -> list[Block]:
    """A table of the rows that hold any text; a frame around one single cell is no table but paragraphs."""
    kept = [cells for row in rows if any(cells := tuple(tidy_lines(cell) for cell in row))]
    if not kept:
        return []
    if all(len(row) == 1 for row in kept):
        return [block for row in kept for line in row[0].splitlines() for block in paragraph(line, where)]
    text = "\n".join("\t".join(cell.replace("\n", " ") for cell in row).rstrip("\t") for row in kept)
    return [Block(BlockKind.TABLE, text, rows=tuple(kept), where=where)]


def clipped(blocks: Iterable[Block], limit: int) -> tuple[list[Block], bool]:
    """The blocks whose text fits into ``limit`` bytes of UTF-8, and whether all of them did."""
    kept: list[Block] = []
    size = 0
    for block in blocks:
        size += len(block.text.encode("utf-8", "replace")) + 1
        if size > limit:
            return kept, False
        kept.append(block)
    return kept, True
