"""Which notice is this page? Its address says so, or its whole text does; form letters are never merged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import Connection

from crawler.crawl.reading import Readers
from crawler.db import find_notice as known_notices
from crawler.db.find_notice import Known, Near
from crawler.errors import CrawlerError
from crawler.extract.page.response_kind import is_another_page
from crawler.extract.read_notice import EXTRACTOR
from crawler.fetch.process import Context
from crawler.items import Match, PageItem, Reading
from crawler.notice import identity
from crawler.notice.model import KEPT, State
from crawler.registry.registry import Source

#: looks at an address now: "there", "gone" or "unknown"
Look = Callable[[str], Awaitable[str]]


class UndecidedError(CrawlerError):
    """Nobody can say today what this page is: another page than the one asked for, or a text that moved or was copied."""


class Matcher:
    """Matches items with what the database knows."""

    def __init__(self, shared: Context) -> None:
        self.database = shared.database
        self.readers = Readers.of(shared)
        self.common = known_notices.Common()

    async def match(self, item: PageItem, source: Source, look: Look, promised: str | None, *, patient: bool) -> Match | None:
        """Find the notice of a page; None: an address that notice has left, while its page stands elsewhere.

        Reads an earlier capture again where rules changed, so that both sides are read alike. ``promised``: the title under
        which the page was asked for. Raises `UndecidedError`; unless ``patient``, only where a known notice is at stake.
        """
        assert item.reading is not None
        known, near = await self.database.read(lambda c: self._look_up(c, item))
        if (patient or known) and promised and _is_another(item, promised):
            raise UndecidedError("the page does not show what was promised there")
        if known and known.url not in (item.url, item.requested_url) and not await self._left(known, look, patient):
            return None
        if known:
            return Match(known.id, await self._before(known, item, source), moved=known.url != item.url)
        twins = await self._twins(item.reading, near, source)
        for twin in twins:
            if twin.source_id == item.source_id and await self._left(twin, look, patient):
                return Match(twin.id, await self._before(twin, item, source), moved=True)
        original = min(twins, key=lambda twin: (twin.is_repost, twin.id != twin.group_id), default=None)
        return Match(twin=original.id if original else None)

    async def _twins(self, reading: Reading, near: Sequence[Near], source: Source) -> list[Known]:
        """Those that are the same announcement, of those that share much of its text."""
        found = _wording(reading)
        likely = [
            one.id for one in near if one.extractor != EXTRACTOR or identity.same_text(identity.paragraphs_of(one.text), found.paragraphs)
        ]
        known = await self.database.read(lambda c: known_notices.known_all(c, likely)) if likely else []
        return [twin for twin in known if identity.same_announcement(await self._wording_of(twin, source), found)]

    def _look_up(self, connection: Connection, item: PageItem) -> tuple[Known | None, list[Near]]:
        """The notice at this address, or at the address that was asked for and redirected here; else those with much of its text."""
        assert item.reading is not None
        keys = item.reading.keys if item.reading.notice.doc_type in KEPT else ()
        known, near = known_notices.look_up(connection, item.url, keys, self.common)
        if known is None and item.requested_url != item.url:
            known = known_notices.known_at(connection, item.requested_url)
        return known, [] if known else near

    async def _wording_of(self, twin: Known, source: Source) -> identity.Wording:
        """What a known notice says under today's rules."""
        if twin.extractor == EXTRACTOR:
            return twin.wording()
        files = [(file.name, file.url, file.capture_id) for file in twin.files]
        return _wording(await self.readers.again(twin.capture_id, twin.url, files, source, twin.body_sha256, twin.title))

    async def _left(self, twin: Known, look: Look, patient: bool) -> bool:
        """Whether the page of a notice is gone from its old address at this look."""
        if twin.state in (State.WITHDRAWN, State.EXPIRED):
            return True
        found = await look(twin.url)
        if found == "unknown" and patient:
            raise UndecidedError(f"the same text stood at {twin.url}, which cannot be read now")
        return found == "gone"

    async def _before(self, known: Known, item: PageItem, source: Source) -> Reading | None:
        """The known revision under today's rules; None where its stored reading is of today, or nothing differs."""
        assert item.reading is not None
        if not self._differs(known, item):
            return None
        files = [(file.name, file.url, file.capture_id) for file in known.files]
        return await self.readers.again(known.capture_id, known.url, files, source, known.body_sha256, known.title)

    def _differs(self, known: Known, item: PageItem) -> bool:
        """Whether the old capture has to be read again: other rules read it, or a file has other bytes."""
        assert item.reading is not None
        if known.body_sha256 != item.sha256 and known.extractor != EXTRACTOR:
            return True
        old, new = {file.sha256 for file in known.files if file.sha256}, {file.sha256 for file in item.reading.files if file.sha256}
        return bool(new - old) and known.extractor != EXTRACTOR


def _wording(reading: Reading) -> identity.Wording:
    notice = reading.notice
    shas = frozenset(file.sha256 for file in reading.files if file.sha256)
    window = (notice.publicity_start, notice.publicity_end)
    return identity.Wording(reading.paragraphs, frozenset(notice.task_numbers), window, shas)


def _is_another(item: PageItem, promised: str) -> bool:
    """Whether a page that reads as no notice of ours is not even the page that was asked for."""
    assert item.reading is not None
    assert item.page is not None
    return item.reading.notice.doc_type not in KEPT and is_another_page(item.page, promised)
