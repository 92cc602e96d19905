"""An archived answer to the page that was read from it once: a page, a file that is its own page, or a body inside a list. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from crawler.errors import ArchiveError
from crawler.extract.blocks import Block, BlockKind, Document, Link, Page
from crawler.extract.page import charset, read_page, response_kind

_DEEPEST = 50  # levels of JSON in which a body is looked for


def page_again(body: bytes, content_type: str | None, url: str, fetched_url: str, sha256: str, title: str) -> Page:
    """Take apart what was archived as it was taken apart when it came, under today's rules.

    ``body``: of the answer, its Content-Encoding undone; ``fetched_url``: where it came from; ``url``: the page's own address;
    ``sha256``: of the bytes the page was read from, hex; ``title``: under which it was known, for what has none of its own.
    Raises `ArchiveError` where these bytes do not stand in the answer.
    """
    if hashlib.sha256(body).hexdigest() != sha256:
        fragment = _fragment(body, content_type, sha256)
        if fragment is None:
            raise ArchiveError(f"{url}: its capture does not hold the bytes it was read from")
        return read_page.body_fragment(fragment, url, title)
    if response_kind.judge(200, url, url, body, content_type).answer is response_kind.Answer.NOT_HTML:
        return Page(url, title, (), attachments=(Link(fetched_url, title),))
    return read_page.read_page(body, url, content_type)


def _fragment(body: bytes, content_type: str | None, sha256: str) -> str | None:
    """The string in a list of JSON whose digest is the one wanted: a list may carry whole bodies."""
    text = charset.decode(body, content_type).text
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=0)  # a callback's name may stand before it
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return next((one for one in _strings(value, 0) if hashlib.sha256(one.encode("utf-8", "replace")).hexdigest() == sha256), None)


def _strings(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item, depth + 1)


def document_again(name: str, media_type: str | None, text: str, confidence: Mapping[str, float] | None = None) -> Document:
    """A file that was read once, from its stored text: for a machine that lacks the tool which read it.

    Lines with tabs that follow each other are a table again; how its cells were broken into paragraphs is lost, and so is what
    stood on which page: all of it is as sure as the least sure page (``confidence``).
    """
    sure = min(confidence.values()) if confidence else None
    blocks: list[Block] = []
    rows: list[tuple[str, ...]] = []
    for line in [*text.split("\n"), ""]:
        if "\t" in line:
            rows.append(tuple(line.split("\t")))
            continue
        if rows:
            blocks.append(Block(BlockKind.TABLE, "\n".join("\t".join(row) for row in rows), tuple(rows), where=name, sure=sure))
            rows = []
        if line.strip():
            blocks.append(Block(BlockKind.PARAGRAPH, line, where=name, sure=sure))
    return Document(name, media_type or "application/octet-stream", "read", tuple(blocks))
