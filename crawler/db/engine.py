"""Opening the database: SQLite with WAL or PostgreSQL, and the schema's version."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.pool import NullPool

from crawler.db.models import Base
from crawler.errors import DatabaseError, UsageError
from crawler.notice.model import opened

if TYPE_CHECKING:
    from alembic.config import Config  # where alembic is needed it is imported there: that takes longer than to open a database

BUSY_SECONDS = 30
#: 4 KiB pages of the write-ahead log before SQLite copies them back; a notice touches dozens, the same ones over and over
CHECKPOINT_PAGES = 4000
#: KiB of pages a connection keeps; with SQLite's 2 MiB each notice reads dozens of pages of its indexes back
CACHE_KIB = 16_000
#: the lines of a schema step that tell its place among the others
_PLACE = re.compile(r"""^(down_revision|revision)(?:: [^=]+)? = (?:["'](\w+)["']|None)$""", re.MULTILINE)
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
    """JSON as it is read by people: Chinese as Chinese. Values of the model become what `model.plain` makes of them."""
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=opened)


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


def _steps() -> dict[str, str | None]:
    """The schema steps: revision → the one before it, which the first has not."""
    texts = (path.read_text("utf-8") for path in (_scripts() / "versions").glob("*.py"))
    places = ({match[1]: match[2] for match in _PLACE.finditer(text)} for text in texts)
    return {str(place["revision"]): place.get("down_revision") for place in places if "revision" in place}


def head() -> str:
    """The schema version this program wants."""
    steps = _steps()
    (revision,) = steps.keys() - set(steps.values())
    return revision


def version(engine: Engine) -> str | None:
    """The schema version the database has; None where there is no schema."""
    with explained(engine), engine.connect() as connection:
        if not engine.dialect.has_table(connection, "alembic_version"):
            return None
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    if len(found) > 1:
        raise DatabaseError(f"{shown(engine)} names several schema versions ({', '.join(map(str, found))}): restore it from a backup")
    return found[0] if found else None


def _alembic(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_scripts()))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Bring the schema to this program's version. Refuses a database of a newer program."""
    from alembic import command

    refuse_newer(engine)
    _prepare(engine)
    with explained(engine), engine.connect().execution_options(writes=True) as connection, connection.begin():
        command.upgrade(_alembic(connection), "head")


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
    if found is not None and found not in _steps():
        raise DatabaseError(f"{shown(engine)} was written by a newer version of this program (schema {found}): upgrade the program")


def exists(engine: Engine) -> bool:
    """Whether there is something to open: a file that is not there is no error yet."""
    path = engine.url.database if engine.dialect.name == "sqlite" else None
    return path is None or Path(path).exists()


def differences(engine: Engine) -> list[str]:
    """What the tables lack or have too much, compared with the models; one line each."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

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
        if isinstance(error, sqlite3.OperationalError | sqlite3.ProgrammingError) or any(key in str(error) for key in _HINTS):
            raise DatabaseError(_explain(engine, error)) from None
        raise


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
