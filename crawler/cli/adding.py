"""signoff sources add: look at one agency's lists and draft its table of the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from crawler import clock
from crawler import config as configuration
from crawler import urls as urls_
from crawler.cli.checking import waiting
from crawler.cli.common import DONE, FINDINGS, Database, DataDir, Json, Place, Sources, emit, leave, place
from crawler.config import Config
from crawler.errors import AddressError, CannotRunError, UsageError
from crawler.gazetteer import regions
from crawler.registry import hours
from crawler.registry.draft import as_toml, printable, write
from crawler.registry.registry import Registry, Source, list_identity, load
from crawler.survey import guess
from crawler.survey import visit as probe
from crawler.survey.findings import FEW_PAGES, Visit, Wish
from crawler.survey.guess import Drafted, Given
from crawler.survey.rules import Level, of_interest, of_lists

#: titles shown of a list
SHOWN = 3


def add(
    urls: Annotated[list[str], typer.Argument(help="first page of each list of one agency", metavar="URL…")],
    source_id: Annotated[str | None, typer.Option("--id", help="full pinyin, province first: gansu_lanzhou", metavar="I")] = None,
    name: Annotated[str | None, typer.Option("--name", help="the agency, as it calls itself", metavar="N")] = None,
    region: Annotated[str | None, typer.Option("--region", help="GB/T 2260 code; 000000 is the whole country", metavar="CODE")] = None,
    to_registry: Annotated[bool, typer.Option("--write", help="put the table into the registry, able to load")] = False,
    sources: Sources = None,
    database: Database = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Visit the lists of one agency and draft its table: family, region, name, expectation.

    What could not be decided stands in the comments, marked with a question mark. Nothing is kept in the registry without --write.

    $ signoff sources add https://sthjj.example.gov.cn/dczg/index.html --id gansu_lanzhou --write
    """
    here = place(sources, database, data_dir)
    given = Given(source_id, name, regions.match(region) if region else None)
    directory = configuration.registry_dir(here.config)
    mine = _registry(directory)
    _new(urls, source_id, mine)
    if not hours.may_ask(here.config.night, clock.now()):
        raise UsageError(f"SIGNOFF_NIGHT: sites are asked {here.config.night} (China time) only")
    here.writable()
    with waiting(f"visiting {urls_.host_of(urls[0])}: up to {FEW_PAGES} pages of each list"):
        visit = visited(here, urls)
    drafted = guess.draft(visit, given, {**_shipped(), **mine}, mine.keys(), clock.today())
    try:
        written = _written(drafted, directory) if to_registry else None
    except UsageError:
        if not json and drafted.needs and not drafted.hopeless:
            _tell(drafted, visit, None)
        raise
    if json:
        emit(as_json(drafted, visit, written))
    else:
        _tell(drafted, visit, written)
    leave(DONE if drafted.readable and all(line.level is not Level.FAIL for line in of_lists(visit, clock.today())) else FINDINGS)


def visited(here: Place, urls: list[str]) -> Visit:
    """Visit the lists. Raises `CannotRunError` when the visit came to nothing."""
    found: list[Visit] = []
    why_not = probe.no_browser(here.config)
    probe.visit(here.config, [Wish(tuple(urls), may_browse=why_not is None, why_not=why_not)], found.append)
    if not found:
        raise CannotRunError("the visit broke off; run the same command again")
    return found[0]


def _registry(directory: Path) -> Registry:
    """What is there; a folder without a registry is an empty one."""
    return load(directory) if any(directory.glob("*.toml")) else Registry(())


def _shipped() -> Mapping[str, Source]:
    """The registry that came with the program: it knows how places are spelled."""
    return load(configuration.registry_dir(Config(sources=None)))


def _new(urls: list[str], source_id: str | None, known: Registry) -> None:
    """Raise `UsageError` before anybody is asked: addresses that are none, lists and ids that are there already."""
    try:
        lists = {list_identity(url): url for url in urls}
        guess.same_site(urls)
    except AddressError as error:
        raise UsageError(str(error)) from None
    if len(lists) < len(urls):
        raise UsageError("one list is given twice")
    for source in known.values():
        for url in source.list_urls:
            if list_identity(url) in lists:
                raise UsageError(f"{url} is already a list of {source.id} ({source.file}:{source.line})")
    if source_id is not None and source_id in known:
        raise UsageError(f"id {source_id} is taken ({known[source_id].file}:{known[source_id].line}): ids never change, choose another")


def _written(drafted: Drafted, directory: Path) -> Path:
    if drafted.hopeless:
        raise UsageError(f"nothing written: {drafted.hopeless}")
    if drafted.needs:
        told = "; ".join(note.removeprefix("? ") for note in drafted.draft.notes if note.startswith(("? id", "? region")))
        raise UsageError(f"--write needs {' and '.join(drafted.needs)}: {told}")
    return write(drafted.draft, directory)


def _tell(drafted: Drafted, visit: Visit, written: Path | None) -> None:
    """What was found as comments, then the table: all of it is TOML."""
    for line in of_lists(visit, clock.today()):
        typer.echo(f"# {line.level:<4}  {line.rule:<12}  {printable(line.words)}")
    for entry in of_interest(visit.entries)[:SHOWN]:
        typer.echo(f"#       {entry.date or 'no date   '}  {printable(entry.title)[:80]}")
    typer.echo("\n" + as_toml(drafted.draft), nl=False)
    if written:
        typer.echo(f"\n# written to {written}; next: signoff sources check {drafted.draft.id}")
    elif drafted.needs:
        typer.echo(f"\n# to write it, give {' and '.join(drafted.needs)}")


def as_json(drafted: Drafted, visit: Visit, written: Path | None) -> dict[str, Any]:
    """The draft for machines. ``undecided``: what a person must settle."""
    draft = asdict(drafted.draft) | {"since": drafted.draft.since.isoformat()}
    draft["paused_on"] = draft["paused_on"].isoformat() if draft["paused_on"] else None
    lists = [
        {
            "url": found.url, "status": found.first.status, "charset": found.first.charset,
            "family": found.walked.family if found.walked else None, "pages": found.walked.pages if found.walked else 0,
            "entries": len(found.walked.entries) if found.walked else 0, "end": found.walked.end if found.walked else None,
            "trouble": printable((found.walked.why if found.walked else found.first.why) or "") or None,
        }
        for found in visit.lists
    ]  # fmt: skip
    undecided = [note.removeprefix("? ") for note in drafted.draft.notes if note.startswith("? ")]
    outcome = {"needs": list(drafted.needs), "written": str(written) if written else None}
    return {"source": draft, "lists": lists, "undecided": undecided, **outcome}
