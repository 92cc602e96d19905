"""signoff sources health, signoff status: how the sources do, and what is going on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

import typer

from crawler import clock
from crawler.cli.common import DONE, FINDINGS, Database, DataDir, Json, Place, Regions, Sources, emit, leave, place
from crawler.clock import CHINA
from crawler.db import overview
from crawler.db.engine import explained
from crawler.db.overview import Seen
from crawler.survey import health as source_health
from crawler.survey.health import SourceHealth, Status

_HEAD = ("source", "verdict", "last ok", "complete", "a year", "last notice", "silent/quiet")
#: sources named in one line of `signoff status`
SHOWN = 5


def health(
    region: Regions = None,
    everything: Annotated[bool, typer.Option("--paused", help="paused sources as well")] = False,
    sources: Sources = None,
    database: Database = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """For every source: last verdict, last ok, last complete walk, notices a year, silence against its rhythm, and findings.

    Exit status 1 when there are findings.

    $ signoff sources health --region 甘肃
    """
    here = place(sources, database, data_dir)
    chosen = here.registry().select(region or [], [])
    rows = source_health.of_all(chosen, _seen(here), clock.now())
    shown = [row for row in rows if everything or not row.paused]
    if json:
        for row in shown:
            emit({name: _plain(value) for name, value in asdict(row).items()})
    else:
        _table(shown)
        found = sum(1 for row in rows if row.findings)
        paused = sum(1 for row in rows if row.paused)
        typer.echo(f"{len(rows)} source{'s' * (len(rows) != 1)}, {paused} paused, {found} with findings")
    leave(FINDINGS if any(row.findings for row in rows) else DONE)


def _seen(here: Place) -> dict[str, Seen]:
    engine = here.engine(create=True)
    with explained(engine), engine.connect() as connection:
        return overview.sources(connection)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _table(rows: list[SourceHealth]) -> None:
    cells = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEAD))]
    for index, line in enumerate(cells):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
        for finding in rows[index - 1].findings if index else ():
            typer.echo(f"    {' '.join(finding.split())}")


def _cells(row: SourceHealth) -> tuple[str, ...]:
    silent = f"{'-' if row.silent is None else row.silent}/{row.quiet_days} d"
    known = (row.last_ok, row.complete_walk, row.per_year, row.last_notice)
    return (row.id, "paused" if row.paused else row.verdict or "-", *("-" if value is None else str(value) for value in known), silent)


def status(sources: Sources = None, database: Database = None, data_dir: DataDir = None, json: Json = False) -> None:
    """What runs, waits, is late, is blind. Exit status 1 where a source is late or blind."""
    here = place(sources, database, data_dir)
    found = source_health.status(list(here.registry().values()), _seen(here), clock.now())
    if json:
        emit({name: _plain(value) for name, value in asdict(found).items()})
    else:
        _tell(found)
    leave(FINDINGS if found.late or found.blind else DONE)


def _tell(found: Status) -> None:
    typer.echo(f"sources  {found.active} active, {found.paused} paused")
    typer.echo(f"runs     {len(found.runs)}" + "".join(f"\n         {source} ({by})" for source, by in found.runs))
    coming = f"; next due {found.next_due.astimezone(CHINA):%Y-%m-%d %H:%M}" if found.next_due else ""
    typer.echo(f"waits    {len(found.waits)}{_some(found.waits)}{coming}")
    typer.echo(f"late     {len(found.late)}{_some(found.late)}")
    typer.echo(f"blind    {len(found.blind)}" + "".join(f"\n         {source}  {why}" for source, why in found.blind))


def _some(ids: tuple[str, ...]) -> str:
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return f": {', '.join(ids[:SHOWN])}{more}" if ids else ""
