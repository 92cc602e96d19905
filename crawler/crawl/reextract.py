"""Archived captures read again with today's rules. Fields change silently: no event, save a `new` that is no news for a page
that is first known as a notice now.

What was read already is left out, so a run that was stopped goes on where it was when it is started again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from crawler import clock
from crawler.crawl.from_archive import document_again, page_again
from crawler.crawl.matching import Matcher
from crawler.crawl.reading import combine, content_type_of
from crawler.db import captures, write_rereading
from crawler.db.find_notice import KnownFile
from crawler.db.write_notice import Context as StoreContext
from crawler.db.write_rereading import OldNotice, OldRevision, Passed, Wanted
from crawler.errors import ArchiveError, CrawlerError
from crawler.extract.blocks import Document, Link, Page
from crawler.extract.document.formats.limits import Limits
from crawler.extract.document.formats.pictures import ocr_is_installed
from crawler.extract.document.sandbox import DocumentReader
from crawler.extract.document.tools import TOOLS, find
from crawler.extract.read_notice import EXTRACTOR
from crawler.fetch.process import Context
from crawler.items import Fetched, PageItem, Reading
from crawler.notice.model import KEPT, Attachment
from crawler.notice.names import normalise
from crawler.registry.model import Expect
from crawler.registry.registry import Registry, Source

#: ids fetched with one query: memory stays flat however many there are
_AT_ONCE = 200
#: a notice that gets a new revision while it is read again is read once more, so often
_TRIES = 3
#: seconds a document may take: here nobody waits for it
_DOCUMENT_SECONDS = 900.0
#: keys of a reading that say how it was made, not what the page says
_NO_CONTENT = ("extractor",)


@dataclass(slots=True)
class Summary:
    """``read``: notices and ignored pages; ``changed``: notices whose fields are others now; ``entered``: pages that are notices now."""

    read: int = 0
    changed: int = 0
    entered: int = 0
    failed: int = 0

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def available_tools() -> frozenset[str]:
    """Names of the tools, as a status ``needs: TOOL`` gives them, that this machine has."""
    found = {tool.name for tool in TOOLS if find(tool.name)}
    return frozenset(found | ({"ocr"} if ocr_is_installed() else set()))


def document_reader() -> DocumentReader:
    """Reads whatever this machine can read: text recognition and LibreOffice take their time here."""
    return DocumentReader(Limits(seconds=_DOCUMENT_SECONDS), ocr=ocr_is_installed(), office=True)


class Reextractor:
    """One run over a part of the database. ``told``: is given one line for each page that cannot be read; ``ticked``: is called
    after each notice and page."""

    def __init__(
        self, shared: Context, registry: Registry, documents: DocumentReader, told: Callable[[str], None], ticked: Callable[[], None]
    ) -> None:
        self.shared, self.registry, self.documents = shared, registry, documents
        self.told, self.ticked = told, ticked
        self.matcher = Matcher(shared)
        self.summary = Summary()

    async def run(self, wanted: Wanted) -> Summary:
        """Read all of it. Raises `DatabaseError` when the database goes away; what cannot be read is counted, not raised."""
        async for notice_id in self._notice_ids(wanted):
            await self._counted(notice_id, self._notice(notice_id))
        if wanted.tools is None:
            async for page in self._passed(wanted):
                await self._counted(page.url, self._page(page))
        return self.summary

    async def _counted(self, name: str, work: Any) -> None:
        try:
            await work
        except (ArchiveError, CrawlerError) as error:
            self.summary.failed += 1
            self.told(f"{name}: {error}")
        self.ticked()

    async def _notice_ids(self, wanted: Wanted) -> Any:
        after = ""
        while True:
            query = partial(write_rereading.notice_ids, wanted=wanted, extractor=EXTRACTOR, after=after, limit=_AT_ONCE)
            ids = await self.shared.database.write(query)
            for notice_id in ids:
                yield notice_id
            if len(ids) < _AT_ONCE:
                return
            after = ids[-1]

    async def _passed(self, wanted: Wanted) -> Any:
        after: str | None = ""
        while after is not None:
            query = partial(write_rereading.passed_pages, wanted=wanted, extractor=EXTRACTOR, after=after, limit=_AT_ONCE)
            pages, after = await self.shared.database.write(query)
            for page in pages:
                yield page

    # -------------------------------------------------------------------------------------------------------------- notices

    async def _notice(self, notice_id: str) -> None:
        """Read every revision of a notice again and put the readings in their places."""
        for _ in range(_TRIES):
            old = await self.shared.database.write(partial(write_rereading.notice, notice_id=notice_id))
            source = await self._source(old.source_id)
            readings = {one.number: await self.revision(one, source) for one in old.revisions}
            if await self.shared.database.write(partial(write_rereading.refresh, old=old, readings=readings)):
                self.summary.read += 1
                self.summary.changed += differs(old, readings)
                return
        raise CrawlerError("changed again and again while it was read; try later")

    async def revision(self, old: OldRevision, source: Source) -> Reading:
        """What today's rules read from a revision's capture and files. Raises `ArchiveError`."""
        page = self._archived(old.capture_id, old.url, old.body_sha256, old.title)
        files = [(Fetched(Link(f.url, f.name), f.capture_id, 200, f.sha256), await self._document(f)) for f in old.files]
        return reading_of(page, source, files, old.title, tuple(old.files))

    def _archived(self, capture: int, url: str, sha256: str, title: str) -> Page:
        kept = self.shared.archive.read(capture)
        return page_again(kept.body, content_type_of(kept), url, kept.url, sha256, title)

    async def _document(self, file: KnownFile) -> Document | None:
        """A file under today's rules and with today's tools; where these are fewer than they were, as it was read then."""
        body = await self._bytes(file)
        document = await self.documents.read(body, file.name) if body is not None else None
        if file.text and file.status == "read" and (document is None or document.status.startswith("needs: ")):
            return document_again(file.name, file.media_type, file.text, file.confidence)
        return document

    async def _bytes(self, file: KnownFile) -> bytes | None:
        """The archived bytes of a file; None where there are none, or none that are still its own."""
        sha256 = file.sha256
        if sha256 is None:
            return None
        capture = file.capture_id or await self.shared.database.write(partial(write_rereading.capture_of, sha256=sha256))
        if capture is None:
            return None
        try:
            body = self.shared.archive.read(capture).body
        except ArchiveError as error:
            self.told(f"{file.url}: {error}")
            return None
        return body if hashlib.sha256(body).hexdigest() == sha256 else None

    async def _source(self, source_id: str) -> Source:
        """The source as the registry has it, else as its last crawl knew it."""
        if source_id in self.registry:
            return self.registry[source_id]
        known = await self.shared.database.write(partial(write_rereading.named, source_id=source_id))
        if known is None:
            raise CrawlerError(f"source {source_id} is in no registry; name the folder of its registry with --sources")
        name, region = known
        return Source(source_id, name, region, "static", (), Expect(0, clock.today()))

    # -------------------------------------------------------------------------------------------------------- ignored pages

    async def _page(self, page: Passed) -> None:
        """Read a page that was no notice; one that is enters."""
        source = await self._source(page.source_id)
        apart = self._archived(page.capture_id, page.url, page.body_sha256, page.title)
        files = [file for link in apart.attachments if (file := await self._caught(link))]
        pairs = [(file, await self.documents.read(file.body or b"", file.link.name)) for file in files]
        reading = reading_of(apart, source, pairs, page.title)
        self.summary.read += 1
        outcome = reading.notice.doc_type
        if outcome not in KEPT:
            await self.shared.database.write(partial(write_rereading.pass_again, page=page, outcome=outcome.value, extractor=EXTRACTOR))
            return
        item = PageItem(page.source_id, page.url, page.url, page.capture_id, page.body_sha256, b"", files=tuple(files), reading=reading)
        await self._enter(page, item, source)

    async def _enter(self, page: Passed, item: PageItem, source: Source) -> None:
        match = await self.matcher.match(item, source, _nobody_looks, None, patient=False)
        if match is None:
            return  # the notice that stood here has gone elsewhere
        item.match = match
        context = StoreContext(None, page.source_id, clock.now(), quiet=True)  # type: ignore[arg-type]  # no crawl saw this
        entering = partial(write_rereading.enter, page=page, item=item, context=context)
        self.summary.entered += await self.shared.database.write(entering) is not None

    async def _caught(self, link: Link) -> Fetched | None:
        """A file of an ignored page, if it was archived all the same."""
        long_ago = clock.instant("1990-01-01")
        placed = await self.shared.database.write(partial(captures.latest, url=link.url, since=long_ago))
        if placed is None:
            return None
        body = self.shared.archive.read(placed.id).body
        return Fetched(link, placed.id, 200, hashlib.sha256(body).hexdigest(), body) if body else None


async def _nobody_looks(_: str) -> str:
    """Nothing is fetched here: whether another page still stands is not known."""
    return "unknown"


def reading_of(
    page: Page, source: Source, files: Sequence[tuple[Fetched, Document | None]], title: str, known: Sequence[KnownFile] = ()
) -> Reading:
    """Page and files to a reading, every field in its one spelling. ``title``: for a page that has none; ``known``: the files as they
    were, for those that cannot be read now."""
    linked = {link.url for link in page.attachments}
    here = [(file, document) for file, document in files if file.link.url in linked]
    reading = combine(page, source, [file for file, _ in here], [document for _, document in here])
    notice = reading.notice if reading.notice.title else replace(reading.notice, title=title)
    before = {file.url: file for file in known}
    attachments = tuple(_kept(file, before.get(file.url)) for file in notice.attachments)
    return replace(reading, notice=normalise(replace(notice, attachments=attachments))[0])


def _kept(now: Attachment, before: KnownFile | None) -> Attachment:
    """A file whose bytes cannot be had any more keeps what is known of it; one that never came keeps the reason."""
    if before is None or now.status not in ("kept", "unread") or before.status in ("kept", "unread"):
        return now
    return replace(
        now, media_type=before.media_type, sha256=before.sha256, text=before.text, status=before.status, confidence=before.confidence
    )


def differs(old: OldNotice, readings: dict[int, Reading]) -> bool:
    """Whether any revision of a notice says something else under today's rules."""
    return any(_content(one.fields) != _content(readings[one.number].notice.as_json()) for one in old.revisions)


def _content(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in _NO_CONTENT}
