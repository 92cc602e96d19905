"""signoff extract, reextract: reading without crawling."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated

import typer

from crawler import side_by_side
from crawler.cli.common import FINDINGS, Quiet, leave
from crawler.cli.ticking import Ticking
from crawler.errors import UsageError
from crawler.extracting import MOST_BYTES, SECONDS, Piece, Work, failed, lines_of, parcels

_STDIN = "-"


def add_to(app: typer.Typer) -> None:
    app.command()(extract)


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
    wanted = jobs or side_by_side.cores()
    running = wanted if jsonl else max(1, min(wanted, len(paths)))
    bad = False
    ticking = Ticking("pages", None if jsonl else len(paths), on=not quiet and not sys.stdout.isatty())
    for text, is_failure in side_by_side.spread(work, parcels(pieces), failed, jobs=running, seconds=SECONDS):
        sys.stdout.buffer.write(text)
        bad |= is_failure
        ticking.tick()
    sys.stdout.buffer.flush()
    ticking.end()
    leave(FINDINGS if bad else 0)


def expanded(name: str, *, jsonl: bool) -> Iterator[str]:
    """The files that a name on the command line stands for, sorted. Raises `UsageError` for what does not exist."""
    path = Path(name)
    if name != _STDIN and not path.exists():
        raise UsageError(f"{name}: there is no such file or folder")
    if name == _STDIN or not path.is_dir():
        yield name
        return
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
