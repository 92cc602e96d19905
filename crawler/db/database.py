"""A database as a crawl uses it: short works, one writer at a time, and nobody's event loop waits. See docs/decisions/0006."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import InvalidRequestError, OperationalError, SQLAlchemyError

from crawler.db.compiled import driver, run
from crawler.db.engine import CHECKPOINT_PAGES, explained, shown
from crawler.errors import DatabaseError

logger = logging.getLogger(__name__)

T = TypeVar("T")
#: works in shared transactions after which SQLite's log is copied back into its file; what the thread writes it copies by itself
CHECKPOINT_WORKS = 160
#: works that share a commit at most: what they touch stays in memory until then
TOGETHER = 32


class Database:
    """A database as a crawl uses it: short transactions, one writer at a time, and nobody's event loop waits.

    SQLite answers in less time than it takes to hand work to another thread, so its work is done where it is asked for, unless
    somebody else is writing; whatever has to wait does so in a thread of its own. Pages that come together share a transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")
        self._writing = threading.Lock()
        self._writer, self._reader = _Line(engine, writes=True), _Line(engine)
        self._group = _Group(engine, self._writing) if engine.dialect.name == "sqlite" else None
        self._unchecked = 0

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction, in the calling thread's turn; not from within an event loop. Raises `DatabaseError`."""
        if self._group:
            self._group.finish_if_left()
        return self._thread.submit(self._write, work).result()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction without blocking the event loop; it is committed on return, and may be when the waiting is
        cancelled. Raises `DatabaseError`."""
        if self._group and self._group.opens():
            committed = self._group.committed
            done = self._group.run(work)
            self._count()
            await asyncio.shield(committed)
            return done
        return await asyncio.wrap_future(self._thread.submit(self._write, work))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work``, which only reads, as `write` does; it waits for no writer. Raises `DatabaseError`."""
        if self._group:
            return self._group.look(work) if self._group.is_open else self._reader.run(work)
        return await asyncio.wrap_future(self._thread.submit(self._reader.run, work))

    def _write(self, work: Callable[[Connection], T]) -> T:
        with self._writing:
            return self._writer.run(work)

    def _count(self) -> None:
        """Copy SQLite's log back now and then, in the thread: it waits for the disk, which the event loop must not."""
        self._unchecked += 1
        if self._unchecked >= CHECKPOINT_WORKS:
            self._unchecked = 0
            with contextlib.suppress(RuntimeError):  # closed meanwhile, which copies it too
                self._thread.submit(self._checkpoint)

    def _checkpoint(self) -> None:
        with self._writing:  # a log that nobody adds to, nor reads an old state from, is copied whole and begins anew
            try:
                self._writer.checkpoint()
            except (DatabaseError, sqlite3.Error) as error:
                logger.warning("SQLite's log was not copied back, which is tried again: %s", error)

    def close(self) -> None:
        """Commit what is open, and let go of the file."""
        if self._group:
            self._group.finish()
        self._thread.submit(self._close).result()
        self._thread.shutdown()

    def _close(self) -> None:
        for line in (self._writer, self._reader, self._group):
            if line is not None:
                line.close()
        self.engine.dispose()


class _Line:
    """A connection kept open, made again when it broke."""

    def __init__(self, engine: Engine, *, writes: bool = False) -> None:
        self._engine, self._writes = engine, writes
        self._connection: Connection | None = None

    def run(self, work: Callable[[Connection], T]) -> T:
        with explained(self._engine):
            connection = self._open()
            with connection.begin():
                return work(connection)

    def checkpoint(self) -> None:
        """Copy the log of SQLite back into its file, as far as readers allow."""
        with explained(self._engine):
            run(self._open(), "PRAGMA wal_checkpoint(PASSIVE)")

    def _open(self) -> Connection:
        if self._connection is None or self._connection.closed or self._connection.invalidated:
            self._connection = self._engine.connect().execution_options(writes=self._writes)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class _Group(_Line):
    """A transaction of SQLite that stays open until the event loop comes round: what is written meanwhile is committed together.

    A commit writes each page of the file that was touched, and works of one moment touch many of the same.
    """

    committed: asyncio.Future[None]
    _loop: asyncio.AbstractEventLoop

    def __init__(self, engine: Engine, writing: threading.Lock) -> None:
        super().__init__(engine, writes=True)
        self._writing = writing
        self._transaction: RootTransaction | None = None
        self._works = 0

    @property
    def is_open(self) -> bool:
        return self._transaction is not None

    def opens(self) -> bool:
        """Open the transaction if it is not; False where somebody else is writing: nothing was done."""
        loop = asyncio.get_running_loop()
        self.finish_if_left()
        if self.is_open or not self._writing.acquire(blocking=False):
            return self.is_open and self._loop is loop
        try:
            with explained(self._engine):
                self._transaction = self._begin(self._open())
        finally:
            if not self.is_open:
                self._writing.release()
        if self.is_open:
            self._loop, self.committed = loop, loop.create_future()
            self.committed.add_done_callback(asyncio.Future.exception)  # where every work failed nobody waits for it
            loop.call_soon(self.finish)
        return self.is_open

    @staticmethod
    def _begin(connection: Connection) -> RootTransaction | None:
        try:
            return connection.begin()
        except OperationalError as error:
            if "locked" not in str(error.orig):
                raise
            return None

    def run(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in the open transaction; if it fails, nothing of it is left, and the others stand."""
        with explained(self._engine):
            connection = self._alive(self._transaction)
            run(connection, "SAVEPOINT work")
            try:
                done = work(connection)
            except BaseException:
                with contextlib.suppress(sqlite3.Error, InvalidRequestError):  # all is lost already: `_alive` says so to the others
                    run(connection, "ROLLBACK TO work")
                    run(connection, "RELEASE work")
                raise
            run(connection, "RELEASE work")
        self._works += 1
        if self._works >= TOGETHER:
            self.finish()
        return done

    def look(self, work: Callable[[Connection], T]) -> T:
        """Run ``work``, which only reads, in the open transaction: it sees what the others wrote, and leaves nothing to undo."""
        with explained(self._engine):
            return work(self._alive(self._transaction))

    def _alive(self, transaction: RootTransaction | None) -> Connection:
        """The connection of the transaction. SQLite rolls all of it back by itself when a disk is full, and then commits nothing."""
        if transaction is None or not transaction.is_active or transaction.connection.invalidated:
            raise DatabaseError(self._lost())
        if not driver(transaction.connection).in_transaction:
            raise DatabaseError(self._lost())
        return transaction.connection

    def _lost(self) -> str:
        return f"database {shown(self._engine)}: a transaction was lost, nothing of it is stored: is the disk full or broken?"

    def finish(self) -> None:
        """Commit, and tell those who wait. A failed commit leaves nothing, and no lock."""
        transaction, self._transaction, self._works = self._transaction, None, 0
        if transaction is None:
            return
        failed: Exception | None = None
        try:
            with explained(self._engine), transaction:
                self._alive(transaction)
        except (DatabaseError, SQLAlchemyError) as error:
            failed = error
            with contextlib.suppress(SQLAlchemyError, sqlite3.Error):  # after a commit that found the file busy SQLite keeps its lock
                transaction.connection.connection.rollback()
        finally:
            self._writing.release()
            self._tell(failed)

    def _tell(self, failed: Exception | None) -> None:
        if self._loop.is_closed() or self.committed.done():
            return
        if failed:
            self.committed.set_exception(failed)
        else:
            self.committed.set_result(None)

    def finish_if_left(self) -> None:
        """Commit what a loop left open that stopped before it came round."""
        if self.is_open and not self._loop.is_running():
            self.finish()

    def _open(self) -> Connection:
        before, connection = self._connection, super()._open()
        if connection is not before:
            run(connection, "PRAGMA busy_timeout=0")  # sqlite3's own
            run(connection, f"PRAGMA wal_autocheckpoint={4 * CHECKPOINT_PAGES}")  # in time the thread does it, see `_checkpoint`
            run(connection, "PRAGMA temp_store=MEMORY")  # the pages a savepoint would bring back; more than 64 KiB went to a file
        return connection
