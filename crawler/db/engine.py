"""Opening the database: SQLite with WAL or PostgreSQL, the schema's version, and one writer per process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import alembic.command
import alembic.config
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from crawler.db.models import Base
from crawler.errors import DatabaseError, UsageError

T = TypeVar("T")
BUSY_SECONDS = 30
#: 4 KiB pages of the write-ahead log before SQLite copies them back; a notice touches dozens, the same ones over and over
CHECKPOINT_PAGES = 4000
#: KiB of pages a connection keeps; with SQLite's 2 MiB each notice reads dozens of pages of its indexes back
CACHE_KIB = 32_000
_PASSWORD = re.compile(r":[^:/@]*@")


def open_engine(url: str) -> Engine:
    """Make an engine; nothing is connected yet. Raises `UsageError` for an URL that is none, `DatabaseError` for a missing driver."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(url)
        if parsed.get_backend_name() != "postgresql":
            raise ArgumentError(f"neither sqlite nor postgresql: {parsed.get_backend_name()}")
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, json_serializer=_json)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise UsageError(
            f"database {_PASSWORD.sub(':***@', url)!r}: {error}; example: sqlite:///data/signoff.sqlite or postgresql://user@host/signoff"
        ) from None
    except ModuleNotFoundError as error:
        raise DatabaseError(f"database driver {error.name} is missing: install the extra 'postgres'") from None


def _json(value: Any) -> str:
    """JSON as it is read by people: Chinese as Chinese."""
    return json.dumps(value, ensure_ascii=False)


def _sqlite(url: str) -> Engine:
    """``?timeout=5`` in the URL: seconds to wait for another writer."""
    patience = float(str(make_url(url).query.get("timeout", BUSY_SECONDS)))
    engine = create_engine(
        make_url(url).set(drivername="sqlite+begin"),
        json_serializer=_json,
        connect_args={"timeout": patience, "check_same_thread": False},
        poolclass=NullPool if ":memory:" not in url else None,
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: the driver's own comes too late for IMMEDIATE
        connection.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size={-CACHE_KIB}")

    return engine


class BeginDialect(SQLiteDialect_pysqlite):
    """SQLite that says BEGIN itself: IMMEDIATE on connections with the execution option ``writes``.

    SQLAlchemy's event for it would make each statement ask for listeners, which costs more than the statement.
    """

    supports_statement_cache = True

    def set_connection_execution_options(self, connection: Connection, opts: Mapping[str, Any]) -> None:
        super().set_connection_execution_options(connection, opts)
        if "writes" in opts:
            connection.info["writes"] = opts["writes"]

    def do_begin(self, dbapi_connection: Any) -> None:
        dbapi_connection.execute("BEGIN IMMEDIATE" if dbapi_connection.info.get("writes") else "BEGIN")


registry.register("sqlite.begin", __name__, "BeginDialect")


def _scripts() -> Path:
    """The schema steps: package data in an installed wheel, the top-level folder in a checkout."""
    installed = Path(__file__).with_name("migrations")
    return installed if installed.is_dir() else Path(__file__).parents[2] / "alembic"


def _alembic(connection: Connection | None = None) -> alembic.config.Config:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(_scripts()))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The schema version this program wants."""
    revision = ScriptDirectory.from_config(_alembic()).get_current_head()
    assert revision is not None
    return revision


def version(engine: Engine) -> str | None:
    """The schema version the database has; None where there is no schema."""
    with explained(engine), engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine) -> None:
    """Bring the schema to this program's version. Refuses a database of a newer program."""
    refuse_newer(engine)
    _prepare(engine)
    with explained(engine), engine.connect().execution_options(writes=True) as connection, connection.begin():
        alembic.command.upgrade(_alembic(connection), "head")


def _prepare(engine: Engine) -> None:
    """WAL is a property of the file: set once, outside any transaction."""
    if engine.dialect.name != "sqlite":
        return
    if engine.url.database and engine.url.database != ":memory:":
        try:
            Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseError(f"cannot make {Path(engine.url.database).parent}: {error.strerror}; choose another --data-dir") from None
    with explained(engine):
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode=WAL")
        finally:
            raw.close()


def refuse_newer(engine: Engine) -> None:
    """Raise `DatabaseError` for a database that a newer program wrote."""
    if engine.dialect.name == "sqlite" and engine.url.database and not Path(engine.url.database).exists():
        return
    found = version(engine)
    known = {script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()}
    if found is not None and found not in known:
        raise DatabaseError(f"{shown(engine)} was written by a newer version of this program (schema {found}): upgrade the program")


def exists(engine: Engine) -> bool:
    """Whether there is something to open: a file that is not there is no error yet."""
    path = engine.url.database if engine.dialect.name == "sqlite" else None
    return path is None or Path(path).exists()


def differences(engine: Engine) -> list[str]:
    """What the tables lack or have too much, compared with the models; one line each."""
    ready(engine, create=engine.dialect.name == "sqlite" and not exists(engine))
    with explained(engine), engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [_difference(found) for found in compare_metadata(context, Base.metadata)]


def _difference(found: Any) -> str:
    parts = found if isinstance(found, tuple) else found[0]
    return " ".join(str(part) for part in parts if part is not None)


def ready(engine: Engine, *, create: bool) -> None:
    """Make sure the schema is ours. With ``create`` a missing or older one is brought up; without, it is an error."""
    missing = engine.dialect.name == "sqlite" and engine.url.database and not Path(engine.url.database).exists()
    if missing and not create:
        raise DatabaseError(f"no database at {engine.url.database}: run 'signoff crawl' first, or name it with --database")
    if not missing and version(engine) == head():
        return
    if not create and not missing:
        refuse_newer(engine)
        raise DatabaseError(f"{shown(engine)} has an older schema: run 'signoff db upgrade'")
    upgrade(engine)


def shown(engine: Engine) -> str:
    """The database's name for messages, without a password."""
    return engine.url.database or "" if engine.dialect.name == "sqlite" else engine.url.render_as_string(hide_password=True)


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Turn what a driver throws into one line that says what to do."""
    try:
        yield
    except (OperationalError, ProgrammingError) as error:
        raise DatabaseError(_explain(engine, error.orig)) from None
    except DBAPIError as error:
        if error.connection_invalidated or any(key in str(error.orig) for key in _HINTS):
            raise DatabaseError(_explain(engine, error.orig)) from None
        raise
    except sqlite3.Error as error:  # from a statement that went past SQLAlchemy
        raise DatabaseError(_explain(engine, error)) from None


_HINTS = {
    "locked": "another program writes to it; try again when it has finished",
    "readonly": "the file or its folder is read-only; change its rights or choose another --data-dir",
    "read-only": "the file or its folder is read-only; change its rights or choose another --data-dir",
    "unable to open": "the folder is missing or may not be written; choose another --data-dir",
    "full": "the disk is full; make room, nothing is half-written",
    "disk I/O": "the disk is full or broken; nothing is half-written",
    "not a database": "the file is no SQLite database; name another with --database",
    "malformed": "the file is damaged: restore it from a backup",
    "no such table": "its schema is missing: run 'signoff db upgrade'",
    "onnect": "the server does not answer; is it running, and is the URL right?",
}


def _explain(engine: Engine, error: BaseException | None) -> str:
    words = str(error).strip().partition("\n")[0]
    hint = next((text for key, text in _HINTS.items() if key in words), "see 'signoff doctor'")
    return f"database {shown(engine)}: {words}: {hint}"


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

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction, in the calling thread's turn; not from within an event loop. Raises `DatabaseError`."""
        return self._thread.submit(self._write, work).result()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction without blocking the event loop; it is committed on return. Raises `DatabaseError`."""
        if self._group and self._group.opens():
            done, committed = self._group.run(work), self._group.committed
            await asyncio.shield(committed)
            return done
        return await asyncio.wrap_future(self._thread.submit(self._write, work))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work``, which only reads, as `write` does; it waits for no writer. Raises `DatabaseError`."""
        if self._group:
            return self._group.run(work) if self._group.is_open else self._reader.run(work)
        return await asyncio.wrap_future(self._thread.submit(self._reader.run, work))

    def _write(self, work: Callable[[Connection], T]) -> T:
        with self._writing:
            return self._writer.run(work)

    def close(self) -> None:
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

    def __init__(self, engine: Engine, writing: threading.Lock) -> None:
        super().__init__(engine, writes=True)
        self._writing = writing
        self._transaction: RootTransaction | None = None

    @property
    def is_open(self) -> bool:
        return self._transaction is not None

    def opens(self) -> bool:
        """Open the transaction if it is not; False where somebody else is writing: nothing was done."""
        if self.is_open:
            return True
        if not self._writing.acquire(blocking=False):
            return False
        try:
            with explained(self._engine):
                self._transaction = self._begin(self._open())
        finally:
            if not self.is_open:
                self._writing.release()
        if self.is_open:
            loop = asyncio.get_running_loop()
            self.committed = loop.create_future()
            self.committed.add_done_callback(asyncio.Future.exception)  # where every work failed nobody waits for it
            loop.call_soon(self._commit)
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
        connection = self._open()
        with explained(self._engine):
            connection.exec_driver_sql("SAVEPOINT work")
            try:
                done = work(connection)
            except BaseException:
                with contextlib.suppress(DBAPIError):  # after a full disk nothing is left to roll back: the commit will say so
                    connection.exec_driver_sql("ROLLBACK TO work")
                raise
            connection.exec_driver_sql("RELEASE work")
            return done

    def _commit(self) -> None:
        transaction, self._transaction = self._transaction, None
        try:
            with explained(self._engine):
                assert transaction is not None
                transaction.commit()
            self.committed.set_result(None)
        except (DatabaseError, DBAPIError) as error:
            self.committed.set_exception(error)
        finally:
            self._writing.release()

    def _open(self) -> Connection:
        before, connection = self._connection, super()._open()
        if connection is not before:
            connection.connection.execute("PRAGMA busy_timeout=0")  # sqlite3's own
        return connection
