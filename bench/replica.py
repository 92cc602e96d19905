"""Crawl the replica farm through all its states and print what was found, missed and made up.

python bench/replica.py [--sites a,b] [--browser] [--shared ../shared]
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from replica_farm import FAMILIES, Comparison, Signoff, farm, registry, walk_states

from crawler.registry.families import FAMILIES as OURS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--sites", help="slugs, separated by commas; default: every public site of a family we have")
    parser.add_argument("--browser", action="store_true", help="the sites that need a browser, and seconds per rendered page")
    parser.add_argument("--keep", type=Path, help="folder for database and archive")
    parser.add_argument("--details", type=int, default=20, help="lines shown of each kind of difference")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        with farm(options.shared, folder) as here:
            wanted = set(options.sites.split(",")) if options.sites else None
            sites = [
                s
                for s in here.sites
                if (s["slug"] in wanted if wanted else s["needs_browser"] == options.browser and FAMILIES.get(s["cms"], s["cms"]) in OURS)
            ]
            settings = {"SIGNOFF_WITHDRAWAL_LOOKS": "1", "SIGNOFF_WITHDRAWAL_HOURS": "0"}
            settings["SIGNOFF_BROWSER"] = "auto" if options.browser else "never"
            program = Signoff(folder, registry(sites, folder / "sources"), environment=settings)
            print(f"{len(sites)} sites: {', '.join(s['slug'] for s in sites)}")
            for out in walk_states(here, program, {s["slug"] for s in sites}):
                tell(out, options.details)
        if options.browser:
            print(rendered(folder / "data" / "signoff.sqlite"))


def rendered(database: Path) -> str:
    """Seconds a page took in the browser: from its host's turn until the document was read, waits of courtesy left out."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT seconds FROM fetch WHERE role IN ('list', 'detail', 'recheck') AND status IS NOT NULL").fetchall()
    seconds = sorted(row[0] for row in rows)
    at = [seconds[int(len(seconds) * share)] for share in (0.5, 0.95)]
    return f"{len(seconds)} rendered pages: {sum(seconds) / len(seconds):.2f} s each, median {at[0]:.2f} s, 95 % below {at[1]:.2f} s"


def tell(out: Comparison, details: int) -> None:
    print(
        f"T{out.state}: {out.notices} notices, {len(out.missing)} missing, {len(out.invented)} invented; {out.events} events, "
        f"{len(out.missed)} missed, {len(out.false)} false; verdicts {dict(out.verdicts)}; {out.seconds:.1f} s"
    )
    for name in ("missing", "invented", "missed", "false"):
        for line in getattr(out, name)[:details]:
            print(f"    {name}: {line}")


if __name__ == "__main__":
    main()
