"""The command line: verbs are what people do. Exit status: 0 done, 1 done with findings, 2 wrong use, 3 could not run."""

from __future__ import annotations

import sys

import click
import typer

from crawler.cli import admin, crawling, data, demo, reading, registry
from crawler.cli.common import DONE, WRONG_USE, failed
from crawler.errors import SignoffError

app = typer.Typer(
    name="signoff", no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Notices by which Chinese governments declare an environmental-inspection task rectified (整改销号公示): captured, read, kept with their history.",
)  # fmt: skip
for module in (demo, crawling, data, registry, reading, admin):
    module.add_to(app)


def main() -> None:
    """Entry point of ``signoff`` and ``python -m crawler``. Whatever goes wrong for a user's reason is one line."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    try:
        status = app(args=arguments, standalone_mode=False, prog_name="signoff")
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return WRONG_USE
    except click.ClickException as error:
        click.echo(f"signoff: {' '.join(error.format_message().split())}; see 'signoff --help'", err=True)
        return WRONG_USE
    except (click.Abort, KeyboardInterrupt):
        click.echo("signoff: interrupted; run the same command again to go on", err=True)
        return 130
    except SignoffError as error:
        return failed(error)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away: nothing to tell, nobody to tell it to
        return DONE
    return status if isinstance(status, int) else DONE
