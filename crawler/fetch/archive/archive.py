"""The archive of a process: responses go in as they arrive and come out as they were.

Records are synced, then the rows that name them are committed, in batches: while one batch is being synced, further responses
queue, so that one sync and one transaction serve many. A payload known already becomes a revisit record.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from crawler.db import captures
from crawler.db.captures import NewCapture, NewFetch, Original, Placed
from crawler.db.database import Database
from crawler.db.engine import explained
from crawler.errors import ArchiveError, CannotRunError
from crawler.fetch.archive import warc
from crawler.fetch.archive.warc import Exchange, Header
from crawler.fetch.http.decoding import decode

logger = logging.getLogger(__name__)

#: responses in one transaction at most
BATCH = 256
#: seconds a batch waits for company: one sync serves all
LINGER = 0.008
#: payload digests remembered without asking the database: robots.txt, pages of errors, files linked from many pages
REMEMBERED = 2_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to fetch something, and the answer if there was one. ``seconds``: until the whole answer was there."""

    url: str
    role: str
    at: datetime
    seconds: float
    source_id: str | None = None
    crawl_id: int | None = None
    status: int | None = None
    error: str | None = None
    tls: str = "none"
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A capture's id and the SHA-256 of its payload as sent, hex."""

    capture_id: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A capture read back. ``raw`` is the payload as sent, ``headers`` as received."""

    capture_id: int
    url: str
    status: int
    fetched: datetime
    sha256: str
    headers: tuple[Header, ...]
    raw: bytes
    limit: int

    @property
    def body(self) -> bytes:
        """The payload with its Content-Encoding undone. Raises `BrokenBodyError`."""
        return decode(self.raw, self.encodings, self.limit)

    @property
    def encodings(self) -> list[bytes]:
        return [value for name, value in self.headers if name.lower() == b"content-encoding"]


_Waiting = tuple[Attempt, "asyncio.Future[Receipt] | None"]


class Archive:
    """The captures of one process: WARC files of its own, rows in the database."""

    def __init__(self, folder: Path, database: Database, *, software: str, max_body: int) -> None:
        self.folder, self.database, self._limit = folder, database, max_body
        self._writer = warc.Writer(folder, software)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archive")
        self._waiting: list[_Waiting] = []
        self._drain: asyncio.Task[None] | None = None
        self._known: OrderedDict[str, Original] = OrderedDict()
        self._written: dict[int, None] = {}  # the latest captures, oldest first
        self._reader: Connection | None = None
        #: the first error that ended all writing
        self.error: CannotRunError | None = None

    def repair(self) -> list[str]:
        """Cut torn tails that killed processes left. Raises `ArchiveError`."""
        try:
            with explained(self.database.engine):
                return warc.repair(self.folder, partial(captures.last_offset, self.database.engine))
        except OSError as error:
            raise ArchiveError(f"archive {self.folder}: {error.strerror}; choose another --data-dir") from None

    async def keep(self, attempt: Attempt) -> Receipt:
        """Keep an attempt that got an answer; returns once record and row are on disk. Raises `CannotRunError`."""
        future: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._queue((attempt, future))
        return await future

    def note(self, attempt: Attempt) -> None:
        """Keep the row of an attempt without an answer (or a 304); it is written with the next batch."""
        self._queue((attempt, None))

    async def flush(self) -> None:
        """Wait until all that was handed over is written."""
        while self._drain is not None and not self._drain.done():
            await asyncio.shield(self._drain)

    def close(self) -> None:
        """Finish the WARC file. The archive can be used again."""
        self._writer.close()
        if self._reader is not None:
            self._reader.close()

    def _queue(self, waiting: _Waiting) -> None:
        if self.error is not None:
            raise self.error
        self._waiting.append(waiting)
        if self._drain is None or self._drain.done():
            self._drain = asyncio.get_running_loop().create_task(self._write_all())

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(LINGER)
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            try:
                receipts = await loop.run_in_executor(self._thread, self._store, [attempt for attempt, _ in batch])
            except Exception as error:  # noqa: BLE001  # whatever it is: nobody may wait for ever, and nothing may be read unkept
                self._give_up(batch, error)
                return
            for (_, future), receipt in zip(batch, receipts, strict=True):
                if future is not None and receipt is not None and not future.done():
                    future.set_result(receipt)

    def _give_up(self, batch: Sequence[_Waiting], error: Exception) -> None:
        if not isinstance(error, CannotRunError):
            logger.error("archive: %s", error, exc_info=error)
            error = ArchiveError(f"archive {self.folder}: {type(error).__name__}: {error}")
        self.error = error
        waiting, self._waiting = [*batch, *self._waiting], []
        for _, future in waiting:
            if future is not None and not future.done():
                future.set_exception(error)

    # ------------------------------------------------------------------------------------------- in the archive's thread

    def _store(self, attempts: Sequence[Attempt]) -> list[Receipt | None]:
        answered = [(n, attempt, attempt.exchange) for n, attempt in enumerate(attempts) if attempt.exchange is not None]
        digests = [hashlib.sha256(exchange.body).hexdigest() for _, _, exchange in answered]
        originals = self._originals({digest for digest, (_, _, exchange) in zip(digests, answered, strict=True) if exchange.body})
        known = {digest: original.id for digest, original in originals.items()}
        members, rows = self._records([(a, e) for _, a, e in answered], digests, originals)
        name, offsets = self._writer.append(members) if members else ("", [])
        parts = zip(answered, digests, offsets[::2], rows, strict=True)
        placed = [_row(attempt, exchange, digest, name, offset, *row) for (_, attempt, exchange), digest, offset, row in parts]
        position = {n: at for at, (n, _, _) in enumerate(answered)}
        fetches = [(_fetch(attempt), position.get(n)) for n, attempt in enumerate(attempts)]
        ids = self.database.write_now(lambda connection: captures.insert_batch(connection, placed, fetches, known))
        self._remember(placed, ids)
        return [Receipt(ids[position[n]], digests[position[n]]) if n in position else None for n in range(len(attempts))]

    def _originals(self, digests: set[str]) -> dict[str, Original]:
        found = {digest: self._known[digest] for digest in digests if digest in self._known}
        unknown = digests - found.keys()
        if unknown:
            with explained(self.database.engine), self._connected() as reader, reader.begin():
                rows = captures.originals_of(reader, unknown)
            # another machine's files may not be in reach: a revisit must be readable where it stands
            found |= {digest: row for digest, row in rows.items() if (self.folder / row.warc_file).exists()}
        return found

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        if self._reader is None or self._reader.closed or self._reader.invalidated:
            self._reader = self.database.engine.connect()
        yield self._reader

    @staticmethod
    def _records(
        answered: Sequence[tuple[Attempt, Exchange]], digests: Sequence[str], originals: dict[str, Original]
    ) -> tuple[list[bytes], list[tuple[str, bool]]]:
        """The members of each exchange (answer, request), and per exchange its record id and whether it is a revisit."""
        first = {digest: warc.Reference(o.url, o.fetched, o.record_id) for digest, o in originals.items()}
        members: list[bytes] = []
        rows: list[tuple[str, bool]] = []
        for (_, exchange), digest in zip(answered, digests, strict=True):
            record_id, original = warc.new_record_id(), first.get(digest)
            members += [warc.response_member(exchange, digest, record_id, original), warc.request_member(exchange, record_id)]
            rows.append((record_id, original is not None))
            if exchange.body:
                first.setdefault(digest, warc.Reference(exchange.url, exchange.fetched, record_id))
        return members, rows

    def wrote(self, capture_id: int) -> bool:
        """Whether this process wrote the capture a moment ago: its record was synced before its row was committed."""
        return capture_id in self._written

    def _remember(self, placed: Sequence[NewCapture], ids: Sequence[int]) -> None:
        self._written.update(dict.fromkeys(ids))
        for capture, capture_id in zip(placed, ids, strict=True):
            if not capture.revisit and capture.size:
                self._known[capture.sha256] = Original(capture_id, capture.url, capture.fetched, capture.record_id, capture.warc_file)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        while len(self._written) > 4 * BATCH:
            del self._written[next(iter(self._written))]

    # -------------------------------------------------------------------------------------------------------- reading back

    def read(self, capture_id: int) -> Kept:
        """Read a capture back, following a revisit to the record that has the payload. Blocks; from any thread.

        Raises `ArchiveError` when there is none or its bytes were let go, `DatabaseError` when the database does not answer.
        """
        with explained(self.database.engine), self.database.engine.connect() as connection:
            return self._read(connection, capture_id)

    def latest(self, url: str, since: datetime, *, method: str = "GET", body: bytes = b"", statuses: Sequence[int] = (200,)) -> Kept | None:
        """The newest capture of an address since an instant, or None. Blocks. Raises as `read`."""
        digest = hashlib.sha256(body).hexdigest() if body else None
        with explained(self.database.engine), self.database.engine.connect() as connection:
            found = captures.latest(connection, url, since, method=method, request_sha256=digest, statuses=statuses)
            return self._read(connection, found.id) if found else None

    def _read(self, connection: Connection, capture_id: int) -> Kept:
        capture = self._placed(connection, capture_id)
        block = self._block(capture)
        payload = block.payload
        if capture.original_id is not None:
            payload = self._block(self._placed(connection, capture.original_id)).payload
        if hashlib.sha256(payload).hexdigest() != capture.sha256:
            raise ArchiveError(f"capture {capture_id}: {capture.warc_file} does not hold what was kept; restore it from a backup")
        return Kept(capture.id, capture.url, block.status, capture.fetched, capture.sha256, block.headers, payload, self._limit)

    @staticmethod
    def _placed(connection: Connection, capture_id: int) -> Placed:
        capture = captures.placed(connection, capture_id)
        if capture is None:
            raise ArchiveError(f"capture {capture_id}: there is none")
        return capture

    def _block(self, capture: Placed) -> warc.Block:
        if capture.warc_file is None or capture.warc_offset is None:
            raise ArchiveError(f"capture {capture.id} of {capture.url}: its bytes were let go")
        return warc.read(self.folder, capture.warc_file, capture.warc_offset)


def _row(attempt: Attempt, exchange: Exchange, digest: str, name: str, offset: int, record_id: str, revisit: bool) -> NewCapture:
    kinds = [value.decode("latin-1") for header, value in exchange.headers if header.lower() == b"content-type"]
    return NewCapture(
        url=exchange.url, method=exchange.method, status=exchange.status, fetched=exchange.fetched, size=len(exchange.body), sha256=digest,
        request_sha256=hashlib.sha256(exchange.request_body).hexdigest() if exchange.request_body else None,
        content_type=kinds[0].replace("\x00", "")[:200] if kinds else None, warc_file=name, warc_offset=offset, record_id=record_id,
        tls=attempt.tls, source_id=attempt.source_id, crawl_id=attempt.crawl_id, revisit=revisit,
    )  # fmt: skip


def _fetch(attempt: Attempt) -> NewFetch:
    size = len(attempt.exchange.body) if attempt.exchange else 0
    return NewFetch(
        attempt.crawl_id, attempt.source_id, attempt.url, attempt.role, attempt.at, attempt.status, attempt.error, size, attempt.seconds
    )
