"""Transactions of a crawl: nobody's event loop waits for another program's."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from crawler.db.engine import Database, open_engine, ready
from crawler.db.models import Counter

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
