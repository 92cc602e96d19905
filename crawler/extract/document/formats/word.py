"""Word documents written in XML: .docx and its kin, and the single-file XML of Word 2003.

Elements are told by their local names: the transitional, strict and 2003 vocabularies differ in little else.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.errors import DocumentError
from crawler.extract.blocks import Block
from crawler.extract.document.formats.building import heading, paragraph, table, tidy
from crawler.extract.document.formats.limits import Job
from crawler.extract.document.formats.markup import read_html, read_mhtml
from crawler.extract.document.formats.numbering import Numbering
from crawler.extract.document.formats.package import Package
from crawler.extract.document.formats.pictures import read_pictures
from crawler.extract.document.formats.safe_xml import Element, attribute, child, local, parse_xml

#: wrappers around paragraphs and runs that are part of the text; deletions, field codes and fallbacks are not
_TRANSPARENT = frozenset(
    {"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "hyperlink", "fldSimple", "bdo", "dir", "ruby", "rubyBase", "r"}
    | {"sect", "sub-section"}  # Word 2003
)
_LINE_ENDS = frozenset({"br", "cr"})
_ALIGNS = {"right": "right", "end": "right", "center": "center", "centerGroup": "center"}
_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".webp")
_WEB_PAGES = (".htm", ".html", ".xhtml", ".mht", ".mhtml")
_MOST_NESTED = 40


@dataclass(frozen=True, slots=True)
class _Story:
    """What is needed while walking a body. ``headings``: ids of styles that make a heading."""

    where: str
    numbering: Numbering
    headings: frozenset[str]


def read_docx(data: bytes, job: Job) -> list[Block]:
    """Blocks of an Office Open XML document; pictures alone go to text recognition."""
    package = Package(data, job.budget)
    main = _main_part(package)
    folder = posixpath.dirname(main)
    numbering = Numbering(package.xml_or_none(f"{folder}/numbering.xml"))
    story = _Story(job.where, numbering, _heading_styles(package.xml_or_none(f"{folder}/styles.xml")))
    body = child(package.xml(main), "body")
    if body is None:
        raise DocumentError("broken: document without a body")
    blocks = list(_blocks(body, story, 0)) or _from_pages(package, folder, job)
    if blocks:
        return blocks
    media = [name for name in package.names if name.startswith(f"{folder}/media/") and name.lower().endswith(_PICTURES)]
    return read_pictures((package.read(name) for name in media), job) if media else []


def _from_pages(package: Package, folder: str, job: Job) -> list[Block]:
    """A body that only points to web pages packed beside it (altChunk), as exports from editors of web sites do."""
    blocks: list[Block] = []
    for name in package.names:
        if name.startswith(f"{folder}/") and name.lower().endswith(_WEB_PAGES):
            data = package.read(name)
            blocks += read_mhtml(data, job) if name.lower().endswith((".mht", ".mhtml")) else read_html(data, job)
    return blocks


def read_word_xml(data: bytes, job: Job) -> list[Block]:
    """Blocks of a Word 2003 XML document or of an Office Open XML package flattened into one file."""
    root = parse_xml(data)
    body = next((node for node in root.iter() if local(node) == "body"), None)
    if body is None:
        raise DocumentError("broken: document without a body")
    return list(_blocks(body, _Story(job.where, Numbering(None), frozenset()), 0))


def _main_part(package: Package) -> str:
    relations = package.xml_or_none("_rels/.rels")
    for relation in relations if relations is not None else ():
        if (attribute(relation, "Type") or "").endswith("/officeDocument"):
            return (attribute(relation, "Target") or "").lstrip("/")
    return "word/document.xml"


def _heading_styles(styles: Element | None) -> frozenset[str]:
    """Ids of the styles named heading N or Title: the names are English in every language version of Word."""
    found = set()
    for style in styles if styles is not None else ():
        name = (attribute(node, "val") or "" if (node := child(style, "name")) is not None else "").lower()
        if name == "title" or name.startswith("heading"):
            found.add(attribute(style, "styleId") or "")
    return frozenset(found - {""})


def _blocks(parent: Element, story: _Story, depth: int) -> Iterator[Block]:
    if depth > _MOST_NESTED:
        raise DocumentError("refused: nested too deeply")
    for node in parent:
        name = local(node)
        if name == "p":
            yield from _paragraph(node, story, depth)
        elif name == "tbl":
            yield from _table(node, story, depth)
        elif name in _TRANSPARENT:
            yield from _blocks(node, story, depth + 1)


def _paragraph(node: Element, story: _Story, depth: int) -> Iterator[Block]:
    properties = child(node, "pPr")
    number = story.numbering.next(properties)
    boxes: list[Element] = []
    lines = "".join(_text(node, boxes, 0)).split("\n")
    align = _ALIGNS.get(_value(properties, "jc"), "")
    make = heading if _value(properties, "pStyle") in story.headings else paragraph
    for place, line in enumerate(lines):
        yield from make(number + line if place == 0 and tidy(line) else line, story.where, align)
    for box in boxes:
        yield from _blocks(box, story, depth + 1)


def _value(properties: Element | None, name: str) -> str:
    node = child(properties, name)
    return (attribute(node, "val") or "") if node is not None else ""


def _text(node: Element, boxes: list[Element], depth: int) -> Iterator[str]:
    """Text of the runs below ``node``; the text boxes met on the way are put into ``boxes``."""
    if depth > _MOST_NESTED:
        raise DocumentError("refused: nested too deeply")
    for item in node:
        name = local(item)
        if name == "t":
            yield item.text or ""
        elif name == "tab":
            yield "\t" if local(node) == "r" else ""
        elif name in _LINE_ENDS:
            yield "\n"
        elif name == "noBreakHyphen":
            yield "-"
        elif name in _TRANSPARENT:
            yield from _text(item, boxes, depth + 1)
        elif name in {"drawing", "pict", "object", "AlternateContent"}:
            boxes.extend(_boxes(item))


def _boxes(node: Element) -> Iterator[Element]:
    """Text boxes in a drawing; of two renderings of one box (Choice, Fallback) the first."""
    if local(node) == "txbxContent":
        yield node
        return
    for item in node:
        if local(item) != "Fallback":
            yield from _boxes(item)


def _table(node: Element, story: _Story, depth: int) -> Iterator[Block]:
    """A table, merged cells once. One that only arranges the page gives the blocks in its cells, one after the other."""
    rows = [[_cell(cell, story, depth) for cell in _children(row, "tc") if _merge(cell) != "sideways"] for row in _children(node, "tr")]
    if any(sum(map(bool, row)) > 1 for row in rows):
        yield from table([[_cell_text(cell) for cell in row] for row in rows], story.where)
    else:
        yield from (block for row in rows for cell in row for block in cell)


def _children(node: Element, name: str) -> Iterator[Element]:
    for item in node:
        if local(item) == name:
            yield item
        elif local(item) in _TRANSPARENT:
            yield from _children(item, name)


def _cell(cell: Element, story: _Story, depth: int) -> list[Block]:
    """What a cell holds. Below one that is merged downwards there is nothing, so that columns stay in line."""
    return [] if _merge(cell) == "below" else list(_blocks(cell, story, depth + 1))


def _merge(cell: Element) -> str:
    properties = child(cell, "tcPr")
    for name, meaning in (("hMerge", "sideways"), ("hmerge", "sideways"), ("vMerge", "below"), ("vmerge", "below")):
        node = child(properties, name)
        if node is not None and attribute(node, "val") != "restart":
            return meaning
    return ""


def _cell_text(blocks: list[Block]) -> str:
    """Paragraphs of a cell as lines; rows of a table in it are lines too, its cells set apart by a space."""
    return "\n".join(block.text.replace("\t", " ") for block in blocks)
