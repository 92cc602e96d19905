"""signoff changes, notices, show, export: what is known, to look at and to take away."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy import Engine

from crawler import clock
from crawler.cli.common import Chosen, Database, DataDir, Json, Place, Quiet, Regions, Sources, day, place
from crawler.db import queries
from crawler.db.queries import Selection
from crawler.db.selection import Span
from crawler.errors import CannotRunError, RegistryError, UsageError
from crawler.gazetteer import regions
from crawler.notice.model import ChangeKind, DocType
from crawler.publish import feed_selection, terminal
from crawler.publish.formats import atom, csv_table

E = TypeVar("E", bound=StrEnum)
FORMATS = ("atom", "csv", "jsonl")

Types = Annotated[list[str] | None, typer.Option("--type", help="class of document; may be repeated or separated by commas", metavar="T")]
Kinds = Annotated[list[str] | None, typer.Option("--kind", help="kind of event: new,revised,…", metavar="K")]
Since = Annotated[str | None, typer.Option("--since", help="from this day on", metavar="D")]
Until = Annotated[str | None, typer.Option("--until", help="up to this day", metavar="D")]
Task = Annotated[str | None, typer.Option("--task", help="task key, or number as printed", metavar="KEY")]
Query = Annotated[str | None, typer.Option("--query", help="words that all stand in title or text", metavar="WORDS")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="at most so many", metavar="N")]


def add_to(app: typer.Typer) -> None:
    for command in (changes, notices, show_notice, export):
        app.command(name="show" if command is show_notice else None)(command)


def selection(
    region: list[str] | None, source: list[str] | None, kinds: list[str] | None, types: list[str] | None,
    since: str | None, until: str | None, task: str | None = None, query: str | None = None, *, everything: bool = True,
) -> Selection:  # fmt: skip
    """What the options ask for. Raises `UsageError` naming the nearest right value."""
    return Selection(
        regions=tuple(regions.match(name) for name in region or []), types=terms(types, DocType, "--type"), kinds=terms(kinds, ChangeKind, "--kind"),
        since=day(since, "--since"), until=day(until, "--until"), task=task, query=query, sources=tuple(source or ()), include_not_news=everything,
    )  # fmt: skip


def terms(given: list[str] | None, vocabulary: type[E], option: str) -> tuple[E, ...]:
    """Words of a closed vocabulary, repeated or separated by commas."""
    words = [word.strip() for text in given or [] for word in text.split(",") if word.strip()]
    wrong = [word for word in words if word not in set(vocabulary)]
    if wrong:
        raise UsageError(f"{option}: no {wrong[0]!r}; there are {', '.join(vocabulary)}")
    return tuple(vocabulary(word) for word in words)


def changes(
    region: Regions = None,
    source: Chosen = None,
    kind: Kinds = None,
    type_: Types = None,
    since: Since = None,
    until: Until = None,
    task: Task = None,
    query: Query = None,
    since_seq: Annotated[int, typer.Option("--since-seq", help="only events after this number", metavar="N")] = 0,
    limit: Limit = None,
    sources: Sources = None,
    database: Database = None,
    data_dir: DataDir = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """What the agencies did: new, revised, withdrawn, restored, moved, expired notices and reposts, in one sequence.

    $ signoff changes --since 2025-06-01 --kind revised,withdrawn
    """
    here = place(sources, database, data_dir)
    rows = queries.changes(here.engine(), selection(region, source, kind, type_, since, until, task, query), since_seq, limit)
    if json:
        write(atom.jsonl_changes(rows, reposting(here)))
    else:
        echo(terminal.change_lines(rows))


def notices(
    region: Regions = None,
    source: Chosen = None,
    kind: Kinds = None,
    type_: Types = None,
    since: Since = None,
    until: Until = None,
    task: Task = None,
    query: Query = None,
    limit: Limit = None,
    sources: Sources = None,
    database: Database = None,
    data_dir: DataDir = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """The notices themselves, as they stand now.

    $ signoff notices --region 河北 --query 交通运输
    """
    here = place(sources, database, data_dir)
    rows = queries.notices(here.engine(), selection(region, source, kind, type_, since, until, task, query), newest_first=True, limit=limit)
    if json:
        write(atom.jsonl(rows, reposting(here)))
    else:
        echo(terminal.notice_lines(rows))


def show_notice(
    id_or_url: Annotated[str, typer.Argument(help="id of a notice, its beginning, or an address of its page", metavar="ID")],
    history: Annotated[bool, typer.Option("--history", help="every revision, address and event")] = False,
    diff: Annotated[tuple[int, int] | None, typer.Option("--diff", help="what changed between two revisions", metavar="A B")] = None,
    sources: Sources = None,
    database: Database = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """One notice with its fields; with --history its life, with --diff A B what an agency changed.

    $ signoff show 5f0c2a91b7e3d468 --diff 1 2
    """
    here = place(sources, database, data_dir)
    engine = here.engine()
    detail = queries.notice(engine, queries.resolve(engine, id_or_url))
    if json:
        write(atom.jsonl([detail.notice], reposting(here)))
    elif diff:
        echo(terminal.diff_lines(detail, *diff, reposting=reposting(here)))
    else:
        echo(terminal.detail_lines(detail, reposting=reposting(here), history=history))


def export(
    format_: Annotated[str, typer.Argument(help=f"one of {', '.join(FORMATS)}", metavar="FORMAT")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="file; default: standard output", metavar="FILE")] = None,
    region: Regions = None,
    source: Chosen = None,
    kind: Kinds = None,
    type_: Types = None,
    since: Since = None,
    until: Until = None,
    task: Task = None,
    query: Query = None,
    all_: Annotated[bool, typer.Option("--all", help="also what is no news: backfills, first crawls")] = False,
    cursor: Annotated[str | None, typer.Option("--cursor", help="exactly what this cursor has not had", metavar="NAME")] = None,
    no_bom: Annotated[bool, typer.Option("--no-bom", help="CSV without the byte-order mark")] = False,
    sources: Sources = None,
    database: Database = None,
    data_dir: DataDir = None,
    quiet: Quiet = False,
) -> None:
    """Write a feed or a table.

    $ signoff export atom --region 山东 -o shandong.atom
    """
    if format_ not in FORMATS:
        raise UsageError(f"no format {format_!r}; there are {', '.join(FORMATS)}")
    here = place(sources, database, data_dir)
    engine = here.engine()
    wanted = selection(region, source, kind, type_, since, until, task, query, everything=all_)
    span = queries.cursor_read(engine, cursor) if cursor else None
    pieces = _pieces(here, engine, format_, wanted, span, bom=not no_bom)
    if output:
        write_file(output, pieces)
    else:
        write(pieces)
    if cursor and span:
        queries.advance(engine, cursor, span, clock.now())


def _pieces(here: Place, engine: Engine, format_: str, wanted: Selection, span: Span | None, *, bom: bool) -> Iterator[bytes]:
    copies = reposting(here)
    if format_ == "atom":
        asked = feed_selection.for_feed(wanted)
        info = atom.FeedInfo(title(wanted), asked, queries.blind_sources(engine, wanted), copies)
        return atom.atom(queries.announced(engine, asked, None if span else 500, span=span), info)
    rows = queries.notices(engine, wanted, span=span)
    return csv_table.csv(rows, bom=bom, reposting=copies) if format_ == "csv" else atom.jsonl(rows, copies)


def title(wanted: Selection) -> str:
    """The title of a feed, for people."""
    places = "、".join(_name(code) for code in wanted.regions)
    return f"整改销号公示{f'：{places}' if places else ''}"


def _name(code: str) -> str:
    place = regions.place(code)
    return place.county or place.city or place.province or code


def reposting(here: Place) -> frozenset[str]:
    """Sources that only repost. A registry that does not load must not keep anybody from the data."""
    with contextlib.suppress(RegistryError, UsageError):
        return frozenset(source.id for source in here.registry().values() if source.reposts)
    return frozenset()


def echo(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")


def write(pieces: Iterable[bytes]) -> None:
    sys.stdout.flush()
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def write_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.absolute().parent, prefix=f".{path.name}.", delete=False) as file:
            for piece in pieces:
                file.write(piece)
        os.chmod(file.name, 0o644)  # noqa: PTH101 - the temporary file's name is a string
        os.replace(file.name, path)  # noqa: PTH105
    except OSError as error:
        raise CannotRunError(f"cannot write {path}: {error.strerror}") from None
