"""The few statements that run once a page, compiled once.

SQLAlchemy's own execution finds the compiled form, the types and the result's shape anew each time, which takes several times as
long as SQLite needs for the row. Here the compiled text goes to the driver, its values through the types' own processors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Date, Dialect, Executable, Insert

from crawler.db.models import Instant

_Values = dict[str, Any]


def insert_rows(connection: Connection, statement: Insert, rows: Sequence[_Values]) -> None:
    """Run an INSERT that returns nothing, for rows with the same columns. ``statement`` lives as long as the program."""
    if not rows:
        return
    text, pack = _prepared(statement, connection.dialect, tuple(rows[0]))
    if len(rows) == 1:
        run(connection, text, pack(rows[0]))
    else:
        _run_many(connection, text, [pack(row) for row in rows])


def fetch(connection: Connection, statement: Executable, values: _Values) -> Sequence[Any]:
    """The rows that a statement returns, as the driver gives them: of numbers and words, no times. Lives as `insert_rows` says."""
    text, pack = _prepared(statement, connection.dialect, tuple(values))
    found: Sequence[Any] = run(connection, text, pack(values)).fetchall()
    return found


def run(connection: Connection, text: str, values: Any = ()) -> Any:
    """Run the text of a statement, and return a cursor. SQLite's driver is asked directly, its errors are `sqlite3.Error`."""
    if connection.dialect.name == "sqlite":
        return driver(connection).execute(text, values)
    return connection.exec_driver_sql(text, values)


def _run_many(connection: Connection, text: str, values: list[Any]) -> None:
    if connection.dialect.name == "sqlite":
        driver(connection).executemany(text, values)
    else:
        connection.exec_driver_sql(text, values)


def driver(connection: Connection) -> Any:
    """The driver's connection, in the transaction that was begun."""
    return connection.connection.dbapi_connection


@lru_cache(maxsize=256)
def _prepared(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> tuple[str, Callable[[_Values], Any]]:
    """(text for the driver, what makes its parameters from named values).

    Raises `ValueError` where a value is missing or unknown, and for what SQLAlchemy would only make at the moment of execution.
    """
    inserts = isinstance(statement, Insert)
    compiled: Any = statement.inline().compile(dialect=dialect, column_keys=list(names)) if inserts else statement.compile(dialect=dialect)
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    fixed = {name: bind.value for name, bind in binds.items() if name not in names}
    if missing := [name for name, bind in binds.items() if name in fixed and (inserts or bind.required)]:
        raise ValueError(f"no value for {', '.join(sorted(missing))}: {compiled}")
    late = [name for name, bind in binds.items() if bind.expanding or bind.literal_execute or bind.callable]
    if odd := [*late, *map(str, compiled.update_prefetch), *(set(names) - set(binds))]:
        raise ValueError(f"not for a statement that is compiled once: {', '.join(odd)}: {compiled}")
    processors = {name: _processor(bind.type, dialect) for name, bind in binds.items()}
    order = [(name, processors[name]) for name in compiled.positiontup or binds]

    def pack(row: _Values) -> Any:
        given = {**fixed, **row} if fixed else row
        values = [process(given[name]) if process else given[name] for name, process in order]
        return tuple(values) if compiled.positiontup else dict(zip(binds, values, strict=True))

    return str(compiled), pack


def _processor(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes the driver's value; of times it is remembered: a page's rows all bear that of the look, and days come again."""
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(maxsize=64)(process) if process and isinstance(kind, Instant | Date) else process
