"""What a spider hands to the pipelines. Items carry references to captures, never guesses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from crawler.extract.blocks import Document, Link, Page
from crawler.notice.model import Notice
from crawler.policy.history import File


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a list: where it leads, what it is called, the date beside it."""

    url: str
    title: str
    date: date | None = None
    #: a list that carries whole bodies (JSON APIs) hands them over: no second fetch
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Click:
    """A further list page that has no address: ``times`` clicks from the first page on the control that says ``words``, or is ``css``."""

    words: str
    times: int
    css: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A further list page: GET by default; ``form`` makes it a POST of a form, ``json`` a POST of that JSON text.

    ``click``: it has no address and is reached in the browser from the page before it.
    """

    url: str
    method: str = "GET"
    form: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    json: str | None = None
    click: Click | None = None


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list as its family reads it.

    ``next``: the following page, or None. ``end``: why this is the last one, as the page itself proves it ("page 7 of 7",
    "no link 下一页", "total 130 rows seen"); None together with ``next`` None means that the end is not proved.
    """

    entries: tuple[Entry, ...]
    next: Ask | None = None
    end: str | None = None
    #: total number of rows, where the list states it
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file as fetched. ``capture``: id of the archived response, None when nothing arrived."""

    link: Link
    capture: int | None
    status: int | None
    sha256: str | None = None
    body: bytes | None = None
    error: str | None = None
    validators: tuple[str | None, str | None] = (None, None)


@dataclass(slots=True)
class PageItem:
    """A detail page on its way through the pipelines, filled step by step: archive → extract → normalise → dedupe → store."""

    source_id: str
    requested_url: str
    url: str
    capture: int
    sha256: str
    body: bytes
    #: ETag and Last-Modified
    validators: tuple[str | None, str | None] = (None, None)
    entry: Entry | None = None
    files: tuple[Fetched, ...] = ()
    page: Page | None = None
    documents: tuple[Document, ...] = ()
    reading: Reading | None = None
    match: Match | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """What dedupe found.

    ``known``: id of the notice this page already is. ``before``: that notice's reading under today's rules, where the page
    changed. ``moved``: its page stood at another address until now. ``twin``: id of another notice with the whole text.
    """

    known: str | None = None
    before: Reading | None = None
    moved: bool = False
    twin: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One side of a comparison: what the rules of today read from one capture of a notice and its files."""

    notice: Notice
    wording: str
    files: tuple[File, ...] = ()
    #: of the notice's text, as `crawler.notice.identity` compares them, and the keys by which it is found
    paragraphs: tuple[str, ...] = ()
    keys: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class UnchangedItem:
    """A look at a known page that found nothing new: 304, or the same bytes with the same files. ``full``: it was read."""

    source_id: str
    url: str
    notice_id: str | None
    full: bool
    validators: tuple[str | None, str | None] = (None, None)
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ListItem:
    """A look at the first page of a list. ``heads``: the rows it begins with; without ``sha256`` it answered 304."""

    source_id: str
    url: str
    sha256: str | None
    etag: str | None
    last_modified: str | None
    heads: tuple[str, ...]
    capture: int | None


@dataclass(frozen=True, slots=True)
class MissItem:
    """A look at a known notice's page that found it gone: 404, 410 or a soft 404."""

    source_id: str
    notice_id: str
    url: str
    capture: int
    how: str


@dataclass(frozen=True, slots=True)
class IgnoredItem:
    """An entry or page not kept, and why. Counted, never silent."""

    source_id: str
    url: str
    title: str
    reason: str
    facts: dict[str, object] = field(default_factory=dict)
    capture: int | None = None
