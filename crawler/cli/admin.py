"""signoff db, doctor, status: the machine and the database."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated, Any

import typer
from sqlalchemy import func, select

from crawler import __version__
from crawler.cli.common import Database, DataDir, Json, Sources, emit, leave, place
from crawler.config import Config
from crawler.db import engine as engines
from crawler.db.models import Base
from crawler.errors import SignoffError
from crawler.extract.document import tools


def add_to(app: typer.Typer) -> None:
    sub = typer.Typer(help="The database's schema and size.", no_args_is_help=True, rich_markup_mode=None)
    sub.command(name="upgrade")(upgrade)
    sub.command(name="check")(check)
    sub.command(name="stats")(stats)
    app.add_typer(sub, name="db")
    app.command()(doctor)


def upgrade(database: Database = None, data_dir: DataDir = None) -> None:
    """Bring the schema to this program's version.

    $ signoff db upgrade
    """
    engine = engines.open_engine(place(None, database, data_dir).config.url)
    engines.upgrade(engine)
    typer.echo(f"{engines.shown(engine)}: schema {engines.head()}")


def check(database: Database = None, data_dir: DataDir = None) -> None:
    """Compare the tables with what this program expects; exit status 1 where they differ.

    $ signoff db check
    """
    engine = engines.open_engine(place(None, database, data_dir).config.url)
    differences = engines.differences(engine)
    for difference in differences:
        typer.echo(difference)
    typer.echo(f"{engines.shown(engine)}: " + ("as expected" if not differences else f"{len(differences)} differences"))
    leave(1 if differences else 0)


def stats(database: Database = None, data_dir: DataDir = None, json: Json = False) -> None:
    """Rows of every table.

    $ signoff db stats --json
    """
    engine = place(None, database, data_dir).engine()
    with engines.explained(engine), engine.connect() as connection:
        counts = {t.name: connection.execute(select(func.count()).select_from(t)).scalar_one() for t in Base.metadata.sorted_tables}
    if json:
        emit(counts)
        return
    for name, count in counts.items():
        typer.echo(f"{name:<14} {count}")


def doctor(
    sources: Sources = None,
    database: Database = None,
    data_dir: DataDir = None,
    json: Json = False,
    settings: Annotated[bool, typer.Option("--settings", help="only settings and where they come from")] = False,
) -> None:
    """What is missing on this machine and the command that mends it; each setting and its origin.

    $ signoff doctor
    """
    here = place(sources, database, data_dir)
    rows: list[dict[str, Any]] = [{"what": "signoff", "status": "ok", "detail": f"{__version__}, Python {sys.version.split()[0]}"}]
    if not settings:
        rows += [*_machine(here.config), *_tools(), _browser(here.config)]
    for row in rows:
        emit(row) if json else typer.echo(f"{row['status']:<8} {row['what']:<22} {row['detail']}")
    for name, value, origin in configuration_rows(here.config, {"sources": sources, "database_url": database, "data_dir": data_dir}):
        emit({"setting": name, "value": value, "origin": origin}) if json else typer.echo(f"setting  {name:<22} {value}  ({origin})")
    leave(1 if any(row["status"] == "missing" and row.get("needed") for row in rows) else 0)


def configuration_rows(config: Config, options: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Each setting, its value and where it comes from."""
    from crawler.config import origins

    return [(name, str(getattr(config, name)), origin) for name, origin in origins(options).items()]


def _machine(config: Config) -> list[dict[str, Any]]:
    rows = [
        {"what": "free disk", "status": "ok", "detail": f"{shutil.disk_usage(_existing(config)).free / 2**30:.1f} GiB at {config.data_dir}"}
    ]
    try:
        engine = engines.open_engine(config.url)
        engines.refuse_newer(engine)
        found = engines.version(engine) if engines.exists(engine) else None
        rows.append({"what": "database", "status": "ok", "detail": f"{engines.shown(engine)}: schema {found or 'not made yet'}"})
    except SignoffError as error:
        rows.append({"what": "database", "status": "missing", "detail": str(error), "needed": "yes"})
    return rows


def _browser(config: Config) -> dict[str, Any]:
    from crawler.fetch.browser import chromium  # here, not above: it brings Scrapy along
    from crawler.fetch.refusals import BrowserForbiddenError, BrowserMissingError

    try:
        return {"what": "chromium", "status": "ok", "detail": chromium.executable(config)}
    except BrowserForbiddenError:
        return {"what": "chromium", "status": "off", "detail": "browser = never: sources with browser = true are blocked"}
    except BrowserMissingError as error:
        return {"what": "chromium", "status": "missing", "detail": f"for sources with browser = true: {str(error).rpartition(': ')[2]}"}


def _existing(config: Config) -> Any:
    folder = config.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder


def _tools() -> list[dict[str, Any]]:
    return [
        {
            "what": state.tool.name,
            "status": "ok" if state.found else "missing",
            "detail": state.version or state.path or f"for {state.tool.purpose}: {state.tool.install}",
        }
        for state in tools.survey()
    ]
