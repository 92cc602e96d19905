"""signoff sources check: visit sources and say, rule by rule, what was found."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from crawler import clock
from crawler.cli.common import DONE, FINDINGS, Database, DataDir, Json, Sources, by_hours, emit, leave, place
from crawler.errors import CannotRunError
from crawler.registry.draft import printable
from crawler.survey import visit as probe
from crawler.survey.findings import Visit, Wish
from crawler.survey.rules import Level, judge


def check(
    source_ids: Annotated[list[str], typer.Argument(help="ids of sources", metavar="ID…")],
    sources: Sources = None,
    database: Database = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Visit sources and say, rule by rule, what was found; exit status 1 where a rule fails.

    Looks at robots.txt, every list to its end, dates, titles, a page of interest, an attachment, and whether validators are honest.

    $ signoff sources check gansu_lanzhou
    """
    here = place(sources, database, data_dir)
    named = here.registry().select([], source_ids)
    chosen = by_hours(here, named)
    here.writable()
    failed, seen = False, 0

    def told(visit: Visit) -> None:
        nonlocal failed, seen
        seen += 1
        failed = tell(visit, json=json) or failed

    wishes = [Wish(source.list_urls, source, pages=None, details=1, deep=True) for source in chosen]
    with waiting(f"visiting {', '.join(source_ids)}: some seconds for every page of a list"):
        probe.visit(here.config, wishes, told)
    if seen < len(chosen):
        raise CannotRunError("a visit broke off; run the same command again")
    leave(FINDINGS if failed or len(chosen) < len(named) else DONE)


@contextmanager
def waiting(words: str) -> Iterator[None]:
    """Says on a terminal what is going on; how long a list is, nobody knows before its end."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(words):
        yield


def tell(visit: Visit, *, json: bool) -> bool:
    """Print the rules of one visit; whether one failed."""
    source = visit.wish.source
    assert source is not None
    lines = judge(visit, source, clock.today())
    if not json:
        typer.echo(f"{source.id}  {source.name}")
    for line in lines:
        if json:
            emit({"source": source.id, **asdict(line), "words": printable(line.words)})
        else:
            seconds = f"{line.seconds:6.1f} s" if line.seconds is not None else " " * 8
            typer.echo(f"{line.level:<4}  {line.rule:<12}  {seconds}  {printable(line.words)}")
    return any(line.level is Level.FAIL for line in lines)
