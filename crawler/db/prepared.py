"""The few statements that run once a page, compiled once.

SQLAlchemy's own execution finds the compiled form, the types and the result's shape anew each time, which takes several times as
long as SQLite needs for the row. Here the compiled text goes to the driver, its values through the types' own processors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Insert

_Values = dict[str, Any]


def insert_rows(connection: Connection, statement: Insert, rows: Sequence[_Values]) -> None:
    """Run an INSERT that returns nothing, for rows with the same columns. ``statement`` lives as long as the program."""
    if not rows:
        return
    text, pack = _prepared(statement, connection.dialect, tuple(rows[0]))
    connection.exec_driver_sql(text, [pack(row) for row in rows])


@lru_cache(maxsize=256)
def _prepared(statement: Insert, dialect: Dialect, columns: tuple[str, ...]) -> tuple[str, Callable[[_Values], Any]]:
    """(text for the driver, what makes its parameters from a row). Raises `ValueError` where a column is left to its default."""
    compiled: Any = statement.inline().compile(dialect=dialect, column_keys=list(columns))
    if missing := set(compiled.binds) - set(columns):
        raise ValueError(f"{statement.table.name}: no value for {', '.join(sorted(missing))}")
    processors = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
    order = [(name, processors[name]) for name in compiled.positiontup or compiled.binds]
    if compiled.positiontup:
        return str(compiled), lambda row: tuple([process(row[name]) if process else row[name] for name, process in order])
    return str(compiled), lambda row: {name: process(row[name]) if process else row[name] for name, process in order}
