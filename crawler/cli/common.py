"""What the commands share: common options, where things are, how errors end."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from crawler import config as configuration
from crawler.config import Config
from crawler.db.engine import open_engine, ready
from crawler.errors import CannotRunError, RegistryError, SignoffError, UsageError
from crawler.registry.registry import Registry, Source, load

DONE, FINDINGS, WRONG_USE, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 3, 130

Sources = Annotated[Path | None, typer.Option("--sources", help="folder of another registry", metavar="DIR")]
Database = Annotated[str | None, typer.Option("--database", help="SQLAlchemy URL of the database", metavar="URL")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="folder of database and archive", metavar="DIR")]
Json = Annotated[bool, typer.Option("--json", help="JSON Lines for machines")]
Quiet = Annotated[bool, typer.Option("--quiet", help="no progress, only results")]
Chosen = Annotated[list[str] | None, typer.Option("--source", help="id of a source; may be repeated", metavar="ID")]
Regions = Annotated[list[str] | None, typer.Option("--region", help="name or GB/T 2260 code; may be repeated", metavar="R")]


def failed(error: SignoffError) -> int:
    """Print an error on one line (a registry's mistakes: one line each) and give the exit status."""
    lines = error.mistakes if isinstance(error, RegistryError) else [" ".join(str(error).split())]
    for line in lines:
        typer.echo(line if isinstance(error, RegistryError) else f"signoff: {line}", err=True)
    return WRONG_USE if isinstance(error, UsageError) else COULD_NOT_RUN


@dataclass(frozen=True, slots=True)
class Place:
    """Configuration, and what is opened from it on demand."""

    config: Config

    def registry(self) -> Registry:
        return load(configuration.registry_dir(self.config))

    def engine(self, *, create: bool = False) -> Engine:
        engine = open_engine(self.config.url)
        ready(engine, create=create)
        return engine

    def writable(self) -> None:
        """Raise `CannotRunError` where the data folder cannot be written."""
        folder = self.config.data_dir
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".write-test"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise CannotRunError(f"data folder {folder}: {error.strerror}: change its rights or choose another with --data-dir") from None


def place(sources: Path | None = None, database: str | None = None, data_dir: Path | None = None, **more: Any) -> Place:
    return Place(configuration.load(sources=sources, database_url=database, data_dir=data_dir, **more))


def day(text: str | None, option: str) -> date | None:
    """A day as given on the command line. Raises `UsageError`."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise UsageError(f"{option}: {text!r} is no day; write it as 2025-06-04") from None


def by_hours(here: Place, chosen: Sequence[Source]) -> list[Source]:
    """The sources that may be asked now; of the others one line is said."""
    from crawler.crawl import runner as runs  # here, not above: it brings Scrapy along, and most verbs ask no site

    open_now, later = runs.by_hours(here.config, chosen)
    if later:
        told = ", ".join(f"{source.id} {source.night or here.config.night}" for source in later)
        typer.echo(f"left for later, asked in their hours (China time) only: {told}", err=True)
    return open_now


def emit(value: Any) -> None:
    """One line of JSON Lines."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def leave(status: int) -> None:
    """End the command with a status."""
    if status:
        raise typer.Exit(status)
