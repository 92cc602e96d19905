"""The command line: verbs are what people do. Exit status: 0 done, 1 done with findings, 2 wrong use, 3 could not run."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import typer

from crawler.cli.common import DONE, INTERRUPTED, WRONG_USE, failed
from crawler.errors import SignoffError

#: the modules, as their verbs stand in the help
MODULES = {
    "demo": ("demo",),
    "crawling": ("crawl", "backfill", "capture"),
    "data": ("changes", "notices", "show", "export"),
    "registry": ("sources", "status"),
    "reading": ("extract", "reextract"),
    "admin": ("db", "doctor"),
}


def application(arguments: Sequence[str]) -> typer.Typer:
    """The program, or of it what the verb needs: each module brings a part of the program along, and imports are half of the start."""
    app = typer.Typer(
        name="signoff", no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
        help="Notices by which Chinese governments declare an environmental-inspection task rectified (整改销号公示): captured, read, kept with their history.",
    )  # fmt: skip
    app.callback()(_verbs)
    wanted = [name for name, verbs in MODULES.items() if arguments and arguments[0] in verbs]
    for name in wanted or MODULES:
        importlib.import_module(f"crawler.cli.{name}").add_to(app)
    return app


def _verbs() -> None:
    """Without a callback typer takes a program with one verb for one without verbs."""


def run(arguments: Sequence[str], program: typer.Typer | None = None) -> int:
    """The exit code of a command. Whatever goes wrong for a user's reason is one line. ``program``: the `application`, if it is loaded."""
    program = program or application(arguments)
    try:
        status = program(args=list(arguments), standalone_mode=False, prog_name="signoff")
    except typer.TyperException as error:
        return misused(error)
    except typer.Abort:
        status = INTERRUPTED
    except SignoffError as error:
        return failed(error)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away: nothing to tell, nobody to tell it to
        return DONE
    if status == INTERRUPTED:
        typer.echo("signoff: interrupted; run the same command again to go on", err=True)
    return status if isinstance(status, int) else DONE


def misused(error: typer.TyperException) -> int:
    """Print what is wrong with the words of a command on one line; a command that lacks its verb gets its help."""
    words = error.format_message()
    typer.echo(words if words.startswith("Usage:") else f"signoff: {' '.join(words.split())}; see 'signoff --help'", err=True)
    return WRONG_USE
