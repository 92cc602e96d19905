"""One model for whatever came in: a page, a Word file, recognised text. Everything that reads fields reads blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    TABLE = "table"


@dataclass(slots=True, unsafe_hash=True)
class Block:
    """A heading, a paragraph, or a table.

    ``text``: NFKC is *not* applied (what is stored is as published); white space is collapsed, zero-width characters are
    gone. Of a table: rows joined by newline, cells by tab. ``rows``: cells of a table, merged cells once; a cell keeps
    its inner paragraphs as lines. ``align``: "right", "center" or "" (a signature stands at the right).
    ``where``: "" for the page itself, else the attachment's name, with page or sheet if known. ``sure``: of recognised text the
    mean confidence of a character on its page, 0 to 1; None where the text itself is in the file.

    Nobody changes a block; it is not frozen because a page has dozens, and a frozen one takes four times as long to make.
    """

    kind: BlockKind
    text: str
    rows: tuple[tuple[str, ...], ...] = ()
    align: str = ""
    where: str = ""
    sure: float | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a file: absolute address, and the name the page gives it (or ``""``)."""

    url: str
    name: str


@dataclass(frozen=True, slots=True)
class Page:
    """A detail page taken apart; navigation, related links, footers and second copies of the body are left out.

    ``title``: without the site's name. ``meta``: lower-cased names of <meta>, first non-empty value. ``header``: the
    索引号/发布机构/发文日期 table as label → value, labels without inner spaces. ``publish_line``: the words around
    来源/发布时间. ``frame``: words outside the body that help to place the page (breadcrumb, site name), never evidence.
    ``attachments``: links to files in the body and beside it, in order, each address once. ``flags``: doubts worth
    storing, as ``charset-declared-wrong``.
    """

    url: str
    title: str
    blocks: tuple[Block, ...]
    charset: str = "utf-8"
    meta: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    publish_line: str = ""
    site_code: str = ""
    frame: str = ""
    attachments: tuple[Link, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A file read to blocks. ``status``: ``read``; ``needs: TOOL``; ``empty``, ``encrypted``, ``broken``, ``refused: WHY``.

    ``media_type`` comes from the content, never from the name. ``name``: as the page gives it.
    """

    name: str
    media_type: str
    status: str
    blocks: tuple[Block, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(block.text for block in self.blocks)

    @property
    def confidence(self) -> dict[str, float]:
        """Of each page that was recognised (``where``) how sure that is, 0 to 1."""
        found: dict[str, float] = {}
        for block in self.blocks:
            if block.sure is not None:
                found[block.where] = min(block.sure, found.get(block.where, 1.0))
        return found
