"""signoff sources: the registry; signoff status."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer

from crawler.cli import adding, checking, health
from crawler.cli.common import Json, Regions, Sources, emit, place
from crawler.registry.registry import Source


def add_to(app: typer.Typer) -> None:
    sub = typer.Typer(help="The registry of sources.", no_args_is_help=True, rich_markup_mode=None)
    sub.command(name="list")(list_sources)
    sub.command(name="show")(show_source)
    sub.command(name="check")(checking.check)
    sub.command(name="add")(adding.add)
    sub.command(name="health")(health.health)
    app.add_typer(sub, name="sources")
    app.command(name="status")(health.status)


def list_sources(
    region: Regions = None,
    paused: Annotated[bool, typer.Option("--paused", help="only paused ones, with the reason")] = False,
    sources: Sources = None,
    json: Json = False,
) -> None:
    """List the sources: id, name, family, lists; with --paused what we do not cover, and why.

    $ signoff sources list --region 甘肃
    """
    chosen = place(sources).registry().select(region or [], [])
    shown = [source for source in chosen if not paused or source.paused]
    for source in shown:
        if json:
            emit(as_json(source))
        else:
            typer.echo(
                f"{source.id}  {source.name}  {source.region}  {source.family}  "
                + (f"paused: {source.paused}" if source.paused else _lists(source))
            )
    if not json:
        typer.echo(f"{len(shown)} sources, {sum(1 for source in shown if source.paused)} paused")


def _lists(source: Source) -> str:
    return f"{len(source.list_urls)} list" + ("s" if len(source.list_urls) != 1 else "")


def show_source(
    source_id: Annotated[str, typer.Argument(help="id of a source", metavar="ID")], sources: Sources = None, json: Json = False
) -> None:
    """One source with all its settings and where they stand.

    $ signoff sources show gansu_lanzhou
    """
    (source,) = place(sources).registry().select([], [source_id])
    if json:
        emit(as_json(source))
        return
    for name, value in as_json(source).items():
        if value not in (None, [], {}, ""):
            typer.echo(f"{name:<12} {value}")


def as_json(source: Source) -> dict[str, Any]:
    """A source as JSON types."""
    values = {field.name: getattr(source, field.name) for field in dataclasses.fields(source)}
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if hasattr(value, "items"):
        return {key: _plain(item) for key, item in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)
