"""signoff demo: the main job with no network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.common import leave


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="folder for database, archive and feed", metavar="DIR")] = Path("demo"),
) -> None:
    """Crawl bundled sample sites on this machine while they change, and show what was new, revised and withdrawn.

    Leaves a database, an archive and a feed in the folder. Its days are simulated, its thresholds are the real ones.

    $ signoff demo -o demo
    """
    from crawler.demo.run import run  # the sample sites are built on import: only the demo pays for it

    leave(run(output, typer.echo))
