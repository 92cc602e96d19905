"""From an item's bytes to a reading: the page in this process, its files in the sandbox, with one set of rules."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from sqlalchemy import Connection, select

from crawler.crawl.from_archive import document_again, page_again
from crawler.db.find_notice import digest
from crawler.db.models import AttachmentRow
from crawler.extract import read_notice, wording
from crawler.extract.blocks import Document, Link, Page
from crawler.extract.document.sandbox import DocumentReader
from crawler.extract.page.links import says_nothing
from crawler.extract.page.served_name import served_name
from crawler.fetch.archive.archive import Kept
from crawler.fetch.process import Context
from crawler.items import Fetched, PageItem, Reading
from crawler.notice import identity, names
from crawler.notice.model import Attachment, Publisher
from crawler.policy.history import File
from crawler.registry.registry import Source


def publisher_of(source: Source) -> Publisher:
    return Publisher(source.name, source.region, source.reposts)


class Readers:
    """Reads pages and files under today's rules. One per process: it owns the pool of document readers."""

    _one: ClassVar[Readers | None] = None

    def __init__(self, shared: Context) -> None:
        self.shared = shared
        self.documents = DocumentReader(office=False)  # LibreOffice takes seconds: a notice never waits for it

    @classmethod
    def of(cls, shared: Context) -> Readers:
        if cls._one is None or cls._one.shared is not shared:
            cls._one = cls(shared)
        return cls._one

    async def read(self, item: PageItem, source: Source) -> Reading:
        """The reading of a page just fetched."""
        assert item.page is not None
        files = [await self._whole(file) for file in item.files]
        documents = [await self._document(file) for file in files]
        return _titled(combine(item.page, source, files, documents), item.entry.title if item.entry else "")

    async def again(
        self, capture: int, url: str, files: Sequence[tuple[str, str, int | None]], source: Source, sha256: str, title: str
    ) -> Reading:
        """The reading of an archived capture and its files (name, address, capture) under today's rules.

        ``sha256``: of the bytes the page was read from, which a list may have carried; ``title``: under which it was known.
        """
        kept = self.shared.archive.read(capture)
        page = page_again(kept.body, content_type_of(kept), url, kept.url, sha256, title)
        fetched = [self._archived(name, address, file) for name, address, file in files]
        links = {link.url: link for link in page.attachments}
        known = [file for file in fetched if file.link.url in links]
        documents = [await self._document(file) for file in known]
        reading = _titled(combine(page, source, known, documents), title)
        return replace(reading, notice=names.normalise(reading.notice)[0])  # as the pipelines do with what is new

    def _archived(self, name: str, url: str, capture: int | None) -> Fetched:
        link = Link(url, name)
        if capture is None:
            return Fetched(link, None, None, error="failed: never fetched")
        kept = self.shared.archive.read(capture)
        return Fetched(named(link, kept), capture, 200, hashlib.sha256(kept.body).hexdigest(), kept.body)

    async def _whole(self, file: Fetched) -> Fetched:
        """A file that was not sent again, with the bytes and the name it came with once."""
        if file.body is not None or file.sha256 is None:
            return file
        capture = await self.shared.database.read(lambda c: _capture_of(c, file.sha256))
        if capture is None:
            return file
        kept = self.shared.archive.read(capture)
        return replace(file, link=named(file.link, kept), body=kept.body)

    async def _document(self, file: Fetched) -> Document | None:
        document = await self.documents.read(file.body, file.link.name) if file.body is not None else None
        if document is None or not document.status.startswith("needs: "):
            return document
        # what a slower tool read of the same bytes stays known: a look without it must not take it back
        read = await self.shared.database.read(lambda c: _text_of(c, file.sha256))
        return document_again(file.link.name, document.media_type, *read) if read else document


def named(link: Link, kept: Kept) -> Link:
    """A link with the server's name for the file, where the page gives it none."""
    return replace(link, name=served_name(kept.headers) or link.name) if says_nothing(link.name) else link


def content_type_of(kept: Kept) -> str | None:
    """The Content-Type a capture was sent with."""
    return next((value.decode("latin-1") for name, value in kept.headers if name.lower() == b"content-type"), None)


def _capture_of(connection: Connection, sha256: str | None) -> int | None:
    return connection.execute(select(AttachmentRow.capture_id).where(AttachmentRow.sha256 == sha256).limit(1)).scalar()


def _text_of(connection: Connection, sha256: str | None) -> tuple[str, dict[str, float] | None] | None:
    """What was read of a file once, whatever it took, and how sure that is."""
    query = select(AttachmentRow.text, AttachmentRow.confidence).where(AttachmentRow.sha256 == sha256, AttachmentRow.status == "read")
    row = connection.execute(query.limit(1)).first()
    return (row.text, row.confidence) if row and row.text else None


def _titled(reading: Reading, title: str) -> Reading:
    """A page without a title of its own has the one under which it was listed."""
    return reading if reading.notice.title or not title else replace(reading, notice=replace(reading.notice, title=title))


def combine(page: Page, source: Source, files: Sequence[Fetched], documents: Sequence[Document | None]) -> Reading:
    """Put page and files together: the notice with its attachments, its wording, and the files for comparison."""
    read = [document for document in documents if document is not None]
    own = wording.paragraphs(page)
    notice = read_notice.read(page, publisher_of(source), read, own=own)
    by_url = {file.link.url: (file, document) for file, document in zip(files, documents, strict=True)}
    attachments = tuple(_attachment(link, *by_url.get(link.url, (None, None))) for link in page.attachments)
    compared = tuple(File(a.name, a.url, a.sha256, digest(a.text) if a.text and a.status == "read" else None) for a in attachments)
    paragraphs = identity.paragraphs_of(notice.text)
    if attachments != notice.attachments:
        notice = replace(notice, attachments=attachments)
    return Reading(notice, wording.wording(page, own), compared, paragraphs, identity.keys_of(paragraphs))


def _attachment(link: Link, file: Fetched | None, document: Document | None) -> Attachment:
    """``file``: its own link may know a name that the page does not give."""
    name, url = file.link.name if file and says_nothing(link.name) else link.name, link.url
    if file is None or file.sha256 is None:
        return Attachment(name, url, status=file.error or "unread" if file else "unread")
    if document is None:
        return Attachment(name, url, None, file.sha256, None, "kept")
    text = document.text if document.status == "read" else None
    return Attachment(name, url, document.media_type, file.sha256, text, document.status, document.confidence or None)
