"""Feeds: Atom (RFC 4287) with tombstones (RFC 6721), and JSON Lines of notices. The same data gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from crawler.clock import CHINA
from crawler.db.queries import Announced, ChangeRow, Selection
from crawler.publish.event_words import Entry, entry
from crawler.publish.feed_selection import slug
from crawler.publish.safe_output import clean, outgoing, outgoing_change
from crawler.publish.vocabulary import SAYS, Lang, say

#: authority and date of our tags (RFC 4151); a reader knows entries by them, so they never change
AUTHORITY = "signoff.example,2026"
_ATOM = "http://www.w3.org/2005/Atom"
_TOMBSTONE = "http://purl.org/atompub/tombstones/1.0"


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """What a feed says of itself.

    ``title``: for people. ``selection``: its name is the feed's id. ``blind``: names of sources in the selection that cannot be
    read now. ``reposting``: ids of sources that are no authorities. ``links``: (rel, address), as ``self``, ``alternate``,
    ``prev-archive``. ``updated``: of a feed without events; the newest event's time otherwise.
    """

    title: str
    selection: Selection
    blind: tuple[str, ...] = ()
    reposting: frozenset[str] = frozenset()
    links: tuple[tuple[str, str], ...] = ()
    updated: datetime | None = None
    lang: Lang = "zh"
    authority: str = AUTHORITY

    @property
    def tag(self) -> str:
        return f"tag:{self.authority}:feed/{slug(self.selection)}"


def atom(events: Iterable[Announced], info: FeedInfo) -> Iterator[bytes]:
    """An Atom feed in pieces, one entry an event, in the order given (newest first, as `announced` gives them).

    A withdrawal has an entry that tells of it, and a tombstone for the entry whose news it ends.
    """
    rest = iter(events)
    first = next(rest, None)
    yield _head(info, first.change.at if first else info.updated or datetime.fromtimestamp(0, UTC))
    for event in chain([first] if first else [], rest):
        said = entry(event, info.authority, info.reposting, info.lang)
        yield ET.tostring(_entry(said, info), encoding="unicode").encode("utf-8") + b"\n"
        if said.ended:
            yield ET.tostring(_tombstone(said), encoding="unicode").encode("utf-8") + b"\n"
    yield b"</feed>\n"


def _head(info: FeedInfo, updated: datetime) -> bytes:
    parts = [_leaf("id", info.tag), _leaf("title", clean(info.title)), _leaf("updated", rfc3339(updated))]
    if info.blind:
        parts.append(_leaf("subtitle", clean(say(SAYS["blind"], info.lang).format(names="、".join(info.blind)))))
    parts += [_leaf("link", None, rel=rel, href=clean(href)) for rel, href in info.links]
    parts.append(_leaf("generator", "Signoff Watch"))
    opening = f'<feed xmlns="{_ATOM}" xmlns:at="{_TOMBSTONE}" xml:lang={quoteattr("zh-CN" if info.lang == "zh" else info.lang)}>'
    body = "\n".join(ET.tostring(part, encoding="unicode") for part in parts)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{opening}\n{body}\n'.encode()


def _entry(said: Entry, info: FeedInfo) -> ET.Element:
    element = ET.Element("entry")
    element.append(_leaf("id", said.tag))
    element.append(_leaf("title", said.title))
    element.append(_leaf("updated", rfc3339(said.updated)))
    if said.published:
        element.append(_leaf("published", f"{said.published}T00:00:00+08:00"))
    author = ET.SubElement(element, "author")
    author.append(_leaf("name", said.author))
    if said.url:
        element.append(_leaf("link", None, rel="alternate", href=said.url))
    for scheme, term, label in said.categories:
        element.append(_leaf("category", None, scheme=f"tag:{info.authority}:{scheme}", term=term, label=label))
    element.append(_leaf("summary", said.summary))
    element.append(_leaf("content", said.html, type="html"))
    return element


def _tombstone(said: Entry) -> ET.Element:
    element = ET.Element("at:deleted-entry", {"ref": said.ended or "", "when": rfc3339(said.updated)})
    element.append(_leaf("at:comment", said.title))
    return element


def _leaf(name: str, text: str | None, **attributes: str) -> ET.Element:
    element = ET.Element(name, attributes)
    element.text = text
    return element


def rfc3339(moment: datetime) -> str:
    """An instant in China's time, whole seconds."""
    return moment.astimezone(CHINA).isoformat(timespec="seconds")


def jsonl(notices: Iterable[dict[str, Any]], reposting: Collection[str] = ()) -> Iterator[bytes]:
    """Notice JSON, one notice a line, UTF-8."""
    return (_line(outgoing(notice, reposting)) for notice in notices)


def jsonl_changes(changes: Iterable[ChangeRow], reposting: Collection[str] = ()) -> Iterator[bytes]:
    """Events as JSON, one a line, UTF-8."""
    return (_line(outgoing_change(change, reposting)) for change in changes)


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8") + b"\n"
