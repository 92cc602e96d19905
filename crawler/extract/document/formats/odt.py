"""OpenDocument text (.odt)."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.errors import DocumentError
from crawler.extract.blocks import Block
from crawler.extract.document.formats.building import heading, paragraph, table
from crawler.extract.document.formats.limits import Job
from crawler.extract.document.formats.package import Package
from crawler.extract.document.formats.safe_xml import Element, local

#: what stands in the text and is none: notes, comments, deleted passages, tables of what is printed elsewhere
_SILENT = frozenset({"annotation", "annotation-end", "note", "tracked-changes", "table-of-content", "forms", "sequence-decls"})
_MOST_NESTED = 40


def read_odt(data: bytes, job: Job) -> list[Block]:
    """Blocks of an OpenDocument text."""
    body = next((node for node in Package(data, job.budget).xml("content.xml").iter() if local(node) == "text"), None)
    if body is None:
        raise DocumentError("broken: document without a body")
    return list(_blocks(body, job.where, 0))


def _blocks(parent: Element, where: str, depth: int) -> Iterator[Block]:
    if depth > _MOST_NESTED:
        raise DocumentError("refused: nested too deeply")
    for node in parent:
        name = local(node)
        if name in {"p", "h"}:
            make = heading if name == "h" else paragraph
            yield from (block for line in "".join(_text(node)).split("\n") for block in make(line, where))
        elif name == "table":
            yield from _table(node, where, depth)
        elif name not in _SILENT:
            yield from _blocks(node, where, depth + 1)


def _text(node: Element) -> Iterator[str]:
    yield node.text or ""
    for item in node:
        name = local(item)
        if name in {"s", "tab"}:
            yield " "
        elif name == "line-break":
            yield "\n"
        elif name not in _SILENT:
            yield from _text(item)
        yield item.tail or ""


def _table(node: Element, where: str, depth: int) -> Iterator[Block]:
    """A table with merged cells once; one that only arranges the page gives the blocks in its cells."""
    rows = [[list(_blocks(cell, where, depth + 1)) for cell in _cells(row)] for row in _rows(node)]
    if any(sum(map(bool, row)) > 1 for row in rows):
        yield from table([["\n".join(block.text.replace("\t", " ") for block in cell) for cell in row] for row in rows], where)
    else:
        yield from (block for row in rows for cell in row for block in cell)


def _rows(node: Element) -> Iterator[Element]:
    for item in node:
        if local(item) == "table-row":
            yield item
        elif local(item) in {"table-header-rows", "table-rows", "table-row-group"}:
            yield from _rows(item)


def _cells(row: Element) -> Iterator[Element]:
    """Cells of a row. Of the covered ones only those below a cell count, and they are empty."""
    reach = 0
    for item in row:
        if local(item) == "table-cell":
            spanned = next((value for key, value in item.attrib.items() if str(key).endswith("number-columns-spanned")), "1")
            reach = int(str(spanned)) - 1 if str(spanned).isdigit() and len(spanned) < 4 else 0
            yield item
        elif local(item) == "covered-table-cell":
            if reach:
                reach -= 1
            else:
                yield item
