"""signoff extract, reextract: reading without crawling."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import IO, Annotated

import typer

from crawler.cli import process_pool
from crawler.cli.common import FINDINGS, Database, DataDir, Json, Place, Quiet, Regions, Sources, day, emit, leave, place
from crawler.cli.extract_files import MOST_BYTES, SECONDS, Piece, Work, failed, lines_of, parcels
from crawler.cli.piece_progress import Ticking
from crawler.clock import CHINA
from crawler.crawl import reextract as rereading_run
from crawler.crawl.reading import Readers
from crawler.crawl.reextract import Reextractor, Summary
from crawler.db import write_rereading
from crawler.db.database import Database as Opened
from crawler.db.write_rereading import Wanted
from crawler.errors import UsageError
from crawler.extract.read_notice import EXTRACTOR
from crawler.fetch import process as fetch_context
from crawler.gazetteer import regions

_STDIN = "-"


def add_to(app: typer.Typer) -> None:
    app.command()(extract)
    app.command()(reextract)


def extract(
    files: Annotated[list[str], typer.Argument(help="pages, documents or folders of them; - is standard input", metavar="FILE…")],
    url: Annotated[str, typer.Option("--url", help="where the page stood", metavar="U")] = "",
    jsonl: Annotated[bool, typer.Option("--jsonl", help="lines with id, url, and html or text; writes lines with id and notice")] = False,
    why: Annotated[bool, typer.Option("--why", help="the words behind class, stage and fields, instead of JSON")] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, max=256, help="processes; default: one a core", metavar="N")] = None,
    quiet: Quiet = False,
) -> None:
    """Read pages or documents with no database and print the notice JSON, a line each, in the order of the input.

    A folder stands for all files below it whose names do not begin with a dot.

    $ signoff extract notice.html --url http://sthjj.example.gov.cn/a.html

    $ signoff extract --jsonl pages.jsonl > notices.jsonl
    """
    paths = [path for name in files for path in expanded(name, jsonl=jsonl)]
    pieces = (piece for path in paths for piece in (lines_of(path, _opened(path)) if jsonl else [_file(path)]))
    work = Work(url, why, shutil.get_terminal_size().columns if why and sys.stdout.isatty() else None)
    wanted = jobs or process_pool.cores()
    running = wanted if jsonl else max(1, min(wanted, len(paths)))
    bad = False
    ticking = Ticking("pages", None if jsonl else len(paths), on=not quiet and not sys.stdout.isatty())
    for text, is_failure in process_pool.spread(work, parcels(pieces), failed, jobs=running, seconds=SECONDS):
        sys.stdout.buffer.write(text)
        bad |= is_failure
        ticking.tick()
    sys.stdout.buffer.flush()
    ticking.end()
    leave(FINDINGS if bad else 0)


def expanded(name: str, *, jsonl: bool) -> list[str]:
    """The files that a name on the command line stands for, sorted. Raises `UsageError` for what does not exist, or holds none."""
    path = Path(name)
    if name == _STDIN:
        return [name]
    if not path.is_dir():
        if not path.exists() and not path.is_symlink():
            raise UsageError(f"{name}: there is no such file or folder")
        return [name]
    found = list(_below(path, jsonl=jsonl))
    if not found:
        raise UsageError(f"{name}: there are no {'.jsonl ' if jsonl else ''}files in this folder")
    return found


def _below(path: Path, *, jsonl: bool) -> Iterator[str]:
    for folder, below, here in os.walk(path):
        below[:] = sorted(one for one in below if not one.startswith("."))
        yield from (os.path.join(folder, one) for one in sorted(here) if _belongs(one, jsonl=jsonl))  # noqa: PTH118 - names stay as given


def _belongs(name: str, *, jsonl: bool) -> bool:
    return not name.startswith(".") and (not jsonl or name.endswith(".jsonl"))


def _file(path: str) -> Piece:
    return Piece(path, data=sys.stdin.buffer.read(MOST_BYTES + 1)) if path == _STDIN else Piece(path)


def _opened(path: str) -> IO[bytes]:
    try:
        return sys.stdin.buffer if path == _STDIN else Path(path).open("rb")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def reextract(
    region: Regions = None,
    since: Annotated[str | None, typer.Option("--since", help="only what was first seen from this day on", metavar="D")] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="only files that waited for a tool which is there now")] = False,
    force: Annotated[bool, typer.Option("--force", help="also what today's rules have read already")] = False,
    sources: Sources = None,
    database: Database = None,
    data_dir: DataDir = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Read archived captures again with today's rules; announces nothing.

    Fields change silently. A page that turns out to be a notice after all enters with an event that is no news. Can be stopped and
    started again.

    $ signoff reextract --region 河北

    $ signoff reextract --waiting
    """
    here = place(sources, database, data_dir)
    first = day(since, "--since")
    wanted = Wanted(
        regions=tuple(regions.match(name) for name in region or []),
        since=datetime.combine(first, time(), CHINA) if first else None,
        force=force,
        tools=rereading_run.available_tools() if waiting else None,
    )
    summary = _reread(here, wanted, quiet=quiet or json)
    if json:
        emit(summary.as_json())
    else:
        typer.echo(f"{summary.read} read again: {summary.changed} changed, {summary.entered} entered, {summary.failed} failed")
    leave(FINDINGS if summary.failed else 0)


def _reread(here: Place, wanted: Wanted, *, quiet: bool) -> Summary:
    registry, opened = here.registry(), Opened(here.engine())
    here.writable()
    shared = fetch_context.use(here.config, opened)
    total = opened.write_now(lambda connection: write_rereading.count(connection, wanted, EXTRACTOR))
    ticking = Ticking("notices and pages", total, on=not quiet)
    try:
        with rereading_run.document_reader() as documents:
            return asyncio.run(Reextractor(shared, registry, documents, _tell, ticking.tick).run(wanted))
    finally:
        ticking.end()
        Readers.of(shared).documents.close()
        shared.close()
        opened.close()


def _tell(line: str) -> None:
    typer.echo(f"signoff: {line}", err=True)
