"""Runs the schema steps on the connection it is handed, or on the URL of the settings."""

from __future__ import annotations

from sqlalchemy import Connection

from alembic import context
from crawler.config import load
from crawler.db.engine import open_engine
from crawler.db.models import Base, Instant


def render(kind: str, item: object, _context: object) -> str | bool:
    """Schema steps must outlive our own types: an Instant is a DateTime to the database."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with open_engine(load().url).connect().execution_options(writes=True) as opened, opened.begin():
        run(opened)
