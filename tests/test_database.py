"""Transactions of a crawl: nobody's event loop waits for another program's."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

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
