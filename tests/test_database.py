"""Transactions of a crawl: nobody's event loop waits for another program's."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, Executable, insert, select, update
from sqlalchemy.exc import IntegrityError

from crawler.db.compiled import fetch, insert_rows
from crawler.db.database import TOGETHER, Database
from crawler.db.engine import open_engine, ready
from crawler.db.models import Counter, NoticeUrl
from crawler.errors import DatabaseError

VALUE = select(Counter.value).where(Counter.name == "seq")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    ready(open_engine(f"sqlite:///{tmp_path / 'signoff.sqlite'}"), create=True)
    return tmp_path / "signoff.sqlite"


def raise_counter(connection: Connection) -> int:
    connection.execute(Counter.__table__.update().values(value=Counter.value + 1))
    return int(connection.execute(VALUE).scalar_one())


def test_the_loop_goes_on_while_another_program_writes(path: Path) -> None:
    other, turns = sqlite3.connect(path, isolation_level=None), 0

    async def scenario() -> int:
        nonlocal turns
        database = Database(open_engine(f"sqlite:///{path}"))
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.ensure_future(database.write(raise_counter))
        while turns < 100:
            await asyncio.sleep(0)
            turns += 1
        assert not waiting.done()
        other.execute("COMMIT")
        return await waiting

    assert asyncio.run(scenario()) == 1


def test_reading_does_not_wait_for_a_writer(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    database = Database(open_engine(f"sqlite:///{path}?timeout=0.1"))
    assert asyncio.run(database.read(lambda connection: connection.execute(VALUE).scalar_one())) == 0


def test_a_write_that_fails_leaves_nothing(path: Path) -> None:
    database = Database(open_engine(f"sqlite:///{path}"))

    def broken(connection: Connection) -> None:
        raise_counter(connection)
        raise ValueError("after the first statement")

    async def scenario() -> int:
        with pytest.raises(ValueError, match="after the first"):
            await database.write(broken)
        return await database.write(raise_counter)

    assert asyncio.run(scenario()) == 1


def test_writes_of_one_moment_share_a_commit(path: Path) -> None:
    """A failing commit is told to both: here because of a reference that only the commit looks at."""

    def dangling(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql("INSERT INTO text_key (key, notice_id) VALUES (1, 'nobody')")

    async def scenario() -> list[object]:
        database = Database(open_engine(f"sqlite:///{path}"))
        return await asyncio.gather(database.write(raise_counter), database.write(dangling), return_exceptions=True)

    assert [type(found) for found in asyncio.run(scenario())] == [IntegrityError, IntegrityError]
    assert sqlite3.connect(path).execute("SELECT value FROM counter WHERE name = 'seq'").fetchone() == (0,)


def test_a_write_that_fails_leaves_its_neighbours(path: Path) -> None:
    def broken(connection: Connection) -> None:
        raise_counter(connection)
        raise ValueError

    async def scenario() -> list[object]:
        database = Database(open_engine(f"sqlite:///{path}"))
        works = (raise_counter, broken, raise_counter)
        return await asyncio.gather(*(database.write(work) for work in works), return_exceptions=True)

    first, failed, second = asyncio.run(scenario())
    assert (first, type(failed), second) == (1, ValueError, 2)


def test_a_read_sees_what_was_written_a_moment_ago(path: Path) -> None:
    async def scenario() -> int:
        database = Database(open_engine(f"sqlite:///{path}"))
        writing = asyncio.ensure_future(database.write(raise_counter))
        await asyncio.sleep(0)
        found = await database.read(lambda connection: connection.execute(VALUE).scalar_one())
        await writing
        return int(found)

    assert asyncio.run(scenario()) == 1


def test_what_was_written_is_committed_on_return(path: Path) -> None:
    async def scenario() -> object:
        await Database(open_engine(f"sqlite:///{path}")).write(raise_counter)
        return sqlite3.connect(path).execute("SELECT value FROM counter WHERE name = 'seq'").fetchone()

    assert asyncio.run(scenario()) == (1,)


def test_another_thread_waits_for_the_commit_and_writes(path: Path) -> None:
    async def scenario() -> int:
        database = Database(open_engine(f"sqlite:///{path}"))
        writing = asyncio.ensure_future(database.write(raise_counter))
        await asyncio.sleep(0)
        other = await asyncio.to_thread(database.write_now, raise_counter)
        await writing
        return other

    assert asyncio.run(scenario()) == 2


def test_where_a_full_disk_undid_the_transaction_nobody_hears_of_success(path: Path) -> None:
    def fill(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
        row = {"name": "n" * 3000, "value": 0}
        for number in range(4000):
            connection.execute(Counter.__table__.insert().values(row | {"name": f"{number}{row['name']}"}))

    async def scenario() -> list[object]:
        database = Database(open_engine(f"sqlite:///{path}"))
        works = (raise_counter, fill, raise_counter)
        return await asyncio.gather(*(database.write(work) for work in works), return_exceptions=True)

    told = [found for found in asyncio.run(scenario()) if not isinstance(found, DatabaseError)]
    assert told == [] or sqlite3.connect(path).execute("SELECT value FROM counter WHERE name = 'seq'").fetchone() == (len(told),)


def test_after_a_commit_that_failed_the_next_one_succeeds(path: Path) -> None:
    """A commit that finds the file busy keeps SQLite's lock, unless it is undone: here without the write-ahead log, beside a reader."""
    engine = open_engine(f"sqlite:///{path}")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("BEGIN")
        other.execute("SELECT value FROM counter").fetchall()

        async def scenario() -> int:
            database = Database(engine)
            with pytest.raises(DatabaseError, match="locked"):
                await database.write(raise_counter)
            other.execute("COMMIT")
            return await database.write(raise_counter)

        assert asyncio.run(scenario()) == 1


def test_what_a_stopped_loop_left_open_is_committed(path: Path) -> None:
    database = Database(open_engine(f"sqlite:///{path}"))

    async def leave_open() -> None:
        writing = asyncio.ensure_future(database.write(raise_counter))
        await asyncio.sleep(0)
        asyncio.get_running_loop().stop()  # at the end of this turn: the commit would come in the next one
        await writing

    loop = asyncio.new_event_loop()
    left = loop.create_task(leave_open())
    loop.run_forever()
    assert not left.done()
    assert database.write_now(raise_counter) == 2
    left.cancel()
    loop.run_until_complete(asyncio.gather(left, return_exceptions=True))
    loop.close()


def test_more_works_than_share_a_commit_are_all_done(path: Path) -> None:
    async def scenario() -> list[int]:
        database = Database(open_engine(f"sqlite:///{path}"))
        return list(await asyncio.gather(*(database.write(raise_counter) for _ in range(TOGETHER + 2))))

    assert asyncio.run(scenario()) == list(range(1, TOGETHER + 3))


def test_the_log_is_copied_back_after_so_many_works(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.db.database.CHECKPOINT_WORKS", 3)
    database = Database(open_engine(f"sqlite:///{path}"))

    async def scenario() -> None:
        for _ in range(3):
            await database.write(raise_counter)

    asyncio.run(scenario())
    database.write_now(lambda _: None)  # the thread does one thing after the other
    (tmp_path / "copy.sqlite").write_bytes(path.read_bytes())
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as without_log:
        assert without_log.execute("SELECT value FROM counter WHERE name = 'seq'").fetchone() == (3,)


def test_a_row_that_breaks_a_rule_is_no_broken_database(engine: Engine) -> None:
    """It is one page's misfortune: the crawl goes on."""
    row = {"notice_id": "nobody", "url": "http://site.example/1", "since": datetime(2025, 6, 4, tzinfo=UTC), "until": None}
    with pytest.raises((IntegrityError, sqlite3.IntegrityError)):
        Database(engine).write_now(lambda connection: insert_rows(connection, insert(NoticeUrl), [row]))


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (select(Counter.value).where(Counter.name.in_(["seq", "other"])), {}),
        (update(Counter).values(value=1), {"name": "seq"}),
    ],
    ids=["a list of any length", "a name that the statement does not know"],
)
def test_what_cannot_be_compiled_once_is_refused(engine: Engine, statement: Executable, values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="compiled once"):
        Database(engine).write_now(lambda connection: fetch(connection, statement, values))


def test_a_database_of_several_versions_is_not_guessed_at(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO alembic_version VALUES ('0004')")
    with pytest.raises(DatabaseError, match="several schema versions"):
        ready(open_engine(f"sqlite:///{path}"), create=True)
