"""signoff crawl, backfill, capture: what goes out to the sites."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from crawler import urls as urls_
from crawler.cli.common import (
    FINDINGS,
    INTERRUPTED,
    Chosen,
    Database,
    DataDir,
    Json,
    Place,
    Quiet,
    Regions,
    Sources,
    by_hours,
    day,
    emit,
    leave,
    place,
)
from crawler.cli.run_progress import Shown
from crawler.crawl import runner as runs
from crawler.crawl.job import Report
from crawler.errors import AddressError, UsageError
from crawler.notice.model import Verdict
from crawler.policy.plan import Mode, Run
from crawler.registry.registry import Registry, Source


def add_to(app: typer.Typer) -> None:
    app.command()(crawl)
    app.command()(backfill)
    app.command()(capture)


def crawl(
    region: Regions = None,
    source: Chosen = None,
    due: Annotated[bool, typer.Option("--due", help="only what is due: lists, pages, files")] = False,
    sources: Sources = None,
    database: Database = None,
    data_dir: DataDir = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Look at a selection now: its lists to the end, what is new, every known notice again.

    $ signoff crawl --region 甘肃
    """
    here = place(sources, database, data_dir)
    registry = here.registry()
    chosen = registry.select(region or [], source or [])
    _go(here, registry, _active(chosen, named=bool(source)), Run(Mode.DUE if due else Mode.CRAWL), json=json, quiet=quiet)


def backfill(
    region: Annotated[str, typer.Argument(help="name or GB/T 2260 code, e.g. 甘肃 or 62", metavar="REGION")],
    since: Annotated[str | None, typer.Option("--since", help="back to this day", metavar="D")] = None,
    until: Annotated[str | None, typer.Option("--until", help="nothing after this day", metavar="D")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be crawled")] = False,
    sources: Sources = None,
    database: Database = None,
    data_dir: DataDir = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Crawl all pages of a region back to a date. Can be killed and started again: it goes on where it was.

    What it finds is stored and exported, but is no news: no feed is flooded.

    $ signoff backfill 甘肃 --since 2023-01-01 --dry-run
    """
    here = place(sources, database, data_dir)
    registry = here.registry()
    chosen = registry.select([region], [])
    active = [one for one in chosen if not one.paused]
    if dry_run:
        typer.echo(f"{len(chosen)} sources, {len(chosen) - len(active)} paused, {sum(len(one.list_urls) for one in active)} lists")
        return
    _go(here, registry, active, Run(Mode.BACKFILL, day(since, "--since"), day(until, "--until")), json=json, quiet=quiet)


def capture(
    urls: Annotated[list[str], typer.Argument(help="addresses of pages", metavar="URL…")],
    sources: Sources = None,
    database: Database = None,
    data_dir: DataDir = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Archive, read and from then on watch single pages that no list shows.

    $ signoff capture https://sthjj.example.gov.cn/dczg/t20250604_1.html
    """
    here = place(sources, database, data_dir)
    registry = here.registry()
    chosen = {source.id: source for source in (source_of(registry, url) for url in urls)}
    pages = tuple(dict.fromkeys(urls_.canonical(url) for url in urls))
    _go(here, registry, list(chosen.values()), Run(Mode.CAPTURE, urls=pages), json=json, quiet=quiet)


def source_of(registry: Registry, url: str) -> Source:
    """The source whose site a page stands on. Raises `UsageError`: a page of nobody we know needs a source first."""
    try:
        host = urls_.host_of(url)
    except AddressError as error:
        raise UsageError(str(error)) from None
    for source in registry.values():
        if host in {urls_.host_of(known) for known in source.list_urls}:
            return source
    raise UsageError(f"no source has pages on {host}; add one first: signoff sources add {url}")


def _active(chosen: tuple[Source, ...], *, named: bool) -> list[Source]:
    """Leave out what is paused; a paused source asked for by name is a mistake that is told."""
    paused = [one for one in chosen if one.paused]
    if named and paused:
        raise UsageError(f"source {paused[0].id} is paused: {paused[0].paused}")
    active = [one for one in chosen if not one.paused]
    if not active:
        raise UsageError("no active source in this selection; see 'signoff sources list'")
    return active


def _go(here: Place, registry: Registry, chosen: list[Source], run: Run, *, json: bool, quiet: bool) -> None:
    here.writable()
    open_now = chosen if run.mode is Mode.DUE else by_hours(here, chosen)
    with Shown(on=not (json or quiet)) as shown:
        reports = runs.crawl(here.config, registry, open_now, run, emit_report if json else shown.tell, shown.progress)
    if shown.progress.interrupted:
        leave(INTERRUPTED)
    missing = len(reports) < shown.progress.total or len(open_now) < len(chosen)
    leave(FINDINGS if missing or any(report.verdict != Verdict.OK for report in reports) else 0)


def emit_report(report: Report) -> None:
    emit(asdict(report))
