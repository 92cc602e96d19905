"""Add the replica's sites with ``signoff sources add --write`` alone, crawl them through all states, and print what was missed.

    python bench/adding.py [--sites a,b] [--shared ../shared]

Nothing else is told about a site than a user would know: the addresses of its columns, an id, and that a collector covers
the whole country.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from replica import tell
from replica_farm import DATES, Signoff, farm, source_id, walk_states

AT_T0 = f"{DATES[0]}T09:00:00+08:00"


def add(program: Signoff, site: dict[str, Any]) -> dict[str, Any]:
    """Add one site; what the command said of it."""
    whole_country = ["--region", "000000"] if site["level"] == "aggregator" else []
    words = ["sources", "add", *site["list_urls"], "--id", source_id(site), *whole_country, "--write", "--json"]
    (said,) = program.call(*words, clock=AT_T0)
    return dict(said)


def add_all(program: Signoff, sites: Sequence[dict[str, Any]]) -> None:
    """Add every site and print what was decided, and what was not."""
    for site in sites:
        began = time.monotonic()
        said = add(program, site)
        source = said["source"]
        pages = "+".join(str(found["pages"]) for found in said["lists"])
        decided = f"{source['family']:<8} {source['region']} {pages:>5} pages  {source['name']}" + (
            "  reposts" if source["reposts"] else ""
        )
        print(f"{source['id']:<28} {decided}  {time.monotonic() - began:.1f} s")
        for open_point in said["undecided"]:
            print(f"    ? {open_point}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--sites", help="slugs, separated by commas; default: every public site that needs no browser")
    parser.add_argument("--browser", action="store_true", help="the sites that need a browser as well")
    parser.add_argument("--keep", type=Path, help="folder for registry, database and archive")
    parser.add_argument("--details", type=int, default=20, help="lines shown of each kind of difference")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        (folder / "sources").mkdir(parents=True, exist_ok=True)
        with farm(options.shared, folder) as here:
            wanted = set(options.sites.split(",")) if options.sites else None
            plain = [site for site in here.sites if options.browser or not site["needs_browser"]]
            sites = [site for site in here.sites if site["slug"] in wanted] if wanted else plain
            settings = {"SIGNOFF_WITHDRAWAL_LOOKS": "1", "SIGNOFF_WITHDRAWAL_HOURS": "0"} | (
                {"SIGNOFF_BROWSER": "auto"} if options.browser else {}
            )
            program = Signoff(folder, folder / "sources", environment=settings)
            add_all(program, sites)
            for out in walk_states(here, program, {site["slug"] for site in sites}):
                tell(out, options.details)


if __name__ == "__main__":
    main()
