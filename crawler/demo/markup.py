"""How the sample texts become pages: one light markup for all texts, one set of templates a CMS family.

The markup, line by line: ``# `` a heading, ``> `` a line set to the right, ``| a | b |`` a table row, anything else a paragraph.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from html import escape
from itertools import groupby

from docx import Document

#: a fixed time for the members of generated documents, so that equal texts give equal bytes
EPOCH = (2025, 6, 1, 0, 0, 0)
FULL_WIDTH = str.maketrans("0123456789,:;()", "０１２３４５６７８９，：；（）")


class Kind(StrEnum):
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    RIGHT = "right"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading or line to the right (``rows`` holds one cell), or a table."""

    kind: Kind
    rows: tuple[tuple[str, ...], ...]

    @property
    def text(self) -> str:
        return self.rows[0][0]


def blocks(text: str) -> Iterator[Block]:
    """Read the light markup; empty lines separate nothing and are left out."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for is_row, group in groupby(lines, key=lambda line: line.startswith("|")):
        if is_row:
            yield Block(Kind.TABLE, tuple(cells(line) for line in group))
        else:
            yield from (line_block(line) for line in group)


def cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip("|").split("|"))


def line_block(line: str) -> Block:
    for mark, kind in (("# ", Kind.HEADING), ("> ", Kind.RIGHT)):
        if line.startswith(mark):
            return Block(kind, ((line.removeprefix(mark),),))
    return Block(Kind.PARAGRAPH, ((line,),))


def modern_html(text: str) -> str:
    """The text as an editor of today writes it: paragraphs and a bordered table."""
    return "\n".join(modern_block(block) for block in blocks(text))


def modern_block(block: Block) -> str:
    match block.kind:
        case Kind.TABLE:
            return table(block.rows, '<table border="1" cellspacing="0" class="MsoTableGrid" style="width:100%">', "<td><p>{}</p></td>")
        case Kind.HEADING:
            return f"<p><strong>　　{escape(block.text)}</strong></p>"
        case Kind.RIGHT:
            return f'<p style="text-align: right;">{escape(block.text)}</p>'
        case Kind.PARAGRAPH:
            return f'<p style="text-indent: 2em; line-height: 2em;">{escape(block.text)}</p>'


def old_html(text: str) -> str:
    """The text as an editor of 2005 wrote it: line breaks instead of paragraphs, upper-case tags, blanks as indents."""
    return "\r\n".join(old_block(block) for block in blocks(text))


def old_block(block: Block) -> str:
    match block.kind:
        case Kind.TABLE:
            return table(block.rows, "<TABLE cellSpacing=0 cellPadding=3 width=640 border=1>", "<TD><FONT face=宋体>{}</FONT></TD>")
        case Kind.RIGHT:
            return f"<DIV align=right>{escape(block.text)}</DIV>"
        case Kind.HEADING:
            return f"　　<B>{escape(block.text)}</B><BR>"
        case Kind.PARAGRAPH:
            return f"　　{escape(block.text)}<BR>"


def retypeset_html(text: str) -> str:
    """The same words pasted again from Word: cut into spans, full-width figures, stray blanks. No reader sees a change."""
    return "\n".join(retypeset_block(block) for block in blocks(text))


def retypeset_block(block: Block) -> str:
    if block.kind is Kind.TABLE:
        return table(block.rows, '<table class="MsoNormalTable">', '<td><span style="font-size:12pt">{}</span></td>')
    words = block.text.translate(FULL_WIDTH)
    middle = len(words) // 2
    parts = (words[:middle], words[middle:])
    spans = "".join(f'<span style="font-family:仿宋_GB2312;font-size:16pt">{escape(part)}</span>' for part in parts)
    align = "right" if block.kind is Kind.RIGHT else "justify"
    return f'<p class="MsoNormal" style="text-align:{align}">&nbsp;&nbsp;{spans}<span lang="EN-US"><o:p></o:p></span>\u200b</p>'


def table(rows: Sequence[Sequence[str]], opening: str, cell: str) -> str:
    body = "".join(f"<tr>{''.join(cell.format(escape(value)) for value in row)}</tr>" for row in rows)
    closing = opening[1:6]
    return f"{opening}<tbody>{body}</tbody></{closing}>"


@cache
def word_document(text: str) -> bytes:
    """The text as a .docx file; equal texts give equal bytes."""
    document = Document()
    for block in blocks(text):
        if block.kind is Kind.TABLE:
            grid = document.add_table(rows=0, cols=max(len(row) for row in block.rows))
            for row in block.rows:
                for cell, words in zip(grid.add_row().cells, row, strict=False):
                    cell.text = words
        else:
            document.add_paragraph(block.text)
    buffer = io.BytesIO()
    document.save(buffer)
    return undated(buffer.getvalue())


def undated(package: bytes) -> bytes:
    """The same zip package with every member's time set to `EPOCH`."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            target.writestr(zipfile.ZipInfo(name, EPOCH), source.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
